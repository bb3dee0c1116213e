//! Indexes that let a reading step through only the items that it wants. Measuring shows which of them help.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, Result, params_from_iter};
use serde::Serialize;

use super::{
    connection::{self, open_one},
    fault::fault,
    sql_name::quoted,
};
use crate::{
    error::SourceError,
    request::table_layout::{ItemTable, PeriodTable, TableLayout},
};

/// The beginning of the names of our indexes.
const PREFIX: &str = "backstaff_";
/// The number of rows of a table on which an index is tried.
const SAMPLE: u64 = 300_000;
/// The number of times that each reading is tried; the fastest counts.
const RUNS: usize = 3;
/// The pause between two looks at whether an index is still wanted.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// An index helps if reading through it takes less than this share of the time.
const WORTH: f64 = 0.8;

/// The effect of an index, measured on the first rows of its table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IndexTrial {
    /// The table that would have the index.
    pub table: String,
    /// The name of the index.
    pub name: String,
    /// The columns of the index, in order.
    pub columns: Vec<String>,
    /// Whether the file has the index already.
    pub exists: bool,
    /// The number of rows that were tried.
    pub rows: u64,
    /// The number of these rows that a reading wants.
    pub wanted: u64,
    /// The seconds that reading the wanted rows took without the index, stepping through all rows.
    pub without: f64,
    /// The seconds that reading the wanted rows took through the index.
    pub with: f64,
    /// About the number of bytes that the index would take in the whole file.
    pub bytes: u64,
}

impl IndexTrial {
    /// Whether the index makes readings so much faster that it is worth its place.
    pub fn helps(&self) -> bool {
        self.with < WORTH * self.without
    }

    /// The SQL statement that makes the index.
    pub fn sql(&self) -> String {
        let columns = self.columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
        format!("CREATE INDEX {} ON {} ({columns})", quoted(&self.name), quoted(&self.table))
    }
}

/// An index that might help: the columns that a reading of a table needs, those by which rows are chosen first.
struct Candidate<'a> {
    table: &'a str,
    columns: Vec<&'a str>,
    wanted: BTreeSet<&'a str>,
}

/// Measure the indexes that might help to read a database by a layout. Nothing is written to it.
///
/// The first rows of each table are copied into a temporary file, which SQLite removes by itself, and read there with the
/// index and without.
///
/// # Errors
///
/// If the file can't be read.
pub fn try_indexes(path: &Path, layout: &TableLayout) -> std::result::Result<Vec<IndexTrial>, SourceError> {
    let failed = |error| fault(path, &error);
    let database = open_one(path)?;
    let mut trials = Vec::new();
    for mut candidate in candidates(layout) {
        let known = connection::columns(&database, candidate.table).map_err(failed)?;
        let first = candidate.columns[0];
        // Some columns of a layout need not be there.
        candidate.columns.retain(|column| known.iter().any(|known| known == column));
        if candidate.columns.first() == Some(&first) {
            trials.push(trial(path, &database, &candidate).map_err(failed)?);
        }
    }
    Ok(trials)
}

/// Undo what a program left half-done that was killed while it wrote a database, as SQLite does when it opens the file for
/// writing. A file that nobody left so stays what it is.
///
/// # Errors
///
/// If the file can't be written.
pub fn undo_unfinished(path: &Path) -> std::result::Result<(), SourceError> {
    let failed = |error| fault(path, &error);
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE;
    let database = Connection::open_with_flags(path, flags).map_err(failed)?;
    database.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(failed)
}

/// Make indexes in a database.
///
/// # Errors
///
/// If the file can't be written, or `is_cancelled` says so meanwhile: what SQLite was at is undone. Indexes that were
/// made before the error stay.
pub fn make_indexes(
    path: &Path,
    indexes: &[IndexTrial],
    is_cancelled: &(dyn Fn() -> bool + Sync),
) -> std::result::Result<(), SourceError> {
    let failed = |error| fault(path, &error);
    let database = Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE);
    let database = database.map_err(failed)?;
    let handle = database.get_interrupt_handle();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                if is_cancelled() {
                    handle.interrupt();
                }
                thread::park_timeout(LOOK_EVERY);
            }
        });
        let made = indexes.iter().try_for_each(|index| database.execute_batch(&index.sql()).map_err(failed));
        is_over.store(true, Ordering::Relaxed);
        made
    })
}

/// Our index that holds all columns of a reading and begins with the one by which rows are chosen, if there is one.
pub(super) fn covering(
    connection: &Connection,
    table: &str,
    chosen_by: &str,
    columns: &[&str],
) -> Result<Option<String>> {
    let sql =
        "SELECT name FROM pragma_index_list(?1) WHERE name LIKE 'backstaff\\_%' ESCAPE '\\' ORDER BY name";
    let mut names = connection.prepare(sql)?;
    let names = names.query_map([table], |row| row.get(0))?.collect::<Result<Vec<String>>>()?;
    for name in names {
        let mut held = connection.prepare("SELECT name FROM pragma_index_info(?1) ORDER BY seqno")?;
        let held = held.query_map([&name], |row| row.get(0))?.collect::<Result<Vec<Option<String>>>>()?;
        let holds = |column: &&str| held.iter().flatten().any(|other| other == column);
        if held.first().is_some_and(|first| first.as_deref() == Some(chosen_by)) && columns.iter().all(holds)
        {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// The indexes that might help. Readings choose items by their codes and periods by the texts that are kept; prices are
/// read whole.
fn candidates(layout: &TableLayout) -> Vec<Candidate<'_>> {
    let mut items = BTreeMap::<(&str, &str, &str), Candidate<'_>>::new();
    for table in layout.statements.iter().flat_map(|statements| &statements.items) {
        let ItemTable { table, period, item, value, names } = table;
        let key = (table.as_str(), item.as_str(), period.as_str());
        let candidate = items.entry(key).or_insert_with(|| Candidate {
            table,
            columns: vec![item, period],
            wanted: BTreeSet::new(),
        });
        if !candidate.columns.contains(&value.as_str()) {
            candidate.columns.push(value);
        }
        candidate.wanted.extend(names.keys().map(String::as_str));
    }
    let periods = layout.statements.iter().filter_map(|statements| {
        let PeriodTable {
            table, id, instrument, known_at, period_end, fiscal_year_end, currency, keep, ..
        } = &statements.periods;
        let (kept, texts) = keep.iter().next().filter(|_| keep.len() == 1)?;
        let mut columns = [kept, id, instrument, known_at, period_end].map(String::as_str).to_vec();
        columns.extend(fiscal_year_end.as_deref());
        columns.extend(currency.as_ref().map(|currency| currency.column.as_str()));
        Some((
            table.as_str(),
            Candidate { table, columns, wanted: texts.iter().map(String::as_str).collect() },
        ))
    });
    let periods = periods.collect::<BTreeMap<_, _>>();
    items.into_values().chain(periods.into_values()).collect()
}

/// Measure an index on a copy of its table's first rows.
fn trial(path: &Path, database: &Connection, candidate: &Candidate<'_>) -> Result<IndexTrial> {
    let Candidate { table, columns, wanted } = candidate;
    let name = format!("{PREFIX}{table}");
    let all = format!("SELECT max(rowid) FROM {}", quoted(table));
    let n_rows = database.query_row(&all, [], |row| row.get::<_, Option<i64>>(0)).unwrap_or(None);
    // No name: a file that nobody else sees, and that is gone with the connection, or with the process.
    let sample = Connection::open("")?;
    // Read-only; in an address these three have a meaning.
    let address = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    sample.execute("ATTACH DATABASE ?1 AS original", [format!("file:{address}?mode=ro")])?;
    sample.execute_batch(&format!(
        "CREATE TABLE {table} AS SELECT * FROM original.{table} LIMIT {SAMPLE}; DETACH DATABASE original",
        table = quoted(table)
    ))?;
    let selected = columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
    let texts = vec!["?"; wanted.len()].join(", ");
    let by = quoted(columns[0]);
    let query = |column: &str, through: &str| {
        format!("SELECT {selected} FROM {}{through} WHERE {column} IN ({texts})", quoted(table))
    };
    let (found, without) = fastest(&sample, &query(&format!("+{by}"), ""), wanted)?;
    let pages = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    let size = || sample.query_row(pages, [], |row| row.get::<_, i64>(0));
    let before = size()?;
    let mut trial = IndexTrial {
        table: (*table).to_owned(),
        exists: covering(database, table, columns[0], columns)?.is_some(),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        rows: 0,
        wanted: found,
        without,
        with: 0.0,
        bytes: 0,
        name,
    };
    sample.execute_batch(&trial.sql())?;
    let through = format!(" INDEXED BY {}", quoted(&trial.name));
    trial.with = fastest(&sample, &query(&by, &through), wanted)?.1;
    let count = format!("SELECT count(*) FROM {}", quoted(table));
    trial.rows = sample.query_row(&count, [], |row| row.get::<_, i64>(0))?.unsigned_abs();
    let share = n_rows.unwrap_or_default().unsigned_abs().max(trial.rows) as f64 / trial.rows.max(1) as f64;
    trial.bytes = ((size()? - before) as f64 * share) as u64;
    Ok(trial)
}

/// The number of rows of a query, and the seconds of the fastest of several readings.
fn fastest(database: &Connection, sql: &str, wanted: &BTreeSet<&str>) -> Result<(u64, f64)> {
    let mut statement = database.prepare(sql)?;
    let (mut n, mut seconds) = (0, f64::INFINITY);
    for _ in 0..RUNS {
        let start = Instant::now();
        let mut rows = statement.query(params_from_iter(wanted))?;
        n = 0;
        while rows.next()?.is_some() {
            n += 1;
        }
        seconds = seconds.min(start.elapsed().as_secs_f64());
    }
    Ok((n, seconds))
}
