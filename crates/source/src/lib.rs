//! Foreign bytes to panels: Parquet and CSV files, databases, alignment, corporate actions, quality.
//!
//! [`PanelSource`] says where daily bars are and how to read them; [`PanelSource::load`] gives a panel and what was
//! found on the way.
//!
//! The wings, each of which uses only those above it: `request` (what is asked), `format` (bytes to cells), `provider`
//! (places with a form of their own), `bars` (cells to a panel); beside `bars` lie `published` (values with the day on
//! which they became known) and `table` (single tables); `check` lists what looks wrong.

mod bars;
mod check;
mod date_text;
mod error;
mod format;
mod names;
mod provider;
mod published;
mod request;
mod table;

pub use bars::{
    load::inspect,
    reading::{DroppedDate, Excluded, Found, FoundAdjustment, FoundCalendar, FoundColumn, Ignored, Loaded},
    series::Series,
};
pub use check::{
    database::{ColumnReport, DatabaseReport, DateRange, IndexReport, Oddity, TableReport, check_database},
    quality,
};
pub use date_text::Shape;
pub use error::{BadPrice, Duplicate, Place, SourceError};
pub use names::field_name;
pub use provider::{
    source_files::source_files,
    tables::{
        Delisting, Delistings, Growth, IndexTrial, KeepsRows, Marks, RowsName, TableColumn, TableMarks,
        TableRows, is_database, make_indexes, try_indexes,
    },
};
pub use published::{
    facts::{FactSource, FactsByName, ReadFacts},
    observations::{Lag, Lags, ReadSeries, SeriesSource},
};
pub use request::{
    exchange::Exchange,
    panel_source::{Adjustment, CalendarRule, DateOrder, Format, Mapping, OnBadInstrument, PanelSource},
    table_layout::{
        CategoryTable, Currency, Dates, DelistingTable, Halts, ItemTable, Keep, LayoutError, PeriodTable,
        PriceTable, SeriesTable, Statements, TableLayout, Version,
    },
};
pub use table::{
    attributes::{Attributes, Since, read_attributes},
    number_table::NumberTable,
};
