//! Cells that hold the coming return itself, in any unit: a leak in a few cells is too small for a mean.

use super::sample::{Sample, Values};

/// The number of cells to look at, about.
const CELLS: usize = 8_000;
/// Two ratios are the same within this: single precision keeps seven digits.
const WITHIN: f64 = 1e-6;
/// A smaller return proves nothing: prices that hardly move repeat each other.
const LEAST_RETURN: f64 = 1e-4;
/// The share of cells with the same ratio that is suspicious.
const SHARE: f64 = 0.01;
/// The fewest cells, and the fewest different returns among them, that are suspicious: whole numbers beside prices in
/// ticks repeat the same few ratios.
const LEAST_CELLS: usize = 30;
const LEAST_DIFFERENT: usize = 20;

/// The number of cells that are a fixed multiple of an outcome, or of its logarithm.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Copies {
    pub(super) n: usize,
    pub(super) share: f64,
}

/// Cells that are the same multiple of an outcome, or of its logarithm; `None` if they are no more than chance gives.
pub(super) fn copies(sample: &Sample, values: &Values, outcome: usize) -> Option<Copies> {
    let n_cells = sample.sessions.iter().map(|session| session.rows.len()).sum::<usize>();
    let step = n_cells.div_ceil(CELLS).max(1);
    let cells = sample.sessions.iter().zip(values).flat_map(|(session, values)| {
        values.iter().copied().zip(session.outcomes[outcome].values.iter().copied())
    });
    let cells = cells.step_by(step).filter(|(value, outcome)| {
        value.is_finite() && *value != 0.0 && outcome.is_finite() && outcome.abs() > LEAST_RETURN
    });
    let cells = cells.collect::<Vec<_>>();
    let plain = most_equal(cells.iter().map(|&(value, outcome)| (value / outcome, outcome)), |_| false);
    // A price that comes back to where it was turns the logarithm of the last return round: no foresight.
    let returned = |ratio: f64| (ratio + 1.0).abs() < WITHIN;
    let logs = cells.iter().map(|&(value, outcome)| (value / libm::log1p(outcome), outcome));
    let n = plain.max(most_equal(logs, returned));
    let share = n as f64 / cells.len().max(1) as f64;
    (n >= LEAST_CELLS && share >= SHARE).then_some(Copies { n, share })
}

/// The size of the largest group of equal ratios that are from enough different outcomes.
fn most_equal(ratios: impl Iterator<Item = (f64, f64)>, is_honest: impl Fn(f64) -> bool) -> usize {
    let mut ratios = ratios.filter(|(ratio, _)| ratio.is_finite() && !is_honest(*ratio)).collect::<Vec<_>>();
    ratios.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut most = 0;
    let mut start = 0;
    for end in 0..ratios.len() {
        while (ratios[end].0 - ratios[start].0).abs() > WITHIN * ratios[end].0.abs() {
            start += 1;
        }
        let n = end + 1 - start;
        if n > most && n >= LEAST_CELLS && different(&ratios[start..=end]) >= LEAST_DIFFERENT {
            most = n;
        }
    }
    most
}

/// The number of different outcomes.
fn different(group: &[(f64, f64)]) -> usize {
    let mut outcomes = group.iter().map(|(_, outcome)| *outcome).collect::<Vec<_>>();
    outcomes.sort_unstable_by(f64::total_cmp);
    outcomes.dedup_by(|a, b| (*a - *b).abs() <= WITHIN * b.abs());
    outcomes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ratios_of_different_outcomes_are_counted() {
        let outcomes = (1..100).map(|k| f64::from(k) * 1e-3);
        let ratios = outcomes.clone().map(|outcome| (if outcome < 0.04 { 100.0 } else { outcome }, outcome));
        assert_eq!(most_equal(ratios, |_| false), 39);
        assert_eq!(most_equal(outcomes.map(|outcome| (1.0 / outcome, outcome)), |_| false), 0);
        let same = std::iter::repeat_n((100.0, 0.01), 500);
        assert_eq!(most_equal(same, |_| false), 0, "one return again and again");
    }
}
