//! The choice of sessions among the dates in the data.

use std::collections::BTreeSet;

use backstaff_panel::{Calendar, Session};
use rayon::prelude::*;

use crate::{
    bars::{reading::DroppedDate, rows::Rows},
    error::SourceError,
    request::{calendar_rule::CalendarRule, exchange::Exchange},
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
    pub(crate) fn of(rows: &Rows) -> Self {
        let instruments = (0..rows.instruments.len()).into_par_iter();
        let days = distinct(rows);
        let positions = Positions::new(&days);
        let (held_by, change) = instruments
            .fold(
                || (vec![0_u32; days.len()], vec![0_i64; days.len() + 1]),
                |(mut held_by, mut change), i| {
                    let of_instrument = rows.days[rows.range(i)].iter().filter_map(|&day| positions.of(day));
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

/// The dates that any instrument has.
fn distinct(rows: &Rows) -> Vec<i32> {
    let of_instruments = || (0..rows.instruments.len()).into_par_iter().map(|i| &rows.days[rows.range(i)]);
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

/// The calendar by a rule, and the dates that are not in it.
pub(crate) fn choose(rows: &Rows, rule: &CalendarRule) -> Result<(Calendar, Vec<DroppedDate>), SourceError> {
    let attendance = Attendance::of(rows);
    let Attendance { days, held_by, living } = &attendance;
    let (sessions, named) = match rule {
        CalendarRule::Union { thin_share, listed } => {
            let is_session = |at: &usize| {
                let enough = f64::from(held_by[*at]) >= thin_share * f64::from(living[*at]);
                enough || listed.contains(&Session::from_number(days[*at]))
            };
            let kept = (0..days.len()).filter(is_session);
            (kept.map(|at| Session::from_number(days[at])).collect::<BTreeSet<_>>(), None)
        }
        CalendarRule::Exchange(exchange) => {
            let (Some(&first), Some(&last)) = (days.first(), days.last()) else {
                return Ok((Calendar::new(Vec::new()), Vec::new()));
            };
            let named = exchange.between(Session::from_number(first), Session::from_number(last))?;
            (named.sessions().iter().copied().collect(), Some(named))
        }
    };
    let dropped = (0..days.len())
        .filter(|&at| !sessions.contains(&Session::from_number(days[at])))
        .map(|at| DroppedDate {
            date: Session::from_number(days[at]),
            held_by: held_by[at] as usize,
            living: living[at] as usize,
        })
        .collect();
    let calendar = named.unwrap_or_else(|| Calendar::new(sessions.into_iter().collect()));
    Ok((calendar, dropped))
}

/// The exchange that a calendar is probably of: all its dates are sessions there, and at least 99 of 100 sessions there
/// are in it.
pub(crate) fn resembles(calendar: &Calendar) -> Option<Exchange> {
    let (&first, &last) = (calendar.sessions().first()?, calendar.sessions().last()?);
    let same = |exchange: &Exchange| {
        let Ok(named) = exchange.between(first, last) else { return false };
        calendar.sessions().iter().all(|session| named.position(*session).is_some())
            && calendar.len() * 100 >= named.len() * 99
            && calendar.len() >= 20
    };
    Exchange::ALL.into_iter().find(same)
}

#[cfg(test)]
mod tests {
    use backstaff_panel::Instrument;
    use proptest::prelude::*;

    use super::*;

    fn rows(lives: &[&[i32]]) -> Rows {
        let mut rows =
            Rows { instruments: Vec::new(), offsets: vec![0], order: Vec::new(), days: Vec::new() };
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
        choose(rows, &rule).unwrap().0.sessions().iter().map(|session| session.number()).collect()
    }

    #[test]
    fn a_date_that_few_living_instruments_have_is_no_session() {
        let mut lives = vec![&[1, 2, 3, 6][..]; 9];
        lives.push(&[1, 2, 3, 4, 6]);
        let rows = rows(&lives);
        assert_eq!(sessions(&rows, 0.2, &[]), [1, 2, 3, 6]);
        assert_eq!(sessions(&rows, 0.0, &[]), [1, 2, 3, 4, 6]);
        assert_eq!(sessions(&rows, 0.2, &[4]), [1, 2, 3, 4, 6]);
        let (_, dropped) = choose(&rows, &CalendarRule::default()).unwrap();
        assert_eq!(dropped, [DroppedDate { date: Session::from_number(4), held_by: 1, living: 10 }]);
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
