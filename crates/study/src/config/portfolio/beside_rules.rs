//! The keys of a portfolio that mean nothing under the rules of Qlib, with what to write instead.

use super::{CostModel, GivenWeights, Portfolio, Problem, RulesSpec, ScoreStrategy, StrategySpec};
use crate::config::document::Node;

/// A key, whether it differs from its default, and what to write instead.
type Refused = (&'static str, fn(&Portfolio) -> bool, &'static str);

/// What Qlib's exchange and account don't know.
const REFUSED: [Refused; 14] = [
    (
        "costs",
        |portfolio| portfolio.costs != CostModel::default(),
        "those of Qlib are `rules: {qlib: {open_cost: 0.0005, close_cost: 0.0015, min_cost: 5}}`",
    ),
    ("lot", |portfolio| portfolio.lot != 0.0, "write `rules: {qlib: {trade_unit: 100}}`"),
    ("price_limit", |portfolio| portfolio.price_limit.is_some(), "write `rules: {qlib: {limit: 0.095}}`"),
    ("volume_cap", |portfolio| portfolio.volume_cap.is_some(), VOLUME),
    (
        "volume_cap_of",
        |portfolio| portfolio.volume_cap_of != backstaff_portfolio::VolumeOf::default(),
        VOLUME,
    ),
    ("liquidity_sessions", |portfolio| portfolio.liquidity_sessions != super::twenty(), VOLUME),
    ("stop", |portfolio| portfolio.stop.is_some(), STOPS),
    ("take_profit", |portfolio| portfolio.take_profit.is_some(), STOPS),
    ("trailing_stop", |portfolio| portfolio.trailing_stop.is_some(), STOPS),
    ("max_holding", |portfolio| portfolio.max_holding.is_some(), STOPS),
    (
        "cohorts",
        |portfolio| portfolio.cohorts != 1,
        "Qlib has one account: write `cohorts: 1`, or leave it out",
    ),
    (
        "cash_rate",
        |portfolio| !portfolio.cash_rate.is_zero(),
        "cash earns nothing in Qlib's account: leave it out",
    ),
    (
        "short_selling",
        |portfolio| !portfolio.short_selling,
        "Qlib's account sells nothing short: leave it out",
    ),
    (
        "sell_outside_universe",
        |portfolio| !portfolio.sell_outside_universe,
        "in Qlib nothing but the strategy sells: leave it out",
    ),
];

const VOLUME: &str =
    "write `rules: {qlib: {volume_limits: [{capacity: current, expression: '0.1 * $volume'}]}}`";
const STOPS: &str =
    "Qlib's account has no stops, limits or times of holding: leave it out, or leave `rules` out";
/// What to write in place of a strategy that Qlib's account can't follow.
const STRATEGIES: &str = "Qlib's account sells nothing short and has no stops and limits: write `topk_dropout`, `top_n` or \
                          `weights`, or leave `rules` out";

impl Portfolio {
    /// What a study says that means nothing under the rules that it names, by what is said in its text (of which a study
    /// that is code has none) or differs from what it would be.
    pub(in crate::config) fn problems_beside_rules(&self, root: &Node) -> Vec<Problem> {
        let at = |key: &str| format!("portfolio.{key}");
        let Some(RulesSpec::Qlib(_)) = &self.rules else {
            let StrategySpec::Scores(ScoreStrategy::TopkDropout(spec)) = &self.strategy else {
                return Vec::new();
            };
            let keys = spec.of_qlib().into_iter();
            let told = keys.map(|key| {
                let message = "is for Qlib's exchange; write `rules: qlib` in the portfolio, or leave it out";
                Problem::of(at(&format!("strategy.topk_dropout.{key}")), message)
            });
            return told.collect();
        };
        let is_said = |key: &str| root.at(["portfolio", key]).is_some();
        let said = REFUSED.into_iter().filter(|(key, differs, _)| is_said(key) || differs(self));
        let refuse = |(key, _, instead): Refused| {
            Problem::of(at(key), format!("does not go with `rules: qlib`; {instead}"))
        };
        let mut problems = said.map(refuse).collect::<Vec<_>>();
        let is_default = serde_json::to_value(&self.recovery).ok()
            == serde_json::to_value(super::RecoverySpec::default()).ok();
        if is_said("recovery") || !is_default {
            let message = "does not go with `rules: qlib`, where a position whose instrument is gone stays at its last price: \
                           leave it out";
            problems.push(Problem::of(at("recovery"), message));
        }
        let is_traded = match &self.strategy {
            StrategySpec::Scores(ScoreStrategy::QuantileLongShort { .. }) | StrategySpec::Regimes(_) => false,
            StrategySpec::Weights(GivenWeights::Instruments(weights)) => weights.values().all(|w| *w >= 0.0),
            _ => true,
        };
        if !is_traded {
            problems.push(Problem::of(at(&format!("strategy.{}", self.strategy.name())), STRATEGIES));
        }
        problems
    }
}
