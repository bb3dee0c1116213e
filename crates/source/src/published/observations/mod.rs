//! Series of the whole market: rates, indices, prices of raw materials.

pub(crate) mod lag;
mod read;
pub(crate) mod series_source;
mod series_table;

#[cfg(test)]
mod tests;
