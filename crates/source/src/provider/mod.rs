//! Places that keep a market in a form of their own: Qlib's and LEAN's folders, databases of tables.

pub(crate) mod lean;
pub(crate) mod qlib;
pub(crate) mod source_files;
pub(crate) mod tables;
