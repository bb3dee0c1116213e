//! The pages about a study and a factor, and the charts and series that they share.

pub mod charts;
pub mod run;
pub mod series;
pub mod stage;
pub mod study;
