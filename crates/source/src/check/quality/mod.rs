//! A list for people of what looks wrong in the data.
//!
//! Nothing here changes a panel: an automatic exclusion that looks at the next session would look ahead. Rows that a
//! person wants out go into the frozen list `drop_rows` of the study.
//!
//! To add one: a file with a function from `Bars` to findings, a [`Check`], a line in `CHECKS`; the smallest to
//! imitate is `zero_volume.rs`.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::bars::{Bars, Columns};
pub use self::{
    broken::{Broken, broken_series},
    finding::{Check, Finding},
    quality_rules::QualityRules,
};
use crate::bars::reading::{Excluded, Loaded};

mod bars;
mod broken;
mod finding;
mod hole;
mod inconsistent_bar;
mod jump;
mod levels;
mod life;
mod quality_rules;
mod repeated_bar;
mod session;
mod split;
mod stale_run;
mod zero_volume;

/// All findings, and their number for each check.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub struct Quality {
    /// The number of findings of each check; zeros are listed too.
    pub counts: Vec<(Check, usize)>,
    /// The findings by check, then instrument, then session.
    pub findings: Vec<Finding>,
    /// The instruments whose series look broken, the worst first.
    #[serde(default)]
    pub broken: Vec<Broken>,
}

/// Look for what is odd in a panel that was loaded.
///
/// Jumps are looked for in the adjusted close, everything else in prices as quoted where there are any. A check whose
/// column is missing finds nothing. Each row is one finding; a stale run, missing sessions or a gap are one together.
pub fn check(loaded: &Loaded, rules: &QualityRules) -> Quality {
    let axis = loaded.panel.axis();
    let columns = Columns::of(&loaded.panel);
    let mut findings = excluded(loaded);
    let of_instruments = (0..axis.n_instruments()).into_par_iter().map(|i| {
        let bars = columns.bars(axis, i);
        let mut findings = Vec::new();
        for check in CHECKS {
            check(&bars, rules, &mut findings);
        }
        let broken = Broken::of(&bars, rules, &findings);
        (findings, broken)
    });
    let mut broken = Vec::new();
    for (of_instrument, is_broken) in of_instruments.collect::<Vec<_>>() {
        findings.extend(of_instrument);
        broken.extend(is_broken);
    }
    broken::sort(&mut broken);
    findings.extend(session::findings(loaded, rules));
    // Stable: within one check the instruments are in order already, and so are their sessions.
    findings.sort_by_key(|finding| finding.check);
    let count = |check| findings.iter().filter(|finding| finding.check == check).count();
    Quality { counts: Check::ALL.map(|check| (check, count(check))).to_vec(), findings, broken }
}

/// The checks of each instrument.
const CHECKS: [fn(&Bars, &QualityRules, &mut Vec<Finding>); 9] = [
    levels::find,
    jump::find,
    split::find,
    inconsistent_bar::find,
    repeated_bar::find,
    stale_run::find,
    zero_volume::find,
    hole::find,
    life::find,
];

fn excluded(loaded: &Loaded) -> Vec<Finding> {
    let finding = |excluded: &Excluded| Finding {
        check: Check::Excluded,
        instrument: Some(excluded.instrument.name().to_owned()),
        session: None,
        value: excluded.place.as_ref().map_or(f64::NAN, |place| place.row as f64),
        detail: format!("{} is left out: {}", excluded.instrument, excluded.reason),
    };
    loaded.excluded.iter().map(finding).collect()
}
