//! The growth of a database since it was read: new rows, and the digest of old ones.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, types::ValueRef};

use super::{
    connection::{self, open_one},
    fault::fault,
    ranges,
    sql_name::quoted,
};
use crate::{error::SourceError, request::table_layout::TableLayout};

/// Smaller tables, by the span of their row numbers, are always read whole.
const LARGE: i64 = 100_000;

/// One state of an SQLite file: which rows each table has, and their bytes in a form that can be compared.
#[derive(Debug)]
pub struct Growth {
    path: PathBuf,
    connection: Connection,
}

impl Growth {
    /// Open a file in its present state.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        Ok(Self { path: path.to_owned(), connection: open_one(path)? })
    }

    /// A number that changes with every change of the schema, and whenever rows may have got other numbers.
    pub fn schema_version(&self) -> Result<i64, SourceError> {
        self.ask(self.connection.query_row("PRAGMA schema_version", [], |row| row.get(0)))
    }

    /// The tables that a layout names and the file has. A table that is large enough for reading above a mark comes
    /// with the number of its last row. A table without row numbers, or a view, is never large.
    pub fn tables(&self, layout: &TableLayout) -> Result<Vec<(String, Option<i64>)>, SourceError> {
        let there = self.ask(connection::tables(&self.connection))?;
        let tables = layout.table_names().into_iter().filter(|name| there.iter().any(|other| other == name));
        let last = |name: &str| {
            let (first, last) = ranges::span(&self.connection, name).ok()?;
            last.filter(|last| first.is_some_and(|first| last.saturating_sub(first) >= LARGE))
        };
        Ok(tables.map(|name| (name.to_owned(), last(name))).collect())
    }

    /// Write the rows of a table above one number and up to another, with all their columns.
    pub fn write_rows(
        &self,
        table: &str,
        above: i64,
        to: i64,
        out: &mut dyn Write,
    ) -> Result<(), SourceError> {
        let sql =
            format!("SELECT rowid, * FROM {} WHERE rowid > ?1 AND rowid <= ?2 ORDER BY rowid", quoted(table));
        self.write(&sql, &[above, to], out)
    }

    /// Write the newest rows of a table up to a number, at most `count` of them.
    pub fn write_newest(
        &self,
        table: &str,
        to: i64,
        count: i64,
        out: &mut dyn Write,
    ) -> Result<(), SourceError> {
        let sql =
            format!("SELECT rowid, * FROM {} WHERE rowid <= ?1 ORDER BY rowid DESC LIMIT ?2", quoted(table));
        self.write(&sql, &[to, count], out)
    }

    /// Write all rows of a table.
    pub fn write_table(&self, table: &str, out: &mut dyn Write) -> Result<(), SourceError> {
        self.write(&format!("SELECT * FROM {}", quoted(table)), &[], out)
    }

    /// Write the rows of a query, each value as its type, its length and its bytes.
    fn write(&self, sql: &str, parameters: &[i64], out: &mut dyn Write) -> Result<(), SourceError> {
        let failed = |source| SourceError::Read { path: self.path.clone(), source };
        let mut statement = self.ask(self.connection.prepare(sql))?;
        let columns = statement.column_count();
        let mut rows = self.ask(statement.query(rusqlite::params_from_iter(parameters)))?;
        let mut bytes = Vec::new();
        while let Some(row) = self.ask(rows.next())? {
            bytes.clear();
            for column in 0..columns {
                let (kind, value) = match row.get_ref_unwrap(column) {
                    ValueRef::Null => (b'n', &[][..]),
                    ValueRef::Integer(value) => (b'i', &value.to_le_bytes()[..]),
                    ValueRef::Real(value) => (b'r', &value.to_bits().to_le_bytes()[..]),
                    ValueRef::Text(value) => (b't', value),
                    ValueRef::Blob(value) => (b'b', value),
                };
                bytes.push(kind);
                bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
                bytes.extend_from_slice(value);
            }
            out.write_all(&bytes).map_err(failed)?;
        }
        Ok(())
    }

    fn ask<T>(&self, result: rusqlite::Result<T>) -> Result<T, SourceError> {
        result.map_err(|error| fault(&self.path, &error))
    }
}
