//! Values with the day on which they became known.

pub(crate) mod facts;
pub(crate) mod observations;
