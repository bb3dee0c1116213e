//! The exchange of Microsoft Qlib, as a set of rules for the one ledger.
//!
//! [`QlibRules`] in [`Exchange::qlib`](crate::Exchange::qlib) make the [`Ledger`](crate::Ledger) trade as Qlib's
//! `Exchange`, `SimulatorExecutor` and `Position` do, order by order. What differs from the ledger's own rules:
//!
//! - a price limit is read from the column `change` or from two columns, a halt is a missing close;
//! - there are no opening and closing auctions: every order trades at the deal price of its side;
//! - orders are executed one after the other, each with the cash that the one before left; none is scaled;
//! - a position whose instrument is gone stays at its last price for ever;
//! - short sales, limits and stops do not exist.
//!
//! Amounts are shares at the market's (adjusted) prices; one of them is `factor` shares as quoted.
//!
//! Days: a backtest of Qlib over the trading days `days` (positions in the calendar) is that of [`Terms::qlib`], whose
//! account opens at the close before the first of them. Where the calendar begins with `days` there is no such close:
//! the account opens at the close of the first day, which in Qlib has no scores and hence no orders. The report of
//! either is [`measure::qlib::report`](crate::measure::qlib::report).
//!
//! - Source: Microsoft Qlib 0.9.7 (MIT licence), `qlib.backtest`; the numbers of `tests/qlib/` were made with it.
//!
//! [`Terms::qlib`]: crate::Terms::qlib

mod deal;
mod quotes;
mod rules;
mod shuffle;
mod unit;

pub use deal::QlibOrder;
pub(crate) use deal::{Asked, Deal, Offer, deal, is_close};
pub(crate) use quotes::Quotes;
pub use rules::{Capacity, Limit, QlibRules, TradeType, VolumeLimit};
pub(crate) use shuffle::shuffled;
pub(crate) use unit::rounded;
