//! A description of a database before anything is read from it: schema, counts, ranges, oddities.
//!
//! To add one: an oddity is a rule in `oddity_rules.rs`.

pub(crate) mod oddity;
mod oddity_rules;
pub(crate) mod table;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use serde::Serialize;

use self::{oddity::Oddity, table::TableReport};
use crate::{
    error::SourceError,
    provider::tables::sqlite::{connection::open_one, fault::fault},
};

/// A description of a database; its `Display` is for people.
#[derive(Clone, Debug, Serialize)]
pub struct DatabaseReport {
    /// The file of the database.
    path: PathBuf,
    /// The size of the file in bytes, without a log beside it.
    bytes: u64,
    /// The journal mode of the file: `wal`, `delete`, …
    journal: String,
    /// The tables, by name.
    tables: Vec<TableReport>,
    /// The oddities of the tables; none of them is an error by itself.
    oddities: Vec<Oddity>,
}

/// Describe a database: schema, rows, ranges of dates, indexes, oddities.
///
/// The file is opened read-only and seen in one state, so a writer in WAL mode may go on beside. Every table is scanned
/// about twice.
///
/// # Errors
///
/// If the file can't be read, is no SQLite database, is locked, or is damaged.
pub fn check_database(path: &Path) -> Result<DatabaseReport, SourceError> {
    let bytes =
        fs::metadata(path).map_err(|source| SourceError::Read { path: path.to_owned(), source })?.len();
    let database = open_one(path)?;
    let look = |error| fault(path, &error);
    let journal = database.query_row("PRAGMA journal_mode", [], |row| row.get(0)).map_err(look)?;
    let (tables, mut oddities) = table::tables(&database).map_err(look)?;
    oddities.extend(oddity_rules::find(&database, &tables).map_err(look)?);
    Ok(DatabaseReport { path: path.to_owned(), bytes, journal, tables, oddities })
}

impl fmt::Display for DatabaseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = self.bytes as f64 / 1e6;
        writeln!(f, "{}: {megabytes:.1} MB, journal {}", self.path.display(), self.journal)?;
        for table in &self.tables {
            write!(f, "\n{table}")?;
        }
        if self.tables.is_empty() {
            return writeln!(f, "\nno table");
        }
        if self.oddities.is_empty() {
            return writeln!(f, "\nnothing odd");
        }
        writeln!(f, "\noddities")?;
        for Oddity { table, what, rows, of, first } in &self.oddities {
            let share = 100.0 * *rows as f64 / (*of).max(1) as f64;
            writeln!(f, "  {table}: {what}: {rows} of {of} rows ({share:.2} %), first {first}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    fn checked(sql: &str) -> DatabaseReport {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("market.db");
        let database = Connection::open(&path).expect("a database");
        database.execute_batch(sql).expect("tables");
        drop(database);
        check_database(&path).expect("a report")
    }

    #[test]
    fn tells_columns_ranges_and_indexes() {
        let report = checked(
            "CREATE TABLE daily_prices (stock_code TEXT, date TEXT, volume INTEGER, PRIMARY KEY (stock_code, date));
             CREATE INDEX by_date ON daily_prices(date);
             INSERT INTO daily_prices VALUES ('A', '20200103', 5), ('A', '20200102', NULL);",
        );
        let table = &report.tables[0];
        assert_eq!((table.rows, table.columns[2].missing), (2, 1));
        assert_eq!((table.dates[0].first.as_str(), table.dates[0].last.as_str()), ("20200102", "20200103"));
        assert_eq!(table.indexes.len(), 2);
        let found = report.oddities.iter().map(|oddity| (oddity.what.as_str(), oddity.rows));
        assert_eq!(found.collect::<Vec<_>>(), [("volume missing", 1)], "{report}");
        assert!(report.to_string().contains("index by_date (date)"));
        assert!(checked("").to_string().contains("no table"));
    }

    #[test]
    fn counts_what_is_odd_and_shows_the_first() {
        let report = checked(
            "CREATE TABLE daily_prices (stock_code TEXT, date TEXT, opening_price INTEGER, high_price INTEGER,
                low_price INTEGER, closing_price INTEGER, volume INTEGER, value INTEGER, market_cap INTEGER,
                change_rate REAL);
             INSERT INTO daily_prices VALUES
                ('A', '20200102', 10, 11, 9, 10, 5, 50, 100, 0.0),
                ('A', '20200102', 10, 11, 9, 10, 5, 50, 100, 0.0),
                ('A', '2020-01-03', 0, 0, 0, -1, 0, 0, 100, 0.0),
                ('A', '20200106', 10, 11, 9, 12, 5, 50, 'a lot', 45.0);
             CREATE TABLE stocks (stock_code TEXT, current_sector_type TEXT);
             INSERT INTO stocks VALUES ('B', NULL);
             CREATE TABLE financial_periods (id INTEGER, stock_code TEXT, fiscal_date TEXT, available_date TEXT,
                consolidation_type TEXT, currency TEXT);
             INSERT INTO financial_periods VALUES
                (1, 'A', '2020-03-31', '20200101', '연결', 'USD'), (2, 'A', '2019-12-31', '20200401', '연결', 'KRW');",
        );
        let rows = |what: &str| {
            let found = report.oddities.iter().find(|oddity| oddity.what.contains(what));
            found.unwrap_or_else(|| panic!("{what} is missing in {report}")).rows
        };
        assert_eq!(rows("is declared INTEGER and holds text"), 1);
        assert_eq!(rows("is written as 2012-01-02 in some rows"), 1);
        assert_eq!(rows("without trading"), 1);
        assert_eq!(rows("closing price zero, negative or infinite"), 1);
        assert_eq!(rows("outside low and high"), 1);
        assert_eq!(rows("more than 31 %"), 1);
        assert_eq!(rows("not in stocks"), 4);
        assert_eq!(rows("sector missing"), 1);
        assert_eq!(rows("known before its period ended"), 1);
        assert_eq!(rows("currency other than KRW"), 1);
        assert_eq!(rows("known after a newer period"), 1);
        assert_eq!(rows("stock_code, date repeats"), 1);
        let text = report.to_string();
        assert!(text.contains("first stock_code \"A\", date \"2020-01-03\", closing_price -1"), "{text}");
    }

    #[test]
    fn refuses_what_is_no_database() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prices.csv");
        fs::write(&path, "stock_code,date\nA,20200102\n".repeat(100)).unwrap();
        assert!(check_database(&path).unwrap_err().to_string().contains("no SQLite database"));
        assert!(check_database(&folder.path().join("missing.db")).is_err());
    }
}
