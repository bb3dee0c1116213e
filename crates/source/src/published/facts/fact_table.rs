//! One table of published values: its columns and rows.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use backstaff_panel::{Fact, Frequency, Instrument, Period, Session};

use super::{fact_source::FactSource, left_out::LeftOut};
use crate::{
    error::{Place, SourceError},
    format::text_table::TextTable,
    names::{INSTRUMENT, find_usual, folded},
    published::{
        fact_name::fact_name,
        publication_day::{KNOWN_AT, counts_from},
    },
};

/// The usual names of the column of periods.
const PERIOD: [&str; 3] = ["period", "fiscalperiod", "quarter"];

/// The usual names of the column of days on which periods end.
const PERIOD_END: [&str; 4] = ["periodend", "periodending", "fiscaldate", "fiscaldateending"];

/// The usual names of the column of months in which fiscal years end.
const FISCAL_YEAR_END: [&str; 2] = ["fiscalyearend", "fiscalmonth"];

/// The usual names of the column that says which quantity a row of a long table holds.
const FIELD: [&str; 6] = ["field", "fact", "item", "name", "metric", "variable"];

/// The facts of each quantity, by its name and frequency.
pub(super) type Published = BTreeMap<(String, Frequency), Vec<(Instrument, Fact)>>;

/// The places of the columns of a table of facts.
pub(super) struct FactTable<'a> {
    source: &'a FactSource,
    file: &'a Path,
    names: &'a [String],
    instrument: usize,
    period: PeriodColumns,
    period_end: Option<usize>,
    known_at: KnownAt,
    currency: Option<(usize, &'a str)>,
    values: ValueColumns,
}

/// The columns that name a row's period.
enum PeriodColumns {
    /// The period is written in this column.
    Written(usize),
    /// The period follows from the day on which it ends.
    Ending { frequency: Frequency, fiscal_year_end: YearEnd },
}

/// The month in which an instrument's fiscal year ends.
enum YearEnd {
    /// This column holds the month.
    Column(usize),
    /// All instruments have the same month.
    Month(i8),
    /// The period is a year, so it ends with itself.
    Own,
}

/// The day on which a row became known.
enum KnownAt {
    /// This column holds the day.
    Column(usize),
    /// The row was known this many days after the end of its period.
    Lag(i32),
}

/// The columns that hold amounts.
enum ValueColumns {
    /// One column names the quantity, one holds its amount.
    Long { field: usize, value: usize },
    /// There is a column for each quantity.
    Wide(Vec<usize>),
}

impl<'a> FactTable<'a> {
    /// Find the columns of a table by their usual names.
    pub(super) fn new(
        source: &'a FactSource,
        file: &'a Path,
        texts: &'a TextTable,
        left_out: &mut LeftOut,
    ) -> Result<Self, SourceError> {
        let names = &texts.names;
        let find = |usual: &[&str]| find_usual(names, usual);
        let needed = |what| SourceError::no_column(file, names, what);
        let problem = |problem: String| SourceError::Facts { path: file.to_owned(), problem };
        let instrument = find(&INSTRUMENT).ok_or_else(|| needed("instrument"))?;
        let period_end = find(&PERIOD_END);
        let period = match (find(&PERIOD), period_end) {
            (Some(period), _) => PeriodColumns::Written(period),
            (None, None) => return Err(needed("period")),
            (None, Some(_)) => ending(source, find(&FISCAL_YEAR_END)).map_err(problem)?,
        };
        let known_at = known_at(source, find(&KNOWN_AT), period_end, names).map_err(problem)?;
        let currency = match (find(&["currency"]), &source.currency) {
            (Some(column), Some(expected)) => Some((column, expected.as_str())),
            (None, Some(_)) => return Err(needed("currency")),
            (_, None) => None,
        };
        let values = if let Some((field, value)) = find(&FIELD).zip(find(&["value"])) {
            ValueColumns::Long { field, value }
        } else {
            let mut keys = vec![Some(instrument), period_end, find(&["currency"]), find(&FISCAL_YEAR_END)];
            keys.extend([find(&KNOWN_AT), find(&PERIOD)]);
            let columns = (0..names.len()).filter(|column| !keys.contains(&Some(*column)));
            ValueColumns::Wide(wide(source, file, texts, columns.collect(), left_out)?)
        };
        Ok(Self { source, file, names, instrument, period, period_end, known_at, currency, values })
    }

    /// Add what a row publishes.
    pub(super) fn read(
        &self,
        (texts, number): &(Vec<String>, u64),
        published: &mut Published,
        left_out: &mut LeftOut,
    ) -> Result<(), SourceError> {
        let row = FactRow { table: self, texts, number: *number };
        let instrument = Instrument::new(row.key(self.instrument, "instrument")?);
        if let Some((column, expected)) = self.currency
            && !texts[column].eq_ignore_ascii_case(expected)
        {
            *left_out.currencies.entry(texts[column].clone()).or_default() += 1;
            return Ok(());
        }
        let end = self.period_end.map(|column| row.day(column, "end of the period")).transpose()?;
        let (frequency, period) = row.period(end)?;
        let known = row.known(end)?;
        if let Some(end) = end.filter(|end| known < *end) {
            left_out.early += 1;
            let first = || format!("{instrument} on {known} for {end} ({})", row.place());
            left_out.first_early.get_or_insert_with(first);
            return Ok(());
        }
        let mut add = |name: &str, column: usize| {
            let Some(value) = row.value(column)? else { return Ok(()) };
            let fact = (instrument.clone(), Fact { known, period, value });
            published.entry((fact_name(name, frequency), frequency)).or_default().push(fact);
            Ok(())
        };
        match &self.values {
            ValueColumns::Long { field, value } => {
                let name = row.key(*field, "field")?;
                if self.source.fields.as_ref().is_none_or(|fields| is_wanted(fields, name)) {
                    add(name, *value)?;
                }
                Ok(())
            }
            ValueColumns::Wide(columns) => {
                columns.iter().try_for_each(|&column| add(&self.names[column], column))
            }
        }
    }
}

/// A row of a table of facts.
struct FactRow<'a> {
    table: &'a FactTable<'a>,
    texts: &'a [String],
    /// The row's number for people.
    number: u64,
}

impl<'a> FactRow<'a> {
    fn place(&self) -> Place {
        Place { file: self.table.file.to_owned(), row: self.number }
    }

    /// The text of a cell that may not be empty; `what` describes it.
    fn key(&self, column: usize, what: &'static str) -> Result<&'a str, SourceError> {
        let text = self.texts[column].as_str();
        if text.is_empty() { Err(SourceError::EmptyKey { place: self.place(), what }) } else { Ok(text) }
    }

    /// The day in a cell that may not be empty.
    fn day(&self, column: usize, what: &'static str) -> Result<Session, SourceError> {
        let text = self.key(column, what)?;
        counts_from(text).ok_or_else(|| SourceError::BadDate {
            place: self.place(),
            column: self.table.names[column].clone(),
            text: text.to_owned(),
        })
    }

    /// The period of a row, and whether it is a quarter or a year.
    fn period(&self, end: Option<Session>) -> Result<(Frequency, Period), SourceError> {
        let (period, written) = match &self.table.period {
            PeriodColumns::Written(column) => {
                let text = self.texts[*column].as_str();
                (read_period(text), text)
            }
            PeriodColumns::Ending { frequency, fiscal_year_end } => {
                let (last_month, written) = match fiscal_year_end {
                    YearEnd::Column(column) => {
                        (self.texts[*column].parse().ok(), self.texts[*column].as_str())
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
        match (&self.table.known_at, end) {
            (KnownAt::Column(column), _) => self.day(*column, "day of publication"),
            (KnownAt::Lag(days), Some(end)) => Ok(Session::from_number(end.number().saturating_add(*days))),
            (KnownAt::Lag(_), None) => {
                unreachable!("a lag is refused where no column says when periods end")
            }
        }
    }

    /// The number in a cell; an empty cell publishes nothing.
    fn value(&self, column: usize) -> Result<Option<f64>, SourceError> {
        let text = self.texts[column].as_str();
        if text.is_empty() || text.eq_ignore_ascii_case("nan") {
            return Ok(None);
        }
        let value = text.parse::<f64>().ok().filter(|value| value.is_finite());
        value.map(Some).ok_or_else(|| SourceError::BadNumber {
            place: self.place(),
            column: self.table.names[column].clone(),
            text: text.to_owned(),
        })
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
) -> Result<KnownAt, String> {
    match (column, source.lag_days) {
        (Some(column), None) => Ok(KnownAt::Column(column)),
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
            let cells = texts.rows.iter().map(|(cells, _)| cells[column].as_str());
            let mut cells = cells.filter(|cell| !cell.is_empty()).peekable();
            cells.peek().is_none() || cells.any(|cell| cell.parse::<f64>().is_ok())
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
