//! Single tables that hold no bars: facts about instruments, columns of numbers.

pub(crate) mod attributes;
pub(crate) mod given_values;
pub(crate) mod number_table;
pub(crate) mod row_dates;
