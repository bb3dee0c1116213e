//! The columns of a table of published values.

use std::path::Path;

use backstaff_panel::Frequency;

use super::{fact_source::FactSource, left_out::LeftOut};
use crate::{
    date_order::DateOrder,
    error::SourceError,
    format::{cell, text_table::TextTable},
    names::{INSTRUMENT, find_usual, folded},
    published::{dated_tables::DateOrders, publication_day::KNOWN_AT},
    request::written::Decimal,
};

/// The usual names of the column of periods.
const PERIOD: [&str; 3] = ["period", "fiscalperiod", "quarter"];

/// The usual names of the column of days on which periods end.
pub(super) const PERIOD_END: [&str; 4] = ["periodend", "periodending", "fiscaldate", "fiscaldateending"];

/// The usual names of the column of months in which fiscal years end.
const FISCAL_YEAR_END: [&str; 2] = ["fiscalyearend", "fiscalmonth"];

/// The usual names of the column that says which quantity a row of a long table holds.
const FIELD: [&str; 6] = ["field", "fact", "item", "name", "metric", "variable"];

/// The places of the columns of a table of facts.
pub(super) struct FactColumns<'a> {
    pub source: &'a FactSource,
    pub file: &'a Path,
    pub names: &'a [String],
    pub instrument: usize,
    pub period: PeriodColumns,
    /// The column of days on which periods end, and the order of their dates.
    pub period_end: Option<(usize, DateOrder)>,
    pub known_at: KnownAt,
    /// The column of currencies, and the one that is expected.
    pub currency: Option<(usize, &'a str)>,
    pub values: ValueColumns,
    /// The decimal mark of amounts.
    pub decimal: Decimal,
}

/// The columns that name a row's period.
pub(super) enum PeriodColumns {
    /// The period is written in this column.
    Written(usize),
    /// The period follows from the day on which it ends.
    Ending { frequency: Frequency, fiscal_year_end: YearEnd },
}

/// The month in which an instrument's fiscal year ends.
pub(super) enum YearEnd {
    /// This column holds the month.
    Column(usize),
    /// All instruments have the same month.
    Month(i8),
    /// The period is a year, so it ends with itself.
    Own,
}

/// The day on which a row became known.
pub(super) enum KnownAt {
    /// This column holds the day, in dates of this order.
    Column(usize, DateOrder),
    /// The row was known this many days after the end of its period.
    Lag(i32),
}

/// The columns that hold amounts.
pub(super) enum ValueColumns {
    /// One column names the quantity, one holds its amount.
    Long { field: usize, value: usize },
    /// There is a column for each quantity.
    Wide(Vec<usize>),
}

impl<'a> FactColumns<'a> {
    /// Find the columns of a table by their usual names.
    pub(super) fn find(
        source: &'a FactSource,
        file: &'a Path,
        texts: &'a TextTable,
        orders: DateOrders,
        left_out: &mut LeftOut,
    ) -> Result<Self, SourceError> {
        let names = &texts.names;
        let column = |usual: &[&str]| find_usual(names, usual);
        let needed = |what| SourceError::no_column(file, names, what);
        let problem = |problem: String| SourceError::Facts { path: file.to_owned(), problem };
        let instrument = column(&INSTRUMENT).ok_or_else(|| needed("instrument"))?;
        let period_end = column(&PERIOD_END);
        let period = match (column(&PERIOD), period_end) {
            (Some(period), _) => PeriodColumns::Written(period),
            (None, None) => return Err(needed("period")),
            (None, Some(_)) => ending(source, column(&FISCAL_YEAR_END)).map_err(problem)?,
        };
        let known_at = known_at(source, column(&KNOWN_AT), period_end, names, orders).map_err(problem)?;
        let currency = match (column(&["currency"]), &source.currency) {
            (Some(column), Some(expected)) => Some((column, expected.as_str())),
            (None, Some(_)) => return Err(needed("currency")),
            (_, None) => None,
        };
        let values = if let Some((field, value)) = column(&FIELD).zip(column(&["value"])) {
            ValueColumns::Long { field, value }
        } else {
            let mut keys =
                vec![Some(instrument), period_end, column(&["currency"]), column(&FISCAL_YEAR_END)];
            keys.extend([column(&KNOWN_AT), column(&PERIOD)]);
            let columns = (0..names.len()).filter(|column| !keys.contains(&Some(*column)));
            ValueColumns::Wide(wide(source, file, texts, columns.collect(), left_out)?)
        };
        let period_end = period_end.map(|column| (column, orders.about));
        let decimal = match &values {
            ValueColumns::Long { value, .. } => texts.decimal_of(&[*value], file)?,
            ValueColumns::Wide(columns) => texts.decimal_of(columns, file)?,
        };
        Ok(Self { source, file, names, instrument, period, period_end, known_at, currency, values, decimal })
    }
}

/// The rule that makes periods of the days on which they end; `column` holds the months in which fiscal years end.
fn ending(source: &FactSource, column: Option<usize>) -> Result<PeriodColumns, String> {
    let frequency = source.frequency.ok_or(
        "it has ends of periods and no column `period`: say `frequency: quarterly` or `frequency: annual`",
    )?;
    let fiscal_year_end = match (frequency, source.fiscal_year_end, column) {
        (_, Some(month), _) if !(1..=12).contains(&month) => {
            return Err(format!("fiscal_year_end is a month from 1 to 12, not {month}"));
        }
        (Frequency::Annual, ..) => YearEnd::Own,
        (_, Some(month), _) => YearEnd::Month(month),
        (_, None, Some(column)) => YearEnd::Column(column),
        (_, None, None) => {
            return Err("fiscal quarters need the month in which fiscal years end: map a column to \
                        `fiscal_year_end`, or say `fiscal_year_end: 12`"
                .to_owned());
        }
    };
    Ok(PeriodColumns::Ending { frequency, fiscal_year_end })
}

/// The rule that says when a row became known: by a column of days, else by the stated lag.
fn known_at(
    source: &FactSource,
    column: Option<usize>,
    period_end: Option<usize>,
    names: &[String],
    orders: DateOrders,
) -> Result<KnownAt, String> {
    match (column, source.lag_days) {
        (Some(column), None) => Ok(KnownAt::Column(column, orders.known_at)),
        (Some(column), Some(_)) => Err(format!(
            "its column {:?} says when rows became known: leave out `lag_days`",
            names[column]
        )),
        (None, Some(days)) if period_end.is_some() => Ok(KnownAt::Lag(i32::try_from(days).unwrap_or(i32::MAX))),
        (None, Some(_)) => Err("`lag_days` counts from the end of a period, and it has no column \
                                `period_end`: name it in the mapping"
            .to_owned()),
        (None, None) => Err("it has no known_at column, so that nobody can tell when its rows became known: name \
                             the column of days of publication in the mapping, e.g. `mapping: { their_name: known_at \
                             }`, or state how many days after the end of its period each row surely was known, e.g. \
                             `lag_days: 90`"
            .to_owned()),
    }
}

/// The columns of a wide table that hold quantities: the wanted ones, else all that hold a number.
fn wide(
    source: &FactSource,
    file: &Path,
    texts: &TextTable,
    columns: Vec<usize>,
    left_out: &mut LeftOut,
) -> Result<Vec<usize>, SourceError> {
    let Some(fields) = &source.fields else {
        let is_number = |column: usize| {
            let cells = texts.rows.iter().map(|row| row.texts[column].as_str());
            let mut cells = cells.filter(|cell| !cell::is_missing(cell)).peekable();
            cells.peek().is_none() || cells.any(cell::is_number)
        };
        let (numbers, others) = columns.into_iter().partition::<Vec<_>, _>(|&column| is_number(column));
        left_out.texts.extend(others.into_iter().map(|column| texts.names[column].clone()));
        return Ok(numbers);
    };
    let find = |field: &String| {
        let column = columns.iter().copied().find(|&column| folded(&texts.names[column]) == folded(field));
        column.ok_or_else(|| {
            let found = columns.iter().map(|&column| texts.names[column].clone()).collect();
            SourceError::unknown_column(file, field, found)
        })
    };
    fields.iter().map(find).collect()
}
