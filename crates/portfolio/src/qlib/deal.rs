//! What comes of one order.

use backstaff_panel::Session;

use super::{QlibRules, rounded};
use crate::{Side, Unfilled};

/// An order and what the exchange made of it, as in the list of orders that Qlib keeps.
///
/// - Unit: amounts are shares at the market's prices, above zero for sales too.
/// - NaN: the price of an order that met a halt or a limit when it was executed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QlibOrder {
    /// The session of the trade.
    pub session: Session,
    /// The instrument, by its number on the axis.
    pub instrument: usize,
    /// Whether the order buys or sells.
    pub side: Side,
    /// The amount that was asked for; zero where the money did not pay for a unit.
    pub amount: f64,
    /// The amount that was dealt.
    pub deal_amount: f64,
    /// The deal price.
    pub price: f64,
    /// `deal_amount · price`.
    pub value: f64,
    /// The cost of the order.
    pub cost: f64,
}

/// An order in shares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Asked {
    pub(crate) instrument: usize,
    pub(crate) side: Side,
    /// Shares at the market's prices.
    pub(crate) amount: f64,
}

/// What an instrument offers to one side in a session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Offer {
    /// The deal price.
    pub(crate) price: f64,
    /// The shares traded in the session; NaN if unknown.
    pub(crate) volume: f64,
    /// Shares as quoted in one share; NaN where amounts are not rounded.
    pub(crate) factor: f64,
    /// The most shares of an order.
    pub(crate) most: f64,
}

/// An order that was dealt, or what it would come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Deal {
    pub(crate) amount: f64,
    pub(crate) value: f64,
    pub(crate) cost: f64,
    /// Why the amount is not what was asked for.
    pub(crate) reason: Option<Unfilled>,
}

impl Deal {
    /// Whether anything changes hands.
    pub(crate) fn is_trade(&self) -> bool {
        self.value > 1e-5
    }
}

/// Whether two amounts are the same to `NumPy`'s `isclose`.
pub(crate) fn is_close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-8 + 1e-5 * b.abs()
}

/// What an order comes to with this cash, where this amount is held.
pub(crate) fn deal(rules: &QlibRules, offer: Offer, asked: Asked, held: f64, cash: f64) -> Deal {
    let Offer { price, volume, most, .. } = offer;
    let mut amount = asked.amount.min(most).max(0.0);
    let mut reason = (most < asked.amount).then_some(Unfilled::VolumeCap);
    let rate = rules.rate(asked.side) + impact(rules, amount * price, volume * price);
    let cost = |value: f64| (value * rate).max(rules.min_cost);
    let whole = |amount: f64| match rules.trade_unit {
        Some(unit) if !offer.factor.is_nan() => rounded(amount, offer.factor, unit),
        _ => amount,
    };
    match asked.side {
        Side::Sell => {
            if !is_close(amount, held) {
                amount = whole(held.min(amount));
            }
            if cash + amount * price < cost(amount * price) {
                amount = 0.0;
                reason = Some(Unfilled::InsufficientCash);
            }
        }
        Side::Buy => {
            let value = amount * price;
            if cash < cost(value) {
                amount = 0.0;
                reason = Some(Unfilled::InsufficientCash);
            } else if cash < value + cost(value) {
                amount = whole(amount.min(affordable(rules, rate, cash) / price));
                reason = Some(Unfilled::InsufficientCash);
            } else {
                amount = whole(amount);
            }
        }
    }
    let value = amount * price;
    let mut deal = Deal { amount, value, cost: cost(value), reason };
    if value <= 1e-5 {
        deal.cost = 0.0;
        deal.reason = reason.or(Some(Unfilled::LotRounding));
    }
    deal
}

/// What an order adds to the rate of its cost, as the square of its share of the value traded.
fn impact(rules: &QlibRules, value: f64, traded: f64) -> f64 {
    if traded == 0.0 || traded.is_nan() {
        return rules.impact_cost;
    }
    let share = value / traded;
    rules.impact_cost * (share * share)
}

/// The value that cash pays for together with its cost.
fn affordable(rules: &QlibRules, rate: f64, cash: f64) -> f64 {
    if cash < rules.min_cost {
        0.0
    } else if cash >= rules.min_cost / rate + rules.min_cost {
        cash / (1.0 + rate)
    } else {
        // DIFFERENCE: without any cost Qlib divides zero by zero and stops; here all of the cash is spent.
        cash - rules.min_cost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buy(amount: f64, cash: f64, rules: &QlibRules) -> Deal {
        let offer = Offer { price: 10.0, volume: 1000.0, factor: 1.0, most: f64::INFINITY };
        deal(rules, offer, Asked { instrument: 0, side: Side::Buy, amount }, 0.0, cash)
    }

    #[test]
    fn a_purchase_is_cut_to_what_the_cash_pays_for() {
        let rules = QlibRules { open_cost: 0.01, min_cost: 5.0, ..QlibRules::china() };
        assert_eq!(buy(500.0, 1e4, &rules).amount, 500.0);
        assert_eq!(buy(500.0, 5000.0, &rules).amount, 400.0);
        assert_eq!(
            buy(500.0, 40.0, &rules),
            Deal { amount: 0.0, value: 0.0, cost: 0.0, reason: Some(Unfilled::InsufficientCash) }
        );
        assert_eq!(buy(50.0, 1e4, &rules).reason, Some(Unfilled::LotRounding));
    }

    #[test]
    fn the_least_cost_and_the_impact_are_paid() {
        let rules = QlibRules {
            open_cost: 0.0,
            min_cost: 0.0,
            impact_cost: 0.1,
            trade_unit: None,
            ..QlibRules::china()
        };
        let half = buy(500.0, 1e5, &rules);
        assert_eq!((half.value, half.cost), (5000.0, 5000.0 * 0.1 * 0.25));
        let rules = QlibRules { min_cost: 7.0, impact_cost: 0.0, ..rules };
        assert_eq!(buy(5.0, 1e5, &rules).cost, 7.0);
    }
}
