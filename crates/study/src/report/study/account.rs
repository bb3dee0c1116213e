//! The ledgers of a study, put together again from what is stored, and compared with each other.

use std::collections::BTreeMap;

use backstaff_panel::Session;
use backstaff_portfolio::{
    Backtest, Day, NextSession,
    measure::{self, Drawdown, Measure, Performance, Period, PeriodReturn},
};
use backstaff_report::Date;

use crate::{
    flow::results::Results,
    steps::backtest::{BacktestResult, Holder, Variant, holder_name},
    words,
};

/// The standard errors on either side of a mean that make a 95 % interval.
const ERRORS_95: f64 = 1.96;

/// All ledgers of a study.
pub(super) struct Accounts<'a> {
    all: Vec<Account<'a>>,
    primary: Holder,
    yardstick: Yardstick,
}

/// One ledger.
pub(super) struct Account<'a> {
    pub(super) result: &'a BacktestResult,
    ledger: Backtest,
}

/// By what a portfolio is judged beside the equal weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Yardstick {
    /// The difference of returns: for portfolios that hold what the benchmark holds.
    Excess,
    /// The return beyond the portfolio's beta to the benchmark: for portfolios that are long and short, whose difference
    /// to a long one is mostly a bet against the market.
    Alpha,
}

/// What one portfolio earned above another.
#[derive(Clone, Debug)]
pub(super) struct Excess {
    /// The mean difference of returns, for a year.
    pub(super) annual: f64,
    /// The mean in Newey and West's standard errors.
    pub(super) t: f64,
    /// A 95 % interval around `annual`.
    pub(super) interval: (f64, f64),
    /// All measures that need a benchmark.
    pub(super) measures: Vec<Measure>,
}

impl<'a> Accounts<'a> {
    pub(super) fn of(results: &'a Results) -> Self {
        let sessions_per_year = results.panel.axis().calendar().sessions_per_year();
        let known = results.backtests.iter().filter(|result| !result.sessions.is_empty());
        Self {
            all: known.map(|result| Account::new(result, sessions_per_year)).collect(),
            primary: Holder::Model(results.config.primary_model().to_owned()),
            yardstick: if results.config.portfolio.strategy.is_long_short() {
                Yardstick::Alpha
            } else {
                Yardstick::Excess
            },
        }
    }

    pub(super) fn get(&self, variant: &Variant) -> Option<&Account<'a>> {
        self.all.iter().find(|account| account.result.variant == *variant)
    }

    fn plain(&self, holder: Holder) -> Option<&Account<'a>> {
        self.get(&Variant::plain(holder))
    }

    /// The portfolio that the report is about.
    pub(super) fn primary(&self) -> Option<&Account<'a>> {
        self.plain(self.primary.clone())
    }

    /// The portfolio that the report is about, at other costs or later.
    pub(super) fn primary_at(&self, cost_tenths: u32, delay: u32) -> Option<&Account<'a>> {
        self.get(&Variant { cost_tenths, delay, ..Variant::plain(self.primary.clone()) })
    }

    /// Everything in the universe equally, under the same costs.
    pub(super) fn equal_weight(&self) -> Option<&Account<'a>> {
        self.plain(Holder::EqualWeight)
    }

    /// Everything in the universe equally, for nothing.
    pub(super) fn equal_weight_gross(&self) -> Option<&Account<'a>> {
        self.get(&Variant { cost_tenths: 0, ..Variant::plain(Holder::EqualWeight) })
    }

    /// Everything that trades equally.
    pub(super) fn unmasked(&self) -> Option<&Account<'a>> {
        self.plain(Holder::EqualWeightUnmasked)
    }

    /// The index.
    pub(super) fn index(&self) -> Option<&Account<'a>> {
        self.plain(Holder::Index)
    }

    /// The portfolios at the stated costs: the primary one, the other models, the benchmarks.
    pub(super) fn compared(&self) -> Vec<&Account<'a>> {
        let rank = |account: &&Account<'a>| match &account.result.variant.holder {
            holder if *holder == self.primary => 0,
            Holder::Model(_) => 1,
            Holder::EqualWeight => 2,
            Holder::EqualWeightUnmasked => 3,
            Holder::Index => 4,
        };
        let is_plain =
            |account: &&Account<'a>| account.result.variant == Variant::plain(account.holder().clone());
        let mut compared = self.all.iter().filter(is_plain).collect::<Vec<_>>();
        compared.sort_by_key(rank);
        compared
    }

    /// Whether the report is about this portfolio.
    pub(super) fn is_primary(&self, account: &Account<'_>) -> bool {
        account.result.variant == Variant::plain(self.primary.clone())
    }

    /// By what the strategy's portfolios are judged.
    pub(super) fn yardstick(&self) -> Yardstick {
        self.yardstick
    }

    /// All ledgers, in the order in which they were run.
    pub(super) fn all(&self) -> &[Account<'a>] {
        &self.all
    }

    /// What a portfolio earned above the equal weight of the same universe, both under the same costs where both are
    /// known for free.
    pub(super) fn excess(&self, account: &Account<'_>) -> Option<Excess> {
        let benchmark = match account.result.variant.cost_tenths {
            0 => self.equal_weight_gross().or(self.equal_weight()),
            _ => self.equal_weight(),
        };
        account.above(benchmark?)
    }

    /// What the primary portfolio earned above the equal weight.
    pub(super) fn primary_excess(&self) -> Option<Excess> {
        self.excess(self.primary()?)
    }

    /// The same before costs.
    pub(super) fn gross_excess(&self) -> Option<Excess> {
        self.excess(self.primary_at(0, 0)?)
    }
}

impl<'a> Account<'a> {
    fn new(result: &'a BacktestResult, sessions_per_year: f64) -> Self {
        let session = result.sessions.last().copied().unwrap_or(Session::from_number(0));
        let ledger = Backtest {
            strategy: String::new(),
            signal: String::new(),
            instruments: Vec::new(),
            days: days(result),
            fills: Vec::new(),
            shortfalls: Vec::new(),
            delistings: Vec::new(),
            positions: Vec::new(),
            decisions: Vec::new(),
            next: NextSession {
                decided: session,
                orders: Vec::new(),
                conditional: Vec::new(),
                refused: Vec::new(),
                weights_before: BTreeMap::new(),
                weights_after: BTreeMap::new(),
            },
            ruined: None,
            caveats: Vec::new(),
            sessions_per_year,
            notes: Vec::new(),
            cohorts: Vec::new(),
            cash_returns: padded(result.column("cash_return"), result.sessions.len(), 0.0),
        };
        Self { result, ledger }
    }

    pub(super) fn holder(&self) -> &Holder {
        &self.result.variant.holder
    }

    /// What it is called.
    pub(super) fn name(&self) -> String {
        variant_name(&self.result.variant)
    }

    pub(super) fn sessions(&self) -> &[Session] {
        &self.result.sessions
    }

    pub(super) fn dates(&self) -> Vec<Date> {
        self.sessions().iter().copied().map(words::date).collect()
    }

    pub(super) fn days(&self) -> &[Day] {
        &self.ledger.days
    }

    pub(super) fn measure(&self, name: &str) -> f64 {
        self.result.measure(name)
    }

    pub(super) fn sessions_per_year(&self) -> f64 {
        self.ledger.sessions_per_year
    }

    /// Years from the first to the last session.
    pub(super) fn years(&self) -> f64 {
        Performance::new(&self.ledger).years()
    }

    pub(super) fn returns(&self) -> Vec<f64> {
        self.ledger.returns()
    }

    /// What cash earned up to each session since the one before.
    pub(super) fn cash_returns(&self) -> &[f64] {
        &self.ledger.cash_returns
    }

    /// What one unit of money became.
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

    pub(super) fn period_returns(&self, period: Period) -> Vec<PeriodReturn> {
        measure::period_returns(self.sessions(), &self.growth(), period)
    }

    /// What it earned above another portfolio of the same sessions.
    pub(super) fn above(&self, other: &Account<'_>) -> Option<Excess> {
        if self.sessions() != other.sessions() || self.sessions().len() < 2 {
            return None;
        }
        let alone = measure::evaluate(&Performance::new(&self.ledger));
        let beside = measure::evaluate(&Performance::against(&self.ledger, &other.ledger.equity()));
        let is_new = |measure: &Measure| alone.iter().all(|other| other.name != measure.name);
        let measures = beside.into_iter().filter(is_new).collect::<Vec<_>>();
        let value = |name: &str| measures.iter().find(|m| m.name == name).map_or(f64::NAN, |m| m.value);
        let (annual, t) = (value("active_return_annual"), value("active_return_t"));
        Some(Excess { annual, t, interval: interval(annual, t), measures })
    }

    /// The differences of returns, session by session.
    pub(super) fn differences(&self, other: &Account<'_>) -> Vec<f64> {
        self.returns().iter().zip(other.returns()).map(|(own, other)| own - other).collect()
    }
}

impl Excess {
    pub(super) fn measure(&self, name: &str) -> f64 {
        self.measures.iter().find(|measure| measure.name == name).map_or(f64::NAN, |measure| measure.value)
    }

    /// The same by a yardstick.
    pub(super) fn judged(mut self, yardstick: Yardstick) -> Self {
        if yardstick == Yardstick::Alpha {
            (self.annual, self.t) = (self.measure("alpha_annual"), self.measure("alpha_t"));
            self.interval = interval(self.annual, self.t);
        }
        self
    }

    /// `+1.2% a year (95% interval −3.0% to 5.4%, t 0.57)`.
    pub(super) fn words(&self) -> String {
        format!(
            "{} a year (95% interval {} to {}, t {})",
            words::difference(self.annual, 1),
            words::percent(self.interval.0, 1),
            words::percent(self.interval.1, 1),
            words::number(self.t, 2)
        )
    }
}

/// A 95 % interval around a mean whose t is known.
pub(super) fn interval(mean: f64, t: f64) -> (f64, f64) {
    let half = if t == 0.0 { f64::NAN } else { ERRORS_95 * (mean / t).abs() };
    (mean - half, mean + half)
}

/// What a portfolio is called, its costs and delay included where they are not the stated ones.
pub(super) fn variant_name(variant: &Variant) -> String {
    let mut name = holder_name(&variant.holder);
    match variant.cost_tenths {
        10 => {}
        0 => name.push_str(", before costs"),
        tenths => name = format!("{name}, costs ×{}", f64::from(tenths) / 10.0),
    }
    if variant.delay > 0 {
        name = format!("{name}, {} later", words::count(variant.delay as usize, "session"));
    }
    name
}

/// The measures of a result on its own, from its ledger.
#[cfg(test)]
pub(super) fn own_measures(result: &BacktestResult, sessions_per_year: f64) -> Vec<Measure> {
    measure::evaluate(&Performance::new(&Account::new(result, sessions_per_year).ledger))
}

fn padded(values: &[f64], n: usize, missing: f64) -> Vec<f64> {
    let mut out = values.to_vec();
    out.resize(n, missing);
    out
}

fn days(result: &BacktestResult) -> Vec<Day> {
    let column = |name: &str| padded(result.column(name), result.sessions.len(), 0.0);
    let names = ["equity", "cash", "long", "short", "bought", "sold", "commission", "tax"];
    let [equity, cash, long, short, bought, sold, commission, tax] = names.map(column);
    let names = ["slippage", "borrow", "interest", "n_positions", "n_fills", "n_unfilled"];
    let [slippage, borrow, interest, n_positions, n_fills, n_unfilled] = names.map(column);
    let day = |(t, &session): (usize, &Session)| Day {
        session,
        equity: equity[t],
        cash: cash[t],
        long: long[t],
        short: short[t],
        n_positions: n_positions[t] as usize,
        bought: bought[t],
        sold: sold[t],
        commission: commission[t],
        tax: tax[t],
        slippage: slippage[t],
        borrow: borrow[t],
        interest: interest[t],
        delisting_loss: 0.0,
        n_fills: n_fills[t] as usize,
        n_unfilled: n_unfilled[t] as usize,
    };
    result.sessions.iter().enumerate().map(day).collect()
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
    fn an_interval_holds_the_mean_and_touches_zero_at_t_1_96() {
        assert_eq!(interval(0.1, 1.96), (0.0, 0.2));
        assert!(interval(0.0, 0.0).0.is_nan());
    }

    #[test]
    fn names_costs_and_delays() {
        let variant = Variant { cost_tenths: 20, delay: 1, ..Variant::plain(Holder::Index) };
        assert_eq!(variant_name(&variant), "index, costs ×2, 1 session later");
    }
}
