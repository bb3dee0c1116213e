//! The rows of a session that have all of their values.

/// The rows that have a value of every series, and these values.
#[derive(Default, Debug)]
pub(super) struct Complete {
    /// Group code above, row below; ascending.
    pub order: Vec<u64>,
    /// The values of each series, in the order of `order`.
    pub columns: Vec<Vec<f64>>,
}
