//! Stops, targets and a longest holding time around any strategy.

use std::collections::{BTreeMap, BTreeSet};

use super::{Note, Strategy, View};
use crate::{Decision, Fill, Order, OrderType, PortfolioError, Quantity, Reason, Side, error::positive};

/// What closes a position that the strategy would have kept. All of them are absent by default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Protection {
    /// The loss at which a position is closed, as a share of the mean price that was paid for it.
    pub stop: Option<f64>,
    /// The gain at which it is closed, as a share of the same price.
    pub take_profit: Option<f64>,
    /// The way back from the best close since the purchase at which it is closed, as a share of that close.
    pub trailing_stop: Option<f64>,
    /// The session after the purchase in which it is closed: 5 sells in the fifth.
    pub max_holding: Option<usize>,
}

impl Protection {
    /// Whether nothing is protected.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the high and the low of a session decide about it.
    pub fn has_levels(&self) -> bool {
        self.stop.is_some() || self.take_profit.is_some() || self.trailing_stop.is_some()
    }

    fn check(&self) -> Result<(), PortfolioError> {
        for (parameter, share) in [("stop", self.stop), ("trailing_stop", self.trailing_stop)] {
            if let Some(value) = share.filter(|share| !(*share > 0.0 && *share < 1.0)) {
                let expected = "a share above 0 and below 1";
                return Err(PortfolioError::Parameter { parameter, value, expected });
            }
        }
        self.take_profit.map_or(Ok(0.0), |share| positive("take_profit", share))?;
        self.max_holding.map_or(Ok(0.0), |sessions| positive("max_holding", sessions as f64))?;
        Ok(())
    }

    /// The orders that protect a position with this price paid and this best close; at most one stop and one limit,
    /// since of two stops the nearer one is met first.
    fn orders(&self, i: usize, position: Lot) -> Vec<Order> {
        let away = |price: f64, share: f64| price * (1.0 + share * position.side());
        let stop = self.stop.map(|share| (away(position.price, -share), Reason::Stop));
        let trailing = self.trailing_stop.map(|share| (away(position.best, -share), Reason::TrailingStop));
        let nearer = stop
            .into_iter()
            .chain(trailing)
            .reduce(|a, b| if (b.0 - a.0) * position.side() > 0.0 { b } else { a });
        let stop = nearer.map(|(level, reason)| (OrderType::Stop(level), reason));
        let target = self.take_profit.map(|share| away(position.price, share)).filter(|level| *level > 0.0);
        let target = target.map(|level| (OrderType::Limit(level), Reason::TakeProfit));
        let order = |(order_type, reason)| {
            Order::new(i, Quantity::Exit, order_type).until_cancelled().because(reason)
        };
        stop.into_iter().chain(target).map(order).collect()
    }
}

/// A position as its protection sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Lot {
    /// Shares; negative if short.
    shares: f64,
    /// The mean price paid, slippage included, fees not.
    price: f64,
    /// The best close since the purchase, and at least the price paid: the highest of a long position, the lowest of a
    /// short one.
    best: f64,
}

impl Lot {
    fn side(self) -> f64 {
        self.shares.signum()
    }

    /// The position after a trade; `None` if there was none before.
    fn after(before: Option<Self>, fill: &Fill) -> Self {
        let traded = if fill.side == Side::Buy { fill.shares } else { -fill.shares };
        let fresh = |shares| Self { shares, price: fill.price, best: fill.price };
        let Some(before) = before else { return fresh(traded) };
        let shares = before.shares + traded;
        if before.shares * shares < 0.0 {
            return fresh(shares);
        }
        let adds = before.shares * traded > 0.0;
        let paid = before.price * before.shares.abs() + fill.price * fill.shares;
        Self { shares, price: if adds { paid / shares.abs() } else { before.price }, ..before }
    }

    fn see(&mut self, close: f64) {
        if (close - self.best) * self.side() > 0.0 {
            self.best = close;
        }
    }
}

/// Any strategy, with orders in the market that close its positions at a stop, at a target, behind a trailing stop, or
/// after some sessions.
///
/// - Levels: the stop and the target are measured from the mean price paid, the trailing stop from the best close since
///   the purchase; it moves at closes, and only towards the price. In the session of the purchase itself, whose price
///   isn't known when the orders are placed, all are measured from the close at which the purchase was decided.
/// - Orders: of stop and trailing stop the nearer one, and the target as a limit; both wait in the market until the
///   position ends, and are replaced when their level moves. The [`Ledger`](crate::Ledger) fills them: a gap through a
///   stop at the open, stops before limits.
/// - `max_holding`: a market order for that session after the purchase. Purchases that add to a position start no count
///   anew.
/// - Coming back: what was closed in this way is not bought at the closes from its session on until the strategy decides
///   anew in a session after it; that decision may buy it again.
#[expect(missing_debug_implementations, reason = "a strategy need not have one")]
pub struct Protected {
    strategy: Box<dyn Strategy>,
    protection: Protection,
    positions: BTreeMap<usize, Lot>,
    /// The instruments that may not be bought at this close.
    barred: BTreeSet<usize>,
    /// The protecting orders that were placed last, by instrument.
    placed: BTreeMap<usize, Vec<Order>>,
}

impl Protected {
    /// A strategy with this protection.
    ///
    /// # Errors
    ///
    /// If a share or a number of sessions is not above zero, or a stop is not below 1.
    pub fn new(strategy: Box<dyn Strategy>, protection: Protection) -> Result<Self, PortfolioError> {
        protection.check()?;
        let (positions, barred, placed) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
        Ok(Self { strategy, protection, positions, barred, placed })
    }

    /// Take note of the session's trades and closes.
    fn observe(&mut self, view: &View<'_>) {
        for fill in view.fills() {
            let before = self.positions.remove(&fill.instrument);
            let after = Lot::after(before, fill);
            if after.shares.abs() > DUST * fill.shares {
                self.positions.insert(fill.instrument, after);
            }
            if fill.reason.protects() {
                self.barred.insert(fill.instrument);
            }
        }
        self.positions.retain(|&i, position| {
            let Some(held) = view.holding(i) else { return false };
            position.shares = held.shares;
            view.close(i, 0).into_iter().for_each(|close| position.see(close));
            true
        });
        self.placed.retain(|i, _| self.positions.contains_key(i));
    }

    /// The strategy's decision without what protection forbids, with what it demands.
    fn guard(&mut self, view: &View<'_>, mut decision: Decision) -> Decision {
        let is_remainder = |order: &Order| order.reason.protects() && order.order_type.level().is_none();
        let leaving = view.waiting().iter().filter(|waiting| is_remainder(&waiting.order));
        let leaving = leaving.map(|waiting| waiting.order.instrument).collect::<BTreeSet<_>>();
        let is_aged = |i: usize| {
            let since = view.holding(i).map(|held| held.since);
            let most = self.protection.max_holding.zip(since);
            most.is_some_and(|(most, since)| view.position() + 1 - since >= most) && !leaving.contains(&i)
        };
        let aged = self.positions.keys().copied().filter(|&i| is_aged(i)).collect::<BTreeSet<_>>();
        decision.orders.retain(|order| {
            let i = order.instrument;
            let is_barred = self.barred.contains(&i) && order.quantity != Quantity::Exit;
            !leaving.contains(&i) && !aged.contains(&i) && !is_barred
        });
        let bought = decision.orders.clone();
        let exit = |&i: &usize| Order::market(i, Quantity::Exit).because(Reason::MaxHolding);
        decision.orders.extend(aged.iter().map(exit));
        for (&i, &position) in &self.positions {
            if !leaving.contains(&i) {
                let wanted = self.protection.orders(i, position);
                replace(view, self.placed.get(&i), &wanted, &mut decision);
                self.placed.insert(i, wanted);
            }
        }
        for order in bought {
            let i = order.instrument;
            let opens = !self.positions.contains_key(&i) && order.order_type.level().is_none();
            if let (true, Some(side), Some(close)) = (opens, direction(order.quantity), view.close(i, 0)) {
                let orders = self.protection.orders(i, Lot { shares: side, price: close, best: close });
                decision.orders.extend(&orders);
                self.placed.insert(i, orders);
            }
        }
        decision
    }
}

/// Shares closer to zero than this part of a trade are rounding.
const DUST: f64 = 1e-9;

/// Whether an order for an instrument that is not held opens a long (1) or a short (-1) position.
fn direction(quantity: Quantity) -> Option<f64> {
    let size = match quantity {
        Quantity::Exit => 0.0,
        Quantity::Shares(size) | Quantity::Weight(size) | Quantity::CashShare(size) => size,
    };
    (size != 0.0).then_some(size.signum())
}

/// Withdraw the protecting orders of a position that are no longer wanted, and place those that are not there yet.
fn replace(view: &View<'_>, placed: Option<&Vec<Order>>, wanted: &[Order], decision: &mut Decision) {
    let mut missing = wanted.to_vec();
    for waiting in view.waiting() {
        let is_withdrawn = decision.cancel.contains(&waiting.id);
        let is_own = placed.is_some_and(|placed| placed.contains(&waiting.order));
        match missing.iter().position(|order| *order == waiting.order) {
            Some(place) if !is_withdrawn => {
                missing.swap_remove(place);
            }
            _ if is_own && !is_withdrawn => decision.cancel.push(waiting.id),
            _ => {}
        }
    }
    decision.orders.extend(missing);
}

impl Strategy for Protected {
    fn name(&self) -> &str {
        self.strategy.name()
    }

    fn warm_up(&self) -> usize {
        self.strategy.warm_up()
    }

    fn on_start(&mut self, view: &View<'_>) {
        self.strategy.on_start(view);
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        self.barred.clear();
        self.observe(view);
        let decision = self.strategy.on_session(view);
        self.guard(view, decision)
    }

    fn between(&mut self, view: &View<'_>) -> Decision {
        self.observe(view);
        let decision = self.strategy.between(view);
        self.guard(view, decision)
    }

    fn on_end(&mut self, view: &View<'_>) {
        self.strategy.on_end(view);
    }

    fn notes(&self) -> Vec<Note> {
        self.strategy.notes()
    }
}
