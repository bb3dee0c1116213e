//! Which portfolio, at which costs, with which delay, over which sessions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::steps::regimes::Setting;

/// Which portfolio.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// The strategy on a model's scores.
    Model(String),
    /// A strategy that reads no scores; with the setting of the regimes that it reads, if it reads any.
    Strategy(Option<Setting>),
    /// Everything in the universe, equally.
    EqualWeight,
    /// Everything that trades, equally, without regard to when it entered the index.
    EqualWeightUnmasked,
    /// The index, bought once.
    Index,
    /// The same weights at all times, restored every month.
    Weights {
        /// What they are called.
        name: String,
        /// The share of equity in each instrument.
        weights: BTreeMap<String, f64>,
    },
    /// One instrument, bought once.
    Hold(String),
}

/// The sessions that a portfolio runs over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// The tested sessions.
    #[default]
    Tested,
    /// All sessions of the data: for the gauge of survivorship.
    Whole,
    /// Those in which regimes are known under every setting, so that settings can be compared.
    Common,
}

/// A portfolio, its costs and its delay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// Which portfolio.
    pub holder: Holder,
    /// Tenths by which costs are multiplied: 10 is as stated.
    pub cost_tenths: u32,
    /// Sessions by which the signal is older than it needs to be.
    pub delay: u32,
    /// The sessions that it runs over.
    pub over: Over,
}

impl Variant {
    /// At the stated costs, without delay, over the tested sessions.
    pub fn plain(holder: Holder) -> Self {
        Self { holder, cost_tenths: 10, delay: 0, over: Over::Tested }
    }

    /// The same at other costs.
    pub fn at_costs(self, cost_tenths: u32) -> Self {
        Self { cost_tenths, ..self }
    }

    /// Whether it is a portfolio at the stated costs, without delay, over the tested sessions.
    pub fn is_plain(&self) -> bool {
        self.cost_tenths == 10 && self.delay == 0 && self.over == Over::Tested
    }
}

impl Holder {
    /// Whether it is what the study asks about, rather than something to compare it with.
    pub fn is_asked(&self) -> bool {
        matches!(self, Self::Model(_) | Self::Strategy(_))
    }

    /// Whether it names its instruments, so that no universe decides what it may hold.
    pub fn names_instruments(&self) -> bool {
        matches!(self, Self::Weights { .. } | Self::Hold(_))
    }
}

/// The weights of everything that a strategy with named instruments may hold.
pub const EQUAL: &str = "equal weight";
/// The mean weights of the strategy, held constantly.
pub const CONSTANT: &str = "its mean exposures, constant";

/// What a portfolio is called in reports.
pub fn holder_name(holder: &Holder) -> String {
    match holder {
        Holder::Model(name) | Holder::Weights { name, .. } => name.clone(),
        Holder::Strategy(_) => "strategy".to_owned(),
        Holder::EqualWeight => "equal weight".to_owned(),
        Holder::EqualWeightUnmasked => "equal weight, all rows".to_owned(),
        Holder::Index => "index".to_owned(),
        Holder::Hold(instrument) => format!("{instrument}, held"),
    }
}
