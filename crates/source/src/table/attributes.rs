//! Tables with one row an instrument: sector, date of entry into an index.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use backstaff_panel::{Axis, Categories, Session, Universe};

use crate::{
    date_order::DateOrder,
    date_text,
    error::{Place, SourceError},
    format::{cell, table_file::TableFile, text_table::TextRow},
    keys::name_rule::NameRule,
    names::{INSTRUMENT, field_name, find_named, find_usual},
    provider::source_files::source_files,
    request::written::Written,
};

/// Texts about instruments that don't change through time.
#[derive(Clone, Debug)]
pub struct Attributes {
    columns: Vec<String>,
    rows: BTreeMap<String, (Vec<String>, Place)>,
    /// The number of rows that repeat another one.
    merged: usize,
}

/// Read a table of attributes from a CSV or Parquet file: one row for each instrument.
///
/// `key` names the column of instruments; without it a usual name is looked for (`symbol`, `ticker`, …). `columns` are
/// the wanted ones, by their names in the file or by ours; an empty list means all.
///
/// # Errors
///
/// If a column is not there, or an instrument has two rows that differ.
pub fn read_attributes(
    path: &Path,
    key: Option<&str>,
    columns: &[&str],
    written: Written,
) -> Result<Attributes, SourceError> {
    source_files(path)?;
    let table = TableFile::open(path, written)?.texts()?;
    let find = |wanted: &str| {
        find_named(&table.names, wanted)
            .ok_or_else(|| SourceError::unknown_column(path, wanted, table.names.clone()))
    };
    let key = match key {
        Some(key) => find(key)?,
        None => find_usual(&table.names, &INSTRUMENT)
            .ok_or_else(|| SourceError::no_column(path, &table.names, "instrument"))?,
    };
    let wanted = match columns {
        [] => (0..table.names.len()).filter(|&column| column != key).collect(),
        columns => columns.iter().map(|column| find(column)).collect::<Result<Vec<_>, _>>()?,
    };
    let names = match columns {
        [] => wanted.iter().map(|&column| field_name(&table.names[column])).collect(),
        columns => columns.iter().map(|&column| column.to_owned()).collect(),
    };
    let mut rows = BTreeMap::<String, (Vec<String>, Place)>::new();
    let mut merged = 0;
    for TextRow { texts, number } in table.rows {
        let place = Place { file: path.to_owned(), row: number };
        if texts[key].is_empty() {
            return Err(SourceError::EmptyKey { place, what: "instrument" });
        }
        let values = wanted.iter().map(|&column| texts[column].clone()).collect::<Vec<_>>();
        if let Some((others, first)) = rows.get(&texts[key]) {
            if *others == values {
                merged += 1;
                continue;
            }
            let (key, first) = (texts[key].clone(), first.row);
            return Err(SourceError::DuplicateKey { path: path.to_owned(), key, first, second: number });
        }
        rows.insert(texts[key].clone(), (values, place));
    }
    Ok(Attributes { columns: names, rows, merged })
}

/// The rows of a panel from the date on that a table gives for their instrument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Since {
    /// The rows on and after the date; all rows of instruments without one.
    pub members: Universe,
    /// The number of rows before the date.
    pub rows_before: usize,
    /// The instruments of the panel without a date, or without a row of the table.
    pub undated: Vec<String>,
}

impl Attributes {
    /// The instruments that have a row.
    pub fn instruments(&self) -> impl Iterator<Item = &str> {
        self.rows.keys().map(String::as_str)
    }

    /// Whether there is a column of this name.
    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name == column)
    }

    /// The same rows under the names of instruments that a rule makes.
    ///
    /// # Errors
    ///
    /// If two rows would be of one instrument.
    pub fn renamed(mut self, rule: &NameRule) -> Result<Self, SourceError> {
        let mut rows = BTreeMap::<String, (Vec<String>, Place)>::new();
        for (name, (texts, place)) in std::mem::take(&mut self.rows) {
            let name = rule.apply(&name).into_owned();
            if let Some((_, first)) = rows.get(&name) {
                let (first, second) = (first.row.min(place.row), first.row.max(place.row));
                return Err(SourceError::DuplicateKey { path: place.file, key: name, first, second });
            }
            rows.insert(name, (texts, place));
        }
        Ok(Self { rows, ..self })
    }

    /// The number of rows that say once more what another row says.
    pub fn n_merged(&self) -> usize {
        self.merged
    }

    /// The text of an instrument in a column; an empty cell has none, nor has a word for a missing value.
    pub fn get(&self, instrument: &str, column: &str) -> Option<&str> {
        let column = self.columns.iter().position(|name| name == column)?;
        self.rows
            .get(instrument)
            .map(|(texts, _)| texts[column].as_str())
            .filter(|text| !cell::is_missing_text(text))
    }

    /// A column as categories of a panel's rows, the same through time.
    ///
    /// Codes are given by first appearance in the order of the instruments. Instruments without a row or with an empty
    /// cell have none.
    ///
    /// - Look-ahead: a table without history knows today's sector, not that of the session. Say so in the report.
    pub fn categories(&self, column: &str, axis: &Axis) -> Result<Categories, SourceError> {
        self.check(column)?;
        let mut names = Vec::<String>::new();
        let mut known = HashMap::<&str, u32>::new();
        let mut codes = vec![Categories::MISSING; axis.n_rows()];
        for (i, instrument) in axis.instruments().iter().enumerate() {
            if let Some(text) = self.get(instrument.name(), column) {
                let code = *known.entry(text).or_insert_with(|| {
                    names.push(text.to_owned());
                    names.len() as u32 - 1
                });
                codes[axis.rows(i)].fill(code);
            }
        }
        Ok(Categories::new(codes, names))
    }

    /// The rows on and after the date that a column gives. This drops the rows before an instrument was chosen, perhaps
    /// because it had risen in them.
    ///
    /// # Errors
    ///
    /// If a text is no date, or nothing tells the order of day and month.
    pub fn since(&self, column: &str, order: DateOrder, axis: &Axis) -> Result<Since, SourceError> {
        let order = self.date_order(column, order)?;
        let mut members = vec![true; axis.n_rows()];
        let mut rows_before = 0;
        let mut undated = Vec::new();
        for (i, instrument) in axis.instruments().iter().enumerate() {
            let Some(date) = self.date(instrument.name(), column, order)? else {
                undated.push(instrument.name().to_owned());
                continue;
            };
            let before = axis.sessions(i).partition_point(|&session| session < date);
            let start = axis.rows(i).start;
            members[start..start + before].fill(false);
            rows_before += before;
        }
        Ok(Since { members: Universe::new(members), rows_before, undated })
    }

    /// The date of an instrument in a column; an empty cell has none.
    fn date(&self, instrument: &str, column: &str, order: DateOrder) -> Result<Option<Session>, SourceError> {
        self.check(column)?;
        let Some(text) = self.get(instrument, column) else { return Ok(None) };
        match date_text::parse(text, order) {
            Some((stamp, _)) => Ok(Some(Session::from_number(stamp.day))),
            None => Err(SourceError::bad_date(self.rows[instrument].1.clone(), column, text)),
        }
    }

    /// The order of day and month in a column: the stated one, else found out over all its cells.
    fn date_order(&self, column: &str, stated: DateOrder) -> Result<DateOrder, SourceError> {
        self.check(column)?;
        stated.or_detected(self.rows.keys().filter_map(|name| self.get(name, column))).map_err(|example| {
            let file = self.rows.values().next().map(|(_, place)| place.file.clone());
            SourceError::DateOrder { path: file.unwrap_or_default(), column: column.to_owned(), example }
        })
    }

    fn check(&self, column: &str) -> Result<(), SourceError> {
        if self.has(column) {
            return Ok(());
        }
        let file = self.rows.values().next().map_or_else(Default::default, |(_, place)| place.file.clone());
        Err(SourceError::unknown_column(file, column, self.columns.clone()))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use backstaff_panel::{Calendar, testing::weekdays};

    use super::*;

    fn table(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sectors.csv");
        fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn axis() -> Axis {
        let lives = vec![("A".into(), 0..4), ("B".into(), 1..4), ("C".into(), 0..2), ("D".into(), 0..1)];
        Axis::new(weekdays(4), lives)
    }

    const TABLE: &str =
        "Symbol,GICS Sector,date_added\nC,Energy,2010-01-05\nA,Health,\nB,Energy,2010-01-06\n";

    #[test]
    fn gives_categories_in_the_order_of_instruments() {
        let (_folder, path) = table(TABLE);
        let attributes = read_attributes(&path, None, &["gics_sector"], Written::default()).unwrap();
        let categories = attributes.categories("gics_sector", &axis()).unwrap();
        assert_eq!(categories.names(), ["Health", "Energy"]);
        assert_eq!(categories.codes(), [0, 0, 0, 0, 1, 1, 1, 1, 1, Categories::MISSING]);
    }

    #[test]
    fn masks_rows_before_a_date_and_counts_the_undated() {
        let (_folder, path) = table(TABLE);
        let attributes = read_attributes(&path, Some("Symbol"), &[], Written::default()).unwrap();
        let since = attributes.since("date_added", DateOrder::Detect, &axis()).unwrap();
        let members = [true, true, true, true, false, true, true, false, true, true];
        assert_eq!(since.members.members(), members);
        assert_eq!((since.rows_before, since.undated), (2, vec!["A".to_owned(), "D".to_owned()]));
    }

    #[test]
    fn refuses_two_rows_for_an_instrument_and_names_that_are_not_there() {
        let (_folder, path) = table("symbol,sector\nA,x\nA,y\n");
        let error = read_attributes(&path, None, &[], Written::default()).unwrap_err();
        assert!(matches!(error, SourceError::DuplicateKey { first: 2, second: 3, .. }), "{error}");
        let error = read_attributes(&path, None, &["sectr"], Written::default()).unwrap_err().to_string();
        assert!(error.contains("did you mean \"sector\""), "{error}");
    }

    #[test]
    fn refuses_a_text_that_is_no_date() {
        let (_folder, path) = table("symbol,date_added\nA,soon\n");
        let axis = Axis::new(Calendar::new(vec![Session::from_number(0)]), vec![("A".into(), 0..1)]);
        let error = read_attributes(&path, None, &[], Written::default())
            .unwrap()
            .since("date_added", DateOrder::Detect, &axis)
            .unwrap_err();
        assert!(error.to_string().contains("row 2"), "{error}");
    }
}
