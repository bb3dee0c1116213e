//! `financial_periods`: a row for each filing, in the order in which they can be known.

use std::sync::Arc;

use super::{Kind, Layout, Table, integers, stock::sector_name, texts, texts_or_null};
use crate::{
    SyntheticMarket,
    calendar::compact,
    filings::Filing,
    market::Stock,
    profile::{Identity, Venue},
};

const LAYOUT: Layout = Layout {
    name: "financial_periods",
    fields: &[
        ("id", Kind::Integer, "PRIMARY KEY"),
        ("stock_code", Kind::Text, "NOT NULL"),
        ("company_name", Kind::Text, ""),
        ("market_type", Kind::Text, ""),
        ("industry_code", Kind::Text, ""),
        ("industry_name", Kind::Text, ""),
        ("fiscal_month", Kind::Integer, ""),
        ("fiscal_date", Kind::Text, "NOT NULL"),
        ("available_date", Kind::Text, "NOT NULL"),
        ("report_type", Kind::Text, ""),
        ("consolidation_type", Kind::Text, ""),
        ("currency", Kind::Text, ""),
    ],
    key: "UNIQUE (stock_code, fiscal_date, consolidation_type)",
    indexes: &[
        ("idx_fin_periods_stock_date", "stock_code, fiscal_date"),
        ("idx_fin_periods_available", "available_date"),
    ],
};

/// The number of filings in a batch.
pub(super) const PERIODS: usize = 4096;

/// All filings in the order of their ids, which count from 1.
#[derive(Clone)]
pub(super) struct Periods<'m> {
    pub(super) filings: Arc<Vec<(&'m Stock, &'m Filing)>>,
}

impl<'m> Periods<'m> {
    pub(super) fn new(market: &'m SyntheticMarket) -> Self {
        let of = |stock: &'m Stock| stock.filings.iter().map(move |filing| (stock, filing));
        let mut filings = market.stocks.iter().flat_map(of).collect::<Vec<_>>();
        // Stable: one stock's filings of a day keep the order of their periods.
        filings.sort_by_key(|(_, filing)| filing.available);
        Self { filings: Arc::new(filings) }
    }

    /// The ids and filings of a batch.
    pub(super) fn batch(&self, number: usize) -> impl Iterator<Item = (i64, &'m Stock, &'m Filing)> + Clone {
        let first = number * PERIODS;
        let end = (first + PERIODS).min(self.filings.len());
        self.filings[first..end]
            .iter()
            .zip(first..)
            .map(|((stock, filing), n)| (n as i64 + 1, *stock, *filing))
    }

    pub(super) fn batches(&self) -> usize {
        self.filings.len().div_ceil(PERIODS)
    }

    pub(super) fn table(&self) -> Table<'m> {
        let periods = self.clone();
        let columns = move |batch| {
            let rows = periods.batch(batch).collect::<Vec<_>>();
            let now = || rows.iter().map(|(_, stock, _)| stock.profile.current());
            let filings = || rows.iter().map(|(.., filing)| *filing);
            vec![
                integers(rows.iter().map(|(id, ..)| *id)),
                texts(rows.iter().map(|(_, stock, _)| &stock.profile.code)),
                texts(now().map(|now| &now.name)),
                texts(now().map(market_name)),
                texts_or_null(now().map(|now| now.sector.map(|sector| format!("{:03}", 100 + sector)))),
                texts_or_null(now().map(|now| now.sector.map(sector_name))),
                integers(filings().map(|filing| filing.fiscal_month.into())),
                texts(filings().map(fiscal_date)),
                texts(filings().map(|filing| compact(filing.available))),
                texts(filings().map(report_name)),
                texts(filings().map(|filing| if filing.consolidated { "연결" } else { "별도" })),
                texts(filings().map(|filing| filing.currency)),
            ]
        };
        Table { layout: &LAYOUT, batches: self.batches(), columns: Box::new(columns) }
    }
}

fn market_name(identity: &Identity) -> &'static str {
    if identity.venue == Venue::Kospi {
        "유가증권시장상장법인"
    } else {
        "코스닥시장상장법인"
    }
}

/// The last day of the period.
fn fiscal_date(filing: &Filing) -> String {
    let (year, month) = filing.period_end;
    let day = if matches!(month, 6 | 9) { 30 } else { 31 };
    format!("{year:04}-{month:02}-{day}")
}

fn report_name(filing: &Filing) -> String {
    let name = match filing.fiscal_quarter() {
        4 => "사업보고서",
        2 => "반기보고서",
        _ => "분기보고서",
    };
    format!("{}{name}", if filing.corrected { "[기재정정]" } else { "" })
}
