//! Which portfolio, at which costs, with which delay.

use serde::{Deserialize, Serialize};

/// Which portfolio.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// The strategy on a model's scores.
    Model(String),
    /// Everything in the universe, equally.
    EqualWeight,
    /// Everything that trades, equally, without regard to when it entered the index.
    EqualWeightUnmasked,
    /// The index, bought once.
    Index,
}

/// A portfolio, its costs and its delay.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Variant {
    /// Which portfolio.
    pub holder: Holder,
    /// Tenths by which costs are multiplied: 10 is as stated.
    pub cost_tenths: u32,
    /// Sessions by which the signal is older than it needs to be.
    pub delay: u32,
    /// Whether it runs over all sessions of the data rather than the tested ones: for the gauge of survivorship.
    pub whole: bool,
}

impl Variant {
    /// At the stated costs, without delay.
    pub fn plain(holder: Holder) -> Self {
        Self { holder, cost_tenths: 10, delay: 0, whole: false }
    }
}

/// What a portfolio is called in reports.
pub fn holder_name(holder: &Holder) -> String {
    match holder {
        Holder::Model(name) => name.clone(),
        Holder::EqualWeight => "equal weight".to_owned(),
        Holder::EqualWeightUnmasked => "equal weight, all rows".to_owned(),
        Holder::Index => "index".to_owned(),
    }
}
