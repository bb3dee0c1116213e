//! Rows of a query, decoded to columns.

use std::path::{Path, PathBuf};

use backstaff_panel::NarrowColumn;
use rusqlite::{Row, types::ValueRef};

use crate::{
    error::{Place, SourceError},
    format::{
        cell::{self, Cell},
        coded_texts::CodedTexts,
        row_numbers::RowNumbers,
    },
    provider::tables::{
        day_reader::DayReader,
        scan::{Cells, Chunk, Decoded, Role, Scan},
    },
    request::{table_layout::Dates, written::Decimal},
};

/// A decoder that takes rows one after the other.
pub(super) struct Decoder<'a> {
    columns: Vec<(&'a str, Column)>,
    rows: RowNumbers,
    table: PathBuf,
}

/// A column while its cells are decoded.
enum Column {
    Days(DayReader, Vec<i32>),
    /// Texts, and whether no row may lack one.
    Texts(CodedTexts, bool),
    Numbers(NarrowColumn),
}

impl<'a> Decoder<'a> {
    /// A decoder with memory for a number of rows. Memory that isn't used costs nothing, but growing would copy.
    pub(super) fn new(scan: &Scan<'a>, table: PathBuf, rows: usize) -> Self {
        let column = |&(name, role): &(&'a str, Role)| {
            let column = match role {
                Role::Days | Role::Known => {
                    let reader = DayReader::new(scan.dates, role == Role::Known);
                    Column::Days(reader, Vec::with_capacity(rows))
                }
                Role::Keys => Column::Texts(CodedTexts::with_capacity(rows), true),
                Role::Texts => Column::Texts(CodedTexts::with_capacity(rows), false),
                Role::Numbers => Column::Numbers(NarrowColumn::with_capacity(rows)),
            };
            (name, column)
        };
        let columns = scan.columns.iter().map(column).collect();
        Self { columns, rows: RowNumbers::default(), table }
    }

    /// Take in a row of the query.
    pub(super) fn push(&mut self, row: &Row<'_>) -> Result<(), SourceError> {
        let number = match row.get_ref_unwrap(0) {
            ValueRef::Integer(number) => number as u64,
            _ => self.rows.len() as u64 + 1,
        };
        self.rows.push(number);
        let fault = Fault { table: &self.table, row: number };
        for (at, (name, column)) in self.columns.iter_mut().enumerate() {
            let value = row.get_ref_unwrap(at + 1);
            match column {
                Column::Numbers(numbers) => numbers.push(fault.number(name, value)?),
                Column::Days(reader, days) => days.push(fault.day(name, value, reader)?),
                Column::Texts(texts, is_key) => {
                    fault.text(name, value, texts)?;
                    if *is_key && texts.codes.last() == Some(&CodedTexts::MISSING) {
                        return Err(SourceError::EmptyKey {
                            place: fault.place(),
                            what: "instrument or code",
                        });
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Decoded {
        let mut chunk = Chunk { rows: self.rows, columns: Vec::new() };
        let mut shapes = Vec::new();
        for (_, column) in self.columns {
            shapes.push(match &column {
                Column::Days(reader, _) => reader.shape(),
                _ => None,
            });
            chunk.columns.push(match column {
                Column::Days(_, days) => Cells::Days(days),
                Column::Texts(texts, _) => Cells::Texts(texts),
                Column::Numbers(numbers) => Cells::Numbers(numbers.finish()),
            });
        }
        Decoded { chunk, shapes }
    }
}

/// The place of a row, for errors about its values.
struct Fault<'a> {
    table: &'a Path,
    row: u64,
}

impl Fault<'_> {
    fn place(&self) -> Place {
        Place { file: self.table.to_owned(), row: self.row }
    }

    fn number(&self, column: &str, value: ValueRef<'_>) -> Result<f64, SourceError> {
        let text = match value {
            ValueRef::Integer(number) => return Ok(number as f64),
            ValueRef::Real(number) => return Ok(number),
            ValueRef::Null => return Ok(f64::NAN),
            ValueRef::Text(text) => {
                // Rows are read one by one, so that nothing tells what a comma means.
                let cell = std::str::from_utf8(text).ok().filter(|text| !text.contains(','));
                match cell.map(|cell| cell::read(cell, Decimal::Point)) {
                    Some(Cell::Number(number)) => return Ok(number),
                    Some(Cell::Missing) => return Ok(f64::NAN),
                    Some(Cell::Neither) | None => String::from_utf8_lossy(text).into_owned(),
                }
            }
            ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned(),
        };
        Err(SourceError::BadNumber { place: self.place(), column: column.to_owned(), text })
    }

    fn day(&self, column: &str, value: ValueRef<'_>, reader: &mut DayReader) -> Result<i32, SourceError> {
        let (day, text) = match value {
            ValueRef::Text(text) => (reader.text(text), String::from_utf8_lossy(text)),
            ValueRef::Integer(number) => (reader.number(number), number.to_string().into()),
            ValueRef::Null => return Err(SourceError::EmptyKey { place: self.place(), what: "date" }),
            ValueRef::Real(number) => (None, number.to_string().into()),
            ValueRef::Blob(_) => (None, "bytes".into()),
        };
        day.ok_or_else(|| {
            let (place, column, text) = (self.place(), column.to_owned(), text.into_owned());
            if DayReader::is_other_form(&text) {
                return SourceError::TableDate { place, column, text };
            }
            match reader.shape() {
                Some(shape) if !reader.has_form(&text) => {
                    SourceError::MixedDates { place, column, text, form: shape.name() }
                }
                _ => SourceError::bad_date(place, column, text),
            }
        })
    }

    fn text(&self, column: &str, value: ValueRef<'_>, texts: &mut CodedTexts) -> Result<(), SourceError> {
        match value {
            ValueRef::Text(text) => {
                let Ok(text) = std::str::from_utf8(text) else {
                    let text = String::from_utf8_lossy(text).into_owned();
                    return Err(SourceError::BadText {
                        place: self.place(),
                        column: column.to_owned(),
                        text,
                    });
                };
                texts.push(text.trim());
            }
            ValueRef::Integer(number) => texts.push(&number.to_string()),
            ValueRef::Real(number) => texts.push(&number.to_string()),
            ValueRef::Null | ValueRef::Blob(_) => texts.push(""),
        }
        Ok(())
    }
}

/// Refuse parts whose dates begin in another form than those of the first part.
pub(super) fn check_dates(chunks: &[Decoded], scan: &Scan<'_>, table: &Path) -> Result<(), SourceError> {
    if scan.dates == Dates::Mixed {
        return Ok(());
    }
    for (column, (name, _)) in scan.columns.iter().enumerate() {
        let shapes = chunks.iter().filter_map(|chunk| Some((chunk, chunk.shapes[column]?)));
        let mut first = None;
        for (chunk, shape) in shapes {
            let form = *first.get_or_insert(shape);
            if form != shape {
                let day = backstaff_panel::Session::from_number(chunk.chunk.days(column)[0]);
                return Err(SourceError::MixedDates {
                    place: chunk.chunk.place(table, 0),
                    column: (*name).to_owned(),
                    text: format!("{day} ({})", shape.name()),
                    form: form.name(),
                });
            }
        }
    }
    Ok(())
}
