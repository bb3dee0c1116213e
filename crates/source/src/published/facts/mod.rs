//! Published values with the day on which they became known: fundamentals, estimates.

mod table;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use backstaff_panel::{Fact, Facts, Frequency, Instrument};

use self::table::Table;
pub(crate) use self::table::{KNOWN, read_day};
use crate::{
    error::SourceError,
    format::{csv_file::CsvFile, parquet_file::ParquetFile},
    names::{folded, hint},
    provider::{
        qlib,
        source_files::{is_columnar, source_files},
    },
    request::panel_source::Mapping,
    table::attributes::TextTable,
};

/// Facts by the names that expressions use: `eps_q` for `$$eps_q`.
pub type FactsByName = BTreeMap<String, Facts>;

/// A table of published values, and how it is to be read.
///
/// A Parquet or CSV file, a folder of such files, or a folder in Qlib's layout. A table has a column of instruments
/// (`symbol`, …), one of periods (`period`: 202003, 2020Q3 or 2020) or of their ends (`period_end`), one of days on which
/// a row became known (`known_at`, `published`, `filing_date`, …), and either a column for each quantity or the two
/// columns `field` and `value`. Quarterly quantities are called `<column>_q`, annual ones `<column>_a`. Rows of one day
/// stand in the order of their publication; several rows of one period are its versions. Empty cells publish nothing.
///
/// - Look-ahead: a value counts from the first session on or after its day, that session's close included. One with a
///   time of day counts from the next day on, since it may have come after the close.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FactSource {
    /// Where it is.
    pub path: PathBuf,
    /// Columns whose names are not the usual ones.
    pub mapping: Mapping,
    /// Where no column says when a row became known: how many calendar days after the end of its period it surely was.
    pub lag_days: Option<u32>,
    /// Whether periods that are known by their ends alone are quarters or years.
    pub frequency: Option<Frequency>,
    /// The month in which fiscal years end, where no column `fiscal_year_end` says it.
    pub fiscal_year_end: Option<i8>,
    /// The currency that is meant; rows in others are left out.
    pub currency: Option<String>,
    /// The quantities that are read; all numbers if absent.
    pub fields: Option<BTreeSet<String>>,
}

/// What a table of published values held.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct ReadFacts {
    /// The values, by name.
    pub facts: FactsByName,
    /// What was left out and why, one sentence each.
    pub left_out: Vec<String>,
}

/// What was published of each quantity, by name and frequency.
type Published = BTreeMap<(String, Frequency), Vec<(Instrument, Fact)>>;

impl FactSource {
    /// A table that says everything itself.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            mapping: Mapping::default(),
            lag_days: None,
            frequency: None,
            fiscal_year_end: None,
            currency: None,
            fields: None,
        }
    }

    /// The files that are read.
    ///
    /// # Errors
    ///
    /// If there are none.
    pub fn files(&self) -> Result<Vec<PathBuf>, SourceError> {
        if self.is_provider() { qlib::fact_files(&self.path) } else { source_files(&self.path) }
    }

    fn is_provider(&self) -> bool {
        qlib::is_provider(&self.path) || self.path.join("financial").is_dir()
    }

    /// Read the table.
    ///
    /// # Errors
    ///
    /// If neither a column nor a stated lag says when a row became known (it would otherwise count from the end of its
    /// period), if periods cannot be told, or a day, a period or a value can't be read.
    pub fn read(&self) -> Result<ReadFacts, SourceError> {
        if self.is_provider() {
            return Ok(ReadFacts { facts: qlib::read_facts(&self.path)?, left_out: Vec::new() });
        }
        let mut all = Published::new();
        let mut left_out = LeftOut::default();
        for file in source_files(&self.path)? {
            let mut texts = texts(&file)?;
            rename(&file, &mut texts.names, &self.mapping)?;
            let table = Table::new(self, &file, &texts, &mut left_out)?;
            for row in &texts.rows {
                table.read(row, &mut all, &mut left_out)?;
            }
        }
        let facts = all.into_iter().map(|((name, frequency), facts)| (name, Facts::new(frequency, facts)));
        Ok(ReadFacts { facts: facts.collect(), left_out: left_out.sentences(&self.path) })
    }
}

/// All cells of a table.
pub(crate) fn texts(file: &Path) -> Result<TextTable, SourceError> {
    if is_columnar(file) { ParquetFile::open(file)?.texts() } else { CsvFile::open(file)?.texts() }
}

/// Give columns the names that a mapping says.
pub(crate) fn rename(file: &Path, names: &mut [String], mapping: &Mapping) -> Result<(), SourceError> {
    for (theirs, ours) in &mapping.0 {
        let Some(place) = names.iter().position(|name| folded(name) == folded(theirs)) else {
            let found = names.to_vec();
            let hint = hint(theirs, found.iter().map(String::as_str));
            return Err(SourceError::UnknownColumn {
                path: file.to_owned(),
                name: theirs.clone(),
                found,
                hint,
            });
        };
        names[place].clone_from(ours);
    }
    Ok(())
}

/// Rows and columns that publish nothing.
#[derive(Default)]
struct LeftOut {
    /// Rows whose day of publication lies before the end of their period, and the first of them.
    early: usize,
    first_early: Option<String>,
    /// Rows by currency.
    currencies: BTreeMap<String, usize>,
    /// Columns of texts.
    texts: BTreeSet<String>,
}

impl LeftOut {
    fn sentences(self, path: &Path) -> Vec<String> {
        let path = path.display();
        let mut sentences = Vec::new();
        if let Some(first) = self.first_early {
            let rows = if self.early == 1 { "1 row".to_owned() } else { format!("{} rows", self.early) };
            sentences.push(format!(
                "{path}: {rows} left out, known before the period had ended, the first {first}; their days of \
                 publication cannot be right"
            ));
        }
        for (currency, rows) in self.currencies {
            let currency = if currency.is_empty() { "no currency".to_owned() } else { currency };
            sentences.push(format!("{path}: {rows} rows left out in {currency}"));
        }
        if !self.texts.is_empty() {
            let names = self.texts.into_iter().collect::<Vec<_>>().join(", ");
            sentences.push(format!("{path}: columns without numbers are no facts: {names}"));
        }
        sentences
    }
}

#[cfg(test)]
mod tests;
