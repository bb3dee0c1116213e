//! How much was traded and held, and what that cost.

use backstaff_statistics::{mean, ratio};

use super::{Definition, Performance, Unit};
use crate::Day;

pub(super) const MEASURES: &[Definition] = &[
    Definition {
        name: "turnover_annual",
        title: "Turnover a year, one-sided",
        formula: "mean((bought + sold) / 2 / equity at the close before) · sessions a year; 1 replaces the book once",
        unit: Unit::TimesPerYear,
        source: "half of the two-sided turnover",
        compute: |performance| annual(performance, |day| 0.5 * (day.bought + day.sold)),
    },
    Definition {
        name: "cost_annual",
        title: "Cost a year",
        formula: "mean((commission + tax + slippage + borrow) / equity at the close before) · sessions a year",
        unit: Unit::FractionPerYear,
        source: "the ledger",
        compute: |performance| annual(performance, Day::costs),
    },
    Definition {
        name: "commission_annual",
        title: "Commission a year",
        formula: "mean(commission / equity at the close before) · sessions a year",
        unit: Unit::FractionPerYear,
        source: "the ledger",
        compute: |performance| annual(performance, |day| day.commission),
    },
    Definition {
        name: "tax_annual",
        title: "Tax a year",
        formula: "mean(tax / equity at the close before) · sessions a year",
        unit: Unit::FractionPerYear,
        source: "the ledger",
        compute: |performance| annual(performance, |day| day.tax),
    },
    Definition {
        name: "slippage_annual",
        title: "Slippage a year",
        formula: "mean(slippage / equity at the close before) · sessions a year",
        unit: Unit::FractionPerYear,
        source: "the ledger",
        compute: |performance| annual(performance, |day| day.slippage),
    },
    Definition {
        name: "borrow_annual",
        title: "Borrow cost a year",
        formula: "mean(borrow / equity at the close before) · sessions a year",
        unit: Unit::FractionPerYear,
        source: "the ledger",
        compute: |performance| annual(performance, |day| day.borrow),
    },
    Definition {
        name: "break_even_cost_bps",
        title: "Break-even cost of a trade",
        formula: "(profit + commission + tax + slippage) / (bought + sold) · 10⁴, sums over the backtest, \
                  profit = last equity − first − interest; not defined without a profit before these costs",
        unit: Unit::BasisPoints,
        source: "the ledger",
        compute: break_even_cost,
    },
    Definition {
        name: "gross_exposure",
        title: "Gross exposure",
        formula: "mean((long + short) / equity)",
        unit: Unit::Fraction,
        source: "the ledger",
        compute: |performance| average(performance, Day::gross_exposure),
    },
    Definition {
        name: "net_exposure",
        title: "Net exposure",
        formula: "mean((long − short) / equity)",
        unit: Unit::Fraction,
        source: "the ledger",
        compute: |performance| average(performance, Day::net_exposure),
    },
    Definition {
        name: "n_positions",
        title: "Positions",
        formula: "mean number of positions at the close",
        unit: Unit::Count,
        source: "the ledger",
        compute: |performance| average(performance, |day| day.n_positions as f64),
    },
    Definition {
        name: "time_in_market",
        title: "Time in the market",
        formula: "sessions that close with a position / sessions",
        unit: Unit::Fraction,
        source: "the ledger",
        compute: |performance| average(performance, |day| f64::from(u8::from(day.n_positions > 0))),
    },
    Definition {
        name: "n_fills",
        title: "Trades",
        formula: "number of trades",
        unit: Unit::Count,
        source: "the ledger",
        compute: |performance| sum(performance, |day| day.n_fills as f64),
    },
    Definition {
        name: "n_unfilled",
        title: "Orders not filled, or only in part",
        formula: "number of orders cut or refused",
        unit: Unit::Count,
        source: "the ledger",
        compute: |performance| sum(performance, |day| day.n_unfilled as f64),
    },
];

/// The mean of an amount a session over the equity before it, for a year.
fn annual(performance: &Performance<'_>, amount: impl Fn(&Day) -> f64) -> f64 {
    let shares =
        performance.days.windows(2).map(|pair| amount(&pair[1]) / pair[0].equity).collect::<Vec<_>>();
    mean(&shares) * performance.sessions_per_year
}

fn average(performance: &Performance<'_>, of: impl Fn(&Day) -> f64) -> f64 {
    mean(&performance.days[1..].iter().map(of).collect::<Vec<_>>())
}

fn sum(performance: &Performance<'_>, of: impl Fn(&Day) -> f64) -> f64 {
    performance.days[1..].iter().map(of).fold(0.0, |sum, amount| sum + amount)
}

fn break_even_cost(performance: &Performance<'_>) -> f64 {
    let equity = performance.days[performance.days.len() - 1].equity - performance.days[0].equity;
    let profit = equity - sum(performance, |day| day.interest);
    let costs = sum(performance, |day| day.commission + day.tax + day.slippage);
    let before_costs = profit + costs;
    if before_costs <= 0.0 {
        // A loss has no cost that would use it up; a negative one would be read as a subsidy that trading asks for.
        return f64::NAN;
    }
    ratio(before_costs, sum(performance, |day| day.bought + day.sold)) * 1e4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::backtest;

    #[test]
    fn turnover_is_one_sided() {
        // Half the equity sold and bought again in one of two sessions: 0.5 once, so 0.25 a session.
        let mut backtest = backtest(&[100.0, 100.0, 100.0]);
        (backtest.days[1].bought, backtest.days[1].sold) = (50.0, 50.0);
        let turnover = super::super::find("turnover_annual").unwrap();
        assert_eq!((turnover.compute)(&Performance::new(&backtest)), 0.25 * 250.0);
        assert_eq!(turnover.unit, Unit::TimesPerYear, "62.5 times, not 6,250 per cent");
    }

    #[test]
    fn costs_are_shares_of_the_equity_before() {
        let mut backtest = backtest(&[200.0, 100.0]);
        let day = &mut backtest.days[1];
        (day.commission, day.tax, day.slippage, day.borrow) = (1.0, 2.0, 3.0, 4.0);
        let cost = super::super::find("cost_annual").unwrap();
        assert_eq!((cost.compute)(&Performance::new(&backtest)), 0.05 * 250.0);
    }

    #[test]
    fn the_break_even_cost_uses_up_the_profit() {
        // Earned 8 after paying 2, of which 1 was interest; traded 300.
        let mut backtest = backtest(&[100.0, 108.0]);
        let day = &mut backtest.days[1];
        (day.commission, day.interest, day.bought, day.sold) = (2.0, 1.0, 200.0, 100.0);
        assert!((break_even_cost(&Performance::new(&backtest)) - 300.0).abs() < 1e-10);
    }

    #[test]
    fn without_a_profit_there_is_no_break_even_cost() {
        // Lost 3 after paying 2: a loss of 1 before costs.
        let mut backtest = backtest(&[100.0, 97.0]);
        let day = &mut backtest.days[1];
        (day.commission, day.bought, day.sold) = (2.0, 100.0, 100.0);
        assert!(break_even_cost(&Performance::new(&backtest)).is_nan());
        // Its trades cost more than all of the loss, so before costs it earned 1 on 200 traded: 50 bp.
        backtest.days[1].commission = 4.0;
        assert!((break_even_cost(&Performance::new(&backtest)) - 50.0).abs() < 1e-10);
    }
}
