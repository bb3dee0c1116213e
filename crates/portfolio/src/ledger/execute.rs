//! Orders become trades.

use super::{Holding, Ledger};
use crate::{
    Execution, Fill, Order, OrderType, Quantity, Reason, Shortfall, Side, Unfilled, exchange::Quote,
};

/// The prices at which due orders are carried out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Prices {
    /// The opening or closing prices of the current session.
    Session(Execution),
    /// The newest closing prices, as if everything could be traded at them: for orders that wait for a session which
    /// is not there yet.
    NewestClose,
}

/// An order whose time has come.
#[derive(Clone, Copy)]
pub(super) struct Due {
    pub order: Order,
    /// The market's price at which it trades, if there is one.
    pub price: Option<f64>,
}

/// The outcome of a due order.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Outcome {
    /// There was nothing to do, or it was done as far as it ever can be.
    Done,
    /// Something stood in the way.
    Short {
        /// Signed shares that were traded nevertheless.
        traded: f64,
    },
}

impl Outcome {
    const NOT_FILLED: Self = Self::Short { traded: 0.0 };
}

/// A due order in shares.
#[derive(Clone, Copy)]
struct Sized {
    /// The place of the order among those that are due.
    number: usize,
    order: Order,
    /// Shares, signed; NaN if they depend on the cash.
    wanted: f64,
    quote: Quote,
}

/// An order whose price is known and whose size may yet shrink.
#[derive(Clone, Copy)]
struct Priced {
    number: usize,
    instrument: usize,
    reason: Reason,
    quote: Quote,
    /// The price of the trade, slippage included.
    fill_price: f64,
    /// The number of shares to trade; negative for a sale.
    wanted: f64,
    /// Whether it shares the cash with the other purchases.
    scales: bool,
    /// Whether it may only bring a position nearer to zero, whatever other orders of the moment have left of it.
    reduces: bool,
}

/// Shares closer to zero than this part of a position are rounding.
const DUST: f64 = 1e-12;

/// Whether these signed shares of an order only ever bring a position nearer to zero.
fn reduces(quantity: Quantity, wanted: f64) -> bool {
    match quantity {
        Quantity::Exit => true,
        Quantity::Weight(weight) => weight * wanted <= 0.0,
        Quantity::Shares(_) | Quantity::CashShare(_) => false,
    }
}

impl Ledger<'_> {
    /// Execute the orders of one moment: all sales, then all purchases.
    pub(super) fn execute(&mut self, due: &[Due], max_positions: usize, prices: Prices) -> Vec<Outcome> {
        let equity = self.equity_at_execution(due, prices);
        let mut outcomes = vec![Outcome::Done; due.len()];
        let mut sales = Vec::new();
        let mut purchases = Vec::new();
        let mut promised = self.cash;
        for (number, &Due { order, price }) in due.iter().enumerate() {
            let Some((side, wanted)) = self.resolve(order, equity, price) else { continue };
            match self.quote(order.instrument, side, price, prices) {
                Ok(quote) if side == Side::Sell => {
                    promised += self.proceeds(order, -wanted, quote);
                    sales.push(Sized { number, order, wanted, quote });
                }
                Ok(quote) => purchases.push(Sized { number, order, wanted, quote }),
                Err(reason) => {
                    if side == Side::Sell && wanted.is_finite() {
                        let price = self.holdings.get(&order.instrument).map_or(0.0, |held| held.price);
                        let quote = Quote { price, most_shares: f64::INFINITY, factor: 1.0, depth: 0.0 };
                        promised += self.proceeds(order, -wanted, quote);
                    }
                    self.fall_short(order.instrument, side, wanted, 0.0, reason);
                    outcomes[number] = Outcome::NOT_FILLED;
                }
            }
        }
        for Sized { number, order, wanted, quote } in sales {
            let fill_price = self.fill_price(order, Side::Sell, quote, -wanted * quote.price);
            let Order { instrument, reason, .. } = order;
            let reduces = reduces(order.quantity, wanted);
            let sale =
                Priced { number, instrument, reason, quote, fill_price, wanted, scales: false, reduces };
            outcomes[number] = self.trade(wanted, sale);
        }
        self.purchase(&purchases, promised, max_positions, &mut outcomes);
        outcomes
    }

    /// Cash and positions at the prices at which the orders execute, zero at least: what weights are of.
    fn equity_at_execution(&self, due: &[Due], prices: Prices) -> f64 {
        if !due.iter().any(|due| matches!(due.order.quantity, Quantity::Weight(_))) {
            return self.equity;
        }
        let value = |(&i, holding): (&usize, &Holding)| {
            holding.shares * self.price(i, prices).unwrap_or(holding.price)
        };
        (self.cash + self.holdings.iter().map(value).sum::<f64>()).max(0.0)
    }

    /// The market's price of an instrument, if it trades.
    pub(super) fn price(&self, i: usize, prices: Prices) -> Option<f64> {
        match prices {
            Prices::Session(execution) => {
                self.market.row(i, self.position).ok().and_then(|row| self.market.price(row, execution))
            }
            Prices::NewestClose => self.market.close_before(i, self.position + 1),
        }
    }

    fn quote(&self, i: usize, side: Side, price: Option<f64>, prices: Prices) -> Result<Quote, Unfilled> {
        match prices {
            Prices::Session(_) => self.exchange.quote(self.market, (i, self.position), side, price),
            Prices::NewestClose => {
                let row = self.market.row(i, self.position)?;
                let price = price.ok_or(Unfilled::Halted)?;
                let depth = self.exchange.depth(self.market, i, self.position + 1)?;
                Ok(Quote { price, most_shares: f64::INFINITY, factor: self.market.factor(row), depth })
            }
        }
    }

    /// The side and the signed shares of an order at a price; NaN shares if they are not known yet; `None` if there is
    /// nothing to do.
    pub(super) fn resolve(&self, order: Order, equity: f64, price: Option<f64>) -> Option<(Side, f64)> {
        let held = self.holdings.get(&order.instrument).map_or(0.0, |holding| holding.shares);
        let wanted = match order.quantity {
            Quantity::Exit => -held,
            Quantity::Shares(shares) => shares,
            Quantity::CashShare(_) => return Some((Side::Buy, f64::NAN)),
            Quantity::Weight(weight) => match price {
                Some(price) => weight * equity / price - held,
                None if held > 0.0 && weight <= 0.0 => return Some((Side::Sell, f64::NAN)),
                None => return Some((Side::of(weight), f64::NAN)),
            },
        };
        (wanted.abs() > DUST * held.abs()).then_some((Side::of(wanted), wanted))
    }

    /// The price of an order that asks for this value, of which the volume cap may leave a part; never beyond its limit.
    fn fill_price(&self, order: Order, side: Side, quote: Quote, asked: f64) -> f64 {
        let value = asked.min(quote.most_shares * quote.price).max(0.0);
        let price = self.exchange.costs.fill_price(side, quote.price, value, quote.depth);
        match (order.order_type, side) {
            (OrderType::Limit(limit), Side::Buy) => price.min(limit),
            (OrderType::Limit(limit), Side::Sell) => price.max(limit),
            _ => price,
        }
    }

    /// What a sale brings after its costs.
    fn proceeds(&self, order: Order, shares: f64, quote: Quote) -> f64 {
        let value = shares * self.fill_price(order, Side::Sell, quote, shares * quote.price);
        value - self.exchange.costs.fees(Side::Sell, value, self.today.session).total()
    }

    /// Execute the purchases with the cash that is there now. `promised` is the cash there would be had all sales
    /// succeeded.
    fn purchase(&mut self, orders: &[Sized], promised: f64, max_positions: usize, outcomes: &mut [Outcome]) {
        let mut purchases = Vec::with_capacity(orders.len());
        for &Sized { number, order, wanted, quote } in orders {
            let (asked, scales) = match order.quantity {
                Quantity::CashShare(share) => (self.cash.max(0.0) * share, true),
                Quantity::Weight(_) => (wanted * quote.price, true),
                Quantity::Exit | Quantity::Shares(_) => (wanted * quote.price, false),
            };
            let fill_price = self.fill_price(order, Side::Buy, quote, asked);
            let wanted =
                if matches!(order.quantity, Quantity::CashShare(_)) { asked / fill_price } else { wanted };
            let Order { instrument, reason, .. } = order;
            let reduces = reduces(order.quantity, wanted);
            purchases.push(Priced { number, instrument, reason, quote, fill_price, wanted, scales, reduces });
        }
        let scale = self.scale(&purchases, self.cash);
        let by_weight = orders.iter().any(|sized| matches!(sized.order.quantity, Quantity::Weight(_)));
        let promised_scale = if by_weight { self.scale(&purchases, promised).max(scale) } else { scale };
        let asked_scale = if promised_scale > 0.0 { promised_scale } else { 1.0 };
        for purchase in purchases {
            let Priced { number, instrument, wanted, scales, .. } = purchase;
            let (asked, wanted) =
                if scales { (wanted * asked_scale, wanted * scale) } else { (wanted, wanted) };
            if !self.holdings.contains_key(&instrument) && self.holdings.len() >= max_positions {
                self.fall_short(instrument, Side::Buy, asked, 0.0, Unfilled::BookFull);
                outcomes[number] = Outcome::NOT_FILLED;
            } else {
                outcomes[number] = self.trade(asked, Priced { wanted, ..purchase });
            }
        }
    }

    /// The one factor, at most 1, that makes all purchases which share the cash affordable.
    fn scale(&self, purchases: &[Priced], cash: f64) -> f64 {
        let mut needed = 0.0;
        let mut fees = 0.0;
        for purchase in purchases.iter().filter(|purchase| purchase.scales) {
            let value = purchase.wanted * purchase.fill_price;
            needed += value;
            fees += self.exchange.costs.fees(Side::Buy, value, self.today.session).total();
        }
        if needed + fees <= cash { 1.0 } else { ((cash - fees) / needed).max(0.0) }
    }

    /// Trade up to the wanted shares as far as volume, cash and lots allow, and record what is missing to `asked`.
    fn trade(&mut self, asked: f64, order: Priced) -> Outcome {
        let Priced { instrument, wanted, .. } = order;
        let side = Side::of(wanted);
        let (shares, reason) = self.allowed(order);
        let reason = match reason {
            None | Some(Unfilled::LotRounding) if asked.abs() * (1.0 - 1e-9) > wanted.abs() => {
                Some(Unfilled::InsufficientCash)
            }
            reason => reason,
        };
        if shares > 0.0 {
            self.fill(order, side, shares);
        }
        if let Some(reason) = reason {
            self.fall_short(instrument, side, asked, shares, reason);
        }
        match reason {
            None | Some(Unfilled::LotRounding) => Outcome::Done,
            Some(_) => Outcome::Short { traded: if side == Side::Buy { shares } else { -shares } },
        }
    }

    /// How many of the wanted shares can be traded, and the first reason why not all of them. That an order is rounded
    /// to lots is no reason unless nothing remains of it.
    fn allowed(&self, order: Priced) -> (f64, Option<Unfilled>) {
        let Priced { instrument, quote, fill_price: price, wanted, reduces, .. } = order;
        let held = self.holdings.get(&instrument).map_or(0.0, |holding| holding.shares);
        let side = Side::of(wanted);
        let costs = &self.exchange.costs;
        let session = self.today.session;
        let mut shares = wanted.abs();
        let mut reason = None;
        if reduces && wanted != 0.0 {
            shares = shares.min(if held * wanted < 0.0 { held.abs() } else { 0.0 });
            if shares == 0.0 {
                return (0.0, None);
            }
        }
        let most_shares = quote.most_shares - self.traded.get(&instrument).copied().unwrap_or(0.0);
        if shares > most_shares {
            shares = most_shares.max(0.0);
            reason = Some(Unfilled::VolumeCap);
        }
        if side == Side::Sell && !self.exchange.short_selling && shares > held.max(0.0) {
            shares = held.max(0.0);
            reason = Some(Unfilled::ShortSelling);
        }
        let closes = shares == held.abs() && held * wanted < 0.0;
        if !closes {
            shares = self.whole_lots(shares, quote.factor);
        }
        let value = shares * price;
        let fees = costs.fees(side, value, session).total();
        match side {
            Side::Buy if value + fees > self.cash * (1.0 + 1e-12) => {
                shares = self.whole_lots(costs.affordable(self.cash) / price, quote.factor);
                reason = Some(Unfilled::InsufficientCash);
            }
            Side::Sell if self.cash + value < fees => {
                shares = 0.0;
                reason = Some(Unfilled::InsufficientCash);
            }
            Side::Buy | Side::Sell => {}
        }
        if shares == 0.0 && reason.is_none() {
            reason = Some(if wanted == 0.0 { Unfilled::InsufficientCash } else { Unfilled::LotRounding });
        }
        (shares, reason)
    }

    /// The largest multiple of the lot that is not above `shares`; a millionth of a lot is forgiven, since a factor is a
    /// quotient of rounded prices.
    fn whole_lots(&self, shares: f64, factor: f64) -> f64 {
        match self.exchange.lot {
            None => shares,
            Some(lot) => (shares * factor / lot + 1e-6).floor() * lot / factor,
        }
    }

    fn fill(&mut self, order: Priced, side: Side, shares: f64) {
        let Priced { instrument, reason, quote: Quote { price, .. }, fill_price, .. } = order;
        let value = shares * fill_price;
        let fees = self.exchange.costs.fees(side, value, self.today.session);
        let slippage = shares * (fill_price - price).abs();
        let signed = if side == Side::Buy { shares } else { -shares };
        self.cash -= signed * fill_price + fees.total();
        if self.exchange.volume_cap.is_some() {
            *self.traded.entry(instrument).or_default() += shares;
        }
        self.hold(instrument, signed, fill_price, price);
        self.booked -= fees.total();
        self.today.commission += fees.commission;
        self.today.tax += fees.tax;
        self.today.slippage += slippage;
        match side {
            Side::Buy => self.today.bought += value,
            Side::Sell => self.today.sold += value,
        }
        self.fills.push(Fill {
            session: self.today.session,
            instrument,
            side,
            shares,
            price: fill_price,
            value,
            commission: fees.commission,
            tax: fees.tax,
            slippage,
            reason,
        });
    }

    /// Change a holding by signed shares. It stays valued at its price (a new one: at the market's) until the close.
    fn hold(&mut self, instrument: usize, signed: f64, fill_price: f64, price: f64) {
        let before = self.holdings.get(&instrument).copied();
        let held = before.map_or(0.0, |holding| holding.shares);
        let valued = before.map_or(price, |holding| holding.price);
        let shares = held + signed;
        self.booked += signed * (valued - fill_price);
        if shares.abs() <= DUST * held.abs().max(signed.abs()) {
            self.holdings.remove(&instrument);
            return;
        }
        let since = before.filter(|_| held * shares > 0.0).map_or(self.position, |holding| holding.since);
        self.holdings.insert(instrument, Holding { shares, price: valued, since });
    }

    pub(super) fn fall_short(
        &mut self,
        instrument: usize,
        side: Side,
        asked: f64,
        filled: f64,
        reason: Unfilled,
    ) {
        let asked = asked.abs();
        let session = self.today.session;
        self.shortfalls.push(Shortfall { session, instrument, side, asked, filled, reason });
    }
}
