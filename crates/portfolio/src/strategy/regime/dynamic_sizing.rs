//! One instrument, more of it the surer its regime, behind a stop and a limit on losses.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Regime, Regimes, check, reading::Reader, reading::Reading};
use crate::{
    Decision, Order, OrderType, PortfolioError, Quantity, Reason,
    strategy::{Note, Strategy, View, targets::rebalance},
};

/// Shares of equity by confidence.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Steps {
    /// From a confidence of 0.8 on.
    pub high: f64,
    /// From a confidence of 0.6 on.
    pub medium: f64,
    /// The share where confidence lies below both steps.
    pub low: f64,
}

impl Steps {
    const NONE: Self = Self { high: 0.0, medium: 0.0, low: 0.0 };

    fn at(self, confidence: f64) -> f64 {
        if confidence >= 0.8 {
            self.high
        } else if confidence >= 0.6 {
            self.medium
        } else {
            self.low
        }
    }
}

/// The rules of [`DynamicSizing`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DynamicSizingRules {
    /// What is held, and whose regime counts.
    pub instrument: String,
    /// The shares that are held in a Bull.
    pub bull: Steps,
    /// The shares that are held sideways.
    pub sideways: Steps,
    /// The shares in a Bear or Crisis.
    pub falling: Steps,
    /// A regime of less confidence changes nothing.
    pub min_confidence: f64,
    /// A weight closer than this to its target is left alone.
    pub rebalance_threshold: f64,
    /// How far the stop lies below the close at which the position was last decided about.
    pub stop: f64,
    /// For how many sessions the strategy stays out after a stop.
    pub stop_pause: usize,
    /// The loss against the highest equity at which all is sold.
    pub max_drawdown: f64,
    /// For how many sessions the strategy stays out after that.
    pub drawdown_pause: usize,
}

impl Default for DynamicSizingRules {
    fn default() -> Self {
        Self {
            instrument: "SPY".to_owned(),
            bull: Steps { high: 1.0, medium: 0.7, low: 0.4 },
            sideways: Steps { high: 0.5, medium: 0.3, low: 0.2 },
            falling: Steps::NONE,
            min_confidence: 0.0,
            rebalance_threshold: 0.05,
            stop: 0.05,
            stop_pause: 5,
            max_drawdown: 0.15,
            drawdown_pause: 21,
        }
    }
}

impl DynamicSizingRules {
    pub(super) fn check(&self) -> Result<(), PortfolioError> {
        check::common(self.min_confidence, self.rebalance_threshold)?;
        check::share_above_zero("stop", self.stop)?;
        check::share_above_zero("max_drawdown", self.max_drawdown)?;
        check::at_least_one("drawdown_pause", self.drawdown_pause)?;
        let steps = [self.bull, self.sideways, self.falling];
        let mut shares = steps.into_iter().flat_map(|Steps { high, medium, low }| [high, medium, low]);
        shares.try_for_each(|share| check::share("a share", share))
    }

    fn share(&self, regime: Regime, confidence: f64) -> f64 {
        let steps = match regime {
            Regime::Bull => self.bull,
            Regime::Sideways => self.sideways,
            Regime::Bear | Regime::Crisis => self.falling,
        };
        steps.at(confidence)
    }
}

/// Holds more of an instrument the surer its regime is; decides at every close.
///
/// - Stop: with each decision to trade, an order that waits: sell all at `close · (1 − stop)`. It replaces the one before.
///   Once it was filled, nothing is bought for `stop_pause` sessions.
/// - Drawdown: where the equity at a close is `max_drawdown` or more below its highest since the last re-entry, all is
///   sold. The strategy re-enters after `drawdown_pause` sessions, as its regime then says, and measures the drawdown from
///   the equity of that session on. A stop alone does not forget the highest equity.
#[derive(Clone, Debug)]
pub struct DynamicSizing {
    rules: DynamicSizingRules,
    reader: Reader,
    /// The highest equity since the last re-entry.
    peak: f64,
    /// For how many more sessions nothing is bought.
    pause: usize,
    /// Whether the pause is that of a drawdown.
    recovers: bool,
    /// Whether the last decision left a stop in force.
    is_protected: bool,
}

impl DynamicSizing {
    /// By these rules and regimes.
    pub fn new(rules: DynamicSizingRules, regimes: Regimes) -> Result<Self, PortfolioError> {
        rules.check()?;
        let reader = Reader::new(regimes, rules.min_confidence);
        Ok(Self { rules, reader, peak: 0.0, pause: 0, recovers: false, is_protected: false })
    }

    /// Sell all, and withdraw the stop.
    fn leave(&mut self, view: &View<'_>, i: usize, pause: usize) -> Decision {
        self.pause = pause;
        self.is_protected = false;
        let orders = view.holding(i).map(|_| Order::market(i, Quantity::Exit));
        Decision { cancel: stops(view), ..orders.into_iter().collect::<Vec<_>>().into() }
    }

    /// The orders that bring the position to a share, with a new stop below it.
    fn hold(&mut self, view: &View<'_>, i: usize, share: f64) -> Decision {
        let targets = [(i, share)].into_iter().filter(|target| target.1 > 0.0).collect();
        let mut decision = rebalance(view, &targets, self.rules.rebalance_threshold);
        let Some(close) = view.close(i, 0).filter(|_| !decision.orders.is_empty()) else { return decision };
        decision.cancel = stops(view);
        self.is_protected = share > 0.0;
        if self.is_protected {
            let stop = OrderType::Stop(close * (1.0 - self.rules.stop));
            let stop = Order::new(i, Quantity::Exit, stop).until_cancelled();
            decision.orders.push(stop.because(Reason::Stop));
        }
        decision
    }
}

/// The stops that are in force.
fn stops(view: &View<'_>) -> Vec<crate::OrderId> {
    view.waiting().iter().map(|waiting| waiting.id).collect()
}

impl Strategy for DynamicSizing {
    fn name(&self) -> &'static str {
        "dynamic_sizing"
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        let Some(i) = self.reader.find(view, &self.rules.instrument) else { return Decision::nothing() };
        self.peak = self.peak.max(view.equity());
        if self.pause > 0 {
            self.pause -= 1;
            if self.pause > 0 {
                return self.leave(view, i, self.pause);
            }
            if std::mem::take(&mut self.recovers) {
                self.peak = view.equity();
            }
        }
        if view.equity() <= self.peak * (1.0 - self.rules.max_drawdown) {
            self.recovers = true;
            return self.leave(view, i, self.rules.drawdown_pause);
        }
        let was_stopped = self.is_protected && view.holding(i).is_none() && !view.fills().is_empty();
        if was_stopped {
            return self.leave(view, i, self.rules.stop_pause);
        }
        match self.reader.read(view, i) {
            Reading::Sure(input) => {
                let share = self.rules.share(input.regime, input.confidence);
                self.hold(view, i, share)
            }
            Reading::Unsure => Decision::nothing(),
        }
    }

    fn notes(&self) -> Vec<Note> {
        self.reader.notes()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, bear, bull, sideways};
    use super::*;

    fn sizing(
        scene: &Scene,
        rules: DynamicSizingRules,
        readings: &[Option<super::super::RegimeInput>],
    ) -> DynamicSizing {
        DynamicSizing::new(rules, scene.regimes(&[("SPY", readings)])).unwrap()
    }

    #[test]
    fn confidence_decides_the_size() {
        let readings =
            [bull(0.8), bull(0.79), bull(0.59), sideways(0.8), sideways(0.1), bear(0.9), bear(0.9)];
        let scene = Scene::flat(&["SPY"], 7);
        let held = scene.weights(&mut sizing(&scene, DynamicSizingRules::default(), &readings), "SPY");
        for (held, expected) in held.iter().zip([0.0, 1.0, 0.7, 0.4, 0.5, 0.2, 0.0]) {
            assert!((held - expected).abs() < 1e-12, "{held} {expected}");
        }
    }

    #[test]
    fn the_stop_is_an_order_and_keeps_the_strategy_out_for_its_pause() {
        let flat = [100.0; 4];
        let bars = [flat, flat, [99.0, 99.0, 90.0, 92.0], [92.0; 4], [92.0; 4], [92.0; 4], [92.0; 4]];
        let scene = Scene::of(&[("SPY", &bars)]);
        let rules = DynamicSizingRules { stop_pause: 3, ..DynamicSizingRules::default() };
        let result = scene.run(&mut sizing(&scene, rules, &[bull(0.9); 7]));
        let fills = result.fills.iter().map(|fill| (fill.session, fill.price)).collect::<Vec<_>>();
        let session = |day: usize| result.days[day].session;
        // Stopped at 95 in session 2; out at the closes of 2, 3 and 4; bought back at the open of 6.
        assert_eq!(fills, [(session(1), 100.0), (session(2), 95.0), (session(6), 92.0)]);
    }

    #[test]
    fn a_drawdown_ends_and_the_strategy_comes_back() {
        let rules = DynamicSizingRules { stop: 0.9, drawdown_pause: 2, ..DynamicSizingRules::default() };
        let closes = [100.0, 100.0, 84.0, 84.0, 84.0, 84.0, 80.0];
        let scene = Scene::closes("SPY", &closes);
        let held = scene.weights(&mut sizing(&scene, rules, &[bull(0.9); 7]), "SPY");
        assert_eq!(held, [0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn small_changes_are_left_alone() {
        let mut readings = vec![bull(0.9); 4];
        readings[2] = sideways(0.9);
        let scene = Scene::flat(&["SPY"], 4);
        let sideways = Steps { high: 0.96, medium: 0.0, low: 0.0 };
        let rules = DynamicSizingRules { sideways, ..DynamicSizingRules::default() };
        assert_eq!(scene.run(&mut sizing(&scene, rules, &readings)).fills.len(), 1);
    }
}
