//! Lists for people of what looks wrong in a loaded panel or a database.

pub(crate) mod database;
pub(crate) mod habits;
pub(crate) mod inspect;
pub mod quality;
