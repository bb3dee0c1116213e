//! The account: cash, positions, and how one session becomes the next.
//!
//! A session passes in five steps, in this order:
//! 1. cash earns its interest and short positions pay their fee, for the calendar days since the last session;
//! 2. positions whose instrument's life has ended are closed at a share of their last traded close;
//! 3. orders withdrawn at the last close are dropped, then the session's orders are executed at three moments, at each
//!    sales before purchases, what waits before what is new: those of the opening price; those whose stop or limit the
//!    session's prices reach (stops before limits, since a bar does not show which came first); those of the closing
//!    price. A market order trades at the one of the two that [`Exchange::execution`] names. What an order until
//!    cancelled has not got waits; what any other has not got, and every order that ends without a trade, is recorded
//!    with its reason;
//! 4. positions are valued at their closing price, or their last known one while they don't trade;
//! 5. the books are balanced: the equity must equal the last one plus everything that was booked.
//!
//! Under Qlib's rules ([`Exchange::qlib`]) steps 2 and 3 are others: nothing is closed, and all orders trade one after the
//! other at the deal prices of the session.
//!
//! Orders can only be submitted for the session after the current one, so nothing trades at a price that its
//! decision has seen. No other place holds that rule.

mod day;
mod execute;
mod preview;
mod qlib;
mod session;
mod take_over;

use std::collections::BTreeMap;

pub use day::Day;
pub use preview::{NextOrder, NextSession};
pub use take_over::StatedAccount;

use crate::{
    Decision, Exchange, Fill, Market, PortfolioError, Shortfall, Waiting,
    error::positive,
    qlib::{QlibOrder, Quotes},
};

/// A position of the account: shares of one instrument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Holding {
    /// Shares; negative if short.
    pub shares: f64,
    /// The price at which they are valued.
    pub price: f64,
    /// The position in the calendar of the session in which the holding was opened.
    pub since: usize,
}

impl Holding {
    /// What it is worth; negative if short.
    pub fn value(&self) -> f64 {
        self.shares * self.price
    }
}

/// A position that ended because its instrument's life did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DelistedPosition {
    /// The session in which it was closed: the first one without the instrument.
    pub session: backstaff_panel::Session,
    /// The instrument, by its number on the axis.
    pub instrument: usize,
    /// Shares; negative if short.
    pub shares: f64,
    /// The money that each share brought.
    pub price: f64,
}

/// The account as a machine that is moved from session to session.
///
/// ```
/// # use backstaff_panel::testing::{MarketSpec, market};
/// use backstaff_portfolio::{Exchange, Ledger, Market, Order, Quantity};
///
/// let market = Market::new(&market(MarketSpec { missing: 0.0, mortal: 0.0, ..MarketSpec::default() }))?;
/// let exchange = Exchange::default();
/// let mut ledger = Ledger::new(&market, &exchange, 0, 1e6)?;
/// ledger.submit(vec![Order::market(3, Quantity::Weight(0.5))].into());
/// assert!(ledger.holdings().is_empty()); // nothing trades in the session of the decision
/// let day = ledger.advance().unwrap();
/// assert_eq!(day.n_positions, 1);
/// assert!((day.cash - 5e5).abs() < 1e-6);
/// # Ok::<(), backstaff_portfolio::PortfolioError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Ledger<'a> {
    market: &'a Market,
    exchange: &'a Exchange,
    position: usize,
    cash: f64,
    equity: f64,
    /// What the equity must be: the last one plus everything booked since.
    booked: f64,
    holdings: BTreeMap<usize, Holding>,
    pending: Decision,
    /// Orders handed in before and not filled yet.
    waiting: Vec<Waiting>,
    /// How many orders were handed in so far.
    n_orders: u64,
    /// Whether there was ever an order with a limit or stop.
    met_levels: bool,
    /// Shares traded in this session, where a volume cap asks for them.
    traded: BTreeMap<usize, f64>,
    today: Day,
    fills: Vec<Fill>,
    shortfalls: Vec<Shortfall>,
    delistings: Vec<DelistedPosition>,
    orders: Vec<QlibOrder>,
}

/// What happened to an account.
pub(crate) struct Records {
    pub(crate) fills: Vec<Fill>,
    pub(crate) shortfalls: Vec<Shortfall>,
    pub(crate) delistings: Vec<DelistedPosition>,
    pub(crate) orders: Vec<QlibOrder>,
}

impl<'a> Ledger<'a> {
    /// An account that holds nothing but cash at the close of the session at `position`.
    pub fn new(
        market: &'a Market,
        exchange: &'a Exchange,
        position: usize,
        cash: f64,
    ) -> Result<Self, PortfolioError> {
        exchange.check()?;
        if exchange.qlib.is_some() && market.qlib().map(Quotes::rules) != exchange.qlib.as_ref() {
            return Err(PortfolioError::NoQlibQuotes);
        }
        positive("initial_cash", cash)?;
        let available = market.axis().n_sessions();
        if position >= available {
            return Err(PortfolioError::Sessions { start: position, end: position + 1, available });
        }
        let session = market.axis().calendar().session(position);
        let today = Day { equity: cash, cash, ..Day::empty(session) };
        Ok(Self {
            market,
            exchange,
            position,
            cash,
            equity: cash,
            booked: cash,
            holdings: BTreeMap::new(),
            pending: Decision::nothing(),
            waiting: Vec::new(),
            n_orders: 0,
            met_levels: false,
            traded: BTreeMap::new(),
            today,
            fills: Vec::new(),
            shortfalls: Vec::new(),
            delistings: Vec::new(),
            orders: Vec::new(),
        })
    }

    /// Hand in the orders for the next session; they replace those handed in since the last one.
    pub fn submit(&mut self, decision: Decision) {
        self.pending = decision;
    }

    /// Move to the next session's close. `None` if the calendar ends here: the orders stay pending.
    pub fn advance(&mut self) -> Option<Day> {
        if self.position + 1 >= self.market.axis().n_sessions() {
            return None;
        }
        let days = self.calendar_days();
        self.position += 1;
        self.today = Day::empty(self.market.axis().calendar().session(self.position));
        let (n_fills, n_shortfalls) = (self.fills.len(), self.shortfalls.len());
        self.accrue(days);
        let decision = std::mem::replace(&mut self.pending, Decision::nothing());
        self.traded.clear();
        if self.exchange.qlib.is_some() {
            self.trade_as_qlib(&decision);
        } else {
            self.close_delisted();
            self.trade_session(decision);
        }
        self.revalue();
        self.today.n_fills = self.fills.len() - n_fills;
        self.today.n_unfilled = self.shortfalls.len() - n_shortfalls;
        self.balance();
        Some(self.today)
    }

    fn calendar_days(&self) -> f64 {
        let calendar = self.market.axis().calendar();
        f64::from(calendar.session(self.position + 1).number() - calendar.session(self.position).number())
    }

    fn accrue(&mut self, days: f64) {
        let before = self.market.axis().calendar().session(self.position - 1);
        let years = days / 365.0;
        let interest = self.cash * self.exchange.cash_rate.at(before) * years;
        let short = self.holdings.values().map(|holding| (-holding.value()).max(0.0)).sum::<f64>();
        let borrow = short * self.exchange.costs.borrow_bps_annual / 1e4 * years;
        self.today.interest = interest;
        self.today.borrow = borrow;
        self.cash += interest - borrow;
        self.booked += interest - borrow;
    }

    fn close_delisted(&mut self) {
        let axis = self.market.axis();
        let ended =
            self.holdings.keys().copied().filter(|&i| axis.life(i).end <= self.position).collect::<Vec<_>>();
        for i in ended {
            let Some(holding) = self.holdings.remove(&i) else { continue };
            let share = self.exchange.recovery.of(&axis.instruments()[i]);
            let price = holding.price * share;
            let loss = holding.value() - holding.shares * price;
            self.cash += holding.shares * price;
            self.booked -= loss;
            self.today.delisting_loss += loss;
            let session = self.today.session;
            self.delistings.push(DelistedPosition { session, instrument: i, shares: holding.shares, price });
        }
    }

    fn revalue(&mut self) {
        for (&i, holding) in &mut self.holdings {
            if let Some(close) = self.market.close(i, self.position) {
                self.booked += holding.shares * (close - holding.price);
                holding.price = close;
            }
        }
    }

    /// Close the session's books; that they balance is checked, not hoped for.
    fn balance(&mut self) {
        let long = self.holdings.values().map(|holding| holding.value().max(0.0)).sum::<f64>();
        let short = self.holdings.values().map(|holding| (-holding.value()).max(0.0)).sum::<f64>();
        self.equity = self.cash + long - short;
        let scale = self.cash.abs() + long + short + self.today.bought + self.today.sold;
        assert!(
            (self.equity - self.booked).abs() <= 1e-9 * scale,
            "the books of {} don't balance: equity {}, booked {}",
            self.today.session,
            self.equity,
            self.booked
        );
        self.booked = self.equity;
        self.today = Day {
            equity: self.equity,
            cash: self.cash,
            long,
            short,
            n_positions: self.holdings.len(),
            ..self.today
        };
    }

    /// The market on which the account trades.
    pub fn market(&self) -> &'a Market {
        self.market
    }

    /// The position in the calendar of the current session, at whose close the account is valued.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Cash and positions at their newest closing prices.
    pub fn equity(&self) -> f64 {
        self.equity
    }

    /// The cash of the account.
    pub fn cash(&self) -> f64 {
        self.cash
    }

    /// The positions, by the instruments' numbers on the axis.
    pub fn holdings(&self) -> &BTreeMap<usize, Holding> {
        &self.holdings
    }

    /// The orders that were handed in before the last session and are still open, oldest first.
    pub fn waiting(&self) -> &[Waiting] {
        &self.waiting
    }

    /// Whether there was ever an order with a limit or stop.
    pub(crate) fn met_levels(&self) -> bool {
        self.met_levels
    }

    /// The account at the close of the current session.
    pub fn today(&self) -> Day {
        self.today
    }

    /// All trades so far, in the order in which they took place.
    pub fn fills(&self) -> &[Fill] {
        &self.fills
    }

    /// All orders so far that were not filled, or only in part.
    pub fn shortfalls(&self) -> &[Shortfall] {
        &self.shortfalls
    }

    /// All positions so far that were closed by the end of their instrument's life.
    pub fn delistings(&self) -> &[DelistedPosition] {
        &self.delistings
    }

    /// The list of orders under Qlib's rules so far.
    pub fn orders(&self) -> &[QlibOrder] {
        &self.orders
    }

    pub(crate) fn into_records(self) -> Records {
        let Self { fills, shortfalls, delistings, orders, .. } = self;
        Records { fills, shortfalls, delistings, orders }
    }
}
