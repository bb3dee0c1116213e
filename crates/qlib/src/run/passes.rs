//! Portfolios from several first days: `MultiPassPortAnaRecord`.

use backstaff_panel::{Panel, Session};
use backstaff_study::StudyError;
use indexmap::IndexMap;

use crate::{
    portfolio::{self, Scores},
    workflow::{PortfolioRecord, Workflow},
};

/// Portfolios whose first day ranks otherwise.
pub(super) fn several(
    panel: &Panel,
    workflow: &Workflow,
    record: &PortfolioRecord,
    scores: &Scores,
    (n, shuffle): (u32, bool),
    strict: bool,
) -> Result<IndexMap<String, f64>, StudyError> {
    let mut found = [[Vec::new(), Vec::new()], [Vec::new(), Vec::new()]];
    for pass in 0..n {
        let scores = if shuffle { shuffled(scores, record.from, u64::from(pass)) } else { scores.clone() };
        let made = portfolio::simulate(panel, workflow.region, record, &scores, strict)?;
        for (found, risk) in found.iter_mut().zip(&made.risks[1..]) {
            found[0].push(risk.annualized_return);
            found[1].push(risk.information_ratio);
        }
    }
    let mut metrics = IndexMap::new();
    for (name, found) in ["excess_return_without_cost", "excess_return_with_cost"].iter().zip(&found) {
        for (measure, values) in ["annualized_return", "information_ratio"].iter().zip(found) {
            let count = values.len() as f64;
            let mean = values.iter().sum::<f64>() / count;
            let deviation =
                (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
            for (what, value) in [("mean", mean), ("std", deviation), ("mean_std", mean / deviation)] {
                metrics.insert(format!("{what}.{name}.{measure}"), value);
            }
        }
    }
    Ok(metrics)
}

/// Scores of which those of the first date of the back-test change places, drawn by a seed. DIFFERENCE: Qlib draws without
/// one.
fn shuffled(scores: &Scores, from: Option<Session>, seed: u64) -> Scores {
    let traded = scores.dates.iter().copied().filter(|&date| from.is_none_or(|from| from <= date));
    let Some(first) = traded.min() else { return scores.clone() };
    let mut shuffled = scores.clone();
    let rows = (0..scores.dates.len()).filter(|&row| scores.dates[row] == first).collect::<Vec<_>>();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    for last in (1..rows.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = (state >> 33) as usize % (last + 1);
        shuffled.values.swap(rows[last], rows[other]);
    }
    shuffled
}
