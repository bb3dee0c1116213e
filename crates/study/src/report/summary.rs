//! TEMP
use super::{account::Accounts, verdict::Verdict};
use crate::results::Results;
use backstaff_report::Section;
pub(super) fn section(_: &Results, _: &Accounts<'_>, _: &Verdict) -> Section {
    Section::new("summary", "Summary")
}
