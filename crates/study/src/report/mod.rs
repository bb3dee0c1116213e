//! Pages: what a study and a factor look like to a reader. Charts and series that they share lie here.

pub mod charts;
pub mod run;
pub mod series;
pub mod stage;
pub mod study;
