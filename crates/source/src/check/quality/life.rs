//! Instruments that don't span the whole calendar: listings, delistings, or history that was not delivered.

use super::{
    bars::Bars,
    finding::{Check, Finding},
    quality_rules::QualityRules,
};

pub(super) fn find(bars: &Bars, _: &QualityRules, findings: &mut Vec<Finding>) {
    let last = bars.sessions.len() - 1;
    let before = bars.calendar.first_at_or_after(bars.sessions[0]);
    if before > 0 {
        let says = format!("begins {before} sessions after the calendar");
        findings.push(bars.finding(Check::LateStart, 0, before as f64, &says));
    }
    let after = bars.calendar.len() - bars.calendar.first_at_or_after(bars.sessions[last]) - 1;
    if after > 0 {
        let says = format!("ends {after} sessions before the calendar");
        findings.push(bars.finding(Check::EarlyEnd, last, after as f64, &says));
    }
}
