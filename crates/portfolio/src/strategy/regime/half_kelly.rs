//! One instrument, sized by what its regimes have brought so far.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Regime, Regimes, check, reading::Reader, reading::Reading};
use crate::{
    Decision, PortfolioError,
    strategy::{Note, Strategy, View, targets::rebalance},
};

/// The rules of [`HalfKelly`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HalfKellyRules {
    /// What is held, and whose regime counts.
    pub instrument: String,
    /// The part of the Kelly share that is held.
    pub fraction: f64,
    /// The share until a regime has had `min_outcomes`.
    pub start: f64,
    /// How many sessions a regime must have had.
    pub min_outcomes: u32,
    /// The largest weight of the instrument.
    pub max_weight: f64,
    /// A regime of less confidence changes nothing, and its session is no outcome.
    pub min_confidence: f64,
    /// A weight closer than this to its target is left alone.
    pub rebalance_threshold: f64,
}

impl Default for HalfKellyRules {
    fn default() -> Self {
        Self {
            instrument: "SPY".to_owned(),
            fraction: 0.5,
            start: 0.25,
            min_outcomes: 20,
            max_weight: 1.0,
            min_confidence: 0.0,
            rebalance_threshold: 0.05,
        }
    }
}

impl HalfKellyRules {
    pub(super) fn check(&self) -> Result<(), PortfolioError> {
        check::common(self.min_confidence, self.rebalance_threshold)?;
        check::share_above_zero("fraction", self.fraction)?;
        check::share_above_zero("max_weight", self.max_weight)?;
        check::share("start", self.start)
    }
}

/// The returns of the sessions that followed one regime.
#[derive(Clone, Copy, Debug, Default)]
struct Outcomes {
    wins: u32,
    losses: u32,
    won: f64,
    lost: f64,
}

impl Outcomes {
    fn add(&mut self, outcome: f64) {
        if outcome > 0.0 {
            self.wins += 1;
            self.won += outcome;
        } else {
            self.losses += 1;
            self.lost -= outcome;
        }
    }

    /// `p − (1 − p) / b`, with `p` the share of gains and `b` the mean gain over the mean loss; at least 0.
    fn kelly(self) -> f64 {
        let gains = f64::from(self.wins) / f64::from(self.wins + self.losses);
        if self.won == 0.0 {
            return 0.0;
        }
        if self.lost == 0.0 {
            return gains;
        }
        let ratio = (self.won / f64::from(self.wins)) / (self.lost / f64::from(self.losses));
        (gains - (1.0 - gains) / ratio).max(0.0)
    }
}

/// Holds half of the Kelly share that the past sessions after the present regime come to; decides at every close.
///
/// - Outcomes: where the regime was sure at a close, the return to the next close belongs to it, from that next close on.
/// - Share: `fraction · max(p − (1 − p) / b, 0)`, at most `max_weight`; `start` with fewer than `min_outcomes`.
/// - Source: Kelly (1956), "A new interpretation of information rate", Bell System Technical Journal 35.
#[derive(Clone, Debug)]
pub struct HalfKelly {
    rules: HalfKellyRules,
    reader: Reader,
    outcomes: [Outcomes; 4],
    /// The newest sure regime whose next return is not known yet, and the close it was read at.
    open: Option<(Regime, f64)>,
}

impl HalfKelly {
    /// By these rules and regimes.
    pub fn new(rules: HalfKellyRules, regimes: Regimes) -> Result<Self, PortfolioError> {
        rules.check()?;
        let reader = Reader::new(regimes, rules.min_confidence);
        Ok(Self { rules, reader, outcomes: [Outcomes::default(); 4], open: None })
    }

    fn share(&self, regime: Regime) -> f64 {
        let outcomes = self.outcomes[regime as usize];
        let share = if outcomes.wins + outcomes.losses < self.rules.min_outcomes.max(1) {
            self.rules.start
        } else {
            self.rules.fraction * outcomes.kelly()
        };
        share.min(self.rules.max_weight)
    }
}

impl Strategy for HalfKelly {
    fn name(&self) -> &'static str {
        "half_kelly"
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        let Some((i, reading)) = self.reader.read_named(view, &self.rules.instrument) else {
            return Decision::nothing();
        };
        // A halt leaves the outcome open until the next close.
        let Some(close) = view.close(i, 0) else { return Decision::nothing() };
        if let Some((regime, before)) = self.open.take() {
            self.outcomes[regime as usize].add(close / before - 1.0);
        }
        let Reading::Sure(input) = reading else { return Decision::nothing() };
        self.open = Some((input.regime, close));
        let targets = [(i, self.share(input.regime))].into_iter().filter(|target| target.1 > 0.0).collect();
        rebalance(view, &targets, self.rules.rebalance_threshold)
    }

    fn notes(&self) -> Vec<Note> {
        self.reader.notes()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, bear, bull};
    use super::*;

    fn rules() -> HalfKellyRules {
        HalfKellyRules { min_outcomes: 4, rebalance_threshold: 0.0, ..HalfKellyRules::default() }
    }

    #[test]
    fn the_share_comes_from_what_is_over() {
        // Three gains of 2 % and a loss of 1 %: p = 0.75, b = 2, Kelly 0.625; then a fall that comes too late to count.
        let closes = [100.0, 102.0, 104.04, 106.1208, 105.059_592, 105.059_592, 50.0];
        let scene = Scene::closes("SPY", &closes);
        let mut strategy = HalfKelly::new(rules(), scene.regimes(&[("SPY", &[bull(0.9); 7])])).unwrap();
        let result = scene.run(&mut strategy);
        let quantity = |decided: &crate::Decided| decided.decision.orders[0].quantity;
        assert_eq!(quantity(&result.decisions[3]), crate::Quantity::Weight(0.25));
        let crate::Quantity::Weight(weight) = quantity(&result.decisions[4]) else { panic!("a weight") };
        assert!((weight - 0.3125).abs() < 1e-9, "{weight}");
    }

    #[test]
    fn a_regime_that_only_lost_is_not_held() {
        let closes = (0..8).map(|t| 100.0 - f64::from(t)).collect::<Vec<_>>();
        let scene = Scene::closes("SPY", &closes);
        let mut strategy = HalfKelly::new(rules(), scene.regimes(&[("SPY", &[bear(0.9); 8])])).unwrap();
        let held = scene.weights(&mut strategy, "SPY");
        assert_eq!((held[4] > 0.2, held[5], held[7]), (true, 0.0, 0.0));
    }

    #[test]
    fn a_regime_that_only_won_gets_the_fraction_and_no_more() {
        let mut always = Outcomes::default();
        always.add(0.01);
        assert_eq!(always.kelly(), 1.0);
        assert_eq!(Outcomes { losses: 1, ..always }.kelly(), 0.5);
    }
}
