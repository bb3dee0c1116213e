//! `daily_prices`: a row for each stock and session on which it is listed, session by session.

use std::ops::Range;

use arrow_array::ArrayRef;

use super::{Kind, Layout, Table, integers, reals, texts};
use crate::{SyntheticMarket, calendar::compact, market::Stock, prices::Bar};

const LAYOUT: Layout = Layout {
    name: "daily_prices",
    fields: &[
        ("stock_code", Kind::Text, "NOT NULL"),
        ("date", Kind::Text, "NOT NULL"),
        ("closing_price", Kind::Integer, ""),
        ("change", Kind::Integer, ""),
        ("change_rate", Kind::Real, ""),
        ("opening_price", Kind::Integer, ""),
        ("high_price", Kind::Integer, ""),
        ("low_price", Kind::Integer, ""),
        ("volume", Kind::Integer, ""),
        ("value", Kind::Integer, ""),
        ("market_cap", Kind::Integer, ""),
        ("market_type", Kind::Text, ""),
    ],
    key: "PRIMARY KEY (stock_code, date)",
    indexes: &[("idx_daily_prices_date", "date"), ("idx_daily_prices_date_market", "date, market_type")],
};

/// About how many rows a batch has.
const ROWS: usize = 65_536;

pub(super) fn table(market: &SyntheticMarket) -> Table<'_> {
    let sessions = (ROWS / market.stocks.len()).max(1);
    Table {
        layout: &LAYOUT,
        batches: market.sessions.len().div_ceil(sessions),
        columns: Box::new(move |batch| {
            let end = ((batch + 1) * sessions).min(market.sessions.len());
            columns(market, batch * sessions..end)
        }),
    }
}

/// The columns of some sessions.
fn columns(market: &SyntheticMarket, positions: Range<usize>) -> Vec<ArrayRef> {
    let listed =
        |position| market.stocks.iter().filter(move |stock: &&Stock| stock.profile.life.contains(&position));
    let rows = || positions.clone().flat_map(|t| listed(t).map(move |stock| (t, stock)));
    let bars = rows().map(|(t, stock)| stock.bars.bar(t - stock.profile.life.start)).collect::<Vec<_>>();
    let dates = positions.clone().map(|position| compact(market.sessions[position])).collect::<Vec<_>>();
    let whole = |field: fn(&Bar) -> u64| integers(bars.iter().map(|bar| field(bar) as i64));
    vec![
        texts(rows().map(|(_, stock)| &stock.profile.code)),
        texts(rows().map(|(t, _)| &dates[t - positions.start])),
        whole(|bar| bar.close.into()),
        integers(bars.iter().map(|bar| i64::from(bar.close) - i64::from(bar.base))),
        reals(bars.iter().map(change_rate)),
        whole(|bar| bar.open.into()),
        whole(|bar| bar.high.into()),
        whole(|bar| bar.low.into()),
        whole(|bar| bar.volume),
        whole(|bar| bar.value),
        whole(|bar| u64::from(bar.close) * bar.shares),
        texts(rows().map(|(t, stock)| stock.profile.at(t).venue.lower())),
    ]
}

/// The change of the close in per cent, with two digits.
fn change_rate(bar: &Bar) -> f64 {
    ((f64::from(bar.close) / f64::from(bar.base) - 1.0) * 10_000.0).round() / 100.0
}
