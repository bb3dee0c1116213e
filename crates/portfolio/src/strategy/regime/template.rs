//! All strategies that live from regimes, for a configuration.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    BasicSwitching, BasicSwitchingRules, CrisisDetection, CrisisDetectionRules, DeteriorationShort,
    DeteriorationShortRules, DynamicSizing, DynamicSizingRules, HalfKelly, HalfKellyRules,
    OptimizedRotationRules, Regimes, Rotation, RotationRules, SectorRotation, SectorRotationRules,
};
use crate::{PortfolioError, strategy::Strategy};

/// A strategy by its name, and its rules; what a configuration leaves out has the default of that strategy.
///
/// ```
/// use backstaff_portfolio::regime::Template;
/// let template = Template::named("optimized_rotation").unwrap();
/// assert_eq!(template.read().len(), 6);
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Template {
    /// Hold one instrument, as much as its regime says.
    BasicSwitching(BasicSwitchingRules),
    /// Hold the instruments in a good regime, by confidence, up to a cap.
    Rotation(RotationRules),
    /// Hold the surest Bulls in equal weights, up to a cap.
    OptimizedRotation(OptimizedRotationRules),
    /// Hold one of four books, by the market's regime.
    CrisisDetection(CrisisDetectionRules),
    /// Hold one instrument by regime and confidence, with a stop and a limit on the drawdown.
    DynamicSizing(DynamicSizingRules),
    /// Hold one instrument, by what its regimes have brought.
    HalfKelly(HalfKellyRules),
    /// Hold the sectors that suit the market's regime, the surest first.
    SectorRotation(SectorRotationRules),
    /// Go short when an old Bull fades.
    DeteriorationShort(DeteriorationShortRules),
}

impl Template {
    /// All of them, with their defaults.
    pub fn all() -> [Self; 8] {
        [
            Self::BasicSwitching(BasicSwitchingRules::default()),
            Self::Rotation(RotationRules::default()),
            Self::OptimizedRotation(OptimizedRotationRules::default()),
            Self::CrisisDetection(CrisisDetectionRules::default()),
            Self::DynamicSizing(DynamicSizingRules::default()),
            Self::HalfKelly(HalfKellyRules::default()),
            Self::SectorRotation(SectorRotationRules::default()),
            Self::DeteriorationShort(DeteriorationShortRules::default()),
        ]
    }

    /// The one of this name, with its defaults.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|template| template.name() == name)
    }

    /// The name of the template.
    pub fn name(&self) -> &'static str {
        match self {
            Self::BasicSwitching(_) => "basic_switching",
            Self::Rotation(_) => "rotation",
            Self::OptimizedRotation(_) => "optimized_rotation",
            Self::CrisisDetection(_) => "crisis_detection",
            Self::DynamicSizing(_) => "dynamic_sizing",
            Self::HalfKelly(_) => "half_kelly",
            Self::SectorRotation(_) => "sector_rotation",
            Self::DeteriorationShort(_) => "deterioration_short",
        }
    }

    /// The instruments whose regimes it reads.
    pub fn read(&self) -> BTreeSet<&str> {
        match self {
            Self::BasicSwitching(rules) => [rules.instrument.as_str()].into(),
            Self::Rotation(rules) => rules.instruments.iter().map(String::as_str).collect(),
            Self::OptimizedRotation(rules) => rules.instruments.iter().map(String::as_str).collect(),
            Self::CrisisDetection(rules) => [rules.market.as_str()].into(),
            Self::DynamicSizing(rules) => [rules.instrument.as_str()].into(),
            Self::HalfKelly(rules) => [rules.instrument.as_str()].into(),
            Self::SectorRotation(rules) => {
                rules.sectors.keys().chain([&rules.market]).map(String::as_str).collect()
            }
            Self::DeteriorationShort(rules) => [rules.instrument.as_str()].into(),
        }
    }

    /// The instruments that it may hold.
    pub fn traded(&self) -> BTreeSet<&str> {
        match self {
            Self::BasicSwitching(_)
            | Self::DynamicSizing(_)
            | Self::HalfKelly(_)
            | Self::DeteriorationShort(_) => self.read(),
            Self::Rotation(RotationRules { instruments, fallback, .. })
            | Self::OptimizedRotation(OptimizedRotationRules { instruments, fallback, .. }) => {
                instruments.iter().chain(fallback.keys()).map(String::as_str).collect()
            }
            Self::CrisisDetection(CrisisDetectionRules { bull, sideways, bear, crisis, .. }) => {
                [bull, sideways, bear, crisis]
                    .into_iter()
                    .flat_map(|book| book.keys())
                    .map(String::as_str)
                    .collect()
            }
            Self::SectorRotation(SectorRotationRules { sectors, fallback, .. }) => {
                sectors.keys().chain(fallback.keys()).map(String::as_str).collect()
            }
        }
    }

    /// The first rule that makes no sense, as an error.
    pub fn check(&self) -> Result<(), PortfolioError> {
        match self {
            Self::BasicSwitching(rules) => rules.check(),
            Self::Rotation(rules) => rules.check(),
            Self::OptimizedRotation(rules) => RotationRules::from(rules.clone()).check(),
            Self::CrisisDetection(rules) => rules.check(),
            Self::DynamicSizing(rules) => rules.check(),
            Self::HalfKelly(rules) => rules.check(),
            Self::SectorRotation(rules) => rules.check(),
            Self::DeteriorationShort(rules) => rules.check(),
        }
    }

    /// The strategy on these regimes, which cover the rows of the market it will run on.
    pub fn strategy(&self, regimes: Regimes) -> Result<Box<dyn Strategy>, PortfolioError> {
        Ok(match self.clone() {
            Self::BasicSwitching(rules) => Box::new(BasicSwitching::new(rules, regimes)?),
            Self::Rotation(rules) => Box::new(Rotation::new(rules, regimes)?),
            Self::OptimizedRotation(rules) => {
                Box::new(Rotation::named("optimized_rotation", rules.into(), regimes)?)
            }
            Self::CrisisDetection(rules) => Box::new(CrisisDetection::new(rules, regimes)?),
            Self::DynamicSizing(rules) => Box::new(DynamicSizing::new(rules, regimes)?),
            Self::HalfKelly(rules) => Box::new(HalfKelly::new(rules, regimes)?),
            Self::SectorRotation(rules) => Box::new(SectorRotation::new(rules, regimes)?),
            Self::DeteriorationShort(rules) => Box::new(DeteriorationShort::new(rules, regimes)?),
        })
    }
}
