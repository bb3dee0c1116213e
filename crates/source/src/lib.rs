//! Foreign bytes to panels: Parquet and CSV files, databases, alignment, corporate actions, quality.
//!
//! [`PanelSource`] says where daily bars are and how to read them; [`PanelSource::load`] gives a panel and what was
//! found on the way.
//!
//! The wings, each of which uses only those above it: `keys` (how names of tables meet), `request` (what is asked), `format` (bytes to cells), `provider`
//! (places with a form of their own), `bars` (cells to a panel); beside `bars` lie `published` (values with the day on
//! which they became known) and `table` (single tables); `check` lists what looks wrong.

mod bars;
mod check;
mod date_order;
mod date_text;
mod error;
mod format;
mod keys;
mod names;
mod provider;
mod published;
mod request;
mod table;

pub use bars::{
    reading::{
        DroppedDate, DroppedRow, DroppedRows, Excluded, Found, FoundAdjustment, FoundCalendar, FoundLayout,
        Loaded, UnadjustedSplit,
    },
    series::Series,
};
pub use check::{
    database::{DatabaseReport, check_database},
    habits::{FoundChange, FoundHalts},
    inspect::{Inspection, inspect},
    quality,
};
pub use date_order::DateOrder;
pub use date_text::Shape;
pub use error::{BadPrice, Duplicate, Place, SourceError};
pub use format::{boundary::behind_boundary, memory_table::MemoryTable};
pub use keys::{
    matched::{Judged, Match, Pair, Unmet},
    mend::Mend,
    name_rule::NameRule,
};
pub use names::field_name;
pub use provider::{
    decoded_bars::{ColumnRole, FoundColumn, Ignored, Resampled, Unused},
    qlib,
    source_files::source_files,
    tables::{
        delistings::{Delisting, Delistings},
        kept_rows::{KeepsRows, Marks, RowsName, TableColumn, TableMarks, TableRows},
        sqlite::{
            growth::Growth,
            index::{IndexTrial, make_indexes, try_indexes, undo_unfinished},
            is_database,
        },
    },
};
pub use published::{
    facts::fact_source::{FactSource, ReadFacts},
    observations::{
        lag::Lag,
        series_source::{Lags, ReadSeries, SeriesSource},
    },
};
pub use request::{
    adjustment::Adjustment,
    calendar_rule::{CalendarRule, NamedCalendar, OwnCalendars},
    exchange::Exchange,
    halts::Halts,
    mapping::Mapping,
    panel_source::{Format, OnBadRow, PanelSource},
    resample::{Hours, Resample},
    table_layout::{LayoutError, TableLayout},
    written::{Decimal, TextEncoding, Written},
    zone::Zone,
};
pub use table::{
    attributes::{Attributes, Since, read_attributes},
    given_values::{GivenSource, GivenValues, Holds, Placed, is_known_at},
    number_table::NumberTable,
    row_dates::{DateColumn, RowDates},
};
