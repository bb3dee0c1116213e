//! What looks wrong, listed for people: in a loaded panel, in a database.

pub(crate) mod database;
pub mod quality;
