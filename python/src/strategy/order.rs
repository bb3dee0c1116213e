//! Orders and trades, as strategies in Python write and read them.

use backstaff_portfolio::{OrderType, Quantity};
use pyo3::prelude::*;

use crate::error::argument;

/// An order for the next session.
///
/// Parameters
/// ----------
/// instrument : str
///     Its name in the data.
/// shares : float, optional
///     How many shares to buy, or to sell if negative.
/// weight : float, optional
///     The share of equity to which the position is brought; negative for a short one.
/// cash_share : float, optional
///     The share of the cash, after the session's sales, for which to buy.
/// close : bool
///     Whether the position is closed, whatever it is. One of these four is said.
/// limit, stop : float, optional
///     A limit trades at this price or a better one; a stop trades at the market once the price is reached.
/// at : {'open', 'close'}, optional
///     The moment of the session; that of the backtest's ``execution`` if absent.
/// until_cancelled : bool
///     Whether the order waits until it is filled or withdrawn, rather than for one session.
///
/// Raises
/// ------
/// StudyError
///     If it says too little, too much, or no number.
///
/// Examples
/// --------
/// >>> bs.Order("SPY", shares=10, limit=99.5)
/// Order("SPY", shares=10, limit=99.5)
#[pyclass(frozen, module = "backstaff")]
#[derive(Clone, Debug)]
#[expect(clippy::doc_markdown, reason = "Python shows it, by numpy's convention")]
pub(crate) struct Order {
    /// The name of the instrument.
    #[pyo3(get)]
    pub(super) instrument: String,
    pub(super) quantity: Quantity,
    pub(super) at: OrderType,
    pub(super) until_cancelled: bool,
    /// The number under which it waits; None for one that was not handed in.
    #[pyo3(get)]
    pub(super) id: Option<u64>,
}

#[pymethods]
impl Order {
    #[new]
    #[pyo3(signature = (instrument, *, shares=None, weight=None, cash_share=None, close=false, limit=None, stop=None, at=None, until_cancelled=false))]
    #[expect(clippy::too_many_arguments, reason = "each is a keyword of its own")]
    fn new(
        instrument: String,
        shares: Option<f64>,
        weight: Option<f64>,
        cash_share: Option<f64>,
        close: bool,
        limit: Option<f64>,
        stop: Option<f64>,
        at: Option<&str>,
        until_cancelled: bool,
    ) -> PyResult<Self> {
        let wrong = |message: &str| Err(argument(format!("Order {instrument}: {message}")));
        let quantity = match (shares, weight, cash_share, close) {
            (Some(shares), None, None, false) => Quantity::Shares(shares),
            (None, Some(weight), None, false) => Quantity::Weight(weight),
            (None, None, Some(share), false) => Quantity::CashShare(share),
            (None, None, None, true) => Quantity::Exit,
            _ => return wrong("say one of shares, weight, cash_share and close"),
        };
        let numbers = [("shares", shares), ("weight", weight), ("cash_share", cash_share)];
        if let Some((name, value)) =
            numbers.iter().find(|(_, value)| value.is_some_and(|value| !value.is_finite()))
        {
            return wrong(&format!("{name} is {}, which is no number", value.unwrap_or(f64::NAN)));
        }
        let order_type = match (limit, stop, at) {
            (None, None, None) => OrderType::Market,
            (Some(price), None, None) => OrderType::Limit(price),
            (None, Some(price), None) => OrderType::Stop(price),
            (None, None, Some("open")) => OrderType::MarketOnOpen,
            (None, None, Some("close")) => OrderType::MarketOnClose,
            (None, None, Some(at)) => return wrong(&format!("at: {at:?} is neither \"open\" nor \"close\"")),
            _ => return wrong("say one of limit, stop and at, or none of them"),
        };
        if let Some(price) = order_type.level().filter(|price| !(price.is_finite() && *price > 0.0)) {
            return wrong(&format!("{price} is no price above 0"));
        }
        Ok(Self { instrument, quantity, at: order_type, until_cancelled, id: None })
    }

    pub(super) fn __repr__(&self) -> String {
        let quantity = match self.quantity {
            Quantity::Exit => "close=True".to_owned(),
            Quantity::Shares(shares) => format!("shares={shares}"),
            Quantity::Weight(weight) => format!("weight={weight}"),
            Quantity::CashShare(share) => format!("cash_share={share}"),
        };
        let kind = match self.at {
            OrderType::Market => String::new(),
            OrderType::MarketOnOpen => ", at='open'".to_owned(),
            OrderType::MarketOnClose => ", at='close'".to_owned(),
            OrderType::Limit(price) => format!(", limit={price}"),
            OrderType::Stop(price) => format!(", stop={price}"),
        };
        let waits = if self.until_cancelled { ", until_cancelled=True" } else { "" };
        format!("Order({:?}, {quantity}{kind}{waits})", self.instrument)
    }
}

/// A trade that took place.
#[pyclass(frozen, module = "backstaff", get_all)]
#[derive(Clone, Debug)]
pub(crate) struct Trade {
    /// The name of the instrument.
    pub(super) instrument: String,
    /// The number of shares, negative if sold.
    pub(super) shares: f64,
    /// The price, slippage included.
    pub(super) price: f64,
    /// Commission and tax.
    pub(super) fees: f64,
}

#[pymethods]
impl Trade {
    fn __repr__(&self) -> String {
        let Self { instrument, shares, price, fees } = self;
        format!("Trade({instrument:?}, shares={shares}, price={price}, fees={fees})")
    }
}
