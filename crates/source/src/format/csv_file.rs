//! CSV files with a header.

mod bar_rows;
mod dates;
mod klines;

use std::path::Path;

use csv::ByteRecord;

use self::bar_rows::BarRows;
use super::{
    bar_columns::BarColumns,
    cell::{self, Cell},
    coded_texts::CodedTexts,
    decoded::Block,
    header::{ColumnKind, HeaderColumn},
    number_cells::NumberCells,
    stacked_header::StackedHeader,
    text_file::{self, delimiter_of},
    text_table::{TextRow, TextTable},
};
use crate::{
    date_order::DateOrder,
    date_text::Shape,
    error::{Place, SourceError},
    request::written::{Decimal, Written},
};

/// The number of rows that decide whether a column holds numbers.
const SAMPLE: usize = 200;

/// A CSV file in memory.
pub(crate) struct CsvFile<'a> {
    path: &'a Path,
    /// The text, in UTF-8, with one line of header.
    bytes: Vec<u8>,
    delimiter: u8,
    /// The lines of the file that are not in `bytes`, less the header that only `bytes` have.
    skipped_lines: i64,
    /// The instrument of each column, where the header says it.
    instruments: Vec<Option<String>>,
    pub(super) written: Written,
}

impl<'a> CsvFile<'a> {
    /// Read a file; the delimiter is the one that its first line has most of.
    pub(crate) fn open(path: &'a Path, written: Written) -> Result<Self, SourceError> {
        let mut bytes = text_file::read(path, written.encoding)?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(SourceError::Empty { path: path.to_owned() });
        }
        let first_line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default().to_vec();
        let delimiter = delimiter_of(&first_line);
        let (mut skipped_lines, mut instruments) = (0, Vec::new());
        if let Some(stacked) = StackedHeader::find(&bytes, delimiter) {
            let mut header = stacked.names.join(&char::from(delimiter).to_string());
            header.push('\n');
            bytes.splice(..stacked.n_bytes, header.into_bytes());
            skipped_lines = stacked.n_lines as i64 - 1;
            instruments = stacked.instruments;
        } else if klines::lack_header(&first_line) {
            bytes.splice(..0, klines::HEADER.bytes());
            skipped_lines = -1;
        }
        Ok(Self { path, bytes, delimiter, skipped_lines, instruments, written })
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
            let cells = record.iter().map(text).enumerate();
            for (column, cell) in cells.filter(|(_, cell)| !cell::is_missing(cell)) {
                // Beyond the sample only columns without any value so far are still open.
                if row < SAMPLE || present[column] == 0 {
                    present[column] += 1;
                    numeric[column] &= cell::is_number(cell);
                }
            }
        }
        let columns =
            names.into_iter().zip(numeric).enumerate().map(|(at, (name, is_numeric))| HeaderColumn {
                name,
                kind: if is_numeric { ColumnKind::NumericCells } else { ColumnKind::TextCells },
                instrument: self.instruments.get(at).cloned().flatten(),
            });
        Ok(columns.collect())
    }

    /// Decode rows of bars, and the form in which dates are written.
    pub(crate) fn bars(
        &self,
        file: usize,
        columns: &BarColumns,
    ) -> Result<(Block, Option<Shape>), SourceError> {
        let places = columns.numbers.iter().map(|(column, _)| *column).collect::<Vec<_>>();
        let decimal = self.decimal(&places)?;
        let mut rows = BarRows::new(self.path, columns, self.date_order(columns.date)?, decimal);
        self.for_each(|line, record, names| rows.push(line, record, names))?;
        Ok(rows.finish(file))
    }

    /// Decode columns of numbers, and one of texts, in the order of the rows.
    pub(crate) fn numbers(
        &self,
        numbers: &[usize],
        texts: Option<usize>,
    ) -> Result<NumberCells, SourceError> {
        let decimal = self.decimal(numbers)?;
        let mut cells = NumberCells {
            numbers: vec![Vec::new(); numbers.len()],
            texts: texts.map(|_| CodedTexts::default()),
            rows: Vec::new(),
        };
        self.for_each(|line, record, names| {
            for (&column, values) in numbers.iter().zip(&mut cells.numbers) {
                values.push(value(record, column, decimal).map_err(|text| SourceError::BadNumber {
                    place: Place { file: self.path.to_owned(), row: line },
                    column: cell_text(names, column).to_owned(),
                    text: text.to_owned(),
                })?);
            }
            if let (Some(all), Some(column)) = (&mut cells.texts, texts) {
                all.push(cell_text(record, column));
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
            let number = self.line_of(&record);
            Ok(TextRow { texts: trimmed(&record), number })
        });
        let rows = rows.collect::<Result<_, SourceError>>()?;
        Ok(TextTable { names, rows, decimal: self.written.decimal })
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
            let line = self.line_of(&record);
            take(line, &record, &names)?;
        }
        Ok(())
    }

    /// The order of day and month in the column of dates; the stated one, if one is stated.
    fn date_order(&self, date: usize) -> Result<DateOrder, SourceError> {
        let stated = self.written.date_order;
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
        let texts = records.map(|record| cell_text(&record, date).to_owned()).collect::<Vec<_>>();
        DateOrder::detect(texts.iter().map(String::as_str)).map_err(|example| SourceError::DateOrder {
            path: self.path.to_owned(),
            column: cell_text(&names, date).to_owned(),
            example,
        })
    }

    /// The decimal mark in columns of numbers; the stated one, if one is stated.
    fn decimal(&self, columns: &[usize]) -> Result<Decimal, SourceError> {
        let has = |byte: u8| self.bytes.contains(&byte);
        // Only in quotes may a cell hold what separates cells.
        let may_hold_commas = has(b',') && (self.delimiter != b',' || has(b'"'));
        match self.written.decimal {
            Decimal::Detect if !may_hold_commas => Ok(Decimal::Point),
            Decimal::Detect => {
                let mut reader = self.reader();
                let names = reader.byte_headers().cloned().unwrap_or_default();
                let records = reader.byte_records().filter_map(Result::ok);
                let marked = records.flat_map(|record| {
                    let cells = columns.iter().map(|&column| (column, cell_text(&record, column).to_owned()));
                    cells.filter(|(_, cell)| cell.contains([',', '.'])).collect::<Vec<_>>()
                });
                let marked = marked.collect::<Vec<_>>();
                cell::detect(marked.iter().map(|(_, cell)| cell.as_str())).map_err(|doubt| {
                    let column =
                        |text: &str| marked.iter().find(|(_, cell)| cell == text).map(|(column, _)| *column);
                    let name =
                        |text: &str| column(text).map_or("", |column| cell_text(&names, column)).to_owned();
                    doubt.error(self.path, name)
                })
            }
            stated => Ok(stated),
        }
    }

    /// The line of the file on which a record stands.
    fn line_of(&self, record: &ByteRecord) -> u64 {
        record.position().map_or(0, csv::Position::line).saturating_add_signed(self.skipped_lines)
    }

    fn reader(&self) -> csv::Reader<&[u8]> {
        csv::ReaderBuilder::new().delimiter(self.delimiter).from_reader(self.bytes.as_slice())
    }

    fn failed(&self, source: csv::Error) -> SourceError {
        SourceError::Csv { path: self.path.to_owned(), source }
    }
}

/// The text of a cell; the whole file is UTF-8, and cells are cut out of it at single bytes.
fn text(cell: &[u8]) -> &str {
    std::str::from_utf8(cell).unwrap_or_default()
}

/// The text of a record's cell without the blanks around it; a record that is too short has an empty one.
fn cell_text(record: &ByteRecord, column: usize) -> &str {
    text(record.get(column).unwrap_or_default()).trim()
}

/// The number in a record's cell, NaN if the cell is missing; or the text that is neither.
fn value(record: &ByteRecord, column: usize, decimal: Decimal) -> Result<f64, &str> {
    let text = text(record.get(column).unwrap_or_default());
    match cell::read(text, decimal) {
        Cell::Number(value) => Ok(value),
        Cell::Missing => Ok(f64::NAN),
        Cell::Neither => Err(text),
    }
}
