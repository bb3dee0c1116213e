//! The table of keys between tables: how many instruments met, and which did not.

use backstaff_report::{Column, Table, cells};
use backstaff_source::{Judged, Unmet};

use crate::flow::results::Results;

/// The table with one row for each table that is joined with the prices; `None` without any.
pub(super) fn table(results: &Results) -> Option<Table> {
    let mut table = Table::new("Instruments that met between tables")
        .column(Column::text("Table"))
        .column(Column::text("File"))
        .column(Column::integer("Met"))
        .column(Column::text("Of all names of the"))
        .column(Column::percent("Share", 1))
        .column(Column::text("Only in the prices"))
        .column(Column::text("Only in the table"))
        .column(Column::text("What would mend it"));
    for matched in &results.matches {
        let judged = match matched.judged {
            Judged::Prices => "prices",
            Judged::Table => "table",
        };
        let file = matched.path.file_name().map(|name| name.to_string_lossy().into_owned());
        table = table.row(cells![
            &matched.key,
            file.unwrap_or_default(),
            matched.met,
            judged,
            matched.share(),
            names(&matched.only_prices),
            names(&matched.only_table),
            matched.advice().trim_start_matches("; ")
        ]);
    }
    (!results.matches.is_empty()).then_some(table)
}

/// How many names, and the first of them.
fn names(unmet: &Unmet) -> String {
    if unmet.count == 0 { "0".to_owned() } else { format!("{}: {unmet}", unmet.count) }
}
