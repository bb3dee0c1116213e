//! The section about holdings: contributions of groups, concentration, and the last book.

use backstaff_portfolio::measure::Concentration;
use backstaff_report::{
    Block, Chart, Colour, Column, Details, Emphasis, Fact, Format, Heat, Line, Lines, Palette, Scale,
    Section, Table, cells,
};

use super::{
    TIME,
    account::{Account, Accounts},
};
use crate::{
    report::series::{mean, moving_mean},
    steps::backtest::GroupShare,
    stored::ledger,
    words,
};

/// The sessions of a moving mean: about a quarter of a year.
const QUARTER: usize = 63;
/// The number of lines that a reader can tell apart in one chart.
const MOST_LINES: usize = 12;

pub(super) fn section(accounts: &Accounts<'_>) -> Section {
    let mut section = Section::new("holdings", "Holdings").intro(
        "What the portfolio's own positions brought, from its ledger: profits after fees and slippage, by group as of each \
         session, and by position from its first purchase to its last sale.",
    );
    let Some(account) = accounts.primary() else { return section };
    let detail = &account.result.detail;
    section = section.block(facts(account));
    if let Some(name) = detail.grouped_by.as_deref().filter(|_| !detail.groups.is_empty()) {
        section = section.block(groups(account, name, &detail.groups));
        section = section
            .block(Details::new(format!("By {name} and year")).block(groups_by_year(name, &detail.groups)));
    }
    if let Some(chart) = allocation(account) {
        section = section.block(chart);
    }
    section = section.block(concentration(account));
    if let Some(chart) = cohorts(account) {
        section = section.block(chart);
    }
    if detail.book.is_empty() {
        return section.text("The portfolio holds nothing at the last close.");
    }
    section.block(book(account))
}

fn facts(account: &Account<'_>) -> Vec<Fact> {
    let trades = &account.result.detail.trades;
    let value = |value: Option<f64>| value.unwrap_or(f64::NAN);
    let days = account.result.daily.concentration.iter().map(|day| day.herfindahl);
    let herfindahl = mean(&days.filter(|value| value.is_finite()).collect::<Vec<_>>());
    vec![
        Fact::new("Positions closed", trades.n_closed as f64, Format::Integer)
            .note(format!("{} still open, not counted beside", words::count(trades.n_open, "position"))),
        Fact::new("Hit rate", value(trades.hit_rate), Format::Percent(1))
            .note("closed with a profit after all costs"),
        Fact::new("Win / loss", value(trades.win_loss), Format::Number(2)).note("mean profit / mean loss"),
        Fact::new("Profit factor", value(trades.profit_factor), Format::Number(2))
            .note("sum of profits / sum of losses"),
        Fact::new("Sessions held", value(trades.mean_sessions), Format::Number(1))
            .note("mean of closed positions"),
        Fact::new("Herfindahl index", herfindahl, Format::Number(4)).note(format!(
            "mean at the close; as concentrated as {} equal positions",
            words::number(1.0 / herfindahl, 1)
        )),
    ]
}

/// The weight of each instrument over time; `None` for a portfolio of too many instruments.
fn allocation(account: &Account<'_>) -> Option<Chart> {
    let weights = ledger::weights(&account.result.positions, account.sessions());
    if weights.is_empty() || weights.len() > MOST_LINES {
        return None;
    }
    let mut lines = Lines::by_date(account.dates(), Format::Percent(0)).group(TIME);
    let mut cash = vec![1.0; account.sessions().len()];
    for (name, weights) in &weights {
        cash.iter_mut().zip(weights).for_each(|(cash, weight)| *cash -= weight);
        lines = lines.line(Line::new(name.as_str(), moving_mean(weights, QUARTER)));
    }
    lines = lines.line(Line::new("cash", moving_mean(&cash, QUARTER)).colour(Colour::Neutral));
    let chart = Chart::new("What the strategy held", lines).note(
        "Share of equity at the close, mean of 63 sessions; the shares of single sessions are in the table `positions`. \
         Click a name to hide it.",
    );
    Some(chart.height(260))
}

fn groups(account: &Account<'_>, name: &str, groups: &[GroupShare]) -> Table {
    let years = account.years();
    let mut table = Table::new(format!("What each {name} brought"))
        .column(Column::text(words::capitalised(name)))
        .column(Column::percent("Weight", 1).heat(Heat::Bar).note("mean share of equity at the close before"))
        .column(
            Column::percent("Contribution", 1)
                .heat(Heat::Diverging)
                .note("sum over sessions of profit after fees and slippage / equity at the close before"),
        )
        .column(Column::percent("A year", 2).note("contribution / years"))
        .column(Column::percent("Return a year", 1).note("contribution a year / weight"))
        .sortable()
        .visible_rows(20);
    let row = |name: String, weight: f64, contribution: f64| {
        let annual = contribution / years;
        cells![name, weight, contribution, annual, annual / weight]
    };
    let total = |of: fn(&GroupShare) -> f64| groups.iter().map(of).sum::<f64>();
    for group in groups {
        table = table.row(row(group.group.clone(), group.mean_weight, group.contribution));
    }
    // Written as texts, so that the sums don't set the colour scale of the parts.
    let (weight, contribution) = (total(|group| group.mean_weight), total(|group| group.contribution));
    let annual = contribution / years;
    let all = cells![
        "all",
        words::percent(weight, 1),
        words::percent(contribution, 1),
        words::percent(annual, 2),
        words::percent(annual / weight, 1)
    ];
    table = table.row_with(Emphasis::Strong, all);
    let cash = account
        .days()
        .windows(2)
        .map(|pair| (pair[1].interest - pair[1].borrow) / pair[0].equity)
        .sum::<f64>();
    table.row_with(
        Emphasis::Muted,
        cells!["interest less borrow fees", None::<f64>, cash, cash / years, None::<f64>],
    )
}

fn groups_by_year(name: &str, groups: &[GroupShare]) -> Table {
    let mut years =
        groups.iter().flat_map(|group| group.by_year.iter().map(|(year, _)| *year)).collect::<Vec<_>>();
    years.sort_unstable();
    years.dedup();
    let rows = groups.iter().map(|group| {
        let find = |year: &i16| {
            group.by_year.iter().find(|(known, _)| known == year).map_or(f64::NAN, |(_, sum)| *sum)
        };
        (group.group.clone(), years.iter().map(find).collect::<Vec<_>>())
    });
    let caption = format!("Contribution of each {name} by year");
    let heads = years.iter().map(ToString::to_string).collect::<Vec<_>>();
    Table::matrix(
        &caption,
        words::capitalised(name),
        heads.iter().map(String::as_str),
        rows,
        Format::Percent(1),
    )
}

fn concentration(account: &Account<'_>) -> Chart {
    let column = |of: fn(&Concentration) -> f64| account.result.daily.concentration.iter().map(of).collect();
    let lines = Lines::by_date(account.dates(), Format::Percent(1))
        .group(TIME)
        .line(Line::new("Herfindahl index", column(|day| day.herfindahl)))
        .line(Line::new("largest position", column(|day| day.largest)));
    Chart::new("Concentration at the close", lines)
        .note("Herfindahl index: the sum of squared shares of what is invested. The largest position is a share of equity.")
        .height(200)
}

/// The growth of each cohort; `None` for a portfolio without cohorts.
fn cohorts(account: &Account<'_>) -> Option<Chart> {
    let cohorts = &account.result.daily.cohorts;
    if cohorts.is_empty() {
        return None;
    }
    let mut lines = Lines::by_date(account.dates(), Format::Number(2))
        .palette(Palette::Ordered)
        .scale(Scale::Log)
        .group(TIME);
    for (number, equity) in cohorts.iter().enumerate() {
        let growth = equity.iter().map(|value| value / equity[0]).collect();
        lines = lines.line(Line::new(format!("cohort {}", number + 1), growth));
    }
    let chart = Chart::new("Growth of 1 in each cohort", lines)
        .note("Accounts of their own that are rebalanced in turn; together they are the portfolio. How far they part is luck.")
        .height(220);
    Some(chart)
}

fn book(account: &Account<'_>) -> Block {
    let detail = &account.result.detail;
    let last = account.sessions().last().map(ToString::to_string).unwrap_or_default();
    let group = detail.grouped_by.as_deref().map_or_else(|| "Group".to_owned(), words::capitalised);
    let mut table = Table::new(format!("Held at the close of {last}"))
        .column(Column::text("Instrument"))
        .column(Column::text(group))
        .column(Column::percent("Weight", 2).heat(Heat::Bar).note("share of equity"))
        .column(Column::number("Shares", 1))
        .column(Column::number("Score", 4).note("the newest one, before the strategy changed it"))
        .column(Column::text("Scored"))
        .sortable()
        .visible_rows(15);
    for held in &detail.book {
        let name = held.group.clone().unwrap_or_default();
        let scored = held.scored.clone().unwrap_or_default();
        table = table.row(cells![&held.instrument, name, held.weight, held.shares, held.score, scored]);
    }
    table.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::testing::Made;

    #[test]
    fn shows_groups_cohorts_and_the_book() {
        let results = Made::default().results();
        let section = section(&Accounts::of(&results));
        let text = serde_json::to_string(&section.blocks).unwrap();
        for part in [
            "What each sector brought",
            "interest less borrow fees",
            "cohort 2",
            "Held at the close",
            "Hit rate",
        ] {
            assert!(text.contains(part), "{part}");
        }
    }
}
