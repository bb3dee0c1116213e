//! The tables about the models of a run: no result depends on them, so they are kept apart from the page's body.

use backstaff_report::{Column, Format, Table, cells};

use crate::steps::regimes::Work;

/// The counts of the caches of models, and the times of the operations.
pub(crate) fn work(work: &Work) -> Vec<Table> {
    let cache = Table::new("Models asked for in this run")
        .column(Column::text("Setting"))
        .column(Column::integer("Asked for"))
        .column(Column::integer("In memory"))
        .column(Column::integer("In the store"))
        .column(Column::integer("Fitted"))
        .column(Column::integer("Forgotten").note("to make room"))
        .column(Column::percent("Found", 0).note("windows that are asked for once can't be found"))
        .column(Column::integer("Models held"))
        .column(Column::new("Bytes", Format::Bytes));
    let rows = [("the study's own", work.kept), ("others", work.others)];
    let cache = rows.into_iter().fold(cache, |cache, (setting, statistics)| {
        cache.row(cells![
            setting,
            statistics.requests() as usize,
            statistics.hits as usize,
            statistics.kept_hits as usize,
            statistics.misses as usize,
            statistics.evictions as usize,
            statistics.hit_rate(),
            statistics.entries,
            statistics.bytes,
        ])
    });
    let mut profile = Table::new("Where the time of the regimes went")
        .column(Column::text("Operation"))
        .column(Column::integer("Calls"))
        .column(Column::seconds("Total"))
        .column(Column::seconds("Mean"))
        .column(Column::seconds("Median"))
        .column(Column::seconds("p95"))
        .column(Column::seconds("Min"))
        .column(Column::seconds("Max"));
    for operation in &work.profile.operations {
        profile = profile.row(cells![
            operation.name,
            operation.calls,
            operation.total,
            operation.mean,
            operation.median,
            operation.p95,
            operation.min,
            operation.max,
        ]);
    }
    vec![cache, profile]
}
