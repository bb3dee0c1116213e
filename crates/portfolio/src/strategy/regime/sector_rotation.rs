//! Sectors that suit the market's regime.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Regime, RegimeInput, Regimes, check, reading::Reader, reading::Reading};
use crate::{
    Decision, PortfolioError,
    strategy::{Note, Strategy, View, targets::rebalance},
};

/// The rules of [`SectorRotation`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SectorRotationRules {
    /// Whose regime is the market's.
    pub market: String,
    /// The regimes of the market that suit each sector.
    pub sectors: BTreeMap<String, Vec<Regime>>,
    /// The most sectors that are held.
    pub most: usize,
    /// The largest weight of an instrument.
    pub max_weight: f64,
    /// What is held while no sector suits; its weights obey `max_weight` too.
    pub fallback: BTreeMap<String, f64>,
    /// A market's regime of less confidence changes nothing.
    pub min_confidence: f64,
    /// A new regime of at least this confidence is not kept waiting for the next rebalancing.
    pub change_confidence: f64,
    /// Sessions between rebalancings.
    pub rebalance_every: usize,
    /// A weight closer than this to its target is left alone.
    pub rebalance_threshold: f64,
}

impl Default for SectorRotationRules {
    fn default() -> Self {
        use Regime::{Bear, Bull, Crisis, Sideways};
        let sectors: [(&str, &[Regime]); 8] = [
            ("XLE", &[Bull, Sideways]),
            ("XLF", &[Bull]),
            ("XLI", &[Bull]),
            ("XLK", &[Bull]),
            ("XLP", &[Sideways, Bear, Crisis]),
            ("XLU", &[Sideways, Bear, Crisis]),
            ("XLV", &[Sideways, Bear, Crisis]),
            ("XLY", &[Bull]),
        ];
        let third = 1.0 / 3.0;
        Self {
            market: "SPY".to_owned(),
            sectors: sectors.map(|(name, regimes)| (name.to_owned(), regimes.to_vec())).into(),
            most: 4,
            max_weight: 0.4,
            fallback: ["XLP", "XLU", "XLV"].map(|name| (name.to_owned(), third)).into(),
            min_confidence: 0.6,
            change_confidence: 0.7,
            rebalance_every: 21,
            rebalance_threshold: 0.05,
        }
    }
}

impl SectorRotationRules {
    pub(super) fn check(&self) -> Result<(), PortfolioError> {
        check::common(self.min_confidence, self.rebalance_threshold)?;
        check::share("change_confidence", self.change_confidence)?;
        check::share_above_zero("max_weight", self.max_weight)?;
        check::weights("fallback", &self.fallback, self.max_weight)?;
        check::at_least_one("sectors", self.sectors.len())?;
        check::at_least_one("most", self.most)?;
        check::at_least_one("rebalance_every", self.rebalance_every)
    }
}

/// Holds the sectors that suit the market's regime, those that their own regime supports most first.
///
/// - Choice: at most `most` of the sectors that list the market's regime. A sector's own regime ranks it: the confidence in
///   a Bull, less the confidence in a Bear or Crisis, 0 sideways or unknown; only equal ranks are in the order of names.
/// - Weights: `min(1 / n, max_weight)` each; the rest is cash.
/// - Sessions: the first in which the market is sure, every `rebalance_every`-th after it, and any in which the market has
///   changed to another regime with `change_confidence`.
#[derive(Clone, Debug)]
pub struct SectorRotation {
    rules: SectorRotationRules,
    reader: Reader,
    /// Sessions since the market was first sure.
    sessions: usize,
    /// The market's regime that is invested in.
    invested: Option<Regime>,
}

impl SectorRotation {
    /// By these rules and regimes.
    pub fn new(rules: SectorRotationRules, regimes: Regimes) -> Result<Self, PortfolioError> {
        rules.check()?;
        let reader = Reader::new(regimes, rules.min_confidence);
        Ok(Self { rules, reader, sessions: 0, invested: None })
    }

    fn targets(&mut self, view: &View<'_>, market: Regime) -> BTreeMap<usize, f64> {
        let Self { rules, reader, .. } = self;
        let suited = rules.sectors.iter().filter(|(_, regimes)| regimes.contains(&market));
        let ranked = suited.filter_map(|(name, _)| {
            let (i, reading) = reader.read_named(view, name)?;
            Some((i, support(reading)))
        });
        let mut chosen = ranked.collect::<Vec<_>>();
        chosen.sort_by(|a, b| b.1.total_cmp(&a.1));
        chosen.truncate(rules.most);
        if chosen.is_empty() {
            let listed = rules.fallback.iter().filter(|(_, weight)| **weight > 0.0);
            return listed.filter_map(|(name, &weight)| Some((reader.find(view, name)?, weight))).collect();
        }
        let each = rules.max_weight.min(1.0 / chosen.len() as f64);
        chosen.into_iter().map(|(i, _)| (i, each)).collect()
    }
}

/// How much a sector's own regime speaks for it.
fn support(reading: Reading) -> f64 {
    match reading {
        Reading::Sure(RegimeInput { regime: Regime::Bull, confidence, .. }) => confidence,
        Reading::Sure(RegimeInput { regime, confidence, .. }) if regime.is_falling() => -confidence,
        _ => 0.0,
    }
}

impl Strategy for SectorRotation {
    fn name(&self) -> &'static str {
        "sector_rotation"
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        let market = self.reader.read_named(view, &self.rules.market);
        let input = match market {
            Some((_, Reading::Sure(input))) => Some(input),
            _ => None,
        };
        if input.is_none() && self.sessions == 0 {
            return Decision::nothing();
        }
        let is_due = self.sessions.is_multiple_of(self.rules.rebalance_every);
        self.sessions += 1;
        let Some(RegimeInput { regime, confidence, .. }) = input else { return Decision::nothing() };
        let has_changed = self.invested != Some(regime) && confidence >= self.rules.change_confidence;
        if !is_due && !has_changed {
            return Decision::nothing();
        }
        self.invested = Some(regime);
        let targets = self.targets(view, regime);
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

    const NAMES: [&str; 9] = ["SPY", "XLE", "XLF", "XLI", "XLK", "XLP", "XLU", "XLV", "XLY"];

    fn held(
        market: &[Option<RegimeInput>],
        own: &[(&str, f64)],
        rules: SectorRotationRules,
    ) -> Vec<Vec<&'static str>> {
        let n = market.len();
        let scene = Scene::flat(&NAMES, n);
        let own = own.iter().map(|&(name, confidence)| (name, vec![bull(confidence); n])).collect::<Vec<_>>();
        let mut all = own.iter().map(|(name, readings)| (*name, readings.as_slice())).collect::<Vec<_>>();
        all.push(("SPY", market));
        let mut strategy = SectorRotation::new(rules, scene.regimes(&all)).unwrap();
        let result = scene.run(&mut strategy);
        let of = |day: usize| result.positions.iter().filter(move |held| held.day as usize == day);
        (0..n).map(|day| of(day).map(|held| NAMES[held.instrument as usize]).collect()).collect()
    }

    #[test]
    fn at_most_four_by_confidence_and_not_by_name() {
        let own = [("XLY", 0.95), ("XLK", 0.9), ("XLI", 0.8), ("XLF", 0.7), ("XLE", 0.61)];
        let held = held(&[bull(0.9); 2], &own, SectorRotationRules::default());
        assert_eq!(held[1], ["XLF", "XLI", "XLK", "XLY"]);
    }

    #[test]
    fn a_sure_change_is_traded_at_once_and_an_unsure_one_is_not() {
        let market = [bull(0.9), bear(0.65), bear(0.7), bear(0.9)];
        let held = held(&market, &[], SectorRotationRules::default());
        assert_eq!(held[2], ["XLE", "XLF", "XLI", "XLK"]);
        assert_eq!(held[3], ["XLP", "XLU", "XLV"]);
    }

    #[test]
    fn one_suited_sector_gets_its_cap() {
        let sectors = [("XLK".to_owned(), vec![Regime::Bull])].into();
        let scene = Scene::flat(&NAMES, 3);
        let rules = SectorRotationRules { sectors, ..SectorRotationRules::default() };
        let readings = [bull(0.9), bull(0.9), bull(0.9)];
        let mut strategy = SectorRotation::new(rules, scene.regimes(&[("SPY", &readings)])).unwrap();
        assert_eq!(scene.weights(&mut strategy, "XLK"), [0.0, 0.4, 0.4]);
    }
}
