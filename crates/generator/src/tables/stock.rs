//! The tables about stocks: as they are now, as they were, and those that left.

use super::{Kind, Layout, Table, integers, texts, texts_or_null};
use crate::{
    SyntheticMarket,
    calendar::{compact, iso},
    market::Stock,
    profile::{Identity, Venue},
};

const STOCKS: Layout = Layout {
    name: "stocks",
    fields: &[
        ("stock_code", Kind::Text, "PRIMARY KEY"),
        ("current_name", Kind::Text, "NOT NULL"),
        ("current_market_type", Kind::Text, ""),
        ("current_sector_type", Kind::Text, ""),
        ("shares_outstanding", Kind::Integer, ""),
        ("is_active", Kind::Integer, ""),
    ],
    key: "",
    indexes: &[],
};

const HISTORY: Layout = Layout {
    name: "stock_history",
    fields: &[
        ("stock_code", Kind::Text, "NOT NULL"),
        ("effective_date", Kind::Text, "NOT NULL"),
        ("name", Kind::Text, ""),
        ("market_type", Kind::Text, ""),
        ("sector_type", Kind::Text, ""),
        ("shares_outstanding", Kind::Integer, ""),
    ],
    key: "PRIMARY KEY (stock_code, effective_date)",
    indexes: &[],
};

const DELISTED: Layout = Layout {
    name: "delisted_stocks",
    fields: &[
        ("stock_code", Kind::Text, "NOT NULL UNIQUE"),
        ("company_name", Kind::Text, ""),
        ("delisting_date", Kind::Text, ""),
        ("delisting_reason", Kind::Text, ""),
    ],
    key: "",
    indexes: &[],
};

const REASONS: [&str; 3] = ["감사의견 거절", "피흡수합병", "자본전액잠식"];

/// The name of a sector.
pub(super) fn sector_name(sector: usize) -> String {
    format!("산업{sector:02}")
}

pub(super) fn stocks(market: &SyntheticMarket) -> Table<'_> {
    let columns = |_| {
        let stocks = || market.stocks.iter();
        let now = || stocks().map(|stock| stock.profile.current());
        vec![
            texts(stocks().map(|stock| &stock.profile.code)),
            texts(now().map(|now| &now.name)),
            texts(now().map(|now| now.venue.upper())),
            texts_or_null(now().map(|now| now.sector.map(sector_name))),
            integers(stocks().map(|stock| shares(stock, stock.profile.life.end - 1))),
            integers(stocks().map(|stock| i64::from(!stock.profile.delisted))),
        ]
    };
    Table { layout: &STOCKS, batches: 1, columns: Box::new(columns) }
}

/// A row for each session on which a stock's name, venue, sector or number of shares changed, and for its listing.
pub(super) fn history(market: &SyntheticMarket) -> Table<'_> {
    let columns = |_| {
        let rows = market.stocks.iter().flat_map(changes).collect::<Vec<_>>();
        let was = || rows.iter().map(|&(stock, position)| stock.profile.at(position));
        vec![
            texts(rows.iter().map(|(stock, _)| &stock.profile.code)),
            texts(rows.iter().map(|&(_, position)| compact(market.sessions[position]))),
            texts(was().map(|was| &was.name)),
            texts(was().map(|was| was.venue.upper())),
            texts_or_null(was().map(|was| was.sector.map(sector_name))),
            integers(rows.iter().map(|&(stock, position)| shares(stock, position))),
        ]
    };
    Table { layout: &HISTORY, batches: 1, columns: Box::new(columns) }
}

fn changes(stock: &Stock) -> Vec<(&Stock, usize)> {
    let named = stock.profile.identities.iter().map(|identity: &Identity| identity.from);
    let issued = stock.bars.issues.iter().map(|issue| stock.profile.life.start + issue.row);
    let mut positions = named.chain(issued).collect::<Vec<_>>();
    positions.sort_unstable();
    positions.dedup();
    positions.into_iter().map(|position| (stock, position)).collect()
}

fn shares(stock: &Stock, position: usize) -> i64 {
    stock.bars.bar(position - stock.profile.life.start).shares as i64
}

/// The date is the first session on which the stock is gone.
pub(super) fn delisted(market: &SyntheticMarket) -> Table<'_> {
    let columns = |_| {
        let gone = || market.stocks.iter().filter(|stock| stock.profile.delisted);
        debug_assert!(gone().all(|stock| stock.profile.current().venue != Venue::Fund));
        vec![
            texts(gone().map(|stock| &stock.profile.code)),
            texts(gone().map(|stock| &stock.profile.current().name)),
            texts(gone().map(|stock| iso(market.sessions[stock.profile.life.end]))),
            texts(gone().map(|stock| REASONS[stock.profile.number % REASONS.len()])),
        ]
    };
    Table { layout: &DELISTED, batches: 1, columns: Box::new(columns) }
}
