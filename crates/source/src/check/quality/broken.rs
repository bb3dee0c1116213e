//! Instruments whose series look broken: what a person should decide before a result is believed.

use std::fmt;

use backstaff_panel::Session;
use serde::{Deserialize, Serialize};

use super::{
    bars::Bars,
    finding::{Check, Finding},
    levels,
    quality_rules::QualityRules,
};

/// The checks that call a series broken, the gravest first.
const GRAVE: [Check; 5] = [
    Check::SwitchingLevels,
    Check::RevertingJump,
    Check::ChangedUnit,
    Check::UnadjustedSplit,
    Check::StaleStretch,
];

/// The number of bars that are listed; of a series with more the whole instrument is in question.
const LISTED: usize = 20;

/// The number of series that a sentence names.
const NAMED: usize = 3;

/// An instrument whose series looks broken.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Broken {
    /// The instrument.
    pub instrument: String,
    /// The gravest check that found something.
    pub check: Check,
    /// The session of its worst finding, or the first of several.
    pub session: Option<Session>,
    /// The number of findings of this check; of switching levels, the number of jumps.
    pub n_found: usize,
    /// The size of the worst finding: the value of the check, without its sign.
    pub size: f64,
    /// The worst finding in words for people.
    pub detail: String,
    /// The bars to leave out if the finding is an error, as far as single bars are; empty if the instrument as a whole is
    /// in question.
    pub bars: Vec<Session>,
}

impl Broken {
    /// The gravest thing among the findings about an instrument, if any is grave.
    pub(super) fn of(bars: &Bars, rules: &QualityRules, findings: &[Finding]) -> Option<Self> {
        GRAVE.into_iter().find_map(|check| {
            let is_grave = |finding: &&Finding| {
                let is_large = check != Check::RevertingJump || finding.value.abs() >= rules.level_jump_min;
                finding.check == check && is_large
            };
            let found = findings.iter().filter(is_grave).collect::<Vec<_>>();
            let worst = found.iter().rev().max_by(|a, b| a.value.abs().total_cmp(&b.value.abs()))?;
            let wrong = match check {
                Check::SwitchingLevels => levels::rarer(bars, rules),
                Check::RevertingJump => found.iter().filter_map(|finding| finding.session).collect(),
                _ => Vec::new(),
            };
            Some(Self {
                instrument: bars.instrument.name().to_owned(),
                check,
                session: worst.session,
                n_found: if check == Check::SwitchingLevels { worst.value as usize } else { found.len() },
                size: worst.value.abs(),
                detail: worst.detail.clone(),
                bars: if wrong.len() <= LISTED { wrong } else { Vec::new() },
            })
        })
    }
}

/// Bring broken series into their order: the gravest check first, of one check the largest.
pub(super) fn sort(broken: &mut [Broken]) {
    let rank = |check: Check| GRAVE.iter().position(|&grave| grave == check);
    // Stable: equal ones stay in the order of instruments.
    broken.sort_by(|a, b| rank(a.check).cmp(&rank(b.check)).then(b.size.total_cmp(&a.size)));
}

/// A sentence that names the worst of some broken series and counts the others; `None` if there is none.
pub fn broken_series(broken: &[Broken]) -> Option<String> {
    let shown = broken.iter().take(NAMED).map(ToString::to_string).collect::<Vec<_>>();
    let more = match broken.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    match broken.len() {
        0 => None,
        1 => Some(format!("1 series looks broken: {}", shown[0])),
        n => Some(format!("{n} series look broken: {}{more}", shown.join("; "))),
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)?;
        match self.n_found {
            n if n > 1 && self.check != Check::SwitchingLevels => write!(f, " ({n} such)"),
            _ => Ok(()),
        }
    }
}
