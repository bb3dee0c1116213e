//! One row of a table of published values.

use std::collections::{BTreeMap, BTreeSet};

use backstaff_panel::{Fact, Frequency, Instrument, Period, Session};

use super::{
    fact_columns::{FactColumns, KnownAt, PeriodColumns, ValueColumns, YearEnd},
    left_out::LeftOut,
};
use crate::{
    date_order::DateOrder,
    error::{Place, SourceError},
    format::{
        cell::{self, Cell},
        text_table::TextRow,
    },
    names::folded,
    published::{fact_name::fact_name, publication_day::counts_from},
};

/// The facts of each quantity, by its name and frequency.
pub(super) type Published = BTreeMap<(String, Frequency), Vec<(Instrument, Fact)>>;

/// A row of a table of facts.
pub(super) struct FactRow<'a> {
    pub columns: &'a FactColumns<'a>,
    pub row: &'a TextRow,
}

impl<'a> FactRow<'a> {
    /// Add what the row publishes.
    pub(super) fn publish(
        &self,
        published: &mut Published,
        left_out: &mut LeftOut,
    ) -> Result<(), SourceError> {
        let FactColumns { source, names, instrument, period_end, currency, values, .. } = self.columns;
        let instrument = self.key(*instrument, "instrument")?;
        let instrument = Instrument::new(source.instrument_names.apply(instrument).as_ref());
        if let Some((column, expected)) = *currency
            && !self.row.texts[column].eq_ignore_ascii_case(expected)
        {
            *left_out.currencies.entry(self.row.texts[column].clone()).or_default() += 1;
            return Ok(());
        }
        let end = period_end.map(|(column, order)| self.day(column, order, "end of the period"));
        let end = end.transpose()?;
        let (frequency, period) = self.period(end)?;
        let known = self.known(end)?;
        if let Some(end) = end.filter(|end| known < *end) {
            left_out.early += 1;
            let first = || format!("{instrument} on {known} for {end} ({})", self.place());
            left_out.first_early.get_or_insert_with(first);
            return Ok(());
        }
        let mut add = |name: &str, column: usize| {
            let Some(value) = self.value(column)? else { return Ok(()) };
            let fact = (instrument.clone(), Fact { known, period, value });
            published.entry((fact_name(name, frequency), frequency)).or_default().push(fact);
            Ok(())
        };
        match values {
            ValueColumns::Long { field, value } => {
                let name = self.key(*field, "field")?;
                if source.fields.as_ref().is_none_or(|fields| is_wanted(fields, name)) {
                    add(name, *value)?;
                }
                Ok(())
            }
            ValueColumns::Wide(columns) => columns.iter().try_for_each(|&column| add(&names[column], column)),
        }
    }

    fn place(&self) -> Place {
        Place { file: self.columns.file.to_owned(), row: self.row.number }
    }

    /// The text of a cell that may not be empty; `what` describes it.
    fn key(&self, column: usize, what: &'static str) -> Result<&'a str, SourceError> {
        let text = self.row.texts[column].as_str();
        if text.is_empty() { Err(SourceError::EmptyKey { place: self.place(), what }) } else { Ok(text) }
    }

    /// The day in a cell that may not be empty.
    fn day(&self, column: usize, order: DateOrder, what: &'static str) -> Result<Session, SourceError> {
        let text = self.key(column, what)?;
        counts_from(text, order)
            .ok_or_else(|| SourceError::bad_date(self.place(), self.columns.names[column].as_str(), text))
    }

    /// The period of a row, and whether it is a quarter or a year.
    fn period(&self, end: Option<Session>) -> Result<(Frequency, Period), SourceError> {
        let (period, written) = match &self.columns.period {
            PeriodColumns::Written(column) => {
                let text = self.row.texts[*column].as_str();
                (read_period(text), text)
            }
            PeriodColumns::Ending { frequency, fiscal_year_end } => {
                let (last_month, written) = match fiscal_year_end {
                    YearEnd::Column(column) => {
                        (self.row.texts[*column].parse().ok(), self.row.texts[*column].as_str())
                    }
                    YearEnd::Month(month) => (Some(*month), ""),
                    // A year is named by that in which it ends, whatever its last month.
                    YearEnd::Own => (Some(12), ""),
                };
                let period = end.zip(last_month).and_then(|(end, last)| frequency.ending(end, last));
                (period.map(|period| (*frequency, period)), written)
            }
        };
        period.ok_or_else(|| SourceError::BadPeriod { place: self.place(), text: written.to_owned() })
    }

    /// The day on which the row became known.
    fn known(&self, end: Option<Session>) -> Result<Session, SourceError> {
        match (&self.columns.known_at, end) {
            (KnownAt::Column(column, order), _) => self.day(*column, *order, "day of publication"),
            (KnownAt::Lag(days), Some(end)) => Ok(Session::from_number(end.number().saturating_add(*days))),
            (KnownAt::Lag(_), None) => {
                unreachable!("a lag is refused where no column says when periods end")
            }
        }
    }

    /// The number in a cell; a missing one publishes nothing.
    fn value(&self, column: usize) -> Result<Option<f64>, SourceError> {
        let text = self.row.texts[column].as_str();
        match cell::read(text, self.columns.decimal) {
            Cell::Missing => Ok(None),
            Cell::Number(value) if value.is_finite() => Ok(Some(value)),
            _ => Err(SourceError::BadNumber {
                place: self.place(),
                column: self.columns.names[column].clone(),
                text: text.to_owned(),
            }),
        }
    }
}

/// Whether a quantity is one of the wanted fields, in any spelling.
fn is_wanted(fields: &BTreeSet<String>, name: &str) -> bool {
    fields.contains(name) || fields.iter().any(|field| folded(field) == folded(name))
}

/// The period of a text such as 202003, 2020Q3, 2020-Q3 or 2020.
fn read_period(text: &str) -> Option<(Frequency, Period)> {
    let text = text.strip_suffix(".0").unwrap_or(text);
    let (frequency, code) = match text.split_once(['Q', 'q']) {
        Some((year, quarter)) => {
            let year = year.trim_end_matches(['-', ' ']).parse::<u32>().ok()?;
            let quarter = quarter.parse::<u32>().ok().filter(|quarter| (1..=4).contains(quarter))?;
            (Frequency::Quarterly, year.checked_mul(100)? + quarter)
        }
        None if text.len() == 4 => (Frequency::Annual, text.parse().ok()?),
        None => (Frequency::Quarterly, text.parse().ok()?),
    };
    Some((frequency, frequency.period(code)?))
}
