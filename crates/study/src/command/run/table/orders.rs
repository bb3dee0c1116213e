//! `orders`: what was asked of the market, and what came of it.

use std::iter::Peekable;

use backstaff_panel::Session;
use backstaff_portfolio::Reason;

use super::{Batches, Cells, Column, DATE, INSTRUMENT, PORTFOLIO, Results, Table, detailed};
use crate::{
    steps::backtest::{BacktestResult, Shortfall},
    stored::ledger::Trade,
};

/// The orders of the portfolios.
pub(super) const TABLE: Table = Table {
    name: "orders",
    about: "One row for each order and session in which it was filled, wholly or in part, or could have been and was not; \
            of the portfolios of `trades`. An order that waits, as a limit does, has a row for each session in which \
            something came of it.",
    columns: &[
        PORTFOLIO,
        DATE,
        INSTRUMENT,
        Column::new("side", "text", "`buy` or `sell`."),
        Column::new(
            "asked",
            "shares",
            "The shares asked for; missing where no price was there to turn money into shares.",
        ),
        Column::new("filled", "shares", "The shares traded; 0 for none."),
        Column::new(
            "price",
            "money a share",
            "The price of the trade, slippage included; missing without a trade.",
        ),
        Column::new("value", "money", "`filled · price`; missing without a trade."),
        Column::new("commission", "money", "The broker's commission; missing without a trade."),
        Column::new("tax", "money", "The tax; missing without a trade."),
        Column::new(
            "slippage",
            "money",
            "What `price` is worse than the market's, for all shares; `value` contains it.",
        ),
        Column::new(
            "reason",
            "text",
            "What the trade was for: `rebalance`, `left_universe`, `stop`, `take_profit`, `trailing_stop` or `max_holding`; missing without a trade.",
        ),
        Column::new(
            "unfilled",
            "text",
            "Why shares are missing, as `halted`, `limit up` or `not enough cash`; missing for an order that was filled wholly.",
        ),
    ],
    rows,
};

/// What came of an order in a session.
#[derive(Clone, Copy)]
struct Order<'a> {
    session: Session,
    instrument: &'a str,
    side: &'static str,
    asked: f64,
    trade: Option<&'a Trade>,
    unfilled: Option<&'a str>,
}

#[expect(clippy::unnecessary_wraps, reason = "every study has orders, and others may lack their rows")]
fn rows(results: &Results) -> Option<Batches<'_>> {
    Some(rows_of(&detailed(results).collect::<Vec<_>>()))
}

/// The orders of these portfolios, in their order.
pub(super) fn rows_of(portfolios: &[(String, &BacktestResult)]) -> Batches<'static> {
    let orders = portfolios.iter().map(|(name, backtest)| (name, orders(backtest))).collect::<Vec<_>>();
    let all = orders.iter().flat_map(|(_, orders)| orders).collect::<Vec<_>>();
    let traded = |of: fn(&Trade) -> f64| {
        Cells::Numbers(all.iter().map(|order| order.trade.map_or(f64::NAN, of)).collect())
    };
    let columns = [
        ("portfolio", super::repeated(orders.iter().map(|(name, orders)| (name.as_str(), orders.len())))),
        ("date", Cells::Sessions(all.iter().map(|order| order.session).collect())),
        ("instrument", Cells::of_texts(all.iter().map(|order| Some(order.instrument)))),
        ("side", Cells::of_texts(all.iter().map(|order| Some(order.side)))),
        ("asked", Cells::Numbers(all.iter().map(|order| order.asked).collect())),
        (
            "filled",
            Cells::Numbers(all.iter().map(|order| order.trade.map_or(0.0, |trade| trade.shares)).collect()),
        ),
        ("price", traded(|trade| trade.price)),
        ("value", traded(|trade| trade.value)),
        ("commission", traded(|trade| trade.commission)),
        ("tax", traded(|trade| trade.tax)),
        ("slippage", traded(|trade| trade.slippage)),
        ("reason", Cells::of_texts(all.iter().map(|order| order.trade.map(|trade| trade.reason.name())))),
        ("unfilled", Cells::of_texts(all.iter().map(|order| order.unfilled))),
    ];
    Batches::whole(columns.map(|(name, cells)| (name.to_owned(), cells)).into())
}

/// The orders of a portfolio by session: its trades, each with what is missing of it, and what was not traded at all.
fn orders(backtest: &BacktestResult) -> Vec<Order<'_>> {
    let mut missing = backtest.shortfalls.iter().peekable();
    // A delisting closes a position without an order.
    let mut trades = backtest.trades.iter().filter(|trade| trade.reason != Reason::Delisting).peekable();
    let mut orders = Vec::new();
    while let Some(session) = next(trades.peek(), missing.peek()) {
        let mut short = while_in(&mut missing, |missing| session_of(missing) == Some(session));
        for trade in while_in(&mut trades, |trade| trade.session == session) {
            let side = if trade.side == backstaff_portfolio::Side::Buy { "buy" } else { "sell" };
            let own = short.iter().position(|short| {
                short.instrument == trade.instrument
                    && short.side == side
                    && short.filled == Some(trade.shares)
            });
            let short = own.map(|place| short.remove(place));
            orders.push(Order {
                session,
                instrument: &trade.instrument,
                side,
                asked: short.and_then(|short| short.asked).unwrap_or(trade.shares),
                trade: Some(trade),
                unfilled: short.map(|short| short.reason.as_str()),
            });
        }
        orders.extend(short.into_iter().map(|short| Order {
            session,
            instrument: &short.instrument,
            side: if short.side == "buy" { "buy" } else { "sell" },
            asked: short.asked.unwrap_or(f64::NAN),
            trade: None,
            unfilled: Some(&short.reason),
        }));
    }
    orders
}

fn session_of(shortfall: &Shortfall) -> Option<Session> {
    shortfall.session.parse().ok()
}

/// The session of the next trade or shortfall, whichever comes first.
fn next(trade: Option<&&Trade>, shortfall: Option<&&Shortfall>) -> Option<Session> {
    let trade = trade.map(|trade| trade.session);
    let shortfall = shortfall.and_then(|shortfall| session_of(shortfall));
    trade.into_iter().chain(shortfall).min()
}

fn while_in<T>(items: &mut Peekable<impl Iterator<Item = T>>, is_in: impl Fn(&T) -> bool) -> Vec<T> {
    std::iter::from_fn(|| items.next_if(&is_in)).collect()
}
