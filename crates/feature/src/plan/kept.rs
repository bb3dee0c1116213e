//! The values that are kept between passes.

use std::sync::Arc;

use backstaff_panel::Categories;

/// A value for each row, instrument by instrument as in the panel.
pub(super) type RowValues = Vec<f64>;

/// The values that a pass keeps for later ones, by node.
pub(super) type KeptNodes = Vec<(usize, Kept)>;

/// A node's values while they are kept between passes.
pub(super) enum Kept {
    /// Each row has its own value.
    Rows(RowValues),
    /// All rows of a session have one value, by the session's position in the calendar.
    Sessions(Vec<f64>),
    /// All rows of a group of a session have one value.
    Groups(GroupValues),
}

impl Kept {
    pub(super) fn into_rows(self) -> Option<RowValues> {
        if let Self::Rows(rows) = self { Some(rows) } else { None }
    }
}

/// A value for each group of each session; a row without a group has none.
pub(super) struct GroupValues {
    /// Group after group: an instrument, which mostly stays in one, finds its sessions side by side.
    values: Vec<f64>,
    n_sessions: usize,
    groups: Arc<Categories>,
}

impl GroupValues {
    /// From the values of each session's groups, session after session.
    pub(super) fn new(by_session: &[f64], groups: Arc<Categories>) -> Self {
        let n_groups = groups.names().len();
        let by_group = (0..n_groups).flat_map(|code| by_session.iter().skip(code).step_by(n_groups));
        let n_sessions = by_session.len().checked_div(n_groups).unwrap_or(0);
        Self { values: by_group.copied().collect(), n_sessions, groups }
    }

    /// The group of each row.
    pub(super) fn groups(&self) -> &Categories {
        &self.groups
    }

    /// The value of a group in the session at a position.
    #[inline]
    pub(super) fn get(&self, code: u32, position: usize) -> f64 {
        match code {
            Categories::MISSING => f64::NAN,
            code => self.values[code as usize * self.n_sessions + position],
        }
    }
}
