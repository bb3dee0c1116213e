//! What trades.

mod beside_rules;
mod cash;
mod dropout;
mod rate;
mod rebalance;
mod recovery;
mod rules;
mod strategy;

use backstaff_panel::Session;
use backstaff_portfolio::{Costs, Execution, Protection, Rates, VolumeOf, krx_price_limit, krx_sell_tax_bps};
pub use cash::CashRate;
pub use dropout::{MethodBuySpec, MethodSellSpec, TopkDropoutSpec};
pub use rate::DatedRate;
use rate::Shipped;
pub use rebalance::RebalanceSpec;
pub use recovery::RecoverySpec;
pub use rules::{
    CapacitySpec, DealPrice, LimitSpec, NoLimit, QlibSpec, RegionSpec, RulesSpec, SideSpec, Sides,
    TradeTypeSpec, VolumeLimitSpec,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;
pub use strategy::{ExposureSpec, GivenWeights, RiskSpec, ScoreStrategy, StrategySpec, TopNSpec, WeightSpec};

/// The strategy, and the market that it trades in.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Portfolio {
    /// The rules by which instruments are held: one strategy with its keys.
    pub strategy: StrategySpec,
    /// The first date at whose close a study without folds decides, YYYY-MM-DD; absent: the first one on which all that
    /// the strategy reads is known.
    #[serde(default)]
    pub from: Option<String>,
    /// The last date of a study without folds; absent: the last one of the data.
    #[serde(default)]
    pub to: Option<String>,
    /// The exchange and the account in place of our own: `qlib` for those of Microsoft Qlib. Absent: our own, by the other
    /// keys of the portfolio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<RulesSpec>,
    /// The price of the next session at which orders are filled; labels are measured from the same one. Under `rules: qlib`
    /// the close if absent.
    #[serde(default)]
    pub execution: Execution,
    /// The sessions in which the strategy decides: a number of sessions between decisions, `daily`, `weekly`, `monthly`,
    /// `month_end` or a day of the week.
    #[serde(default = "daily")]
    pub rebalance: RebalanceSpec,
    /// The number of accounts with equal parts of the cash that are rebalanced in turn, where `rebalance` is a number of
    /// sessions.
    #[serde(default = "one")]
    pub cohorts: u32,
    /// The sessions in which the equal-weight benchmark is rebalanced, as for `rebalance`.
    #[serde(default = "monthly")]
    pub benchmark_rebalance: RebalanceSpec,
    /// The loss at which a position is closed, as a share of the mean price paid for it; a stop order that waits in the
    /// market. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<f64>,
    /// The gain at which a position is closed, as a share of the same price; a limit order that waits in the market.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take_profit: Option<f64>,
    /// The way back from its best close since the purchase at which a position is closed, as a share of that close; a
    /// stop order that follows the price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trailing_stop: Option<f64>,
    /// The session after its purchase in which a position is closed: 5 sells in the fifth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_holding: Option<u32>,
    /// The costs of trading.
    #[serde(default)]
    pub costs: CostModel,
    /// The cash at the start.
    #[serde(default = "million")]
    pub initial_cash: f64,
    /// The interest on cash a year: a fraction, which may be dated, or a series of `data.series` in per cent.
    #[serde(default)]
    pub cash_rate: CashRate,
    /// The smallest number of shares, of which orders are multiples; 0 allows fractions.
    #[serde(default)]
    pub lot: f64,
    /// The largest share of a volume that one order may take; absent: no limit.
    #[serde(default)]
    pub volume_cap: Option<f64>,
    /// The volume that the cap is a share of.
    #[serde(default)]
    pub volume_cap_of: VolumeOf,
    /// The number of traded sessions over which volume is averaged and volatility measured, for cap and impact.
    #[serde(default = "twenty")]
    pub liquidity_sessions: u32,
    /// The daily price limit beyond which nothing trades in that direction, as a fraction, dated, or `krx`; absent: none.
    #[serde(default)]
    pub price_limit: Option<DatedRate>,
    /// The share of the last price that a position brings when its instrument is delisted.
    #[serde(default)]
    pub recovery: RecoverySpec,
    /// Whether holdings that leave the universe are sold.
    #[serde(default = "yes")]
    pub sell_outside_universe: bool,
    /// Whether more may be sold than is held.
    #[serde(default = "yes")]
    pub short_selling: bool,
    /// An instrument that is bought once and held, to compare with a strategy that names its instruments; absent: the
    /// first one whose regime it reads.
    #[serde(default)]
    pub hold: Option<String>,
}

fn one() -> u32 {
    1
}

fn daily() -> RebalanceSpec {
    RebalanceSpec::Sessions(1)
}

fn monthly() -> RebalanceSpec {
    RebalanceSpec::Sessions(21)
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

/// The costs of trading.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CostModel {
    /// The commission on buying and on selling, in basis points.
    pub commission_bps: f64,
    /// The distance of a fill from the quoted price, half the spread, in basis points.
    pub slippage_bps: f64,
    /// The move of the price by an order for an average session's value, in volatilities of a session; it grows with the
    /// square root of the order's size.
    pub impact: f64,
    /// The tax on sales, in basis points; it may be dated, or `krx`.
    pub sell_tax_bps: DatedRate,
    /// The smallest commission of an order, in money.
    pub minimum: f64,
    /// The cost of a short position a year, in basis points.
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
    /// The daily price limit.
    pub fn price_limits(&self) -> Result<Option<Rates>, String> {
        self.price_limit.as_ref().map(|limit| limit.rates(PRICE_LIMITS)).transpose()
    }

    /// Qlib's rules, if the study trades by them.
    pub fn qlib(&self) -> Option<&QlibSpec> {
        self.rules.as_ref().map(|RulesSpec::Qlib(spec)| &**spec)
    }

    /// What closes positions that the strategy would have kept.
    pub fn protection(&self) -> Protection {
        let Self { stop, take_profit, trailing_stop, max_holding, .. } = self;
        let max_holding = max_holding.map(|sessions| sessions as usize);
        Protection { stop: *stop, take_profit: *take_profit, trailing_stop: *trailing_stop, max_holding }
    }

    /// The first and the last date on which a study without folds decides, where they are stated.
    pub fn dates(&self) -> Result<Dates, Problem> {
        let date = |key: &str, text: &Option<String>| {
            text.as_deref().map(str::parse).transpose().map_err(|_| {
                let text = text.as_deref().unwrap_or_default();
                Problem::of(format!("portfolio.{key}"), format!("{text:?} is not a date; write YYYY-MM-DD"))
            })
        };
        Ok((date("from", &self.from)?, date("to", &self.to)?))
    }

    /// Why the cohorts can't take turns, if they can't.
    fn wrong_cohorts(&self) -> Option<String> {
        let (cohorts, rebalance) = (self.cohorts, self.rebalance);
        match rebalance.sessions() {
            _ if cohorts == 0 => Some("must be 1 or more".to_owned()),
            None if cohorts > 1 => Some(format!(
                "take turns within a number of sessions, and `rebalance: {rebalance}` is none; write \
                 `rebalance: {}`",
                if matches!(rebalance, RebalanceSpec::Monthly | RebalanceSpec::MonthEnd) { 21 } else { 5 }
            )),
            Some(every) if cohorts > every.max(1) => Some(format!(
                "{cohorts} cohorts can't take turns within `rebalance: {every}` sessions; write `cohorts: {}` or fewer, \
                 or `rebalance: {cohorts}` or more",
                every.max(1)
            )),
            _ => None,
        }
    }

    /// What is wrong with it.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = self.strategy.problems();
        let mut wrong =
            |key: &str, message: String| problems.push(Problem::of(format!("portfolio.{key}"), message));
        if !(self.initial_cash.is_finite() && self.initial_cash > 0.0) {
            wrong("initial_cash", "must be above 0".to_owned());
        }
        if let Err(message) = self.costs.costs() {
            wrong("costs.sell_tax_bps", message);
        }
        if let Some(Err(message)) = self.cash_rate.stated() {
            wrong("cash_rate", message);
        }
        if let Err(message) = self.price_limits() {
            wrong("price_limit", message);
        }
        for (key, rebalance) in
            [("rebalance", self.rebalance), ("benchmark_rebalance", self.benchmark_rebalance)]
        {
            if let Some(message) = rebalance.problem() {
                wrong(key, message);
            }
        }
        for (key, share) in [("stop", self.stop), ("trailing_stop", self.trailing_stop)] {
            if let Some(share) = share.filter(|share| !(*share > 0.0 && *share < 1.0)) {
                let percent = if (1.0..100.0).contains(&share) {
                    format!("; {share} % is written {}", share / 100.0)
                } else {
                    String::new()
                };
                wrong(key, format!("is {share}, but must be a share above 0 and below 1{percent}"));
            }
        }
        if let Some(share) = self.take_profit.filter(|share| !(share.is_finite() && *share > 0.0)) {
            wrong(
                "take_profit",
                format!("is {share}, but must be a share above 0, as in `take_profit: 0.1`"),
            );
        }
        if let StrategySpec::Weights(GivenWeights::File(_)) = &self.strategy
            && self.rebalance != daily()
        {
            wrong("rebalance", "is not for weights of a file: its dates say when they are traded".to_owned());
        }
        if let Some(RulesSpec::Qlib(spec)) = &self.rules {
            spec.problems(self.execution).into_iter().for_each(|Problem { key, message, .. }| {
                wrong(key.trim_start_matches("portfolio."), message);
            });
        }
        if self.max_holding == Some(0) {
            wrong("max_holding", "must be 1 or more sessions".to_owned());
        }
        if let Some(message) = self.wrong_cohorts() {
            wrong("cohorts", message);
        }
        if let Some(share) = self.recovery.wrong_share() {
            wrong("recovery", format!("{share} is not a share of the last price, 0 or more"));
        }
        match self.dates() {
            Err(problem) => problems.push(problem),
            Ok((Some(from), Some(to))) if to <= from => {
                problems.push(Problem::of("portfolio.to", "lies before portfolio.from"));
            }
            Ok(_) => {}
        }
        problems
    }
}

/// The first and the last date, where they are stated.
type Dates = (Option<Session>, Option<Session>);
