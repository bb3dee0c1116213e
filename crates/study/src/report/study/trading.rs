//! The section about trading: turnover, costs, exposure, and orders that were not filled.

use backstaff_portfolio::Day;
use backstaff_report::{
    Block, Chart, Colour, Column, Details, Emphasis, Fact, Format, Heat, Line, Lines, Section, Stroke, Table,
    cells,
};

use super::{
    TIME,
    account::{Account, Accounts},
};
use crate::{report::series::moving_mean, words};

/// The number of unfilled orders that the table lists; all are counted.
const LISTED: usize = 500;
/// The sessions of a moving mean of turnover: about a month.
const MONTH: usize = 21;

pub(super) fn section(accounts: &Accounts<'_>) -> Section {
    let mut section = Section::new("trading", "Trading").intro(
        "What the portfolio traded and held, what that cost, and which orders could not be filled. A signal of one \
         session trades in the next one at the earliest.",
    );
    let Some(account) = accounts.primary() else { return section };
    section = section
        .block(facts(account))
        .block(Block::Beside(vec![turnover(account).into(), costs(account).into()]))
        .block(by_year(account))
        .block(Block::Beside(vec![exposure(account).into(), positions(account).into()]))
        .block(reasons(account));
    if !account.result.shortfalls.is_empty() {
        section = section.block(list(account));
    }
    section
}

fn facts(account: &Account<'_>) -> Vec<Fact> {
    let measure = |name: &str| account.measure(name);
    vec![
        Fact::new("Turnover a year", measure("turnover_annual"), Format::Number(1))
            .note("one-sided; 1 replaces the book once"),
        Fact::new("Costs a year", measure("cost_annual"), Format::Percent(2)).note(format!(
            "commission {}, slippage {}",
            words::percent(measure("commission_annual"), 2),
            words::percent(measure("slippage_annual"), 2)
        )),
        Fact::new("Break-even cost, bp", measure("break_even_cost_bps"), Format::Number(1))
            .note("a side, at which the whole profit is gone"),
        Fact::new("Trades", measure("n_fills"), Format::Integer),
        Fact::new("Orders not filled", measure("n_unfilled"), Format::Integer).note("or only in part"),
        Fact::new("Positions", measure("n_positions"), Format::Number(1))
            .note(format!("mean at the close; {} delisted while held", account.result.n_delistings)),
    ]
}

/// One number for each session after the first, made of its day and the equity at the close before.
fn each<'a>(account: &'a Account<'_>, of: impl Fn(&Day, f64) -> f64 + 'a) -> impl Iterator<Item = f64> + 'a {
    account.days().windows(2).map(move |pair| of(&pair[1], pair[0].equity))
}

fn turnover(account: &Account<'_>) -> Chart {
    let mut values = std::iter::once(f64::NAN).chain(each(account, Day::turnover)).collect::<Vec<_>>();
    // The first trade builds the whole book and would dwarf all others.
    if let Some(first) = values.iter_mut().find(|value| **value > 0.0) {
        *first = f64::NAN;
    }
    let means = moving_mean(&values, MONTH);
    let lines = Lines::by_date(account.dates(), Format::Percent(1))
        .group(TIME)
        .line(Line::new("turnover", values).stroke(Stroke::Dots).colour(Colour::Neutral))
        .line(Line::new("mean of 21 sessions", means));
    Chart::new("Turnover by session", lines)
        .note("Half of what was bought and sold, as a share of the equity at the close before; without the first purchase.")
        .height(220)
}

fn costs(account: &Account<'_>) -> Chart {
    let kinds: [fn(&Day) -> f64; 4] =
        [|day| day.commission, |day| day.slippage, |day| day.tax, |day| day.borrow];
    let running = |of: fn(&Day) -> f64| {
        let mut sum = 0.0;
        let steps = each(account, move |day, before| of(day) / before).map(move |step| {
            sum += step;
            sum
        });
        std::iter::once(0.0).chain(steps).collect::<Vec<_>>()
    };
    let mut lines = Lines::by_date(account.dates(), Format::Percent(1))
        .group(TIME)
        .line(Line::new("all costs", running(Day::costs)).stroke(Stroke::Area));
    for (name, of) in ["commission", "slippage", "tax", "borrow"].into_iter().zip(kinds) {
        let values = running(of);
        if values.iter().any(|value| *value != 0.0) {
            lines = lines.line(Line::new(name, values));
        }
    }
    Chart::new("Costs so far", lines)
        .note("Each session's costs as a share of the equity at the close before, summed.")
        .height(220)
}

fn by_year(account: &Account<'_>) -> Table {
    let mut table =
        Table::new("Turnover and costs by year, as shares of the equity at the close before, summed")
            .column(Column::text("Year"))
            .column(Column::number("Turnover", 2).note("one-sided, in times of the book"))
            .column(Column::percent("Commission", 2))
            .column(Column::percent("Slippage", 2))
            .column(Column::percent("Tax", 2))
            .column(Column::percent("Borrow", 2))
            .column(Column::percent("All costs", 2).heat(Heat::Bar))
            .column(Column::percent("Interest", 2).note("earned on cash; not among the costs"))
            .column(Column::integer("Trades"))
            .column(Column::integer("Not filled"));
    let days = account.days().windows(2).collect::<Vec<_>>();
    let row = |name: String, pairs: &[&[Day]]| {
        let sum = |of: &dyn Fn(&Day, f64) -> f64| {
            pairs.iter().map(|pair| of(&pair[1], pair[0].equity)).sum::<f64>()
        };
        cells![
            name,
            sum(&|day, before| day.turnover(before)),
            sum(&|day, before| day.commission / before),
            sum(&|day, before| day.slippage / before),
            sum(&|day, before| day.tax / before),
            sum(&|day, before| day.borrow / before),
            sum(&|day, before| day.costs() / before),
            sum(&|day, before| day.interest / before),
            sum(&|day, _| day.n_fills as f64),
            sum(&|day, _| day.n_unfilled as f64),
        ]
    };
    for year in days.chunk_by(|a, b| a[1].session.year() == b[1].session.year()) {
        table = table.row(row(year[0][1].session.year().to_string(), year));
    }
    table.row_with(Emphasis::Strong, row("all".to_owned(), &days))
}

fn exposure(account: &Account<'_>) -> Chart {
    let share = |of: &dyn Fn(&Day) -> f64| account.days().iter().map(of).collect::<Vec<_>>();
    let mut lines = Lines::by_date(account.dates(), Format::Percent(0))
        .group(TIME)
        .line(Line::new("gross", share(&Day::gross_exposure)))
        .line(Line::new("cash", share(&|day| day.cash / day.equity)));
    if account.days().iter().any(|day| day.short > 0.0) {
        lines = lines.line(Line::new("net", share(&Day::net_exposure)).stroke(Stroke::Dashed));
    }
    Chart::new("Exposure", lines)
        .note("Shares of equity at the close: long and short together, long less short, cash.")
        .height(200)
}

fn positions(account: &Account<'_>) -> Chart {
    let counts = account.days().iter().map(|day| day.n_positions as f64).collect();
    let lines = Lines::by_date(account.dates(), Format::Integer)
        .group(TIME)
        .line(Line::new("positions", counts).stroke(Stroke::Step));
    Chart::new("Number of positions at the close", lines).height(200)
}

fn reasons(account: &Account<'_>) -> Table {
    let mut table = Table::new("Orders not filled, or only in part, by reason")
        .column(Column::text("Reason"))
        .column(Column::integer("Orders").heat(Heat::Bar));
    for (reason, count) in &account.result.unfilled {
        table = table.row(cells![reason, *count]);
    }
    if account.result.unfilled.is_empty() {
        table = table.row(cells!["none: every order was filled as asked", 0_usize]);
    }
    table
}

fn list(account: &Account<'_>) -> Details {
    let all = &account.result.shortfalls;
    let mut table = Table::new("Orders not filled, or only in part")
        .column(Column::text("Session"))
        .column(Column::text("Instrument"))
        .column(Column::text("Side"))
        .column(Column::number("Shares asked", 1))
        .column(Column::number("Filled", 1))
        .column(Column::text("Reason"))
        .sortable()
        .visible_rows(15);
    for missed in all.iter().take(LISTED) {
        table = table.row(cells![
            &missed.session,
            &missed.instrument,
            &missed.side,
            missed.asked,
            missed.filled,
            &missed.reason
        ]);
    }
    let which =
        if all.len() > LISTED { format!("The first {LISTED} of {}", all.len()) } else { "All".to_owned() };
    Details::new(format!("{which} unfilled orders")).block(table)
}
