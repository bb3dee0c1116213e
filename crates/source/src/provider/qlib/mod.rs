//! Folders in Qlib's own layout.
//!
//! ```text
//! calendars/day.txt                                  one date a line
//! instruments/all.txt                                SYMBOL <tab> first date <tab> last date
//! features/<symbol in small letters>/<field>.day.bin 32-bit floats: the first date's place in the calendar, then values
//! financial/<symbol in small letters>/<fact>_q.data  published values, see `facts`
//! ```

pub(crate) mod bars;
mod bin_file;
pub(crate) mod facts;
pub(crate) mod folder;

pub use bin_file::BinFile;
pub use folder::{calendar, field_of, folder_name, folders};
