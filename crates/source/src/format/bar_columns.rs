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
    pub instrument: InstrumentKey,
    pub numbers: Vec<(usize, String)>,
    pub categories: Vec<(usize, String)>,
}
