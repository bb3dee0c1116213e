//! Jumps of the close: taken back by the next session (a misplaced decimal point), or staying.

use super::{
    bars::Bars,
    finding::{Check, Finding},
    quality_rules::QualityRules,
};
use crate::bars::{reading::six_digits, split_size::scale};

pub(super) fn find(bars: &Bars, rules: &QualityRules, findings: &mut Vec<Finding>) {
    let present = (0..bars.adjusted.len()).filter(|&t| bars.adjusted[t] > 0.0).collect::<Vec<_>>();
    let moves = present
        .windows(2)
        .map(|pair| libm::log(bars.adjusted[pair[1]] / bars.adjusted[pair[0]]))
        .collect::<Vec<_>>();
    let least = rules.reverting_jump_min.max(rules.jump_scales * scale(&moves));
    let mut reverted = false;
    for (k, &size) in moves.iter().enumerate() {
        let (before, t) = (bars.adjusted[present[k]], present[k + 1]);
        let is_way_back = std::mem::replace(&mut reverted, false);
        if let Some(next) = moves.get(k + 1) {
            reverted = !is_way_back
                && size.abs() >= least
                && (size + next).abs() <= rules.jump_remainder * size.abs();
        }
        let close = bars.adjusted[t];
        if reverted {
            let after = bars.adjusted[present[k + 2]];
            let [close, before, after] = [close, before, after].map(six_digits);
            let says = format!("close {close} between {before} and {after}");
            findings.push(bars.finding(Check::RevertingJump, t, size, &says));
        } else if !is_way_back && size.abs() >= rules.extreme_move_min {
            let (close, before) = (six_digits(close), six_digits(before));
            let says = format!("close {close} after {before}, and it stays there");
            findings.push(bars.finding(Check::ExtremeMove, t, size, &says));
        }
    }
}
