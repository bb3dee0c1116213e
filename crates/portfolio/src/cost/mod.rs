//! What trading and holding cost.

mod krx;
mod rates;

use backstaff_panel::Session;

pub use krx::{krx_price_limit, krx_sell_tax_bps};
pub use rates::Rates;

use crate::{PortfolioError, Side, error::not_negative};

/// What trading and holding cost. All rates are per side and proportional to the value traded or held.
///
/// - Commission of an order: `max(value · bps / 10⁴, minimum_commission)`, by side.
/// - Tax of an order: `value · bps / 10⁴`, on sales only.
/// - Slippage: the fill price is the market's price moved against the trader by
///   `slippage_bps / 10⁴ + impact · σ · √(order value / V)`, at most by [`MOST_SLIPPAGE`] (or `slippage_bps`, if that is
///   more). σ and V are an instrument's volatility of a session and its mean value traded
///   ([`Liquidity`](crate::Liquidity)) before the session of the trade; the order value is what was asked for, as far
///   as the volume cap allows it, at the market's price. Fees are paid on the value at the fill price.
/// - Borrow: `short value · borrow_bps_annual / 10⁴ · days / 365`, by calendar days between sessions.
#[derive(Clone, Debug, PartialEq)]
pub struct Costs {
    /// Commission on purchases, in basis points of their value.
    pub buy_commission_bps: f64,
    /// Commission on sales, in basis points of their value.
    pub sell_commission_bps: f64,
    /// The least commission of an order, in money.
    pub minimum_commission: f64,
    /// Tax on sales, in basis points of their value.
    pub sell_tax_bps: Rates,
    /// How far the fill price of the smallest order is worse than the market's, in basis points: half the spread.
    pub slippage_bps: f64,
    /// How much of a session's volatility an order for a session's value moves the price: the factor of the square-root
    /// law, near 1 in most studies; 0 for none.
    pub impact: f64,
    /// The fee for borrowed shares, in basis points of their value a year.
    pub borrow_bps_annual: f64,
}

/// No fill is further from the market's price than this share of it, however large the order.
pub const MOST_SLIPPAGE: f64 = 0.5;

/// The fees that one order pays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fees {
    /// The commission of the broker.
    pub(crate) commission: f64,
    /// The tax of the state.
    pub(crate) tax: f64,
}

impl Fees {
    /// Commission and tax together.
    pub(crate) fn total(self) -> f64 {
        self.commission + self.tax
    }
}

impl Costs {
    /// Costs under which trading is free.
    pub const FREE: Self = Self {
        buy_commission_bps: 0.0,
        sell_commission_bps: 0.0,
        minimum_commission: 0.0,
        sell_tax_bps: Rates::ZERO,
        slippage_bps: 0.0,
        impact: 0.0,
        borrow_bps_annual: 0.0,
    };

    /// Commission and slippage of this many basis points a side, nothing else.
    pub fn per_side(commission_bps: f64, slippage_bps: f64) -> Self {
        Self {
            buy_commission_bps: commission_bps,
            sell_commission_bps: commission_bps,
            slippage_bps,
            ..Self::FREE
        }
    }

    /// Every cost times `factor`: 0 for the gross result, 2 for the doubt.
    pub fn scaled(&self, factor: f64) -> Self {
        Self {
            buy_commission_bps: self.buy_commission_bps * factor,
            sell_commission_bps: self.sell_commission_bps * factor,
            minimum_commission: self.minimum_commission * factor,
            sell_tax_bps: self.sell_tax_bps.scaled(factor),
            slippage_bps: self.slippage_bps * factor,
            impact: self.impact * factor,
            borrow_bps_annual: self.borrow_bps_annual * factor,
        }
    }

    /// What an order of this value pays.
    pub(crate) fn fees(&self, side: Side, value: f64, session: Session) -> Fees {
        let (bps, tax_bps) = match side {
            Side::Buy => (self.buy_commission_bps, 0.0),
            Side::Sell => (self.sell_commission_bps, self.sell_tax_bps.at(session)),
        };
        Fees { commission: (value * bps / 1e4).max(self.minimum_commission), tax: value * tax_bps / 1e4 }
    }

    /// The price at which an order of this value fills when the market's price is `price`; `depth` is `σ / √V` of the
    /// instrument, 0 where the costs have no impact.
    pub(crate) fn fill_price(&self, side: Side, price: f64, value: f64, depth: f64) -> f64 {
        let least = self.slippage_bps / 1e4;
        let slippage = (least + self.impact * depth * value.sqrt()).min(MOST_SLIPPAGE.max(least));
        match side {
            Side::Buy => price * (1.0 + slippage),
            Side::Sell => price * (1.0 - slippage),
        }
    }

    /// The largest value that `cash` pays for, commission included; zero if it doesn't pay for any.
    pub(crate) fn affordable(&self, cash: f64) -> f64 {
        let rate = self.buy_commission_bps / 1e4;
        let proportional = cash / (1.0 + rate);
        let value = if proportional * rate >= self.minimum_commission {
            proportional
        } else {
            cash - self.minimum_commission
        };
        value.max(0.0)
    }

    pub(crate) fn check(&self) -> Result<(), PortfolioError> {
        not_negative("buy_commission_bps", self.buy_commission_bps)?;
        not_negative("sell_commission_bps", self.sell_commission_bps)?;
        not_negative("minimum_commission", self.minimum_commission)?;
        not_negative("impact", self.impact)?;
        not_negative("borrow_bps_annual", self.borrow_bps_annual)?;
        for rate in self.sell_tax_bps.all() {
            not_negative("sell_tax_bps", rate)?;
        }
        let slippage = not_negative("slippage_bps", self.slippage_bps)?;
        if slippage >= 1e4 {
            let expected = "below 10000, since a sale must bring something";
            return Err(PortfolioError::Parameter { parameter: "slippage_bps", value: slippage, expected });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs() -> Costs {
        Costs {
            buy_commission_bps: 5.0,
            sell_commission_bps: 15.0,
            minimum_commission: 5.0,
            sell_tax_bps: Rates::constant(20.0),
            slippage_bps: 10.0,
            impact: 0.0,
            borrow_bps_annual: 50.0,
        }
    }

    #[test]
    fn sales_pay_tax_and_purchases_do_not() {
        let session = Session::from_number(0);
        assert_eq!(costs().fees(Side::Buy, 20_000.0, session), Fees { commission: 10.0, tax: 0.0 });
        assert_eq!(costs().fees(Side::Sell, 20_000.0, session), Fees { commission: 30.0, tax: 40.0 });
        assert_eq!(costs().fees(Side::Buy, 100.0, session).commission, 5.0);
    }

    #[test]
    fn slippage_is_always_adverse() {
        assert_eq!(costs().fill_price(Side::Buy, 100.0, 1e6, 0.0), 100.1);
        assert_eq!(costs().fill_price(Side::Sell, 100.0, 1e6, 0.0), 99.9);
    }

    #[test]
    fn impact_grows_with_the_root_of_the_order_and_ends_at_half_the_price() {
        let costs = Costs { impact: 1.0, ..Costs::FREE };
        // σ = 2 %, V = 10 000: an order for all of it moves the price by 2 %, one for a quarter by 1 %.
        let depth = 0.02 / 100.0;
        assert!((costs.fill_price(Side::Buy, 100.0, 10_000.0, depth) - 102.0).abs() < 1e-12);
        assert!((costs.fill_price(Side::Sell, 100.0, 2_500.0, depth) - 99.0).abs() < 1e-12);
        assert_eq!(costs.fill_price(Side::Sell, 100.0, 1e12, depth), 50.0);
        assert_eq!(costs.scaled(0.0).fill_price(Side::Buy, 100.0, 1e12, depth), 100.0);
    }

    #[test]
    fn affordable_value_and_its_fees_use_up_the_cash() {
        let session = Session::from_number(0);
        for cash in [6.0, 100.0, 10_005.0, 1e6] {
            let value = costs().affordable(cash);
            let spent = value + costs().fees(Side::Buy, value, session).total();
            assert!((spent - cash).abs() < 1e-9 * cash, "{cash}: {spent}");
        }
        assert_eq!(costs().affordable(4.0), 0.0);
    }

    #[test]
    fn scaling_by_zero_is_free() {
        assert_eq!(costs().scaled(0.0), Costs::FREE);
        assert!(costs().check().is_ok());
        assert!(Costs { slippage_bps: 1e4, ..Costs::FREE }.check().is_err());
        assert!(Costs { minimum_commission: f64::NAN, ..Costs::FREE }.check().is_err());
    }
}
