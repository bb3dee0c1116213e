//! How much was earned.

use backstaff_statistics::{annual_growth, hit_rate, mean, quantile, ratio};

use super::{Definition, Performance, Unit};

pub(super) const MEASURES: &[Definition] = &[
    Definition {
        name: "total_return",
        title: "Total return",
        formula: "last equity / first equity − 1",
        unit: Unit::Fraction,
        source: "CFA Institute, Global Investment Performance Standards 2020: linked sub-period returns",
        compute: total_return,
    },
    Definition {
        name: "cagr",
        title: "Return a year (CAGR)",
        formula: "(last equity / first equity)^(1 / years) − 1, years = calendar days / 365.25",
        unit: Unit::FractionPerYear,
        source: "Bacon (2008), Practical Portfolio Performance Measurement and Attribution, ch. 2",
        compute: cagr,
    },
    Definition {
        name: "hit_rate",
        title: "Hit rate",
        formula: "sessions with a return above 0 / sessions with a return other than 0",
        unit: Unit::Fraction,
        source: "Bacon (2008), ch. 4",
        compute: |performance| hit_rate(performance.returns()),
    },
    Definition {
        name: "best_session",
        title: "Best session",
        formula: "the largest return of a session",
        unit: Unit::Fraction,
        source: "order statistic",
        compute: |performance| quantile(performance.returns(), 1.0),
    },
    Definition {
        name: "worst_session",
        title: "Worst session",
        formula: "the smallest return of a session",
        unit: Unit::Fraction,
        source: "order statistic",
        compute: |performance| quantile(performance.returns(), 0.0),
    },
    Definition {
        name: "cash_return_annual",
        title: "Cash rate earned a year",
        formula: "mean cash return of a session · sessions a year",
        unit: Unit::FractionPerYear,
        source: "the study's own cash rate, actual/365",
        compute: |performance| mean(performance.cash_returns) * performance.sessions_per_year,
    },
];

fn growth(performance: &Performance<'_>) -> f64 {
    ratio(performance.days[performance.days.len() - 1].equity, performance.days[0].equity)
}

fn total_return(performance: &Performance<'_>) -> f64 {
    growth(performance) - 1.0
}

/// After a ruin (equity at or below zero) everything is lost: −1.
pub(super) fn cagr(performance: &Performance<'_>) -> f64 {
    annual_growth(growth(performance), performance.years())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::backtest;

    #[test]
    fn total_return_by_hand() {
        let backtest = backtest(&[100.0, 110.0, 99.0, 121.0]);
        assert!((total_return(&Performance::new(&backtest)) - 0.21).abs() < 1e-15);
    }

    #[test]
    fn cagr_counts_calendar_days() {
        let mut backtest = backtest(&[100.0, 121.0]);
        backtest.days[1].session = backstaff_panel::Session::from_number(18_262 + 1461 / 2);
        let performance = Performance::new(&backtest);
        assert_eq!(performance.years(), 730.0 / 365.25);
        assert!((cagr(&performance) - (1.21_f64.powf(365.25 / 730.0) - 1.0)).abs() < 1e-14);
    }

    #[test]
    fn hit_rate_leaves_out_sessions_without_a_move() {
        let backtest = backtest(&[100.0, 110.0, 110.0, 99.0, 121.0]);
        assert_eq!(hit_rate(Performance::new(&backtest).returns()), 2.0 / 3.0);
    }
}
