//! Databases of several tables: SQLite files, and folders of Parquet files that are named after the tables.
//!
//! A `TableLayout` says which table and column is what. `scan` describes the columns wanted of one table; `sqlite`
//! decodes them over ranges of keys by several connections that see one state of the file, `table_folder` by row
//! groups, and `database` is either of them. `prices`, `categories`, `statements` and `series` make of the cells what a
//! panel holds, `delistings` what says where instruments end.
//!
//! To add one: another kind of database is a variant of `database::Database` with a `scan`; another usual schema is a
//! file in `request/presets/` and its line in `request/table_layout.rs`.

pub(crate) mod categories;
pub(crate) mod database;
mod day_reader;
pub(crate) mod delistings;
mod infinite_values;
pub(crate) mod kept_rows;
pub(crate) mod prices;
mod reports;
mod scan;
pub(crate) mod series;
pub(crate) mod sqlite;
pub(crate) mod statements;
mod table_folder;
