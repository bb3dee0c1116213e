//! A close that goes to and fro between two levels: two instruments under one name, or prices in two units.

use backstaff_panel::Session;

use super::{
    bars::Bars,
    finding::{Check, Finding},
    quality_rules::QualityRules,
};
use crate::bars::reading::six_digits;

/// The number of jumps from which on even sessions that are alone on the other level make a series of two levels.
const MANY: usize = 10;

pub(super) fn find(bars: &Bars, rules: &QualityRules, findings: &mut Vec<Finding>) {
    let levels = Levels::of(bars, rules);
    let (Some(&first), Some(&last)) = (levels.jumps.first(), levels.jumps.last()) else { return };
    let n_jumps = levels.jumps.len();
    // A few sessions that are alone on the other level are jumps that the next session takes back.
    let are_single = levels.rarer().len() <= n_jumps.div_ceil(2) && n_jumps < MANY;
    if n_jumps < rules.level_jumps.max(2) || are_single {
        return;
    }
    let close = |k: usize| bars.adjusted[levels.present[k]];
    let (a, b) = (close(first - 1), close(first));
    let says = format!(
        "close switches between about {} and {}, {} times up to {}",
        six_digits(a.min(b)),
        six_digits(a.max(b)),
        n_jumps,
        bars.sessions[levels.present[last]]
    );
    findings.push(bars.finding(Check::SwitchingLevels, levels.present[first], n_jumps as f64, &says));
}

/// The sessions on the level that has fewer of them.
pub(super) fn rarer(bars: &Bars, rules: &QualityRules) -> Vec<Session> {
    Levels::of(bars, rules).rarer().into_iter().map(|t| bars.sessions[t]).collect()
}

/// The jumps of a close between two levels.
struct Levels {
    /// The places of the sessions with a close.
    present: Vec<usize>,
    /// The jumps, as places in `present`.
    jumps: Vec<usize>,
}

impl Levels {
    /// The large jumps that the next or the last large one takes back.
    fn of(bars: &Bars, rules: &QualityRules) -> Self {
        let present = (0..bars.adjusted.len()).filter(|&t| bars.adjusted[t] > 0.0).collect::<Vec<_>>();
        let least = libm::exp(rules.level_jump_min);
        let large = (1..present.len()).filter_map(|k| {
            let ratio = bars.adjusted[present[k]] / bars.adjusted[present[k - 1]];
            // Logarithms are taken of the few large ones only.
            (ratio >= least || ratio <= 1.0 / least).then(|| (k, libm::log(ratio)))
        });
        let large = large.collect::<Vec<_>>();
        let mut jumps = Vec::new();
        for pair in large.windows(2) {
            let [(k, size), (next, back)] = [pair[0], pair[1]];
            if (size + back).abs() <= rules.jump_remainder * size.abs() {
                jumps.extend([k, next]);
            }
        }
        jumps.dedup();
        Self { present, jumps }
    }

    /// The places of the sessions on the level that has fewer of them.
    fn rarer(&self) -> Vec<usize> {
        let mut levels = [Vec::new(), Vec::new()];
        let mut level = 0;
        for (k, &t) in self.present.iter().enumerate() {
            level ^= usize::from(self.jumps.binary_search(&k).is_ok());
            levels[level].push(t);
        }
        let [one, other] = levels;
        if one.len() < other.len() { one } else { other }
    }
}
