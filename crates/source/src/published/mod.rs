//! Values with the day on which they became known.
//!
//! To add one: another usual name of the column of days is a line in `publication_day`, the publication lag of a series
//! one in `observations/lag.rs`.

mod dated_tables;
mod fact_name;
pub(crate) mod facts;
pub(crate) mod observations;
mod publication_day;
mod repeats;
