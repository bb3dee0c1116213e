//! Remarks on the dates of the data beside the sessions that were chosen: rows on no session, sessions without rows,
//! returns that are lost between them, bars on weekends.

use std::ops::Range;

use backstaff_panel::{Calendar, Session, Weekday};
use backstaff_words::{count, some_of};
use rayon::prelude::*;

use super::{
    reading::DroppedDate,
    rows::Rows,
    sessions::{self, Chosen, Group, Positions},
};
use crate::request::{calendar_rule::CalendarRule, exchange::Exchange};

/// The number of names or dates that a remark shows.
const SHOWN: usize = 3;

/// What a reader of the results should know about the sessions.
pub(crate) struct Remarks {
    /// The rule that chose the sessions, in words.
    rule: String,
    pub dropped_dates: Vec<DroppedDate>,
    /// Sessions of a named exchange on which none of its instruments has a row, each with the exchange.
    pub empty_sessions: Vec<(Exchange, Session)>,
    /// Exchanges whose sessions are not known until the end of the data, each with the last year that is.
    beyond: Vec<(Exchange, i16)>,
    pub lacking: Lacking,
    pub weekend: Weekend,
    weekdays: Weekdays,
    unused: Vec<String>,
}

/// Sessions on which many instruments have no row, and what this costs.
#[derive(Default)]
pub(crate) struct Lacking {
    n_sessions: usize,
    /// The first of these sessions, the number of instruments with a row and that of the living ones.
    first: Option<(Session, u32, u32)>,
    /// The number of pairs of rows with nothing but such sessions between them.
    pub n_returns: usize,
    /// What to write instead.
    advice: String,
}

/// Rows on Saturdays and Sundays of instruments that otherwise trade from Monday to Friday.
#[derive(Default)]
pub(crate) struct Weekend {
    pub n_rows: usize,
    n_instruments: usize,
    examples: Vec<String>,
}

/// The numbers of rows by weekday, Monday first, of instruments that don't trade every day.
#[derive(Clone, Copy, Default)]
struct Weekdays([usize; 7]);

impl Remarks {
    pub(crate) fn new(rows: &Rows, chosen: &Chosen, rule: &CalendarRule) -> Self {
        let named = || chosen.groups.iter().filter_map(|group| Some((group, group.exchange?)));
        let empty =
            named().flat_map(|(group, exchange)| group.empty().map(move |session| (exchange, session)));
        let beyond = named().filter_map(|(group, exchange)| {
            let (_, last) = exchange.years()?;
            (group.calendar.sessions().last()?.year() > last).then_some((exchange, last))
        });
        // Who trades every day has no weekend.
        let weekly = (0..rows.instruments.len())
            .filter(|&i| chosen.groups[chosen.group_of[i]].exchange != Some(Exchange::Always));
        let weekly = weekly.collect::<Vec<_>>();
        let weekdays = weekly.par_iter().map(|&i| Weekdays::of(rows.filled_days(i))).collect::<Vec<_>>();
        Self {
            rule: rule.describe(),
            dropped_dates: chosen.dropped(),
            empty_sessions: empty.collect(),
            beyond: beyond.collect(),
            lacking: Lacking::new(rows, chosen, &weekly, &weekdays),
            weekend: Weekend::new(rows, &weekly, &weekdays),
            weekdays: weekdays.iter().fold(Weekdays::default(), |all, own| all.plus(*own)),
            unused: chosen.unused.clone(),
        }
    }

    /// Sentences for people; `n_dropped` rows lie on no session.
    pub(crate) fn warnings(&self, n_dropped: usize) -> Vec<String> {
        let mut said = Vec::new();
        if let Some(first) = self.dropped_dates.first() {
            said.push(format!(
                "{} on {} {} left out, the first on {} ({} of {} instruments have values); sessions \
                 are: {}",
                count(n_dropped, "row"),
                count(self.dropped_dates.len(), "date"),
                if n_dropped == 1 { "lies on no session and is" } else { "lie on no session and are" },
                told(first.date),
                first.held_by,
                first.living,
                self.rule
            ));
        }
        said.extend(self.said_of_exchanges());
        let Lacking { n_sessions, first, n_returns, advice } = &self.lacking;
        if let Some((session, held_by, living)) = first.filter(|_| *n_returns > 0) {
            said.push(format!(
                "{} from one session to the next are lost: on {}, the first on {} ({held_by} of {living} instruments \
                 have values), many instruments have none because they don't trade then; {advice}",
                count(*n_returns, "return"),
                count(*n_sessions, "session"),
                told(session)
            ));
        }
        let Weekend { n_rows, n_instruments, examples } = &self.weekend;
        if *n_rows > 0 {
            said.push(format!(
                "{} of {} on Saturdays and Sundays, though they trade from Monday to Friday: {}; such rows come from \
                 stamps in another time zone (`zone`), from slips, or from special sessions. The calendar of the \
                 exchange (`calendar: XNYS`) leaves out those that are no sessions",
                count(*n_rows, "row"),
                count(*n_instruments, "instrument"),
                some_of(examples.iter().map(String::as_str), SHOWN)
            ));
        }
        said.extend(self.weekdays.shifted());
        said
    }

    /// Sentences about the calendars of exchanges.
    fn said_of_exchanges(&self) -> Vec<String> {
        let mut said = Vec::new();
        if let Some((exchange, _)) = self.empty_sessions.first() {
            let sessions = self.empty_sessions.iter().map(|(_, session)| session.to_string());
            let sessions = sessions.collect::<Vec<_>>();
            said.push(format!(
                "{} of {} without a row of any instrument: {}",
                count(sessions.len(), "session"),
                exchange.code(),
                some_of(sessions.iter().map(String::as_str), SHOWN)
            ));
        }
        said.extend(self.beyond.iter().map(|(exchange, year)| {
            format!(
                "the sessions of {} are known until the end of {year}; after it the dates of the data are sessions",
                exchange.code()
            )
        }));
        if !self.unused.is_empty() {
            let names = some_of(self.unused.iter().map(String::as_str), SHOWN);
            said.push(format!("no instrument has a name for which `calendar` names a calendar: {names}"));
        }
        said
    }
}

impl Lacking {
    fn new(rows: &Rows, chosen: &Chosen, weekly: &[usize], weekdays: &[Weekdays]) -> Self {
        let mut all = Self::default();
        for (number, group) in chosen.groups.iter().enumerate() {
            let thin = thin(group);
            if !thin.iter().any(Option::is_some) {
                continue;
            }
            let members = (0..rows.instruments.len()).filter(|&i| chosen.group_of[i] == number);
            let members = members.collect::<Vec<_>>();
            all.n_returns += lost_returns(rows, group, &members, &thin);
            all.n_sessions += thin.iter().flatten().count();
            let first = thin.iter().flatten().next().copied();
            all.first = match (all.first, first) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        if all.n_returns > 0 {
            all.advice = advice(rows, weekly, weekdays);
        }
        all
    }
}

/// For each session of a group that many of its living instruments have no row on: the number with a row and that of
/// the living ones. A halt of a few is none, and where there are few instruments, no weekday on which some have a row.
fn thin(group: &Group) -> Vec<Option<(Session, u32, u32)>> {
    let positions = Positions::new(&group.attendance.days);
    // Where some trade on weekends, they trade on the holidays of the others, too.
    let has_weekends = group.calendar.sessions().iter().any(|session| session.is_weekend());
    let of_session = |&session: &Session| {
        let at = positions.of(session.number());
        let (held_by, living) =
            at.map_or((0, 0), |at| (group.attendance.held_by[at], group.attendance.living[at]));
        let lacking = living - held_by;
        let is_thin = held_by == 0
            || held_by * 2 < living
            || (has_weekends && held_by * 2 <= living)
            || (living >= 10 && lacking * 10 >= living * 3);
        is_thin.then_some((session, held_by, living))
    };
    group.calendar.sessions().iter().map(of_session).collect()
}

/// The number of pairs of an instrument's rows with thin sessions between them and no others.
fn lost_returns(
    rows: &Rows,
    group: &Group,
    members: &[usize],
    thin: &[Option<(Session, u32, u32)>],
) -> usize {
    let days = group.calendar.sessions().iter().map(|session| session.number()).collect::<Vec<_>>();
    let positions = Positions::new(&days);
    // The number of sessions that are not thin before each position.
    let mut full = vec![0_usize; thin.len() + 1];
    for (at, thin) in thin.iter().enumerate() {
        full[at + 1] = full[at] + usize::from(thin.is_none());
    }
    let of_instrument = |&i: &usize| {
        let own = rows.filled_days(i).filter_map(|day| positions.of(day));
        let mut before = None::<usize>;
        own.filter(|&at| {
            let gap = before.replace(at).map_or(0..0, |last: usize| last + 1..at);
            !gap.is_empty() && full[gap.end] == full[gap.start]
        })
        .count()
    };
    members.par_iter().map(of_instrument).sum()
}

/// What to write so that instruments of different calendars don't share one.
fn advice(rows: &Rows, weekly: &[usize], weekdays: &[Weekdays]) -> String {
    let (mut daily, mut others) = (Vec::new(), Vec::new());
    for (&i, own) in weekly.iter().zip(weekdays) {
        if own.trades_every_day() { daily.push(i) } else { others.push(i) }
    }
    if daily.is_empty() || others.is_empty() {
        return "name the calendar of the exchange, such as `calendar: XNYS`, or, if there are several, one for each \
                instrument: `calendar: {default: XNYS, \"*.KS\": XKRX}` (`--calendar 'XNYS,*.KS=XKRX'`)"
            .to_owned();
    }
    let days = others.iter().flat_map(|&i| rows.filled_days(i));
    let calendar = Calendar::new(days.map(Session::from_number).collect());
    let default = sessions::resembles(&calendar).map_or("union", Exchange::code);
    let key = |name: &str| {
        if name.chars().all(char::is_alphanumeric) { name.to_owned() } else { format!("\"{name}\"") }
    };
    let names = || daily.iter().take(SHOWN).map(|&i| rows.instruments[i].name());
    let in_study = names().map(|name| format!("{}: 24/7", key(name))).collect::<Vec<_>>().join(", ");
    let in_option = names().map(|name| format!("{name}=24/7")).collect::<Vec<_>>().join(",");
    let more = match daily.len().saturating_sub(SHOWN) {
        0 => String::new(),
        n => format!(", and so for {n} more; a star stands for any letters, as in \"*-USD\""),
    };
    format!(
        "give the instruments their own calendars: `calendar: {{default: {default}, {in_study}}}` (`--calendar \
         '{default},{in_option}'`){more}"
    )
}

impl Weekend {
    fn new(rows: &Rows, weekly: &[usize], weekdays: &[Weekdays]) -> Self {
        let mut all = Self::default();
        for (&i, own) in weekly.iter().zip(weekdays).filter(|(_, own)| own.has_odd_weekends()) {
            all.n_rows += own.on(5..7);
            all.n_instruments += 1;
            let days = rows.filled_days(i).map(Session::from_number);
            let days =
                days.filter(|day| day.is_weekend()).take(SHOWN + 1 - all.examples.len().min(SHOWN + 1));
            all.examples.extend(days.map(|day| format!("{} on {}", rows.instruments[i], told(day))));
        }
        all
    }
}

impl Weekdays {
    fn of(days: impl Iterator<Item = i32>) -> Self {
        let mut counts = [0; 7];
        for day in days {
            // 1970-01-01 was a Thursday.
            counts[(day + 3).rem_euclid(7) as usize] += 1;
        }
        Self(counts)
    }

    fn plus(self, other: Self) -> Self {
        Self(std::array::from_fn(|day| self.0[day] + other.0[day]))
    }

    fn all(self) -> usize {
        self.0.iter().sum()
    }

    fn on(self, days: Range<usize>) -> usize {
        self.0[days].iter().sum()
    }

    /// Whether an instrument has about as many rows on weekends as on other days.
    fn trades_every_day(self) -> bool {
        self.on(5..7) * 100 >= self.all() * 22
    }

    /// Whether an instrument has a few rows on weekends. A market that is open on Sundays has a fifth of its rows there.
    fn has_odd_weekends(self) -> bool {
        self.on(5..7) > 0 && self.on(5..7) * 100 < self.all() * 15
    }

    /// A question, if weeks look as if all dates were a day early or late.
    fn shifted(self) -> Option<String> {
        let share = |day: usize| self.0[day] * 100 / self.all().max(1);
        let (week, how, shift) = match (share(0), share(4), share(5), share(6)) {
            (10.., 0, 0, 10..) => ("Sundays to Thursdays", "as those of Tel Aviv and Riyadh do", "early"),
            (0, 10.., 10.., 0) => ("Tuesdays to Saturdays", "as no exchange's do", "late"),
            _ => return None,
        };
        (self.all() >= 20).then(|| {
            format!(
                "the dates fall on {week}, {how}; if the exchange trades from Monday to Friday, they are one day \
                 {shift}: midnight there, told in the time of another zone. Take the dates from stamps with their \
                 time and write the zone (`zone: Asia/Seoul`)"
            )
        })
    }
}

/// A date with its weekday if this is on a weekend.
fn told(session: Session) -> String {
    match session.weekday() {
        Weekday::Saturday => format!("{session}, a Saturday"),
        Weekday::Sunday => format!("{session}, a Sunday"),
        _ => session.to_string(),
    }
}
