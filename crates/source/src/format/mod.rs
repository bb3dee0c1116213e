//! Foreign bytes to cells: what a file format is, and nothing of what its columns mean.
//!
//! To add one: a module like `csv_file`, with a header and decoded columns.

pub(crate) mod csv_file;
pub(crate) mod decoded;
pub(crate) mod parquet_file;
pub(crate) mod row_numbers;
