//! The table of published values, of companies and of the market, with the days from which they are known.

use backstaff_report::{Cell, Column, Table, cells};

use crate::flow::results::Results;

/// The table with one row for each quantity; `None` if nothing is published.
pub(super) fn table(results: &Results) -> Option<Table> {
    let facts = &results.panel.facts().published;
    let mut table = Table::new("Published values: a session knows those of its own day and before")
        .column(Column::text("Name"))
        .column(Column::text("Of"))
        .column(Column::integer("Values"))
        .column(Column::text("First known"))
        .column(Column::text("Last known"))
        .column(Column::text("Known"))
        .visible_rows(18);
    for fact in facts {
        let about = if fact.of_market {
            "the market".to_owned()
        } else {
            format!("{} instruments", fact.instruments)
        };
        let (first, last) = match &fact.known {
            Some((first, last)) => (Cell::from(first), Cell::from(last)),
            None => (Cell::Missing, Cell::Missing),
        };
        table = table.row(cells![format!("$${}", fact.name), about, fact.values, first, last, &fact.how]);
    }
    (!facts.is_empty()).then_some(table)
}
