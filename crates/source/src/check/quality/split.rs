//! Lasting jumps of the close, overnight, of the size of a split or of another unit.

use super::{
    bars::Bars,
    finding::{Check, Finding},
    quality_rules::QualityRules,
};
use crate::bars::{
    reading::six_digits,
    split_size::{SplitMove, SplitSize, split_moves},
};

/// The number of sessions on either side whose volumes are compared.
const SESSIONS: usize = 10;

pub(super) fn find(bars: &Bars, _: &QualityRules, findings: &mut Vec<Finding>) {
    let open = |t: usize| bars.adjusted[t] * bars.open[t] / bars.close[t];
    for SplitMove { t, size, before, close } in split_moves(&bars.adjusted, open, |t| bars.volume[t]) {
        let moved = libm::log(close / before);
        let times = (close / before).max(before / close);
        let says = format!(
            "close {} after {} ({times:.3} times), and it stays there",
            six_digits(close),
            six_digits(before)
        );
        if is_power_of_ten(size) && volume_follows(bars, t, moved) == Some(false) {
            let says = format!(
                "{says}; the volume does not follow as in a split {size}: another unit, or a split that is not adjusted for"
            );
            findings.push(bars.finding(Check::ChangedUnit, t, moved, &says));
        } else {
            let says = format!("{says}; the size of a split {size} that prices are not adjusted for");
            findings.push(bars.finding(Check::UnadjustedSplit, t, moved, &says));
        }
    }
}

fn is_power_of_ten(size: SplitSize) -> bool {
    let larger = size.after.max(size.before);
    size.after.min(size.before) == 1 && [10, 100, 1_000].contains(&larger)
}

/// Whether the shares traded change by at least half of what a split changes them by, in logarithms; `None` where volumes
/// are unknown.
fn volume_follows(bars: &Bars, t: usize, moved: f64) -> Option<bool> {
    let middle = |volumes: &[f64]| {
        let mut volumes = volumes.iter().copied().filter(|&volume| volume > 0.0).collect::<Vec<_>>();
        let middle = volumes.len() / 2;
        (!volumes.is_empty()).then(|| *volumes.select_nth_unstable_by(middle, f64::total_cmp).1)
    };
    let before = middle(&bars.volume[t.saturating_sub(SESSIONS)..t])?;
    let after = middle(&bars.volume[t..(t + SESSIONS).min(bars.volume.len())])?;
    Some(libm::log(after / before) / -moved >= 0.5)
}
