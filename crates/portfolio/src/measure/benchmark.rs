//! Beside a benchmark.

use backstaff_panel::Session;
use backstaff_statistics::{
    annual_growth, covariance, mean, moment_deviation, newey_west_t, ratio, sharpe_ratio, usual_lags,
};

use super::{Definition, Performance, Unit};
use crate::{Day, PortfolioError};

pub(super) const MEASURES: &[Definition] = &[
    Definition {
        name: "benchmark_cagr",
        title: "Benchmark's return a year",
        formula: "Π(1 + b)^(1 / years) − 1",
        unit: Unit::FractionPerYear,
        source: "as cagr",
        compute: benchmark_cagr,
    },
    Definition {
        name: "active_return_annual",
        title: "Return above the benchmark a year",
        formula: "mean(r − b) · sessions a year",
        unit: Unit::FractionPerYear,
        source: "Grinold and Kahn (2000), Active Portfolio Management, ch. 5",
        compute: |performance| mean(&active(performance)) * performance.sessions_per_year,
    },
    Definition {
        name: "active_return_t",
        title: "t of the return above the benchmark",
        formula: "mean(r − b) / Newey–West standard error, lags floor(4 (n / 100)^(2/9))",
        unit: Unit::Ratio,
        source: "Newey and West (1987, 1994)",
        compute: |performance| {
            let active = active(performance);
            newey_west_t(&active, usual_lags(active.len()))
        },
    },
    Definition {
        name: "tracking_error",
        title: "Tracking error a year",
        formula: "sd(r − b) · √(sessions a year), sd with n − 1",
        unit: Unit::FractionPerYear,
        source: "Grinold and Kahn (2000), ch. 3",
        compute: |performance| moment_deviation(&active(performance)) * performance.sessions_per_year.sqrt(),
    },
    Definition {
        name: "information_ratio",
        title: "Information ratio",
        formula: "mean(r − b) / sd(r − b) · √(sessions a year), sd with n − 1",
        unit: Unit::Ratio,
        source: "Goodwin (1998), \"The information ratio\", Financial Analysts Journal 54",
        compute: |performance| sharpe_ratio(&active(performance)) * performance.sessions_per_year.sqrt(),
    },
    Definition {
        name: "beta",
        title: "Beta",
        formula: "cov(r − cash, b − cash) / var(b − cash)",
        unit: Unit::Ratio,
        source: "Jensen (1968), \"The performance of mutual funds\", J. Finance 23",
        compute: beta,
    },
    Definition {
        name: "alpha_annual",
        title: "Alpha a year",
        formula: "(mean(r − cash) − beta · mean(b − cash)) · sessions a year",
        unit: Unit::FractionPerYear,
        source: "Jensen (1968)",
        compute: |performance| {
            let alpha =
                mean(&performance.excess()) - beta(performance) * mean(&benchmark_excess(performance));
            alpha * performance.sessions_per_year
        },
    },
    Definition {
        name: "alpha_t",
        title: "t of alpha",
        formula: "mean(a) / Newey–West standard error of a = r − cash − beta · (b − cash), beta taken as known",
        unit: Unit::Ratio,
        source: "Jensen (1968); Newey and West (1987, 1994)",
        compute: alpha_t,
    },
    Definition {
        name: "up_capture",
        title: "Up capture",
        formula: "mean(r) / mean(b), over the sessions with b above 0",
        unit: Unit::Ratio,
        source: "arithmetic means per session, not compounded",
        compute: |performance| capture(performance, |b| b > 0.0),
    },
    Definition {
        name: "down_capture",
        title: "Down capture",
        formula: "mean(r) / mean(b), over the sessions with b below 0; below 1 is a smaller loss than the benchmark's",
        unit: Unit::Ratio,
        source: "arithmetic means per session, not compounded",
        compute: |performance| capture(performance, |b| b < 0.0),
    },
    Definition {
        name: "correlation",
        title: "Correlation with the benchmark",
        formula: "cov(r, b) / (sd(r) · sd(b))",
        unit: Unit::Ratio,
        source: "Pearson (1895)",
        compute: correlation,
    },
];

fn returns<'a>(performance: &'a Performance<'_>) -> &'a [f64] {
    performance.benchmark.as_deref().unwrap_or(&[])
}

fn benchmark_excess(performance: &Performance<'_>) -> Vec<f64> {
    returns(performance).iter().zip(performance.cash_returns).map(|(b, cash)| b - cash).collect()
}

fn active(performance: &Performance<'_>) -> Vec<f64> {
    performance.returns().iter().zip(returns(performance)).map(|(r, b)| r - b).collect()
}

fn benchmark_cagr(performance: &Performance<'_>) -> f64 {
    if performance.benchmark.is_none() {
        return f64::NAN;
    }
    let growth = returns(performance).iter().fold(1.0, |growth, b| growth * (1.0 + b));
    annual_growth(growth, performance.years())
}

fn beta(performance: &Performance<'_>) -> f64 {
    if performance.benchmark.is_none() {
        return f64::NAN;
    }
    let benchmark = benchmark_excess(performance);
    ratio(covariance(&performance.excess(), &benchmark), covariance(&benchmark, &benchmark))
}

fn alpha_t(performance: &Performance<'_>) -> f64 {
    let beta = beta(performance);
    let pairs = performance.excess().into_iter().zip(benchmark_excess(performance));
    let residuals = pairs.map(|(r, b)| r - beta * b).collect::<Vec<_>>();
    newey_west_t(&residuals, usual_lags(residuals.len()))
}

/// The mean return where the benchmark's is chosen, over the benchmark's.
fn capture(performance: &Performance<'_>, chosen: impl Fn(f64) -> bool) -> f64 {
    let pairs = performance.returns().iter().zip(returns(performance));
    let (own, benchmark): (Vec<f64>, Vec<f64>) = pairs.filter(|(_, b)| chosen(**b)).unzip();
    ratio(mean(&own), mean(&benchmark))
}

fn correlation(performance: &Performance<'_>) -> f64 {
    if performance.benchmark.is_none() {
        return f64::NAN;
    }
    let benchmark = returns(performance);
    let deviations = moment_deviation(performance.returns()) * moment_deviation(benchmark);
    ratio(covariance(performance.returns(), benchmark), deviations)
}

/// A benchmark's price at each day: the newest one at or before it. `prices` are oldest first; missing ones are passed
/// over.
pub fn align_prices(days: &[Day], prices: &[(Session, f64)]) -> Result<Vec<f64>, PortfolioError> {
    let known = prices.iter().filter(|(_, price)| price.is_finite() && *price > 0.0).collect::<Vec<_>>();
    days.iter()
        .map(|day| {
            let n = known.partition_point(|(session, _)| *session <= day.session);
            n.checked_sub(1)
                .map(|newest| known[newest].1)
                .ok_or(PortfolioError::BenchmarkTooShort { session: day.session })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{evaluate, testing::backtest};

    fn value(equity: &[f64], benchmark: &[f64], name: &str) -> f64 {
        let backtest = backtest(equity);
        let measures = evaluate(&Performance::against(&backtest, benchmark));
        measures.iter().find(|measure| measure.name == name).unwrap().value
    }

    // r: 10 %, -10 %, 20 %; b: 5 %, -5 %, 10 %, half of it.
    const EQUITY: [f64; 4] = [100.0, 110.0, 99.0, 118.8];
    const BENCHMARK: [f64; 4] = [100.0, 105.0, 99.75, 109.725];

    #[test]
    fn twice_the_benchmark_has_a_beta_of_two_and_no_alpha() {
        assert!((value(&EQUITY, &BENCHMARK, "beta") - 2.0).abs() < 1e-12);
        assert!(value(&EQUITY, &BENCHMARK, "alpha_annual").abs() < 1e-12);
        assert!((value(&EQUITY, &BENCHMARK, "correlation") - 1.0).abs() < 1e-12);
    }

    #[test]
    fn captures_are_of_the_sessions_in_which_the_benchmark_rose_or_fell() {
        assert!((value(&EQUITY, &BENCHMARK, "up_capture") - 2.0).abs() < 1e-12);
        assert!((value(&EQUITY, &BENCHMARK, "down_capture") - 2.0).abs() < 1e-12);
        assert!((value(&BENCHMARK, &EQUITY, "up_capture") - 0.5).abs() < 1e-12);
        assert!(value(&[1.0, 1.1], &[1.0, 1.1], "down_capture").is_nan());
    }

    #[test]
    fn active_measures_by_hand() {
        // r - b: 0.05, -0.05, 0.1: mean 1/30, sd √(7/1200).
        let (mean, sd) = (1.0 / 30.0, (7.0_f64 / 1200.0).sqrt());
        assert!((value(&EQUITY, &BENCHMARK, "active_return_annual") - 250.0 * mean).abs() < 1e-12);
        assert!((value(&EQUITY, &BENCHMARK, "tracking_error") - 250.0_f64.sqrt() * sd).abs() < 1e-12);
        assert!(
            (value(&EQUITY, &BENCHMARK, "information_ratio") - 250.0_f64.sqrt() * mean / sd).abs() < 1e-12
        );
        // Three observations: lags floor(4 · 0.03^(2/9)) = 1; γ₀ = 7/1800, γ₁ from distances 1/60, -1/12, 1/15.
        let first = (-1.0 / 720.0 - 1.0 / 180.0) / 3.0;
        let error = ((7.0 / 1800.0 + first) / 3.0_f64).sqrt();
        assert!((value(&EQUITY, &BENCHMARK, "active_return_t") - mean / error).abs() < 1e-9);
    }

    #[test]
    fn the_benchmark_itself_has_no_active_return() {
        assert_eq!(value(&EQUITY, &EQUITY, "active_return_annual"), 0.0);
        assert!(value(&EQUITY, &EQUITY, "information_ratio").is_nan());
        let cagr = value(&EQUITY, &EQUITY, "cagr");
        assert!((value(&EQUITY, &EQUITY, "benchmark_cagr") / cagr - 1.0).abs() < 1e-9);
    }

    #[test]
    fn without_a_benchmark_all_are_nan() {
        let backtest = backtest(&EQUITY);
        for measure in MEASURES {
            assert!((measure.compute)(&Performance::new(&backtest)).is_nan(), "{}", measure.name);
        }
    }

    #[test]
    fn a_missing_price_is_the_one_before() {
        let days = backtest(&[1.0; 3]).days;
        let prices = [(days[0].session, 5.0), (days[1].session, f64::NAN), (days[2].session, 6.0)];
        assert_eq!(align_prices(&days, &prices).unwrap(), vec![5.0, 5.0, 6.0]);
        assert!(align_prices(&days, &prices[1..]).is_err());
    }
}
