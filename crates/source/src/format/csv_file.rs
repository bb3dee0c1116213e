//! CSV files with a header.

mod bar_rows;
mod cell;
mod dates;

use std::{fs, path::Path};

use csv::ByteRecord;

use self::{
    bar_rows::BarRows,
    cell::{is_missing, number, text, trimmed, value},
};
use super::{
    bar_columns::BarColumns,
    coded_texts::CodedTexts,
    decoded::Block,
    header::{ColumnKind, HeaderColumn},
    number_cells::NumberCells,
    text_table::{TextRow, TextTable},
};
use crate::{
    date_order::DateOrder,
    date_text::Shape,
    error::{Place, SourceError},
};

/// The number of rows that decide whether a column holds numbers.
const SAMPLE: usize = 200;

/// A CSV file in memory.
pub(crate) struct CsvFile<'a> {
    path: &'a Path,
    bytes: Vec<u8>,
    delimiter: u8,
    /// Lines of the file that are not in `bytes`.
    skipped_lines: u64,
}

impl<'a> CsvFile<'a> {
    /// Read a file; the delimiter is the one that its first line has most of.
    pub(crate) fn open(path: &'a Path) -> Result<Self, SourceError> {
        let mut bytes =
            fs::read(path).map_err(|source| SourceError::Read { path: path.to_owned(), source })?;
        if bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        let skipped_lines = join_header(&mut bytes);
        let first_line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let count = |delimiter: u8| first_line.split(|&byte| byte == delimiter).count();
        let mut delimiter = b',';
        for other in [b';', b'\t', b'|'] {
            if count(other) > count(delimiter) {
                delimiter = other;
            }
        }
        Ok(Self { path, bytes, delimiter, skipped_lines })
    }

    /// The columns, each with the kind that its first present cells suggest.
    pub(crate) fn header(&self) -> Result<Vec<HeaderColumn>, SourceError> {
        let mut reader = self.reader();
        let names = reader.byte_headers().map_err(|source| self.failed(source))?;
        let names = names.iter().map(|name| text(name).trim().to_owned()).collect::<Vec<_>>();
        let mut present = vec![0; names.len()];
        let mut numeric = vec![true; names.len()];
        for (row, record) in reader.byte_records().enumerate() {
            if row >= SAMPLE && present.iter().all(|&present| present > 0) {
                break;
            }
            let record = record.map_err(|source| self.failed(source))?;
            for (column, cell) in record.iter().enumerate().filter(|(_, cell)| !is_missing(cell)) {
                // Beyond the sample only columns without any value so far are still open.
                if row < SAMPLE || present[column] == 0 {
                    present[column] += 1;
                    numeric[column] &= number(cell).is_some();
                }
            }
        }
        let columns = names.into_iter().zip(numeric).map(|(name, is_numeric)| HeaderColumn {
            name,
            kind: if is_numeric { ColumnKind::NumericCells } else { ColumnKind::TextCells },
        });
        Ok(columns.collect())
    }

    /// Decode rows of bars, and the form in which dates are written.
    pub(crate) fn bars(
        &self,
        file: usize,
        columns: &BarColumns,
        order: DateOrder,
    ) -> Result<(Block, Option<Shape>), SourceError> {
        let mut rows = BarRows::new(self.path, columns, self.date_order(columns.date, order)?);
        self.for_each(|line, record, names| rows.push(line, record, names))?;
        Ok(rows.finish(file))
    }

    /// Decode columns of numbers, and one of texts, in the order of the rows.
    pub(crate) fn numbers(
        &self,
        numbers: &[usize],
        texts: Option<usize>,
    ) -> Result<NumberCells, SourceError> {
        let mut cells = NumberCells {
            numbers: vec![Vec::new(); numbers.len()],
            texts: texts.map(|_| CodedTexts::default()),
            rows: Vec::new(),
        };
        self.for_each(|line, record, names| {
            for (&column, values) in numbers.iter().zip(&mut cells.numbers) {
                values.push(value(record, column).map_err(|text| SourceError::BadNumber {
                    place: Place { file: self.path.to_owned(), row: line },
                    column: trimmed(names, column),
                    text,
                })?);
            }
            if let (Some(all), Some(column)) = (&mut cells.texts, texts) {
                all.push(text(record.get(column).unwrap_or_default()).trim());
            }
            cells.rows.push(line);
            Ok(())
        })?;
        Ok(cells)
    }

    /// All cells as texts.
    pub(crate) fn texts(&self) -> Result<TextTable, SourceError> {
        let mut reader = self.reader();
        let trimmed =
            |record: &ByteRecord| record.iter().map(|cell| text(cell).trim().to_owned()).collect::<Vec<_>>();
        let names = trimmed(reader.byte_headers().map_err(|source| self.failed(source))?);
        let rows = reader.byte_records().map(|record| {
            let record = record.map_err(|source| self.failed(source))?;
            let number = record.position().map_or(0, csv::Position::line);
            Ok(TextRow { texts: trimmed(&record), number })
        });
        Ok(TextTable { names, rows: rows.collect::<Result<_, SourceError>>()? })
    }

    /// Call a function with each record, its line in the file, and the header.
    fn for_each(
        &self,
        mut take: impl FnMut(u64, &ByteRecord, &ByteRecord) -> Result<(), SourceError>,
    ) -> Result<(), SourceError> {
        let mut reader = self.reader();
        let names = reader.byte_headers().map_err(|source| self.failed(source))?.clone();
        let mut record = ByteRecord::new();
        while reader.read_byte_record(&mut record).map_err(|source| self.failed(source))? {
            let line = record.position().map_or(0, csv::Position::line) + self.skipped_lines;
            take(line, &record, &names)?;
        }
        Ok(())
    }

    /// The order of day and month in the column of dates; the stated one, if one is stated.
    fn date_order(&self, date: usize, stated: DateOrder) -> Result<DateOrder, SourceError> {
        if stated != DateOrder::Detect {
            return Ok(stated);
        }
        let mut reader = self.reader();
        let names = reader.byte_headers().cloned().unwrap_or_default();
        let mut records = reader.byte_records().filter_map(Result::ok).peekable();
        let has_year_last = |record: &ByteRecord| {
            let cell = record.get(date).unwrap_or_default();
            cell.iter().take(3).any(|byte| b"/-".contains(byte))
        };
        if !records.peek().is_some_and(has_year_last) {
            return Ok(DateOrder::Detect);
        }
        let texts = records.map(|record| text(record.get(date).unwrap_or_default()).into_owned());
        let texts = texts.collect::<Vec<_>>();
        DateOrder::detect(texts.iter().map(String::as_str)).map_err(|example| SourceError::DateOrder {
            path: self.path.to_owned(),
            column: trimmed(&names, date),
            example,
        })
    }

    fn reader(&self) -> csv::Reader<&[u8]> {
        csv::ReaderBuilder::new().delimiter(self.delimiter).from_reader(self.bytes.as_slice())
    }

    fn failed(&self, source: csv::Error) -> SourceError {
        SourceError::Csv { path: self.path.to_owned(), source }
    }
}

/// Turn the three header lines that yfinance writes (`Price,Close,…`, `Ticker,AAPL,…`, `Date,,…`) into one; returns how
/// many lines are gone.
fn join_header(bytes: &mut Vec<u8>) -> u64 {
    let mut lines = bytes.split_inclusive(|&byte| byte == b'\n');
    let (Some(first), Some(second), Some(third)) = (lines.next(), lines.next(), lines.next()) else {
        return 0;
    };
    if !first.starts_with(b"Price,") || !second.starts_with(b"Ticker,") || !third.starts_with(b"Date") {
        return 0;
    }
    let header = [b"Date", &first[b"Price".len()..]].concat();
    let end = first.len() + second.len() + third.len();
    bytes.splice(..end, header);
    2
}
