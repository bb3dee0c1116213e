//! The choice of sessions among the dates in the data.

use std::collections::{BTreeMap, BTreeSet};

use backstaff_panel::{Calendar, Session};
use rayon::prelude::*;

use crate::{
    bars::{reading::DroppedDate, rows::Rows},
    error::SourceError,
    request::{
        calendar_rule::{CalendarRule, NamedCalendar, OwnCalendars, THIN_SHARE},
        exchange::Exchange,
    },
};

/// The number of dates of the data on which an instrument lives from a row on: the row's and the nine that follow.
///
/// Long enough for a run of dates that only few instruments have (a holiday week), short enough that not much is lost
/// when most instruments end on one date. An instrument's *last* row would be known too late: cutting off the future
/// would move the sessions before.
const MEMORY: usize = 10;

/// For each date, the number of instruments with a row and of those that live.
pub(crate) struct Attendance {
    pub days: Vec<i32>,
    pub held_by: Vec<u32>,
    pub living: Vec<u32>,
}

impl Attendance {
    /// The attendance of some instruments on the dates that any of them has.
    pub(crate) fn of(rows: &Rows, members: &[usize]) -> Self {
        let instruments = members.par_iter().copied();
        let days = distinct(rows, members);
        let positions = Positions::new(&days);
        let (held_by, change) = instruments
            .fold(
                || (vec![0_u32; days.len()], vec![0_i64; days.len() + 1]),
                |(mut held_by, mut change), i| {
                    let of_instrument = rows.filled_days(i).filter_map(|day| positions.of(day));
                    let mut of_instrument = of_instrument.peekable();
                    while let Some(from) = of_instrument.next() {
                        let next = of_instrument.peek().copied().unwrap_or(days.len());
                        held_by[from] += 1;
                        change[from] += 1;
                        change[next.min(from + MEMORY)] -= 1;
                    }
                    (held_by, change)
                },
            )
            .reduce(
                || (vec![0; days.len()], vec![0; days.len() + 1]),
                |(held_by, change), (more_held_by, more_change)| {
                    (added(held_by, &more_held_by), added(change, &more_change))
                },
            );
        let mut living = 0;
        let living = change[..days.len()].iter().map(|change| {
            living += change;
            living as u32
        });
        let living = living.collect();
        Self { days, held_by, living }
    }

    /// The dates that at least a share of the living instruments have.
    fn kept(&self, thin_share: f64) -> impl Iterator<Item = Session> {
        let all = self.days.iter().zip(self.held_by.iter().zip(&self.living));
        let kept = all
            .filter(move |(_, (held_by, living))| f64::from(**held_by) >= thin_share * f64::from(**living));
        kept.map(|(&day, _)| Session::from_number(day))
    }
}

fn added<T: std::ops::AddAssign + Copy>(mut sums: Vec<T>, more: &[T]) -> Vec<T> {
    sums.iter_mut().zip(more).for_each(|(sum, &more)| *sum += more);
    sums
}

/// A dense table from days to positions: dates span some decades at most.
pub(crate) struct Positions {
    first: i32,
    positions: Vec<u32>,
}

impl Positions {
    const NONE: u32 = u32::MAX;

    /// The positions of these days, which ascend.
    pub(crate) fn new(days: &[i32]) -> Self {
        let (Some(&first), Some(&last)) = (days.first(), days.last()) else {
            return Self { first: 0, positions: Vec::new() };
        };
        let mut positions = vec![Self::NONE; (last - first) as usize + 1];
        for (position, &day) in days.iter().enumerate() {
            positions[(day - first) as usize] = position as u32;
        }
        Self { first, positions }
    }

    /// The position of a day, if it is one of them.
    #[inline]
    pub(crate) fn of(&self, day: i32) -> Option<usize> {
        let at = usize::try_from(i64::from(day) - i64::from(self.first)).ok()?;
        let position = *self.positions.get(at)?;
        (position != Self::NONE).then_some(position as usize)
    }
}

/// The dates that any of some instruments has.
fn distinct(rows: &Rows, members: &[usize]) -> Vec<i32> {
    let of_instruments = || members.par_iter().map(|&i| &rows.days[rows.range(i)]);
    let first = of_instruments().filter_map(|days| days.first()).min();
    let last = of_instruments().filter_map(|days| days.last()).max();
    let (Some(&first), Some(&last)) = (first, last) else { return Vec::new() };
    let none = || vec![false; (last - first) as usize + 1];
    let seen = of_instruments().fold(none, |mut seen, days| {
        for day in days {
            seen[(day - first) as usize] = true;
        }
        seen
    });
    let seen = seen.reduce(none, |mut seen, others| {
        seen.iter_mut().zip(others).for_each(|(seen, other)| *seen |= other);
        seen
    });
    (first..=last).filter(|day| seen[(day - first) as usize]).collect()
}

/// The sessions that were chosen, and what was met on the way.
pub(crate) struct Chosen {
    /// The sessions of all instruments together.
    pub calendar: Calendar,
    /// The calendars of the instruments; one, unless they have calendars of their own.
    pub groups: Vec<Group>,
    /// The group of each instrument.
    pub group_of: Vec<usize>,
    /// The names and patterns of the rule that no instrument has.
    pub unused: Vec<String>,
}

/// The instruments that share a calendar, and their dates.
pub(crate) struct Group {
    /// The exchange whose sessions these are, if one is named.
    pub exchange: Option<Exchange>,
    pub calendar: Calendar,
    pub attendance: Attendance,
}

impl Chosen {
    /// The dates that are no sessions of those who have rows on them, oldest first.
    pub(crate) fn dropped(&self) -> Vec<DroppedDate> {
        let mut dropped = self.groups.iter().flat_map(Group::dropped).collect::<Vec<_>>();
        dropped.sort_by_key(|dropped| dropped.date);
        dropped
    }

    /// Whether instruments have calendars of their own.
    pub(crate) fn is_by_instrument(&self) -> bool {
        self.groups.len() > 1
    }
}

impl Group {
    /// The dates of the group that are no sessions.
    fn dropped(&self) -> impl Iterator<Item = DroppedDate> {
        let Attendance { days, held_by, living } = &self.attendance;
        let all = days.iter().zip(held_by.iter().zip(living));
        all.filter(|(day, _)| self.calendar.position(Session::from_number(**day)).is_none()).map(
            |(&day, (&held_by, &living))| DroppedDate {
                date: Session::from_number(day),
                held_by: held_by as usize,
                living: living as usize,
            },
        )
    }

    /// The sessions of a named exchange on which nobody has a row. Those after the last date of the group are none: an
    /// instrument that is gone needs none.
    pub(crate) fn empty(&self) -> impl Iterator<Item = Session> {
        let days = &self.attendance.days;
        let (first, last) = (days.first().copied().unwrap_or(0), days.last().copied().unwrap_or(-1));
        let own = self.calendar.sessions().iter().copied();
        own.filter(move |session| (first..=last).contains(&session.number()))
            .filter(|session| days.binary_search(&session.number()).is_err())
    }
}

/// The calendar by a rule.
pub(crate) fn choose(rows: &Rows, rule: &CalendarRule) -> Result<Chosen, SourceError> {
    let everyone = (0..rows.instruments.len()).collect::<Vec<_>>();
    let (groups, group_of, unused) = match rule {
        CalendarRule::Union { thin_share, listed } => {
            (vec![union(rows, &everyone, *thin_share, listed)], vec![0; everyone.len()], Vec::new())
        }
        CalendarRule::Exchange(exchange) => {
            let group = of_exchange(rows, &everyone, *exchange)?;
            (vec![group], vec![0; everyone.len()], Vec::new())
        }
        CalendarRule::ByInstrument(calendars) => by_instrument(rows, calendars)?,
    };
    let calendar = match &groups[..] {
        [group] => group.calendar.clone(),
        groups => Calendar::new(groups.iter().flat_map(|group| group.calendar.sessions()).copied().collect()),
    };
    Ok(Chosen { calendar, groups, group_of, unused })
}

/// The groups, the group of each instrument, and the keys that nobody has.
type Grouped = (Vec<Group>, Vec<usize>, Vec<String>);

/// The groups of instruments that share a calendar, the group of each instrument, and the keys that nobody has.
fn by_instrument(rows: &Rows, calendars: &OwnCalendars) -> Result<Grouped, SourceError> {
    let mut members = BTreeMap::<NamedCalendar, Vec<usize>>::new();
    let mut unused = calendars.of.keys().map(String::as_str).collect::<BTreeSet<_>>();
    for (i, instrument) in rows.instruments.iter().enumerate() {
        let (key, calendar) = calendars.of(instrument.name());
        key.map(|key| unused.remove(key));
        members.entry(calendar).or_default().push(i);
    }
    let (mut groups, mut group_of) = (Vec::new(), vec![0; rows.instruments.len()]);
    for (number, (calendar, members)) in members.into_iter().enumerate() {
        for &i in &members {
            group_of[i] = number;
        }
        groups.push(match calendar {
            NamedCalendar::Union => union(rows, &members, THIN_SHARE, &BTreeSet::new()),
            NamedCalendar::Exchange(exchange) => of_exchange(rows, &members, exchange)?,
        });
    }
    let unused = unused.into_iter().map(str::to_owned).collect();
    Ok((groups, group_of, unused))
}

/// The union of the dates of some instruments, without those that too few of them have.
fn union(rows: &Rows, members: &[usize], thin_share: f64, listed: &BTreeSet<Session>) -> Group {
    let attendance = Attendance::of(rows, members);
    let sessions = attendance.kept(thin_share).chain(
        listed.iter().copied().filter(|session| attendance.days.binary_search(&session.number()).is_ok()),
    );
    Group { exchange: None, calendar: Calendar::new(sessions.collect()), attendance }
}

/// The sessions of an exchange from the first to the last date of some instruments.
fn of_exchange(rows: &Rows, members: &[usize], exchange: Exchange) -> Result<Group, SourceError> {
    let attendance = Attendance::of(rows, members);
    let (Some(&first), Some(&last)) = (attendance.days.first(), attendance.days.last()) else {
        return Ok(Group { exchange: Some(exchange), calendar: Calendar::new(Vec::new()), attendance });
    };
    let named = exchange.between(Session::from_number(first), Session::from_number(last))?;
    // Nobody knows yet which sessions the exchange will have: the data's own dates stand in for them.
    let known = exchange.years().map_or(i16::MAX, |(_, last)| last);
    let later = attendance.kept(THIN_SHARE).filter(|session| session.year() > known);
    let calendar = Calendar::new(named.sessions().iter().copied().chain(later).collect());
    Ok(Group { exchange: Some(exchange), calendar, attendance })
}

/// The exchange that a calendar is probably of: all its dates are sessions there, and at least 99 of 100 sessions there
/// are in it. None, if several exchanges with different sessions are alike over these dates.
pub(crate) fn resembles(calendar: &Calendar) -> Option<Exchange> {
    let (&first, &last) = (calendar.sessions().first()?, calendar.sessions().last()?);
    let alike = |exchange: Exchange| {
        let named = exchange.between(first, last).ok()?;
        let is_like = calendar.sessions().iter().all(|session| named.position(*session).is_some())
            && calendar.len() * 100 >= named.len() * 99
            && calendar.len() >= 20;
        is_like.then_some((exchange, named))
    };
    let alike = Exchange::ALL.into_iter().filter_map(alike).collect::<Vec<_>>();
    let (exchange, named) = alike.first()?;
    let whole = exchange.calendar();
    let shares_sessions =
        |(other, sessions): &(Exchange, Calendar)| sessions == named && other.calendar() == whole;
    alike.iter().all(shares_sessions).then_some(*exchange)
}

#[cfg(test)]
mod tests {
    use backstaff_panel::Instrument;
    use proptest::prelude::*;

    use super::*;

    fn rows(lives: &[&[i32]]) -> Rows {
        let mut rows = Rows {
            instruments: Vec::new(),
            offsets: vec![0],
            order: Vec::new(),
            days: Vec::new(),
            blank: Vec::new(),
        };
        for (i, days) in lives.iter().enumerate() {
            rows.instruments.push(Instrument::new(&format!("{i:03}")));
            rows.days.extend_from_slice(days);
            rows.offsets.push(rows.days.len());
        }
        rows.order = (0..rows.days.len() as u32).collect();
        rows
    }

    fn sessions(rows: &Rows, thin_share: f64, listed: &[i32]) -> Vec<i32> {
        let listed = listed.iter().copied().map(Session::from_number).collect();
        let rule = CalendarRule::Union { thin_share, listed };
        choose(rows, &rule).unwrap().calendar.sessions().iter().map(|session| session.number()).collect()
    }

    #[test]
    fn a_date_that_few_living_instruments_have_is_no_session() {
        let mut lives = vec![&[1, 2, 3, 6][..]; 9];
        lives.push(&[1, 2, 3, 4, 6]);
        let rows = rows(&lives);
        assert_eq!(sessions(&rows, 0.2, &[]), [1, 2, 3, 6]);
        assert_eq!(sessions(&rows, 0.0, &[]), [1, 2, 3, 4, 6]);
        assert_eq!(sessions(&rows, 0.2, &[4]), [1, 2, 3, 4, 6]);
        let dropped = choose(&rows, &CalendarRule::default()).unwrap().dropped();
        assert_eq!(dropped, [DroppedDate { date: Session::from_number(4), held_by: 1, living: 10 }]);
    }

    #[test]
    fn a_date_on_which_all_rows_are_empty_is_no_session() {
        let mut rows = rows(&[&[1, 2, 3], &[1, 2, 3]]);
        rows.blank = vec![false, true, false, false, true, false];
        assert_eq!(sessions(&rows, 0.2, &[]), [1, 3]);
        let dropped = choose(&rows, &CalendarRule::default()).unwrap().dropped();
        assert_eq!(dropped, [DroppedDate { date: Session::from_number(2), held_by: 0, living: 2 }]);
        // Where every date is asked for, it stays.
        assert_eq!(sessions(&rows, 0.0, &[]), [1, 2, 3]);
    }

    #[test]
    fn few_early_listings_make_sessions() {
        let early = (1..30).collect::<Vec<_>>();
        let late = (20..30).collect::<Vec<_>>();
        let mut lives = vec![&late[..]; 20];
        lives.push(&early);
        assert_eq!(sessions(&rows(&lives), 0.2, &[]).len(), 29);
    }

    #[test]
    fn a_survivor_of_many_goes_on_after_the_memory() {
        let ended = (1..=10).collect::<Vec<_>>();
        let alive = (1..=40).collect::<Vec<_>>();
        let mut lives = vec![&ended[..]; 20];
        lives.push(&alive);
        let kept = sessions(&rows(&lives), 0.2, &[]);
        assert_eq!(kept.len(), 40 - (MEMORY - 1));
    }

    #[test]
    fn each_group_has_its_own_thin_dates() {
        // Four shares without the dates 4 and 5, of which one has a slip on 4; a coin on all dates.
        let mut lives = vec![&[1, 2, 3, 6, 7][..]; 7];
        lives.push(&[1, 2, 3, 4, 6, 7]);
        lives.push(&[1, 2, 3, 4, 5, 6, 7]);
        let rows = rows(&lives);
        let rule = "008=24/7,default=union".parse().unwrap();
        let chosen = choose(&rows, &rule).unwrap();
        let numbers =
            |calendar: &Calendar| calendar.sessions().iter().map(|s| s.number()).collect::<Vec<_>>();
        let of = |i: usize| numbers(&chosen.groups[chosen.group_of[i]].calendar);
        assert_eq!((of(0), of(8)), (vec![1, 2, 3, 6, 7], (1..=7).collect()));
        assert_eq!(numbers(&chosen.calendar), (1..=7).collect::<Vec<_>>());
        assert_eq!(chosen.dropped(), [DroppedDate { date: Session::from_number(4), held_by: 1, living: 8 }]);
    }

    #[test]
    fn a_short_run_that_several_exchanges_have_is_of_none() {
        let april = Exchange::Xnys.between("2016-04-04".parse().unwrap(), "2016-05-27".parse().unwrap());
        assert_eq!(resembles(&april.unwrap()), None);
    }

    #[test]
    fn knows_new_york_by_its_sessions() {
        let year = |from: &str, to: &str| Exchange::Xnys.between(from.parse().unwrap(), to.parse().unwrap());
        assert_eq!(resembles(&year("2015-01-01", "2016-12-31").unwrap()), Some(Exchange::Xnys));
    }

    proptest! {
        #[test]
        fn cutting_off_the_future_moves_no_session(
            lives in prop::collection::vec(prop::collection::btree_set(0..60_i32, 1..40), 1..12),
            last in 0..60_i32,
        ) {
            let lives = lives.iter().map(|life| life.iter().copied().collect::<Vec<_>>()).collect::<Vec<_>>();
            let cut = lives
                .iter()
                .map(|life| life.iter().copied().filter(|&day| day <= last).collect::<Vec<_>>())
                .filter(|life| !life.is_empty())
                .collect::<Vec<_>>();
            let all = sessions(&rows(&lives.iter().map(Vec::as_slice).collect::<Vec<_>>()), 0.3, &[]);
            let before = sessions(&rows(&cut.iter().map(Vec::as_slice).collect::<Vec<_>>()), 0.3, &[]);
            prop_assert_eq!(all.into_iter().filter(|&day| day <= last).collect::<Vec<_>>(), before);
        }
    }
}
