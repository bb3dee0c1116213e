//! What trades.

mod rate;
mod strategy;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::StudyError;
use backstaff_learn::{LearnError, label::Recoveries};
use backstaff_panel::Instrument;
use backstaff_portfolio::{Costs, Execution, Rates, krx_price_limit, krx_sell_tax_bps};
use backstaff_source::read_attributes;
pub use rate::DatedRate;
use rate::Shipped;
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

/// What a position brings when its instrument is delisted, as a share of the last traded close.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecoverySpec {
    /// Where nothing else is said.
    pub usual: f64,
    /// For single instruments.
    pub instruments: BTreeMap<String, f64>,
    /// A CSV or Parquet file that says it for more: an instrument and its `recovery` a row.
    pub table: Option<PathBuf>,
}

impl RecoverySpec {
    /// What labels end with.
    pub fn of_labels(&self) -> Result<Recoveries, LearnError> {
        let stated = self.instruments.iter().map(|(name, share)| (Instrument::new(name), *share));
        Recoveries::new(stated)?.otherwise(self.usual)
    }

    /// Take in the table, if there is one; what the study says of an instrument itself goes before it.
    pub fn read_table(&mut self, folder: &Path) -> Result<(), StudyError> {
        let Some(path) = self.table.as_ref().map(|path| folder.join(path)) else { return Ok(()) };
        let table = read_attributes(&path, None, &["recovery"])?;
        for name in table.instruments() {
            let text = table.get(name, "recovery").unwrap_or_default();
            let share = text.trim().parse().ok().filter(|share: &f64| share.is_finite() && *share >= 0.0);
            let share = share.ok_or_else(|| StudyError::Value {
                key: "portfolio.recovery.table".to_owned(),
                message: format!(
                    "{}: the recovery of {name} is {text:?}, not a share of the last price, 0 or more",
                    path.display()
                ),
            })?;
            self.instruments.entry(name.to_owned()).or_insert(share);
        }
        Ok(())
    }
}

impl Default for RecoverySpec {
    fn default() -> Self {
        Self { usual: 1.0, instruments: BTreeMap::new(), table: None }
    }
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
        let shares = self.recovery.instruments.values().chain([&self.recovery.usual]);
        if let Some(share) = shares.into_iter().find(|share| !(share.is_finite() && **share >= 0.0)) {
            return Err(at("recovery", format!("{share} is not a share of the last price, 0 or more")));
        }
        if let StrategySpec::TopN(top) = &self.strategy {
            top.check().map_err(|(key, message)| at(&format!("strategy.top_n.{key}"), message))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_recoveries_is_taken_in_behind_what_the_study_says() {
        let folder = tempfile::tempdir().unwrap();
        let read = |text: &str| {
            std::fs::write(folder.path().join("gone.csv"), text).unwrap();
            let instruments = BTreeMap::from([("A".to_owned(), 0.9)]);
            let table = Some("gone.csv".into());
            let mut spec = RecoverySpec { usual: 0.5, instruments, table };
            spec.read_table(folder.path()).map(|()| spec)
        };
        let spec = read("symbol,recovery\nA,0.1\nB,0\n").unwrap();
        let recoveries = spec.of_labels().unwrap();
        assert_eq!(["A", "B", "C"].map(|name| recoveries.of(&name.into())), [0.9, 0.0, 0.5]);
        let error = read("symbol,recovery\nB,half\n").unwrap_err().to_string();
        assert!(error.contains("the recovery of B is \"half\""), "{error}");
        assert!(read("symbol,recovry\nB,0\n").unwrap_err().to_string().contains("recovry"));
    }
}
