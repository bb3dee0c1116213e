//! Lists for people of what looks wrong in a loaded panel or a database.

pub(crate) mod database;
pub mod quality;
