//! The contents of the store: how panels, columns, ledgers and fits are written and read back. No step is known here.

pub mod column;
pub mod delistings;
pub mod encoding;
pub mod facts;
pub mod fits;
pub mod high_water;
pub mod ledger;
pub mod panel;
pub mod segment;
