//! The ranges into which a table is cut, so that several connections can read it.

use rusqlite::{Connection, Result, types::Value};

use super::{index, sql_name::quoted};
use crate::provider::tables::scan::Scan;

/// The number of parts into which a table is cut: more than there are threads, so that all end together, and the same
/// for any number of threads.
const PARTS: i128 = 64;

/// The number of keys below which cutting costs more than it saves.
const WORTH_CUTTING: i128 = 4_096;

/// A part of a table that one connection reads.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Range {
    /// The rows with numbers from the first to the last one.
    Rows(i64, i64),
    /// The rows with one of the texts that are kept, through an index that begins with their column.
    Kept { index: String, column: String, text: String },
    /// The rows of a table without row numbers whose first key column has a value from one to before another.
    Keys { column: String, from: Option<Value>, before: Option<Value> },
}

/// The parts of a table, in its order, or in that of an index where the order means nothing.
pub(super) fn of(connection: &Connection, scan: &Scan<'_>) -> Result<Vec<Range>> {
    let table = scan.table;
    if let (true, 1, Some((column, texts))) = (scan.any_order, scan.keep.len(), scan.keep.iter().next()) {
        let columns = scan.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        if let Some(index) = index::covering(connection, table, column, &columns)? {
            let kept = |text: &String| Range::Kept {
                index: index.clone(),
                column: column.clone(),
                text: text.clone(),
            };
            return Ok(texts.iter().map(kept).collect());
        }
    }
    match span(connection, table) {
        Ok((Some(first), Some(last))) => Ok(by_row(first, last)),
        Ok(_) => Ok(Vec::new()),
        // A view, or a table without row numbers.
        Err(_) => by_key(connection, table),
    }
}

/// The numbers of a table's first and last row; an error for a view, or a table without row numbers.
pub(super) fn span(connection: &Connection, table: &str) -> Result<(Option<i64>, Option<i64>)> {
    // Asked for both at once, SQLite would walk through the whole table.
    let table = quoted(table);
    let sql = format!("SELECT (SELECT min(rowid) FROM {table}), (SELECT max(rowid) FROM {table})");
    connection.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The parts of the rows of a table above one number and up to another.
pub(super) fn between(connection: &Connection, scan: &Scan<'_>, above: i64, to: i64) -> Result<Vec<Range>> {
    let sql = format!("SELECT min(rowid) FROM {} WHERE rowid > ?1", quoted(scan.table));
    let first: Option<i64> = connection.query_row(&sql, [above], |row| row.get(0))?;
    Ok(first.filter(|first| *first <= to).map_or_else(Vec::new, |first| by_row(first, to)))
}

/// The parts from one row number to another.
fn by_row(first: i64, last: i64) -> Vec<Range> {
    // Wider than a row number, since these may be any.
    let width = i128::from(last) - i128::from(first) + 1;
    let parts = if width < WORTH_CUTTING { 1 } else { PARTS };
    let cut = |part: i128| i128::from(first) + width * part / parts;
    (0..parts).map(|part| Range::Rows(cut(part) as i64, (cut(part + 1) - 1) as i64)).collect()
}

/// The parts of a table without row numbers. They are cut at distinct values of the first key column, each of which
/// costs one look-up, however many rows it has.
fn by_key(connection: &Connection, table: &str) -> Result<Vec<Range>> {
    let sql = "SELECT name FROM pragma_table_info(?1) WHERE pk = 1";
    let column = match connection.query_row(sql, [table], |row| row.get::<_, String>(0)) {
        Ok(column) => column,
        Err(rusqlite::Error::QueryReturnedNoRows) => {
            return Ok(vec![Range::Keys { column: String::new(), from: None, before: None }]);
        }
        Err(error) => return Err(error),
    };
    let (key, table) = (quoted(&column), quoted(table));
    let mut next = connection.prepare(&format!("SELECT min({key}) FROM {table} WHERE {key} > ?1"))?;
    let mut value: Option<Value> =
        connection.query_row(&format!("SELECT min({key}) FROM {table}"), [], |row| row.get(0))?;
    let mut values = Vec::new();
    while let Some(known) = value.filter(|value| *value != Value::Null) {
        value = next.query_row([&known], |row| row.get(0))?;
        values.push(known);
    }
    let parts = (PARTS as usize).min(values.len()).max(1);
    let cut = |part: usize| (0 < part && part < parts).then(|| values[values.len() * part / parts].clone());
    Ok((0..parts)
        .map(|part| Range::Keys { column: column.clone(), from: cut(part), before: cut(part + 1) })
        .collect())
}

/// The largest number of rows for which memory is set aside: row numbers may have wide gaps.
const MOST_ROWS: i64 = 1 << 20;

impl Range {
    /// The number of rows for which memory should be set aside; 0 where nothing is known of it.
    pub(super) fn at_most(&self) -> usize {
        match self {
            Self::Rows(first, last) => {
                last.saturating_sub(*first).saturating_add(1).clamp(0, MOST_ROWS) as usize
            }
            Self::Kept { .. } | Self::Keys { .. } => 0,
        }
    }

    /// The query for the wanted columns of the kept rows, the row's number first.
    pub(super) fn query(&self, scan: &Scan<'_>) -> (String, Vec<Value>) {
        let mut values = Vec::new();
        let mut conditions = Vec::new();
        let columns = scan.columns.iter().map(|(name, _)| quoted(name)).collect::<Vec<_>>().join(", ");
        let number = match self {
            Self::Kept { index, column, text } => {
                let sql = format!(
                    "SELECT rowid, {columns} FROM {} INDEXED BY {} WHERE {} = ?1",
                    quoted(scan.table),
                    quoted(index),
                    quoted(column)
                );
                return (sql, vec![Value::Text(text.clone())]);
            }
            Self::Rows(first, last) => {
                values.extend([Value::Integer(*first), Value::Integer(*last)]);
                conditions.push("rowid BETWEEN ?1 AND ?2".to_owned());
                "rowid"
            }
            Self::Keys { column, from, before } => {
                for (value, order) in [(from, ">="), (before, "<")] {
                    if let Some(value) = value {
                        values.push(value.clone());
                        conditions.push(format!("{} {order} ?{}", quoted(column), values.len()));
                    }
                }
                "NULL"
            }
        };
        for (column, texts) in scan.keep {
            let equals = texts.iter().map(|text| {
                values.push(Value::Text(text.clone()));
                // The sign keeps SQLite from walking an index on this column instead of the range.
                format!("+{} = ?{}", quoted(column), values.len())
            });
            conditions.push(format!("({})", equals.collect::<Vec<_>>().join(" OR ")));
        }
        let mut sql = format!("SELECT {number}, {columns} FROM {}", quoted(scan.table));
        if !conditions.is_empty() {
            sql.push_str(" WHERE ");
            sql.push_str(&conditions.join(" AND "));
        }
        (sql, values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_meet_and_cover_everything() {
        for (first, last) in [(1, 10), (1, 100_000), (-7, 9_999), (i64::MIN, i64::MAX)] {
            let ranges = by_row(first, last);
            let ends = ranges.iter().map(|range| match range {
                Range::Rows(from, to) => (*from, *to),
                Range::Keys { .. } | Range::Kept { .. } => unreachable!(),
            });
            let ends = ends.collect::<Vec<_>>();
            assert_eq!((ends[0].0, ends[ends.len() - 1].1), (first, last));
            assert!(ends.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0), "{ends:?}");
        }
    }
}
