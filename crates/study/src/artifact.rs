//! Columns of the panel as parts of artifacts: one column a part, so that each has a digest of its own.

use backstaff_panel::{Categories, Column};
use backstaff_stage::{Draft, Manifest, Store, StoreError, Table};
use serde::de::DeserializeOwned;

use crate::StudyError;

const VALUES: &str = "values";

fn write(draft: &mut Draft, part: &str, table: &Table) -> Result<(), StoreError> {
    draft.write_part(part, |file| table.write(file))?;
    Ok(())
}

fn read(store: &Store, manifest: &Manifest, part: &str) -> Result<Table, StoreError> {
    Table::read(&store.open_part(manifest, part)?)
}

/// The facts of an artifact that stand under a name.
pub fn read_facts<T: DeserializeOwned>(manifest: &Manifest, name: &str) -> Result<T, StudyError> {
    serde_json::from_value(manifest.info[name].clone()).map_err(|error| StudyError::Internal {
        what: format!("what an artifact of {} says of {name}: {error}", manifest.stage),
    })
}

/// Write a column of numbers.
pub fn write_column(draft: &mut Draft, part: &str, column: &Column) -> Result<(), StoreError> {
    let table = match column {
        Column::F32(values) => Table::new().f32(VALUES, values.clone()),
        Column::F64(values) => Table::new().f64(VALUES, values.clone()),
    };
    write(draft, part, &table)
}

/// Read a column of numbers.
pub fn read_column(store: &Store, manifest: &Manifest, part: &str) -> Result<Column, StoreError> {
    let table = read(store, manifest, part)?;
    match table.f32s(VALUES) {
        Ok(values) => Ok(Column::F32(values.to_vec())),
        Err(_) => Ok(Column::F64(table.f64s(VALUES)?.to_vec())),
    }
}

/// Write categories; codes count by first appearance within the part, so that it depends on its own rows only.
pub fn write_categories(draft: &mut Draft, part: &str, categories: &Categories) -> Result<(), StoreError> {
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
    // One part, and so one digest: the names stand in the name of the column.
    let names = serde_json::to_string(&names).unwrap_or_default();
    write(draft, part, &Table::new().u32(&names, codes))
}

/// Read categories.
pub fn read_categories(store: &Store, manifest: &Manifest, part: &str) -> Result<Categories, StoreError> {
    let table = read(store, manifest, part)?;
    let header = table.names().next().unwrap_or("[]").to_owned();
    let names = serde_json::from_str::<Vec<String>>(&header)
        .map_err(|error| StoreError::Table { reason: format!("the names of categories: {error}") })?;
    Ok(Categories::new(table.u32s(&header)?.to_vec(), names))
}

/// Write whole numbers.
pub fn write_integers(
    draft: &mut Draft,
    part: &str,
    values: impl IntoIterator<Item = i64>,
) -> Result<(), StoreError> {
    write(draft, part, &Table::new().i64(VALUES, values.into_iter().collect()))
}

/// Read whole numbers.
pub fn read_integers(store: &Store, manifest: &Manifest, part: &str) -> Result<Vec<i64>, StoreError> {
    Ok(read(store, manifest, part)?.i64s(VALUES)?.to_vec())
}

/// Write row numbers.
pub fn write_rows(draft: &mut Draft, part: &str, values: &[u32]) -> Result<(), StoreError> {
    write(draft, part, &Table::new().u32(VALUES, values.to_vec()))
}

/// Read row numbers.
pub fn read_rows(store: &Store, manifest: &Manifest, part: &str) -> Result<Vec<u32>, StoreError> {
    Ok(read(store, manifest, part)?.u32s(VALUES)?.to_vec())
}

/// Write texts.
pub fn write_texts<'a>(
    draft: &mut Draft,
    part: &str,
    values: impl IntoIterator<Item = &'a str>,
) -> Result<(), StoreError> {
    write(draft, part, &Table::new().str(VALUES, values))
}

/// Read texts.
pub fn read_texts(store: &Store, manifest: &Manifest, part: &str) -> Result<Vec<String>, StoreError> {
    let table = read(store, manifest, part)?;
    Ok(table.strs(VALUES)?.into_iter().map(str::to_owned).collect())
}
