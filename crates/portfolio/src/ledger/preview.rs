//! The orders for a session that is not there yet.

use std::collections::BTreeMap;

use backstaff_panel::{Instrument, Session};

use super::{
    Ledger,
    execute::{Due, Prices},
};
use crate::{Day, Decision, Fill, Order, OrderType, Side, Unfilled};

/// An order for the next session, in the shares that it asks for at the newest closing prices.
#[derive(Clone, Debug, PartialEq)]
pub struct NextOrder {
    /// The instrument to trade.
    pub instrument: Instrument,
    /// Whether the order buys or sells.
    pub side: Side,
    /// How many shares as quoted, at the newest closing price.
    pub shares: f64,
    /// The newest closing price as quoted, moved by slippage.
    pub price: f64,
    /// The value of the order, `shares · price`.
    pub value: f64,
    /// What the order is expected to cost: commission, tax and slippage, in money.
    pub cost: f64,
}

/// What to do in the session after the newest one.
#[derive(Clone, Debug, PartialEq)]
pub struct NextSession {
    /// The session at whose close it was decided.
    pub decided: Session,
    /// Whether the strategy's schedule asked for a decision in that session.
    pub is_due: bool,
    /// The value of the account at that close.
    pub equity: f64,
    /// The cash that the orders would leave.
    pub cash_after: f64,
    /// The orders of the next session, sales first.
    pub orders: Vec<NextOrder>,
    /// The orders with a limit or stop that are in force in that session, at prices as quoted: those that wait, then new
    /// ones.
    pub conditional: Vec<(Instrument, Order)>,
    /// What can't be ordered, and why.
    pub refused: Vec<(Instrument, Unfilled)>,
    /// The share of equity that each instrument has now, for all that are held now or would be afterwards.
    pub weights_before: BTreeMap<Instrument, f64>,
    /// The share of equity that each of these would have after the orders.
    pub weights_after: BTreeMap<Instrument, f64>,
}

/// A number of shares without the rounding that a factor leaves: a lot is a whole number.
fn whole(shares: f64) -> f64 {
    let nearest = shares.round();
    let is_rounding = nearest != 0.0 && (shares - nearest).abs() <= 1e-9 * nearest.abs();
    if is_rounding { nearest } else { shares }
}

impl Ledger<'_> {
    /// How many shares as quoted make one share at the market's prices in this row, by the exchange's rules.
    pub(super) fn factor(&self, row: usize) -> f64 {
        let of_qlib = self.exchange.qlib.as_ref().and(self.market.qlib());
        let factor = of_qlib.map_or(f64::NAN, |quotes| quotes.terms(row).factor);
        if factor.is_nan() { self.market.factor(row) } else { factor }
    }

    /// How many shares as quoted make one share at the market's prices, in the newest session in which an instrument
    /// traded: the market's prices may be adjusted, and whoever trades sees those that are quoted.
    fn quoted_factor(&self, instrument: usize) -> f64 {
        self.market.newest_traded(instrument, self.position).map_or(1.0, |row| self.factor(row))
    }

    /// An order with its price as quoted, by the newest session in which the instrument traded.
    fn as_quoted(&self, order: Order) -> Order {
        let factor = self.quoted_factor(order.instrument);
        let order_type = match order.order_type {
            OrderType::Limit(price) => OrderType::Limit(price / factor),
            OrderType::Stop(price) => OrderType::Stop(price / factor),
            other => other,
        };
        Order { order_type, ..order }
    }

    /// What a decision and the waiting orders come to if all market orders could be traded at the newest closing prices,
    /// and no limit or stop were reached. Changes nothing.
    ///
    /// Volume caps and price limits are not applied: those of the next session are not known yet.
    pub fn preview(&self, decision: &Decision) -> NextSession {
        let mut after =
            Self { fills: Vec::new(), shortfalls: Vec::new(), delistings: Vec::new(), ..self.clone() };
        after.today = Day::empty(self.today.session);
        let waiting = self.waiting.iter().filter(|waiting| !decision.cancel.contains(&waiting.id));
        let orders = waiting.map(|waiting| waiting.order).chain(decision.orders.iter().copied());
        let (conditional, market) = orders.partition::<Vec<_>, _>(|order| order.order_type.level().is_some());
        let due = market.into_iter().map(|order| {
            let price = self.price(order.instrument, Prices::NewestClose);
            Due { order, price }
        });
        if self.exchange.qlib.is_some() {
            after.preview_as_qlib(decision);
        } else {
            after.execute(&due.collect::<Vec<_>>(), decision.max_positions, Prices::NewestClose);
        }
        after.balance();
        let instruments = self.market.axis().instruments();
        let order = |fill: &Fill| {
            let factor = self.quoted_factor(fill.instrument);
            NextOrder {
                instrument: instruments[fill.instrument].clone(),
                side: fill.side,
                shares: whole(fill.shares * factor),
                price: fill.price / factor,
                value: fill.value,
                cost: fill.commission + fill.tax + fill.slippage,
            }
        };
        let numbers = self.holdings.keys().chain(after.holdings.keys()).copied().collect::<Vec<_>>();
        let weights = |ledger: &Self| {
            let weight =
                |i: usize| ledger.holdings.get(&i).map_or(0.0, |holding| holding.value() / ledger.equity);
            numbers.iter().map(|&i| (instruments[i].clone(), weight(i))).collect()
        };
        NextSession {
            decided: self.today.session,
            is_due: true,
            equity: self.equity,
            cash_after: after.cash,
            orders: after.fills.iter().map(order).collect(),
            conditional: conditional
                .into_iter()
                .map(|order| (instruments[order.instrument].clone(), self.as_quoted(order)))
                .collect(),
            refused: after
                .shortfalls
                .iter()
                .map(|missed| (instruments[missed.instrument].clone(), missed.reason))
                .collect(),
            weights_before: weights(self),
            weights_after: weights(&after),
        }
    }
}
