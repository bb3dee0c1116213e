//! A file with one table in it: the only place that tells formats apart.

use std::path::Path;

use super::{
    bar_columns::{BarColumns, InstrumentKey},
    column_file::{ColumnFile, column::DecodedDates},
    compressed::{ending, inner},
    csv_file::CsvFile,
    decoded::Block,
    header::HeaderColumn,
    memory_table::is_memory,
    number_cells::NumberCells,
    side_by_side,
    text_table::TextTable,
};
use crate::{date_order::DateOrder, date_text::Shape, error::SourceError, request::written::Written};

/// The format of a table, by the ending of its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FileFormat {
    Parquet,
    /// Arrow's own files and streams, which Feather files are too.
    Arrow,
    /// A table in memory.
    Memory,
    Csv,
}

impl FileFormat {
    /// The format that a file's ending names; `None` for any other ending. Text files may be compressed: `.csv.gz`,
    /// `.csv.zip`, and `.zip` alone.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        if is_memory(path) {
            return Some(Self::Memory);
        }
        let packed = ending(path).filter(|ending| ["gz", "zip"].contains(&ending.as_str()));
        match (ending(inner(path)).as_deref(), packed.as_deref()) {
            (Some("parquet" | "pq"), None) => Some(Self::Parquet),
            (Some("arrow" | "feather" | "ipc"), None) => Some(Self::Arrow),
            (Some("csv" | "tsv" | "txt"), _) | (None, Some("zip")) => Some(Self::Csv),
            _ => None,
        }
    }
}

/// The name of a file without the endings that say its format and its compression.
pub(crate) fn table_name(path: &Path) -> String {
    inner(path).file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// An opened file.
pub(crate) enum TableFile<'a> {
    /// Parquet, Arrow's own format, and tables in memory.
    Columns(ColumnFile<'a>),
    Csv(CsvFile<'a>),
}

impl<'a> TableFile<'a> {
    /// Open a file. One without a known ending is read as CSV.
    pub(crate) fn open(path: &'a Path, written: Written) -> Result<Self, SourceError> {
        match FileFormat::of(path) {
            Some(FileFormat::Parquet) => ColumnFile::open(path, written).map(Self::Columns),
            Some(FileFormat::Arrow) => ColumnFile::open_arrow(path, written).map(Self::Columns),
            Some(FileFormat::Memory) => ColumnFile::open_memory(path, written).map(Self::Columns),
            Some(FileFormat::Csv) | None => CsvFile::open(path, written).map(Self::Csv),
        }
    }

    /// The same file, whose dates have this order where nobody states one.
    pub(crate) fn with_date_order(mut self, order: DateOrder) -> Self {
        let written = match &mut self {
            Self::Columns(file) => &mut file.written,
            Self::Csv(file) => &mut file.written,
        };
        if written.date_order == DateOrder::Detect {
            written.date_order = order;
        }
        self
    }

    /// The columns as the file declares them.
    pub(crate) fn header(&self) -> Result<Vec<HeaderColumn>, SourceError> {
        match self {
            Self::Columns(file) => Ok(file.header()),
            Self::Csv(file) => file.header(),
        }
    }

    /// Decode rows of bars, and the form in which dates are written. `file` is the file's place among all files.
    pub(crate) fn bars(
        &self,
        file: usize,
        columns: &BarColumns,
    ) -> Result<(Vec<Block>, Option<Shape>), SourceError> {
        let (blocks, shape) = match self {
            Self::Columns(table) => table.bars(file, columns)?,
            Self::Csv(csv) => csv.bars(file, columns).map(|(block, shape)| (vec![block], shape))?,
        };
        let blocks = match &columns.instrument {
            InstrumentKey::Beside(instruments) => {
                blocks.into_iter().flat_map(|block| side_by_side::split(block, instruments)).collect()
            }
            _ => blocks,
        };
        Ok((blocks, shape))
    }

    /// Decode columns of numbers, and one of texts, by their places.
    pub(crate) fn numbers(
        &self,
        numbers: &[usize],
        texts: Option<usize>,
    ) -> Result<NumberCells, SourceError> {
        match self {
            Self::Columns(file) => file.numbers(numbers, texts),
            Self::Csv(file) => file.numbers(numbers, texts),
        }
    }

    /// Decode the column of dates of a place and a name, in the order of the rows.
    pub(crate) fn dates(
        &self,
        column: usize,
        name: &str,
        order: DateOrder,
    ) -> Result<DecodedDates, SourceError> {
        match self {
            Self::Columns(file) => file.dates(column, order),
            Self::Csv(file) => file.dates(column, name, order),
        }
    }

    /// All columns as texts; of a Parquet file those whose values are simple.
    pub(crate) fn texts(&self) -> Result<TextTable, SourceError> {
        match self {
            Self::Columns(file) => file.texts(),
            Self::Csv(file) => file.texts(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_says_the_format_and_the_name_loses_it() {
        for (name, format) in [
            ("a.parquet", Some(FileFormat::Parquet)),
            ("a.PQ", Some(FileFormat::Parquet)),
            ("a.feather", Some(FileFormat::Arrow)),
            ("a.csv", Some(FileFormat::Csv)),
            ("a.CSV.GZ", Some(FileFormat::Csv)),
            ("a.tsv.zip", Some(FileFormat::Csv)),
            ("a.zip", Some(FileFormat::Csv)),
            ("a.gz", None),
            ("a.parquet.gz", None),
            ("a.xlsx", None),
        ] {
            assert_eq!(FileFormat::of(Path::new(name)), format, "{name}");
            assert_eq!(table_name(Path::new(name)), "a", "{name}");
        }
        assert_eq!(table_name(Path::new("BRK.B.csv")), "BRK.B");
    }
}
