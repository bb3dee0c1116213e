//! A session under the rules of Qlib.

mod ask;
mod choose;

use super::{Holding, Ledger};
use crate::{
    Decision, Fill, Reason, Side, Unfilled,
    qlib::{Asked, Deal, Offer, QlibOrder, QlibRules, Quotes, TradeType, deal, is_close, rounded},
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
            At::Next => {
                self.market.row(i, self.position)?;
                self.market.newest_traded(i, self.position).ok_or(Unfilled::Halted)
            }
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
