//! The columns of a file that a reading of bars decodes.

/// The source of a row's instrument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum InstrumentKey {
    /// The column with this place in the file.
    Column(usize),
    /// The whole file holds one instrument of this name.
    Name(String),
    /// Instruments stand side by side: each with the number of its columns of numbers, which follow each other.
    Beside(Vec<(String, usize)>),
}

/// The places of columns in a file, and the names under which their values are kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct BarColumns {
    pub date: usize,
    /// The column of times of day, where a text file writes them beside the date.
    pub time: Option<usize>,
    pub instrument: InstrumentKey,
    pub numbers: Vec<(usize, String)>,
    /// The columns of numbers in which a text that is no number says that the value is missing, and why.
    pub codes: Vec<usize>,
    pub categories: Vec<(usize, String)>,
}
