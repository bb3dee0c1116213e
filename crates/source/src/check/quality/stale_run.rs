//! One close over many sessions, and over so many that the series has stopped.

use super::{
    bars::Bars,
    finding::{Check, Finding},
    quality_rules::QualityRules,
};

pub(super) fn find(bars: &Bars, rules: &QualityRules, findings: &mut Vec<Finding>) {
    let present = (0..bars.close.len()).filter(|&t| !bars.close[t].is_nan()).collect::<Vec<_>>();
    for run in present.chunk_by(|&a, &b| bars.close[a] == bars.close[b]) {
        if run.len() >= rules.stale_sessions.max(2) {
            let (first, last) = (run[0], run[run.len() - 1]);
            let traded = run.iter().filter(|&&t| bars.volume[t] > 0.0).count();
            let says = format!(
                "close {} in {} sessions up to {}, {traded} of them with volume",
                bars.close[first],
                run.len(),
                bars.sessions[last]
            );
            findings.push(bars.finding(Check::StaleRun, first, run.len() as f64, &says));
            // Without a trade the close is only carried on, which returns and portfolios know.
            let is_traded = 2 * traded >= run.len() || run.iter().all(|&t| bars.volume[t].is_nan());
            if run.len() >= rules.stale_stretch_sessions && is_traded {
                findings.push(bars.finding(Check::StaleStretch, first, run.len() as f64, &says));
            }
        }
    }
}
