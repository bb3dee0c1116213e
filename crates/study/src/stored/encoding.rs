//! Columns of the panel as parts of artifacts: one column a part, so that each has a digest of its own.

use std::io::Write;

use backstaff_panel::{Categories, Column};
use backstaff_stage::{Draft, Manifest, Store, StoreError, Table};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::StudyError;

const VALUES: &str = "values";

fn write(draft: &mut Draft, part: &str, table: &Table) -> Result<(), StoreError> {
    draft.write_part(part, |file| table.write(file))?;
    Ok(())
}

fn read(store: &Store, manifest: &Manifest, part: &str) -> Result<Table, StoreError> {
    Table::read(&store.open_part(manifest, part)?)
}

/// Read the facts that an artifact's manifest holds under `name`.
///
/// # Errors
///
/// If there are none, or their JSON is not a `T`.
pub(crate) fn read_facts<T: DeserializeOwned>(manifest: &Manifest, name: &str) -> Result<T, StudyError> {
    serde_json::from_value(manifest.info[name].clone()).map_err(|error| StudyError::Internal {
        what: format!("what an artifact of {} says of {name}: {error}", manifest.stage),
    })
}

/// Makes a part when its turn has come, so that not all are in memory at once.
pub(crate) type MakeTable<'a> = Box<dyn FnOnce() -> Table + Send + 'a>;

/// Write parts into an artifact on all threads, each made when its turn comes.
pub(crate) fn write_tables<'a>(
    draft: &mut Draft,
    tables: impl IntoIterator<Item = (String, MakeTable<'a>)>,
) -> Result<(), StoreError> {
    let write = |table: MakeTable<'a>| move |file: &mut dyn Write| table().write(file);
    draft.write_parts(tables.into_iter().map(|(name, table)| (name, write(table))).collect())
}

/// The table that a column of numbers is stored as, in the width that it has.
pub(crate) fn column_table(column: Column) -> Table {
    match column {
        Column::F32(values) => Table::new().f32(VALUES, values),
        Column::F64(values) => Table::new().f64(VALUES, values),
    }
}

/// Write a column of numbers as a part of an artifact.
pub(crate) fn write_column(draft: &mut Draft, part: &str, column: Column) -> Result<(), StoreError> {
    write(draft, part, &column_table(column))
}

/// Borrowed numbers of a column, in the width in which they are stored.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Values<'a> {
    /// Values of four bytes each.
    F32(&'a [f32]),
    /// Values of eight bytes each.
    F64(&'a [f64]),
}

#[cfg(test)]
impl<'a> From<&'a Column> for Values<'a> {
    fn from(column: &'a Column) -> Self {
        match column {
            Column::F32(values) => Self::F32(values),
            Column::F64(values) => Self::F64(values),
        }
    }
}

impl Values<'_> {
    /// The number of values.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
        }
    }
}

/// A stored column of numbers, mapped and not copied.
#[derive(Debug)]
pub(crate) struct StoredColumn(Table);

impl StoredColumn {
    /// Map a part of an artifact; an error if it holds no column of numbers.
    pub(crate) fn open(store: &Store, manifest: &Manifest, part: &str) -> Result<Self, StoreError> {
        let column = Self(read(store, manifest, part)?);
        column.find()?;
        Ok(column)
    }

    fn find(&self) -> Result<Values<'_>, StoreError> {
        self.0.f32s(VALUES).map(Values::F32).or_else(|_| self.0.f64s(VALUES).map(Values::F64))
    }

    /// The mapped values; missing ones are NaN.
    pub(crate) fn values(&self) -> Values<'_> {
        self.find().unwrap_or(Values::F64(&[]))
    }
}

/// Read a part that is a column of numbers into memory.
pub(crate) fn read_column(store: &Store, manifest: &Manifest, part: &str) -> Result<Column, StoreError> {
    Ok(match StoredColumn::open(store, manifest, part)?.values() {
        Values::F32(values) => Column::F32(values.to_vec()),
        Values::F64(values) => Column::F64(values.to_vec()),
    })
}

/// Categories as they are stored; codes count by first appearance within the part, so that it depends on its own rows
/// only.
pub(crate) fn categories_table(categories: &Categories) -> Table {
    let mut own = vec![Categories::MISSING; categories.names().len()];
    let mut names = Vec::new();
    let mut codes = Vec::with_capacity(categories.codes().len());
    for &code in categories.codes() {
        codes.push(match own.get_mut(code as usize) {
            None => Categories::MISSING,
            Some(known) => {
                if *known == Categories::MISSING {
                    *known = names.len() as u32;
                    names.push(categories.names()[code as usize].as_str());
                }
                *known
            }
        });
    }
    words_table(codes, &names)
}

/// The table that codes and their words are stored as.
pub(crate) fn words_table(codes: Vec<u32>, words: &[impl AsRef<str>]) -> Table {
    // One part, and so one digest: the words are the name of the column, as JSON.
    let words = words.iter().map(AsRef::as_ref).collect::<Value>();
    Table::new().u32(&words.to_string(), codes)
}

/// Read a part that holds categories.
pub(crate) fn read_categories(
    store: &Store,
    manifest: &Manifest,
    part: &str,
) -> Result<Categories, StoreError> {
    let (codes, words) = read_words(store, manifest, part)?;
    Ok(Categories::new(codes, words))
}

/// Read a part that holds codes: the codes and the words that they stand for.
pub(crate) fn read_words(
    store: &Store,
    manifest: &Manifest,
    part: &str,
) -> Result<(Vec<u32>, Vec<String>), StoreError> {
    let table = read(store, manifest, part)?;
    let header = table.names().next().unwrap_or("[]").to_owned();
    let words = serde_json::from_str::<Vec<String>>(&header)
        .map_err(|error| StoreError::Table { reason: format!("the words of codes: {error}") })?;
    Ok((table.u32s(&header)?.to_vec(), words))
}

/// Write whole numbers as a part of an artifact.
pub(crate) fn write_integers(
    draft: &mut Draft,
    part: &str,
    values: impl IntoIterator<Item = i64>,
) -> Result<(), StoreError> {
    write(draft, part, &Table::new().i64(VALUES, values.into_iter().collect()))
}

/// Read a part that holds whole numbers.
pub(crate) fn read_integers(store: &Store, manifest: &Manifest, part: &str) -> Result<Vec<i64>, StoreError> {
    Ok(read(store, manifest, part)?.i64s(VALUES)?.to_vec())
}

/// The table that row numbers are stored as.
pub(crate) fn rows_table(rows: Vec<u32>) -> Table {
    Table::new().u32(VALUES, rows)
}

/// Read a part that holds row numbers.
pub(crate) fn read_rows(store: &Store, manifest: &Manifest, part: &str) -> Result<Vec<u32>, StoreError> {
    Ok(read(store, manifest, part)?.u32s(VALUES)?.to_vec())
}

/// Write texts as a part of an artifact.
pub(crate) fn write_texts<'a>(
    draft: &mut Draft,
    part: &str,
    values: impl IntoIterator<Item = &'a str>,
) -> Result<(), StoreError> {
    write(draft, part, &Table::new().str(VALUES, values))
}

/// Read a part that holds texts.
pub(crate) fn read_texts(store: &Store, manifest: &Manifest, part: &str) -> Result<Vec<String>, StoreError> {
    let table = read(store, manifest, part)?;
    Ok(table.strs(VALUES)?.into_iter().map(str::to_owned).collect())
}
