//! The accounts of a study's portfolios, and how they are compared.

use backstaff_panel::Session;
use backstaff_portfolio::{
    Day,
    measure::{self, CalendarPeriod, Drawdown, Measure, Performance, PeriodReturn, Track},
};
use backstaff_report::Date;

use super::yardstick::{Because, Yardstick};
use crate::{
    flow::results::Results,
    steps::backtest::{BacktestResult, CONSTANT, EQUAL, Holder, Variant, primary, variant_name},
    stored::ledger::Daily,
    words,
};

/// The standard errors on either side of a mean that make a 95 % interval of a normal distribution.
const ERRORS_95: f64 = 1.96;

/// The accounts of all portfolios of a study.
pub(super) struct Accounts<'a> {
    all: Vec<Account<'a>>,
    primary: Holder,
    yardstick: Yardstick,
    benchmark: Benchmark,
    sessions_per_year: f64,
}

/// The account of one portfolio.
pub(super) struct Account<'a> {
    pub(super) result: &'a BacktestResult,
    sessions: Vec<Session>,
}

/// The portfolio that all others are compared with first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Benchmark {
    /// All instruments of the universe, equally weighted.
    EqualWeight,
    /// The strategy's own mean weights, held constantly: the difference to them is timing.
    Constant,
    /// All instruments that the strategy names, equally weighted.
    EqualOfNamed,
}

/// The return of one portfolio above another one.
#[derive(Clone, Debug)]
pub(super) struct Excess {
    /// The mean difference of returns, times the sessions of a year.
    pub(super) annual: f64,
    /// The mean divided by Newey and West's standard error.
    pub(super) t: f64,
    /// The ends of a 95 % interval around `annual`.
    pub(super) interval: (f64, f64),
    /// All measures that need a benchmark.
    pub(super) measures: Vec<Measure>,
}

impl Benchmark {
    /// The short name of the benchmark, which follows "the".
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::EqualWeight | Self::EqualOfNamed => "equal weight",
            Self::Constant => "constant exposures",
        }
    }

    /// The benchmark in words, with its article.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::EqualWeight => "the equal weight of the same universe",
            Self::Constant => "its own mean exposures held constantly",
            Self::EqualOfNamed => "the equal weight of the instruments that it names",
        }
    }

    fn is(self, holder: &Holder) -> bool {
        match (self, holder) {
            (Self::EqualWeight, Holder::EqualWeight) => true,
            (Self::Constant, Holder::Weights { name, .. }) => name == CONSTANT,
            (Self::EqualOfNamed, Holder::Weights { name, .. }) => name == EQUAL,
            _ => false,
        }
    }
}

impl<'a> Accounts<'a> {
    pub(super) fn of(results: &'a Results) -> Self {
        let known = results.backtests.iter().filter(|result| !result.daily.days.is_empty());
        let all = known.map(Account::new).collect::<Vec<_>>();
        let strategy = &results.config.portfolio.strategy;
        let counted = all.first().map(|account| account.result.sessions_per_year);
        let mut accounts = Self {
            sessions_per_year: counted.unwrap_or_else(|| results.panel.axis().calendar().sessions_per_year()),
            all,
            primary: primary(&results.config),
            yardstick: Yardstick::Alpha(Because::LongShort),
            benchmark: match (strategy.regimes(), strategy.named()) {
                (Some(_), _) => Benchmark::Constant,
                (None, Some(_)) => Benchmark::EqualOfNamed,
                (None, None) => Benchmark::EqualWeight,
            },
        };
        if !strategy.is_long_short() {
            accounts.yardstick = accounts.yardstick_of_long();
        }
        accounts
    }

    fn yardstick_of_long(&self) -> Yardstick {
        let beta = self.primary_excess().map_or(f64::NAN, |excess| excess.measure("beta"));
        let exposure = self.primary().map(|account| account.measure("net_exposure"));
        Yardstick::of_long(beta, exposure.filter(|_| self.benchmark != Benchmark::Constant))
    }

    pub(super) fn get(&self, variant: &Variant) -> Option<&Account<'a>> {
        self.all.iter().find(|account| account.result.variant == *variant)
    }

    fn plain(&self, holder: Holder) -> Option<&Account<'a>> {
        self.get(&Variant::plain(holder))
    }

    /// The account that the report is about: that of the primary portfolio.
    pub(super) fn primary(&self) -> Option<&Account<'a>> {
        self.plain(self.primary.clone())
    }

    /// The primary portfolio at other costs, in tenths, or with a delay in sessions.
    pub(super) fn primary_at(&self, cost_tenths: u32, delay: u32) -> Option<&Account<'a>> {
        self.get(&Variant { cost_tenths, delay, ..Variant::plain(self.primary.clone()) })
    }

    /// The kind of portfolio that all others are compared with first.
    pub(super) fn benchmark_kind(&self) -> Benchmark {
        self.benchmark
    }

    /// Whether an account is of the benchmark, at any costs.
    pub(super) fn is_benchmark(&self, account: &Account<'_>) -> bool {
        self.benchmark.is(account.holder())
    }

    /// The benchmark at the stated costs.
    pub(super) fn benchmark(&self) -> Option<&Account<'a>> {
        self.all.iter().find(|account| self.is_benchmark(account) && account.result.variant.is_plain())
    }

    /// The benchmark without costs.
    pub(super) fn benchmark_gross(&self) -> Option<&Account<'a>> {
        let free = |account: &&Account<'a>| account.result.variant.cost_tenths == 0;
        self.all.iter().find(|account| self.is_benchmark(account) && free(account))
    }

    /// The equal weight of the universe at the stated costs.
    pub(super) fn equal_weight(&self) -> Option<&Account<'a>> {
        self.plain(Holder::EqualWeight)
    }

    /// The equal weight of all instruments that trade, also before their date of entry.
    pub(super) fn unmasked(&self) -> Option<&Account<'a>> {
        self.plain(Holder::EqualWeightUnmasked)
    }

    /// The account that holds the index.
    pub(super) fn index(&self) -> Option<&Account<'a>> {
        self.plain(Holder::Index)
    }

    /// The portfolios at the stated costs, in the order of tables: the primary one, other models, the benchmark, the
    /// rest.
    pub(super) fn compared(&self) -> Vec<&Account<'a>> {
        let rank = |account: &&Account<'a>| match &account.result.variant.holder {
            holder if *holder == self.primary => 0,
            Holder::Model(_) | Holder::Strategy(_) => 1,
            holder if self.benchmark.is(holder) => 2,
            Holder::EqualWeight | Holder::Weights { .. } => 3,
            Holder::EqualWeightUnmasked => 4,
            Holder::Index | Holder::Hold(_) => 5,
        };
        let mut compared =
            self.all.iter().filter(|account| account.result.variant.is_plain()).collect::<Vec<_>>();
        compared.sort_by_key(rank);
        compared
    }

    /// Whether an account is of the primary portfolio at the stated costs.
    pub(super) fn is_primary(&self, account: &Account<'_>) -> bool {
        account.result.variant == Variant::plain(self.primary.clone())
    }

    /// The difference to the benchmark by which the strategy's portfolios are judged.
    pub(super) fn yardstick(&self) -> Yardstick {
        self.yardstick
    }

    /// The sessions a year by which every number of the page is annualised: those that the portfolios were annualised
    /// by, or those of the data where no portfolio was run.
    pub(super) fn sessions_per_year(&self) -> f64 {
        self.sessions_per_year
    }

    /// The accounts of all portfolios, in the order in which they were run.
    pub(super) fn all(&self) -> &[Account<'a>] {
        &self.all
    }

    /// The return of a portfolio above the benchmark. A portfolio without costs is compared with a benchmark without
    /// costs if there is one, every other with the benchmark at the stated costs.
    pub(super) fn excess(&self, account: &Account<'_>) -> Option<Excess> {
        let benchmark = match account.result.variant.cost_tenths {
            0 => self.benchmark_gross().or(self.benchmark()),
            _ => self.benchmark(),
        };
        account.above(benchmark?)
    }

    /// The return of the primary portfolio above the benchmark.
    pub(super) fn primary_excess(&self) -> Option<Excess> {
        self.excess(self.primary()?)
    }

    /// The return of the primary portfolio above the benchmark, both without costs.
    pub(super) fn gross_excess(&self) -> Option<Excess> {
        self.excess(self.primary_at(0, 0)?)
    }

    /// The cost of a trade, in basis points of its value, that takes all that the primary portfolio earns beyond the
    /// benchmark before costs: that return a year, or alpha, over the value that is bought and sold in a year. NaN where
    /// it earns nothing beyond the benchmark, or trades nothing.
    pub(super) fn break_even_bps(&self) -> f64 {
        let gross = self.gross_excess().map(|excess| excess.judged(self.yardstick).annual);
        let traded = self.primary_at(0, 0).map(|account| 2.0 * account.measure("turnover_annual"));
        match gross.zip(traded) {
            Some((gross, traded)) if gross > 0.0 && traded > 0.0 => 1e4 * gross / traded,
            _ => f64::NAN,
        }
    }
}

impl<'a> Account<'a> {
    fn new(result: &'a BacktestResult) -> Self {
        Self { result, sessions: result.sessions() }
    }

    /// The part of the account that measures read.
    fn track(&self) -> Track<'a> {
        let Daily { days, cash_returns, .. } = &self.result.daily;
        Track { days, cash_returns, sessions_per_year: self.sessions_per_year() }
    }

    pub(super) fn holder(&self) -> &Holder {
        &self.result.variant.holder
    }

    /// The name of the portfolio in the report.
    pub(super) fn name(&self) -> String {
        variant_name(&self.result.variant)
    }

    pub(super) fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    pub(super) fn dates(&self) -> Vec<Date> {
        self.sessions().iter().copied().map(words::date).collect()
    }

    pub(super) fn days(&self) -> &[Day] {
        &self.result.daily.days
    }

    pub(super) fn measure(&self, name: &str) -> f64 {
        self.result.measure(name)
    }

    pub(super) fn sessions_per_year(&self) -> f64 {
        self.result.sessions_per_year
    }

    /// The years from the first to the last session.
    pub(super) fn years(&self) -> f64 {
        Performance::of(self.track()).years()
    }

    pub(super) fn returns(&self) -> Vec<f64> {
        self.track().returns()
    }

    /// The return of cash in each session since the one before; the first is 0.
    pub(super) fn cash_returns(&self) -> &[f64] {
        &self.result.daily.cash_returns
    }

    /// The growth of one unit of money at each close.
    pub(super) fn growth(&self) -> Vec<f64> {
        let first = self.days().first().map_or(f64::NAN, |day| day.equity);
        self.days().iter().map(|day| day.equity / first).collect()
    }

    pub(super) fn underwater(&self) -> Vec<f64> {
        measure::underwater(self.days().iter().map(|day| day.equity))
    }

    pub(super) fn drawdowns(&self) -> Vec<Drawdown> {
        measure::drawdowns(self.days())
    }

    pub(super) fn period_returns(&self, period: CalendarPeriod) -> Vec<PeriodReturn> {
        measure::period_returns(self.sessions(), &self.growth(), period)
    }

    /// The return above another account; `None` if the two don't have the same sessions, or fewer than two.
    pub(super) fn above(&self, other: &Account<'_>) -> Option<Excess> {
        if self.sessions() != other.sessions() || self.sessions().len() < 2 {
            return None;
        }
        let alone = measure::evaluate(&Performance::of(self.track()));
        let beside = measure::evaluate(&Performance::beside(self.track(), &other.result.equity()));
        let is_new = |measure: &Measure| alone.iter().all(|other| other.name != measure.name);
        let measures = beside.into_iter().filter(is_new).collect::<Vec<_>>();
        let value = |name: &str| measures.iter().find(|m| m.name == name).map_or(f64::NAN, |m| m.value);
        let (annual, t) = (value("active_return_annual"), value("active_return_t"));
        Some(Excess { annual, t, interval: interval(annual, t), measures })
    }

    /// The return less that of another account, in each session after the first.
    pub(super) fn differences(&self, other: &Account<'_>) -> Vec<f64> {
        self.returns().iter().zip(other.returns()).map(|(own, other)| own - other).collect()
    }
}

impl Excess {
    pub(super) fn measure(&self, name: &str) -> f64 {
        self.measures.iter().find(|measure| measure.name == name).map_or(f64::NAN, |measure| measure.value)
    }

    /// The excess by a yardstick: alpha takes the place of the plain difference where that is asked for.
    pub(super) fn judged(mut self, yardstick: Yardstick) -> Self {
        if yardstick.is_alpha() {
            (self.annual, self.t) = (self.measure("alpha_annual"), self.measure("alpha_t"));
            self.interval = interval(self.annual, self.t);
        }
        self
    }
}

/// The ends of a 95 % interval around a mean, from the mean's t; NaN where t is 0.
pub(super) fn interval(mean: f64, t: f64) -> (f64, f64) {
    let half = if t == 0.0 { f64::NAN } else { ERRORS_95 * (mean / t).abs() };
    (mean - half, mean + half)
}

/// The measures of a portfolio that need no benchmark.
#[cfg(test)]
pub(super) fn own_measures(result: &BacktestResult) -> Vec<Measure> {
    measure::evaluate(&Performance::of(Account::new(result).track()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::testing::Made;

    #[test]
    fn the_primary_portfolio_comes_first_and_the_index_last() {
        let results = Made::default().results();
        let names =
            Accounts::of(&results).compared().iter().map(|account| account.name()).collect::<Vec<_>>();
        assert_eq!(names, ["trees", "line", "equal weight", "equal weight, all rows", "index"]);
    }

    #[test]
    fn all_that_is_annualised_has_the_sessions_that_the_backtest_counted() {
        let results = Made { drift: 0.001, ..Made::default() }.results();
        let counted = results.backtests[0].sessions_per_year;
        // The data go on after the test, with other sessions a year: 251.8 to the end of the test, 252.0 to that of the
        // data, on one page.
        let of_data = results.panel.axis().calendar().sessions_per_year();
        assert!((counted - of_data).abs() > 1.0);
        let accounts = Accounts::of(&results);
        assert_eq!(accounts.sessions_per_year(), counted);
        let primary = accounts.primary().unwrap();
        let differences = primary.differences(accounts.benchmark().unwrap());
        let mean = differences.iter().sum::<f64>() / differences.len() as f64;
        let excess = accounts.primary_excess().unwrap();
        assert!((excess.annual / (mean * counted) - 1.0).abs() < 1e-12);
        let deviation = excess.measure("tracking_error") / counted.sqrt();
        assert!(
            (excess.measure("information_ratio") / (mean / deviation * counted.sqrt()) - 1.0).abs() < 1e-9
        );
        let turnover = primary.days().windows(2).map(|pair| pair[1].turnover(pair[0].equity)).sum::<f64>();
        let turnover = turnover / differences.len() as f64 * counted;
        assert!((primary.measure("turnover_annual") / turnover - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_break_even_cost_is_what_takes_the_return_above_the_benchmark() {
        let results = Made { drift: 0.001, ..Made::default() }.results();
        let accounts = Accounts::of(&results);
        let gross = accounts.gross_excess().unwrap().annual;
        let traded = 2.0 * accounts.primary_at(0, 0).unwrap().measure("turnover_annual");
        assert!((accounts.break_even_bps() * 1e-4 * traded / gross - 1.0).abs() < 1e-12 && gross > 0.0);
        let losing = Made { drift: -0.002, ..Made::default() }.results();
        assert!(Accounts::of(&losing).break_even_bps().is_nan(), "there is nothing that costs could take");
    }

    #[test]
    fn an_interval_holds_the_mean_and_touches_zero_at_t_1_96() {
        assert_eq!(interval(0.1, 1.96), (0.0, 0.2));
        assert!(interval(0.0, 0.0).0.is_nan());
    }
}
