//! Columns that know too much.
//!
//! No code of ours can show that a value in a file was not yet known at its date. But what foresees a coming return
//! much better than anything that is known to work does not foresee it, it has seen it. Columns are looked at in
//! evenly spaced sessions, in the last ones, cell by cell, and in pairs; what is hidden deeper is not found.

mod bounds;
mod copies;
mod pairs;
mod sample;

use std::sync::Arc;

use backstaff_panel::{Axis, Column, Panel, TRADED, Universe};
use backstaff_statistics::rank_correlation;
use rayon::prelude::*;

pub use bounds::credible_rank_ic;

use self::{
    bounds::{MIN_SESSIONS, MeanRankIc},
    copies::copies,
    sample::{Sample, Values},
};
use crate::{LearnError, label::Horizon};

/// A column that is the same for all instruments of a session is compared with the market's return over time. A
/// correlation of 0.1 with the market's next day would already be worth a fortune.
const MARKET_CORRELATION: f64 = 0.25;
/// The t that such a correlation must have.
const MARKET_T: f64 = 5.0;
/// The share of a rank IC that values of a year before may have, for the rest to be news.
const LASTING: f64 = 0.5;

/// A return that comes after the rows whose columns are looked at.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    /// The outcome in words, with its article.
    pub name: String,
    /// One value a row.
    pub values: Vec<f64>,
    /// The sessions that it spans.
    pub horizon: Horizon,
}

/// What a suspicious column foresees, or where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SuspicionKind {
    /// The column foresees which instruments do better than others.
    CrossSection,
    /// The column foresees how the whole market does: it is the same for all instruments of a session.
    Market,
    /// The column foresees which instruments do better, in the last sessions alone.
    Recent,
    /// Some cells of the column are a fixed multiple of the outcome.
    Copies,
    /// The difference of two columns that go together foresees which instruments do better.
    Difference,
}

/// A column that foresees an outcome beyond belief.
#[derive(Clone, PartialEq, Debug)]
pub struct Suspicion {
    /// The name of the column; of a pair both, as `a less 1.0000 × b`.
    pub column: String,
    /// The outcome that it foresees, in words.
    pub outcome: String,
    /// What the column foresees, or where.
    pub kind: SuspicionKind,
    /// The mean rank IC with the outcome, or the rank correlation with the market's outcome; 1 for cells that hold it.
    pub correlation: f64,
    /// The t of the correlation: Newey and West's of a mean, or that of one correlation over time; infinite where the
    /// correlation is the same in all sessions.
    pub t: f64,
    /// How many sessions the correlation is from.
    pub n_sessions: usize,
    /// The share of cells that hold the outcome, of those that were looked at.
    pub share: Option<f64>,
}

/// The return from a row's close to the close of the instrument's next trade: the first thing that a row must not know.
///
/// - Shape: one value a row.
/// - NaN: no trade in the row's session, or none after it.
/// - Look-ahead: to the next trade. This is for judging columns, not for training.
///
/// # Errors
///
/// If the panel lacks the close or the flag of trading.
pub fn next_return(panel: &Panel) -> Result<Vec<f64>, LearnError> {
    let field =
        |name: &str| panel.field(name).ok_or_else(|| LearnError::MissingField { field: name.to_owned() });
    let (close, traded) = (field("close")?, field(TRADED)?);
    let axis = panel.axis();
    let mut out = vec![f64::NAN; axis.n_rows()];
    for i in 0..axis.n_instruments() {
        let mut next = f64::NAN;
        for row in axis.rows(i).rev() {
            let price = close.get(row);
            if traded.get(row) == 1.0 && price > 0.0 {
                out[row] = next / price - 1.0;
                next = price;
            }
        }
    }
    Ok(out)
}

/// The columns that foresee one of the outcomes beyond belief, worst first, each once.
///
/// Looked for are, of each column and outcome:
///
/// 1. a mean rank IC over some 250 evenly spaced sessions: with an outcome of one session beyond 0.12 (t beyond 5) or
///    beyond 0.06 (t beyond 15); with a longer one beyond [`credible_rank_ic`] (t beyond 5), or two thirds of it (t
///    beyond 20), unless values of a year before foresee it at least half as well;
/// 2. for a column that is the same for all instruments, a rank correlation over time beyond 0.25 (t beyond 5) with the
///    mean outcome of the session;
/// 3. a mean rank IC over the last 60 sessions beyond 0.2 (t beyond 8);
/// 4. cells that are the same multiple of the outcome or its logarithm, in 1 % of the cells or more;
/// 5. the difference of two columns with a correlation beyond 0.95, by 1.
///
/// A column that passes may still have seen the future, dimly.
///
/// - Shape: columns and outcomes have one value a row.
///
/// # Errors
///
/// If lengths differ from the axis.
pub fn suspicious(
    columns: &[(&str, &Column)],
    axis: &Arc<Axis>,
    universe: &Universe,
    outcomes: &[Outcome],
) -> Result<Vec<Suspicion>, LearnError> {
    let length = |what, found| {
        if found == axis.n_rows() {
            return Ok(());
        }
        Err(LearnError::Length { what, expected: axis.n_rows(), found })
    };
    length("the universe", universe.members().len())?;
    for outcome in outcomes {
        length("the outcome", outcome.values.len())?;
    }
    for (_, column) in columns {
        length("the signal", column.len())?;
    }
    let sample = Sample::of(axis, universe, outcomes);
    let names = outcomes.iter().map(|outcome| outcome.name.clone()).collect::<Vec<_>>();
    let judged = columns.par_iter().map(|(name, column)| {
        let values = sample.values_of(column);
        (judge((*name, *column), &sample, &values, &names), values)
    });
    let (found, values): (Vec<_>, Vec<_>) = judged.unzip();
    let accused = found.iter().map(Option::is_some).collect::<Vec<_>>();
    let mut found = found.into_iter().flatten().collect::<Vec<_>>();
    found.extend(pairs::pairs(columns, &values, &accused, &sample, &names));
    found.sort_by(|a, b| b.correlation.abs().total_cmp(&a.correlation.abs()));
    Ok(found)
}

fn judge(
    (name, column): (&str, &Column),
    sample: &Sample,
    values: &Values,
    names: &[String],
) -> Option<Suspicion> {
    let suspicion = |kind, outcome: usize, found: MeanRankIc| Suspicion {
        column: name.to_owned(),
        outcome: names[outcome].clone(),
        kind,
        correlation: found.mean,
        t: found.t,
        n_sessions: found.n_sessions,
        share: None,
    };
    if let Some((outcome, found)) = beyond(sample, values, || sample.stale_values_of(column)) {
        return Some(suspicion(SuspicionKind::CrossSection, outcome, found));
    }
    let outcomes = || 0..names.len();
    if let Some((outcome, found)) =
        outcomes().find_map(|outcome| Some((outcome, market(sample, values, outcome)?)))
    {
        return Some(suspicion(SuspicionKind::Market, outcome, found));
    }
    let recent = sample.rank_ics(values).into_iter().map(|(_, recent)| recent).enumerate();
    if let Some((outcome, found)) =
        recent.filter(|(_, found)| found.is_beyond_belief_in_a_stretch()).max_by(stronger)
    {
        return Some(suspicion(SuspicionKind::Recent, outcome, found));
    }
    let copied = outcomes().filter_map(|outcome| Some((outcome, copies(sample, values, outcome)?)));
    let (outcome, copied) = copied.max_by_key(|(_, copied)| copied.n)?;
    Some(Suspicion {
        column: name.to_owned(),
        outcome: names[outcome].clone(),
        kind: SuspicionKind::Copies,
        correlation: 1.0,
        t: f64::INFINITY,
        n_sessions: sample.sessions.len(),
        share: Some(copied.share),
    })
}

fn stronger(a: &(usize, MeanRankIc), b: &(usize, MeanRankIc)) -> std::cmp::Ordering {
    a.1.mean.abs().total_cmp(&b.1.mean.abs())
}

/// The outcome that values foresee beyond belief in the sessions that are evenly spaced, the best foreseen first.
///
/// A window of several sessions does not count where values of a year before foresee it at least half as well: such a
/// column says what an instrument is (its beta, in a market that rises), not what comes next.
fn beyond(sample: &Sample, values: &Values, stale: impl FnOnce() -> Values) -> Option<(usize, MeanRankIc)> {
    let spaced = sample.rank_ics(values).into_iter().map(|(spaced, _)| spaced).enumerate();
    let is_beyond = |(_, found): &(usize, MeanRankIc)| {
        found.is_beyond_belief() || (found.horizon == Horizon::MIN && found.is_beyond_belief_of_next())
    };
    let found = spaced.filter(is_beyond).collect::<Vec<_>>();
    if found.is_empty() {
        return None;
    }
    let old = sample.rank_ics(&stale());
    let is_fresh = |(outcome, found): &(usize, MeanRankIc)| {
        let of_old = old[*outcome].0.mean / found.mean;
        found.horizon == Horizon::MIN || of_old.is_nan() || of_old < LASTING
    };
    found.into_iter().filter(is_fresh).max_by(stronger)
}

/// The correlation over time of a column that is the same for all instruments, if it is beyond belief.
fn market(sample: &Sample, values: &Values, outcome: usize) -> Option<MeanRankIc> {
    let (values, outcomes) = sample.market_pairs(values, outcome);
    let horizon = sample.horizons[outcome];
    // Windows that overlap are fewer observations than there are sessions.
    let n_apart = values.len() / sample.overlap(horizon);
    if n_apart < MIN_SESSIONS {
        return None;
    }
    let mean = rank_correlation(&values, &outcomes);
    let t = t_or_infinite(mean, mean * ((n_apart - 2) as f64 / (1.0 - mean * mean)).sqrt());
    let is_beyond = mean.abs() > MARKET_CORRELATION && t.abs() > MARKET_T;
    let n_sessions = values.len();
    is_beyond.then_some(MeanRankIc { mean, t, n_sessions, n_apart, n_instruments: 1.0, horizon })
}

/// A correlation that is the same in all sessions has no t, and none is more certain.
fn t_or_infinite(value: f64, t: f64) -> f64 {
    if t.is_nan() && value != 0.0 { f64::INFINITY } else { t }
}

#[cfg(test)]
mod tests;
