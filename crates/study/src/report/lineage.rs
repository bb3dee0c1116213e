//! TEMP
use crate::results::Results;
use backstaff_report::Section;
pub(super) fn section(_: &Results) -> Section {
    Section::new("lineage", "lineage")
}
