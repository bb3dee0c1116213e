//! `positions`: what is held at each close.

use super::{
    Batches, Cells, Column, DATE, INSTRUMENT, PORTFOLIO, Results, Table, detailed, primary_of, repeated,
};
use crate::steps::backtest::BacktestResult;

/// The positions at each close.
pub(super) const TABLE: Table = Table {
    name: "positions",
    about: "One row for each session and position at its close: of the portfolio that the study asks about, and of those \
            that name their instruments; at the stated costs, without delay.",
    columns: &[
        PORTFOLIO,
        DATE,
        INSTRUMENT,
        Column::new(
            "shares",
            "shares",
            "The shares held, in the units of the prices that the study uses (adjusted ones if those are adjusted); negative if short.",
        ),
        Column::new("price", "money a share", "The newest closing price."),
        Column::new("value", "money", "`shares · price`; negative if short."),
        Column::new("weight", "fraction", "`value` divided by the account's equity; negative if short."),
    ],
    rows,
};

/// The portfolios whose positions are written: of several models only the one that the study asks about, since each has
/// as many rows as places and sessions.
pub(super) fn written(results: &Results) -> Vec<(String, &BacktestResult)> {
    let named = detailed(results).filter(|(_, backtest)| backtest.variant.holder.names_instruments());
    primary_of(results).into_iter().chain(named).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "every study has positions, and others may lack their rows")]
fn rows(results: &Results) -> Option<Batches<'_>> {
    Some(rows_of(&written(results)))
}

/// The positions of these portfolios, in their order.
pub(super) fn rows_of(written: &[(String, &BacktestResult)]) -> Batches<'static> {
    let positions = written.iter().flat_map(|(_, backtest)| &backtest.positions).collect::<Vec<_>>();
    let number = |of: fn(&crate::stored::ledger::Position) -> f64| {
        Cells::Numbers(positions.iter().map(|position| of(position)).collect())
    };
    let runs = written.iter().map(|(name, backtest)| (name.as_str(), backtest.positions.len()));
    let columns = [
        ("portfolio", repeated(runs)),
        ("date", Cells::Sessions(positions.iter().map(|position| position.session).collect())),
        ("instrument", Cells::of_texts(positions.iter().map(|position| Some(position.instrument.as_str())))),
        ("shares", number(|position| position.shares)),
        ("price", number(|position| position.value / position.shares)),
        ("value", number(|position| position.value)),
        ("weight", number(|position| position.weight)),
    ];
    Batches::whole(columns.map(|(name, cells)| (name.to_owned(), cells)).into())
}
