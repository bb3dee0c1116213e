//! The section about stress: the result at other costs, with a delay, without a few sessions, in parts of the test.

use backstaff_portfolio::measure::{newey_west_t, usual_lags};
use backstaff_report::{Column, Emphasis, Heat, Section, Table, cells};

use super::account::{Account, Accounts, interval};
use crate::report::series::{ANNUALISED, mean};

/// The number of best or worst sessions to take out, to see whether a few make the result.
const FEW: usize = 10;

pub(super) fn section(accounts: &Accounts<'_>) -> Section {
    let section = Section::new("stress", "Stress").intro(
        "What the result hangs on: the same portfolio at other costs and one session later, and its return above the \
         benchmark in parts of the test.",
    );
    let Some(primary) = accounts.primary() else { return section };
    let section = section.block(variants(accounts));
    match accounts.benchmark().filter(|other| other.sessions() == primary.sessions()) {
        Some(benchmark) => section.block(parts(accounts, primary, benchmark)),
        None => section,
    }
}

fn variants(accounts: &Accounts<'_>) -> Table {
    let mut table = Table::new("Costs and delay")
        .column(Column::text("Variant"))
        .column(Column::percent("CAGR", 1).note("(last equity / first)^(1 / years) − 1"))
        .column(
            Column::percent("Excess", 1)
                .heat(Heat::Diverging)
                .note(format!(
                    "mean(r − b) · sessions a year, b is the {}; without costs b is without costs too, else it pays the stated ones",
                    accounts.benchmark_kind().name()
                )),
        )
        .column(Column::number("t", 2).note("mean / Newey–West standard error"))
        .column(Column::percent("95% from", 1).note("mean − 1.96 standard errors"))
        .column(Column::percent("to", 1).note("mean + 1.96 standard errors"))
        .column(Column::number("Sharpe", 2))
        .column(Column::percent("Max. drawdown", 1))
        .column(Column::number("Turnover", 1).note("a year, one-sided: 1 replaces the book once"))
        .column(Column::percent("Costs", 2).note("a year, of equity"));
    for (cost_tenths, delay, name) in [
        (10, 0, "as stated"),
        (0, 0, "without costs"),
        (20, 0, "twice the costs"),
        (50, 0, "five times the costs"),
        (10, 1, "signal one session older"),
    ] {
        let Some(account) = accounts.primary_at(cost_tenths, delay) else { continue };
        let excess = accounts.excess(account);
        let emphasis = if name == "as stated" { Emphasis::Strong } else { Emphasis::None };
        let row = cells![
            name,
            account.measure("cagr"),
            excess.as_ref().map(|excess| excess.annual),
            excess.as_ref().map(|excess| excess.t),
            excess.as_ref().map(|excess| excess.interval.0),
            excess.as_ref().map(|excess| excess.interval.1),
            account.measure("sharpe"),
            account.measure("max_drawdown"),
            account.measure("turnover_annual"),
            account.measure("cost_annual"),
        ];
        table = table.row_with(emphasis, row);
    }
    table
}

fn parts(accounts: &Accounts<'_>, primary: &Account<'_>, benchmark: &Account<'_>) -> Table {
    let differences = primary.differences(benchmark);
    let half = differences.len() / 2;
    let sessions = &primary.sessions()[1..];
    let mut parts = vec![
        ("all sessions".to_owned(), differences.clone()),
        ("first half".to_owned(), differences[..half].to_vec()),
        ("second half".to_owned(), differences[half..].to_vec()),
    ];
    for year in sessions.chunk_by(|a, b| a.year() == b.year()) {
        let start = sessions.partition_point(|session| *session < year[0]);
        parts.push((year[0].year().to_string(), differences[start..start + year.len()].to_vec()));
    }
    parts.push((format!("without its {FEW} best sessions"), without(&differences, |a, b| b.total_cmp(&a))));
    parts.push((format!("without its {FEW} worst sessions"), without(&differences, |a, b| a.total_cmp(&b))));
    let mut table =
        Table::new(format!("Return above the {}, after costs, in parts", accounts.benchmark_kind().name()))
            .column(Column::text("Part"))
            .column(Column::percent("Excess", 1).heat(Heat::Diverging).note(format!(
                "mean(r − b) · sessions a year; not told for fewer than {ANNUALISED} sessions"
            )))
            .column(Column::number("t", 2).note("mean / Newey–West standard error, lags ⌊4 (n / 100)^(2/9)⌋"))
            .column(Column::percent("95% from", 1))
            .column(Column::percent("to", 1))
            .column(Column::integer("Sessions"));
    for (name, values) in parts {
        let is_long = values.len() >= ANNUALISED;
        let annual = if is_long { mean(&values) * primary.sessions_per_year() } else { f64::NAN };
        // The mean of sessions that were chosen by their return has no standard error.
        let is_chosen = name.starts_with("without");
        let t = if is_chosen { f64::NAN } else { newey_west_t(&values, usual_lags(values.len())) };
        let (low, high) = interval(annual, t);
        let emphasis = if name == "all sessions" { Emphasis::Strong } else { Emphasis::None };
        table = table.row_with(emphasis, cells![name, annual, t, low, high, values.len()]);
    }
    table
}

/// The values without the first few in this order; the rest keep their own order.
fn without(values: &[f64], order: impl Fn(f64, f64) -> std::cmp::Ordering) -> Vec<f64> {
    let mut places = (0..values.len()).collect::<Vec<_>>();
    places.sort_by(|&a, &b| order(values[a], values[b]).then(a.cmp(&b)));
    let mut kept = places.split_off(FEW.min(values.len()));
    kept.sort_unstable();
    kept.into_iter().map(|place| values[place]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::testing::Made;

    #[test]
    fn a_part_of_a_few_sessions_has_no_excess_a_year() {
        let results = Made { n_sessions: 274, ..Made::default() }.results();
        let accounts = Accounts::of(&results);
        let table = parts(&accounts, accounts.primary().unwrap(), accounts.benchmark().unwrap());
        let row = |name: &str| {
            let row = table.rows.iter().find(|row| row.cells[0] == backstaff_report::Cell::from(name));
            serde_json::to_value(&row.unwrap().cells).unwrap()
        };
        let (whole, week) = (row("2010"), row("2011"));
        assert!(whole[1].is_number() && whole[3].is_number());
        assert!(week[1].is_null() && week[3].is_null() && week[4].is_null() && week[5].is_number(), "{week}");
    }

    #[test]
    fn takes_out_the_best_and_keeps_the_order_of_the_rest() {
        let values = (0..13).map(|n| f64::from((n * 5) % 13)).collect::<Vec<_>>();
        let kept = without(&values, |a, b| b.total_cmp(&a));
        assert_eq!(kept, values.iter().copied().filter(|&value| value < 3.0).collect::<Vec<_>>());
        assert!(without(&[1.0], |a, b| a.total_cmp(&b)).is_empty());
    }
}
