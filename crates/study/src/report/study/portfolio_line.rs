//! The portfolios beside each other in a few numbers: what a terminal shows, and what runs are compared by.

use backstaff_report::{Column, Table, cells, text};
use serde::{Deserialize, Serialize};

use super::{account::Accounts, verdict::Verdict};
use crate::flow::results::Results;

/// A portfolio after costs, in the numbers that are looked at first; a number that is not defined is `null`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PortfolioLine {
    /// The name of the portfolio.
    pub portfolio: String,
    /// Whether the verdict is about this portfolio.
    pub is_primary: bool,
    /// The growth of equity, compounded: a fraction a year.
    pub cagr: Option<f64>,
    /// The mean return above the benchmark: a fraction a year. `null` for the benchmark itself.
    pub excess_annual: Option<f64>,
    /// The Newey–West t of the excess.
    pub excess_t: Option<f64>,
    /// The alpha to the benchmark: a fraction a year.
    pub alpha_annual: Option<f64>,
    /// The Newey–West t of the alpha.
    pub alpha_t: Option<f64>,
    /// The beta to the benchmark.
    pub beta: Option<f64>,
    /// The Sharpe ratio, from yearly numbers.
    pub sharpe: Option<f64>,
    /// The deepest drawdown: a fraction, 0 or less.
    pub max_drawdown: Option<f64>,
    /// The turnover a year, one-sided: 1 replaces the book once.
    pub turnover_annual: Option<f64>,
    /// The costs a year: a fraction of equity.
    pub cost_annual: Option<f64>,
}

/// The portfolios that a report compares, in its order.
pub(super) fn portfolio_lines(
    results: &Results,
    accounts: &Accounts<'_>,
    verdict: &Verdict,
) -> Vec<PortfolioLine> {
    let finite = |value: f64| value.is_finite().then_some(value);
    let line = |account: &super::account::Account<'_>| {
        let excess = verdict.excess_of(accounts, account);
        let own = |name: &str| finite(account.measure(name));
        let beside = |name: &str| excess.as_ref().and_then(|excess| finite(excess.measure(name)));
        PortfolioLine {
            portfolio: super::summary::label(results, account),
            is_primary: accounts.is_primary(account),
            cagr: own("cagr"),
            excess_annual: beside("active_return_annual"),
            excess_t: beside("active_return_t"),
            alpha_annual: beside("alpha_annual"),
            alpha_t: beside("alpha_t"),
            beta: beside("beta"),
            sharpe: own("sharpe"),
            max_drawdown: own("max_drawdown"),
            turnover_annual: own("turnover_annual"),
            cost_annual: own("cost_annual"),
        }
    };
    accounts.compared().into_iter().map(line).collect()
}

/// The portfolios as a table for a terminal; the one that the verdict is about has a mark.
pub fn portfolio_table(lines: &[PortfolioLine]) -> String {
    let mut table = Table::new("")
        .column(Column::text("portfolio"))
        .column(Column::percent("CAGR", 1))
        .column(Column::percent("excess", 1))
        .column(Column::number("t", 2))
        .column(Column::percent("alpha", 1))
        .column(Column::number("t", 2))
        .column(Column::number("beta", 2))
        .column(Column::number("Sharpe", 2))
        .column(Column::percent("drawdown", 1))
        .column(Column::number("turnover", 1))
        .column(Column::percent("costs", 2));
    for line in lines {
        let mark = if line.is_primary { "▸ " } else { "  " };
        table = table.row(cells![
            format!("{mark}{}", line.portfolio),
            line.cagr,
            line.excess_annual,
            line.excess_t,
            line.alpha_annual,
            line.alpha_t,
            line.beta,
            line.sharpe,
            line.max_drawdown,
            line.turnover_annual,
            line.cost_annual,
        ]);
    }
    text::render(&table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::testing::Made;

    #[test]
    fn a_terminal_sees_what_the_page_says() {
        let results = Made::default().results();
        let accounts = Accounts::of(&results);
        let verdict = Verdict::of(&results, &accounts);
        let all = portfolio_lines(&results, &accounts, &verdict);
        let primary = all.iter().filter(|line| line.is_primary).collect::<Vec<_>>();
        assert_eq!(primary.len(), 1);
        let excess = accounts.primary_excess().unwrap();
        assert_eq!(primary[0].excess_annual, Some(excess.measure("active_return_annual")));
        let benchmark = all.iter().find(|line| line.portfolio == "equal weight").unwrap();
        assert_eq!((benchmark.excess_t, benchmark.beta), (None, None));
        let text = portfolio_table(&all);
        assert!(text.contains("▸ trees") && text.lines().all(|line| line.chars().count() <= 110), "{text}");
    }
}
