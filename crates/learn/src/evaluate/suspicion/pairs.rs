//! Pairs of columns that go together, and whose difference foresees: a leak that each of them hides in the other.

use rayon::prelude::*;

use super::{
    Suspicion, SuspicionKind, beyond,
    sample::{Sample, Values},
};
use backstaff_panel::Column;
use backstaff_statistics::correlation;

/// The number of sessions in which pairs are looked for.
const SESSIONS: usize = 24;
/// The number of cells in which pairs are looked for, about.
const CELLS: usize = 6_000;
/// The correlation from which two columns may hide something in each other: below it, the leak shows in one of them.
const TOGETHER: f64 = 0.95;
/// The correlation from which they are the same.
const SAME: f64 = 1.0 - 1e-12;
/// The most pairs whose differences are looked at, those that go together best.
const PAIRS: usize = 4_000;
/// The mean correlation of a difference in the few sessions that asks for a look at all of them.
const FIRST_LOOK: f64 = 0.1;

/// A column in the sessions in which pairs are looked for.
struct Part {
    /// The values by session.
    values: Vec<Vec<f64>>,
    /// All values in standard deviations from their mean, missing ones at 0.
    scaled: Vec<f64>,
    deviation: f64,
}

/// The pairs whose difference foresees an outcome beyond belief; the columns that are accused already are left out.
pub(super) fn pairs(
    columns: &[(&str, &Column)],
    values: &[Values],
    accused: &[bool],
    sample: &Sample,
    names: &[String],
) -> Vec<Suspicion> {
    let sessions = chosen(sample);
    let parts = values.par_iter().map(|values| Part::of(values, &sessions)).collect::<Vec<_>>();
    let open = (0..columns.len()).filter(|&k| !accused[k] && parts[k].deviation > 0.0).collect::<Vec<_>>();
    let mut together = open
        .par_iter()
        .enumerate()
        .flat_map_iter(|(at, &a)| {
            let with = |&b: &usize| (dot(&parts[a].scaled, &parts[b].scaled), a, b);
            let is_close =
                |(together, _, _): &(f64, usize, usize)| (TOGETHER..SAME).contains(&together.abs());
            open[at + 1..].iter().map(with).filter(is_close).collect::<Vec<_>>()
        })
        .collect::<Vec<_>>();
    together.sort_by(|x, y| y.0.abs().total_cmp(&x.0.abs()).then((x.1, x.2).cmp(&(y.1, y.2))));
    together.truncate(PAIRS);
    let found = together.par_iter().filter_map(|&(together, a, b)| {
        let slope = together * parts[a].deviation / parts[b].deviation;
        let looks = (0..sample.horizons.len())
            .any(|outcome| first_look(&parts[a], &parts[b], slope, sample, &sessions, outcome) > FIRST_LOOK);
        if !looks {
            return None;
        }
        let difference = difference(&values[a], &values[b], slope);
        let stale = || {
            let of = |k: usize| sample.stale_values_of(columns[k].1);
            self::difference(&of(a), &of(b), slope)
        };
        let (outcome, found) = beyond(sample, &difference, stale)?;
        let sign = if slope < 0.0 { "plus" } else { "less" };
        Some(Suspicion {
            column: format!("{} {sign} {:.4} × {}", columns[a].0, slope.abs(), columns[b].0),
            outcome: names[outcome].clone(),
            kind: SuspicionKind::Difference,
            correlation: found.mean,
            t: found.t,
            n_sessions: found.n_sessions,
            share: None,
        })
    });
    // Of pairs that overlap the strongest is named.
    found
        .collect::<Vec<_>>()
        .into_iter()
        .max_by(|a, b| a.correlation.abs().total_cmp(&b.correlation.abs()))
        .into_iter()
        .collect()
}

/// The sessions in which pairs are looked for, as numbers of the sample.
fn chosen(sample: &Sample) -> Vec<usize> {
    let spaced = (0..sample.sessions.len()).filter(|&k| sample.sessions[k].is_spaced).collect::<Vec<_>>();
    let n_rows = spaced.iter().map(|&k| sample.sessions[k].rows.len()).sum::<usize>();
    let mean = n_rows / spaced.len().max(1);
    let wanted = (CELLS / mean.max(1)).clamp(SESSIONS, SESSIONS * 10);
    let step = spaced.len().div_ceil(wanted).max(1);
    spaced.into_iter().step_by(step).collect()
}

impl Part {
    fn of(values: &Values, sessions: &[usize]) -> Self {
        let values = sessions.iter().map(|&k| values[k].clone()).collect::<Vec<_>>();
        let step = (values.iter().map(Vec::len).sum::<usize>() / CELLS).max(1);
        let cells = || values.iter().flatten().copied().step_by(step);
        let present = cells().filter(|value| value.is_finite());
        let (n, sum) = present.clone().fold((0.0, 0.0), |(n, sum), value| (n + 1.0, sum + value));
        let mean = sum / n;
        let deviation = (present.map(|value| (value - mean) * (value - mean)).sum::<f64>() / n).sqrt();
        let scale = |value: f64| if value.is_finite() { (value - mean) / deviation } else { 0.0 };
        let scaled = cells().map(scale).collect();
        Self { values, scaled, deviation }
    }
}

/// The correlation of two scaled columns.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / a.len().max(1) as f64
}

fn less(a: &[f64], b: &[f64], slope: f64) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - slope * b).collect()
}

fn difference(a: &Values, b: &Values, slope: f64) -> Values {
    a.iter().zip(b).map(|(a, b)| less(a, b, slope)).collect()
}

/// The mean correlation of a difference with an outcome in the few sessions, without its sign.
fn first_look(a: &Part, b: &Part, slope: f64, sample: &Sample, sessions: &[usize], outcome: usize) -> f64 {
    let of = |(at, &k): (usize, &usize)| {
        let difference = less(&a.values[at], &b.values[at], slope);
        let (values, outcomes) = sample.sessions[k].outcomes[outcome].pairs(&difference);
        correlation(&values, &outcomes)
    };
    let found = sessions.iter().enumerate().map(of).filter(|value| value.is_finite()).collect::<Vec<_>>();
    (found.iter().sum::<f64>() / found.len() as f64).abs()
}
