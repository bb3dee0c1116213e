//! Published values with the day on which they became known: fundamentals, estimates.

use std::{collections::BTreeMap, path::Path};

use backstaff_panel::{Fact, Facts, Frequency, Instrument, Period, Session};

use crate::{
    DateOrder, Place, SourceError,
    csv_file::CsvFile,
    files::{is_columnar, source_files},
    layout::{INSTRUMENT, no_column},
    name::{field_name, folded},
    parquet_file::ParquetFile,
    qlib, stamp,
};

/// Usual names of the column of days on which values became known.
const KNOWN: [&str; 11] = [
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

/// Usual names of the column that says which quantity a row of a long table holds.
const FIELD: [&str; 6] = ["field", "fact", "item", "name", "metric", "variable"];

/// Facts by the names that expressions use: `eps_q` for `$$eps_q`.
pub type FactsByName = BTreeMap<String, Facts>;

/// Read published values from a Parquet or CSV file, a folder of such files, or a folder in Qlib's layout.
///
/// A table has a column of instruments (`symbol`, …), one of periods (`period`: 202003, 2020Q3 or 2020), one of days
/// (`known_at`, `published`, `filing_date`, …), and either a column for each quantity or the two columns `field` and
/// `value`. Quarterly quantities are called `<column>_q`, annual ones `<column>_a`. Rows of one day stand in the order of
/// their publication; several rows of one period are its versions. Empty cells publish nothing.
///
/// - Look-ahead: a value counts from the first session on or after its day, that session's close included. One with a
///   time of day counts from the next day on, since it may have come after the close.
///
/// # Errors
///
/// If there is no column of days, a day or a period can't be read, or a value is no number. What only became known
/// later would otherwise count from the end of its period.
pub fn read_facts(path: &Path) -> Result<FactsByName, SourceError> {
    if qlib::is_provider(path) || path.join("financial").is_dir() {
        return qlib::read_facts(path);
    }
    let mut all = Published::new();
    for file in source_files(path)? {
        let texts = if is_columnar(&file) {
            ParquetFile::open(&file)?.texts()?
        } else {
            CsvFile::open(&file)?.texts()?
        };
        let table = Table::new(&file, &texts.names)?;
        for row in &texts.rows {
            table.read(row, &mut all)?;
        }
    }
    let facts = all.into_iter().map(|((name, frequency), facts)| (name, Facts::new(frequency, facts)));
    Ok(facts.collect())
}

/// What was published of each quantity, by name and frequency.
type Published = BTreeMap<(String, Frequency), Vec<(Instrument, Fact)>>;

/// Which columns of a table hold what.
struct Table<'a> {
    file: &'a Path,
    names: &'a [String],
    instrument: usize,
    period: usize,
    known: usize,
    values: Values,
}

enum Values {
    /// A quantity's name, and its value.
    Long(usize, usize),
    /// A column for each quantity.
    Wide(Vec<usize>),
}

impl<'a> Table<'a> {
    fn new(file: &'a Path, names: &'a [String]) -> Result<Self, SourceError> {
        let find = |usual: &[&str]| {
            usual.iter().find_map(|usual| names.iter().position(|name| folded(name) == *usual))
        };
        let need = |usual: &[&str], what| find(usual).ok_or_else(|| no_column(file, names, what));
        let instrument = need(&INSTRUMENT, "instrument")?;
        let period = need(&PERIOD, "period")?;
        let known = need(&KNOWN, "known_at")?;
        let values = if let (Some(field), Some(value)) = (find(&FIELD), find(&["value"])) {
            Values::Long(field, value)
        } else {
            let keys = [instrument, period, known];
            Values::Wide((0..names.len()).filter(|column| !keys.contains(column)).collect())
        };
        Ok(Self { file, names, instrument, period, known, values })
    }

    /// Add what a row publishes.
    fn read(&self, (texts, row): &(Vec<String>, u64), all: &mut Published) -> Result<(), SourceError> {
        let place = || Place { file: self.file.to_owned(), row: *row };
        let key = |column: usize, what| {
            let text = texts[column].as_str();
            if text.is_empty() { Err(SourceError::EmptyKey { place: place(), what }) } else { Ok(text) }
        };
        let instrument = Instrument::new(key(self.instrument, "instrument")?);
        let text = key(self.period, "period")?;
        let (frequency, period) = read_period(text)
            .ok_or_else(|| SourceError::BadPeriod { place: place(), text: text.to_owned() })?;
        let text = key(self.known, "day of publication")?;
        let known = read_day(text).ok_or_else(|| SourceError::BadDate {
            place: place(),
            column: self.names[self.known].clone(),
            text: text.to_owned(),
        })?;
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
            Values::Long(field, value) => add(key(*field, "field")?, *value),
            Values::Wide(columns) => columns.iter().try_for_each(|&column| add(&self.names[column], column)),
        }
    }
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
fn read_day(text: &str) -> Option<Session> {
    let (stamp, _) = stamp::parse(text, DateOrder::Detect)?;
    Some(Session::from_number(stamp.day + i32::from(stamp.second > 0)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(text: &str) -> Result<FactsByName, SourceError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("facts.csv");
        fs::write(&path, text).unwrap();
        read_facts(&path)
    }

    fn shown(facts: &Facts, name: &str) -> Vec<(String, u32, f64)> {
        let code = |fact: &Fact| facts.frequency().code(fact.period);
        let facts = facts.of(&Instrument::new(name)).iter();
        facts.map(|fact| (fact.known.to_string(), code(fact), fact.value)).collect()
    }

    #[test]
    fn reads_a_column_for_each_quantity() {
        let text = "Ticker,period,filing_date,EPS,Total Assets\nA,2020Q1,2020-05-01,1.5,\nA,202001,2020-06-30,1.25,9e9\n\
                    B,2019,2020-03-01 17:30:00,,5\n";
        let facts = read(text).unwrap();
        assert_eq!(facts.keys().collect::<Vec<_>>(), ["eps_q", "total_assets_a", "total_assets_q"]);
        assert_eq!(
            shown(&facts["eps_q"], "A"),
            [("2020-05-01".into(), 202_001, 1.5), ("2020-06-30".into(), 202_001, 1.25)]
        );
        // What came with a time of day counts from the next day on.
        assert_eq!(shown(&facts["total_assets_a"], "B"), [("2020-03-02".into(), 2019, 5.0)]);
    }

    #[test]
    fn reads_a_long_table() {
        let text = "instrument,field,period,known_at,value\nA,roe_q,202002,20200801,0.1\nA,roe,202001,20200501,0.2\n";
        let facts = read(text).unwrap();
        assert_eq!(facts.len(), 1);
        assert_eq!(
            shown(&facts["roe_q"], "A"),
            [("2020-05-01".into(), 202_001, 0.2), ("2020-08-01".into(), 202_002, 0.1)]
        );
    }

    #[test]
    fn refuses_what_would_look_ahead_or_cannot_be_read() {
        let message = |text: &str| read(text).unwrap_err().to_string();
        assert!(message("symbol,period,eps\nA,202001,1\n").contains("has no known_at column"));
        assert!(
            message("symbol,period,known_at,eps\nA,202005,20200101,1\n")
                .contains("\"202005\" is not a period")
        );
        assert!(message("symbol,period,known_at,eps\nA,202001,soon,1\n").contains("\"soon\" is not a date"));
        assert!(message("symbol,period,known_at,eps\nA,202001,,1\n").contains("day of publication is empty"));
        assert!(
            message("symbol,period,known_at,eps\nA,202001,20200501,x\n").contains("\"x\" is not a number")
        );
    }
}
