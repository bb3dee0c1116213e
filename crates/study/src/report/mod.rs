//! The pages about a study and a factor, and the charts and series that they share.

pub(crate) mod charts;
pub(crate) mod run;
pub(crate) mod series;
pub(crate) mod stage;
pub(crate) mod study;
