//! Jumps of the close: taken back by the next session (a misplaced decimal point), or staying.

use super::{
    bars::Bars,
    finding::{Check, Finding},
    quality_rules::QualityRules,
};

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
            let says = format!("close {close} between {before} and {after}");
            findings.push(bars.finding(Check::RevertingJump, t, size, &says));
        } else if !is_way_back && size.abs() >= rules.extreme_move_min {
            let says = format!("close {close} after {before}, and it stays there");
            findings.push(bars.finding(Check::ExtremeMove, t, size, &says));
        }
    }
}

/// The usual size of a move: 1.4826 × the median of the absolute moves (the standard deviation, were they normal).
fn scale(moves: &[f64]) -> f64 {
    let mut sizes = moves.iter().map(|size| size.abs()).collect::<Vec<_>>();
    let middle = sizes.len() / 2;
    match sizes.len() {
        0 => 0.0,
        _ => 1.4826 * *sizes.select_nth_unstable_by(middle, f64::total_cmp).1,
    }
}
