//! What a computed column is to a study.

use std::borrow::Cow;

/// What a computed column is to a study: who reads it, and as what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A feature that models see.
    Feature,
    /// The scores of the model of this name, which is an expression.
    Score(String),
    /// Who is eligible.
    Universe,
    /// Who would be eligible without dates of entry.
    Unmasked,
    /// The beta of a part of the target, by its place.
    Beta(usize),
    /// How much training rows count.
    Weight,
    /// What the strategy divides scores by.
    ScoreRisk,
    /// What the strategy makes weights inverse to.
    WeightRisk,
    /// How much of equity the strategy invests.
    Exposure,
    /// The share of equity that the strategy is given for the row's instrument.
    Target,
    /// Where Qlib's exchange stops purchases.
    PurchaseLimit,
    /// Where Qlib's exchange stops sales.
    SaleLimit,
    /// The largest amount that Qlib's exchange trades, by its place.
    VolumeLimit(usize),
    /// A series that regimes are recognised by, by its place.
    Observed(usize),
}

impl Role {
    /// The name of the column of this role; a feature has its own.
    pub fn column(&self) -> String {
        match self {
            Self::Feature => String::new(),
            Self::Score(model) => format!("model {model}"),
            Self::Universe => "universe".to_owned(),
            Self::Unmasked => "universe_unmasked".to_owned(),
            Self::Beta(place) => format!("label.target beta {}", place + 1),
            Self::Weight => "weights.expression".to_owned(),
            Self::ScoreRisk => "portfolio: score divided by".to_owned(),
            Self::WeightRisk => "portfolio: weights inverse to".to_owned(),
            Self::Exposure => "portfolio: exposure".to_owned(),
            Self::Target => "portfolio: weights".to_owned(),
            Self::PurchaseLimit => "portfolio: limit of purchases".to_owned(),
            Self::SaleLimit => "portfolio: limit of sales".to_owned(),
            Self::VolumeLimit(place) => format!("portfolio: limit of volume {}", place + 1),
            Self::Observed(place) => format!("observed_{}", place + 1),
        }
    }

    /// Whether targets and weights of training rows read it.
    pub fn is_of_training(&self) -> bool {
        matches!(self, Self::Beta(_) | Self::Weight)
    }

    /// Whether regimes are recognised by it.
    pub fn is_observed(&self) -> bool {
        matches!(self, Self::Observed(_))
    }

    /// Whether the strategy, or the exchange that it trades on, consults it.
    pub fn is_of_strategy(&self) -> bool {
        matches!(self, Self::ScoreRisk | Self::WeightRisk | Self::Exposure | Self::Target)
            || self.is_of_rules()
    }

    /// Whether the exchange reads it.
    pub fn is_of_rules(&self) -> bool {
        matches!(self, Self::PurchaseLimit | Self::SaleLimit | Self::VolumeLimit(_))
    }
}

/// An expression of a study, beside the features: what it is for, the key that holds it, its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked<'a> {
    /// What its column is for.
    pub role: Role,
    /// The key of the study that holds it.
    pub key: String,
    /// Its text.
    pub text: Cow<'a, str>,
}
