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
use crate::{
    report::series::{mean, moving_mean},
    words,
};

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
        .block(facts(accounts, account))
        .block(Block::Beside(vec![turnover(account).into(), costs(account).into()]))
        .block(by_year(account))
        .block(Block::Beside(vec![exposure(account).into(), positions(account).into()]))
        .block(reasons(account));
    if !account.result.shortfalls.is_empty() {
        section = section.block(list(account));
    }
    section
}

fn facts(accounts: &Accounts<'_>, account: &Account<'_>) -> Vec<Fact> {
    let measure = |name: &str| account.measure(name);
    let beyond = if accounts.yardstick().is_alpha() { "alpha to" } else { "return above" };
    vec![
        Fact::new("Turnover a year", measure("turnover_annual"), Format::Number(1)).note(format!(
            "one-sided: 1 replaces the book once; {} without the first purchase",
            words::number(turnover_after_the_first_trade(account), 1)
        )),
        Fact::new("Costs a year", measure("cost_annual"), Format::Percent(2)).note(format!(
            "commission {}, slippage {}",
            words::percent(measure("commission_annual"), 2),
            words::percent(measure("slippage_annual"), 2)
        )),
        Fact::new("Break-even cost, bp", accounts.break_even_bps(), Format::Number(1)).note(format!(
            "a side, at which the {beyond} the {} before costs is gone; the whole profit is at {}",
            accounts.benchmark_kind().name(),
            words::number(measure("break_even_cost_bps"), 1)
        )),
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

/// The turnover of each session after the first, without that of the first session with a trade: it builds the whole
/// book.
fn later_turnover(account: &Account<'_>) -> Vec<f64> {
    let mut values = each(account, Day::turnover).collect::<Vec<_>>();
    if let Some(first) = values.iter_mut().find(|value| **value > 0.0) {
        *first = f64::NAN;
    }
    values
}

/// The mean turnover a year after the first session with a trade.
fn turnover_after_the_first_trade(account: &Account<'_>) -> f64 {
    let values = later_turnover(account).into_iter().filter(|value| value.is_finite()).collect::<Vec<_>>();
    mean(&values) * account.sessions_per_year()
}

fn turnover(account: &Account<'_>) -> Chart {
    // The first trade would dwarf all others.
    let values = std::iter::once(f64::NAN).chain(later_turnover(account)).collect::<Vec<_>>();
    let means = moving_mean(&values, MONTH);
    let lines = Lines::by_date(account.dates(), Format::Percent(1))
        .group(TIME)
        .line(Line::new("turnover", values).stroke(Stroke::Dots).colour(Colour::Neutral))
        .line(Line::new("mean of 21 sessions", means));
    Chart::new("Turnover by session", lines)
        .note(
            "Half of what was bought and sold, as a share of the equity at the close before. The first purchase is not \
             drawn; turnover a year and by year counts it.",
        )
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
    let mut drawn = "long and short together (gross), cash";
    if account.days().iter().any(|day| day.short > 0.0) {
        lines = lines.line(Line::new("net", share(&Day::net_exposure)).stroke(Stroke::Dashed));
        drawn = "long and short together (gross), cash, long less short (net)";
    }
    Chart::new("Exposure", lines).note(format!("Shares of equity at the close: {drawn}.")).height(200)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::testing::Made;

    #[test]
    fn the_note_of_exposure_names_what_is_drawn_and_nothing_else() {
        let mut results = Made::default().results();
        let note = |results: &crate::flow::results::Results| {
            let accounts = Accounts::of(results);
            exposure(accounts.primary().unwrap()).note.unwrap()
        };
        assert!(!note(&results).contains("net") && note(&results).contains("cash"));
        results.backtests.iter_mut().for_each(|backtest| backtest.daily.days[3].short = 1.0);
        assert!(note(&results).contains("long less short (net)"));
    }

    #[test]
    fn turnover_is_told_with_and_without_the_first_purchase() {
        let mut results = Made::default().results();
        for backtest in &mut results.backtests {
            for (t, day) in backtest.daily.days.iter_mut().enumerate() {
                // The whole book is bought in the second session; then a hundredth of it is replaced in each.
                let traded = if t == 2 { 1.0 } else { 0.01 };
                (day.bought, day.sold) = if t < 2 { (0.0, 0.0) } else { (traded * 1e6, 0.01 * 1e6) };
                day.equity = 1e6;
            }
        }
        let accounts = Accounts::of(&results);
        let after = turnover_after_the_first_trade(accounts.primary().unwrap());
        let n = results.backtests[0].daily.days.len() - 1;
        // One session before the first trade has no turnover, and the first trade is left out.
        let expected = 0.01 * (n - 2) as f64 / (n - 1) as f64 * results.backtests[0].sessions_per_year;
        assert!((after - expected).abs() < 1e-9, "{after} {expected}");
        let text = serde_json::to_string(&section(&accounts)).unwrap();
        assert!(text.contains("without the first purchase") && text.contains("is not drawn"));
    }

    #[test]
    fn a_portfolio_that_loses_has_no_break_even_cost() {
        let results = Made { drift: -0.01, ..Made::default() }.results();
        let accounts = Accounts::of(&results);
        let facts = serde_json::to_value(facts(&accounts, accounts.primary().unwrap())).unwrap();
        assert!(facts[2]["name"].as_str().unwrap().starts_with("Break-even"), "{facts}");
        assert!(facts[2]["value"].is_null(), "{facts}");
        assert!(facts[2]["note"].as_str().unwrap().ends_with("the whole profit is at –"), "{facts}");
    }
}
