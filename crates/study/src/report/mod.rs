//! Pages: what a study, a factor, regimes look like to a reader. Words and charts that they share lie here.

pub mod charts;
pub mod factor;
pub mod regimes;
pub mod series;
pub mod stage;
pub mod study;
