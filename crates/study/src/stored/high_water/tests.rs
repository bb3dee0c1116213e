//! A growing database, read above its marks, gives what reading all of it gives.

use backstaff_panel::Panel;
use backstaff_source::{PanelSource, SourceError};
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;

const LAYOUT: &str = "
tables: 1
prices: {table: bars, instrument: code, date: day, columns: {close: close, volume: volume}}
categories:
  - {name: sector, table: sectors, instrument: code, column: sector, static: true}
series:
  - {table: levels, key: name, date: day, value: level, lag_days: 0, names: {index: market}}
";

/// The sessions that give the table of bars 101,000 rows: it takes 100,000 to be large.
const SESSIONS: i64 = 1_010;
const STOCKS: i64 = 100;

struct Growing {
    connection: Connection,
    store: Store,
    folder: TempDir,
}

impl Growing {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("market.db")).unwrap();
        connection
            .execute_batch(
                "PRAGMA synchronous = OFF;
                 CREATE TABLE bars (code TEXT, day TEXT, close INTEGER, volume REAL, UNIQUE (code, day));
                 CREATE TABLE sectors (code TEXT PRIMARY KEY, sector TEXT);
                 CREATE TABLE levels (name TEXT, day TEXT, level REAL);
                 INSERT INTO sectors VALUES ('S001', 'Food'), ('S002', 'Banks');",
            )
            .unwrap();
        let store = Store::open(folder.path().join("store")).unwrap();
        let new = Self { connection, store, folder };
        new.add(0..SESSIONS);
        new
    }

    /// Add sessions to the tables.
    fn add(&self, sessions: std::ops::Range<i64>) {
        self.connection
            .execute_batch(&format!(
                "WITH RECURSIVE t(t) AS (SELECT {} UNION ALL SELECT t + 1 FROM t WHERE t + 1 < {}),
                     i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i WHERE i < {STOCKS})
                 INSERT INTO bars SELECT printf('S%03d', i), date('2015-01-01', '+' || t || ' days'),
                     100 + (t * 7 + i * 13) % 50, (t * i) % 17 + 0.1 FROM t, i ORDER BY t, i;",
                sessions.start, sessions.end
            ))
            .unwrap();
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("market.db")
    }

    fn source(&self) -> PanelSource {
        PanelSource { tables: Some(TableLayout::read(LAYOUT).unwrap()), ..PanelSource::verbatim(self.path()) }
    }

    /// Look at the file, and read it above its marks.
    fn read(&self) -> (Looked, Result<Panel, SourceError>) {
        let (path, source) = (self.path(), self.source());
        let layout = source.tables.clone().unwrap();
        let mark = HighWater::new(&self.store, &path, &layout, KeyHasher::new().finish());
        let looked = mark.look(|| Ok(backstaff_stage::digest_file(&path).unwrap())).unwrap();
        let panel = source.load_above(Some(&looked.marks)).map(|loaded| loaded.panel);
        if panel.is_err() {
            mark.forget();
        }
        (looked, panel)
    }

    /// Read the file above its marks, and require the panel that a reading of the whole file gives.
    fn read_rightly(&self) -> Looked {
        let (looked, panel) = self.read();
        assert_same(&panel.unwrap(), &self.source().load().unwrap().panel);
        looked
    }
}

fn assert_same(one: &Panel, other: &Panel) {
    assert_eq!(one.axis().instruments(), other.axis().instruments());
    assert_eq!(one.axis().calendar().sessions(), other.axis().calendar().sessions());
    assert_eq!(one.axis().offsets(), other.axis().offsets());
    assert!(one.fields().count() > 3);
    for ((name, one), (other_name, other)) in one.fields().zip(other.fields()) {
        assert_eq!(name, other_name);
        assert!(one.same_bits(other), "{name}");
    }
    let (one, other) = (one.categories("sector").unwrap(), other.categories("sector").unwrap());
    assert_eq!(one.names(), other.names());
    assert_eq!(one.codes(), other.codes());
}

fn why(looked: &Looked) -> &str {
    looked.told.as_deref().unwrap_or("")
}

#[test]
fn what_is_appended_is_read_and_nothing_else() {
    let market = Growing::new();
    let first = market.read_rightly();
    assert!(why(&first).contains("read as a whole: nothing is kept"), "{}", why(&first));
    assert_eq!(first.marks.tables["bars"], TableMarks { lasts: vec![SESSIONS * STOCKS], over: 0 });
    assert!(!first.marks.tables.contains_key("sectors"));

    let again = market.read_rightly();
    assert_eq!((again.digest, again.told.as_deref()), (first.digest, None));
    assert_eq!(again.marks.tables["bars"].over, 1);

    market.add(SESSIONS..SESSIONS + 1);
    let grown = market.read_rightly();
    assert_ne!(grown.digest, first.digest);
    assert!(why(&grown).contains("above row 101000 of bars"), "{}", why(&grown));
    let lasts = vec![SESSIONS * STOCKS, (SESSIONS + 1) * STOCKS];
    assert_eq!(grown.marks.tables["bars"], TableMarks { lasts, over: 1 });

    // Small tables are read whole: they may change anywhere.
    market.connection.execute("UPDATE sectors SET sector = 'Tools' WHERE code = 'S001'", []).unwrap();
    let other = market.read_rightly();
    assert_ne!(other.digest, grown.digest);
    assert_eq!(other.told, None);
}

#[test]
fn an_old_correction_is_missed_and_a_new_one_is_not() {
    let market = Growing::new();
    let first = market.read_rightly();
    market.connection.execute("UPDATE bars SET close = 1 WHERE rowid = 1000", []).unwrap();
    let missed = market.read().0;
    assert_eq!((missed.digest, missed.told), (first.digest, None));
    market.connection.execute("UPDATE bars SET close = 1 WHERE rowid = 100000", []).unwrap();
    let seen = market.read_rightly();
    assert!(why(&seen).contains("newest rows of bars have been corrected"), "{}", why(&seen));
    assert_ne!(seen.digest, first.digest);
}

#[test]
fn whatever_does_not_fit_is_read_as_a_whole() {
    let market = Growing::new();
    market.read_rightly();
    let run = |sql: &str| market.connection.execute_batch(sql).unwrap();
    run("DELETE FROM bars WHERE rowid > 100900");
    let fewer = market.read_rightly();
    assert!(why(&fewer).contains("bars has lost its newest rows"), "{}", why(&fewer));
    // Rows get other numbers, and the number of the last row may well be the same afterwards.
    run("DELETE FROM bars WHERE rowid = 5; VACUUM");
    let renumbered = market.read_rightly();
    assert!(why(&renumbered).contains("other numbers"), "{}", why(&renumbered));
    run("ALTER TABLE bars ADD COLUMN note TEXT");
    assert!(why(&market.read_rightly()).contains("its schema has changed"));
}

#[test]
fn a_store_of_kept_rows_that_is_damaged_is_made_anew() {
    let market = Growing::new();
    let first = market.read_rightly();
    let marks = fs::read_dir(market.store.path().join("marks")).unwrap().next().unwrap().unwrap().path();
    for text in ["", "backstaff store 99\n", "\0\0"] {
        fs::write(marks.join("VERSION"), text).unwrap();
        assert!(crate::command::cache::stats(market.store.path()).is_ok());
        assert_eq!(crate::command::cache::gc(market.store.path(), 1, false).unwrap().artifacts, 0);
        let whole = market.read_rightly();
        assert!(why(&whole).contains("its kept rows can't be used"), "{}", why(&whole));
        assert_eq!(whole.digest, first.digest);
    }
    fs::remove_file(marks.join("VERSION")).unwrap();
    fs::create_dir(marks.join("VERSION")).unwrap();
    assert!(why(&market.read_rightly()).contains("its kept rows can't be used"));
    fs::remove_dir_all(&marks).unwrap();
    fs::write(&marks, "no folder").unwrap();
    market.read_rightly();
}

#[test]
fn kept_rows_that_are_gone_are_never_read_again_piece_by_piece() {
    let market = Growing::new();
    let first = market.read_rightly();
    let marks = fs::read_dir(market.store.path().join("marks")).unwrap().next().unwrap().unwrap().path();
    fs::remove_dir_all(marks.join("artifacts")).unwrap();
    let (_, panel) = market.read();
    assert!(matches!(panel, Err(SourceError::RowsNotKept { .. })));
    let whole = market.read_rightly();
    assert!(why(&whole).contains("nothing is kept"), "{}", why(&whole));
    assert_eq!(whole.digest, first.digest);
    // They are counted with the store, and swept only when nobody has used them for long.
    let kept = crate::command::cache::stats(market.store.path()).unwrap();
    assert!(
        kept.stages.iter().any(|used| used.stage == "rows above marks" && used.bytes > 1_000_000),
        "{kept:?}"
    );
    assert_eq!(crate::command::cache::gc(market.store.path(), 1, false).unwrap().artifacts, 0);
    let old = std::time::SystemTime::now() - Duration::from_hours(10 * 24);
    fs::File::options().write(true).open(marks.join(STATE)).unwrap().set_modified(old).unwrap();
    assert_eq!(crate::command::cache::gc(market.store.path(), 1, false).unwrap().artifacts, 1);
    assert!(!marks.exists());
    assert!(why(&market.read_rightly()).contains("nothing is kept"));
    // A damaged copy counts as none.
    let mut files = vec![marks.join("artifacts")];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.ends_with("column_2.arrow") {
            let mut bytes = fs::read(&path).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(&path, bytes).unwrap();
        }
    }
    assert!(matches!(market.read().1, Err(SourceError::RowsNotKept { .. })));
    market.read_rightly();
}
