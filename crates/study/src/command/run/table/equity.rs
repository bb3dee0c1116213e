//! `equity`: all portfolios, session by session.

use backstaff_panel::Session;

use super::{Batches, Cells, Column, DATE, PORTFOLIO, Results, Table};
use crate::steps::backtest::{BacktestResult, holder_name};

/// The account of every portfolio at each close.
pub(super) const TABLE: Table = Table {
    name: "equity",
    about: "One row for each portfolio, cost multiple, delay and session: the account at the close. The curve of the \
            report is `cost_multiple == 1` and `delay == 0`.",
    columns: &[
        PORTFOLIO,
        Column::new("cost_multiple", "factor", "The factor on all costs: 1 is costs as stated, 0 is none."),
        Column::new("delay", "sessions", "The sessions by which the signal is older than it needs to be."),
        DATE,
        Column::new("equity", "money", "Cash and positions at their newest closing prices."),
        Column::new("cash", "money", "Cash, including what short sales brought in."),
        Column::new("long", "money", "The value of the long positions."),
        Column::new("short", "money", "The value of the short positions, zero or more."),
        Column::new("n_positions", "count", "The positions at the close."),
        Column::new("bought", "money", "The value of the session's purchases, at the prices of the trades."),
        Column::new("sold", "money", "The value of the session's sales, at the prices of the trades."),
        Column::new("commission", "money", "The commission that was paid."),
        Column::new("tax", "money", "The tax that was paid."),
        Column::new(
            "slippage",
            "money",
            "What the prices of trades were worse than the market's; `bought` and `sold` contain it.",
        ),
        Column::new("borrow", "money", "The fees that were paid for borrowed shares."),
        Column::new("interest", "money", "The interest that cash earned; negative if paid."),
        Column::new(
            "delisting_loss",
            "money",
            "What delistings took of positions, against their last close.",
        ),
        Column::new("n_fills", "count", "The trades of the session."),
        Column::new(
            "n_unfilled",
            "count",
            "The orders of the session that were not filled, or only in part.",
        ),
        Column::new("cash_return", "fraction", "The return of cash since the session before."),
        Column::new(
            "herfindahl",
            "fraction",
            "The sum of the squared shares of the positions: 1 is one position.",
        ),
        Column::new("largest_weight", "fraction", "The largest position's share of equity."),
        Column::new(
            "cohort_N",
            "money",
            "The equity of each cohort, from 1; only where `portfolio.cohorts` is above 1, and missing for portfolios without.",
        ),
    ],
    rows,
};

#[expect(
    clippy::unnecessary_wraps,
    reason = "every study has portfolios, and the others may lack their rows"
)]
fn rows(results: &Results) -> Option<Batches<'_>> {
    Some(rows_of(&results.backtests))
}

/// The accounts of these portfolios, in their order.
pub(super) fn rows_of(backtests: &[BacktestResult]) -> Batches<'static> {
    let lengths = backtests.iter().map(|backtest| backtest.daily.days.len());
    let names = backtests.iter().map(|backtest| holder_name(&backtest.variant.holder));
    let names = names.zip(lengths).collect::<Vec<_>>();
    let mut costs = Vec::new();
    let mut delays = Vec::new();
    let mut sessions = Vec::<Session>::new();
    let mut columns = Vec::<(String, Vec<f64>)>::new();
    for backtest in backtests {
        let n = backtest.daily.days.len();
        costs.extend(std::iter::repeat_n(f64::from(backtest.variant.cost_tenths) / 10.0, n));
        delays.extend(std::iter::repeat_n(i64::from(backtest.variant.delay), n));
        sessions.extend(backtest.daily.sessions());
        extend(&mut columns, &backtest.daily.columns());
    }
    let mut table = vec![
        ("portfolio".to_owned(), super::repeated(names.iter().map(|(name, n)| (name.as_str(), *n)))),
        ("cost_multiple".to_owned(), Cells::Numbers(costs)),
        ("delay".to_owned(), Cells::Integers(delays)),
        ("date".to_owned(), Cells::Sessions(sessions)),
    ];
    let is_count = |name: &str| name.starts_with("n_");
    table.extend(columns.into_iter().map(|(name, values)| {
        let whole = || values.iter().map(|&value| value as i64).collect();
        let cells = if is_count(&name) { Cells::Integers(whole()) } else { Cells::Numbers(values) };
        (name, cells)
    }));
    Batches::whole(table)
}

/// Add rows below a table; a column that only one of the two has is NaN in the other's rows.
fn extend(columns: &mut Vec<(String, Vec<f64>)>, more: &[(String, Vec<f64>)]) {
    let before = columns.first().map_or(0, |(_, values)| values.len());
    for (name, values) in more {
        let known = columns.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            columns.push((name.clone(), vec![f64::NAN; before]));
            columns.len() - 1
        });
        columns[known].1.extend_from_slice(values);
    }
    let longest = columns.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
    for (_, values) in columns {
        values.resize(longest, f64::NAN);
    }
}
