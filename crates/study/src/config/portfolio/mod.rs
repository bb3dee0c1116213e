//! What trades.

mod rate;
mod recovery;
mod strategy;

use backstaff_portfolio::{Costs, Execution, Rates, krx_price_limit, krx_sell_tax_bps};
pub use rate::DatedRate;
use rate::Shipped;
pub use recovery::RecoverySpec;
use serde::{Deserialize, Serialize};
pub use strategy::{ExposureSpec, RiskSpec, StrategySpec, TopNSpec, WeightSpec};

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
    /// Accounts with equal parts of the cash that are rebalanced in turn, each every `rebalance_every` sessions.
    #[serde(default = "one")]
    pub cohorts: u32,
    /// Sessions between rebalancings of the equal-weight benchmark.
    #[serde(default = "monthly")]
    pub benchmark_rebalance_every: u32,
    /// What trading costs.
    #[serde(default)]
    pub costs: CostModel,
    /// Cash at the start.
    #[serde(default = "million")]
    pub initial_cash: f64,
    /// What cash earns a year, as a fraction; may be dated.
    #[serde(default)]
    pub cash_rate: DatedRate,
    /// Shares come in multiples of this; 0 allows fractions.
    #[serde(default)]
    pub lot: f64,
    /// The largest share of a volume that one order may take; absent: no limit.
    #[serde(default)]
    pub volume_cap: Option<f64>,
    /// Which volume.
    #[serde(default)]
    pub volume_cap_of: VolumeBase,
    /// Traded sessions over which volume is averaged and volatility measured, for the volume cap and the impact.
    #[serde(default = "twenty")]
    pub liquidity_sessions: u32,
    /// The daily price limit beyond which nothing trades in that direction, as a fraction, dated, or `krx`; absent: none.
    #[serde(default)]
    pub price_limit: Option<DatedRate>,
    /// What a position brings when its instrument is delisted.
    #[serde(default)]
    pub recovery: RecoverySpec,
    /// Whether holdings that leave the universe are sold.
    #[serde(default = "yes")]
    pub sell_outside_universe: bool,
    /// Whether more may be sold than is held.
    #[serde(default = "yes")]
    pub short_selling: bool,
}

fn one() -> u32 {
    1
}

fn monthly() -> u32 {
    21
}

fn twenty() -> u32 {
    20
}

fn million() -> f64 {
    1e6
}

fn yes() -> bool {
    true
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

impl ExecutionPrice {
    /// What the ledger calls it.
    pub fn of_ledger(self) -> Execution {
        match self {
            Self::Open => Execution::NextOpen,
            Self::Close => Execution::NextClose,
        }
    }
}

/// The volume that an order is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VolumeBase {
    /// That of the session in which it trades.
    #[default]
    Session,
    /// The mean of `liquidity_sessions` before it.
    Average,
}

/// What trading costs; basis points a side.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct CostModel {
    /// Commission on either side.
    pub commission_bps: f64,
    /// How much worse than the quoted price a fill is: half the spread.
    pub slippage_bps: f64,
    /// How much of a session's volatility an order for an average session's value moves the price; with the square root
    /// of the order's size.
    pub impact: f64,
    /// Tax on sales; may be dated, or `krx`.
    pub sell_tax_bps: DatedRate,
    /// The least an order costs.
    pub minimum: f64,
    /// What a short position costs a year.
    pub borrow_bps: f64,
}

impl CostModel {
    /// The tax on sales, in basis points.
    pub fn sell_tax(&self) -> Result<Rates, String> {
        self.sell_tax_bps.rates(SELL_TAXES)
    }

    /// What the ledger charges.
    pub fn costs(&self) -> Result<Costs, String> {
        let Self { commission_bps, slippage_bps, impact, sell_tax_bps: _, minimum, borrow_bps } = self;
        Ok(Costs {
            minimum_commission: *minimum,
            sell_tax_bps: self.sell_tax()?,
            borrow_bps_annual: *borrow_bps,
            impact: *impact,
            ..Costs::per_side(*commission_bps, *slippage_bps)
        })
    }
}

/// Tables of a tax on sales that ship.
const SELL_TAXES: &[Shipped] = &[("krx", krx_sell_tax_bps)];
/// Tables of price limits that ship.
const PRICE_LIMITS: &[Shipped] = &[("krx", krx_price_limit)];

impl Portfolio {
    /// What cash earns a year.
    pub fn cash_rates(&self) -> Result<Rates, String> {
        self.cash_rate.rates(&[])
    }

    /// The daily price limit.
    pub fn price_limits(&self) -> Result<Option<Rates>, String> {
        self.price_limit.as_ref().map(|limit| limit.rates(PRICE_LIMITS)).transpose()
    }

    /// What is wrong with it: the key and why.
    pub(super) fn check(&self) -> Result<(), (String, String)> {
        let at = |key: &str, message: String| (format!("portfolio.{key}"), message);
        if !(self.initial_cash.is_finite() && self.initial_cash > 0.0) {
            return Err(at("initial_cash", "must be above 0".to_owned()));
        }
        self.costs.costs().map_err(|message| at("costs.sell_tax_bps", message))?;
        self.cash_rates().map_err(|message| at("cash_rate", message))?;
        self.price_limits().map_err(|message| at("price_limit", message))?;
        if self.cohorts == 0 || self.cohorts > self.rebalance_every.max(1) {
            let message = format!(
                "{} cohorts can't take turns within {} sessions; state 1 to rebalance_every",
                self.cohorts, self.rebalance_every
            );
            return Err(at("cohorts", message));
        }
        if let Some(share) = self.recovery.wrong_share() {
            return Err(at("recovery", format!("{share} is not a share of the last price, 0 or more")));
        }
        if let StrategySpec::TopN(top) = &self.strategy {
            top.check().map_err(|(key, message)| at(&format!("strategy.top_n.{key}"), message))?;
        }
        Ok(())
    }
}
