//! From files to a panel of daily bars.

pub(crate) mod adjust;
pub(crate) mod align;
pub(crate) mod bad_rows;
mod base_price;
pub(crate) mod column_roles;
pub(crate) mod derive;
mod drop_list;
pub(crate) mod inspect;
mod laps;
pub(crate) mod load;
pub(crate) mod read;
pub(crate) mod reading;
mod row_pieces;
pub(crate) mod rows;
pub(crate) mod series;
pub(crate) mod sessions;
