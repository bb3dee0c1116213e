//! CSV files with a header.

use std::{fs, path::Path};

use backstaff_panel::Column;
use csv::ByteRecord;

use crate::{
    bars::column_roles::{HeaderColumn, Key, Kind, Layout},
    date_text::{self, Shape},
    error::{Place, SourceError},
    format::{
        decoded::{Block, Coded},
        row_numbers::RowNumbers,
    },
    request::panel_source::DateOrder,
    table::{attributes::TextTable, number_table::Cells},
};

/// How many rows decide whether a column of unknown name holds numbers.
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
        let kind = |column: usize| if numeric[column] { Kind::Numeric } else { Kind::Text };
        Ok(names.into_iter().enumerate().map(|(i, name)| HeaderColumn { name, kind: kind(i) }).collect())
    }

    /// Decode the wanted columns.
    pub(crate) fn decode(
        &self,
        file: usize,
        layout: &Layout,
        order: DateOrder,
    ) -> Result<(Block, Option<Shape>), SourceError> {
        let order = self.date_order(layout, order)?;
        let mut rows = Rows::new(self, layout, order);
        let mut reader = self.reader();
        let names = reader.byte_headers().map_err(|source| self.failed(source))?.clone();
        let mut record = ByteRecord::new();
        while reader.read_byte_record(&mut record).map_err(|source| self.failed(source))? {
            rows.push(&record, &names)?;
        }
        Ok(rows.finish(file))
    }

    /// Columns of numbers, and one of texts, in the order of the rows.
    pub(crate) fn cells(&self, numbers: &[usize], texts: Option<usize>) -> Result<Cells, SourceError> {
        let mut cells = Cells {
            numbers: vec![Vec::new(); numbers.len()],
            texts: texts.map(|_| Coded::default()),
            rows: Vec::new(),
        };
        let mut reader = self.reader();
        let names = reader.byte_headers().map_err(|source| self.failed(source))?.clone();
        let mut record = ByteRecord::new();
        while reader.read_byte_record(&mut record).map_err(|source| self.failed(source))? {
            let line = record.position().map_or(0, csv::Position::line) + self.skipped_lines;
            for (&column, values) in numbers.iter().zip(&mut cells.numbers) {
                values.push(value(&record, column).map_err(|text| SourceError::BadNumber {
                    place: Place { file: self.path.to_owned(), row: line },
                    column: name_of(&names, column),
                    text,
                })?);
            }
            if let (Some(all), Some(column)) = (&mut cells.texts, texts) {
                all.push(text(record.get(column).unwrap_or_default()).trim());
            }
            cells.rows.push(line);
        }
        Ok(cells)
    }

    /// All cells as texts, for tables of attributes.
    pub(crate) fn texts(&self) -> Result<TextTable, SourceError> {
        let mut reader = self.reader();
        let trimmed =
            |record: &ByteRecord| record.iter().map(|cell| text(cell).trim().to_owned()).collect::<Vec<_>>();
        let names = trimmed(reader.byte_headers().map_err(|source| self.failed(source))?);
        let rows = reader.byte_records().map(|record| {
            let record = record.map_err(|source| self.failed(source))?;
            Ok((trimmed(&record), record.position().map_or(0, csv::Position::line)))
        });
        Ok(TextTable { names, rows: rows.collect::<Result<_, SourceError>>()? })
    }

    fn date_order(&self, layout: &Layout, order: DateOrder) -> Result<DateOrder, SourceError> {
        if order != DateOrder::Detect {
            return Ok(order);
        }
        let mut reader = self.reader();
        let mut records = reader.byte_records().filter_map(Result::ok).peekable();
        let year_last = |record: &ByteRecord| {
            let cell = record.get(layout.date).unwrap_or_default();
            cell.iter().take(3).any(|byte| b"/-".contains(byte))
        };
        if !records.peek().is_some_and(year_last) {
            return Ok(DateOrder::Detect);
        }
        let texts = records.map(|record| text(record.get(layout.date).unwrap_or_default()).into_owned());
        let texts = texts.collect::<Vec<_>>();
        date_text::detect_order(texts.iter().map(String::as_str)).map_err(|example| SourceError::DateOrder {
            path: self.path.to_owned(),
            column: layout
                .columns
                .iter()
                .find(|column| column.role == "date")
                .map_or_else(String::new, |column| column.source.clone()),
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

/// The rows of a file while they are read.
struct Rows<'a> {
    path: &'a Path,
    layout: &'a Layout,
    order: DateOrder,
    skipped_lines: u64,
    shape: Option<Shape>,
    lines: RowNumbers,
    days: Vec<i32>,
    seconds: Vec<u32>,
    instruments: Coded,
    numbers: Vec<Vec<f64>>,
    categories: Vec<Coded>,
}

impl<'a> Rows<'a> {
    fn new(file: &CsvFile<'a>, layout: &'a Layout, order: DateOrder) -> Self {
        Self {
            path: file.path,
            layout,
            order,
            skipped_lines: file.skipped_lines,
            shape: None,
            lines: RowNumbers::default(),
            days: Vec::new(),
            seconds: Vec::new(),
            instruments: Coded::default(),
            numbers: vec![Vec::new(); layout.numbers.len()],
            categories: vec![Coded::default(); layout.categories.len()],
        }
    }

    fn push(&mut self, record: &ByteRecord, names: &ByteRecord) -> Result<(), SourceError> {
        let line = record.position().map_or(0, csv::Position::line) + self.skipped_lines;
        let place = || Place { file: self.path.to_owned(), row: line };
        let name = |column: usize| name_of(names, column);
        let date = text(record.get(self.layout.date).unwrap_or_default());
        if date.trim().is_empty() {
            return Err(SourceError::EmptyKey { place: place(), what: "date" });
        }
        let (stamp, shape) = date_text::parse(&date, self.order).ok_or_else(|| SourceError::BadDate {
            place: place(),
            column: name(self.layout.date),
            text: date.into_owned(),
        })?;
        if let Key::Column(column) = self.layout.instrument {
            let instrument = text(record.get(column).unwrap_or_default());
            if instrument.trim().is_empty() {
                return Err(SourceError::EmptyKey { place: place(), what: "instrument" });
            }
            self.instruments.push(instrument.trim());
        }
        for ((column, _), values) in self.layout.numbers.iter().zip(&mut self.numbers) {
            values.push(value(record, *column).map_err(|text| SourceError::BadNumber {
                place: place(),
                column: name(*column),
                text,
            })?);
        }
        for ((column, _), texts) in self.layout.categories.iter().zip(&mut self.categories) {
            texts.push(text(record.get(*column).unwrap_or_default()).trim());
        }
        self.shape = Some(shape);
        self.lines.push(line);
        self.days.push(stamp.day);
        self.seconds.push(stamp.second);
        Ok(())
    }

    fn finish(mut self, file: usize) -> (Block, Option<Shape>) {
        if let Key::Name(name) = &self.layout.instrument {
            self.instruments = Coded::constant(name.clone(), self.days.len());
        }
        if self.seconds.iter().all(|&second| second == self.seconds[0]) {
            self.seconds.clear();
        }
        let names =
            |columns: &[(usize, String)]| columns.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>();
        let block = Block {
            file,
            rows: self.lines,
            instruments: self.instruments,
            days: self.days,
            seconds: self.seconds,
            numbers: names(&self.layout.numbers)
                .into_iter()
                .zip(self.numbers.into_iter().map(Column::F64))
                .collect(),
            categories: names(&self.layout.categories).into_iter().zip(self.categories).collect(),
        };
        (block, self.shape)
    }
}

/// Turn the three header lines that yfinance writes (`Price,Close,…`, `Ticker,AAPL,…`, `Date,,…`) into one; returns how
/// many lines that took away.
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

fn text(cell: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(cell)
}

fn name_of(names: &ByteRecord, column: usize) -> String {
    text(names.get(column).unwrap_or_default()).trim().to_owned()
}

/// The number in a cell, NaN if it is missing; or the text that is neither.
fn value(record: &ByteRecord, column: usize) -> Result<f64, String> {
    let cell = record.get(column).unwrap_or_default();
    match number(cell) {
        Some(value) => Ok(value),
        None if is_missing(cell) => Ok(f64::NAN),
        None => Err(text(cell).into_owned()),
    }
}

/// A number, if the cell is one and is not missing.
fn number(cell: &[u8]) -> Option<f64> {
    let cell = cell.trim_ascii();
    // The parser of the standard library also takes words such as `nan`; those are missing values here.
    if !cell.iter().any(u8::is_ascii_digit) {
        let word = cell.strip_prefix(b"-").or(cell.strip_prefix(b"+")).unwrap_or(cell);
        let infinite = word.eq_ignore_ascii_case(b"inf") || word.eq_ignore_ascii_case(b"infinity");
        return infinite.then(|| if cell[0] == b'-' { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    std::str::from_utf8(cell).ok()?.parse().ok()
}

/// How programs write that a value is missing.
fn is_missing(cell: &[u8]) -> bool {
    let cell = cell.trim_ascii();
    let words: [&[u8]; 9] = [b"", b"nan", b"na", b"n/a", b"#n/a", b"null", b"none", b"-", b"<na>"];
    words.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_and_missing_values() {
        assert_eq!(number(b" 1.5e3 "), Some(1500.0));
        assert_eq!(number(b"-inf"), Some(f64::NEG_INFINITY));
        for cell in [&b""[..], b"NaN", b"N/A", b"null", b" - "] {
            assert!(number(cell).is_none() && is_missing(cell));
        }
        for cell in [&b"12,5"[..], b"1.2.3", b"$5", b"abc", b"0x10"] {
            assert!(number(cell).is_none() && !is_missing(cell));
        }
    }
}
