//! A high below the open or close, or a low above them.

use super::{
    bars::Bars,
    finding::{Check, Finding},
    quality_rules::QualityRules,
};

pub(super) fn find(bars: &Bars, rules: &QualityRules, findings: &mut Vec<Finding>) {
    for t in 0..bars.sessions.len() {
        let [open, high, low, close] = [bars.open[t], bars.high[t], bars.low[t], bars.close[t]];
        // Comparisons with a missing value are false: what is missing is not at odds with anything.
        let above = [open, low, close].iter().any(|&other| other * (1.0 - rules.bar_tolerance) > high);
        let below = [open, high, close].iter().any(|&other| other * (1.0 + rules.bar_tolerance) < low);
        if above || below {
            let says = format!("open {open}, high {high}, low {low}, close {close}");
            let value = if above { high } else { low };
            findings.push(bars.finding(Check::InconsistentBar, t, value, &says));
        }
    }
}
