//! Levels of indices, and which stocks they hold.

use arrow_array::ArrayRef;

use super::{Kind, Layout, Table, reals, texts};
use crate::{
    SyntheticMarket,
    calendar::compact,
    draw::{Draws, Purpose},
    profile::Venue,
};

const LEVELS: Layout = Layout {
    name: "index_daily_prices",
    fields: &[
        ("index_code", Kind::Text, "NOT NULL"),
        ("date", Kind::Text, "NOT NULL"),
        ("closing_index", Kind::Real, ""),
    ],
    key: "PRIMARY KEY (index_code, date)",
    indexes: &[],
};
const DERIVATIVES: Layout = Layout { name: "deriv_index_daily", ..LEVELS };
const BONDS: Layout = Layout {
    name: "bond_index_daily",
    fields: &[
        ("index_code", Kind::Text, "NOT NULL"),
        ("date", Kind::Text, "NOT NULL"),
        ("total_return_index", Kind::Real, ""),
    ],
    ..LEVELS
};
const CONSTITUENTS: Layout = Layout {
    name: "index_constituents",
    fields: &[
        ("date", Kind::Text, "NOT NULL"),
        ("index_code", Kind::Text, "NOT NULL"),
        ("stock_code", Kind::Text, "NOT NULL"),
    ],
    key: "PRIMARY KEY (date, index_code, stock_code)",
    indexes: &[],
};

const KOSPI200: &str = "KOSPI_코스피_200";
const KOSDAQ150: &str = "KOSDAQ_코스닥_150";

/// An index that follows the market: its level at the start, its share of the market's return, drift and volatility of
/// its own.
struct Rule {
    level: f64,
    beta: f64,
    drift: f64,
    volatility: f64,
}

const STOCK_INDICES: [(&str, Rule); 6] = [
    ("KOSPI_코스피", Rule { level: 1900.0, beta: 1.0, drift: 0.0, volatility: 0.001 }),
    (KOSPI200, Rule { level: 250.0, beta: 1.0, drift: 0.0, volatility: 0.0015 }),
    ("KOSPI_코스피_대형주", Rule { level: 1850.0, beta: 1.0, drift: 0.0, volatility: 0.002 }),
    ("KOSPI_코스피_소형주", Rule { level: 1600.0, beta: 0.9, drift: 0.0, volatility: 0.004 }),
    ("KOSDAQ_코스닥", Rule { level: 520.0, beta: 1.15, drift: 0.0, volatility: 0.005 }),
    (KOSDAQ150, Rule { level: 900.0, beta: 1.2, drift: 0.0, volatility: 0.006 }),
];
const VOLATILITY: &str = "DERIV_옵션지수_코스피_200_변동성지수";
const DOLLAR: (&str, Rule) =
    ("DERIV_선물지수_미국달러선물지수", Rule { level: 100.0, beta: -0.3, drift: 0.0, volatility: 0.004 });
const BOND: (&str, Rule) =
    ("BOND_국고채프라임지수", Rule { level: 100.0, beta: -0.05, drift: 0.000_1, volatility: 0.0012 });

impl Rule {
    /// Levels with two digits; `extra` is added to the return of each session.
    fn levels(&self, market: &SyntheticMarket, stream: usize, extra: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut draws = Draws::new(market.spec.seed, Purpose::Index, stream);
        let mut log = 0.0;
        market
            .factors
            .market
            .iter()
            .enumerate()
            .map(|(t, common)| {
                log += self.beta * common + self.drift + self.volatility * draws.normal() + extra(t);
                (self.level * libm::exp(log) * 100.0).round() / 100.0
            })
            .collect()
    }
}

/// One table of levels, session by session.
fn table<'m>(
    layout: &'static Layout,
    market: &'m SyntheticMarket,
    indices: Vec<(String, Vec<f64>)>,
) -> Table<'m> {
    let columns = move |_| -> Vec<ArrayRef> {
        let dates = market.sessions.iter().map(|session| compact(*session)).collect::<Vec<_>>();
        let cells = || (0..dates.len()).flat_map(|t| indices.iter().map(move |index| (t, index)));
        vec![
            texts(cells().map(|(_, (code, _))| code)),
            texts(cells().map(|(t, _)| &dates[t])),
            reals(cells().map(|(t, (_, levels))| levels[t])),
        ]
    };
    Table { layout, batches: 1, columns: Box::new(columns) }
}

/// Indices of the stock market, and one a sector.
pub(super) fn levels(market: &SyntheticMarket) -> Table<'_> {
    let broad = STOCK_INDICES
        .iter()
        .enumerate()
        .map(|(stream, (code, rule))| ((*code).to_owned(), rule.levels(market, stream, |_| 0.0)));
    let by_sector = market.factors.sectors.iter().enumerate().map(|(sector, returns)| {
        let rule = Rule { level: 1000.0, beta: 1.0, drift: 0.0, volatility: 0.0 };
        (format!("KOSPI_{}", super::stock::sector_name(sector)), rule.levels(market, 0, |t| returns[t]))
    });
    table(&LEVELS, market, broad.chain(by_sector).collect())
}

/// Expected volatility, which rises in stressed regimes, and dollar futures.
pub(super) fn derivatives(market: &SyntheticMarket) -> Table<'_> {
    let mut draws = Draws::new(market.spec.seed, Purpose::Index, 100);
    let mut stress = 0.0;
    let volatility = market.factors.stressed.iter().map(|&stressed| {
        stress += 0.18 * (f64::from(stressed) - stress);
        ((14.0 + 16.0 * stress + draws.normal().abs()) * 100.0).round() / 100.0
    });
    let volatility = (VOLATILITY.to_owned(), volatility.collect());
    let (code, rule) = &DOLLAR;
    table(&DERIVATIVES, market, vec![volatility, ((*code).to_owned(), rule.levels(market, 101, |_| 0.0))])
}

/// Total return of government bonds.
pub(super) fn bonds(market: &SyntheticMarket) -> Table<'_> {
    let (code, rule) = &BOND;
    table(&BONDS, market, vec![((*code).to_owned(), rule.levels(market, 102, |_| 0.0))])
}

/// The largest stocks of each venue at the first session of each month, dated the first of the month.
pub(super) fn constituents(market: &SyntheticMarket) -> Table<'_> {
    let columns = |_| -> Vec<ArrayRef> {
        let mut rows = Vec::new();
        for (t, session) in market.sessions.iter().enumerate() {
            let is_first = t == 0 || market.sessions[t - 1].month() != session.month();
            for (code, venue, most) in [(KOSPI200, Venue::Kospi, 200), (KOSDAQ150, Venue::Kosdaq, 150)] {
                if is_first {
                    let date = format!("{:04}-{:02}-01", session.year(), session.month());
                    rows.extend(
                        largest(market, t, venue, most).into_iter().map(|stock| (date.clone(), code, stock)),
                    );
                }
            }
        }
        vec![
            texts(rows.iter().map(|(date, ..)| date)),
            texts(rows.iter().map(|(_, code, _)| *code)),
            texts(rows.iter().map(|(.., stock)| *stock)),
        ]
    };
    Table { layout: &CONSTITUENTS, batches: 1, columns: Box::new(columns) }
}

/// Codes of the largest stocks of a venue, at most half of them, in order of the code.
fn largest(market: &SyntheticMarket, position: usize, venue: Venue, most: usize) -> Vec<&str> {
    let mut sizes = market
        .stocks
        .iter()
        .map(|stock| (stock, &stock.profile))
        .filter(|(_, profile)| profile.life.contains(&position) && profile.at(position).venue == venue)
        .map(|(stock, profile)| {
            let bar = stock.bars.bar(position - profile.life.start);
            (u64::from(bar.close) * bar.shares, profile.code.as_str())
        })
        .collect::<Vec<_>>();
    sizes.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    sizes.truncate(most.min(sizes.len().div_ceil(2)));
    let mut codes = sizes.into_iter().map(|(_, code)| code).collect::<Vec<_>>();
    codes.sort_unstable();
    codes
}
