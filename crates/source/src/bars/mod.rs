//! From files to a panel of daily bars.

pub(crate) mod adjust;
pub(crate) mod align;
pub(crate) mod bad_rows;
pub(crate) mod column_roles;
pub(crate) mod derive;
pub(crate) mod load;
pub(crate) mod read;
pub(crate) mod reading;
pub(crate) mod rows;
pub(crate) mod series;
pub(crate) mod sessions;
