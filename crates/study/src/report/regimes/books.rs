//! What the books became, and what the strategy held.

use backstaff_portfolio::measure::{self, Period, period_returns};
use backstaff_report::{
    Cell, Chart, Colour, Column, Format, Heat, Line, Lines, Scale, Section, Stroke, Table, cells,
};

use super::{TIME, dates};
use crate::{
    regime_study::{
        allocate::{Allocation, Book},
        results::{RegimeResults, book_name},
    },
    report::series::moving_mean,
};

/// Sessions that a moving mean takes in: a quarter.
const QUARTER: usize = 63;

pub(super) fn section(results: &RegimeResults) -> Section {
    let mut section = Section::new("performance", "Performance").intro(
        "Growth of one unit of money under the same costs, fills at the next session and the same interest on cash.",
    );
    section = section.block(growth(results)).block(underwater(results)).block(yearly(results));
    if let Some(strategy) = results.strategy() {
        section = section.block(allocation(strategy));
    }
    section.block(costs(results)).block(orders(results))
}

fn growth_of(book: &Allocation) -> Vec<f64> {
    let equity = book.column("equity");
    let first = equity.first().copied().unwrap_or(f64::NAN);
    equity.iter().map(|equity| equity / first).collect()
}

fn line(book: &Allocation, values: Vec<f64>) -> Line {
    let line = Line::new(book_name(&book.shard.book), values);
    match &book.shard.book {
        Book::Strategy(_) => line,
        Book::Hold(_) => line.colour(Colour::Neutral),
        Book::Weights { .. } => line.stroke(Stroke::Dashed),
    }
}

fn growth(results: &RegimeResults) -> Chart {
    let dates = results.strategy().map(|book| dates(&book.sessions)).unwrap_or_default();
    let mut lines = Lines::by_date(dates, Format::Number(2)).scale(Scale::Log).group(TIME);
    for book in &results.books {
        lines = lines.line(line(book, growth_of(book)));
    }
    Chart::new("Growth of 1", lines).note("Equity over initial cash, logarithmic, after costs.").height(340)
}

fn underwater(results: &RegimeResults) -> Chart {
    let dates = results.strategy().map(|book| dates(&book.sessions)).unwrap_or_default();
    let mut lines = Lines::by_date(dates, Format::Percent(1)).group(TIME);
    for book in &results.books {
        let falls = measure::underwater(growth_of(book));
        let is_strategy = matches!(book.shard.book, Book::Strategy(_));
        lines =
            lines.line(if is_strategy { line(book, falls).stroke(Stroke::Area) } else { line(book, falls) });
    }
    Chart::new("Drawdown", lines).note("Equity over its highest value so far, less one.").height(220)
}

fn yearly(results: &RegimeResults) -> Table {
    let mut table = Table::new("Return by year, after costs").column(Column::text("Year")).visible_rows(30);
    let columns =
        results.books.iter().map(|book| period_returns(&book.sessions, &growth_of(book), Period::Year));
    let columns = columns.collect::<Vec<_>>();
    for book in &results.books {
        table = table.column(Column::percent(book_name(&book.shard.book), 1).heat(Heat::Diverging));
    }
    for period in columns.first().into_iter().flatten() {
        let of = |column: &Vec<backstaff_portfolio::measure::PeriodReturn>| {
            column.iter().find(|other| other.year == period.year).map_or(f64::NAN, |other| other.value)
        };
        let values = columns.iter().map(|column| Cell::from(of(column)));
        table = table.row(std::iter::once(Cell::from(period.year.to_string())).chain(values));
    }
    table
}

fn allocation(strategy: &Allocation) -> Chart {
    let n = strategy.sessions.len();
    let mut lines = Lines::by_date(dates(&strategy.sessions), Format::Percent(0)).group(TIME);
    let mut invested = vec![0.0; n];
    for (name, weights) in strategy.weights() {
        for (sum, weight) in invested.iter_mut().zip(weights) {
            *sum += weight;
        }
        lines = lines.line(Line::new(name, moving_mean(weights, QUARTER)));
    }
    let cash = invested.iter().map(|invested| 1.0 - invested).collect::<Vec<_>>();
    lines = lines.line(Line::new("cash", moving_mean(&cash, QUARTER)).colour(Colour::Neutral));
    Chart::new("What the strategy held", lines)
        .note(
            "Share of equity at the close, mean of 63 sessions; the shares of single sessions are in portfolios.parquet. \
             Click a name to hide it.",
        )
        .height(260)
}

fn costs(results: &RegimeResults) -> Table {
    let mut table = Table::new("The strategy at other costs")
        .column(Column::number("Costs ×", 0))
        .column(Column::percent("Return a year", 1))
        .column(Column::number("Sharpe", 2))
        .column(Column::percent("Deepest fall", 1))
        .column(Column::percent("Costs a year", 2));
    let stated = results.strategy().map(|book| (1.0, book));
    let mut all =
        results.stressed.iter().map(|(times, book)| (*times, book)).chain(stated).collect::<Vec<_>>();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (times, book) in all {
        table = table.row(cells![
            times,
            book.measure("cagr"),
            book.measure("sharpe"),
            book.measure("max_drawdown"),
            book.measure("cost_annual"),
        ]);
    }
    table
}

fn orders(results: &RegimeResults) -> Table {
    let mut table = Table::new("Orders of the strategy that were not filled as asked")
        .column(Column::text("Why"))
        .column(Column::integer("Orders"));
    for (reason, count) in results.strategy().map(|book| book.unfilled.clone()).unwrap_or_default() {
        table = table.row(cells![reason, count]);
    }
    if table.rows.is_empty() {
        table = table.row(cells!["none: all were filled", 0_usize]);
    }
    table
}
