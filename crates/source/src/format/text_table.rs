//! A whole table as texts.

/// The columns of a table and the text of each cell, without the blanks around it.
pub(crate) struct TextTable {
    pub names: Vec<String>,
    /// The texts of each row, and the row's number for people.
    pub rows: Vec<(Vec<String>, u64)>,
}
