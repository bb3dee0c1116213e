//! TEMP
use super::account::Accounts;
use backstaff_report::Section;
pub(super) fn section(_: &Accounts<'_>) -> Section {
    Section::new("stress", "stress")
}
