//! The bars of a CSV file, row by row.

use std::path::Path;

use backstaff_panel::Column;
use csv::ByteRecord;

use super::{cell_text, value};
use crate::{
    date_order::DateOrder,
    date_text::{self, Shape},
    error::{Place, SourceError},
    format::{
        bar_columns::{BarColumns, InstrumentKey},
        coded_texts::CodedTexts,
        decoded::Block,
        row_numbers::RowNumbers,
    },
    request::written::Decimal,
};

/// The rows of a file while they are read.
pub(super) struct BarRows<'a> {
    path: &'a Path,
    columns: &'a BarColumns,
    order: DateOrder,
    decimal: Decimal,
    shape: Option<Shape>,
    lines: RowNumbers,
    days: Vec<i32>,
    seconds: Vec<u32>,
    own_zone: bool,
    instruments: CodedTexts,
    numbers: Vec<Vec<f64>>,
    categories: Vec<CodedTexts>,
}

impl<'a> BarRows<'a> {
    pub(super) fn new(path: &'a Path, columns: &'a BarColumns, order: DateOrder, decimal: Decimal) -> Self {
        Self {
            path,
            columns,
            order,
            decimal,
            shape: None,
            lines: RowNumbers::default(),
            days: Vec::new(),
            seconds: Vec::new(),
            own_zone: false,
            instruments: CodedTexts::default(),
            numbers: vec![Vec::new(); columns.numbers.len()],
            categories: vec![CodedTexts::default(); columns.categories.len()],
        }
    }

    /// Take in the record on a line of the file; `names` is the header, for messages.
    pub(super) fn push(
        &mut self,
        line: u64,
        record: &ByteRecord,
        names: &ByteRecord,
    ) -> Result<(), SourceError> {
        let place = || Place { file: self.path.to_owned(), row: line };
        let date = cell_text(record, self.columns.date);
        if date.is_empty() {
            return Err(SourceError::EmptyKey { place: place(), what: "date" });
        }
        self.own_zone |= date_text::has_own_zone(date);
        let (mut stamp, shape) = date_text::parse(date, self.order)
            .ok_or_else(|| SourceError::bad_date(place(), cell_text(names, self.columns.date), date))?;
        if let Some(time) = self.columns.time {
            let text = cell_text(record, time);
            stamp.second = date_text::time_of_day(text).ok_or_else(|| SourceError::BadTime {
                place: place(),
                column: cell_text(names, time).to_owned(),
                text: text.to_owned(),
            })?;
        }
        if let InstrumentKey::Column(column) = self.columns.instrument {
            let instrument = cell_text(record, column);
            if instrument.is_empty() {
                return Err(SourceError::EmptyKey { place: place(), what: "instrument" });
            }
            self.instruments.push(instrument);
        }
        for ((column, _), values) in self.columns.numbers.iter().zip(&mut self.numbers) {
            values.push(match value(record, *column, self.decimal) {
                Ok(value) => value,
                Err(_) if self.columns.codes.contains(column) => f64::NAN,
                Err(text) => {
                    return Err(SourceError::BadNumber {
                        place: place(),
                        column: cell_text(names, *column).to_owned(),
                        text: text.to_owned(),
                    });
                }
            });
        }
        for ((column, _), texts) in self.columns.categories.iter().zip(&mut self.categories) {
            texts.push(cell_text(record, *column));
        }
        self.shape = Some(shape);
        self.lines.push(line);
        self.days.push(stamp.day);
        self.seconds.push(stamp.second);
        Ok(())
    }

    /// All rows as one block, and the form in which the last date is written.
    pub(super) fn finish(mut self, file: usize) -> (Block, Option<Shape>) {
        if let InstrumentKey::Name(name) = &self.columns.instrument {
            self.instruments = CodedTexts::constant(name.clone(), self.days.len());
        }
        if self.seconds.iter().all(|&second| second == 0) {
            self.seconds.clear();
        }
        let names = |columns: &'a [(usize, String)]| columns.iter().map(|(_, name)| name.clone());
        let numbers = self.numbers.into_iter().map(|values| Column::F64(values).into());
        let block = Block {
            file,
            rows: self.lines,
            instruments: self.instruments,
            days: self.days,
            seconds: self.seconds,
            own_zone: self.own_zone,
            numbers: names(&self.columns.numbers).zip(numbers).collect(),
            categories: names(&self.columns.categories).zip(self.categories).collect(),
        };
        (block, self.shape)
    }
}
