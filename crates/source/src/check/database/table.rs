//! One table: columns, rows, ranges of dates, indexes, and cells that are not what their column declares.

use std::fmt;

use rusqlite::{Connection, Result, Row};
use serde::Serialize;

use super::oddity::{Oddity, first_row};
use crate::provider::tables::sqlite::sql_name::quoted;

/// A table of the database.
#[derive(Clone, Debug, Serialize)]
pub(super) struct TableReport {
    /// The name of the table.
    pub name: String,
    /// The number of its rows.
    pub rows: u64,
    /// The columns of the table.
    pub columns: Vec<ColumnReport>,
    /// The ranges of the columns that hold dates as texts.
    pub dates: Vec<DateRange>,
    /// The indexes, among them those that keep a key unique.
    pub indexes: Vec<IndexReport>,
}

/// A column of a table.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ColumnReport {
    /// The name of the column.
    pub name: String,
    /// The type that the column declares.
    pub declared: String,
    /// The number of missing cells.
    pub missing: u64,
}

/// The dates of a column. Texts are compared without their dashes.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DateRange {
    /// The name of the column.
    pub column: String,
    /// The first date in the column.
    pub first: String,
    /// The last date in the column.
    pub last: String,
    /// The number of cells written as 20120102.
    pub compact: u64,
    /// The number of cells written as 2012-01-02.
    pub iso: u64,
    /// The number of cells written otherwise.
    pub other: u64,
}

/// An index of a table.
#[derive(Clone, Debug, Serialize)]
pub(super) struct IndexReport {
    /// The name of the index.
    pub name: String,
    /// The columns of the index, in order.
    pub columns: Vec<String>,
    /// Whether no two rows may have the same values in its columns.
    pub unique: bool,
}

const COMPACT: &str = "[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]";
const ISO: &str = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]";

/// Describe all tables, and find cells that contradict the type of their column.
pub(super) fn tables(database: &Connection) -> Result<(Vec<TableReport>, Vec<Oddity>)> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
               ORDER BY name";
    let names = database.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>>>()?;
    let (mut tables, mut oddities) = (Vec::new(), Vec::new());
    for name in names {
        tables.push(table(database, &name, &mut oddities)?);
    }
    Ok((tables, oddities))
}

fn table(database: &Connection, name: &str, oddities: &mut Vec<Oddity>) -> Result<TableReport> {
    let sql = "SELECT name, type FROM pragma_table_info(?1) ORDER BY cid";
    let declared = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
    let columns = database.prepare(sql)?.query_map([name], declared)?.collect::<Result<Vec<_>>>()?;
    let counts = columns.iter().map(|(column, kind)| {
        let cell = quoted(column);
        let (compact, iso) = if is_date(column, kind) { (COMPACT, ISO) } else { ("", "") };
        let wrong = if is_number(kind) { format!("typeof({cell}) IN ('text', 'blob')") } else { "0".to_owned() };
        format!("total({cell} IS NULL), total({wrong}), total({cell} GLOB '{compact}'), total({cell} GLOB '{iso}')")
    });
    let ranges = columns.iter().filter(|(column, kind)| is_date(column, kind)).map(|(column, _)| {
        let day = format!("replace({}, '-', '')", quoted(column));
        format!("min({day}), max({day})")
    });
    let all = ["count(*)".to_owned()].into_iter().chain(counts).chain(ranges).collect::<Vec<_>>().join(", ");
    let mut query = database.prepare(&format!("SELECT {all} FROM {}", quoted(name)))?;
    query.query_row([], |row| {
        let count = |place: usize| Ok::<_, rusqlite::Error>(row.get::<_, f64>(place)? as u64);
        let rows = row.get::<_, i64>(0)? as u64;
        let mut report = TableReport {
            name: name.to_owned(),
            rows,
            columns: Vec::new(),
            dates: Vec::new(),
            indexes: indexes(database, name)?,
        };
        let mut range = 1 + 4 * columns.len();
        for (i, (column, declared)) in columns.iter().enumerate() {
            let missing = count(1 + 4 * i)?;
            let wrong = count(2 + 4 * i)?;
            report.columns.push(ColumnReport { name: column.clone(), declared: declared.clone(), missing });
            if wrong > 0 {
                let condition = format!("typeof({}) IN ('text', 'blob')", quoted(column));
                let first = first_row(database, name, &condition, &[column])?;
                let what = format!("{column} is declared {declared} and holds text");
                oddities.push(Oddity { table: name.to_owned(), what, rows: wrong, of: rows, first });
            }
            if is_date(column, declared) {
                let (compact, iso) = (count(3 + 4 * i)?, count(4 + 4 * i)?);
                let text = |place| {
                    Ok::<_, rusqlite::Error>(row.get::<_, Option<String>>(place)?.unwrap_or_default())
                };
                let (first, last) = (text(range)?, text(range + 1)?);
                range += 2;
                let other = rows - missing - compact - iso;
                report.dates.push(DateRange { column: column.clone(), first, last, compact, iso, other });
            }
        }
        oddities.extend(mixed_dates(database, &report)?);
        Ok(report)
    })
}

/// The columns with dates in several forms.
fn mixed_dates(database: &Connection, table: &TableReport) -> Result<Vec<Oddity>> {
    let mut found = Vec::new();
    for DateRange { column, compact, iso, other, .. } in &table.dates {
        let cell = quoted(column);
        let (what, rows, condition) = if *other > 0 {
            (
                "is neither 20120102 nor 2012-01-02",
                other,
                format!("{cell} NOT GLOB '{COMPACT}' AND {cell} NOT GLOB '{ISO}'"),
            )
        } else if *compact > 0 && *iso > 0 && compact >= iso {
            (
                "is written as 2012-01-02 in some rows, as 20120102 in most",
                iso,
                format!("{cell} GLOB '{ISO}'"),
            )
        } else if *compact > 0 && *iso > 0 {
            (
                "is written as 20120102 in some rows, as 2012-01-02 in most",
                compact,
                format!("{cell} GLOB '{COMPACT}'"),
            )
        } else {
            continue;
        };
        let first = first_row(database, &table.name, &condition, &[column])?;
        let what = format!("{column} {what}");
        found.push(Oddity { table: table.name.clone(), what, rows: *rows, of: table.rows, first });
    }
    Ok(found)
}

fn is_date(column: &str, declared: &str) -> bool {
    !is_number(declared) && (column == "date" || column.ends_with("_date"))
}

/// Whether a declared type means numbers, by SQLite's rule of column affinity.
fn is_number(declared: &str) -> bool {
    let declared = declared.to_uppercase();
    ["INT", "REAL", "FLOA", "DOUB", "NUM", "DEC", "BOOL"].iter().any(|word| declared.contains(word))
}

fn indexes(database: &Connection, table: &str) -> Result<Vec<IndexReport>> {
    let sql = "SELECT name, \"unique\" FROM pragma_index_list(?1) ORDER BY name";
    let listed = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?));
    let list = database.prepare(sql)?.query_map([table], listed)?.collect::<Result<Vec<_>>>()?;
    let mut columns = database
        .prepare("SELECT coalesce(name, 'an expression') FROM pragma_index_info(?1) ORDER BY seqno")?;
    list.into_iter()
        .map(|(name, unique)| {
            let columns = columns.query_map([&name], |row| row.get(0))?.collect::<Result<_>>()?;
            Ok(IndexReport { name, columns, unique })
        })
        .collect()
}

impl fmt::Display for TableReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} rows", self.name, self.rows)?;
        for ColumnReport { name, declared, missing } in &self.columns {
            let missing = if *missing > 0 { format!("  {missing} missing") } else { String::new() };
            let dates = self.dates.iter().find(|dates| dates.column == *name && !dates.first.is_empty());
            let dates = dates.map(|dates| format!("  {} to {}", dates.first, dates.last)).unwrap_or_default();
            writeln!(f, "  {name:<24} {declared:<8}{dates}{missing}")?;
        }
        for IndexReport { name, columns, unique } in &self.indexes {
            let unique = if *unique { " unique" } else { "" };
            writeln!(f, "  index {name} ({}){unique}", columns.join(", "))?;
        }
        Ok(())
    }
}
