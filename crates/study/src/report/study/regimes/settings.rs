//! The section about settings: how much the result depends on states, look-back and days of the fits.

use backstaff_report::{Chart, Column, Emphasis, Format, Histogram, Rule, Section, Table, cells};

use crate::{
    flow::results::{FollowedRegimes, Results},
    report::series,
    steps::{
        backtest::{BacktestResult, Holder},
        regimes::Setting,
    },
    words,
};

/// The results of the strategy by setting, the study's own first.
fn by_setting(results: &Results) -> Vec<(&Setting, &BacktestResult)> {
    let settings = results.spread.iter().filter_map(|result| match &result.variant.holder {
        Holder::Strategy(Some(setting)) => Some((setting, result)),
        _ => None,
    });
    settings.collect()
}

pub(super) fn section(results: &Results, regimes: &FollowedRegimes) -> Section {
    let all = by_setting(results);
    let first = all.first().and_then(|(_, result)| result.daily.days.first()).map(|day| day.session);
    let intro = format!(
        "The same strategy and costs with other numbers of states, other look-backs, and fits on other days. Nobody knew \
         beforehand which is best; a result that only one of them has is luck. All run from {}, when the longest look-back \
         is full.",
        first.map(|session| session.to_string()).unwrap_or_default()
    );
    let mut section = Section::new("settings", "Other settings").intro(intro);
    if all.len() > 2 {
        let sharpes = all.iter().map(|(_, book)| book.measure("sharpe")).collect::<Vec<_>>();
        let own = sharpes[0];
        let histogram = Histogram::of("Sharpe ratio", Format::Number(2), [("settings", sharpes.clone())], 12)
            .rule(Rule::new(own, "the study's"));
        section = section.block(Chart::new("Sharpe ratio under all settings", histogram).height(200));
        section = section.text(format!(
            "Mean Sharpe ratio {}, standard deviation {} over {}.",
            words::number(series::mean(&sharpes), 2),
            words::number(series::deviation(&sharpes), 2),
            words::count(sharpes.len(), "setting")
        ));
    }
    section.block(matrix(results, &all)).block(table(regimes, &all))
}

/// The Sharpe ratio by number of states and look-back.
fn matrix(results: &Results, all: &[(&Setting, &BacktestResult)]) -> Table {
    let spread = results.config.spread.clone().unwrap_or_default();
    let sharpe = |states: usize, look_back: usize| {
        let setting = Setting { states, look_back, offset: None };
        let found = all.iter().find(|(other, _)| **other == setting);
        found.map_or(f64::NAN, |(_, book)| book.measure("sharpe"))
    };
    let rows = spread.states.iter().map(|&states| {
        let values = spread.look_backs.iter().map(|&look_back| sharpe(states, look_back)).collect();
        (format!("{states} states"), values)
    });
    let columns = spread.look_backs.iter().map(|look_back| format!("{look_back} bars"));
    Table::matrix("Sharpe ratio by states and look-back", "States", columns, rows, Format::Number(2))
}

fn table(regimes: &FollowedRegimes, all: &[(&Setting, &BacktestResult)]) -> Table {
    let mut table = Table::new("All settings")
        .column(Column::text("Setting"))
        .column(Column::percent("CAGR", 1))
        .column(Column::percent("Volatility", 1))
        .column(Column::number("Sharpe", 2))
        .column(Column::percent("Max. drawdown", 1))
        .column(Column::number("Turnover", 1).note("a year, one-sided: 1 replaces the book once"))
        .sortable()
        .visible_rows(24);
    for (setting, book) in all {
        let emphasis = if **setting == regimes.setting { Emphasis::Strong } else { Emphasis::None };
        table = table.row_with(
            emphasis,
            cells![
                setting.to_string(),
                book.measure("cagr"),
                book.measure("volatility"),
                book.measure("sharpe"),
                book.measure("max_drawdown"),
                book.measure("turnover_annual"),
            ],
        );
    }
    table
}
