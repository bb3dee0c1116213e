//! Foreign bytes to cells: Parquet, Arrow, CSV and zip files, tables in memory. What a column means on the market is decided elsewhere.
//!
//! To add one: a file format is a module like `csv_file` and a variant of `table_file::TableFile`.

mod arrow_ipc;
pub(crate) mod bar_columns;
pub(crate) mod boundary;
pub(crate) mod cell;
pub(crate) mod coded_texts;
pub(crate) mod column_file;
pub(crate) mod compressed;
pub(crate) mod csv_file;
pub(crate) mod decoded;
pub(crate) mod header;
pub(crate) mod memory_table;
pub(crate) mod number_cells;
pub(crate) mod numbers;
pub(crate) mod row_numbers;
pub(crate) mod session_fold;
mod side_by_side;
pub(crate) mod size_limit;
mod stacked_header;
pub(crate) mod table_file;
mod text_file;
pub(crate) mod text_table;
pub(crate) mod untraded;
pub(crate) mod zip_file;
