//! What was risked for it.

use backstaff_statistics::{
    TrackRecord, conditional_value_at_risk, downside_deviation, kurtosis, mean, moment_deviation, ratio,
    sharpe_ratio, skewness, value_at_risk,
};

use super::{Definition, Performance, Unit};

pub(super) const MEASURES: &[Definition] = &[
    Definition {
        name: "volatility",
        title: "Volatility a year",
        formula: "sd(r) · √(sessions a year), sd with n − 1",
        unit: Unit::FractionPerYear,
        source: "Bacon (2008), ch. 4",
        compute: |performance| moment_deviation(performance.returns()) * performance.sessions_per_year.sqrt(),
    },
    Definition {
        name: "sharpe",
        title: "Sharpe ratio",
        formula: "mean(r − cash) / sd(r − cash) · √(sessions a year), sd with n − 1",
        unit: Unit::Ratio,
        source: "Sharpe (1994), \"The Sharpe ratio\", J. Portfolio Management 21",
        compute: sharpe,
    },
    Definition {
        name: "probabilistic_sharpe",
        title: "Probability that the Sharpe ratio is above 0",
        formula: "Φ(SR √(n − 1) / √(1 − skew · SR + (kurtosis − 1) / 4 · SR²)), SR and moments per session",
        unit: Unit::Probability,
        source: "Bailey and López de Prado (2012), \"The Sharpe ratio efficient frontier\", J. Risk 15",
        compute: |performance| TrackRecord::of(&performance.excess()).probability_above(0.0),
    },
    Definition {
        name: "sortino",
        title: "Sortino ratio",
        formula: "mean(r − cash) / √(mean(min(r − cash, 0)²)) · √(sessions a year)",
        unit: Unit::Ratio,
        source: "Sortino and van der Meer (1991), \"Downside risk\", J. Portfolio Management 17; target: cash",
        compute: sortino,
    },
    Definition {
        name: "skew",
        title: "Skewness",
        formula: "m₃ / m₂^(3/2), central moments with n",
        unit: Unit::Ratio,
        source: "Joanes and Gill (1998), g₁",
        compute: |performance| skewness(performance.returns()),
    },
    Definition {
        name: "excess_kurtosis",
        title: "Excess kurtosis",
        formula: "m₄ / m₂² − 3, central moments with n",
        unit: Unit::Ratio,
        source: "Joanes and Gill (1998), g₂",
        compute: |performance| kurtosis(performance.returns()) - 3.0,
    },
    Definition {
        name: "var_95",
        title: "Value at risk, 95 %, one session",
        formula: "−(5 % quantile of r), linear between neighbours; above 0 is a loss",
        unit: Unit::Fraction,
        source: "historical simulation; Hyndman and Fan (1996), type 7",
        compute: |performance| value_at_risk(performance.returns(), 0.05),
    },
    Definition {
        name: "cvar_95",
        title: "Expected loss beyond the value at risk, 95 %",
        formula: "−mean of the returns at or below the 5 % quantile",
        unit: Unit::Fraction,
        source: "Rockafellar and Uryasev (2000), \"Optimization of conditional value-at-risk\", J. Risk 2",
        compute: |performance| conditional_value_at_risk(performance.returns(), 0.05),
    },
];

fn sharpe(performance: &Performance<'_>) -> f64 {
    sharpe_ratio(&performance.excess()) * performance.sessions_per_year.sqrt()
}

fn sortino(performance: &Performance<'_>) -> f64 {
    let excess = performance.excess();
    ratio(mean(&excess), downside_deviation(&excess)) * performance.sessions_per_year.sqrt()
}

#[cfg(test)]
mod tests {
    use backstaff_statistics::normal_distribution;

    use super::*;
    use crate::measure::{evaluate, testing::backtest};

    fn value(equity: &[f64], cash: f64, name: &str) -> f64 {
        let mut backtest = backtest(equity);
        backtest.cash_returns = vec![cash; equity.len()];
        let measures = evaluate(&Performance::new(&backtest));
        measures.iter().find(|measure| measure.name == name).unwrap().value
    }

    // Returns 10 %, -10 %, 20 %: mean 1/15, distances 1/30, -1/6, 2/15.
    const EQUITY: [f64; 4] = [100.0, 110.0, 99.0, 118.8];

    #[test]
    fn volatility_and_sharpe_by_hand() {
        let sd = (7.0_f64 / 300.0).sqrt();
        assert!((value(&EQUITY, 0.0, "volatility") - sd * 250.0_f64.sqrt()).abs() < 1e-12);
        assert!((value(&EQUITY, 0.0, "sharpe") - 250.0_f64.sqrt() / 15.0 / sd).abs() < 1e-12);
        let above_cash = (1.0 / 15.0 - 0.01) / sd * 250.0_f64.sqrt();
        assert!((value(&EQUITY, 0.01, "sharpe") - above_cash).abs() < 1e-12);
    }

    #[test]
    fn sortino_counts_losses_over_all_sessions() {
        let downside = (0.01_f64 / 3.0).sqrt();
        assert!((value(&EQUITY, 0.0, "sortino") - 250.0_f64.sqrt() / 15.0 / downside).abs() < 1e-12);
        assert!(value(&[1.0, 2.0, 3.0], 0.0, "sortino").is_nan());
    }

    #[test]
    fn shape_by_hand() {
        let distances = [1.0 / 30.0, -1.0 / 6.0, 2.0 / 15.0_f64];
        let moment = |power| distances.iter().map(|d: &f64| d.powi(power)).sum::<f64>() / 3.0;
        let skew = moment(3) / moment(2).powf(1.5);
        assert!((value(&EQUITY, 0.0, "skew") - skew).abs() < 1e-12);
        assert!(
            (value(&EQUITY, 0.0, "excess_kurtosis") - (moment(4) / moment(2).powi(2) - 3.0)).abs() < 1e-12
        );
        let sharpe = (1.0 / 15.0) / (7.0_f64 / 300.0).sqrt();
        let spread = 1.0 - skew * sharpe + (1.5 - 1.0) / 4.0 * sharpe * sharpe;
        let expected = normal_distribution(sharpe * 2.0_f64.sqrt() / spread.sqrt());
        assert!((value(&EQUITY, 0.0, "probabilistic_sharpe") - expected).abs() < 1e-12);
    }

    #[test]
    fn value_at_risk_by_hand() {
        // Sorted -0.1, 0.1, 0.2; the 5 % quantile is a tenth of the way from the first to the second.
        assert!((value(&EQUITY, 0.0, "var_95") - 0.08).abs() < 1e-12);
        assert!((value(&EQUITY, 0.0, "cvar_95") - 0.1).abs() < 1e-12);
    }

    #[test]
    fn an_account_that_never_moves_has_no_ratio() {
        for name in ["sharpe", "sortino", "probabilistic_sharpe", "skew", "excess_kurtosis"] {
            assert!(value(&[100.0; 5], 0.0, name).is_nan(), "{name}");
        }
        assert_eq!(value(&[100.0; 5], 0.0, "volatility"), 0.0);
    }
}
