//! A session under the rules of Qlib.

use std::collections::BTreeSet;

use super::{Holding, Ledger};
use crate::{
    Decision, Dropout, Fill, Order, OrderType, Quantity, Reason, Side, Unfilled,
    qlib::{Asked, Deal, Offer, QlibOrder, QlibRules, Quotes, TradeType, deal, is_close, rounded, shuffled},
};

/// The session in which orders are dealt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// The current one.
    Session,
    /// One that is not there yet: everything that has a close can be traded at the newest.
    Next,
}

/// The orders of a session, and those that Qlib's strategies leave out: instrument, side, shares, reason.
#[derive(Default)]
struct Draft {
    sales: Vec<Asked>,
    purchases: Vec<Asked>,
    left_out: Vec<(usize, Side, f64, Unfilled)>,
    /// The cash that the sales leave.
    cash: f64,
}

impl Ledger<'_> {
    /// The orders of the current session, one after the other.
    pub(super) fn trade_as_qlib(&mut self, decision: &Decision) {
        self.deal_orders(decision, At::Session);
    }

    /// The same for the session to come, of which only the newest closes are known.
    pub(super) fn preview_as_qlib(&mut self, decision: &Decision) {
        self.deal_orders(decision, At::Next);
    }

    fn deal_orders(&mut self, decision: &Decision, at: At) {
        let mut draft = Draft { cash: self.cash, ..Draft::default() };
        self.ask(&decision.orders, at, &mut draft);
        if let Some(plan) = &decision.plan {
            self.choose(plan, at, &mut draft);
        }
        for (i, side, shares, reason) in draft.left_out {
            self.fall_short(i, side, shares, 0.0, reason);
        }
        let lists = match self.rules().trade_type {
            TradeType::Serial => [draft.sales, draft.purchases],
            TradeType::Parallel => [draft.purchases, draft.sales],
        };
        for asked in lists.into_iter().flatten() {
            self.deal_order(asked, decision.max_positions, at);
        }
    }

    fn rules(&self) -> &QlibRules {
        self.quotes().rules()
    }

    fn quotes(&self) -> &Quotes {
        self.market.qlib().expect("the ledger was opened with a market that has them")
    }

    /// The row in which an instrument trades on this side (`None`: on both), or why it does not.
    fn tradable(&self, i: usize, side: Option<Side>, at: At) -> Result<usize, Unfilled> {
        match at {
            At::Session => self.tradable_on(self.position, i, side),
            At::Next => self.market.newest_traded(i, self.position).ok_or(Unfilled::Halted),
        }
    }

    fn tradable_on(&self, position: usize, i: usize, side: Option<Side>) -> Result<usize, Unfilled> {
        let row = self.market.row(i, position)?;
        if self.market.price_of_close(row).is_nan() || !self.quotes().is_open(position) {
            return Err(Unfilled::Halted);
        }
        self.quotes().check(row, side)?;
        Ok(row)
    }

    /// What a row offers to a side of which this amount was traded before.
    fn offer(&self, row: usize, side: Side, traded: f64, at: At) -> Offer {
        match at {
            At::Session => self.quotes().offer(row, side, traded),
            At::Next => Offer { price: self.market.price_of_close(row), ..self.quotes().terms(row) },
        }
    }

    fn whole(&self, amount: f64, row: usize) -> f64 {
        let factor = self.quotes().terms(row).factor;
        match self.rules().trade_unit {
            Some(unit) if !factor.is_nan() => rounded(amount, factor, unit),
            _ => amount,
        }
    }

    fn held(&self, i: usize) -> f64 {
        self.holdings.get(&i).map_or(0.0, |holding| holding.shares)
    }

    /// Put a sale into a draft, and what it will bring into the draft's cash; whether nothing is left of the position.
    fn draft_sale(&self, instrument: usize, amount: f64, row: usize, at: At, draft: &mut Draft) -> bool {
        let asked = Asked { instrument, side: Side::Sell, amount };
        let held = self.held(instrument);
        let deal = deal(self.rules(), self.offer(row, Side::Sell, 0.0, at), asked, held, draft.cash);
        draft.cash += deal.value - deal.cost;
        draft.sales.push(asked);
        deal.is_trade() && is_close(held, deal.amount)
    }

    /// What a plan sells and buys.
    fn choose(&self, plan: &Dropout, at: At, draft: &mut Draft) {
        let rules = &plan.rules;
        let held = self.holdings.keys().copied().collect::<Vec<_>>();
        let limited = |side: Side| if rules.forbid_all_trade_at_limit { None } else { Some(side) };
        let choice = plan.choose(&held, &|i| self.tradable(i, None, at).is_ok());
        let today = self.position + usize::from(at == At::Next);
        let mut n_closed = 0;
        for (&i, holding) in &self.holdings {
            if !choice.sell.contains(&i) {
                continue;
            }
            match self.tradable(i, limited(Side::Sell), at) {
                Err(reason) => draft.left_out.push((i, Side::Sell, holding.shares, reason)),
                Ok(row) if today - holding.since >= rules.hold_thresh => {
                    n_closed += usize::from(self.draft_sale(i, holding.shares, row, at, draft));
                }
                Ok(_) => {}
            }
        }
        let buy = plan.buys(&choice, n_closed, held.len());
        let value = draft.cash * rules.risk_degree / buy.len() as f64;
        for &instrument in buy {
            match self.tradable(instrument, limited(Side::Buy), at) {
                Err(reason) => draft.left_out.push((instrument, Side::Buy, f64::NAN, reason)),
                Ok(row) => {
                    let price = self.offer(row, Side::Buy, 0.0, at).price;
                    let amount = self.whole(value / price, row);
                    draft.purchases.push(Asked { instrument, side: Side::Buy, amount });
                }
            }
        }
    }

    /// What orders ask for. Those for weights are Qlib's orders for target weights (`OrderGenWOInteract`): amounts at the
    /// prices of the decision, nothing for what could not be traded then or cannot now, in Qlib's order.
    fn ask(&self, orders: &[Order], at: At, draft: &mut Draft) {
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

    fn deal_order(&mut self, asked: Asked, max_positions: usize, at: At) {
        let Asked { instrument, side, amount } = asked;
        let mut order = QlibOrder {
            session: self.today.session,
            instrument,
            side,
            amount,
            deal_amount: 0.0,
            price: f64::NAN,
            value: 0.0,
            cost: 0.0,
        };
        let is_new = side == Side::Buy && !self.holdings.contains_key(&instrument);
        let row = match self.tradable(instrument, Some(side), at) {
            Ok(_) if is_new && self.holdings.len() >= max_positions => Err(Unfilled::BookFull),
            row => row,
        };
        match row {
            Err(reason) => self.fall_short(instrument, side, amount, 0.0, reason),
            Ok(row) => {
                let traded = self.traded.get(&instrument).copied().unwrap_or(0.0);
                let offer = self.offer(row, side, traded, at);
                let deal = deal(self.rules(), offer, asked, self.held(instrument), self.cash);
                *self.traded.entry(instrument).or_default() += deal.amount;
                if deal.is_trade() {
                    self.book_deal(asked, offer.price, deal);
                }
                if let Some(reason) = deal.reason {
                    self.fall_short(instrument, side, amount, deal.amount, reason);
                }
                let Deal { amount: deal_amount, value, cost, .. } = deal;
                order = QlibOrder { deal_amount, price: offer.price, value, cost, ..order };
            }
        }
        self.orders.push(order);
    }

    /// Change cash and holdings. A position stays valued at its price (a new one: at that of the deal) until the close.
    fn book_deal(
        &mut self,
        Asked { instrument, side, .. }: Asked,
        price: f64,
        Deal { value, cost, .. }: Deal,
    ) {
        let shares = value / price;
        let new = Holding { shares: 0.0, price, since: self.position };
        let before = self.holdings.get(&instrument).copied().unwrap_or(new);
        let after = match side {
            Side::Buy => before.shares + shares,
            Side::Sell if is_close(before.shares, shares) => 0.0,
            Side::Sell => before.shares - shares,
        };
        if after == 0.0 {
            self.holdings.remove(&instrument);
        } else {
            self.holdings.insert(instrument, Holding { shares: after, ..before });
        }
        let paid = match side {
            Side::Buy => value + cost,
            Side::Sell => cost - value,
        };
        self.cash -= paid;
        self.booked += (after - before.shares) * before.price - paid;
        self.today.commission += cost;
        match side {
            Side::Buy => self.today.bought += value,
            Side::Sell => self.today.sold += value,
        }
        self.fills.push(Fill {
            session: self.today.session,
            instrument,
            side,
            shares,
            price,
            value,
            commission: cost,
            tax: 0.0,
            slippage: 0.0,
            reason: Reason::Rebalance,
        });
    }
}
