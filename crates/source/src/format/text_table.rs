//! A whole table as texts.

/// The columns of a table, and its rows.
pub(crate) struct TextTable {
    pub names: Vec<String>,
    pub rows: Vec<TextRow>,
}

/// A row of a table of texts.
pub(crate) struct TextRow {
    /// The text of each cell, without the blanks around it.
    pub texts: Vec<String>,
    /// The number of the row for people.
    pub number: u64,
}
