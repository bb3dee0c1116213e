//! Requests: a caller says where data are, how they are written, and what of them is wanted.
//!
//! Everything here is a plain value; the other wings read it and act.
//!
//! To add one: an exchange is a variant in `exchange` and a file beside `exchange/xnys.txt`; another usual schema of a
//! database is a file in `presets/` and its line in `table_layout`; a vendor of files is an entry in `vendor/known`.

pub(crate) mod adjustment;
pub(crate) mod calendar_rule;
pub(crate) mod exchange;
pub(crate) mod halts;
pub(crate) mod mapping;
pub(crate) mod panel_source;
pub(crate) mod resample;
pub(crate) mod table_layout;
pub(crate) mod vendor;
pub(crate) mod written;
pub(crate) mod zone;
