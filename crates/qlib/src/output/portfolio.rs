//! The tables of a portfolio.

use std::path::Path;

use backstaff_panel::Session;
use backstaff_portfolio::Side;
use backstaff_study::StudyError;

use super::{
    measures,
    table::{Columns, numbers, table, texts, times},
};
use crate::portfolio::Outcome;

/// A table whose rows have a date each.
struct Dated {
    columns: Columns,
}

impl Dated {
    fn new(dates: impl IntoIterator<Item = Session>) -> Self {
        let dates = dates.into_iter().collect::<Vec<_>>();
        Self { columns: vec![("datetime".to_owned(), times(&dates))] }
    }

    fn texts(mut self, name: &str, values: impl IntoIterator<Item = String>) -> Self {
        self.columns.push((name.to_owned(), texts(values)));
        self
    }

    fn numbers(mut self, name: &str, values: impl IntoIterator<Item = f64>) -> Self {
        self.columns.push((name.to_owned(), numbers(values)));
        self
    }

    fn write(self, path: &Path) -> Result<(), StudyError> {
        table(path, self.columns)
    }
}

/// Write all tables of a portfolio under Qlib's names.
pub(super) fn write(folder: &Path, outcome: &Outcome) -> Result<(), StudyError> {
    let report = &outcome.report;
    Dated::new(report.iter().map(|row| row.session))
        .numbers("account", report.iter().map(|row| row.account))
        .numbers("return", report.iter().map(|row| row.return_))
        .numbers("total_turnover", report.iter().map(|row| row.total_turnover))
        .numbers("turnover", report.iter().map(|row| row.turnover))
        .numbers("total_cost", report.iter().map(|row| row.total_cost))
        .numbers("cost", report.iter().map(|row| row.cost))
        .numbers("value", report.iter().map(|row| row.value))
        .numbers("cash", report.iter().map(|row| row.cash))
        .numbers("bench", outcome.bench.iter().copied())
        .write(&folder.join("report_normal_1day.parquet"))?;
    let rows = &outcome.indicators;
    Dated::new(rows.iter().map(|row| row.session))
        .numbers("ffr", rows.iter().map(|row| row.ffr))
        .numbers("pa", rows.iter().map(|row| row.pa))
        .numbers("pos", rows.iter().map(|row| row.pos))
        .numbers("deal_amount", rows.iter().map(|row| row.deal_amount))
        .numbers("value", rows.iter().map(|row| row.value))
        .numbers("count", rows.iter().map(|row| row.count as f64))
        .write(&folder.join("indicators_normal_1day.parquet"))?;
    orders(folder, outcome)?;
    positions(folder, outcome)?;
    risks(folder, outcome)?;
    let means = [("ffr", outcome.means.ffr), ("pa", outcome.means.pa), ("pos", outcome.means.pos)];
    table(
        &folder.join("indicator_analysis_1day.parquet"),
        vec![
            ("index".to_owned(), texts(means.iter().map(|(name, _)| (*name).to_owned()))),
            ("value".to_owned(), numbers(means.iter().map(|(_, value)| *value))),
        ],
    )
}

fn orders(folder: &Path, outcome: &Outcome) -> Result<(), StudyError> {
    let (result, orders) = (&outcome.backtest, &outcome.backtest.orders);
    let side = |side: Side| if side == Side::Buy { "buy" } else { "sell" }.to_owned();
    Dated::new(orders.iter().map(|order| order.session))
        .texts(
            "instrument",
            orders.iter().map(|order| result.instruments[order.instrument].name().to_owned()),
        )
        .texts("direction", orders.iter().map(|order| side(order.side)))
        .numbers("amount", orders.iter().map(|order| order.amount))
        .numbers("deal_amount", orders.iter().map(|order| order.deal_amount))
        .numbers("price", orders.iter().map(|order| order.price))
        .numbers("value", orders.iter().map(|order| order.value))
        .numbers("cost", orders.iter().map(|order| order.cost))
        .write(&folder.join("orders_1day.parquet"))
}

fn positions(folder: &Path, outcome: &Outcome) -> Result<(), StudyError> {
    let result = &outcome.backtest;
    let day = |day: u32| &result.days[day as usize];
    let first = outcome.report.first().map(|row| row.session);
    let rows = result.positions.iter().filter(|row| first.is_none_or(|first| day(row.day).session >= first));
    let rows = rows.collect::<Vec<_>>();
    Dated::new(rows.iter().map(|row| day(row.day).session))
        .texts(
            "instrument",
            rows.iter().map(|row| result.instruments[row.instrument as usize].name().to_owned()),
        )
        .numbers("amount", rows.iter().map(|row| row.shares))
        .numbers("price", rows.iter().map(|row| row.value / row.shares))
        .numbers("weight", rows.iter().map(|row| row.value / day(row.day).equity))
        .write(&folder.join("positions_normal_1day.parquet"))
}

fn risks(folder: &Path, outcome: &Outcome) -> Result<(), StudyError> {
    let names = ["excess_return_without_cost", "excess_return_with_cost"];
    let all = names.iter().zip(&outcome.risks[1..]);
    let rows = all.flat_map(|(name, risk)| measures(risk).map(|(measure, value)| (*name, measure, value)));
    let rows = rows.collect::<Vec<_>>();
    table(
        &folder.join("port_analysis_1day.parquet"),
        vec![
            ("analysis".to_owned(), texts(rows.iter().map(|row| row.0.to_owned()))),
            ("measure".to_owned(), texts(rows.iter().map(|row| row.1.to_owned()))),
            ("risk".to_owned(), numbers(rows.iter().map(|row| row.2))),
        ],
    )
}
