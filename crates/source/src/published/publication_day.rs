//! The day on which a value became known.

use backstaff_panel::Session;

use crate::{date_order::DateOrder, date_text};

/// The usual names of the column of days on which values became known, as `names::folded` writes them.
pub(super) const KNOWN_AT: [&str; 11] = [
    "knownat",
    "known",
    "published",
    "publishedat",
    "publicationdate",
    "announced",
    "announcementdate",
    "filed",
    "filingdate",
    "acceptedat",
    "collectedon",
];

/// The first day on which a value counts: the day of the text, or the next one if the text has a time after midnight,
/// since the value may have come after that day's close.
pub(super) fn counts_from(text: &str, order: DateOrder) -> Option<Session> {
    let (stamp, _) = date_text::parse(text, order)?;
    Some(Session::from_number(stamp.day + i32::from(stamp.second > 0)))
}
