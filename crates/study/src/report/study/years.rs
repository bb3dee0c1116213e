//! The portfolio year by year, and over windows of a year.

use backstaff_panel::Session;
use backstaff_portfolio::{Day, measure::CalendarPeriod};
use backstaff_report::{Chart, Column, Format, Heat, Lines, Rule, Table, cells};
use serde::{Deserialize, Serialize};

use super::{
    TIME,
    account::{Account, Accounts},
    drawn,
};
use crate::{
    report::series::{ANNUALISED, deviation, mean},
    steps::evaluate::{Evaluation, finite},
    words,
};

/// The sessions of a moving window: a year on most exchanges.
const WINDOW: usize = 252;

/// A year of a portfolio; a number that is not defined is `null`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct YearFacts {
    /// The calendar year, of which only the tested sessions count.
    pub year: i16,
    /// The number of sessions with a return.
    pub sessions: usize,
    /// The return of the year after costs: `Π(1 + r) − 1`.
    #[serde(rename = "return")]
    pub growth: Option<f64>,
    /// The return of the benchmark in the same sessions.
    pub benchmark: Option<f64>,
    /// The return less that of the benchmark: a difference of compounded returns, of the year's sessions alone. The mean
    /// difference a year, by which a portfolio is judged, is another number.
    pub excess: Option<f64>,
    /// The volatility a year: `sd(r) · √(sessions a year)`; `null` for fewer than 60 sessions.
    pub volatility: Option<f64>,
    /// The Sharpe ratio: `mean(r − cash) / sd(r − cash) · √(sessions a year)`; `null` for fewer than 60 sessions.
    pub sharpe: Option<f64>,
    /// The deepest drawdown within the year: the lowest equity over the highest one before it in the year, less one.
    pub max_drawdown: Option<f64>,
    /// The deepest point below a high of any year: the lowest equity of the year over the highest one before it in the
    /// whole test, less one.
    pub below_high: Option<f64>,
    /// The one-sided turnover: half of purchases and sales over the equity at the close before, summed over the year's
    /// sessions.
    pub turnover: Option<f64>,
    /// Commission, tax, slippage and borrow fees over the equity at the close before, summed over the year's sessions.
    pub costs: Option<f64>,
    /// The mean share of equity in positions, long and short.
    pub exposure: Option<f64>,
    /// The sessions with a return above 0, divided by those with one other than 0.
    pub hit_rate: Option<f64>,
    /// The mean rank IC of the scores over the year's sessions.
    pub rank_ic: Option<f64>,
}

impl YearFacts {
    /// The facts of each year of an account.
    pub(super) fn of(
        account: &Account<'_>,
        benchmark: Option<&Account<'_>>,
        evaluation: Option<&Evaluation>,
    ) -> Vec<Self> {
        let (returns, cash) = (account.returns(), account.cash_returns());
        let other = benchmark.filter(|other| other.sessions() == account.sessions()).map(Account::returns);
        let days = account.days();
        let mut start = 0;
        let years = days[1..].chunk_by(|a, b| a.session.year() == b.session.year()).map(|year| {
            let at = start..start + year.len();
            start = at.end;
            let other = other.as_ref().map_or(f64::NAN, |other| compounded(&other[at.clone()]));
            let before = &days[at.clone()];
            let high = days[..=at.start].iter().map(|day| day.equity).fold(f64::NEG_INFINITY, f64::max);
            let part = Part { returns: &returns[at.clone()], cash: &cash[1..][at], before, year, high };
            let ic = evaluation.map_or(f64::NAN, |evaluation| rank_ic(evaluation, year[0].session.year()));
            part.facts(other, ic, account.sessions_per_year())
        });
        years.collect()
    }
}

/// A year of an account: its returns, the returns of cash, the days before and the days themselves, and the highest
/// equity before the year.
struct Part<'a> {
    returns: &'a [f64],
    cash: &'a [f64],
    before: &'a [Day],
    year: &'a [Day],
    high: f64,
}

impl Part<'_> {
    fn facts(&self, benchmark: f64, rank_ic: f64, sessions_per_year: f64) -> YearFacts {
        let growth = compounded(self.returns);
        let excess = self.returns.iter().zip(self.cash).map(|(r, cash)| r - cash).collect::<Vec<_>>();
        let sum = |of: fn(&Day, f64) -> f64| {
            self.year.iter().zip(self.before).map(|(day, before)| of(day, before.equity)).sum::<f64>()
        };
        let gains = self.returns.iter().filter(|r| **r > 0.0).count() as f64;
        let moves = self.returns.iter().filter(|r| **r != 0.0).count() as f64;
        let exposure = self.year.iter().map(Day::gross_exposure).collect::<Vec<_>>();
        let annualised = |value: f64| finite(value).filter(|_| self.year.len() >= ANNUALISED);
        YearFacts {
            year: self.year[0].session.year(),
            sessions: self.year.len(),
            growth: finite(growth),
            benchmark: finite(benchmark),
            excess: finite(growth - benchmark),
            volatility: annualised(deviation(self.returns) * sessions_per_year.sqrt()),
            sharpe: annualised(mean(&excess) / deviation(&excess) * sessions_per_year.sqrt()),
            max_drawdown: finite(self.drawdown(self.before[0].equity)),
            below_high: finite(self.drawdown(self.high)),
            turnover: finite(sum(Day::turnover)),
            costs: finite(sum(|day, before| day.costs() / before)),
            exposure: finite(mean(&exposure)),
            hit_rate: finite(gains / moves),
            rank_ic: finite(rank_ic),
        }
    }

    /// The deepest point below the highest equity so far, which begins with `high`.
    fn drawdown(&self, mut high: f64) -> f64 {
        self.year.iter().fold(0.0, |deepest: f64, day| {
            high = high.max(day.equity);
            deepest.min(day.equity / high - 1.0)
        })
    }
}

fn compounded(returns: &[f64]) -> f64 {
    returns.iter().fold(1.0, |growth, r| growth * (1.0 + r)) - 1.0
}

fn rank_ic(evaluation: &Evaluation, year: i16) -> f64 {
    let pairs = evaluation.sessions.iter().zip(evaluation.column("rank_ic"));
    let values = pairs.filter(|(session, value)| session.year() == year && value.is_finite());
    mean(&values.map(|(_, value)| *value).collect::<Vec<_>>())
}

/// The tested years and their names; a year that the test holds only in part is named with that part.
pub(super) fn names(account: &Account<'_>) -> Vec<(i16, String)> {
    let (Some(&first), Some(&last)) = (account.sessions().first(), account.sessions().last()) else {
        return Vec::new();
    };
    let date = |session: Session| session.to_string()[5..].to_owned();
    let returns = account.period_returns(CalendarPeriod::Year);
    let written = returns.iter().map(|period| {
        let late = period.year == first.year() && first.month() > 1;
        let early = period.year == last.year() && (last.month() < 12 || last.date().day() < 20);
        let text = match (late, early) {
            (true, true) => format!("{} ({} to {})", period.year, date(first), date(last)),
            (true, false) => format!("{} (from {})", period.year, date(first)),
            (false, true) => format!("{} (to {})", period.year, date(last)),
            (false, false) => period.year.to_string(),
        };
        (period.year, text)
    });
    written.collect()
}

/// The table of an account's years. What is a rate a year says so; all else is of the year's sessions alone.
pub(super) fn table(account: &Account<'_>, benchmark: &str, years: &[YearFacts]) -> Table {
    let names = names(account);
    let name = |year: i16| {
        let known = names.iter().find(|(known, _)| *known == year);
        known.map_or_else(|| year.to_string(), |(_, name)| name.clone())
    };
    let few = format!("not told for fewer than {ANNUALISED} sessions");
    let mut table = Table::new(format!("{} year by year, after costs", account.name()))
        .column(Column::text("Year"))
        .column(
            Column::percent("Return", 1).heat(Heat::Diverging).note("compounded over the year's sessions"),
        )
        .column(Column::percent(words::capitalised(benchmark), 1).note("compounded over the same sessions"))
        .column(
            Column::percent("Difference", 1)
                .heat(Heat::Diverging)
                .note("of the two compounded returns; the excess elsewhere is the mean difference a year"),
        )
        .column(Column::percent("Volatility a year", 1).note(format!("sd(r) · √(sessions a year), {few}")))
        .column(
            Column::number("Sharpe a year", 2)
                .note(format!("mean(r − cash) / sd(r − cash) · √(sessions a year), {few}")),
        )
        .column(
            Column::percent("Drawdown within", 1)
                .note("lowest equity / highest before it in the same year − 1"),
        )
        .column(
            Column::percent("Below any high", 1)
                .note("lowest equity of the year / highest before it in the test − 1"),
        )
        .column(
            Column::number("Turnover within", 1)
                .note("one-sided, in times of the book, summed over the year's sessions"),
        )
        .column(
            Column::percent("Costs within", 2).note("of the equity before, summed over the year's sessions"),
        )
        .column(Column::percent("Invested", 0).note("mean (long + short) / equity"))
        .column(Column::percent("Hit rate", 0).note("sessions with a gain / sessions with a gain or a loss"))
        .column(Column::number("Rank IC", 3).note("mean over the year's sessions"));
    for facts in years {
        table = table.row(cells![
            name(facts.year),
            facts.growth,
            facts.benchmark,
            facts.excess,
            facts.volatility,
            facts.sharpe,
            facts.max_drawdown,
            facts.below_high,
            facts.turnover,
            facts.costs,
            facts.exposure,
            facts.hit_rate,
            facts.rank_ic,
        ]);
    }
    table
}

/// The Sharpe ratio and the beta to another account, over the window of a year that ends in each session; NaN while the
/// window is not full.
pub(super) fn rolling(account: &Account<'_>, other: Option<&Account<'_>>) -> (Vec<f64>, Vec<f64>) {
    let excess = |account: &Account<'_>| {
        let cash = account.cash_returns()[1..].iter();
        account.returns().iter().zip(cash).map(|(r, cash)| r - cash).collect::<Vec<_>>()
    };
    let own = excess(account);
    let other = other.filter(|other| other.sessions() == account.sessions()).map(excess);
    let scale = account.sessions_per_year().sqrt();
    let windows = |of: &dyn Fn(std::ops::Range<usize>) -> f64| {
        let at = |day: usize| if day < WINDOW { f64::NAN } else { of(day - WINDOW..day) };
        (0..account.sessions().len()).map(at).collect::<Vec<_>>()
    };
    let sharpe = windows(&|at| mean(&own[at.clone()]) / deviation(&own[at]) * scale);
    let beta = windows(&|at| other.as_ref().map_or(f64::NAN, |other| slope(&own[at.clone()], &other[at])));
    (sharpe, beta)
}

/// The slope of the regression of `y` on `x`; NaN where `x` does not vary.
fn slope(y: &[f64], x: &[f64]) -> f64 {
    let (mean_y, mean_x) = (mean(y), mean(x));
    let products = y.iter().zip(x).map(|(y, x)| (y - mean_y) * (x - mean_x)).sum::<f64>();
    let squares = x.iter().map(|x| (x - mean_x) * (x - mean_x)).sum::<f64>();
    if squares > 0.0 { products / squares } else { f64::NAN }
}

/// The charts of [`rolling`]; empty where the test is shorter than a window.
pub(super) fn rolling_charts(
    accounts: &Accounts<'_>,
    account: &Account<'_>,
    other: Option<&Account<'_>>,
) -> Vec<Chart> {
    if account.sessions().len() <= WINDOW {
        return Vec::new();
    }
    let (sharpe, beta) = rolling(account, other);
    let mut lines = Lines::by_date(account.dates(), Format::Number(1)).group(TIME).rule(Rule::new(0.0, "0"));
    lines = lines.line(drawn::line(accounts, account, sharpe));
    if let Some(other) = other.filter(|other| other.sessions() == account.sessions()) {
        lines = lines.line(drawn::line(accounts, other, rolling(other, None).0));
    }
    let mut charts = vec![
        Chart::new(format!("Sharpe ratio of the last {WINDOW} sessions"), lines)
            .note("mean(r − cash) / sd(r − cash) · √(sessions a year), each session over the ones that end with it.")
            .height(200),
    ];
    if beta.iter().any(|value| value.is_finite()) {
        let lines = Lines::by_date(account.dates(), Format::Number(2)).group(TIME).rule(Rule::new(1.0, "1"));
        charts.push(
            Chart::new(
                format!("Beta to the benchmark over the last {WINDOW} sessions"),
                lines.line(drawn::line(accounts, account, beta)),
            )
            .note("cov(r − cash, b − cash) / var(b − cash), each session over the ones that end with it.")
            .height(200),
        );
    }
    charts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::{account::Accounts, testing::Made};

    #[test]
    fn the_years_compound_to_the_whole() {
        let results = Made::default().results();
        let accounts = Accounts::of(&results);
        let primary = accounts.primary().unwrap();
        let years = YearFacts::of(primary, accounts.benchmark(), results.evaluations.get("trees"));
        let whole = years.iter().map(|year| 1.0 + year.growth.unwrap()).product::<f64>();
        assert!((whole / primary.growth().last().unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(years.iter().map(|year| year.sessions).sum::<usize>(), primary.days().len() - 1);
        assert!(years.iter().all(|year| year.benchmark.is_some() && year.max_drawdown.unwrap() <= 0.0));
    }

    #[test]
    fn the_deepest_point_below_any_high_is_the_drawdown_of_the_whole() {
        let results = Made { drift: -0.001, n_sessions: 900, ..Made::default() }.results();
        let accounts = Accounts::of(&results);
        let primary = accounts.primary().unwrap();
        let years = YearFacts::of(primary, accounts.benchmark(), None);
        let deepest = years.iter().map(|year| year.below_high.unwrap()).fold(0.0, f64::min);
        assert!((deepest - primary.measure("max_drawdown")).abs() < 1e-12);
        assert!(years.iter().all(|year| year.below_high <= year.max_drawdown));
        assert!(
            years.iter().any(|year| year.below_high < year.max_drawdown),
            "a fall goes on beyond a year's end"
        );
    }

    #[test]
    fn a_few_sessions_are_not_told_for_a_year() {
        // The last two thirds of 274 weekdays from the beginning of 2010 on are tested: 2011 has a dozen of them.
        let results = Made { n_sessions: 274, ..Made::default() }.results();
        let accounts = Accounts::of(&results);
        let primary = accounts.primary().unwrap();
        let years = YearFacts::of(primary, accounts.benchmark(), None);
        let (whole, rest) = (&years[0], &years[1]);
        assert!(
            whole.sessions >= ANNUALISED && rest.sessions < ANNUALISED,
            "{} {}",
            whole.sessions,
            rest.sessions
        );
        assert!(whole.volatility.is_some() && whole.sharpe.is_some());
        assert!(rest.volatility.is_none() && rest.sharpe.is_none());
        assert!(rest.growth.is_some() && rest.turnover.is_some(), "what is not annualised is told");
        let table = table(primary, "equal weight", &years);
        let text = serde_json::to_string(&table).unwrap();
        assert!(text.contains("2011 (to 01-"), "a part of a year is named with it: {text}");
        for unit in ["Volatility a year", "Turnover within", "Costs within", "Drawdown within"] {
            assert!(text.contains(unit), "{unit}");
        }
        assert!(!text.contains("\"Excess\""), "another number has that name");
    }

    #[test]
    fn a_portfolio_has_a_beta_of_one_to_itself() {
        let results = Made { n_sessions: 900, ..Made::default() }.results();
        let accounts = Accounts::of(&results);
        let primary = accounts.primary().unwrap();
        let (sharpe, beta) = rolling(primary, Some(primary));
        assert!(sharpe[WINDOW - 1].is_nan() && sharpe[WINDOW].is_finite());
        assert!(beta[WINDOW..].iter().all(|beta| (beta - 1.0).abs() < 1e-12));
        assert_eq!(rolling_charts(&accounts, primary, accounts.benchmark()).len(), 2);
    }
}
