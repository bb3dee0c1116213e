//! `trades`: positions from their first purchase to their last sale.

use super::{
    Batches, Cells, Column, INSTRUMENT, PORTFOLIO, Results, Table, detailed,
    round_trip::{Held, round_trips},
};
use crate::steps::backtest::BacktestResult;

/// The round trips of the portfolios.
pub(super) const TABLE: Table = Table {
    name: "trades",
    about: "One row for each position from flat to flat: of every portfolio that the study asks about, and of those that \
            name their instruments; at the stated costs, without delay. Cohorts that hold the same instrument share a \
            position. The sum of `result` is the equity at the end less the initial cash, less interest and plus fees \
            for borrowed shares, which are the account's.",
    columns: &[
        PORTFOLIO,
        INSTRUMENT,
        Column::new("side", "text", "`long` or `short`."),
        Column::new("entry", "date", "The session of the first trade."),
        Column::new(
            "exit",
            "date",
            "The session of the last trade; missing while the position is open at the end.",
        ),
        Column::new("sessions", "sessions", "The sessions from entry to exit, or to the last close."),
        Column::new(
            "shares",
            "shares",
            "The most shares that were held, in the units of the prices that the study uses.",
        ),
        Column::new(
            "entry_price",
            "money a share",
            "The mean price of the trades that opened the position or added to it, slippage included.",
        ),
        Column::new(
            "exit_price",
            "money a share",
            "The mean price of the trades that closed it or took from it, and of a delisting; missing without any.",
        ),
        Column::new(
            "costs",
            "money",
            "Commission, tax and slippage of all its trades; slippage is in the prices as well.",
        ),
        Column::new(
            "result",
            "money",
            "What it paid and brought after all costs; of an open position its value at the last close included.",
        ),
        Column::new(
            "return",
            "fraction",
            "`result` divided by the money of the trades that opened it or added to it.",
        ),
        Column::new(
            "reason",
            "text",
            "Why it was closed, the reason of the last trade: `rebalance`, `left_universe`, `stop`, `take_profit`, `trailing_stop`, `max_holding` or `delisting`; `open` if it was not closed.",
        ),
    ],
    rows,
};

#[expect(clippy::unnecessary_wraps, reason = "every study has trades, and others may lack their rows")]
fn rows(results: &Results) -> Option<Batches<'_>> {
    Some(rows_of(&detailed(results).collect::<Vec<_>>()))
}

/// The round trips of these portfolios, in their order.
pub(super) fn rows_of(portfolios: &[(String, &BacktestResult)]) -> Batches<'static> {
    let trips = portfolios.iter().map(|(name, backtest)| (name, round_trips(backtest))).collect::<Vec<_>>();
    let all = trips.iter().flat_map(|(_, trips)| trips).collect::<Vec<_>>();
    let number = |of: fn(&Held<'_>) -> f64| Cells::Numbers(all.iter().map(|held| of(held)).collect());
    let text =
        |of: for<'b> fn(&'b Held<'_>) -> &'b str| Cells::of_texts(all.iter().map(|held| Some(of(held))));
    let columns = [
        ("portfolio", super::repeated(trips.iter().map(|(name, trips)| (name.as_str(), trips.len())))),
        ("instrument", text(|held| held.trip.instrument)),
        ("side", text(|held| if held.trip.is_long { "long" } else { "short" })),
        ("entry", Cells::Sessions(all.iter().map(|held| held.trip.entry).collect())),
        ("exit", Cells::MaybeSessions(all.iter().map(|held| held.trip.exit).collect())),
        ("sessions", Cells::Integers(all.iter().map(|held| held.sessions as i64).collect())),
        ("shares", number(|held| held.trip.most)),
        ("entry_price", number(|held| held.trip.opened.1 / held.trip.opened.0)),
        ("exit_price", number(|held| held.trip.closed.1 / held.trip.closed.0)),
        ("costs", number(|held| held.trip.fees + held.trip.slippage)),
        ("result", Cells::Numbers(all.iter().map(|held| held.result()).collect())),
        ("return", number(|held| held.result() / held.trip.opened.1)),
        ("reason", text(|held| held.reason())),
    ];
    Batches::whole(columns.map(|(name, cells)| (name.to_owned(), cells)).into())
}
