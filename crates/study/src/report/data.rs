//! TEMP
use super::account::Accounts;
use crate::results::Results;
use backstaff_report::Section;
pub(super) fn section(_: &Results, _: &Accounts<'_>) -> Section {
    Section::new("data", "Data")
}
