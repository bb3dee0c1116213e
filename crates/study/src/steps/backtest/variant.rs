//! A variant of the portfolio: what it holds, at which costs, with which delay, over which sessions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{steps::regimes::Setting, words::count};

/// The rule by which a portfolio chooses what it holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// The study's strategy on the scores of the model of this name.
    Model(String),
    /// The study's strategy where it reads no scores, with the setting of the regimes that it reads, if any.
    Strategy(Option<Setting>),
    /// All instruments of the universe, equally weighted.
    EqualWeight,
    /// All instruments of the universe, equally weighted, also before their date of entry into the index.
    EqualWeightUnmasked,
    /// The index, bought once and kept.
    Index,
    /// Constant weights, restored every month.
    Weights {
        /// The name of the portfolio in reports.
        name: String,
        /// The share of equity in each instrument, by its name.
        weights: BTreeMap<String, f64>,
    },
    /// One instrument, by its name, bought once and kept.
    Hold(String),
}

/// The sessions that a portfolio runs over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// The tested sessions of the folds.
    #[default]
    Tested,
    /// All sessions of the data: for the gauge of survivorship.
    Whole,
    /// The tested sessions in which regimes are known under every setting, so that settings can be compared.
    Common,
}

/// A portfolio, its costs, its delay and its sessions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// The rule by which the portfolio chooses what it holds.
    pub holder: Holder,
    /// The factor on all costs, in tenths: 10 is costs as stated, 0 is none.
    pub cost_tenths: u32,
    /// The number of sessions by which the signal is older than it needs to be.
    pub delay: u32,
    /// The sessions that the portfolio runs over.
    pub over: Over,
}

impl Variant {
    /// At the stated costs, without delay, over the tested sessions.
    pub fn plain(holder: Holder) -> Self {
        Self { holder, cost_tenths: 10, delay: 0, over: Over::Tested }
    }

    /// The same portfolio with all costs multiplied by `cost_tenths / 10`.
    pub fn at_costs(self, cost_tenths: u32) -> Self {
        Self { cost_tenths, ..self }
    }

    /// Whether it runs at the stated costs, without delay, over the tested sessions.
    pub fn is_plain(&self) -> bool {
        self.cost_tenths == 10 && self.delay == 0 && self.over == Over::Tested
    }
}

impl Holder {
    /// Whether the study asks about this portfolio, rather than comparing another one with it.
    pub fn is_asked(&self) -> bool {
        matches!(self, Self::Model(_) | Self::Strategy(_))
    }

    /// Whether the portfolio names its instruments, so that no universe decides what it may hold.
    pub fn names_instruments(&self) -> bool {
        matches!(self, Self::Weights { .. } | Self::Hold(_))
    }
}

/// The name of the equally weighted portfolio of a strategy's named instruments.
pub const EQUAL: &str = "equal weight";
/// The name of the portfolio that holds the strategy's mean weights constantly.
pub const CONSTANT: &str = "its mean exposures, constant";

/// The name of a portfolio in reports.
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

/// The name of a variant in the report, with its costs and delay where they are not the stated ones.
pub fn variant_name(variant: &Variant) -> String {
    let mut name = holder_name(&variant.holder);
    match variant.cost_tenths {
        10 => {}
        0 => name.push_str(", before costs"),
        tenths => name = format!("{name}, costs ×{}", f64::from(tenths) / 10.0),
    }
    if variant.delay > 0 {
        name = format!("{name}, {} later", count(variant.delay as usize, "session"));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_costs_and_delays() {
        let variant = Variant { cost_tenths: 20, delay: 1, ..Variant::plain(Holder::Index) };
        assert_eq!(variant_name(&variant), "index, costs ×2, 1 session later");
    }
}
