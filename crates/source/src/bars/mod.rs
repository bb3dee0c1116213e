//! Cells to a panel of daily bars.
//!
//! `load` conducts: `read` decodes the files, `order` sorts their rows by instrument and session, `unpriced` makes
//! prices missing that are none, `bad_rows` refuses those that can't be true, `sessions` chooses the calendar, `align` puts rows where their sessions are, `adjust` and
//! `derive` make the fields.

pub(crate) mod adjust;
mod adjustment_looks;
pub(crate) mod align;
pub(crate) mod bad_rows;
pub(crate) mod base_price;
mod calendar_remarks;
pub(crate) mod column_roles;
pub(crate) mod derive;
mod drop_list;
mod first_look;
mod laps;
pub(crate) mod load;
mod merge;
mod order;
pub(crate) mod read;
pub(crate) mod reading;
mod resample;
mod row_pieces;
pub(crate) mod rows;
pub(crate) mod series;
pub(crate) mod sessions;
mod split_events;
pub(crate) mod split_size;
mod total_returns;
mod units;
mod unpriced;
mod vendor_columns;
mod zones;
