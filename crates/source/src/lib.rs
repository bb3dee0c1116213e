//! Foreign bytes to panels: Parquet and CSV files, alignment, corporate actions, quality.
//!
//! [`PanelSource`] says where daily bars are and how to read them; [`PanelSource::load`] gives a panel and what was
//! found on the way. The path of a row: `read` decodes files to blocks (`parquet_file`, `csv_file`, by the `layout` of
//! their columns), `rows` orders them by instrument and session, `faults` refuses what can't be true, `sessions`
//! chooses the calendar, `align` puts rows where their sessions are, `adjust` and `derive` make the fields.
//!
//! To add one: a new file format is a module like `csv_file`, with a header and blocks, and a line in `read`.

mod adjust;
mod align;
mod attributes;
mod block;
mod csv_file;
mod database_check;
mod derive;
mod error;
mod exchange;
mod facts;
mod faults;
mod files;
mod found;
mod layout;
mod lean;
mod load;
mod name;
mod numbers;
mod observations;
mod parquet_file;
mod qlib;
pub mod quality;
mod read;
mod request;
mod row_numbers;
mod rows;
mod series;
mod sessions;
mod stamp;
mod tables;

pub use attributes::{Attributes, Since, read_attributes};
pub use database_check::{
    ColumnReport, DatabaseReport, DateRange, IndexReport, Oddity, TableReport, check_database,
};
pub use error::{BadPrice, Duplicate, Place, SourceError};
pub use exchange::Exchange;
pub use facts::{FactSource, FactsByName, ReadFacts};
pub use files::source_files;
pub use found::{DroppedDate, Excluded, Found, FoundAdjustment, FoundCalendar, FoundColumn, Ignored, Loaded};
pub use load::inspect;
pub use name::field_name;
pub use numbers::NumberTable;
pub use observations::{Lag, Lags, ReadSeries, SeriesSource};
pub use request::{Adjustment, CalendarRule, DateOrder, Format, Mapping, OnBadInstrument, PanelSource};
pub use series::Series;
pub use stamp::Shape;
pub use tables::{
    CategoryTable, Currency, Dates, Delisting, DelistingTable, Delistings, Growth, Halts, IndexTrial,
    ItemTable, Keep, KeepsRows, LayoutError, Marks, PeriodTable, PriceTable, RowsName, SeriesTable,
    Statements, TableColumn, TableLayout, TableMarks, TableRows, Version, is_database, make_indexes,
    try_indexes,
};
