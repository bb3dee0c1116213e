//! Series of the whole market with the days on which their values became known: rates, indices, prices of raw materials.

mod lag;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use backstaff_panel::{Fact, Facts, Frequency, Session};

pub use self::lag::Lag;
use crate::{
    bars::column_roles::no_column,
    date_text,
    error::{Place, SourceError},
    names::{field_name, folded, hint},
    provider::source_files::source_files,
    published::facts::{FactsByName, KNOWN, rename, texts},
    request::panel_source::{DateOrder, Mapping},
    table::attributes::TextTable,
};

/// Usual names of the column of days that values are about.
const DATE: [&str; 5] = ["date", "day", "observationdate", "periodend", "time"];

/// Usual names of the column that says whose value a row of a long table holds.
const SERIES: [&str; 8] = ["series", "seriesid", "indexcode", "code", "name", "symbol", "ticker", "variable"];

/// Usual names of the column of values of a long table.
const VALUE: [&str; 3] = ["value", "close", "closingindex"];

/// When values became known that no column tells it of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lags {
    /// As the table of publication lags says that ships.
    Usual,
    /// All alike.
    All(Lag),
    /// By series; of the others the usual.
    By(BTreeMap<String, Lag>),
}

/// A table of dated series, and how it is to be read.
///
/// A Parquet or CSV file, or a folder of such files: long (`date`, `series`, `value`) or wide (`date` and a column for each
/// series). A series `VIX` is called `vix_d`. A column `known_at` says when a row became known; without one each series
/// has a publication lag, counted from its date.
///
/// - Look-ahead: a value counts from the first session on or after the day on which it became known, that session's close
///   included.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeriesSource {
    /// Where it is.
    pub path: PathBuf,
    /// Columns whose names are not the usual ones.
    pub mapping: Mapping,
    /// The series that are read; all if absent.
    pub names: Option<BTreeSet<String>>,
    /// When values became known.
    pub lags: Lags,
}

/// What a table of dated series held.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct ReadSeries {
    /// The series, by the names that expressions use: `vix_d` for `$$vix_d`.
    pub facts: FactsByName,
    /// How long after its date a value of each was taken as known, where no column says it, and why.
    pub lags: Vec<(String, Lag, &'static str)>,
    /// What was left out and why, one sentence each.
    pub left_out: Vec<String>,
}

impl SeriesSource {
    /// All series of a table, as the table of publication lags says.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), mapping: Mapping::default(), names: None, lags: Lags::Usual }
    }

    /// The files that are read.
    ///
    /// # Errors
    ///
    /// If there are none.
    pub fn files(&self) -> Result<Vec<PathBuf>, SourceError> {
        source_files(&self.path)
    }

    /// Read the table.
    ///
    /// # Errors
    ///
    /// If nobody says when the values of a series became known, a series that was named is not there, or a date or value
    /// can't be read.
    pub fn read(&self) -> Result<ReadSeries, SourceError> {
        let mut all = BTreeMap::<String, Vec<Fact>>::new();
        let mut read = ReadSeries::default();
        let mut early = 0;
        for file in source_files(&self.path)? {
            let mut texts = texts(&file)?;
            rename(&file, &mut texts.names, &self.mapping)?;
            let table = Table::new(self, &file, &texts)?;
            for row in &texts.rows {
                early += table.read(row, &mut all, &mut read.lags)?;
            }
        }
        let found = all.keys().map(String::as_str).collect::<Vec<_>>();
        if let Some(missing) =
            self.names.iter().flatten().find(|name| !found.iter().any(|found| folded(found) == folded(name)))
        {
            return Err(SourceError::Facts {
                path: self.path.clone(),
                problem: format!(
                    "it has no value of a series {missing:?}{}",
                    hint(missing, found.iter().copied())
                ),
            });
        }
        if early > 0 {
            let path = self.path.display();
            read.left_out.push(format!("{path}: {early} values left out, known before their date"));
        }
        for (name, facts) in all {
            let name = fact_name(&name);
            if read.facts.insert(name.clone(), Facts::market(Frequency::Dated, facts)).is_some() {
                let problem = format!("two series would be called {name}");
                return Err(SourceError::Facts { path: self.path.clone(), problem });
            }
        }
        Ok(read)
    }

    fn is_wanted(&self, name: &str) -> bool {
        let wanted = |names: &BTreeSet<String>| names.iter().any(|wanted| folded(wanted) == folded(name));
        self.names.as_ref().is_none_or(wanted)
    }

    /// The lag of a series, and who says so.
    fn lag(&self, name: &str) -> Result<(Lag, &'static str), SourceError> {
        let stated = match &self.lags {
            Lags::All(lag) => Some(*lag),
            Lags::By(lags) => {
                lags.iter().find(|(known, _)| folded(known) == folded(name)).map(|(_, lag)| *lag)
            }
            Lags::Usual => None,
        };
        if let Some(lag) = stated {
            return Ok((lag, "stated"));
        }
        lag::usual(name).ok_or_else(|| SourceError::Facts {
            path: self.path.clone(),
            problem: format!(
                "nobody says when values of the series {name:?} became known: map a column of days to `known_at`, or \
                 state its lag, e.g. `lag: {{ {name}: next_business_day }}` (also `same_day`, `30 days`)"
            ),
        })
    }
}

/// What expressions call a series.
fn fact_name(series: &str) -> String {
    let name = field_name(series);
    let suffix = Frequency::Dated.suffix();
    if name.ends_with(suffix) { name } else { name + suffix }
}

/// Which columns of a table hold what.
struct Table<'a> {
    source: &'a SeriesSource,
    file: &'a Path,
    names: &'a [String],
    date: usize,
    known: Option<usize>,
    values: Values,
}

enum Values {
    /// A series' name, and its value.
    Long(usize, usize),
    /// A column for each series.
    Wide(Vec<usize>),
}

impl<'a> Table<'a> {
    fn new(source: &'a SeriesSource, file: &'a Path, texts: &'a TextTable) -> Result<Self, SourceError> {
        let names = texts.names.as_slice();
        let find = |usual: &[&str]| {
            usual.iter().find_map(|usual| names.iter().position(|name| folded(name) == *usual))
        };
        let date = find(&DATE).ok_or_else(|| no_column(file, names, "date"))?;
        let known = find(&KNOWN);
        let values = if let Some((series, value)) = find(&SERIES).zip(find(&VALUE)) {
            Values::Long(series, value)
        } else {
            let is_key = |column: usize| column == date || Some(column) == known;
            let wanted = |&column: &usize| !is_key(column) && source.is_wanted(&names[column]);
            Values::Wide((0..names.len()).filter(wanted).collect())
        };
        Ok(Self { source, file, names, date, known, values })
    }

    /// Add what a row holds; how many of its values are left out because they were known before their date.
    fn read(
        &self,
        (texts, row): &(Vec<String>, u64),
        all: &mut BTreeMap<String, Vec<Fact>>,
        lags: &mut Vec<(String, Lag, &'static str)>,
    ) -> Result<usize, SourceError> {
        let place = || Place { file: self.file.to_owned(), row: *row };
        let bad_date = |column: usize| SourceError::BadDate {
            place: place(),
            column: self.names[column].clone(),
            text: texts[column].clone(),
        };
        let day = date_text::parse(&texts[self.date], DateOrder::Detect);
        let (stamp, _) = day.ok_or_else(|| bad_date(self.date))?;
        let date = Session::from_number(stamp.day);
        let known = self
            .known
            .map(|column| crate::published::facts::read_day(&texts[column]).ok_or_else(|| bad_date(column)));
        let known = known.transpose()?;
        let mut early = 0;
        let mut add = |name: &str, column: usize| {
            let text = texts[column].as_str();
            if text.is_empty() || text.eq_ignore_ascii_case("nan") || text == "." {
                return Ok::<(), SourceError>(());
            }
            let value = text.parse::<f64>().ok().filter(|value| value.is_finite());
            let value = value.ok_or_else(|| {
                let (column, text) = (self.names[column].clone(), text.to_owned());
                SourceError::BadNumber { place: place(), column, text }
            })?;
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
            Values::Long(series, value) if self.source.is_wanted(&texts[*series]) => {
                add(&texts[*series], *value)?;
            }
            Values::Long(..) => {}
            Values::Wide(columns) => {
                columns.iter().try_for_each(|&column| add(&self.names[column], column))?;
            }
        }
        Ok(early)
    }

    /// The lag of a series, noted when it is first asked for.
    fn lag(&self, name: &str, lags: &mut Vec<(String, Lag, &'static str)>) -> Result<Lag, SourceError> {
        if let Some((_, lag, _)) = lags.iter().find(|(known, ..)| known == name) {
            return Ok(*lag);
        }
        let (lag, why) = self.source.lag(name)?;
        lags.push((name.to_owned(), lag, why));
        Ok(lag)
    }
}

#[cfg(test)]
mod tests;
