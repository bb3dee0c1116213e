//! What is asked of the exchange, and what comes of it.

use std::fmt;

use backstaff_panel::Session;

/// Which way a trade goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// More shares: opens or adds to a long position, or covers a short one.
    Buy,
    /// Fewer shares: closes or cuts a long position, or adds to a short one.
    Sell,
}

impl Side {
    /// The side of a signed number of shares.
    pub(crate) fn of(shares: f64) -> Self {
        if shares < 0.0 { Self::Sell } else { Self::Buy }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        })
    }
}

/// How much to trade. All but [`Quantity::Shares`] are turned into shares when the order is executed, at the prices of
/// that session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantity {
    /// Close the position, whatever it is; never rounded to lots.
    Exit,
    /// Buy this many shares, or sell them if negative.
    Shares(f64),
    /// Bring the position to this share of equity (negative: short). Equity is cash and positions at the prices of
    /// execution. If the purchases with their fees exceed the cash, all are made smaller by one factor.
    Weight(f64),
    /// Buy for this share of the cash that is there after the session's sales. If the purchases with their fees exceed
    /// the cash, all are made smaller by one factor.
    CashShare(f64),
}

/// An order for the next session. It lives for that session only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Order {
    /// The instrument, by its number on the axis.
    pub instrument: usize,
    /// How much of it.
    pub quantity: Quantity,
}

/// What a strategy wants after a session's close.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The orders. All sales are executed before all purchases; within each, in this order.
    pub orders: Vec<Order>,
    /// A purchase that would open more positions than this is refused as [`Unfilled::BookFull`].
    pub max_positions: usize,
}

impl Decision {
    /// Leave everything as it is.
    pub const fn nothing() -> Self {
        Self { orders: Vec::new(), max_positions: usize::MAX }
    }
}

impl From<Vec<Order>> for Decision {
    fn from(orders: Vec<Order>) -> Self {
        Self { orders, max_positions: usize::MAX }
    }
}

/// Why an order was not filled, or only in part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Unfilled {
    /// The instrument is not listed yet.
    NoRow,
    /// The instrument's life has ended.
    Delisted,
    /// It did not trade in that session, or has no price.
    Halted,
    /// The price stands at the upper limit: nobody sells.
    LimitUp,
    /// The price stands at the lower limit: nobody buys.
    LimitDown,
    /// The order is a larger part of the session's volume than allowed, or the volume is unknown.
    VolumeCap,
    /// Too little was traded before to know how far the order would move the price, or what share of the usual volume
    /// it is.
    UnknownLiquidity,
    /// The cash does not pay for it.
    InsufficientCash,
    /// It is less than one lot.
    LotRounding,
    /// The book already holds as many positions as the strategy allows.
    BookFull,
}

impl Unfilled {
    /// All reasons, in the order in which they are checked.
    pub const ALL: [Self; 10] = [
        Self::NoRow,
        Self::Delisted,
        Self::Halted,
        Self::LimitUp,
        Self::LimitDown,
        Self::VolumeCap,
        Self::UnknownLiquidity,
        Self::BookFull,
        Self::InsufficientCash,
        Self::LotRounding,
    ];

    /// A short name.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoRow => "not listed yet",
            Self::Delisted => "delisted",
            Self::Halted => "halted",
            Self::LimitUp => "limit up",
            Self::LimitDown => "limit down",
            Self::VolumeCap => "volume cap",
            Self::UnknownLiquidity => "liquidity unknown",
            Self::InsufficientCash => "insufficient cash",
            Self::LotRounding => "less than a lot",
            Self::BookFull => "book full",
        }
    }
}

impl fmt::Display for Unfilled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A trade that took place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fill {
    /// The session of the trade.
    pub session: Session,
    /// The instrument, by its number on the axis.
    pub instrument: usize,
    /// Which way.
    pub side: Side,
    /// How many shares, above zero.
    pub shares: f64,
    /// The market's price moved by slippage.
    pub price: f64,
    /// `shares · price`.
    pub value: f64,
    /// The broker's fee.
    pub commission: f64,
    /// The tax.
    pub tax: f64,
    /// `shares · |price − market's price|`, which `value` already contains.
    pub slippage: f64,
}

/// An order that was not filled, or only in part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shortfall {
    /// The session in which it should have been filled.
    pub session: Session,
    /// The instrument, by its number on the axis.
    pub instrument: usize,
    /// Which way; an order without a price is a purchase unless it would shrink a long position.
    pub side: Side,
    /// How many shares were asked for; NaN if there was no price to turn money into shares.
    pub asked: f64,
    /// How many were traded.
    pub filled: f64,
    /// What stood in the way.
    pub reason: Unfilled,
}
