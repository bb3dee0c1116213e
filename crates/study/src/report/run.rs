//! The facts that may differ from run to run, kept apart from the page's body.

use backstaff_report::{Block, Column, Section, Table, cells};

use crate::flow::progress::{Outcome, StageRecord};

/// The section about a run: the outcome of its stages, the threads, the machine and the profile.
pub(crate) fn run_section(stages: &[StageRecord], threads: usize, profile: Option<&str>) -> Section {
    let mut table = Table::new("Stages of this run")
        .column(Column::text("Stage"))
        .column(Column::text("Outcome"))
        .column(Column::seconds("Time"))
        .column(Column::integer("Computed"))
        .column(Column::integer("Found"))
        .column(Column::text("Why"))
        .column(Column::text("Keys"));
    for stage in stages {
        let outcome = if stage.outcome == Outcome::Found { "found" } else { "computed" };
        let key = stage.key.get(..12).unwrap_or(&stage.key);
        let (computed, found) = (stage.computed, stage.found);
        table =
            table.row(cells![stage.name, outcome, stage.seconds, computed, found, stage.why.as_str(), key]);
    }
    let text = format!(
        "backstaff {} on {} threads, {} {}; profile: {}.",
        env!("CARGO_PKG_VERSION"),
        threads,
        std::env::consts::OS,
        std::env::consts::ARCH,
        profile.unwrap_or("none"),
    );
    Section::new("run", "This run").block(Block::Text(vec![text])).block(table)
}
