//! The weights that decisions ask for.

use std::collections::BTreeMap;

use crate::{Decision, Ledger, Quantity};

/// The share of equity that a decision asked for in one instrument.
///
/// It is measured at the close of the decision, as if everything could be traded at that close and for nothing: what the
/// strategy meant, beside which the weight that was held afterwards tells what the market allowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wanted {
    /// The day in which the orders of the decision trade, as its place in [`Backtest::days`](crate::Backtest::days).
    pub day: u32,
    /// The instrument, by its number on the axis.
    pub instrument: u32,
    /// The share of equity; negative if short.
    pub weight: f64,
}

/// The weights that a decision asks for, for the day with this number. Orders with a limit or a stop ask for nothing
/// until the market reaches them, so they aren't among them; nor is an instrument without a closing price to count
/// shares by.
pub(crate) fn wanted(ledger: &Ledger<'_>, decision: &Decision, day: usize) -> Vec<Wanted> {
    let equity = ledger.equity();
    let held = |i: usize| ledger.holdings().get(&i).map_or(0.0, |holding| holding.value() / equity);
    let close = |i: usize| ledger.market().close_before(i, ledger.position() + 1);
    let mut weights = BTreeMap::<usize, f64>::new();
    let mut cash = ledger.cash() / equity;
    let at_once = decision.orders.iter().filter(|order| order.order_type.level().is_none());
    for order in at_once.clone() {
        let i = order.instrument;
        let now = weights.get(&i).copied().unwrap_or_else(|| held(i));
        let weight = match order.quantity {
            Quantity::Exit => 0.0,
            Quantity::Weight(weight) => weight,
            Quantity::Shares(shares) => match close(i) {
                Some(close) => now + shares * close / equity,
                None => continue,
            },
            Quantity::CashShare(_) => continue,
        };
        cash += (now - weight).max(0.0);
        weights.insert(i, weight);
    }
    // What the sales bring is there before the purchases.
    for order in at_once {
        if let Quantity::CashShare(share) = order.quantity {
            let i = order.instrument;
            *weights.entry(i).or_insert_with(|| held(i)) += share * cash.max(0.0);
        }
    }
    let of = |(i, weight): (usize, f64)| Wanted { day: day as u32, instrument: i as u32, weight };
    weights.into_iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use backstaff_panel::testing::{MarketSpec, market};

    use super::*;
    use crate::{Exchange, Market, Order, OrderType};

    #[test]
    fn money_of_sales_is_shared_by_the_purchases() {
        let market = market(MarketSpec { missing: 0.0, mortal: 0.0, ..MarketSpec::default() });
        let market = Market::new(&market).unwrap();
        let exchange = Exchange::default();
        let mut ledger = Ledger::new(&market, &exchange, 0, 1e6).unwrap();
        let buy = |i, weight| Order::market(i, Quantity::Weight(weight));
        let first = Decision::from(vec![buy(0, 0.5), buy(1, 0.25)]);
        let asked = wanted(&ledger, &first, 1).iter().map(|asked| asked.weight).collect::<Vec<_>>();
        assert_eq!(asked, [0.5, 0.25]);
        ledger.submit(first);
        ledger.advance().unwrap();
        let exit = Order::market(0, Quantity::Exit);
        let half = |i| Order::market(i, Quantity::CashShare(0.5));
        let stop = Order::new(3, Quantity::Weight(0.9), OrderType::Stop(1e9));
        let asked = wanted(&ledger, &Decision::from(vec![half(1), half(2), exit, stop]), 2);
        let weight = |i: u32| asked.iter().find(|asked| asked.instrument == i).map(|asked| asked.weight);
        let kept = ledger.holdings()[&1].value() / ledger.equity();
        assert_eq!((weight(0), weight(3)), (Some(0.0), None));
        assert!((weight(1).unwrap() - (kept + (1.0 - kept) / 2.0)).abs() < 1e-12);
        assert!((weight(2).unwrap() - (1.0 - kept) / 2.0).abs() < 1e-12);
        assert!(asked.iter().all(|asked| asked.day == 2));
    }
}
