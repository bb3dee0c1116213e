//! The primary portfolio in the numbers that Microsoft Qlib reports, for studies that trade by its rules.

use backstaff_portfolio::measure::qlib::{Accumulation, DAYS_PER_YEAR, ReportRow, report, risk_analysis};
use backstaff_report::{Column, Table, cells};
use serde::{Deserialize, Serialize};

use super::account::Accounts;
use crate::flow::results::Results;

/// A series of returns in Qlib's analysis of risk: sums of returns, 238 sessions a year.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QlibRisk {
    /// The series: `return_without_cost`, `return_with_cost`, and above the index `excess_return_without_cost`,
    /// `excess_return_with_cost`.
    pub series: String,
    /// The mean of a session's returns.
    pub mean: Option<f64>,
    /// The standard deviation of a session's returns.
    pub std: Option<f64>,
    /// The mean times 238.
    pub annualized_return: Option<f64>,
    /// The mean over the deviation, times the root of 238.
    pub information_ratio: Option<f64>,
    /// The deepest fall of the sum of the returns.
    pub max_drawdown: Option<f64>,
}

/// The analysis of the primary portfolio; empty for a study that trades by other rules.
pub(super) fn risks(results: &Results, accounts: &Accounts<'_>) -> Vec<QlibRisk> {
    let primary = accounts.primary().filter(|_| results.config.portfolio.qlib().is_some());
    let Some(days) = primary.map(super::account::Account::days) else { return Vec::new() };
    // The account opens at the close before the first day of Qlib's report.
    let Some(first) = days.get(1) else { return Vec::new() };
    let rows = report(days, first.session);
    let mut all = vec![
        risk("return_without_cost", rows.iter().map(|row| row.return_)),
        risk("return_with_cost", rows.iter().map(|row| row.return_ - row.cost)),
    ];
    if let Some(bench) = bench(results, &rows) {
        let excess = || rows.iter().zip(&bench).map(|(row, bench)| (row.return_ - bench, row.cost));
        all.push(risk("excess_return_without_cost", excess().map(|(excess, _)| excess)));
        all.push(risk("excess_return_with_cost", excess().map(|(excess, cost)| excess - cost)));
    }
    all
}

fn risk(series: &str, returns: impl Iterator<Item = f64>) -> QlibRisk {
    let finite = |value: f64| value.is_finite().then_some(value);
    let risk = risk_analysis(&returns.collect::<Vec<_>>(), DAYS_PER_YEAR, Accumulation::Sum);
    QlibRisk {
        series: series.to_owned(),
        mean: finite(risk.mean),
        std: finite(risk.std),
        annualized_return: finite(risk.annualized_return),
        information_ratio: finite(risk.information_ratio),
        max_drawdown: finite(risk.max_drawdown),
    }
}

/// The return of the index from close to close in the sessions of a report, 0 where it has none, as in Qlib; `None`
/// without an index.
fn bench(results: &Results, rows: &[ReportRow]) -> Option<Vec<f64>> {
    let close = results.panel.benchmark().ok()??.close;
    let calendar = results.panel.axis().calendar();
    let of = |row: &ReportRow| {
        let position = calendar.position(row.session)?;
        let change = close[position] / close[position.checked_sub(1)?] - 1.0;
        change.is_finite().then_some(change)
    };
    Some(rows.iter().map(|row| of(row).unwrap_or(0.0)).collect())
}

/// The analysis as a table; `None` for a study that trades by other rules.
pub(super) fn table(results: &Results, accounts: &Accounts<'_>) -> Option<Table> {
    let risks = risks(results, accounts);
    let mut table = Table::new("As Qlib reports it")
        .column(Column::text("Series"))
        .column(Column::number("Mean", 6))
        .column(Column::number("Std", 6))
        .column(Column::number("Annualized return", 6).note("sums of returns, 238 sessions a year"))
        .column(Column::number("Information ratio", 6))
        .column(Column::number("Max drawdown", 6).note("of the sum of returns"));
    if risks.is_empty() {
        return None;
    }
    for risk in risks {
        let QlibRisk { series, mean, std, annualized_return, information_ratio, max_drawdown } = risk;
        table = table.row(cells![series, mean, std, annualized_return, information_ratio, max_drawdown]);
    }
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::RulesSpec, report::study::testing::Made};

    #[test]
    fn only_a_study_by_the_rules_of_qlib_has_its_numbers() {
        let mut results = Made::default().results();
        assert_eq!(risks(&results, &Accounts::of(&results)), []);
        results.config.portfolio.rules = Some(RulesSpec::Qlib(Box::default()));
        let accounts = Accounts::of(&results);
        let all = risks(&results, &accounts);
        assert_eq!(all[1].series, "return_with_cost");
        assert!(all[0].mean >= all[1].mean && all[1].max_drawdown.unwrap() <= 0.0);
        assert!(table(&results, &accounts).is_some());
    }
}
