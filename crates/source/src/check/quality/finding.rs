//! Something in the data that a person should look at.

use backstaff_panel::Session;
use serde::{Deserialize, Serialize};

use crate::bars::reading::number_or_nan;

/// Something that a person should look at.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// The check that found it.
    pub check: Check,
    /// The instrument, unless it concerns a whole session.
    pub instrument: Option<String>,
    /// The session, or the first of several.
    pub session: Option<Session>,
    /// The number that the check is about: see [`Check`].
    #[serde(deserialize_with = "number_or_nan")]
    pub value: f64,
    /// A sentence for people.
    pub detail: String,
}

/// The property that findings have in common.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Check {
    /// An instrument that was excluded for impossible rows: value is the row.
    Excluded,
    /// A close that goes to and fro between two levels: value is the number of times.
    SwitchingLevels,
    /// A jump in the close that the next session takes back: value is the log return.
    RevertingJump,
    /// A lasting jump in the close by a power of ten that the volume does not follow: value is the log return.
    ChangedUnit,
    /// A lasting jump in the close of the size of a split, overnight: value is the log return.
    UnadjustedSplit,
    /// A jump in the close that stays: value is the log return.
    ExtremeMove,
    /// A high below the open or close, or a low above: value is the high or low at fault.
    InconsistentBar,
    /// Open, high, low and volume of the bar before: value is the volume.
    RepeatedBar,
    /// The same close over many sessions: value is their number.
    StaleRun,
    /// The same close over very many sessions, although it traded: value is their number.
    StaleStretch,
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
    /// All checks, in the order in which findings are listed.
    pub const ALL: [Self; 17] = [
        Self::Excluded,
        Self::SwitchingLevels,
        Self::RevertingJump,
        Self::ChangedUnit,
        Self::UnadjustedSplit,
        Self::ExtremeMove,
        Self::InconsistentBar,
        Self::RepeatedBar,
        Self::StaleRun,
        Self::StaleStretch,
        Self::ZeroVolume,
        Self::MissingSessions,
        Self::Gap,
        Self::LateStart,
        Self::EarlyEnd,
        Self::DroppedDate,
        Self::ThinSession,
    ];

    /// The name of the check in files: `reverting_jump`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Excluded => "excluded",
            Self::SwitchingLevels => "switching_levels",
            Self::RevertingJump => "reverting_jump",
            Self::ChangedUnit => "changed_unit",
            Self::UnadjustedSplit => "unadjusted_split",
            Self::ExtremeMove => "extreme_move",
            Self::InconsistentBar => "inconsistent_bar",
            Self::RepeatedBar => "repeated_bar",
            Self::StaleRun => "stale_run",
            Self::StaleStretch => "stale_stretch",
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
