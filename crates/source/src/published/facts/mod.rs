//! Published values of instruments: fundamentals, estimates.

mod fact_columns;
mod fact_row;
pub(crate) mod fact_source;
mod left_out;
mod read;

#[cfg(test)]
mod tests;
