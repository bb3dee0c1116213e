//! Keys between tables: how the instruments of a table meet those of the prices, and what would make more of them meet.

pub(crate) mod matched;
pub(crate) mod mend;
pub(crate) mod name_rule;

#[cfg(test)]
mod tests;
