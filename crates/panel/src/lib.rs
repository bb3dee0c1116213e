//! The nouns of the market, on which every other crate builds.
//!
//! A [`Panel`] is *instrument-major*: each [`Instrument`] owns one run of rows, from its first to its last
//! [`Session`], with a row for every session of the [`Calendar`] in between. A column is one buffer for all
//! instruments, cut by the offsets of the [`Axis`]. A session without a value (a halt, a hole in the file) is a row
//! whose value is missing (NaN), so that time never closes over a gap unnoticed.
//!
//! This crate does no input or output and imports nothing of ours.

mod axis;
mod calendar;
mod category;
mod column;
mod execution;
mod fact;
mod instrument;
mod panel;
mod period;
mod session;
mod signal;
#[cfg(feature = "testing")]
pub mod testing;
mod universe;

pub use axis::{Axis, BySession, kept_ranges, split_at_offsets};
pub use calendar::Calendar;
pub use category::Categories;
pub use column::{Column, Encoding, NarrowColumn};
pub use execution::Execution;
pub use fact::{Fact, Facts};
pub use instrument::Instrument;
pub use jiff::civil::Weekday;
pub use panel::{Panel, PanelError, TRADED};
pub use period::{Frequency, Period};
pub use session::{ParseSessionError, Session};
pub use signal::Signal;
pub use universe::Universe;
