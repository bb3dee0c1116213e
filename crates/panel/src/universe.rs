//! Which instruments are eligible in which session.

/// Eligible instruments per session: one flag for each row of an [`Axis`](crate::Axis).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Universe(Vec<bool>);

impl Universe {
    /// The universe of the rows whose flag is set.
    pub fn new(members: Vec<bool>) -> Self {
        Self(members)
    }

    /// Whether a row is a member of the universe.
    pub fn contains(&self, row: usize) -> bool {
        self.0[row]
    }

    /// For each row, whether it is a member.
    pub fn members(&self) -> &[bool] {
        &self.0
    }

    /// How many rows are members.
    pub fn n_members(&self) -> usize {
        self.0.iter().filter(|&&member| member).count()
    }
}
