//! A table of delistings: which rows it ends, what it tells, and what bad ones are answered.

#![expect(clippy::unwrap_used, reason = "this crate is a test")]

#[path = "support/export.rs"]
mod export;

use backstaff_panel::Instrument;
use backstaff_source::{Loaded, PanelSource, TableLayout};
use rusqlite::Connection;
use tempfile::TempDir;

use export::export;

const LAYOUT: &str = "
tables: 1
prices: {table: bars, instrument: code, date: date, columns: {close: close, volume: volume}}
delistings: {table: gone, instrument: code, date: since, dates: mixed, reason: why, recovery: paid}
";

const DATES: [&str; 6] = ["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07", "2020-01-08", "2020-01-09"];

/// Three instruments over six sessions.
fn fill(connection: &Connection) {
    let sql = "CREATE TABLE bars (code TEXT, date TEXT, close REAL, volume REAL);
               CREATE TABLE gone (code TEXT, since TEXT, why TEXT, paid REAL)";
    connection.execute_batch(sql).unwrap();
    for (t, date) in DATES.iter().enumerate() {
        for (i, code) in ["A", "B", "C"].iter().enumerate() {
            let close = 10.0 + (10 * i + t) as f64;
            connection.execute("INSERT INTO bars VALUES (?1, ?2, ?3, 5)", (code, date, close)).unwrap();
        }
    }
}

fn database(sql: &str) -> (TempDir, PanelSource) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("market.db");
    let connection = Connection::open(&path).unwrap();
    fill(&connection);
    connection.execute_batch(sql).unwrap();
    let tables = Some(TableLayout::read(LAYOUT).unwrap());
    (folder, PanelSource { tables, ..PanelSource::new(path) })
}

fn lives(loaded: &Loaded) -> Vec<(&str, usize)> {
    let axis = loaded.panel.axis();
    let ends = (0..axis.n_instruments()).map(|i| axis.life(i).end);
    axis.instruments().iter().map(Instrument::name).zip(ends).collect()
}

#[test]
fn rows_on_and_after_the_date_are_left_out_and_counted() {
    let (_folder, source) = database(
        "INSERT INTO gone VALUES ('B', '20200107', ' insolvent ', 0), ('C', '2020-01-09', NULL, NULL),
            ('D', '2019-01-02', 'merger', 1.1)",
    );
    let loaded = source.load().unwrap();
    assert_eq!(lives(&loaded), [("A", 6), ("B", 3), ("C", 5)]);
    let told = loaded.found.warnings.join("\n");
    let expected =
        "4 rows of 2 instruments on or after their delisting left out, the first of B on 2020-01-07";
    assert!(told.contains(expected), "{told}");
    let delistings = loaded.delistings.unwrap();
    let of = |name: &str| {
        let delisting = delistings.of(name).unwrap();
        (delisting.date.to_string(), delisting.reason.as_deref(), delisting.recovery)
    };
    assert_eq!(of("B"), ("2020-01-07".to_owned(), Some("insolvent"), Some(0.0)));
    assert_eq!(of("C"), ("2020-01-09".to_owned(), None, None));
    assert_eq!(delistings.of("A"), None);
    // A reason of an instrument without any price is one that the table knows.
    assert_eq!(delistings.reasons().iter().collect::<Vec<_>>(), ["insolvent", "merger"]);
}

#[test]
fn an_instrument_whose_rows_are_all_stale_is_gone() {
    let (_folder, source) = database("INSERT INTO gone VALUES ('A', '2020-01-02', 'moved', NULL)");
    assert_eq!(lives(&source.load().unwrap()), [("B", 6), ("C", 6)]);
    let all = "INSERT INTO gone SELECT DISTINCT code, '2019-12-30', NULL, NULL FROM bars";
    let (_folder, source) = database(all);
    assert!(source.load().unwrap_err().to_string().contains("nothing is left"));
}

#[test]
fn of_several_delistings_the_last_one_counts() {
    let (_folder, source) = database(
        "INSERT INTO gone VALUES ('B', '2020-01-08', 'merger', 0.9), ('B', '2020-01-03', 'insolvent', 0),
            ('C', '2020-01-08', 'old', 0.1), ('C', '2020-01-08', 'corrected', 0.2)",
    );
    let loaded = source.load().unwrap();
    assert_eq!(lives(&loaded), [("A", 6), ("B", 4), ("C", 4)]);
    let told = loaded.found.warnings.join("\n");
    assert!(told.contains("2 instruments have several delistings, of which the last counts"), "{told}");
    let delistings = loaded.delistings.unwrap();
    assert_eq!(delistings.of("B").unwrap().recovery, Some(0.9));
    assert_eq!(delistings.of("C").unwrap().recovery, Some(0.2));
    assert!(delistings.reasons().contains("insolvent"));
}

/// Everything of a panel up to a session.
fn until(loaded: &Loaded, end: usize) -> String {
    let panel = loaded.panel.between(0..end);
    let fields = panel.fields().map(|(name, column)| format!("{name} {:?}", column.to_f64()));
    format!("{:?}{:?}", panel.axis(), fields.collect::<Vec<_>>())
}

#[test]
fn a_delisting_of_tomorrow_changes_nothing_of_today() {
    let later =
        "INSERT INTO gone VALUES ('B', '2020-01-07', 'insolvent', 0), ('C', '2020-01-09', 'merger', 1)";
    let (_whole, whole) = database(later);
    let (_none, none) = database("");
    let cut = "DELETE FROM bars WHERE date > '2020-01-06'";
    let (_cut, cut_off) = database(cut);
    let [whole, none, cut_off] = [whole, none, cut_off].map(|source| until(&source.load().unwrap(), 3));
    assert_eq!(whole, none);
    assert_eq!(whole, cut_off);
}

#[test]
fn a_table_that_is_not_there_tells_nothing_and_one_that_is_empty_tells_none() {
    let (_with, with) = database("");
    let (_without, without) = database("DROP TABLE gone");
    let (with, without) = (with.load().unwrap(), without.load().unwrap());
    assert!(with.delistings.unwrap().reasons().is_empty());
    assert_eq!(without.delistings, None);
    assert_eq!(without.found.warnings, with.found.warnings);
    assert_eq!(lives(&without.clone()), [("A", 6), ("B", 6), ("C", 6)]);
}

#[test]
fn mistakes_are_named_with_their_place() {
    let message = |sql: &str| {
        let (_folder, source) = database(sql);
        source.load().unwrap_err().to_string()
    };
    let row = "INSERT INTO gone VALUES ('A', '2020-01-07', 'merger', 1), ";
    for (sql, part) in [
        ("ALTER TABLE gone RENAME COLUMN why TO whyy", "no column \"why\" (found: code, since, whyy, paid)"),
        ("ALTER TABLE gone RENAME COLUMN paid TO paid_out", "did you mean \"paid_out\""),
        (&format!("{row}('B', NULL, NULL, 0)"), "table gone, row 2: the date is empty"),
        (&format!("{row}('B', 'soon', NULL, 0)"), "table gone, row 2, column \"since\""),
        (
            &format!("{row}('B', '2020-01-07', NULL, -0.5)"),
            "table gone, row 2, column \"paid\": the recovery of B is -0.5",
        ),
        (&format!("{row}('B', '2020-01-07', NULL, 9e999)"), "the recovery of B is inf"),
        (
            &format!("{row}('B', '2020-01-07', NULL, 'half')"),
            "table gone, row 2, column \"paid\": \"half\" is not a number",
        ),
        (&format!("{row}(NULL, '2020-01-07', NULL, 1)"), "table gone, row 2"),
    ] {
        let message = message(sql);
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_folder_of_parquet_tables_says_the_same() {
    let rows = "INSERT INTO gone VALUES ('B', '2020-01-07', 'insolvent', 0), ('C', '20200109', NULL, NULL)";
    let (folder, source) = database(rows);
    let tables = folder.path().join("tables");
    std::fs::create_dir(&tables).unwrap();
    export(&source.path, &tables);
    let parquet = PanelSource { path: tables.clone(), ..source.clone() };
    assert!(parquet.files().unwrap().contains(&tables.join("gone.parquet")), "its bytes are read");
    let (one, other) = (source.load().unwrap(), parquet.load().unwrap());
    assert_eq!(one.delistings, other.delistings);
    assert_eq!(until(&one, 6), until(&other, 6));
}
