//! Bars without volume.

use super::{
    bars::Bars,
    finding::{Check, Finding},
    quality_rules::QualityRules,
};

pub(super) fn find(bars: &Bars, _: &QualityRules, findings: &mut Vec<Finding>) {
    for t in 0..bars.sessions.len() {
        if bars.volume[t] == 0.0 && !bars.close[t].is_nan() {
            let says = format!("close {} without volume: not traded", bars.close[t]);
            findings.push(bars.finding(Check::ZeroVolume, t, bars.close[t], &says));
        }
    }
}
