//! One instrument, held as its regime says.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Regime, Regimes, check, reading::Reader, reading::Reading};
use crate::{
    Decision, PortfolioError,
    strategy::{Note, Strategy, View, targets::rebalance},
};

/// The share of equity to hold in each regime; negative is short.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allocations {
    /// The share that is held in a Bull.
    pub bull: f64,
    /// The share that is held sideways.
    pub sideways: f64,
    /// The share that is held in a Bear.
    pub bear: f64,
    /// The share that is held in a Crisis.
    pub crisis: f64,
}

impl Allocations {
    /// All in a Bull, half of it sideways, nothing else.
    pub const STANDARD: Self = Self { bull: 1.0, sideways: 0.5, bear: 0.0, crisis: 0.0 };
    /// Shares that never exceed 60 %.
    pub const CONSERVATIVE: Self = Self { bull: 0.6, sideways: 0.3, bear: 0.0, crisis: 0.0 };
    /// Shares that leave the market only in a Crisis.
    pub const AGGRESSIVE: Self = Self { bull: 1.0, sideways: 0.8, bear: 0.2, crisis: 0.0 };
    /// As much short in a Bear as long in a Bull.
    pub const MARKET_NEUTRAL: Self = Self { bull: 0.5, sideways: 0.0, bear: -0.5, crisis: 0.0 };

    /// The share that is held in a regime.
    pub fn of(&self, regime: Regime) -> f64 {
        match regime {
            Regime::Bull => self.bull,
            Regime::Sideways => self.sideways,
            Regime::Bear => self.bear,
            Regime::Crisis => self.crisis,
        }
    }
}

/// The rules of [`BasicSwitching`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BasicSwitchingRules {
    /// What is held, and whose regime counts.
    pub instrument: String,
    /// The share that is held in each regime.
    pub allocations: Allocations,
    /// A regime of less confidence changes nothing.
    pub min_confidence: f64,
    /// A weight closer than this to its target is left alone.
    pub rebalance_threshold: f64,
}

impl Default for BasicSwitchingRules {
    fn default() -> Self {
        Self {
            instrument: "SPY".to_owned(),
            allocations: Allocations::STANDARD,
            min_confidence: 0.6,
            rebalance_threshold: 0.05,
        }
    }
}

impl BasicSwitchingRules {
    pub(super) fn check(&self) -> Result<(), PortfolioError> {
        check::common(self.min_confidence, self.rebalance_threshold)?;
        let allocations = Regime::ALL.map(|regime| self.allocations.of(regime));
        allocations.into_iter().try_for_each(|share| check::share("allocations", share.abs()))
    }
}

/// Holds the share of one instrument that its regime calls for; decides at every close.
#[derive(Clone, Debug)]
pub struct BasicSwitching {
    rules: BasicSwitchingRules,
    reader: Reader,
}

impl BasicSwitching {
    /// By these rules and regimes.
    pub fn new(rules: BasicSwitchingRules, regimes: Regimes) -> Result<Self, PortfolioError> {
        rules.check()?;
        Ok(Self { reader: Reader::new(regimes, rules.min_confidence), rules })
    }
}

impl Strategy for BasicSwitching {
    fn name(&self) -> &'static str {
        "basic_switching"
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        match self.reader.read_named(view, &self.rules.instrument) {
            Some((i, Reading::Sure(input))) => {
                let weight = self.rules.allocations.of(input.regime);
                let targets = [(i, weight)].into_iter().filter(|target| target.1 != 0.0).collect();
                rebalance(view, &targets, self.rules.rebalance_threshold)
            }
            _ => Decision::nothing(),
        }
    }

    fn notes(&self) -> Vec<Note> {
        self.reader.notes()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, bear, bull, crisis, sideways};
    use super::*;

    fn weights(readings: &[Option<super::super::RegimeInput>], rules: BasicSwitchingRules) -> Vec<f64> {
        let scene = Scene::flat(&["SPY"], readings.len());
        let regimes = scene.regimes(&[("SPY", readings)]);
        scene.weights(&mut BasicSwitching::new(rules, regimes).unwrap(), "SPY")
    }

    #[test]
    fn holds_what_the_regime_of_the_session_before_calls_for() {
        let readings = [None, bull(0.9), bull(0.9), sideways(0.9), bear(0.9), crisis(0.9), bull(0.9)];
        let held = weights(&readings, BasicSwitchingRules::default());
        assert_eq!(held, [0.0, 0.0, 1.0, 1.0, 0.5, 0.0, 0.0]);
    }

    #[test]
    fn an_unsure_regime_keeps_the_position() {
        let readings = [bull(0.9), bear(0.59), bear(0.6), bull(0.1), bull(0.1)];
        assert_eq!(weights(&readings, BasicSwitchingRules::default()), [0.0, 1.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn a_short_allocation_is_held_short() {
        let allocations = Allocations::MARKET_NEUTRAL;
        let rules = BasicSwitchingRules { allocations, ..BasicSwitchingRules::default() };
        assert_eq!(weights(&[bear(0.9), bear(0.9), bull(0.9)], rules), [0.0, -0.5, -0.5]);
    }

    #[test]
    fn refuses_shares_beyond_the_account() {
        let scene = Scene::flat(&["SPY"], 1);
        let allocations = Allocations { bull: 1.5, ..Allocations::STANDARD };
        let rules = BasicSwitchingRules { allocations, ..BasicSwitchingRules::default() };
        let message = BasicSwitching::new(rules, scene.regimes(&[])).unwrap_err().to_string();
        assert_eq!(message, "allocations is 1.5, but must be a share between 0 and 1");
    }
}
