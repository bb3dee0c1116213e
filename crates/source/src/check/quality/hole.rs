//! Sessions without a price inside a life: a few, or a gap.

use super::{
    bars::Bars,
    finding::{Check, Finding},
    quality_rules::QualityRules,
};

pub(super) fn find(bars: &Bars, rules: &QualityRules, findings: &mut Vec<Finding>) {
    let sessions = (0..bars.close.len()).collect::<Vec<_>>();
    for run in sessions.chunk_by(|&a, &b| bars.close[a].is_nan() == bars.close[b].is_nan()) {
        let (first, last, length) = (run[0], run[run.len() - 1], run.len());
        // Without a close column there are no holes to speak of.
        if !bars.close[first].is_nan() || length == bars.close.len() {
            continue;
        }
        let check = if length < rules.gap_sessions { Check::MissingSessions } else { Check::Gap };
        let says = match length {
            1 => "no price".to_owned(),
            _ => format!("no price in {length} sessions up to {}", bars.sessions[last]),
        };
        findings.push(bars.finding(check, first, length as f64, &says));
    }
}
