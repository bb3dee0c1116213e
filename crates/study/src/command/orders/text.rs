//! Orders for a terminal.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use backstaff_report::{Column, Table, cells, text};

use super::Orders;
use crate::words;

impl fmt::Display for Orders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} with {}: decided at the close of {}", self.study, self.by, self.decided)?;
        writeln!(f, "{}\n", self.ages.words())?;
        if self.orders.is_empty() {
            writeln!(f, "nothing to trade in the next session\n")?;
        } else {
            writeln!(f, "{}", text::render(&orders(self)))?;
            writeln!(f, "{}\n", totals(self))?;
        }
        if !self.protective.is_empty() {
            writeln!(f, "{}", text::render(&protective(self)))?;
        }
        if self.target_weights.is_empty() {
            writeln!(f, "nothing is held after it\n")?;
        }
        if !self.weights.is_empty() || !self.target_weights.is_empty() {
            writeln!(f, "{}", text::render(&positions(self)))?;
        }
        for (instrument, reason) in &self.refused {
            writeln!(f, "not ordered: {instrument}: {reason}")?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        Ok(())
    }
}

fn orders(all: &Orders) -> Table {
    let mut table = Table::new("orders for the next session")
        .column(Column::text("instrument"))
        .column(Column::text("side"))
        .column(Column::number("shares", 2))
        .column(Column::number("price", 4))
        .column(Column::number("value", 2))
        .column(Column::number("cost", 2));
    for order in &all.orders {
        table = table.row(cells![
            order.instrument.as_str(),
            order.side.as_str(),
            order.shares,
            order.price,
            order.value,
            order.cost
        ]);
    }
    table
}

fn protective(all: &Orders) -> Table {
    let mut table = Table::new("orders that wait, each closes its position")
        .column(Column::text("instrument"))
        .column(Column::text("side"))
        .column(Column::text("form"))
        .column(Column::number("price", 4))
        .column(Column::text("reason"));
    for order in &all.protective {
        table =
            table.row(cells![order.instrument.as_str(), order.side, order.form, order.price, order.reason]);
    }
    table
}

fn totals(all: &Orders) -> String {
    let sum =
        |side: &str| all.orders.iter().filter(|order| order.side == side).map(|order| order.value).sum();
    let (bought, sold): (f64, f64) = (sum("buy"), sum("sell"));
    let cost = all.orders.iter().map(|order| order.cost).sum::<f64>();
    format!(
        "buys {}, sells {}, expected cost {} ({} of the equity of {}); cash afterwards {}",
        words::number(bought, 2),
        words::number(sold, 2),
        words::number(cost, 2),
        words::percent(cost / all.equity, 3),
        words::number(all.equity, 2),
        words::number(all.cash_after, 2),
    )
}

fn positions(all: &Orders) -> Table {
    let mut table = Table::new("target weights")
        .column(Column::text("instrument"))
        .column(Column::percent("now", 2))
        .column(Column::percent("wanted", 2))
        .column(Column::percent("change", 2));
    let names = all.weights.keys().chain(all.target_weights.keys()).collect::<BTreeSet<_>>();
    for name in names {
        let weight = |weights: &BTreeMap<String, f64>| weights.get(name).copied().unwrap_or(0.0);
        let (now, wanted) = (weight(&all.weights), weight(&all.target_weights));
        table = table.row(cells![name.as_str(), now, wanted, wanted - now]);
    }
    table
}
