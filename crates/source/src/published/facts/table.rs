//! One table of published values: its columns and rows.

use std::path::Path;

use backstaff_panel::{Fact, Frequency, Instrument, Period, Session};

use super::{FactSource, LeftOut, Published};
use crate::{
    bars::column_roles::{INSTRUMENT, no_column},
    date_text,
    error::{Place, SourceError},
    names::{field_name, folded, hint},
    request::panel_source::DateOrder,
    table::attributes::TextTable,
};

/// Usual names of the column of days on which values became known.
pub(crate) const KNOWN: [&str; 11] = [
    "knownat",
    "known",
    "published",
    "publishedat",
    "publicationdate",
    "announced",
    "announcementdate",
    "filed",
    "filingdate",
    "acceptedat",
    "collectedon",
];

/// Usual names of the column of periods.
const PERIOD: [&str; 3] = ["period", "fiscalperiod", "quarter"];

/// Usual names of the column of days on which periods end.
const PERIOD_END: [&str; 4] = ["periodend", "periodending", "fiscaldate", "fiscaldateending"];

/// Usual names of the column of months in which fiscal years end.
const FISCAL_YEAR_END: [&str; 2] = ["fiscalyearend", "fiscalmonth"];

/// Usual names of the column that says which quantity a row of a long table holds.
const FIELD: [&str; 6] = ["field", "fact", "item", "name", "metric", "variable"];

/// Which columns of a table hold what.
pub(super) struct Table<'a> {
    source: &'a FactSource,
    file: &'a Path,
    names: &'a [String],
    instrument: usize,
    period: Periods,
    period_end: Option<usize>,
    known: Known,
    currency: Option<(usize, &'a str)>,
    values: Values,
}

/// How periods are told.
enum Periods {
    /// They are written.
    Written(usize),
    /// By their ends.
    Ending { frequency: Frequency, fiscal_year_end: YearEnd },
}

/// When fiscal years end.
enum YearEnd {
    Column(usize),
    Month(i8),
    /// The period is a year and ends with it.
    Own,
}

enum Known {
    Column(usize),
    /// So many days after the end of the period.
    Lag(i32),
}

enum Values {
    /// A quantity's name, and its value.
    Long(usize, usize),
    /// A column for each quantity.
    Wide(Vec<usize>),
}

impl<'a> Table<'a> {
    pub(super) fn new(
        source: &'a FactSource,
        file: &'a Path,
        texts: &'a TextTable,
        left_out: &mut LeftOut,
    ) -> Result<Self, SourceError> {
        let names = &texts.names;
        let find = |usual: &[&str]| {
            usual.iter().find_map(|usual| names.iter().position(|name| folded(name) == *usual))
        };
        let problem = |problem: String| SourceError::Facts { path: file.to_owned(), problem };
        let instrument = find(&INSTRUMENT).ok_or_else(|| no_column(file, names, "instrument"))?;
        let period_end = find(&PERIOD_END);
        let period = match (find(&PERIOD), period_end) {
            (Some(period), _) => Periods::Written(period),
            (None, None) => return Err(no_column(file, names, "period")),
            (None, Some(_)) => ending(source, find(&FISCAL_YEAR_END)).map_err(problem)?,
        };
        let known = known(source, find(&KNOWN), period_end, names).map_err(problem)?;
        let currency = find(&["currency"]);
        let currency = match (currency, &source.currency) {
            (Some(column), Some(expected)) => Some((column, expected.as_str())),
            (None, Some(_)) => return Err(no_column(file, names, "currency")),
            (_, None) => None,
        };
        let field = find(&FIELD).zip(find(&["value"]));
        let values = if let Some((field, value)) = field {
            Values::Long(field, value)
        } else {
            let mut keys = vec![Some(instrument), period_end, find(&["currency"]), find(&FISCAL_YEAR_END)];
            keys.extend([find(&KNOWN), find(&PERIOD)]);
            let columns = (0..names.len()).filter(|column| !keys.contains(&Some(*column)));
            Values::Wide(wide(source, file, texts, columns.collect(), left_out)?)
        };
        Ok(Self { source, file, names, instrument, period, period_end, known, currency, values })
    }

    /// Add what a row publishes.
    pub(super) fn read(
        &self,
        (texts, row): &(Vec<String>, u64),
        all: &mut Published,
        left_out: &mut LeftOut,
    ) -> Result<(), SourceError> {
        let place = || Place { file: self.file.to_owned(), row: *row };
        let key = |column: usize, what| {
            let text = texts[column].as_str();
            if text.is_empty() { Err(SourceError::EmptyKey { place: place(), what }) } else { Ok(text) }
        };
        let day = |column: usize, what| {
            let text = key(column, what)?;
            read_day(text).ok_or_else(|| SourceError::BadDate {
                place: place(),
                column: self.names[column].clone(),
                text: text.to_owned(),
            })
        };
        let instrument = Instrument::new(key(self.instrument, "instrument")?);
        if let Some((column, expected)) = self.currency
            && !texts[column].eq_ignore_ascii_case(expected)
        {
            *left_out.currencies.entry(texts[column].clone()).or_default() += 1;
            return Ok(());
        }
        let end = self.period_end.map(|column| day(column, "end of the period")).transpose()?;
        let (frequency, period) = self.period(texts, end).ok_or_else(|| {
            let written = match &self.period {
                Periods::Written(column)
                | Periods::Ending { fiscal_year_end: YearEnd::Column(column), .. } => texts[*column].clone(),
                Periods::Ending { .. } => String::new(),
            };
            SourceError::BadPeriod { place: place(), text: written }
        })?;
        let known = match (&self.known, end) {
            (Known::Column(column), _) => day(*column, "day of publication")?,
            (Known::Lag(days), Some(end)) => Session::from_number(end.number().saturating_add(*days)),
            (Known::Lag(_), None) => unreachable!("a lag is refused where no column says when periods end"),
        };
        if let Some(end) = end.filter(|end| known < *end) {
            left_out.early += 1;
            let first = || format!("{instrument} on {known} for {end} ({})", place());
            left_out.first_early.get_or_insert_with(first);
            return Ok(());
        }
        let mut add = |name: &str, column: usize| {
            let text = texts[column].as_str();
            if text.is_empty() || text.eq_ignore_ascii_case("nan") {
                return Ok(());
            }
            let value = text.parse::<f64>().ok().filter(|value| value.is_finite()).ok_or_else(|| {
                let (column, text) = (self.names[column].clone(), text.to_owned());
                SourceError::BadNumber { place: place(), column, text }
            })?;
            let (mut name, suffix) = (field_name(name), frequency.suffix());
            if !name.ends_with(suffix) {
                name.push_str(suffix);
            }
            let fact = (instrument.clone(), Fact { known, period, value });
            all.entry((name, frequency)).or_default().push(fact);
            Ok(())
        };
        match &self.values {
            Values::Long(field, value) => {
                let name = key(*field, "field")?;
                if self.source.fields.as_ref().is_none_or(|fields| is_wanted(fields, name)) {
                    add(name, *value)?;
                }
                Ok(())
            }
            Values::Wide(columns) => columns.iter().try_for_each(|&column| add(&self.names[column], column)),
        }
    }

    /// The period of a row.
    fn period(&self, texts: &[String], end: Option<Session>) -> Option<(Frequency, Period)> {
        match &self.period {
            Periods::Written(column) => read_period(&texts[*column]),
            Periods::Ending { frequency, fiscal_year_end } => {
                let end = end?;
                let last_month = match fiscal_year_end {
                    YearEnd::Column(column) => texts[*column].parse().ok()?,
                    YearEnd::Month(month) => *month,
                    // A year is named by that in which it ends, whatever its last month.
                    YearEnd::Own => 12,
                };
                Some((*frequency, frequency.ending(end, last_month)?))
            }
        }
    }
}

/// How periods are told that are known by their ends.
fn ending(source: &FactSource, column: Option<usize>) -> Result<Periods, String> {
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
    Ok(Periods::Ending { frequency, fiscal_year_end })
}

/// How it is told when a row became known.
fn known(
    source: &FactSource,
    column: Option<usize>,
    period_end: Option<usize>,
    names: &[String],
) -> Result<Known, String> {
    match (column, source.lag_days) {
        (Some(column), None) => Ok(Known::Column(column)),
        (Some(column), Some(_)) => Err(format!(
            "its column {:?} says when rows became known: leave out `lag_days`",
            names[column]
        )),
        (None, Some(days)) if period_end.is_some() => Ok(Known::Lag(i32::try_from(days).unwrap_or(i32::MAX))),
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

/// The columns of a wide table that hold quantities.
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
        column.ok_or_else(|| SourceError::UnknownColumn {
            path: file.to_owned(),
            name: field.clone(),
            found: columns.iter().map(|&column| texts.names[column].clone()).collect(),
            hint: hint(field, columns.iter().map(|&column| texts.names[column].as_str())),
        })
    };
    fields.iter().map(find).collect()
}

fn is_wanted(fields: &std::collections::BTreeSet<String>, name: &str) -> bool {
    fields.contains(name) || fields.iter().any(|field| folded(field) == folded(name))
}

/// A period as people and programs write it: 202003, 2020Q3, 2020-Q3, 2020.
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

/// The day from which on something counts.
pub(crate) fn read_day(text: &str) -> Option<Session> {
    let (stamp, _) = date_text::parse(text, DateOrder::Detect)?;
    Some(Session::from_number(stamp.day + i32::from(stamp.second > 0)))
}
