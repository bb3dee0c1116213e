//! What a portfolio holds: by scores, by given weights, by regimes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use backstaff_portfolio::{PortfolioError, regime::Template};
use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeSeed, EnumAccess, Error as _, IntoDeserializer as _, VariantAccess, Visitor},
    forward_to_deserialize_any,
};

use super::TopkDropoutSpec;
use crate::config::{GivenTable, OWN_WEIGHTS_EXPRESSION, Problem, Role};

/// Where the keys of `top_n` stand.
const TOP_N: &str = "portfolio.strategy.top_n";

/// What a portfolio holds.
///
/// In a study it is one key with its rules: a strategy that ranks scores (`topk_dropout`, `top_n`,
/// `quantile_long_short`), weights that are given (`weights`), or a strategy that lives from regimes (`rotation` and the
/// others of [`Template`]).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum StrategySpec {
    /// It ranks the scores of a model.
    Scores(ScoreStrategy),
    /// It holds weights that are given.
    Weights(GivenWeights),
    /// It reads the regimes of some instruments.
    Regimes(Template),
}

/// How scores become holdings.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ScoreStrategy {
    /// Hold the `k` best; replace at most `n_drop` a session.
    TopkDropout(TopkDropoutSpec),
    /// Hold the best `n`, with a band, caps, weights and an exposure.
    TopN(Box<TopNSpec>),
    /// Hold the best quantile, short the worst.
    QuantileLongShort {
        /// The share of instruments that is held, and the share that is sold short.
        quantile: f64,
        /// Long exposure, as a share of equity; the short side has as much.
        #[serde(default = "full")]
        exposure: f64,
    },
}

/// Weights that need no scores; restored at each rebalancing.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum GivenWeights {
    /// The share of equity in each of these instruments; what is left to 1 is cash, below 0 is short.
    Instruments(BTreeMap<String, f64>),
    /// An expression whose value is the share of equity in the row's instrument.
    Expression(String),
    /// A table with a date, an instrument and its share of equity a row. The weights of a date are decided at its close
    /// and held until the next date; what it doesn't name is sold.
    File(#[schemars(with = "crate::config::schema::PathOr<GivenTable>")] GivenTable),
}

/// Hold the best `n`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopNSpec {
    /// The number of instruments that are held.
    pub n: u32,
    /// The rank down to which a position is kept; the book is made anew at each rebalancing if absent.
    #[serde(default)]
    pub keep: Option<u32>,
    /// The difference in score from which on a position is replaced.
    #[serde(default)]
    pub advantage: f64,
    /// The largest number of positions of one group, by category.
    #[serde(default)]
    pub at_most_per: BTreeMap<String, u32>,
    /// The changes of scores before they are ranked.
    #[serde(default)]
    pub score: ScoreSpec,
    /// The rule for the weights of positions.
    #[serde(default)]
    pub weights: WeightSpec,
    /// The largest share of equity that a position gets.
    #[serde(default = "full")]
    pub max_weight: f64,
    /// The distance from its target, as a share of equity, below which a position is left alone.
    #[serde(default)]
    pub threshold: f64,
    /// The share of equity that is invested; all of it if absent.
    #[serde(default)]
    pub exposure: Option<ExposureSpec>,
}

/// The changes of scores before they are ranked.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoreSpec {
    /// The category within which scores become z-scores.
    #[serde(default)]
    pub within: Option<String>,
    /// The risk by which scores are then divided.
    #[serde(default)]
    pub divided_by: Option<RiskSpec>,
}

/// An expression and the least that it counts as.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskSpec {
    /// An expression, or the name of a feature.
    pub expression: String,
    /// Smaller values count as this; above 0.
    pub floor: f64,
}

/// The rule for the weights of positions.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WeightSpec {
    /// All positions have the same weight.
    #[default]
    Equal,
    /// The weights fall with the rank: m, m − 1, … 1.
    Rank,
    /// The weights are as the scores, where these are above 0.
    Score,
    /// The weights are as `1 / max(expression, floor)`.
    InverseVolatility(RiskSpec),
    /// The weights by place in the book, as pairs: the last place that has a weight, and the weight.
    Steps(Vec<(u32, f64)>),
}

/// The share of equity that is invested.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExposureSpec {
    /// An expression that has one value for all instruments of a session.
    pub expression: String,
    /// Values below each limit (ascending) give its share; without steps the value is the share, cut off at 0 and 1.
    #[serde(default)]
    pub steps: Vec<(f64, f64)>,
    /// The share at or above the last limit.
    #[serde(default = "full")]
    pub otherwise: f64,
    /// The move of the share from which on the book is scaled between rebalancings.
    #[serde(default)]
    pub min_change: f64,
}

fn full() -> f64 {
    1.0
}

impl StrategySpec {
    /// How many positions it holds, where that is said.
    pub fn n_positions(&self) -> Option<u32> {
        match self {
            Self::Scores(ScoreStrategy::TopkDropout(spec)) => Some(spec.k),
            Self::Scores(ScoreStrategy::TopN(top)) => Some(top.n),
            _ => None,
        }
    }

    /// Whether it is as much short as long, so that its return is no bet on the market.
    pub fn is_long_short(&self) -> bool {
        matches!(self, Self::Scores(ScoreStrategy::QuantileLongShort { .. }))
    }

    /// Whether it ranks scores, so that a study needs a model that gives some.
    pub fn reads_scores(&self) -> bool {
        matches!(self, Self::Scores(_))
    }

    /// The regimes that it reads, as the rules of a strategy that lives from them.
    pub fn regimes(&self) -> Option<&Template> {
        match self {
            Self::Regimes(template) => Some(template),
            _ => None,
        }
    }

    /// The rules of `top_n`, if it is that one.
    pub fn top_n(&self) -> Option<&TopNSpec> {
        match self {
            Self::Scores(ScoreStrategy::TopN(top)) => Some(top),
            _ => None,
        }
    }

    /// The instruments that it may hold, where it names them; else it chooses from the universe.
    pub fn named(&self) -> Option<BTreeSet<&str>> {
        match self {
            Self::Scores(_) | Self::Weights(GivenWeights::Expression(_) | GivenWeights::File(_)) => None,
            Self::Weights(GivenWeights::Instruments(weights)) => {
                Some(weights.keys().map(String::as_str).collect())
            }
            Self::Regimes(template) => Some(template.traded()),
        }
    }

    /// What it is called in a study.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Scores(ScoreStrategy::TopkDropout(_)) => "topk_dropout",
            Self::Scores(ScoreStrategy::TopN(_)) => "top_n",
            Self::Scores(ScoreStrategy::QuantileLongShort { .. }) => "quantile_long_short",
            Self::Weights(_) => WEIGHTS,
            Self::Regimes(template) => template.name(),
        }
    }

    /// The categories that it reads, and the key that names each.
    pub fn categories(&self) -> Vec<(String, &str)> {
        let Some(top) = self.top_n() else { return Vec::new() };
        let caps = top.at_most_per.keys().map(|name| (format!("{TOP_N}.at_most_per"), name.as_str()));
        let within = top.score.within.iter().map(|name| (format!("{TOP_N}.score.within"), name.as_str()));
        caps.chain(within).collect()
    }

    /// The expressions that it reads: what each is for, the key that holds it, its text.
    pub(crate) fn expressions(&self) -> Vec<(Role, String, &str)> {
        if let Self::Weights(GivenWeights::Expression(text)) = self {
            return vec![(Role::Target, "portfolio.strategy.weights.expression".to_owned(), text)];
        }
        if let Self::Weights(GivenWeights::File(_)) = self {
            return vec![(
                Role::Target,
                "portfolio.strategy.weights.file".to_owned(),
                OWN_WEIGHTS_EXPRESSION,
            )];
        }
        let Some(top) = self.top_n() else { return Vec::new() };
        let at = |key: &str| format!("{TOP_N}.{key}.expression");
        let score = top.score.divided_by.iter();
        let score = score.map(|risk| (Role::ScoreRisk, at("score.divided_by"), risk.expression.as_str()));
        let weight = match &top.weights {
            WeightSpec::InverseVolatility(risk) => {
                Some((Role::WeightRisk, at("weights.inverse_volatility"), risk.expression.as_str()))
            }
            _ => None,
        };
        let exposure = top.exposure.iter();
        let exposure = exposure.map(|spec| (Role::Exposure, at("exposure"), spec.expression.as_str()));
        score.chain(weight).chain(exposure).collect()
    }

    /// What is wrong with its rules.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let at = |key: &str| format!("portfolio.strategy.{key}");
        match self {
            Self::Scores(ScoreStrategy::TopkDropout(spec)) => spec.problems(),
            Self::Scores(ScoreStrategy::QuantileLongShort { quantile, .. })
                if !(*quantile > 0.0 && *quantile <= 0.5) =>
            {
                let message = format!("is {quantile}, but must be above 0 and at most 0.5");
                vec![Problem::of(at("quantile_long_short.quantile"), message)]
            }
            Self::Scores(ScoreStrategy::TopN(top)) => top.problems(),
            Self::Weights(GivenWeights::Instruments(weights)) => {
                let key = at("weights.instruments");
                let none = weights.is_empty().then(|| Problem::of(&key, "names no instrument"));
                let wrong = weights.iter().filter(|(_, weight)| !weight.is_finite());
                let wrong = wrong.map(|(name, weight)| {
                    Problem::of(format!("{key}.{name}"), format!("{weight} is not a share of equity"))
                });
                // What is sold short pays for as much that is bought.
                let net = weights.values().sum::<f64>();
                let beyond = (net > 1.0 + ROUNDING).then(|| {
                    let message = format!("add up to {net}, but nothing is borrowed: the equity is 1");
                    Problem::of(&key, message)
                });
                none.into_iter().chain(wrong).chain(beyond).collect()
            }
            Self::Regimes(template) => template.check().err().map_or_else(Vec::new, |error| match &error {
                PortfolioError::Parameter { parameter, value, expected } => {
                    let message = format!("is {value}, but must be {expected}");
                    vec![Problem::of(at(&format!("{}.{parameter}", template.name())), message)]
                }
                _ => vec![Problem::of(at(template.name()), error.to_string())],
            }),
            Self::Scores(_) | Self::Weights(_) => Vec::new(),
        }
    }
}

/// What decimal fractions that add up to 1 miss it by.
const ROUNDING: f64 = 1e-9;
/// The key of weights that are given.
const WEIGHTS: &str = "weights";
/// The strategies that rank scores.
const OF_SCORES: [&str; 3] = ["topk_dropout", "top_n", "quantile_long_short"];
/// All strategies, as a study names them.
const NAMES: &[&str] = &[
    "topk_dropout",
    "top_n",
    "quantile_long_short",
    WEIGHTS,
    "basic_switching",
    "rotation",
    "optimized_rotation",
    "crisis_detection",
    "dynamic_sizing",
    "half_kelly",
    "sector_rotation",
    "deterioration_short",
];

impl<'de> Deserialize<'de> for StrategySpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByName;

        impl<'de> Visitor<'de> for ByName {
            type Value = StrategySpec;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a strategy and its rules")
            }

            fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<StrategySpec, A::Error> {
                let (name, rules) = access.variant::<String>()?;
                if name == WEIGHTS {
                    return rules.newtype_variant().map(StrategySpec::Weights);
                }
                let is_known = NAMES.contains(&name.as_str());
                if !is_known {
                    return Err(A::Error::unknown_variant(&name, NAMES));
                }
                let of_scores = OF_SCORES.contains(&name.as_str());
                let chosen = Named { name, rules };
                if of_scores {
                    ScoreStrategy::deserialize(chosen).map(StrategySpec::Scores)
                } else {
                    Template::deserialize(chosen).map(StrategySpec::Regimes)
                }
            }
        }

        deserializer.deserialize_enum("StrategySpec", NAMES, ByName)
    }
}

/// A choice whose name was read already.
struct Named<A> {
    name: String,
    rules: A,
}

impl<'de, A: VariantAccess<'de>> EnumAccess<'de> for Named<A> {
    type Error = A::Error;
    type Variant = A;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, A), A::Error> {
        Ok((seed.deserialize(self.name.into_deserializer())?, self.rules))
    }
}

impl<'de, A: VariantAccess<'de>> Deserializer<'de> for Named<A> {
    type Error = A::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl TopNSpec {
    /// What is wrong with it.
    fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong =
            |key: &str, message: String| problems.push(Problem::of(format!("{TOP_N}.{key}"), message));
        if self.n == 0 {
            wrong("n", "must be 1 or more".to_owned());
        }
        if let Some(keep) = self.keep.filter(|keep| *keep < self.n) {
            wrong("keep", format!("is {keep}, below n = {}: what was bought would be sold at once", self.n));
        }
        if !(self.max_weight > 0.0 && self.max_weight <= 1.0) {
            wrong("max_weight", format!("is {}, but must be above 0 and at most 1", self.max_weight));
        }
        for (key, value) in [("advantage", self.advantage), ("threshold", self.threshold)] {
            if !(value.is_finite() && value >= 0.0) {
                wrong(key, format!("is {value}, but must be 0 or more"));
            }
        }
        for (name, _) in self.at_most_per.iter().filter(|(_, most)| **most == 0) {
            wrong("at_most_per", format!("{name}: 0 would hold nothing; leave it out or say 1 or more"));
        }
        if let Some(exposure) = &self.exposure {
            exposure.check(&mut wrong);
        }
        problems
    }
}

impl ExposureSpec {
    /// Report what is wrong with it.
    fn check(&self, wrong: &mut impl FnMut(&str, String)) {
        let is_share = |share: f64| (0.0..=1.0).contains(&share);
        if let Some((_, share)) = self.steps.iter().find(|(_, share)| !is_share(*share)) {
            wrong("exposure.steps", format!("{share} is not a share between 0 and 1"));
        }
        if self.steps.windows(2).any(|pair| pair[0].0 >= pair[1].0) || self.steps.iter().any(|s| s.0.is_nan())
        {
            wrong("exposure.steps", "limits must ascend, each listed once".to_owned());
        }
        for (key, share) in [("otherwise", self.otherwise), ("min_change", self.min_change)] {
            if !is_share(share) {
                wrong(&format!("exposure.{key}"), format!("{share} is not a share between 0 and 1"));
            }
        }
    }

    /// The share of equity to invest where the market's value is this.
    pub fn share(&self, value: f64) -> f64 {
        if value.is_nan() || self.steps.is_empty() {
            return value;
        }
        self.steps.iter().find(|(limit, _)| value < *limit).map_or(self.otherwise, |&(_, share)| share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_below_a_limit_has_its_share() {
        let exposure: ExposureSpec =
            serde_saphyr::from_str("{expression: x, steps: [[-0.05, 0.3], [0, 0.5]], otherwise: 0.9}")
                .unwrap();
        let shares = [-0.06, -0.05, 0.0, 7.0].map(|value| exposure.share(value));
        assert_eq!(shares, [0.3, 0.5, 0.9, 0.9]);
        assert!(exposure.share(f64::NAN).is_nan());
    }

    #[test]
    fn refuses_what_makes_no_sense() {
        let check = |text: &str| {
            let top: TopNSpec = serde_saphyr::from_str(text).unwrap();
            top.problems().iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        assert!(check("{n: 50, keep: 40}").contains("keep: is 40, below n = 50"));
        assert!(check("{n: 5, max_weight: 0}").contains("max_weight"));
        assert!(check("{n: 5, at_most_per: {sector: 0}}").contains("sector"));
        assert!(check("{n: 5, exposure: {expression: x, steps: [[0, 0.5], [0, 1]]}}").contains("ascend"));
        assert!(check("{n: 5, exposure: {expression: x, otherwise: 2}}").contains("between 0 and 1"));
    }
}
