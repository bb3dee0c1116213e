//! How scores become holdings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where the keys of `top_n` stand.
const TOP_N: &str = "portfolio.strategy.top_n";

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
    /// Hold the best `n`, with a band, caps, weights and an exposure.
    TopN(Box<TopNSpec>),
    /// Hold the best quantile, short the worst.
    QuantileLongShort {
        /// The share of instruments on either side.
        quantile: f64,
        /// Long exposure, as a share of equity; the short side has as much.
        #[serde(default = "full")]
        exposure: f64,
    },
}

/// Hold the best `n`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TopNSpec {
    /// How many to hold.
    pub n: u32,
    /// Keep a position while its rank is at most this; the book is made anew at each rebalancing if absent.
    #[serde(default)]
    pub keep: Option<u32>,
    /// Replace a position only by a score that is higher by at least this.
    #[serde(default)]
    pub advantage: f64,
    /// The most positions of a group, by the category that says which.
    #[serde(default)]
    pub at_most_per: BTreeMap<String, u32>,
    /// What is done to scores before they are ranked.
    #[serde(default)]
    pub score: ScoreSpec,
    /// What decides how much of each is held.
    #[serde(default)]
    pub weights: WeightSpec,
    /// The largest share of equity that a position gets.
    #[serde(default = "full")]
    pub max_weight: f64,
    /// A position is left alone while it is less than this share of equity away from its target.
    #[serde(default)]
    pub threshold: f64,
    /// How much of equity is invested; all of it if absent.
    #[serde(default)]
    pub exposure: Option<ExposureSpec>,
}

/// What is done to scores before they are ranked.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreSpec {
    /// The category within which scores become z-scores.
    #[serde(default)]
    pub within: Option<String>,
    /// What scores are then divided by.
    #[serde(default)]
    pub divided_by: Option<RiskSpec>,
}

/// An expression and the least that it counts as.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RiskSpec {
    /// An expression, or the name of a feature.
    pub expression: String,
    /// Smaller values count as this; above 0.
    pub floor: f64,
}

/// What decides how much of each is held.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightSpec {
    /// All the same.
    #[default]
    Equal,
    /// By rank: m, m − 1, … 1.
    Rank,
    /// By score, where it is above 0.
    Score,
    /// By `1 / max(expression, floor)`.
    InverseVolatility(RiskSpec),
    /// By place in the book: up to each place its weight.
    Steps(Vec<(u32, f64)>),
}

/// How much of equity is invested.
#[derive(Clone, Debug, Deserialize, Serialize)]
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
    /// Between rebalancings the book is scaled only when the share moved by this much.
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
            Self::TopkDropout { k, .. } => Some(*k),
            Self::TopN(top) => Some(top.n),
            Self::QuantileLongShort { .. } => None,
        }
    }

    /// Whether it also sells short.
    pub fn is_long_short(&self) -> bool {
        matches!(self, Self::QuantileLongShort { .. })
    }

    /// The categories that it reads, and the key that names each.
    pub fn categories(&self) -> Vec<(String, &str)> {
        let Self::TopN(top) = self else { return Vec::new() };
        let caps = top.at_most_per.keys().map(|name| (format!("{TOP_N}.at_most_per"), name.as_str()));
        let within = top.score.within.iter().map(|name| (format!("{TOP_N}.score.within"), name.as_str()));
        caps.chain(within).collect()
    }
}

impl TopNSpec {
    /// What is wrong with it: the key and why.
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        if self.n == 0 {
            return Err(("n", "must be 1 or more".to_owned()));
        }
        if let Some(keep) = self.keep.filter(|keep| *keep < self.n) {
            let message = format!("is {keep}, below n = {}: what was bought would be sold at once", self.n);
            return Err(("keep", message));
        }
        if !(self.max_weight > 0.0 && self.max_weight <= 1.0) {
            return Err(("max_weight", format!("is {}, but must be above 0 and at most 1", self.max_weight)));
        }
        for (key, value) in [("advantage", self.advantage), ("threshold", self.threshold)] {
            if !(value.is_finite() && value >= 0.0) {
                return Err((key, format!("is {value}, but must be 0 or more")));
            }
        }
        if let Some((name, _)) = self.at_most_per.iter().find(|(_, most)| **most == 0) {
            return Err((
                "at_most_per",
                format!("{name}: 0 would hold nothing; leave it out or say 1 or more"),
            ));
        }
        self.exposure.as_ref().map_or(Ok(()), ExposureSpec::check)
    }
}

impl ExposureSpec {
    fn check(&self) -> Result<(), (&'static str, String)> {
        let is_share = |share: f64| (0.0..=1.0).contains(&share);
        if let Some((_, share)) = self.steps.iter().find(|(_, share)| !is_share(*share)) {
            return Err(("exposure.steps", format!("{share} is not a share between 0 and 1")));
        }
        if self.steps.windows(2).any(|pair| pair[0].0 >= pair[1].0) || self.steps.iter().any(|s| s.0.is_nan())
        {
            return Err(("exposure.steps", "limits must ascend, each listed once".to_owned()));
        }
        if !is_share(self.otherwise) {
            return Err(("exposure.otherwise", format!("{} is not a share between 0 and 1", self.otherwise)));
        }
        if !(self.min_change >= 0.0 && self.min_change <= 1.0) {
            return Err((
                "exposure.min_change",
                format!("{} is not a share between 0 and 1", self.min_change),
            ));
        }
        Ok(())
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
            top.check().map_err(|(key, message)| format!("{key} {message}")).unwrap_err()
        };
        assert!(check("{n: 50, keep: 40}").contains("keep is 40, below n = 50"));
        assert!(check("{n: 5, max_weight: 0}").starts_with("max_weight"));
        assert!(check("{n: 5, at_most_per: {sector: 0}}").contains("sector"));
        assert!(check("{n: 5, exposure: {expression: x, steps: [[0, 0.5], [0, 1]]}}").contains("ascend"));
        assert!(check("{n: 5, exposure: {expression: x, otherwise: 2}}").contains("between 0 and 1"));
    }
}
