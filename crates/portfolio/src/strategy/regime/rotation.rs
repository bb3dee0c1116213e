//! The instruments whose own regime is good, each up to a cap.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Regime, Regimes, check, reading::Reader, reading::Reading};
use crate::{
    Decision, PortfolioError,
    strategy::{Note, Strategy, View, targets::rebalance},
};

/// How much of what is chosen is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Weighting {
    /// `min(1 / n, max_weight)` each.
    #[default]
    Equal,
    /// `min(1 / n, max_weight) · confidence` each.
    Confidence,
}

/// The rules by which [`Rotation`] chooses and weighs instruments.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RotationRules {
    /// What is chosen from, by their own regimes.
    pub instruments: Vec<String>,
    /// The regimes in which an instrument is worth holding.
    pub regimes: Vec<Regime>,
    /// A regime of less confidence changes nothing.
    pub min_confidence: f64,
    /// The most that are held: those of the highest confidence.
    pub most: usize,
    /// How equity is spread over the chosen instruments.
    pub weighting: Weighting,
    /// The largest weight of an instrument.
    pub max_weight: f64,
    /// What is held while no instrument has a regime worth holding; its weights obey `max_weight` too.
    pub fallback: BTreeMap<String, f64>,
    /// Sessions between rebalancings.
    pub rebalance_every: usize,
    /// A weight closer than this to its target is left alone.
    pub rebalance_threshold: f64,
    /// What is held in a falling regime of at least this confidence is not kept until the next rebalancing; absent or
    /// null: it is.
    pub exit_confidence: Option<f64>,
}

impl Default for RotationRules {
    fn default() -> Self {
        Self {
            instruments: ["SPY", "QQQ", "TLT", "GLD"].map(str::to_owned).to_vec(),
            regimes: vec![Regime::Bull, Regime::Sideways],
            min_confidence: 0.6,
            most: 4,
            weighting: Weighting::Confidence,
            max_weight: 0.4,
            fallback: [("TLT", 0.4), ("GLD", 0.4)].map(|(name, weight)| (name.to_owned(), weight)).into(),
            rebalance_every: 5,
            rebalance_threshold: 0.05,
            exit_confidence: Some(0.8),
        }
    }
}

impl RotationRules {
    pub(super) fn check(&self) -> Result<(), PortfolioError> {
        check::common(self.min_confidence, self.rebalance_threshold)?;
        check::share_above_zero("max_weight", self.max_weight)?;
        check::share("exit_confidence", self.exit_confidence.unwrap_or(1.0))?;
        check::weights("fallback", &self.fallback, self.max_weight)?;
        check::at_least_one("instruments", self.instruments.len())?;
        check::at_least_one("most", self.most)?;
        check::at_least_one("rebalance_every", self.rebalance_every)
    }
}

/// Holds the instruments whose own regime is worth holding, those of the highest confidence first.
///
/// - Choice: at most `most` instruments with a regime of `regimes`; equal confidences in the order of the list.
/// - Weights: `min(1 / n, max_weight)` of the `n` that are held, times the confidence where the weighting asks for it;
///   the rest is cash.
/// - What is held and unsure keeps its weight (as far as `max_weight` allows) and its place among the `most`.
/// - Fallback: held while at least one regime is sure and none of the sure ones is worth holding.
/// - Sessions: the first in which a regime is sure, every `rebalance_every`-th after it, and any in which something held
///   by choice falls surely.
#[derive(Clone, Debug)]
pub struct Rotation {
    name: &'static str,
    rules: RotationRules,
    reader: Reader,
    /// Sessions since the first sure regime.
    sessions: usize,
    /// Whether what is held is the fallback.
    falls_back: bool,
}

impl Rotation {
    /// By these rules and regimes.
    pub fn new(rules: RotationRules, regimes: Regimes) -> Result<Self, PortfolioError> {
        Self::named("rotation", rules, regimes)
    }

    pub(super) fn named(
        name: &'static str,
        rules: RotationRules,
        regimes: Regimes,
    ) -> Result<Self, PortfolioError> {
        rules.check()?;
        let reader = Reader::new(regimes, rules.min_confidence);
        Ok(Self { name, rules, reader, sessions: 0, falls_back: false })
    }

    /// The instruments that are listed, with their readings.
    fn readings(&mut self, view: &View<'_>) -> Vec<(usize, Reading)> {
        let Self { rules, reader, .. } = self;
        rules.instruments.iter().filter_map(|name| reader.read_named(view, name)).collect()
    }

    /// Whether something that was chosen falls surely.
    fn is_urgent(&self, view: &View<'_>, readings: &[(usize, Reading)]) -> bool {
        let falls = |reading| match reading {
            Reading::Sure(input) => {
                let exit = self.rules.exit_confidence;
                input.regime.is_falling() && exit.is_some_and(|exit| input.confidence >= exit)
            }
            Reading::Unsure => false,
        };
        !self.falls_back && readings.iter().any(|&(i, reading)| falls(reading) && view.weight(i) > 0.0)
    }

    fn targets(&mut self, view: &View<'_>, readings: &[(usize, Reading)]) -> BTreeMap<usize, f64> {
        let cap = self.rules.max_weight;
        let unsure =
            readings.iter().filter(|(i, reading)| *reading == Reading::Unsure && view.weight(*i) > 0.0);
        let mut targets = if self.falls_back {
            BTreeMap::new()
        } else {
            unsure.map(|&(i, _)| (i, view.weight(i).min(cap))).collect::<BTreeMap<_, _>>()
        };
        let chosen = readings.iter().filter_map(|&(i, reading)| match reading {
            Reading::Sure(input) if self.rules.regimes.contains(&input.regime) => Some((i, input.confidence)),
            _ => None,
        });
        let mut chosen = chosen.collect::<Vec<_>>();
        chosen.sort_by(|a, b| b.1.total_cmp(&a.1));
        chosen.truncate(self.rules.most.saturating_sub(targets.len()));
        self.falls_back = chosen.is_empty() && targets.is_empty();
        if self.falls_back {
            let Self { rules, reader, .. } = self;
            let listed = rules.fallback.iter().filter(|(_, weight)| **weight > 0.0);
            return listed.filter_map(|(name, &weight)| Some((reader.find(view, name)?, weight))).collect();
        }
        let budget = (1.0 - targets.values().sum::<f64>()).max(0.0);
        let each = cap.min(1.0 / (chosen.len() + targets.len()) as f64);
        let weight = |confidence| match self.rules.weighting {
            Weighting::Equal => each,
            Weighting::Confidence => each * confidence,
        };
        let asked = chosen.iter().map(|&(_, confidence)| weight(confidence)).sum::<f64>();
        let factor = if asked > budget { budget / asked } else { 1.0 };
        targets.extend(chosen.iter().map(|&(i, confidence)| (i, weight(confidence) * factor)));
        targets
    }
}

impl Strategy for Rotation {
    fn name(&self) -> &'static str {
        self.name
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        let readings = self.readings(view);
        let is_sure = readings.iter().any(|(_, reading)| *reading != Reading::Unsure);
        if !is_sure && self.sessions == 0 {
            return Decision::nothing();
        }
        let is_due = self.sessions.is_multiple_of(self.rules.rebalance_every);
        self.sessions += 1;
        if !is_sure || !(is_due || self.is_urgent(view, &readings)) {
            return Decision::nothing();
        }
        let targets = self.targets(view, &readings);
        rebalance(view, &targets, self.rules.rebalance_threshold)
    }

    fn notes(&self) -> Vec<Note> {
        self.reader.notes()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, bear, bull, sideways};
    use super::super::{OptimizedRotationRules, RegimeInput};
    use super::*;

    const NAMES: [&str; 4] = ["GLD", "QQQ", "SPY", "TLT"];

    /// The weights of GLD, QQQ, SPY and TLT at each close.
    fn weights(rules: RotationRules, readings: [&[Option<RegimeInput>]; 4]) -> Vec<[f64; 4]> {
        let scene = Scene::flat(&NAMES, readings[0].len());
        let named = [0, 1, 2, 3].map(|at| (NAMES[at], readings[at]));
        let strategy = Rotation::new(rules, scene.regimes(&named)).unwrap();
        let all = NAMES.map(|name| scene.weights(&mut strategy.clone(), name));
        (0..readings[0].len()).map(|t| [0, 1, 2, 3].map(|at| all[at][t])).collect()
    }

    fn equal() -> RotationRules {
        RotationRules { weighting: Weighting::Equal, rebalance_every: 1, ..RotationRules::default() }
    }

    #[test]
    fn one_good_instrument_gets_its_cap_and_the_rest_is_cash() {
        let down = [bear(0.9); 2];
        assert_eq!(weights(equal(), [&down, &down, &[bull(0.9); 2], &down])[1], [0.0, 0.0, 0.4, 0.0]);
    }

    #[test]
    fn confidence_makes_weights_smaller_and_never_larger() {
        let down = [bear(0.9); 2];
        let rules = RotationRules { weighting: Weighting::Confidence, ..equal() };
        let held = weights(rules, [&down, &[bull(0.75); 2], &[bull(0.9); 2], &down])[1];
        assert!((held[1] - 0.3).abs() < 1e-12 && (held[2] - 0.36).abs() < 1e-12, "{held:?}");
    }

    #[test]
    fn the_most_confident_are_chosen_whatever_their_names() {
        let rules = RotationRules { most: 2, ..equal() };
        let up = |confidence| [bull(confidence); 2];
        let held = weights(rules, [&up(0.6), &up(0.7), &up(0.95), &up(0.9)])[1];
        assert_eq!(held, [0.0, 0.0, 0.4, 0.4]);
    }

    #[test]
    fn without_a_regime_worth_holding_the_fallback_is_held_until_there_is_one() {
        let down = [bear(0.9); 4];
        // TLT becomes unsure while it is held as the fallback, which is no reason to stay in it.
        let tlt = [bear(0.9), bear(0.9), bear(0.1), bear(0.1)];
        let spy = [bear(0.9), bear(0.9), bull(0.9), bull(0.9)];
        let held = weights(equal(), [&down, &down, &spy, &tlt]);
        assert_eq!(held[2], [0.4, 0.0, 0.0, 0.4]);
        assert_eq!(held[3], [0.0, 0.0, 0.4, 0.0]);
    }

    #[test]
    fn what_is_unsure_is_kept_and_not_bought() {
        let down = [bear(0.9); 3];
        let spy = [bull(0.9), bear(0.5), bear(0.5)];
        let held = weights(equal(), [&down, &[bull(0.5); 3], &spy, &down]);
        assert_eq!(held[2], [0.0, 0.0, 0.4, 0.0]);
    }

    #[test]
    fn a_sure_fall_is_not_waited_out() {
        let down = [bear(0.9); 4];
        let rules = RotationRules { rebalance_every: 100, ..equal() };
        let spy = [bull(0.9), bear(0.7), bear(0.9), bear(0.9)];
        let held = weights(rules, [&[sideways(0.9); 4], &down, &spy, &down]);
        assert_eq!(held.iter().map(|held| held[2]).collect::<Vec<_>>(), [0.0, 0.4, 0.4, 0.0]);
    }

    #[test]
    fn a_fallback_above_the_cap_is_refused() {
        let fallback = [("TLT".to_owned(), 0.6)].into();
        let rules = RotationRules { fallback, ..RotationRules::default() };
        let regimes = Scene::flat(&NAMES, 1).regimes(&[]);
        assert!(Rotation::new(rules, regimes).unwrap_err().to_string().contains("the cap holds for all"));
        RotationRules::from(OptimizedRotationRules::default()).check().unwrap();
    }
}
