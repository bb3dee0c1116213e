//! Copies of the bar before: a source that goes on after a merger, or a day downloaded twice.

use super::{
    bars::Bars,
    finding::{Check, Finding},
    quality_rules::QualityRules,
};

pub(super) fn find(bars: &Bars, _: &QualityRules, findings: &mut Vec<Finding>) {
    // Two equal volumes above zero with equal extremes don't happen by chance; the close may be corrected later.
    let bar = |t: usize| [bars.open[t], bars.high[t], bars.low[t], bars.volume[t]];
    let complete = (0..bars.sessions.len()).filter(|&t| bars.volume[t] > 0.0 && !bars.high[t].is_nan());
    let complete = complete.collect::<Vec<_>>();
    for (k, &t) in complete.iter().enumerate() {
        let as_before = k > 0 && bar(complete[k - 1]) == bar(t);
        let as_after = complete.get(k + 1).is_some_and(|&next| bar(next) == bar(t));
        let says = match (as_before, as_after) {
            (true, _) => "open, high, low and volume are those of the bar before",
            (false, true) => "the bar after has the same open, high, low and volume",
            _ => continue,
        };
        findings.push(bars.finding(Check::RepeatedBar, t, bars.volume[t], says));
    }
}
