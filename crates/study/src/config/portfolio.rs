//! What trades.

use serde::{Deserialize, Serialize};

/// What trades, where, and at what cost.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Portfolio {
    /// How scores become holdings.
    pub strategy: StrategySpec,
    /// At which price of the next session orders are filled; labels are measured from the same one.
    #[serde(default)]
    pub execution: ExecutionPrice,
    /// Sessions between rebalancings.
    #[serde(default = "one")]
    pub rebalance_every: u32,
    /// Sessions between rebalancings of the equal-weight benchmark.
    #[serde(default = "monthly")]
    pub benchmark_rebalance_every: u32,
    /// What trading costs.
    #[serde(default)]
    pub costs: CostModel,
    /// Cash at the start.
    #[serde(default = "million")]
    pub initial_cash: f64,
    /// What cash earns a year, as a fraction.
    #[serde(default)]
    pub cash_rate: f64,
    /// Shares come in multiples of this; 0 allows fractions.
    #[serde(default)]
    pub lot: f64,
    /// The largest share of a session's volume that one order may take; absent: no limit.
    #[serde(default)]
    pub volume_cap: Option<f64>,
    /// The daily price limit beyond which nothing trades in that direction, as a fraction; absent: none.
    #[serde(default)]
    pub price_limit: Option<f64>,
    /// Whether holdings that leave the universe are sold.
    #[serde(default = "yes")]
    pub sell_outside_universe: bool,
}

fn one() -> u32 {
    1
}

fn monthly() -> u32 {
    21
}

fn million() -> f64 {
    1e6
}

fn yes() -> bool {
    true
}

/// How scores become holdings.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum StrategySpec {
    /// Hold the `k` best; replace at most `n_drop` a session.
    TopkDropout {
        /// How many to hold.
        k: u32,
        /// How many to replace at most.
        n_drop: u32,
    },
    /// Hold the best quantile, short the worst.
    QuantileLongShort {
        /// The share of instruments on either side.
        quantile: f64,
        /// Long exposure, as a share of equity; the short side has as much.
        #[serde(default = "full")]
        exposure: f64,
    },
}

fn full() -> f64 {
    1.0
}

/// At which price orders are filled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecutionPrice {
    /// The next session's open.
    #[default]
    Open,
    /// The next session's close.
    Close,
}

/// What trading costs; basis points a side.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct CostModel {
    /// Commission on either side.
    pub commission_bps: f64,
    /// How much worse than the quoted price a fill is.
    pub slippage_bps: f64,
    /// Tax on sales.
    pub sell_tax_bps: f64,
    /// The least an order costs.
    pub minimum: f64,
    /// What a short position costs a year.
    pub borrow_bps: f64,
}
