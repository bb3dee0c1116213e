//! The orders of one session, moment by moment.

use super::{
    Ledger,
    execute::{Due, Outcome, Prices},
};
use crate::{
    Bar, Decision, Execution, Fill, Order, OrderId, OrderType, Quantity, Side, TimeInForce, Unfilled, Waiting,
};

/// An order on its way through the session.
#[derive(Clone, Copy)]
struct Ticket {
    waiting: Waiting,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The order waits for its moment in the session.
    Open,
    /// It was tried, and something is left of it.
    Tried,
    /// The order is filled, refused or cancelled.
    Closed,
}

impl Ledger<'_> {
    /// The session's orders: the opening auction, then what the prices between reach, then the closing auction.
    ///
    /// What is reached between the auctions: stops first, also those that protect what a stop has just opened; then
    /// limits; then the stops that protect what a limit has just opened. A position opened in this session is closed by a
    /// stop at the stop, or at the price of its opening where that is worse.
    pub(super) fn trade_session(&mut self, decision: Decision) {
        let Decision { orders, cancel, max_positions, plan } = decision;
        assert!(plan.is_none(), "only an exchange with Qlib's rules chooses by itself");
        self.cancel(&cancel);
        let mut book = self.book(orders);
        self.auction(&mut book, max_positions, Execution::Open);
        if book.iter().any(|ticket| ticket.waiting.order.order_type.level().is_some()) {
            self.met_levels = true;
            self.reject_without_level(&mut book);
            for is_due in [OrderType::is_stop, OrderType::is_stop, OrderType::is_limit, OrderType::is_stop] {
                self.reach(&mut book, max_positions, is_due);
            }
        }
        self.auction(&mut book, max_positions, Execution::Close);
        self.waiting = book.into_iter().filter_map(|ticket| self.keep(ticket)).collect();
    }

    /// The orders that wait and the new ones, in the order in which they were handed in.
    fn book(&mut self, orders: Vec<Order>) -> Vec<Ticket> {
        let submitted = self.market.axis().calendar().session(self.position - 1);
        let mut book = std::mem::take(&mut self.waiting);
        book.extend(orders.into_iter().map(|order| {
            let id = OrderId(self.n_orders);
            self.n_orders += 1;
            Waiting { id, order, submitted }
        }));
        book.into_iter().map(|waiting| Ticket { waiting, state: State::Open }).collect()
    }

    fn cancel(&mut self, ids: &[OrderId]) {
        let (withdrawn, kept) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition::<Vec<_>, _>(|waiting| ids.contains(&waiting.id));
        self.waiting = kept;
        for waiting in withdrawn {
            self.miss(waiting.order, Unfilled::Cancelled);
        }
    }

    fn auction(&mut self, book: &mut [Ticket], max_positions: usize, execution: Execution) {
        let is_due = |order: &Order| self.auction_of(order.order_type) == Some(execution);
        let due = numbers(book, |order| {
            is_due(order).then(|| self.price(order.instrument, Prices::Session(execution)))
        });
        self.settle(book, &due, max_positions, execution);
    }

    /// The auction in which an order takes part.
    pub(super) fn auction_of(&self, order_type: OrderType) -> Option<Execution> {
        match order_type {
            OrderType::Market => Some(self.exchange.execution),
            OrderType::MarketOnOpen => Some(Execution::Open),
            OrderType::MarketOnClose => Some(Execution::Close),
            OrderType::Limit(_) | OrderType::Stop(_) => None,
        }
    }

    /// Execute the orders of a type whose price the session reaches.
    fn reach(&mut self, book: &mut [Ticket], max_positions: usize, is_due: fn(OrderType) -> bool) {
        let due = numbers(book, |order| {
            let reached = if is_due(order.order_type) { self.reached_at(order) } else { None };
            reached.map(Some)
        });
        self.settle(book, &due, max_positions, Execution::Open);
    }

    /// The price at which an order with a limit or stop trades in this session, if the session reaches it.
    fn reached_at(&self, order: &Order) -> Option<f64> {
        let level = order.order_type.level()?;
        let bar = self.market.bar(order.instrument, self.position)?;
        let (side, _) = self.resolve(*order, self.equity, Some(level))?;
        match order.order_type {
            OrderType::Limit(limit) => limit_price(bar, side, limit),
            _ => stop_price(self.as_met(order, bar, side), side, level),
        }
    }

    /// The session's prices as a stop meets them: what closes a position that was opened in this session can't have had
    /// a price from before.
    fn as_met(&self, order: &Order, bar: Bar, side: Side) -> Bar {
        let held = self.holdings.get(&order.instrument);
        if order.quantity != Quantity::Exit || held.is_none_or(|held| held.since != self.position) {
            return bar;
        }
        let mut today = self.fills.iter().rev().take_while(|fill| fill.session == self.today.session);
        let entry = today.find(|fill| fill.instrument == order.instrument && fill.side != side);
        // The market's price at the opening: slippage is the account's, and no price of the session.
        let quoted = |entry: &Fill| {
            let slippage = entry.slippage / entry.shares;
            if entry.side == Side::Buy { entry.price - slippage } else { entry.price + slippage }
        };
        entry.map_or(bar, |entry| Bar { open: quoted(entry), ..bar })
    }

    /// Execute these of the book's orders and note what became of them.
    fn settle(&mut self, book: &mut [Ticket], due: &[(usize, Due)], max_positions: usize, at: Execution) {
        if due.is_empty() {
            return;
        }
        let orders = due.iter().map(|&(_, due)| due).collect::<Vec<_>>();
        let outcomes = self.execute(&orders, max_positions, Prices::Session(at));
        for (&(number, _), outcome) in due.iter().zip(outcomes) {
            let Ticket { waiting, state } = &mut book[number];
            *state = match outcome {
                Outcome::Done => State::Closed,
                Outcome::Short { traded } => {
                    waiting.order = remainder(waiting.order, traded);
                    State::Tried
                }
            };
        }
    }

    fn reject_without_level(&mut self, book: &mut [Ticket]) {
        for Ticket { waiting, state } in book {
            let level = waiting.order.order_type.level();
            if level.is_some_and(|level| !(level.is_finite() && level > 0.0)) {
                self.miss(waiting.order, Unfilled::NoLevel);
                *state = State::Closed;
            }
        }
    }

    /// The part of an order that waits for the next session; a part that ends here is noted as unfilled.
    fn keep(&mut self, ticket: Ticket) -> Option<Waiting> {
        let Ticket { waiting, state } = ticket;
        let Waiting { order, .. } = waiting;
        let has_level = order.order_type.level().is_some();
        let is_over = order.time_in_force == TimeInForce::Session && state == State::Tried;
        if state == State::Closed || is_over {
            return None;
        }
        let closes_nothing =
            order.quantity == Quantity::Exit && !self.holdings.contains_key(&order.instrument);
        if closes_nothing {
            // A market order that found nothing to close has been closed by its auction.
            self.miss(order, Unfilled::NothingToClose);
            return None;
        }
        if order.time_in_force == TimeInForce::UntilCancelled {
            return self.is_alive(order).then_some(waiting);
        }
        if state == State::Open && has_level {
            let trades = self
                .market
                .row(order.instrument, self.position)
                .and_then(|_| self.market.bar(order.instrument, self.position).ok_or(Unfilled::Halted));
            self.miss(order, trades.err().unwrap_or(Unfilled::NotReached));
        }
        None
    }

    /// Whether the instrument still lives. If not, the order is noted as ended with it.
    fn is_alive(&mut self, order: Order) -> bool {
        let is_alive = self.market.row(order.instrument, self.position) != Err(Unfilled::Delisted);
        if !is_alive && order.order_type.level().is_some() {
            self.miss(order, Unfilled::Delisted);
        }
        is_alive
    }

    /// Record an order that did not come to a trade, in shares at its own price where it has one. What protects a
    /// position and was not needed was not missed.
    fn miss(&mut self, order: Order, reason: Unfilled) {
        let is_idle = matches!(reason, Unfilled::Cancelled | Unfilled::NotReached | Unfilled::NothingToClose);
        if is_idle && order.reason.protects() {
            return;
        }
        let price = order.order_type.level().or_else(|| self.price(order.instrument, Prices::NewestClose));
        let (side, asked) = self.resolve(order, self.equity, price).unwrap_or((Side::Sell, 0.0));
        self.fall_short(order.instrument, side, asked, 0.0, reason);
    }
}

/// The open orders of a book for which there is an answer, with their numbers and prices.
fn numbers(book: &[Ticket], price: impl Fn(&Order) -> Option<Option<f64>>) -> Vec<(usize, Due)> {
    let open = book.iter().enumerate().filter(|(_, ticket)| ticket.state == State::Open);
    open.filter_map(|(number, ticket)| {
        let order = ticket.waiting.order;
        price(&order).map(|price| (number, Due { order, price }))
    })
    .collect()
}

/// What is left of an order after signed shares of it were traded; a stop that was reached is a market order from then on.
fn remainder(order: Order, traded: f64) -> Order {
    let quantity = match order.quantity {
        Quantity::Shares(shares) => Quantity::Shares(shares - traded),
        other => other,
    };
    let order_type = match order.order_type {
        OrderType::Stop(_) => OrderType::Market,
        other => other,
    };
    Order { quantity, order_type, ..order }
}

/// The price at which a limit is filled in a session of these prices, if it is.
fn limit_price(bar: Bar, side: Side, limit: f64) -> Option<f64> {
    match side {
        Side::Buy if bar.open <= limit => Some(bar.open),
        Side::Buy => (bar.low < limit).then_some(limit),
        Side::Sell if bar.open >= limit => Some(bar.open),
        Side::Sell => (bar.high > limit).then_some(limit),
    }
}

/// The price at which a stop is filled in a session of these prices, if it is reached.
fn stop_price(bar: Bar, side: Side, stop: f64) -> Option<f64> {
    match side {
        Side::Buy => (bar.high >= stop).then_some(bar.open.max(stop)),
        Side::Sell => (bar.low <= stop).then_some(bar.open.min(stop)),
    }
}
