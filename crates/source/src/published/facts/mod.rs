//! Published values of instruments: fundamentals, estimates.

pub(crate) mod fact_source;
mod fact_table;
mod left_out;
mod read;

#[cfg(test)]
mod tests;
