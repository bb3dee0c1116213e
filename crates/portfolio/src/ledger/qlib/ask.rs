//! What the orders of a strategy ask Qlib's exchange for.

use std::collections::BTreeSet;

use super::{At, Draft};
use crate::{
    Order, OrderType, Quantity, Side, Unfilled,
    ledger::Ledger,
    qlib::{Asked, shuffled},
};

impl Ledger<'_> {
    /// What orders ask for. Those for weights are Qlib's orders for target weights (`OrderGenWOInteract`): amounts at the
    /// prices of the decision, nothing for what could not be traded then or cannot now, in Qlib's order.
    pub(super) fn ask(&self, orders: &[Order], at: At, draft: &mut Draft) {
        let mut shares_of_cash = Vec::new();
        for order in self.in_order(orders, at, draft) {
            let Order { instrument, quantity, .. } = order;
            let row = match self.tradable(instrument, None, at) {
                Ok(row) => row,
                Err(reason) => {
                    draft.left_out.push(self.without_amount(order, reason));
                    continue;
                }
            };
            let held = self.held(instrument);
            let change = match quantity {
                Quantity::Exit => -held,
                Quantity::Shares(shares) => shares.signum() * self.whole(shares.abs(), row),
                Quantity::Weight(weight) => match self.amount_of(weight, instrument, at) {
                    Some(0.0) => -held,
                    Some(target) => (target - held).signum() * self.whole((target - held).abs(), row),
                    None => continue,
                },
                Quantity::CashShare(share) => {
                    shares_of_cash.push((instrument, row, share));
                    continue;
                }
            };
            if change < 0.0 {
                self.draft_sale(instrument, -change, row, at, draft);
            } else if change > 0.0 {
                draft.purchases.push(Asked { instrument, side: Side::Buy, amount: change });
            }
        }
        for (instrument, row, share) in shares_of_cash {
            let price = self.offer(row, Side::Buy, 0.0, at).price;
            let amount = self.whole(draft.cash * share / price, row);
            draft.purchases.push(Asked { instrument, side: Side::Buy, amount });
        }
    }

    /// The orders that the exchange takes, in the order in which it does: as they are, but with target weights all that
    /// is held or wanted, sorted by name and then shuffled.
    fn in_order(&self, orders: &[Order], at: At, draft: &mut Draft) -> Vec<Order> {
        let has_weights = orders.iter().any(|order| matches!(order.quantity, Quantity::Weight(_)));
        let mut taken = Vec::with_capacity(orders.len());
        for &order in orders {
            let is_held = self.holdings.contains_key(&order.instrument);
            if matches!(order.order_type, OrderType::Limit(_) | OrderType::Stop(_)) {
                draft.left_out.push(self.without_amount(order, Unfilled::NotReached));
                continue;
            }
            let is_traded = self
                .tradable(order.instrument, None, at)
                .and_then(|_| self.tradable_on(self.decided(at), order.instrument, None));
            match is_traded {
                Err(reason) if has_weights && !is_held => {
                    draft.left_out.push(self.without_amount(order, reason));
                }
                _ => taken.push(order),
            }
        }
        if !has_weights {
            return taken;
        }
        let named = self.holdings.keys().copied().chain(taken.iter().map(|order| order.instrument));
        let named = named.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>();
        let numbers = shuffled(named.len());
        let of = |i: usize| taken.iter().copied().filter(move |order| order.instrument == i);
        numbers.into_iter().flat_map(|number| of(named[number])).collect()
    }

    fn without_amount(&self, order: Order, reason: Unfilled) -> (usize, Side, f64, Unfilled) {
        match order.quantity {
            Quantity::Exit => (order.instrument, Side::Sell, self.held(order.instrument), reason),
            _ => (order.instrument, Side::Buy, f64::NAN, reason),
        }
    }

    /// The position of the session of the decision.
    fn decided(&self, at: At) -> usize {
        match at {
            At::Session => self.position - 1,
            At::Next => self.position,
        }
    }

    /// The amount that is this share of the account at the close of the decision.
    fn amount_of(&self, weight: f64, i: usize, at: At) -> Option<f64> {
        let value = self.equity * weight;
        match self.tradable_on(self.decided(at), i, None) {
            Ok(row) => Some(value / self.market.price_of_close(row)),
            Err(_) => self.holdings.get(&i).map(|holding| value / holding.price),
        }
    }
}
