//! What looks wrong in the data, listed for people.
//!
//! Nothing here changes a panel: an automatic exclusion that looks at the next session would look ahead. What a
//! person wants out goes into the frozen list `drop_rows` of the study.
//!
//! To add one: a file with a function from `Bars` to findings, a [`Check`], a line in `CHECKS`; the smallest to
//! imitate is `zero_volume.rs`.

use backstaff_panel::Session;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::bars::{Bars, Columns};
use crate::bars::reading::{Loaded, shown};

mod bars;
mod hole;
mod inconsistent_bar;
mod jump;
mod life;
mod repeated_bar;
mod session;
mod stale_run;
mod zero_volume;

/// What was looked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Check {
    /// An instrument that was excluded for impossible rows: value is the row.
    Excluded,
    /// A jump in the close that the next session takes back: value is the log return.
    RevertingJump,
    /// A jump in the close that stays: value is the log return.
    ExtremeMove,
    /// A high below the open or close, or a low above: value is the high or low at fault.
    InconsistentBar,
    /// Open, high, low and volume of the bar before: value is the volume.
    RepeatedBar,
    /// The same close over many sessions: value is their number.
    StaleRun,
    /// A bar without volume: value is the close.
    ZeroVolume,
    /// A few sessions without a price inside a life: value is their number.
    MissingSessions,
    /// Many sessions without a price inside a life: value is their number.
    Gap,
    /// An instrument that begins after the first session: value is the number of sessions.
    LateStart,
    /// An instrument that ends before the last session: value is the number of sessions.
    EarlyEnd,
    /// A date that too few instruments have, so that its rows were dropped: value is their number.
    DroppedDate,
    /// A session that few of the living instruments have: value is their share.
    ThinSession,
}

impl Check {
    /// All, in the order in which findings are listed.
    pub const ALL: [Self; 13] = [
        Self::Excluded,
        Self::RevertingJump,
        Self::ExtremeMove,
        Self::InconsistentBar,
        Self::RepeatedBar,
        Self::StaleRun,
        Self::ZeroVolume,
        Self::MissingSessions,
        Self::Gap,
        Self::LateStart,
        Self::EarlyEnd,
        Self::DroppedDate,
        Self::ThinSession,
    ];

    /// Its name, as in files: `reverting_jump`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Excluded => "excluded",
            Self::RevertingJump => "reverting_jump",
            Self::ExtremeMove => "extreme_move",
            Self::InconsistentBar => "inconsistent_bar",
            Self::RepeatedBar => "repeated_bar",
            Self::StaleRun => "stale_run",
            Self::ZeroVolume => "zero_volume",
            Self::MissingSessions => "missing_sessions",
            Self::Gap => "gap",
            Self::LateStart => "late_start",
            Self::EarlyEnd => "early_end",
            Self::DroppedDate => "dropped_date",
            Self::ThinSession => "thin_session",
        }
    }
}

/// From when on something is worth a line.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QualityRules {
    /// A reverting jump is at least this large, as an absolute log return,
    pub reverting_jump_min: f64,
    /// and this many times the instrument's own scale (1.4826 × median absolute log return).
    pub jump_scales: f64,
    /// How much of a reverting jump may be left after the next session, as a share of it.
    pub jump_remainder: f64,
    /// A move that stays is at least this large, as an absolute log return.
    pub extreme_move_min: f64,
    /// By what share of the price a high or low may be wrong: rounding.
    pub bar_tolerance: f64,
    /// How many sessions with one close make a stale run.
    pub stale_sessions: usize,
    /// How many sessions without a price make a gap; fewer are missing sessions.
    pub gap_sessions: usize,
    /// A session that a smaller share of the living instruments has is listed as thin.
    pub thin_share: f64,
}

impl Default for QualityRules {
    fn default() -> Self {
        Self {
            reverting_jump_min: 0.1,
            jump_scales: 8.0,
            jump_remainder: 0.25,
            extreme_move_min: 0.35,
            bar_tolerance: 1e-4,
            stale_sessions: 5,
            gap_sessions: 5,
            thin_share: 0.8,
        }
    }
}

/// Something that a person should look at.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Finding {
    /// What was looked for.
    pub check: Check,
    /// The instrument, unless it concerns a whole session.
    pub instrument: Option<String>,
    /// The session, or the first of several.
    #[serde(serialize_with = "shown_if_any")]
    pub session: Option<Session>,
    /// The number that the check speaks of.
    pub value: f64,
    /// A sentence for people.
    pub detail: String,
}

#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn shown_if_any<S: serde::Serializer>(session: &Option<Session>, serializer: S) -> Result<S::Ok, S::Error> {
    match session {
        Some(session) => shown(session, serializer),
        None => serializer.serialize_none(),
    }
}

/// All findings and how many there are of each kind.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Quality {
    /// For each check, how many findings; zeros are listed too.
    pub counts: Vec<(Check, usize)>,
    /// By check, then instrument, then session.
    pub findings: Vec<Finding>,
}

/// Look through a panel that was loaded.
///
/// Jumps are looked for in the adjusted close, everything else in prices as quoted where there are any. A missing
/// column makes its checks find nothing. One finding a row, but one a run for stale runs, missing sessions and gaps.
pub fn check(loaded: &Loaded, rules: &QualityRules) -> Quality {
    let axis = loaded.panel.axis();
    let columns = Columns::of(&loaded.panel);
    let mut findings = excluded(loaded);
    let of_instruments = (0..axis.n_instruments()).into_par_iter().flat_map_iter(|i| {
        let bars = columns.bars(axis, i);
        let mut findings = Vec::new();
        for check in CHECKS {
            check(&bars, rules, &mut findings);
        }
        findings
    });
    findings.extend(of_instruments.collect::<Vec<_>>());
    findings.extend(session::findings(loaded, rules));
    // Stable: within one check the instruments are in order already, and so are their sessions.
    findings.sort_by_key(|finding| finding.check);
    let count = |check| findings.iter().filter(|finding| finding.check == check).count();
    Quality { counts: Check::ALL.map(|check| (check, count(check))).to_vec(), findings }
}

/// What each instrument is looked through for.
const CHECKS: [fn(&Bars, &QualityRules, &mut Vec<Finding>); 7] = [
    jump::find,
    inconsistent_bar::find,
    repeated_bar::find,
    stale_run::find,
    zero_volume::find,
    hole::find,
    life::find,
];

fn excluded(loaded: &Loaded) -> Vec<Finding> {
    let finding = |excluded: &crate::bars::reading::Excluded| Finding {
        check: Check::Excluded,
        instrument: Some(excluded.instrument.name().to_owned()),
        session: None,
        value: excluded.place.as_ref().map_or(f64::NAN, |place| place.row as f64),
        detail: format!("{} is left out: {}", excluded.instrument, excluded.reason),
    };
    loaded.excluded.iter().map(finding).collect()
}
