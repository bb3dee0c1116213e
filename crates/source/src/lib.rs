//! Foreign bytes to panels: Parquet and CSV files, alignment, corporate actions, quality.

mod attributes;
mod error;
mod exchange;
mod files;
mod found;
mod load;
mod name;
pub mod quality;
mod request;
mod series;

pub use attributes::{Attributes, Since, read_attributes};
pub use error::{BadPrice, Duplicate, Place, SourceError};
pub use exchange::Exchange;
pub use files::source_files;
pub use found::{DroppedDate, Excluded, Found, FoundAdjustment, FoundCalendar, FoundColumn, Ignored, Loaded};
pub use load::inspect;
pub use name::field_name;
pub use request::{Adjustment, CalendarRule, DateOrder, Mapping, OnBadInstrument, PanelSource};
pub use series::Series;
