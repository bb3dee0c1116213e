//! The limits from which on something is a finding.

use serde::{Deserialize, Serialize};

/// The limits from which on something is a finding.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QualityRules {
    /// The least size of a reverting jump, as an absolute log return.
    pub reverting_jump_min: f64,
    /// The least size of a reverting jump in the instrument's own scale (1.4826 × median absolute log return).
    pub jump_scales: f64,
    /// The share of a reverting jump that may be left after the next session.
    pub jump_remainder: f64,
    /// The least size of a jump between two levels, as an absolute log return: ln 2, a close that doubles or halves.
    pub level_jump_min: f64,
    /// The least number of such jumps that make a series one of two levels.
    pub level_jumps: usize,
    /// The least size of a move that stays, as an absolute log return.
    pub extreme_move_min: f64,
    /// The share of the price by which a high or low may be wrong because of rounding.
    pub bar_tolerance: f64,
    /// The number of sessions with one close that make a stale run.
    pub stale_sessions: usize,
    /// The number of sessions with one close, most of them traded, that make a stale stretch.
    pub stale_stretch_sessions: usize,
    /// The number of sessions without a price that make a gap; fewer are missing sessions.
    pub gap_sessions: usize,
    /// The least share of the living instruments that a session has; one with fewer is thin.
    pub thin_share: f64,
}

impl Default for QualityRules {
    fn default() -> Self {
        Self {
            reverting_jump_min: 0.1,
            jump_scales: 8.0,
            jump_remainder: 0.25,
            level_jump_min: std::f64::consts::LN_2,
            level_jumps: 4,
            extreme_move_min: 0.35,
            bar_tolerance: 1e-4,
            stale_sessions: 5,
            stale_stretch_sessions: 20,
            gap_sessions: 5,
            thin_share: 0.8,
        }
    }
}
