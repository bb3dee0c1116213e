//! The short side: an old Bull that loses its confidence.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Regime, RegimeInput, Regimes, check, reading::Reader, reading::Reading};
use crate::{
    Decision, Order, OrderType, PortfolioError, Quantity, Reason,
    error::{not_negative, positive},
    strategy::{Note, Strategy, View},
};

/// The rules of [`DeteriorationShort`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DeteriorationShortRules {
    /// What is sold short, and whose regime counts.
    pub instrument: String,
    /// The least age of the Bull, in sessions.
    pub min_age: u32,
    /// The sessions over which the trend of the confidence is measured.
    pub trend_sessions: usize,
    /// By how much the confidence must fall in a session.
    pub min_decline: f64,
    /// The least probability that the Bull ends with the next session.
    pub min_leaving: f64,
    /// The short position at a score of 1, as a share of equity.
    pub max_weight: f64,
    /// The weights of age, decline, leaving and volatility in the score.
    pub score: [f64; 4],
    /// The stop lies this far above the close at which the position was decided.
    pub stop: f64,
    /// The target lies this far below it.
    pub target: f64,
    /// The most sessions in the position.
    pub max_sessions: usize,
    /// A Bear or Crisis of this confidence is what was waited for, and ends the position.
    pub confirmation: f64,
    /// A Bull of this confidence has recovered, and ends the position.
    pub recovery: f64,
    /// The least sessions between two positions.
    pub pause: usize,
    /// A regime of less confidence changes nothing but the trend.
    pub min_confidence: f64,
}

impl Default for DeteriorationShortRules {
    fn default() -> Self {
        Self {
            instrument: "SPY".to_owned(),
            min_age: 20,
            trend_sessions: 10,
            min_decline: 0.05,
            min_leaving: 0.3,
            max_weight: 0.5,
            score: [0.2, 0.4, 0.3, 0.1],
            stop: 0.05,
            target: 0.15,
            max_sessions: 60,
            confirmation: 0.7,
            recovery: 0.8,
            pause: 20,
            min_confidence: 0.0,
        }
    }
}

impl DeteriorationShortRules {
    pub(super) fn check(&self) -> Result<(), PortfolioError> {
        check::share("min_confidence", self.min_confidence)?;
        check::share("min_leaving", self.min_leaving)?;
        check::share("confirmation", self.confirmation)?;
        check::share("recovery", self.recovery)?;
        check::share_above_zero("max_weight", self.max_weight)?;
        check::share_above_zero("target", self.target)?;
        positive("stop", self.stop)?;
        positive("min_decline", self.min_decline)?;
        check::at_least_one("max_sessions", self.max_sessions)?;
        self.score.into_iter().try_for_each(|weight| not_negative("score", weight).map(drop))?;
        check::share("score", self.score.iter().sum::<f64>() - 1e-9)?;
        check::at_least_one("trend_sessions", self.trend_sessions.saturating_sub(1))
    }
}

/// Sells an old Bull short whose confidence falls, and leaves by six exits; decides at every close.
///
/// - Entry: in a Bull of at least `min_age` sessions, where the least-squares slope of its confidence over its last
///   `trend_sessions` is at most `−min_decline`, and the probability of leaving is at least `min_leaving`. Where the model
///   doesn't say that probability it is taken as `min(0.9, 8 · decline)`.
/// - Size: `max_weight · score`. The score weighs the age (full at 60 sessions), the decline (full at 0.1 a session), the
///   probability of leaving, and the volatility of 20 sessions (full at twice that of 120).
/// - Exits: the stop and the target, which are orders in the market from the session of the entry on; `max_sessions`; the
///   confirmed fall; the recovered Bull; any sure regime that is neither.
/// - An unsure regime neither opens nor closes; stop, target and `max_sessions` stay.
#[derive(Clone, Debug)]
pub struct DeteriorationShort {
    rules: DeteriorationShortRules,
    reader: Reader,
    /// The confidences of the present Bull, newest last.
    confidences: VecDeque<f64>,
    /// The position in the calendar of the last session with a position.
    last_held: Option<usize>,
}

/// The sessions of a Bull that count as old, the decline that counts as steep.
const OLD: f64 = 60.0;
const STEEP: f64 = 0.1;

impl DeteriorationShort {
    /// By these rules and regimes.
    pub fn new(rules: DeteriorationShortRules, regimes: Regimes) -> Result<Self, PortfolioError> {
        rules.check()?;
        let reader = Reader::new(regimes, rules.min_confidence);
        Ok(Self { rules, reader, confidences: VecDeque::new(), last_held: None })
    }

    fn follow(&mut self, input: RegimeInput) {
        if input.regime != Regime::Bull {
            self.confidences.clear();
            return;
        }
        if input.age <= 1 {
            self.confidences.clear();
        }
        self.confidences.push_back(input.confidence);
        if self.confidences.len() > self.rules.trend_sessions {
            self.confidences.pop_front();
        }
    }

    /// By how much the confidence falls in a session, once there are enough of them.
    fn decline(&self) -> Option<f64> {
        let n = self.confidences.len();
        if n < self.rules.trend_sessions {
            return None;
        }
        let middle = (n - 1) as f64 / 2.0;
        let (mut cross, mut square) = (0.0, 0.0);
        for (t, confidence) in self.confidences.iter().enumerate() {
            let x = t as f64 - middle;
            cross += x * confidence;
            square += x * x;
        }
        Some(-cross / square)
    }

    /// The share of equity to sell short, if it is time to.
    fn entry(&self, view: &View<'_>, i: usize, input: RegimeInput) -> Option<f64> {
        let rules = &self.rules;
        let decline = self.decline().filter(|decline| *decline >= rules.min_decline)?;
        let leaving = if input.leaving.is_nan() { (8.0 * decline).min(0.9) } else { input.leaving };
        let is_ripe =
            input.regime == Regime::Bull && input.age >= rules.min_age && leaving >= rules.min_leaving;
        let rested = self.last_held.is_none_or(|last| view.position() - last >= rules.pause);
        if !is_ripe || !rested {
            return None;
        }
        let parts = [
            (f64::from(input.age) / OLD).min(1.0),
            (decline / STEEP).min(1.0),
            leaving.min(1.0),
            excitement(view, i),
        ];
        let score = parts.iter().zip(rules.score).map(|(part, weight)| part * weight).sum::<f64>();
        Some(rules.max_weight * score).filter(|weight| *weight > 0.0)
    }

    fn must_leave(&self, view: &View<'_>, since: usize, reading: Reading) -> bool {
        let rules = &self.rules;
        let by_regime = match reading {
            Reading::Unsure => false,
            Reading::Sure(input) => match input.regime {
                Regime::Bull => input.confidence >= rules.recovery,
                Regime::Bear | Regime::Crisis => input.confidence >= rules.confirmation,
                Regime::Sideways => true,
            },
        };
        by_regime || view.position() + 1 - since >= rules.max_sessions
    }

    /// Sell short, with the stop above and the target below.
    fn open(&self, i: usize, close: f64, weight: f64) -> Decision {
        let exit =
            |reason, order_type| Order::new(i, Quantity::Exit, order_type).until_cancelled().because(reason);
        let stop = OrderType::Stop(close * (1.0 + self.rules.stop));
        let target = OrderType::Limit(close * (1.0 - self.rules.target));
        let protection = [exit(Reason::Stop, stop), exit(Reason::TakeProfit, target)];
        [Order::market(i, Quantity::Weight(-weight))].into_iter().chain(protection).collect::<Vec<_>>().into()
    }
}

/// The volatility of the last 20 returns as a part of twice that of the last 120; 0 where they are not there.
fn excitement(view: &View<'_>, i: usize) -> f64 {
    let volatility = |n: usize| {
        let closes = (0..=n).map(|lag| view.close(i, lag)).collect::<Option<Vec<_>>>()?;
        let squares = closes.windows(2).map(|pair| (pair[0] / pair[1] - 1.0) * (pair[0] / pair[1] - 1.0));
        Some((squares.sum::<f64>() / n as f64).sqrt())
    };
    match (volatility(20), volatility(120)) {
        (Some(now), Some(usual)) if usual > 0.0 => (now / (2.0 * usual)).min(1.0),
        _ => 0.0,
    }
}

impl Strategy for DeteriorationShort {
    fn name(&self) -> &'static str {
        "deterioration_short"
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        let Some((i, reading)) = self.reader.read_named(view, &self.rules.instrument) else {
            return Decision::nothing();
        };
        let held = view.holding(i);
        if held.is_some() || !view.fills().is_empty() {
            self.last_held = Some(view.position());
        }
        if let Reading::Sure(input) = reading {
            self.follow(input);
        }
        if let Some(held) = held {
            if !self.must_leave(view, held.since, reading) {
                return Decision::nothing();
            }
            let cancel = view.waiting().iter().map(|waiting| waiting.id).collect();
            return Decision { cancel, ..vec![Order::market(i, Quantity::Exit)].into() };
        }
        let Reading::Sure(input) = reading else { return Decision::nothing() };
        match (self.entry(view, i, input), view.close(i, 0)) {
            (Some(weight), Some(close)) => self.open(i, close, weight),
            _ => Decision::nothing(),
        }
    }

    fn notes(&self) -> Vec<Note> {
        self.reader.notes()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, bear, sideways};
    use super::*;
    use crate::Backtest;

    /// A Bull that grows old and loses 0.06 of confidence a session from session 20 on; then what is given.
    fn run(bars: &[[f64; 4]], after: &[Option<RegimeInput>], rules: DeteriorationShortRules) -> Backtest {
        let mut all = vec![[100.0; 4]; 30];
        all.extend(bars);
        let fading = |t: usize| RegimeInput {
            regime: Regime::Bull,
            confidence: 0.99 - 0.06 * t.saturating_sub(20) as f64,
            age: t as u32 + 1,
            leaving: f64::NAN,
        };
        let mut readings = (0..30).map(|t| Some(fading(t))).collect::<Vec<_>>();
        readings.extend(after);
        let scene = Scene::of(&[("SPY", &all)]);
        let mut strategy = DeteriorationShort::new(rules, scene.regimes(&[("SPY", &readings)])).unwrap();
        scene.run(&mut strategy)
    }

    fn exit_of(bars: &[[f64; 4]], after: &[Option<RegimeInput>]) -> (usize, f64) {
        let result = run(bars, after, DeteriorationShortRules::default());
        assert!(result.fills.len() >= 2, "{:?}", result.fills);
        let day = result.days.iter().position(|day| day.session == result.fills[1].session).unwrap();
        (day, result.fills[1].price)
    }

    const UNSURE: Option<RegimeInput> =
        Some(RegimeInput { regime: Regime::Bull, confidence: 0.5, age: 40, leaving: 0.4 });

    #[test]
    fn sells_short_by_its_score_once_the_bull_is_old_and_fades() {
        let result = run(&[[100.0; 4]; 2], &[UNSURE; 2], DeteriorationShortRules::default());
        let entry = result.fills[0];
        let day = result.days.iter().position(|day| day.session == entry.session).unwrap();
        // The slope over 10 sessions reaches −0.05 in session 27, when seven of them have fallen.
        assert_eq!((day, entry.side), (28, crate::Side::Sell));
        let weight = result.days[day].short / result.days[day].equity;
        assert!(weight > 0.0 && weight <= 0.5, "{weight}");
    }

    #[test]
    fn the_stop_and_the_target_are_orders() {
        assert_eq!(exit_of(&[[101.0, 106.0, 100.0, 101.0]], &[UNSURE]), (30, 105.0));
        assert_eq!(exit_of(&[[99.0, 99.0, 80.0, 90.0]], &[UNSURE]), (30, 85.0));
        assert_eq!(exit_of(&[[120.0, 121.0, 80.0, 90.0]], &[UNSURE]), (30, 120.0));
    }

    #[test]
    fn a_confirmed_fall_a_recovery_and_another_regime_end_it() {
        let recovered = Some(RegimeInput { regime: Regime::Bull, confidence: 0.85, age: 40, leaving: 0.1 });
        for ending in [bear(0.7), recovered, sideways(0.5)] {
            assert_eq!(exit_of(&[[100.0; 4]; 2], &[ending, UNSURE]), (31, 100.0));
        }
        let milder = run(&[[100.0; 4]; 2], &[bear(0.6), UNSURE], DeteriorationShortRules::default());
        assert_eq!(milder.fills.len(), 1);
    }

    #[test]
    fn time_ends_it_and_the_pause_keeps_it_out() {
        let rules = DeteriorationShortRules { max_sessions: 5, ..DeteriorationShortRules::default() };
        let result = run(&[[100.0; 4]; 12], &[UNSURE; 12], rules);
        assert_eq!(result.fills.len(), 2);
        let held = result.days.iter().filter(|day| day.n_positions == 1).count();
        assert_eq!(held, 5);
    }

    #[test]
    fn refuses_scores_that_sum_to_more_than_one() {
        let rules = DeteriorationShortRules { score: [0.5; 4], ..DeteriorationShortRules::default() };
        let scene = Scene::flat(&["SPY"], 1);
        assert!(DeteriorationShort::new(rules, scene.regimes(&[])).is_err());
    }
}
