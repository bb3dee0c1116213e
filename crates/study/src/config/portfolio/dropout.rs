//! The rules of a dropout: hold the best, replace a few.

use backstaff_portfolio::{Counting, DropoutRules, MethodBuy, MethodSell};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;

/// Hold the `k` best; replace at most `n_drop` a session.
///
/// All but `k` and `n_drop` belong to Qlib's strategy, so they need `rules: qlib`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopkDropoutSpec {
    /// The number of instruments that are held.
    pub k: u32,
    /// The largest number that is replaced at a rebalancing.
    pub n_drop: u32,
    /// The number of closes over which a position is held at least; Qlib's `hold_thresh`, 1 if absent. For `rules: qlib`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_sessions: Option<u32>,
    /// The share of the cash that purchases spend; 0.95 if absent. For `rules: qlib`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk_degree: Option<f64>,
    /// Whether what can't be traded in the session is passed over, in favour of the next ones. For `rules: qlib`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_tradable: Option<bool>,
    /// Whether a limit stops both sides, so that what has reached the upper one isn't sold either; true if absent. For
    /// `rules: qlib`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forbid_all_trade_at_limit: Option<bool>,
    /// The positions that are sold; `bottom` if absent. For `rules: qlib`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method_sell: Option<MethodSellSpec>,
    /// The candidates that are bought; `top` if absent. For `rules: qlib`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method_buy: Option<MethodBuySpec>,
    /// The seed of random methods; 0 if absent. For `rules: qlib`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Whether instruments are counted as Qlib does to the letter, so that the book may outgrow `k`. For `rules: qlib`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

/// The positions that a dropout sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MethodSellSpec {
    /// Those with the least scores.
    Bottom,
    /// Any that can be traded.
    Random,
}

/// The candidates that a dropout buys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MethodBuySpec {
    /// The best.
    Top,
    /// Any of the best `k` that aren't held.
    Random,
}

impl TopkDropoutSpec {
    /// Hold `k`, replace `n_drop`.
    pub fn new(k: u32, n_drop: u32) -> Self {
        Self { k, n_drop, ..Self::default() }
    }

    /// The keys that are said of those for Qlib's strategy.
    pub fn of_qlib(&self) -> Vec<&'static str> {
        let Self {
            k: _,
            n_drop: _,
            hold_sessions,
            risk_degree,
            only_tradable,
            forbid_all_trade_at_limit,
            method_sell,
            method_buy,
            seed,
            strict,
        } = self;
        let said = [
            ("hold_sessions", hold_sessions.is_some()),
            ("risk_degree", risk_degree.is_some()),
            ("only_tradable", only_tradable.is_some()),
            ("forbid_all_trade_at_limit", forbid_all_trade_at_limit.is_some()),
            ("method_sell", method_sell.is_some()),
            ("method_buy", method_buy.is_some()),
            ("seed", seed.is_some()),
            ("strict", strict.is_some()),
        ];
        said.into_iter().filter_map(|(key, is_said)| is_said.then_some(key)).collect()
    }

    /// The rules of Qlib's strategy.
    pub fn rules(&self) -> DropoutRules {
        DropoutRules {
            topk: self.k as usize,
            n_drop: self.n_drop as usize,
            method_sell: match self.method_sell {
                None | Some(MethodSellSpec::Bottom) => MethodSell::Bottom,
                Some(MethodSellSpec::Random) => MethodSell::Random,
            },
            method_buy: match self.method_buy {
                None | Some(MethodBuySpec::Top) => MethodBuy::Top,
                Some(MethodBuySpec::Random) => MethodBuy::Random,
            },
            hold_thresh: self.hold_sessions.unwrap_or(1) as usize,
            only_tradable: self.only_tradable.unwrap_or(false),
            forbid_all_trade_at_limit: self.forbid_all_trade_at_limit.unwrap_or(true),
            risk_degree: self.risk_degree.unwrap_or(0.95),
            counting: if self.strict == Some(true) { Counting::Strict } else { Counting::Capped },
            seed: self.seed.unwrap_or(0),
        }
    }

    /// What is wrong with it.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let at = |key: &str| format!("portfolio.strategy.topk_dropout.{key}");
        let Self { k, n_drop, .. } = self;
        let mut problems = Vec::new();
        if *k == 0 {
            problems.push(Problem::of(at("k"), "must be 1 or more"));
        } else if n_drop > k {
            let message = format!("is {n_drop}, but no more than k = {k} can be replaced");
            problems.push(Problem::of(at("n_drop"), message));
        }
        if let Some(share) = self.risk_degree.filter(|share| !(*share > 0.0 && *share <= 1.0)) {
            problems.push(Problem::of(
                at("risk_degree"),
                format!("is {share}, but must be above 0 and at most 1, as in `risk_degree: 0.95`"),
            ));
        }
        problems
    }
}
