//! The limits from which on something is a finding.

use serde::{Deserialize, Serialize};

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
