//! One market's regime decides which of four books is held.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Regime, RegimeInput, Regimes, check, reading::Reader, reading::Reading};
use crate::{
    Decision, PortfolioError,
    strategy::{Note, Strategy, View, targets::rebalance},
};

/// The rules of [`CrisisDetection`]. Books are shares of equity by instrument; what they leave is cash.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CrisisDetectionRules {
    /// The instrument whose regime counts.
    pub market: String,
    /// The weights that are held in a Bull.
    pub bull: BTreeMap<String, f64>,
    /// The weights that are held sideways.
    pub sideways: BTreeMap<String, f64>,
    /// Held in a Bear or Crisis that is not confident enough for the crisis book.
    pub bear: BTreeMap<String, f64>,
    /// Held in a Bear or Crisis of at least `crisis_confidence`.
    pub crisis: BTreeMap<String, f64>,
    /// A regime of less confidence changes nothing.
    pub min_confidence: f64,
    /// From which confidence on a falling market is a crisis.
    pub crisis_confidence: f64,
    /// A weight closer than this to its target is left alone.
    pub rebalance_threshold: f64,
}

impl Default for CrisisDetectionRules {
    fn default() -> Self {
        let book = |weights: &[(&str, f64)]| {
            weights.iter().map(|&(name, weight)| (name.to_owned(), weight)).collect::<BTreeMap<_, _>>()
        };
        Self {
            market: "SPY".to_owned(),
            bull: book(&[("SPY", 1.0)]),
            sideways: book(&[("SPY", 0.6), ("TLT", 0.25), ("GLD", 0.15)]),
            bear: book(&[("TLT", 0.4), ("GLD", 0.3), ("SHY", 0.3)]),
            crisis: book(&[("TLT", 0.5), ("GLD", 0.3), ("SHY", 0.2)]),
            min_confidence: 0.65,
            crisis_confidence: 0.75,
            rebalance_threshold: 0.05,
        }
    }
}

impl CrisisDetectionRules {
    pub(super) fn check(&self) -> Result<(), PortfolioError> {
        check::common(self.min_confidence, self.rebalance_threshold)?;
        check::share("crisis_confidence", self.crisis_confidence)?;
        check::weights("bull", &self.bull, 1.0)?;
        check::weights("sideways", &self.sideways, 1.0)?;
        check::weights("bear", &self.bear, 1.0)?;
        check::weights("crisis", &self.crisis, 1.0)
    }

    fn book(&self, input: RegimeInput) -> &BTreeMap<String, f64> {
        match input.regime {
            Regime::Bull => &self.bull,
            Regime::Sideways => &self.sideways,
            Regime::Bear | Regime::Crisis if input.confidence >= self.crisis_confidence => &self.crisis,
            Regime::Bear | Regime::Crisis => &self.bear,
        }
    }
}

/// Holds stocks while the market rises, and flees from them the more surely it falls; decides at every close.
#[derive(Clone, Debug)]
pub struct CrisisDetection {
    rules: CrisisDetectionRules,
    reader: Reader,
}

impl CrisisDetection {
    /// By these rules and regimes.
    pub fn new(rules: CrisisDetectionRules, regimes: Regimes) -> Result<Self, PortfolioError> {
        rules.check()?;
        Ok(Self { reader: Reader::new(regimes, rules.min_confidence), rules })
    }
}

impl Strategy for CrisisDetection {
    fn name(&self) -> &'static str {
        "crisis_detection"
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        let Self { rules, reader } = self;
        let Some((_, Reading::Sure(input))) = reader.read_named(view, &rules.market) else {
            return Decision::nothing();
        };
        let book = rules.book(input).iter().filter(|(_, weight)| **weight > 0.0);
        let targets = book.filter_map(|(name, &weight)| Some((reader.find(view, name)?, weight))).collect();
        rebalance(view, &targets, rules.rebalance_threshold)
    }

    fn notes(&self) -> Vec<Note> {
        self.reader.notes()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, bear, bull, crisis, sideways};
    use super::*;

    #[test]
    fn flees_the_more_the_surer_the_fall_is() {
        let scene = Scene::flat(&["GLD", "SHY", "SPY", "TLT"], 7);
        let spy = [bull(0.9), sideways(0.7), bear(0.7), bear(0.75), crisis(0.66), crisis(0.5), bull(0.9)];
        let strategy = CrisisDetection::new(CrisisDetectionRules::default(), scene.regimes(&[("SPY", &spy)]));
        let strategy = strategy.unwrap();
        let held = |name| scene.weights(&mut strategy.clone(), name);
        assert_eq!(held("SPY"), [0.0, 1.0, 0.6, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(held("TLT"), [0.0, 0.0, 0.25, 0.4, 0.5, 0.4, 0.4]);
        assert_eq!(held("SHY"), [0.0, 0.0, 0.0, 0.3, 0.2, 0.3, 0.3]);
    }

    #[test]
    fn what_is_not_listed_leaves_cash_and_a_note() {
        let scene = Scene::flat(&["SPY"], 3);
        let readings = [bull(0.9), crisis(0.9), crisis(0.9)];
        let mut strategy =
            CrisisDetection::new(CrisisDetectionRules::default(), scene.regimes(&[("SPY", &readings)]))
                .unwrap();
        let result = scene.run(&mut strategy);
        assert_eq!(result.days[2].cash, 1000.0);
        assert_eq!(result.notes[0].count, 6);
    }

    #[test]
    fn a_book_of_more_than_the_account_is_refused() {
        let scene = Scene::flat(&["SPY"], 1);
        let bull = [("SPY".to_owned(), 0.7), ("TLT".to_owned(), 0.4)].into();
        let rules = CrisisDetectionRules { bull, ..CrisisDetectionRules::default() };
        let message = CrisisDetection::new(rules, scene.regimes(&[])).unwrap_err().to_string();
        assert!(message.starts_with("bull is 1.1") && message.contains("sum to at most 1"), "{message}");
    }
}
