//! What a trade is for.

use std::fmt;

/// What a trade is for: the decision of a strategy, or what protects a position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The strategy decided about its holdings.
    #[default]
    Rebalance,
    /// The price went against the position as far as the strategy's stop.
    Stop,
    /// The price reached the strategy's target.
    TakeProfit,
    /// The price came back from the position's best close as far as the strategy's trailing stop.
    TrailingStop,
    /// The position had been held as long as the strategy holds one.
    MaxHolding,
    /// The instrument left the universe.
    LeftUniverse,
    /// The instrument's life ended: no order was needed.
    Delisting,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Rebalance,
        Self::Stop,
        Self::TakeProfit,
        Self::TrailingStop,
        Self::MaxHolding,
        Self::LeftUniverse,
        Self::Delisting,
    ];

    /// The name in files: `rebalance`, `stop`, `take_profit`, `trailing_stop`, `max_holding`, `left_universe`,
    /// `delisting`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rebalance => "rebalance",
            Self::Stop => "stop",
            Self::TakeProfit => "take_profit",
            Self::TrailingStop => "trailing_stop",
            Self::MaxHolding => "max_holding",
            Self::LeftUniverse => "left_universe",
            Self::Delisting => "delisting",
        }
    }

    /// The reason of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// Whether it closes a position that the strategy would have kept.
    pub fn protects(self) -> bool {
        matches!(self, Self::Stop | Self::TakeProfit | Self::TrailingStop | Self::MaxHolding)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
