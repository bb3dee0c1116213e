//! Reading a database that grows above a high-water mark.
//!
//! A study that asks for it keeps the decoded rows of the large tables, and how far they go, in a folder of its store.
//! [`HighWater::look`] compares the file with that state. Only rows above the marks are read again; their digest enters
//! the key of `load` behind the digest of the earlier readings, as a chain. A correction or a removal below a mark is
//! not seen. To catch the usual ones, every reading compares the newest rows below each mark, and all small tables.
//! Whatever does not fit (another schema, rows with other numbers, a kept copy that is gone) makes a reading take the
//! whole file.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use backstaff_source::{
    Growth, KeepsRows, Marks, RowsName, Shape, TableColumn, TableLayout, TableMarks, TableRows,
};
use backstaff_stage::{Digest, Digester, Key, KeyHasher, Manifest, Store, StoreError, Table};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    StudyError,
    stored::encoding::{
        MakeTable, column_table, read_column, read_facts, read_words, words_table, write_tables,
    },
};

/// The number of newest rows below a mark that every reading compares, since most corrections concern recent rows:
/// about one session of a market with some thousand listings.
const NEWEST: i64 = 4_096;

/// The number of readings above a mark after which the whole file is read anew, which also finds older corrections:
/// about a quarter of a year with one reading a session.
const MOST_READINGS: usize = 64;

/// The folder of a store in which each database has a folder of kept rows.
const MARKS: &str = "marks";

/// The file with a folder's [`State`].
const STATE: &str = "state.json";

/// The version of the format of a folder's contents.
const VERSION: u32 = 1;

/// The sentence in which the report warns that a database was read above a mark.
pub(crate) fn caveat(path: &Path) -> String {
    format!(
        "the database {} is read above a high-water mark (data.prices.high_water_mark): rows of its large tables that were read before \
         come from a kept copy, so that what was corrected or removed there since isn't seen, except among the newest \
         {NEWEST} rows of each table",
        path.display()
    )
}

/// A database as it is now, and the rows of it that have to be read.
#[derive(Debug)]
pub(crate) struct Looked {
    /// The digest of all that the reading gives: the chain of the large tables, and the bytes of the small ones.
    pub digest: Digest,
    /// The mark above which each large table is read, with the keeper of the rows below it.
    pub marks: Arc<Marks>,
    /// The message for the user on how the file is read; `None` if no large table has grown.
    pub told: Option<String>,
}

/// The state that one reading leaves for the next.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct State {
    version: u32,
    schema_version: i64,
    /// The digest of all readings of the large tables, each entered behind the ones before.
    chain: Digest,
    tables: BTreeMap<String, TableState>,
}

/// The readings of one large table.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct TableState {
    /// The number of the last row of each reading, ascending; the newest one is the mark.
    lasts: Vec<i64>,
    /// The digest of the newest rows up to the mark.
    newest: Digest,
}

/// The folders of kept rows in a store, one for each database and way to read it.
pub(crate) fn folders(store: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(store.join(MARKS)).into_iter().flatten().flatten();
    let mut folders = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect::<Vec<_>>();
    folders.sort();
    folders
}

/// Whether the last reading that used a folder is longer ago than `time`. Each reading writes the folder's state anew,
/// so the time of that file tells; a folder without a state is unused.
pub(crate) fn is_unused_for(folder: &Path, time: Duration) -> bool {
    let used = fs::metadata(folder.join(STATE)).and_then(|state| state.modified());
    used.map_or(true, |used| SystemTime::now().duration_since(used).is_ok_and(|age| age > time))
}

/// One database with one set of parameters to read it, and the folder that keeps its state and rows.
#[derive(Clone, Debug)]
pub(crate) struct HighWater<'a> {
    path: &'a Path,
    layout: &'a TableLayout,
    folder: PathBuf,
}

impl<'a> HighWater<'a> {
    /// The folder's name follows from the file's canonical path and the parameters.
    pub(crate) fn new(store: &Store, path: &'a Path, layout: &'a TableLayout, parameters: Key) -> Self {
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mut name = KeyHasher::new();
        name.str("path", &place.to_string_lossy()).key("parameters", &parameters);
        let folder = store.path().join(MARKS).join(name.finish().to_string());
        Self { path, layout, folder }
    }

    /// Compare the file with the kept state, and write the new one. `whole` digests all bytes of the file; it is called
    /// only where the file has to be read as a whole.
    pub(crate) fn look(
        &self,
        whole: impl FnOnce() -> Result<Digest, StudyError>,
    ) -> Result<Looked, StudyError> {
        let growth = Growth::open(self.path)?;
        let schema_version = growth.schema_version()?;
        let tables = growth.tables(self.layout)?;
        let large = tables.iter().filter_map(|(name, last)| Some((name.as_str(), (*last)?)));
        let large = large.collect::<BTreeMap<_, _>>();
        let mut small = KeyHasher::new();
        for (name, _) in tables.iter().filter(|(_, last)| last.is_none()) {
            small.digest(name, &digest(|out| growth.write_table(name, out))?);
        }
        let newest = |table: &str, to| digest(|out| growth.write_newest(table, to, NEWEST, out));
        let fitting = match self.kept_store() {
            Ok(_) => self.fitting(schema_version, &large, newest)?,
            Err(error) => Err(format!("its kept rows can't be used ({error})")),
        };
        let (state, over, told) = match fitting {
            Ok(mut state) => {
                // Counted before `advance` adds the new rows: only earlier readings are over and must be kept.
                let over = state.readings();
                let told = advance(&mut state, &growth, &large, newest)?;
                (state, over, told.map(|told| format!("{}: {told}", self.path.display())))
            }
            Err(why) => {
                // A chain describes one content, so rows that an earlier chain has kept go with it.
                let _ = fs::remove_dir_all(&self.folder).or_else(|_| fs::remove_file(&self.folder));
                let mut chain = KeyHasher::new();
                chain.digest("whole", &whole()?);
                let mut tables = BTreeMap::new();
                for (&name, &last) in &large {
                    chain.str("table", name).i64("last", last);
                    let state = TableState { lasts: vec![last], newest: newest(name, last)? };
                    tables.insert(name.to_owned(), state);
                }
                let chain = of_key(&chain);
                let state = State { version: VERSION, schema_version, chain, tables };
                (state, BTreeMap::new(), Some(format!("{} is read as a whole: {why}", self.path.display())))
            }
        };
        let keeper = Keeper { store: self.kept_store()? };
        self.remember(&state)?;
        let marks = state.tables.iter().map(|(name, table)| {
            let over = over.get(name).copied().unwrap_or(0);
            (name.clone(), TableMarks { lasts: table.lasts.clone(), over })
        });
        let marks = Arc::new(Marks { tables: marks.collect(), keeper: Arc::new(keeper) });
        let mut key = KeyHasher::new();
        key.digest("chain", &state.chain).key("small tables", &small.finish());
        Ok(Looked { digest: of_key(&key), marks, told })
    }

    /// The store of the kept rows; it is made if there is none.
    fn kept_store(&self) -> Result<Store, StoreError> {
        Store::open(&self.folder)
    }

    /// Forget the state, so that the next reading takes the whole file.
    pub(crate) fn forget(&self) {
        let _ = fs::remove_file(self.state());
    }

    fn state(&self) -> PathBuf {
        self.folder.join(STATE)
    }

    /// The kept state if the file has merely grown since; otherwise the reason, in words for the user.
    fn fitting(
        &self,
        schema_version: i64,
        large: &BTreeMap<&str, i64>,
        newest: impl Fn(&str, i64) -> Result<Digest, StudyError>,
    ) -> Result<Result<State, String>, StudyError> {
        let bytes = fs::read(self.state()).ok();
        let state = bytes.and_then(|bytes| serde_json::from_slice::<State>(&bytes).ok());
        let Some(state) = state.filter(|state| state.version == VERSION) else {
            return Ok(Err("nothing is kept of it".to_owned()));
        };
        if state.schema_version != schema_version {
            return Ok(Err("its schema has changed, or its rows have got other numbers".to_owned()));
        }
        if !state.tables.keys().map(String::as_str).eq(large.keys().copied()) {
            return Ok(Err("other tables of it are large".to_owned()));
        }
        for (name, table) in &state.tables {
            let mark = table.lasts.last().copied().unwrap_or(i64::MIN);
            if large[name.as_str()] < mark {
                return Ok(Err(format!("{name} has lost its newest rows")));
            }
            if newest(name, mark)? != table.newest {
                return Ok(Err(format!("newest rows of {name} have been corrected")));
            }
            if table.lasts.len() >= MOST_READINGS {
                return Ok(Err(format!("{name} was read {MOST_READINGS} times above a mark")));
            }
        }
        Ok(Ok(state))
    }

    fn remember(&self, state: &State) -> Result<(), StudyError> {
        let failed = |source| StudyError::Read { path: self.state(), source };
        let text = serde_json::to_vec(state).map_err(std::io::Error::from).map_err(failed)?;
        // Written beside and renamed: whoever reads the state finds the old one or the new one, never half of it.
        let new = self.state().with_extension(std::process::id().to_string());
        fs::write(&new, text).and_then(|()| fs::rename(&new, self.state())).map_err(failed)
    }
}

impl State {
    fn readings(&self) -> BTreeMap<String, usize> {
        self.tables.iter().map(|(name, table)| (name.clone(), table.lasts.len())).collect()
    }
}

/// Enter the rows above the marks into the state. The message for the user says from where on; `None` if no table has
/// grown.
///
/// Only new rows are digested, so a reading costs what was added, not what there is.
fn advance(
    state: &mut State,
    growth: &Growth,
    large: &BTreeMap<&str, i64>,
    newest: impl Fn(&str, i64) -> Result<Digest, StudyError>,
) -> Result<Option<String>, StudyError> {
    let mut chain = KeyHasher::new();
    chain.digest("before", &state.chain);
    let mut grown = Vec::new();
    for (name, table) in &mut state.tables {
        let (mark, last) = (table.lasts.last().copied().unwrap_or(i64::MIN), large[name.as_str()]);
        if last > mark {
            let rows = digest(|out| growth.write_rows(name, mark, last, out))?;
            chain.str("table", name).i64("last", last).digest("rows", &rows);
            table.newest = newest(name, last)?;
            table.lasts.push(last);
            grown.push(format!("row {mark} of {name}"));
        }
    }
    if grown.is_empty() {
        return Ok(None);
    }
    state.chain = of_key(&chain);
    Ok(Some(format!("what stands above {} is read, the rest of these tables is kept", grown.join(", "))))
}

fn digest(
    write: impl FnOnce(&mut Digester) -> Result<(), backstaff_source::SourceError>,
) -> Result<Digest, StudyError> {
    let mut digester = Digester::new();
    write(&mut digester)?;
    Ok(digester.finish())
}

fn of_key(key: &KeyHasher) -> Digest {
    key.finish_digest()
}

/// Keeps the rows of one database as artifacts of a store inside its folder.
#[derive(Debug)]
struct Keeper {
    store: Store,
}

/// The stage under which rows are kept.
const STAGE: &str = "rows";

/// The kind of a kept column, as its artifact's manifest lists it.
#[derive(Serialize, Deserialize)]
enum Kind {
    Days(Option<Shape>),
    Texts,
    Numbers,
}

fn key(name: &RowsName) -> Key {
    let RowsName { table, above, to, decoded } = name;
    let mut key = KeyHasher::new();
    key.str("table", table).i64("above", *above).i64("to", *to).str("decoded", decoded);
    key.finish()
}

fn part(column: usize) -> String {
    format!("column_{column}.arrow")
}

const ROWS: &str = "rows.arrow";

impl Keeper {
    fn read(&self, manifest: &Manifest) -> Result<TableRows, StudyError> {
        let kinds: Vec<Kind> = read_facts(manifest, "columns")?;
        let columns = kinds.par_iter().enumerate().map(|(at, kind)| {
            let part = part(at);
            Ok(match kind {
                Kind::Days(shape) => {
                    let table = Table::read(&self.store.open_part(manifest, &part)?)?;
                    TableColumn::Days(table.i32s("values")?.to_vec(), *shape)
                }
                Kind::Texts => {
                    let (codes, names) = read_words(&self.store, manifest, &part)?;
                    TableColumn::Texts(codes, names)
                }
                Kind::Numbers => TableColumn::Numbers(read_column(&self.store, manifest, &part)?),
            })
        });
        let columns = columns.collect::<Result<Vec<_>, StudyError>>()?;
        let rows = Table::read(&self.store.open_part(manifest, ROWS)?)?.u64s("values")?.to_vec();
        Ok(TableRows { rows, columns })
    }

    fn write(&self, name: &RowsName, rows: &TableRows) -> Result<(), StoreError> {
        let mut draft = self.store.draft(STAGE, VERSION, key(name))?;
        let mut kinds = Vec::new();
        let numbers = || Table::new().u64("values", rows.rows.clone());
        let mut tables: Vec<(String, MakeTable<'_>)> = vec![(ROWS.to_owned(), Box::new(numbers))];
        for (at, column) in rows.columns.iter().enumerate() {
            let (kind, table): (Kind, MakeTable<'_>) = match column {
                TableColumn::Days(days, shape) => {
                    (Kind::Days(*shape), Box::new(|| Table::new().i32("values", days.clone())))
                }
                TableColumn::Texts(codes, names) => {
                    (Kind::Texts, Box::new(|| words_table(codes.clone(), names)))
                }
                TableColumn::Numbers(values) => (Kind::Numbers, Box::new(|| column_table(values.clone()))),
            };
            kinds.push(kind);
            tables.push((part(at), table));
        }
        write_tables(&mut draft, tables)?;
        draft.info(serde_json::json!({ "columns": kinds }));
        draft.publish().map(|_| ())
    }
}

impl KeepsRows for Keeper {
    fn find(&self, name: &RowsName) -> Option<TableRows> {
        let manifest = self.store.find(STAGE, &key(name)).ok()??;
        self.read(&manifest).ok()
    }

    fn keep(&self, name: &RowsName, rows: &TableRows) {
        // What can't be kept is read again the next time.
        let _ = self.write(name, rows);
    }
}

#[cfg(test)]
mod tests;
