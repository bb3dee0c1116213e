//! One table of dated series: its columns and rows.

use std::{collections::BTreeMap, path::Path};

use backstaff_panel::{Fact, Session};

use super::{lag::Lag, series_source::SeriesSource};
use crate::{
    date_order::DateOrder,
    date_text,
    error::{Place, SourceError},
    format::{
        cell::{self, Cell},
        text_table::{TextRow, TextTable},
    },
    names::find_usual,
    published::{
        dated_tables::DateOrders,
        publication_day::{KNOWN_AT, counts_from},
    },
    request::written::Decimal,
};

/// The usual names of the column of days that values are about.
pub(super) const DATE: [&str; 5] = ["date", "day", "observationdate", "periodend", "time"];

/// The usual names of the column that says whose value a row of a long table holds.
const SERIES: [&str; 8] = ["series", "seriesid", "indexcode", "code", "name", "symbol", "ticker", "variable"];

/// The usual names of the column of values of a long table.
const VALUE: [&str; 3] = ["value", "close", "closingindex"];

/// The places of the columns of a table of series.
pub(super) struct SeriesTable<'a> {
    source: &'a SeriesSource,
    file: &'a Path,
    names: &'a [String],
    /// The column of days that values are about, and the order of their dates.
    date: (usize, DateOrder),
    /// The column of days on which values became known, and the order of their dates.
    known: Option<(usize, DateOrder)>,
    values: ValueColumns,
    /// The decimal mark of values.
    decimal: Decimal,
}

/// The columns that hold values.
enum ValueColumns {
    /// One column names the series, one holds its value.
    Long { series: usize, value: usize },
    /// There is a column for each series.
    Wide(Vec<usize>),
}

impl<'a> SeriesTable<'a> {
    /// Find the columns of a table by their usual names.
    pub(super) fn new(
        source: &'a SeriesSource,
        file: &'a Path,
        texts: &'a TextTable,
        orders: DateOrders,
    ) -> Result<Self, SourceError> {
        let names = texts.names.as_slice();
        let find = |usual: &[&str]| find_usual(names, usual);
        let date = find(&DATE).ok_or_else(|| SourceError::no_column(file, names, "date"))?;
        let known = find(&KNOWN_AT);
        let values = if let Some((series, value)) = find(&SERIES).zip(find(&VALUE)) {
            ValueColumns::Long { series, value }
        } else {
            let is_key = |column: usize| column == date || Some(column) == known;
            let wanted = |&column: &usize| !is_key(column) && source.is_wanted(&names[column]);
            ValueColumns::Wide((0..names.len()).filter(wanted).collect())
        };
        let known = known.map(|column| (column, orders.known_at));
        let decimal = match &values {
            ValueColumns::Long { value, .. } => texts.decimal_of(&[*value], file)?,
            ValueColumns::Wide(columns) => texts.decimal_of(columns, file)?,
        };
        Ok(Self { source, file, names, date: (date, orders.about), known, values, decimal })
    }

    /// Add the values of a row. Returns how many are left out because they were known before their date.
    pub(super) fn read(
        &self,
        TextRow { texts, number }: &TextRow,
        all: &mut BTreeMap<String, Vec<Fact>>,
        lags: &mut Vec<(String, Lag, &'static str)>,
    ) -> Result<usize, SourceError> {
        let place = || Place { file: self.file.to_owned(), row: *number };
        let bad_date = |column: usize| {
            SourceError::bad_date(place(), self.names[column].as_str(), texts[column].as_str())
        };
        let (date, order) = self.date;
        let (stamp, _) = date_text::parse(&texts[date], order).ok_or_else(|| bad_date(date))?;
        let date = Session::from_number(stamp.day);
        let known = self
            .known
            .map(|(column, order)| counts_from(&texts[column], order).ok_or_else(|| bad_date(column)));
        let known = known.transpose()?;
        let mut early = 0;
        let mut add = |name: &str, column: usize| {
            let text = texts[column].as_str();
            let value = match cell::read(text, self.decimal) {
                Cell::Missing => return Ok::<(), SourceError>(()),
                Cell::Number(value) if value.is_finite() => value,
                _ => {
                    let (column, text) = (self.names[column].clone(), text.to_owned());
                    return Err(SourceError::BadNumber { place: place(), column, text });
                }
            };
            let known = match known {
                Some(known) => known,
                None => self.lag(name, lags)?.after(date),
            };
            if known < date {
                early += 1;
                return Ok(());
            }
            all.entry(name.to_owned()).or_default().push(Fact::observed(date, known, value));
            Ok(())
        };
        match &self.values {
            ValueColumns::Long { series, value } if self.source.is_wanted(&texts[*series]) => {
                add(&texts[*series], *value)?;
            }
            ValueColumns::Long { .. } => {}
            ValueColumns::Wide(columns) => {
                columns.iter().try_for_each(|&column| add(&self.names[column], column))?;
            }
        }
        Ok(early)
    }

    /// The lag of a series; `lags` takes it down when it is first needed.
    fn lag(&self, name: &str, lags: &mut Vec<(String, Lag, &'static str)>) -> Result<Lag, SourceError> {
        if let Some((_, lag, _)) = lags.iter().find(|(known, ..)| known == name) {
            return Ok(*lag);
        }
        let (lag, why) = self.source.lag(name)?;
        lags.push((name.to_owned(), lag, why));
        Ok(lag)
    }
}
