//! What is asked of the exchange, and what comes of it.

use std::{fmt, sync::Arc};

use backstaff_panel::Session;

use crate::{Dropout, Reason};

/// Whether a trade buys or sells.
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
    /// Close the position, whatever it is and whatever orders of the same moment have left of it; never rounded to lots.
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

/// At which price of a session an order trades. Prices are the market's: adjusted where the data are.
///
/// [`Ledger`](crate::Ledger) says in which order a session's orders are executed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OrderType {
    /// At the exchange's price of execution ([`Exchange::execution`](crate::Exchange::execution)).
    Market,
    /// The order trades at the opening price.
    MarketOnOpen,
    /// The order trades at the closing price.
    MarketOnClose,
    /// At this price or a better one: a purchase at the open if that is not above the limit, else at the limit if the
    /// session's low lies below it; a sale at the open if that is not below the limit, else at the limit if the high
    /// lies above it. A limit that is only touched is not filled: others may wait in front. Slippage never carries
    /// the price beyond the limit.
    Limit(f64),
    /// At the market once the price is reached: a sale if the low is not above it, at the lower of open and stop; a
    /// purchase if the high is not below it, at the higher of open and stop. So a gap through the stop fills at the
    /// open. What then remains unfilled is a market order.
    Stop(f64),
}

impl OrderType {
    /// The price that the market must reach first.
    pub fn level(self) -> Option<f64> {
        match self {
            Self::Market | Self::MarketOnOpen | Self::MarketOnClose => None,
            Self::Limit(price) | Self::Stop(price) => Some(price),
        }
    }

    pub(crate) fn is_limit(self) -> bool {
        matches!(self, Self::Limit(_))
    }

    pub(crate) fn is_stop(self) -> bool {
        matches!(self, Self::Stop(_))
    }
}

/// For how long an order may be carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeInForce {
    /// The order holds for the next session only.
    #[default]
    Session,
    /// Until it is filled, cancelled, or its instrument's life ends; an [`Quantity::Exit`] with a limit or stop also
    /// until a close at which there is no position.
    UntilCancelled,
}

/// An order, for the next session at the earliest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Order {
    /// The instrument, by its number on the axis.
    pub instrument: usize,
    /// The quantity of the order.
    pub quantity: Quantity,
    /// The price at which the order may trade.
    pub order_type: OrderType,
    /// For how long the order may be carried out.
    pub time_in_force: TimeInForce,
    /// What the order is for. One that protects a position and is not needed leaves no [`Shortfall`].
    pub reason: Reason,
}

impl Order {
    /// At the exchange's price of execution, in the next session only.
    pub const fn market(instrument: usize, quantity: Quantity) -> Self {
        Self::new(instrument, quantity, OrderType::Market)
    }

    /// An order for the next session only.
    pub const fn new(instrument: usize, quantity: Quantity, order_type: OrderType) -> Self {
        let (time_in_force, reason) = (TimeInForce::Session, Reason::Rebalance);
        Self { instrument, quantity, order_type, time_in_force, reason }
    }

    /// Lets the order wait until it is filled or cancelled.
    pub const fn until_cancelled(self) -> Self {
        Self { time_in_force: TimeInForce::UntilCancelled, ..self }
    }

    /// Says what the order is for.
    pub const fn because(self, reason: Reason) -> Self {
        Self { reason, ..self }
    }
}

/// The number of an order in its account, in the order in which orders were handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(pub u64);

/// An order that is still open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waiting {
    /// The number of the order, for [`Decision::cancel`].
    pub id: OrderId,
    /// The part of the order that is not filled.
    pub order: Order,
    /// At whose close it was handed in.
    pub submitted: Session,
}

/// What a strategy wants after a session's close.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The orders. All sales at a moment of the session are executed before all purchases at it; within each, those that
    /// wait come first, then these in this order.
    pub orders: Vec<Order>,
    /// The waiting orders to withdraw before the next session.
    pub cancel: Vec<OrderId>,
    /// A purchase that would open more positions than this is refused as [`Unfilled::BookFull`].
    pub max_positions: usize,
    /// What the exchange is to choose in the session, after the orders; needs [`Exchange::qlib`](crate::Exchange::qlib).
    pub plan: Option<Arc<Dropout>>,
}

impl Decision {
    /// A decision that leaves everything as it is.
    pub const fn nothing() -> Self {
        Self { orders: Vec::new(), cancel: Vec::new(), max_positions: usize::MAX, plan: None }
    }

    /// Whether it changes nothing.
    pub fn is_nothing(&self) -> bool {
        self.orders.is_empty() && self.cancel.is_empty() && self.plan.is_none()
    }
}

impl From<Vec<Order>> for Decision {
    fn from(orders: Vec<Order>) -> Self {
        Self { orders, ..Self::nothing() }
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
    /// It did not trade in that session, or has no price at that moment, such as an open that its source lacks.
    Halted,
    /// The price has reached the upper limit: nobody sells.
    LimitUp,
    /// The price has reached the lower limit: nobody buys.
    LimitDown,
    /// The order is a larger part of the session's volume than allowed, or the volume is unknown.
    VolumeCap,
    /// Too little was traded before to know how far the order would move the price, or what share of the usual volume
    /// it is.
    UnknownLiquidity,
    /// The cash does not pay for it.
    InsufficientCash,
    /// The order is for less than one lot.
    LotRounding,
    /// The book already holds as many positions as the strategy allows.
    BookFull,
    /// It would sell more than is held, and the exchange has no short selling.
    ShortSelling,
    /// The market did not reach its price, and the order was for that session only.
    NotReached,
    /// The order's limit or stop is not a number above zero.
    NoLevel,
    /// The order was to close a position, and there is none (any more).
    NothingToClose,
    /// The strategy withdrew the order.
    Cancelled,
}

impl Unfilled {
    /// All reasons, in the order in which they are checked.
    pub const ALL: [Self; 15] = [
        Self::Cancelled,
        Self::NoLevel,
        Self::NoRow,
        Self::Delisted,
        Self::Halted,
        Self::LimitUp,
        Self::LimitDown,
        Self::VolumeCap,
        Self::UnknownLiquidity,
        Self::NotReached,
        Self::NothingToClose,
        Self::BookFull,
        Self::ShortSelling,
        Self::InsufficientCash,
        Self::LotRounding,
    ];

    /// A short name of the reason, for files and tables.
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
            Self::ShortSelling => "no short selling",
            Self::NotReached => "price not reached",
            Self::NoLevel => "no price above zero",
            Self::NothingToClose => "nothing to close",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for Unfilled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A trade that took place: an order, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fill {
    /// The session of the trade.
    pub session: Session,
    /// The instrument, by its number on the axis.
    pub instrument: usize,
    /// Whether the trade buys or sells.
    pub side: Side,
    /// How many shares, above zero.
    pub shares: f64,
    /// The market's price moved by slippage.
    pub price: f64,
    /// The value of the trade, `shares · price`.
    pub value: f64,
    /// The commission of the broker.
    pub commission: f64,
    /// The tax of the state.
    pub tax: f64,
    /// `shares · |price − market's price|`, which `value` already contains.
    pub slippage: f64,
    /// What the trade was for.
    pub reason: Reason,
}

/// An order that was not filled, or only in part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shortfall {
    /// The session in which it should have been filled.
    pub session: Session,
    /// The instrument, by its number on the axis.
    pub instrument: usize,
    /// Whether the order buys or sells; one without a price is a purchase unless it would shrink a long position.
    pub side: Side,
    /// How many shares were asked for; NaN if there was no price to turn money into shares.
    pub asked: f64,
    /// How many shares were traded.
    pub filled: f64,
    /// The reason why the rest was not traded.
    pub reason: Unfilled,
}
