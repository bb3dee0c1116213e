//! What lies in the store: how panels, columns and fits are written and read back. Knows no step.

pub mod column;
pub mod delistings;
pub mod encoding;
pub mod facts;
pub mod fits;
pub mod high_water;
pub mod ledger;
pub mod panel;
pub mod segment;
