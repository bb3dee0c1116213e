//! A file with one table in it: the only place that tells Parquet from CSV.

use std::path::Path;

use super::{
    bar_columns::BarColumns,
    csv_file::CsvFile,
    decoded::Block,
    header::HeaderColumn,
    number_cells::NumberCells,
    parquet_file::{ParquetFile, column::DecodedDates},
    text_table::TextTable,
};
use crate::{date_order::DateOrder, date_text::Shape, error::SourceError};

/// The format of a file, by the ending of its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FileFormat {
    Parquet,
    Csv,
}

impl FileFormat {
    /// The format that a file's ending names; `None` for any other ending.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "parquet" | "pq" => Some(Self::Parquet),
            "csv" | "tsv" | "txt" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// An opened Parquet or CSV file.
pub(crate) enum TableFile<'a> {
    Parquet(ParquetFile<'a>),
    Csv(CsvFile<'a>),
}

impl<'a> TableFile<'a> {
    /// Open a file. One without a known ending is read as CSV.
    pub(crate) fn open(path: &'a Path) -> Result<Self, SourceError> {
        match FileFormat::of(path) {
            Some(FileFormat::Parquet) => ParquetFile::open(path).map(Self::Parquet),
            Some(FileFormat::Csv) | None => CsvFile::open(path).map(Self::Csv),
        }
    }

    /// The columns as the file declares them.
    pub(crate) fn header(&self) -> Result<Vec<HeaderColumn>, SourceError> {
        match self {
            Self::Parquet(file) => Ok(file.header()),
            Self::Csv(file) => file.header(),
        }
    }

    /// Decode rows of bars, and the form in which dates are written. `file` is the file's place among all files.
    pub(crate) fn bars(
        &self,
        file: usize,
        columns: &BarColumns,
        order: DateOrder,
    ) -> Result<(Vec<Block>, Option<Shape>), SourceError> {
        match self {
            Self::Parquet(parquet) => parquet.bars(file, columns, order),
            Self::Csv(csv) => csv.bars(file, columns, order).map(|(block, shape)| (vec![block], shape)),
        }
    }

    /// Decode columns of numbers, and one of texts, by their places.
    pub(crate) fn numbers(
        &self,
        numbers: &[usize],
        texts: Option<usize>,
    ) -> Result<NumberCells, SourceError> {
        match self {
            Self::Parquet(file) => file.numbers(numbers, texts),
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
            Self::Parquet(file) => file.dates(column, order),
            Self::Csv(file) => file.dates(column, name, order),
        }
    }

    /// All columns as texts; of a Parquet file those whose values are simple.
    pub(crate) fn texts(&self) -> Result<TextTable, SourceError> {
        match self {
            Self::Parquet(file) => file.texts(),
            Self::Csv(file) => file.texts(),
        }
    }
}
