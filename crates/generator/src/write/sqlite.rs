//! Tables as an SQLite database.

use std::{collections::BTreeMap, fs, path::Path};

use arrow_array::{
    Array as _, Float64Array, Int64Array, RecordBatch, StringArray,
    cast::AsArray as _,
    types::{Float64Type, Int64Type},
};
use rusqlite::{Connection, Statement};

use crate::{
    GeneratorError, Watcher,
    tables::{Kind, Layout, Table},
};

/// Nobody reads a file that isn't finished, so there is no journal; an unfinished one is removed.
const SETTINGS: &str = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA cache_size = -524288; PRAGMA temp_store = MEMORY; PRAGMA threads = 2;";

/// Write the tables to a new file; the rows of each.
pub(super) fn write(
    path: &Path,
    tables: &[Table<'_>],
    progress: &dyn Watcher,
) -> Result<BTreeMap<&'static str, usize>, GeneratorError> {
    if path.exists() {
        // Left by a run that was killed.
        fs::remove_file(path).map_err(|source| GeneratorError::Write { path: path.to_owned(), source })?;
    }
    let failed = |source| GeneratorError::Sqlite { path: path.to_owned(), source };
    let database = Connection::open(path).map_err(failed)?;
    database.execute_batch(SETTINGS).map_err(failed)?;
    let indexes = tables.iter().map(|table| table.layout.indexes.len()).sum::<usize>();
    let steps = tables.iter().map(|table| table.batches).sum::<usize>() + indexes;
    let (mut done, mut total) = (0, 0);
    let mut rows = BTreeMap::new();
    for table in tables {
        database.execute_batch(&declaration(table.layout)).map_err(failed)?;
        database.execute_batch("BEGIN").map_err(failed)?;
        let mut insert = database.prepare(&insertion(table.layout)).map_err(failed)?;
        let before = total;
        for batch in (0..table.batches).map(|number| table.batch(number)) {
            append(&mut insert, table.layout, &batch).map_err(failed)?;
            total += batch.num_rows();
            done += 1;
            if !progress.advanced("sqlite", done, steps, total) {
                return Err(GeneratorError::Interrupted);
            }
        }
        database.execute_batch("COMMIT").map_err(failed)?;
        for (name, columns) in table.layout.indexes {
            let statement = format!("CREATE INDEX {name} ON {}({columns})", table.layout.name);
            database.execute_batch(&statement).map_err(failed)?;
            done += 1;
            if !progress.advanced("sqlite", done, steps, total) {
                return Err(GeneratorError::Interrupted);
            }
        }
        rows.insert(table.layout.name, total - before);
    }
    Ok(rows)
}

fn declaration(layout: &Layout) -> String {
    let column = |(name, kind, constraint): &(&str, Kind, &str)| {
        let kind = match kind {
            Kind::Text => "TEXT",
            Kind::Integer => "INTEGER",
            Kind::Real => "REAL",
        };
        format!("{name} {kind} {constraint}").trim_end().to_owned()
    };
    let key = (!layout.key.is_empty()).then(|| layout.key.to_owned());
    let parts = layout.fields.iter().map(column).chain(key).collect::<Vec<_>>();
    format!("CREATE TABLE {} ({})", layout.name, parts.join(", "))
}

fn insertion(layout: &Layout) -> String {
    let names = layout.fields.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", ");
    let places = vec!["?"; layout.fields.len()].join(", ");
    format!("INSERT INTO {} ({names}) VALUES ({places})", layout.name)
}

/// The values of one column of a batch.
enum Cells<'b> {
    Texts(&'b StringArray),
    Integers(&'b Int64Array),
    Reals(&'b Float64Array),
}

impl Cells<'_> {
    fn bind(&self, insert: &mut Statement<'_>, place: usize, row: usize) -> rusqlite::Result<()> {
        match self {
            Self::Texts(cells) => {
                insert.raw_bind_parameter(place, cells.is_valid(row).then(|| cells.value(row)))
            }
            Self::Integers(cells) => insert.raw_bind_parameter(place, cells.value(row)),
            Self::Reals(cells) => {
                insert.raw_bind_parameter(place, cells.is_valid(row).then(|| cells.value(row)))
            }
        }
    }
}

fn append(insert: &mut Statement<'_>, layout: &Layout, batch: &RecordBatch) -> rusqlite::Result<()> {
    let cells = layout.fields.iter().zip(batch.columns()).map(|((_, kind, _), column)| match kind {
        Kind::Text => Cells::Texts(column.as_string()),
        Kind::Integer => Cells::Integers(column.as_primitive::<Int64Type>()),
        Kind::Real => Cells::Reals(column.as_primitive::<Float64Type>()),
    });
    let cells = cells.collect::<Vec<_>>();
    for row in 0..batch.num_rows() {
        for (place, cells) in (1..).zip(&cells) {
            cells.bind(insert, place, row)?;
        }
        insert.raw_execute()?;
    }
    Ok(())
}
