//! The page and the text of a judged factor.

mod page;
mod text;

pub(crate) use page::page;
