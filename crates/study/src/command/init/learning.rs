//! A study whose models learn: how its sessions are cut, what its models are, or why the data don't suffice for one.

use backstaff_panel::Session;

use super::{
    features::{Seen, seen},
    market::Market,
    places::Places,
};
use crate::{StudyError, words};

/// A study whose models learn.
#[derive(Clone, Debug)]
pub(super) struct Learning {
    /// How many instruments are held.
    pub places: Places,
    /// Over how many sessions returns are predicted; the book is looked at as often.
    pub horizon: u32,
    /// The first date that is tested.
    pub from: Session,
    /// The number of sessions that the first fold trains on.
    pub trained: usize,
    /// The length of a fold's test, as the study says it.
    pub every: String,
    /// The history that a fold trains on, as the study says it.
    pub train: String,
    /// The part of it that is held out, as the study says it.
    pub validation: String,
    /// The fewest rows of a test: those of one session.
    pub least_tested: usize,
    /// The features that the models see.
    pub seen: Vec<Seen>,
    /// Whether there are so many instruments that trees may stop by themselves, and the report is about them.
    pub is_broad: bool,
    /// The fewest rows of a leaf.
    pub leaf: usize,
}

/// The fewest training rows that a model is fitted on.
pub(super) const LEAST_ROWS: usize = 1000;
/// The fewest sessions that a model is fitted on.
const LEAST_SESSIONS: usize = 100;
/// The number of instruments from which on single trees are more than noise.
const BROAD: usize = 100;

/// How the sessions are cut into training and tests.
struct Cut {
    /// The first date that is tested.
    from: Session,
    /// The years that a fold trains on; all history if `None`.
    years: Option<usize>,
}

impl Cut {
    /// Three years of training and a year or more of tests where there are so many; else the last third is tested.
    /// Tests begin where there is a choice.
    fn of(market: &Market, choice: usize) -> Self {
        let (first, last) = (market.first(), market.last());
        // Two weeks of the first January may be missing.
        let whole =
            i32::from(first.year()) + i32::from(first.number() > january(first.year().into()).number() + 14);
        let latest = market.session(choice);
        let latest = i32::from(latest.year()) + i32::from(latest > january(latest.year().into()));
        let is_long = |years: usize| {
            let from = january((whole + years as i32).max(latest));
            let start = market.position(january(i32::from(from.year()) - years as i32));
            let trained = market.position(from) - start;
            trained >= LEAST_SESSIONS && last.number() - from.number() >= 365
        };
        if is_long(YEARS) {
            return Self { from: january((whole + YEARS as i32).max(latest)), years: Some(YEARS) };
        }
        let third = market.session((market.n_sessions() * 2 / 3).max(choice));
        Self { from: third, years: None }
    }
}

/// The years of training where there are enough.
const YEARS: usize = 3;

/// The first day of a year.
fn january(year: i32) -> Session {
    let year = i16::try_from(year).unwrap_or(i16::MAX);
    Session::from_ymd(year, 1, 1).unwrap_or(Session::from_number(0))
}

impl Learning {
    /// The study of models that suits the data, or the reason in words why there is none.
    pub(super) fn of(market: &Market) -> Result<Result<Self, String>, StudyError> {
        let pace = market.pace;
        let n = market.breadth();
        let Some(places) = Places::of(market) else {
            let what = words::count(n, "instrument");
            return Ok(Err(format!(
                "a model ranks instruments, and needs 10 of them at a time; here it is {what}"
            )));
        };
        let cut = Cut::of(market, places.first_choice(market));
        let from = market.position(cut.from);
        let start =
            cut.years.map_or(0, |years| market.position(january(i32::from(cut.from.year()) - years as i32)));
        let held_out = if cut.years.is_some() { pace.half() } else { pace.quarter() } as usize;
        let trained = (from - start).saturating_sub(held_out + pace.horizon() as usize);
        let least = LEAST_SESSIONS.max(pace.year() as usize * 3 / 4);
        if trained < least {
            let all = words::count(market.n_sessions(), "session");
            return Ok(Err(format!(
                "of {all}, {trained} are left to train a model on, and it needs {least}"
            )));
        }
        let rows = market.n_rows(start..start + trained);
        if rows < LEAST_ROWS {
            let rows = words::count(rows, "row");
            return Ok(Err(format!("{rows} are left to train a model on, and it needs {LEAST_ROWS}")));
        }
        let tested = market.n_sessions() - from;
        let is_broad = n >= BROAD;
        Ok(Ok(Self {
            places,
            horizon: pace.horizon(),
            from: cut.from,
            trained,
            every: if tested as u32 > pace.year() {
                "year".to_owned()
            } else {
                format!("{{sessions: {}}}", pace.quarter())
            },
            train: cut.years.map_or("expanding".to_owned(), |years| format!("{{years: {years}}}")),
            validation: format!("{{sessions: {held_out}}}"),
            least_tested: n,
            seen: seen(market, (trained / 2) as u32)?,
            is_broad,
            leaf: if is_broad { 500 } else { (rows / 50).clamp(20, 500) },
        }))
    }
}
