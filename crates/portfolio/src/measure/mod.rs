//! How well it went, in numbers with published formulas.
//!
//! To add one: a [`Definition`] in one of the files and its line in [`all`]; `returns.rs` has the smallest. Tables and
//! series that are not one number stand beside them: [`underwater`], [`drawdowns`], [`period_returns`],
//! [`returns_by_group`], [`concentration`], [`trades`].
//!
//! All measures are computed from the returns of sessions `1..`: the first day of a backtest is only its start. A
//! measure that is not defined (a ratio whose denominator is zero, no benchmark) is NaN.

mod activity;
mod attribution;
mod benchmark;
mod drawdown;
mod period;
pub mod qlib;
mod returns;
mod risk;
#[cfg(test)]
pub(crate) mod testing;
mod trades;

use serde::Serialize;

pub use attribution::{Concentration, GroupReturn, concentration, returns_by_group};
pub use benchmark::align_prices;
pub use drawdown::{Drawdown, drawdowns};
pub use period::{CalendarPeriod, PeriodReturn, period_returns};
pub use trades::{TradeSummary, trades};
// For readers of measures that judge a difference of their own, or draw a fall.
pub use backstaff_statistics::{newey_west_t, normal_distribution, underwater, usual_lags};

use crate::{Backtest, Day};

/// What a measure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A share of one: 0.05 is 5 %.
    Fraction,
    /// A share of one for each year.
    FractionPerYear,
    /// A ratio, which has no unit.
    Ratio,
    /// So many times a year: 25.6 replaces a book that often.
    TimesPerYear,
    /// A number of sessions.
    Sessions,
    /// A number of things.
    Count,
    /// Ten-thousandths of a value.
    BasisPoints,
    /// An amount in the account's currency.
    Money,
    /// A probability between 0 and 1.
    Probability,
}

impl Unit {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fraction => "fraction",
            Self::FractionPerYear => "fraction_per_year",
            Self::Ratio => "ratio",
            Self::TimesPerYear => "times_per_year",
            Self::Sessions => "sessions",
            Self::Count => "count",
            Self::BasisPoints => "basis_points",
            Self::Money => "money",
            Self::Probability => "probability",
        }
    }
}

/// A backtest as the measures see it.
#[derive(Clone, Debug)]
pub struct Performance<'a> {
    days: &'a [Day],
    returns: Vec<f64>,
    cash_returns: &'a [f64],
    benchmark: Option<Vec<f64>>,
    sessions_per_year: f64,
}

/// What measures read of a ledger: its days, whether they come from a backtest or from where one was stored.
#[derive(Clone, Copy, Debug)]
pub struct Track<'a> {
    /// The account at each session's close.
    pub days: &'a [Day],
    /// What cash earned since the day before, one value a day.
    pub cash_returns: &'a [f64],
    /// Sessions per year of the market's calendar.
    pub sessions_per_year: f64,
}

impl Track<'_> {
    /// The return of each session after the first: `equity / equity at the close before − 1`, after all costs.
    pub fn returns(&self) -> Vec<f64> {
        self.days.windows(2).map(|pair| pair[1].equity / pair[0].equity - 1.0).collect()
    }
}

impl<'a> Performance<'a> {
    /// The performance of a ledger on its own.
    ///
    /// # Panics
    ///
    /// If it has no day.
    pub fn of(track: Track<'a>) -> Self {
        Self {
            days: track.days,
            returns: track.returns(),
            cash_returns: &track.cash_returns[1..],
            benchmark: None,
            sessions_per_year: track.sessions_per_year,
        }
    }

    /// The performance beside a benchmark's equity or price at each of the days (see [`align_prices`]).
    ///
    /// # Panics
    ///
    /// If there is not one price a day.
    pub fn beside(track: Track<'a>, benchmark: &[f64]) -> Self {
        assert_eq!(benchmark.len(), track.days.len(), "one benchmark price a day");
        let benchmark = benchmark.windows(2).map(|pair| pair[1] / pair[0] - 1.0).collect();
        Self { benchmark: Some(benchmark), ..Self::of(track) }
    }

    /// The performance of a backtest on its own.
    pub fn new(backtest: &'a Backtest) -> Self {
        Self::of(backtest.track())
    }

    /// The performance of a backtest beside a benchmark's equity or price at each of its days (see [`align_prices`]).
    ///
    /// # Panics
    ///
    /// If there is not one price a day.
    pub fn against(backtest: &'a Backtest, benchmark: &[f64]) -> Self {
        Self::beside(backtest.track(), benchmark)
    }

    /// The return of each session after the first.
    pub fn returns(&self) -> &[f64] {
        &self.returns
    }

    /// The returns above what cash earned.
    pub fn excess(&self) -> Vec<f64> {
        self.returns.iter().zip(self.cash_returns).map(|(r, cash)| r - cash).collect()
    }

    /// Years of 365.25 days from the first to the last session.
    pub fn years(&self) -> f64 {
        let days = self.days[self.days.len() - 1].session.number() - self.days[0].session.number();
        f64::from(days) / 365.25
    }
}

impl Backtest {
    /// What measures read of it.
    pub fn track(&self) -> Track<'_> {
        Track {
            days: &self.days,
            cash_returns: &self.cash_returns,
            sessions_per_year: self.sessions_per_year,
        }
    }

    /// The return of each session after the first: `equity / equity at the close before − 1`, after all costs.
    pub fn returns(&self) -> Vec<f64> {
        self.track().returns()
    }

    /// The equity of the account at each close.
    pub fn equity(&self) -> Vec<f64> {
        self.days.iter().map(|day| day.equity).collect()
    }
}

/// A measure: its names, formula, unit and source.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// The name of the measure in files.
    pub name: &'static str,
    /// The name of the measure in reports.
    pub title: &'static str,
    /// The formula of the measure.
    pub formula: &'static str,
    /// The unit of the measure.
    pub unit: Unit,
    /// The publication that defines the measure, or what its numbers come from.
    pub source: &'static str,
    /// Computes the measure.
    pub compute: fn(&Performance<'_>) -> f64,
}

/// One number about a backtest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Measure {
    /// The name of the measure in files.
    pub name: &'static str,
    /// The name of the measure in reports.
    pub title: &'static str,
    /// The formula of the measure.
    pub formula: &'static str,
    /// The unit of the measure.
    pub unit: Unit,
    /// The number; NaN where it is not defined.
    pub value: f64,
}

/// All measures, in the order in which a report shows them.
pub fn all() -> impl Iterator<Item = &'static Definition> {
    returns::MEASURES
        .iter()
        .chain(risk::MEASURES)
        .chain(drawdown::MEASURES)
        .chain(benchmark::MEASURES)
        .chain(activity::MEASURES)
}

/// The definition of a measure, by its name.
pub fn find(name: &str) -> Option<&'static Definition> {
    all().find(|definition| definition.name == name)
}

/// Compute all measures; those of a benchmark are left out where there is none.
pub fn evaluate(performance: &Performance<'_>) -> Vec<Measure> {
    let needs_benchmark =
        |definition: &Definition| benchmark::MEASURES.iter().any(|other| other.name == definition.name);
    all()
        .filter(|definition| performance.benchmark.is_some() || !needs_benchmark(definition))
        .map(|&Definition { name, title, formula, unit, compute, .. }| {
            let value = compute(performance);
            let value = if value.is_finite() { value } else { f64::NAN };
            Measure { name, title, formula, unit, value }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_has_its_own_name_and_says_what_it_is() {
        let mut names = all().map(|definition| definition.name).collect::<Vec<_>>();
        let n = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), n);
        for definition in all() {
            assert!(!definition.title.is_empty() && !definition.formula.is_empty(), "{}", definition.name);
            assert!(!definition.source.is_empty(), "{}", definition.name);
            assert!(find(definition.name).is_some());
        }
    }

    #[test]
    fn no_measure_fails_on_a_backtest_of_one_session() {
        let backtest = testing::backtest(&[100.0]);
        for measure in evaluate(&Performance::against(&backtest, &[5.0])) {
            assert!(!measure.value.is_infinite(), "{}", measure.name);
        }
    }

    #[test]
    fn measures_of_a_benchmark_need_one() {
        let backtest = testing::backtest(&[100.0, 101.0, 99.0]);
        let alone = evaluate(&Performance::new(&backtest));
        let beside = evaluate(&Performance::against(&backtest, &[5.0, 5.1, 5.0]));
        assert_eq!(alone.len() + benchmark::MEASURES.len(), beside.len());
    }
}
