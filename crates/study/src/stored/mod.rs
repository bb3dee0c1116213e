//! The contents of the store: how panels, columns, ledgers and fits are written and read back. No step is known here.

pub(crate) mod column;
pub(crate) mod delistings;
pub(crate) mod encoding;
pub(crate) mod facts;
pub(crate) mod fits;
pub(crate) mod high_water;
pub(crate) mod ledger;
pub(crate) mod panel;
pub(crate) mod segment;
pub(crate) mod wanted;
