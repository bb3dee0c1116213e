//! The columns of a file as the file declares them.

/// The kind of values of a column, as far as its file tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum ColumnKind {
    /// Whole numbers: they may be amounts, dates such as 20150331, or codes.
    Whole,
    /// Numbers with a fraction, booleans or decimals.
    Number,
    /// Dates or instants, by the type of the column.
    Date,
    /// Texts, declared as such.
    Text,
    /// Cells of a text file, which declares no kinds; the first present ones are numbers.
    NumericCells,
    /// Cells of a text file, which declares no kinds; some of the first present ones are no numbers.
    TextCells,
    /// Values that are none of these; the text describes them.
    Other(String),
}

impl ColumnKind {
    /// Whether the column is one of a text file.
    pub(crate) fn is_cells(&self) -> bool {
        matches!(self, Self::NumericCells | Self::TextCells)
    }

    /// Whether the values may be codes: names of instruments, of categories.
    pub(crate) fn may_be_codes(&self) -> bool {
        matches!(self, Self::Text | Self::TextCells | Self::Whole | Self::NumericCells)
    }
}

/// A column as its file declares it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct HeaderColumn {
    pub name: String,
    pub kind: ColumnKind,
    /// The instrument whose values the column holds, where a file says it for each column: instruments side by side.
    pub instrument: Option<String>,
}

impl HeaderColumn {
    /// A column of whatever instruments its rows are about.
    pub(crate) fn new(name: impl Into<String>, kind: ColumnKind) -> Self {
        Self { name: name.into(), kind, instrument: None }
    }
}
