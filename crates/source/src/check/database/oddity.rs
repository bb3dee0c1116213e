//! Rows of a database that are not as one expects.

use rusqlite::{Connection, Result, types::ValueRef};
use serde::Serialize;

use crate::provider::tables::sqlite::sql_name::quoted;

/// Rows of a table that are not as one expects.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Oddity {
    /// The name of the table.
    pub table: String,
    /// The oddity in words.
    pub what: String,
    /// The number of odd rows.
    pub rows: u64,
    /// The number of all rows.
    pub of: u64,
    /// The first odd row, by the columns that identify it.
    pub first: String,
}

/// The values of some columns in the first row that meets a condition.
pub(super) fn first_row(
    database: &Connection,
    table: &str,
    condition: &str,
    columns: &[&str],
) -> Result<String> {
    let cells = columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
    let sql = format!("SELECT {cells} FROM {} WHERE {condition} LIMIT 1", quoted(table));
    database.query_row(&sql, [], |row| {
        let texts = columns.iter().enumerate().map(|(i, column)| {
            Ok(match row.get_ref(i)? {
                ValueRef::Null => format!("{column} missing"),
                ValueRef::Integer(value) => format!("{column} {value}"),
                ValueRef::Real(value) => format!("{column} {value}"),
                ValueRef::Text(text) => format!("{column} {:?}", String::from_utf8_lossy(text)),
                ValueRef::Blob(bytes) => format!("{column} of {} bytes", bytes.len()),
            })
        });
        Ok(texts.collect::<Result<Vec<_>>>()?.join(", "))
    })
}
