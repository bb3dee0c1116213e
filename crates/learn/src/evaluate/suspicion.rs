//! Columns that know too much.
//!
//! No code of ours can show that a value in a file was not yet known at its date. But what foresees the next return
//! much better than anything that is known to work does not foresee it, it has seen it.

use backstaff_panel::{Axis, Column, Panel, TRADED, Universe};
use backstaff_statistics::{mean_from_first, rank_correlation};
use rayon::prelude::*;

use super::{Cross, SeriesSummary, information_coefficients};
use crate::{LearnError, label::Horizon};

/// A mean rank IC beyond this is suspicious. Published daily signals stay below 0.05 to 0.10 (a month of reversal or
/// momentum: about 0.03), whereas a column that holds the return of the next 5 sessions has about 0.43 with that of
/// the next one (one part in five of its variance), of the next 21 about 0.2.
const RANK_IC: f64 = 0.12;
/// And so is one beyond this at a t beyond [`CERTAIN_T`]: the next 60 sessions seen through some noise.
const CERTAIN_RANK_IC: f64 = 0.06;
/// The t that a mean rank IC beyond [`RANK_IC`] must have, so that few sessions or few instruments don't accuse.
const T: f64 = 5.0;
/// The best signals of a decade have a t of about 5 to 10.
const CERTAIN_T: f64 = 15.0;
/// Fewer sessions accuse nobody.
const MIN_SESSIONS: usize = 20;
/// A column that is the same for all instruments of a session is compared with the market's return over time. A
/// correlation of 0.1 with the market's next day would already be worth a fortune.
const MARKET_CORRELATION: f64 = 0.25;

/// What a suspicious column foresees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SuspicionKind {
    /// The column foresees which instruments do better than others.
    CrossSection,
    /// The column foresees how the whole market does: it is the same for all instruments of a session.
    Market,
}

/// A column that foresees an outcome beyond belief.
#[derive(Clone, PartialEq, Debug)]
pub struct Suspicion {
    /// The name of the column.
    pub column: String,
    /// What the column foresees.
    pub kind: SuspicionKind,
    /// The mean rank IC with the next return, or the rank correlation with the market's next return.
    pub correlation: f64,
    /// The t of the correlation: Newey and West's of a mean, or that of one correlation over time.
    pub t: f64,
    /// How many sessions the correlation is from.
    pub n_sessions: usize,
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

/// The columns that foresee an outcome beyond belief, worst first.
///
/// Suspicious is a mean rank IC beyond 0.12 with a t beyond 5, or beyond 0.06 with a t beyond 15; for a column that is
/// the same for all instruments, a rank correlation over time beyond 0.25 (t beyond 5) with the mean outcome of the
/// session; from at least 20 sessions. A column that passes may still have seen the future, dimly.
///
/// - Shape: columns and `outcome` have one value a row; `outcome` is normally [`next_return`].
///
/// # Errors
///
/// If lengths differ from the axis.
pub fn suspicious(
    columns: &[(&str, &Column)],
    axis: &std::sync::Arc<Axis>,
    universe: &Universe,
    outcome: &[f64],
) -> Result<Vec<Suspicion>, LearnError> {
    let judged = columns.par_iter().map(|(name, column)| {
        let values = column.to_f64();
        let cross = Cross::new(axis, &values, universe)?;
        if outcome.len() != values.len() {
            return Err(LearnError::Length {
                what: "the outcome",
                expected: values.len(),
                found: outcome.len(),
            });
        }
        Ok(judge(name, &cross, outcome))
    });
    let mut found = judged.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect::<Vec<_>>();
    found.sort_by(|a, b| b.correlation.abs().total_cmp(&a.correlation.abs()));
    Ok(found)
}

fn judge(name: &str, cross: &Cross<'_>, outcome: &[f64]) -> Option<Suspicion> {
    let suspicion = |kind, correlation, t, n_sessions| {
        Some(Suspicion { column: name.to_owned(), kind, correlation, t, n_sessions })
    };
    let coefficients = information_coefficients(cross, outcome);
    let summary = SeriesSummary::of(&coefficients.rank, Horizon::MIN);
    let (mean, t) = (summary.mean.abs(), t_or_infinite(summary.mean, summary.newey_west_t).abs());
    let is_beyond = (mean > RANK_IC && t > T) || (mean > CERTAIN_RANK_IC && t > CERTAIN_T);
    if summary.n >= MIN_SESSIONS && is_beyond {
        return suspicion(SuspicionKind::CrossSection, summary.mean, summary.newey_west_t, summary.n);
    }
    let (values, outcomes) = market_pairs(cross, outcome);
    let n = values.len();
    if n < MIN_SESSIONS {
        return None;
    }
    let correlation = rank_correlation(&values, &outcomes);
    let t = correlation * ((n - 2) as f64 / (1.0 - correlation * correlation)).sqrt();
    if correlation.abs() > MARKET_CORRELATION && t_or_infinite(correlation, t).abs() > T {
        return suspicion(SuspicionKind::Market, correlation, t, n);
    }
    None
}

/// A correlation that is the same in all sessions has no t, and none is more certain.
fn t_or_infinite(value: f64, t: f64) -> f64 {
    if t.is_nan() && value != 0.0 { f64::INFINITY } else { t }
}

/// For each session in which the column is the same for all members: its value, and their mean outcome.
fn market_pairs(cross: &Cross<'_>, outcome: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let sessions = cross.each_session(|position| {
        let (values, outcomes) = cross.pairs(position, outcome);
        let first = *values.first()?;
        let is_market = values.len() >= 2 && values.iter().all(|&value| value == first);
        is_market.then(|| (first, mean_from_first(&outcomes)))
    });
    sessions.into_iter().flatten().unzip()
}
