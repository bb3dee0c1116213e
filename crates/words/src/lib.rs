//! Words that messages share: the name that an unknown one was meant to be, counts with their noun, lists that are cut.
//!
//! ```
//! use backstaff_words::{count, nearest, some_of};
//! assert_eq!(nearest("clsoe", ["open", "close"]), Some("close"));
//! assert_eq!(count(1234, "row"), "1,234 rows");
//! assert_eq!(some_of(["a", "b", "c"], 2), "`a`, `b` and 1 more");
//! ```

mod count;
mod cut;
mod list;
mod nearest;

pub use count::{count, plural};
pub use cut::cut;
pub use list::some_of;
pub use nearest::{NEAR, did_you_mean, nearest, similarity};
