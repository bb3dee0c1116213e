//! What a caller asks of a source: where data are, how they are written, what of them is wanted.
//!
//! Everything here is a value that says something; the other wings read it and act.

pub(crate) mod exchange;
pub(crate) mod panel_source;
pub(crate) mod table_layout;
