//! The section with the summary, on one screen: key numbers, all portfolios side by side, the limits of the results.

use backstaff_report::{
    Block, Cell, Column, Details, Emphasis, Fact, Format, Heat, Section, Severity, Table, cells,
};

use super::{
    account::{Account, Accounts},
    caveats,
    verdict::Verdict,
};
use crate::{flow::results::Results, steps::backtest::Holder, words};

pub(super) fn section(results: &Results, accounts: &Accounts<'_>, verdict: &Verdict) -> Section {
    let about = words::sentences(&results.config.about);
    // The title is the first sentence already.
    let about = about.split_once(". ").map_or("", |(_, rest)| rest);
    let learns = !results.folds.is_empty();
    let scope = if learns {
        "Every number is from sessions that no model was trained on, after"
    } else {
        "Every number is after"
    };
    let intro = format!("{about} {scope} costs unless it says otherwise.");
    let (notes, grave) = caveats::of(results, accounts, verdict)
        .into_iter()
        .partition::<Vec<_>, _>(|caveat| caveat.severity == Severity::Note);
    let mut section = Section::new("summary", "Summary")
        .intro(intro.trim())
        .block(facts(results, accounts, verdict))
        .block(comparison(results, accounts, verdict))
        .text(format!(
            "**Excess** is the mean return above {}, a year, and **t** its distance from 0 in Newey–West standard \
             errors{}. All formulas stand below, under “How these numbers are computed”.",
            accounts.benchmark_kind().words(),
            if verdict.evidence.is_scored { "; **IC t** is the same of the rank IC" } else { "" }
        ))
        .block(how_to_read());
    if !grave.is_empty() {
        section = section.block(grave);
    }
    if !notes.is_empty() {
        section = section.block(Details::new(format!("{} more to know", notes.len())).block(notes));
    }
    section
}

fn facts(results: &Results, accounts: &Accounts<'_>, verdict: &Verdict) -> Vec<Fact> {
    let evidence = &verdict.evidence;
    let interval = evidence.interval();
    let is_alpha = evidence.book.yardstick.is_alpha();
    let measured = if is_alpha { "Alpha a year" } else { "Excess a year" };
    let beta =
        if is_alpha { format!(", beta {}", words::number(evidence.book.beta, 2)) } else { String::new() };
    let mut facts = vec![
        Fact::new("Verdict", verdict.level.name(), Format::Text).note("how it is reached: see below"),
        Fact::new(measured, evidence.excess, Format::Percent(1)).note(format!(
            "t {}, 95% from {} to {}{beta}",
            words::number(evidence.excess_t, 2),
            words::percent(interval.0, 1),
            words::percent(interval.1, 1)
        )),
    ];
    if evidence.is_scored {
        facts.push(
            Fact::new("Mean rank IC", evidence.rank_ic, Format::Number(4))
                .note(format!("Newey–West t {}", words::number(evidence.rank_ic_t, 2))),
        );
    } else if let Some((least, most)) = spread_of_sharpe(results) {
        let own = accounts.primary().map_or(f64::NAN, |account| account.measure("sharpe"));
        facts.push(Fact::new("Sharpe ratio", own, Format::Number(2)).note(format!(
            "{} to {} under other settings",
            words::number(least, 2),
            words::number(most, 2)
        )));
    }
    let Some(primary) = accounts.primary() else { return facts };
    let benchmark = |name: &str, digits: u8| {
        let value = accounts.benchmark().map_or(f64::NAN, |account| account.measure(name));
        format!("{} {}", accounts.benchmark_kind().name(), words::percent(value, digits))
    };
    let deepest = primary.drawdowns().into_iter().next();
    facts.extend([
        Fact::new("CAGR", primary.measure("cagr"), Format::Percent(1)).note(benchmark("cagr", 1)),
        Fact::new("Max. drawdown", primary.measure("max_drawdown"), Format::Percent(1))
            .note(deepest.map_or_else(String::new, |fall| format!("low on {}", fall.trough))),
        Fact::new("Turnover a year", primary.measure("turnover_annual"), Format::Number(1))
            .note(format!("costs {} a year", words::percent(primary.measure("cost_annual"), 1))),
    ]);
    facts
}

/// The least and the greatest Sharpe ratio of the strategy under all settings of its regimes; `None` without any.
fn spread_of_sharpe(results: &Results) -> Option<(f64, f64)> {
    let sharpes =
        || results.spread.iter().map(|result| result.measure("sharpe")).filter(|value| value.is_finite());
    Some((sharpes().min_by(f64::total_cmp)?, sharpes().max_by(f64::total_cmp)?))
}

fn comparison(results: &Results, accounts: &Accounts<'_>, verdict: &Verdict) -> Table {
    let mut table = Table::new("Portfolios after costs")
        .column(Column::text("Portfolio"))
        .column(
            Column::percent("CAGR", 1).note("(last equity / first)^(1 / years) − 1, years of 365.25 days"),
        )
        .column(Column::percent("Excess", 1).heat(Heat::Diverging).note(format!(
            "mean(r − b) · sessions a year; b is {} after its own costs",
            accounts.benchmark_kind().words()
        )))
        .column(
            Column::number("t", 2)
                .note("of the column before: mean / Newey–West standard error, lags ⌊4 (n / 100)^(2/9)⌋"),
        )
        .column(Column::percent("Volatility", 1).note("sd(r) · √(sessions a year)"))
        .column(Column::number("Sharpe", 2).note("mean(r − cash) / sd(r − cash) · √(sessions a year)"))
        .column(Column::percent("Max. drawdown", 1).note("lowest equity / highest so far − 1"))
        .column(Column::number("Turnover", 1).note("a year, one-sided: 1 replaces the book once"))
        .column(
            Column::percent("Costs", 2)
                .note("a year: (commission + tax + slippage + borrow) / equity at the close before"),
        )
        .sortable();
    if !results.evaluations.is_empty() {
        table = table
            .column(
                Column::number("Rank IC", 4)
                    .note("mean over sessions of Spearman's correlation of scores and plain labels"),
            )
            .column(
                Column::number("IC t", 2)
                    .note("mean rank IC / Newey–West standard error, lags of at least 2 (horizon − 1)"),
            );
    }
    for account in accounts.compared() {
        table = table.row_with(emphasis(accounts, account), row(results, accounts, verdict, account));
    }
    table
}

fn emphasis(accounts: &Accounts<'_>, account: &Account<'_>) -> Emphasis {
    match account.holder() {
        Holder::EqualWeightUnmasked => Emphasis::Muted,
        _ if accounts.is_primary(account) => Emphasis::Strong,
        _ => Emphasis::None,
    }
}

fn row(results: &Results, accounts: &Accounts<'_>, verdict: &Verdict, account: &Account<'_>) -> Vec<Cell> {
    let excess = verdict.excess_of(accounts, account);
    let rank_ic = match account.holder() {
        Holder::Model(name) => results.evaluations.get(name).map(|evaluation| &evaluation.facts.rank_ic),
        _ => None,
    };
    let mut row = cells![
        label(results, account),
        account.measure("cagr"),
        excess.as_ref().map(|excess| excess.annual),
        excess.as_ref().map(|excess| excess.t),
        account.measure("volatility"),
        account.measure("sharpe"),
        account.measure("max_drawdown"),
        account.measure("turnover_annual"),
        account.measure("cost_annual"),
    ];
    if !results.evaluations.is_empty() {
        row.extend(cells![
            rank_ic.and_then(|summary| summary.mean),
            rank_ic.and_then(|summary| summary.newey_west_t),
        ]);
    }
    row
}

/// The name of a portfolio; the index is named with its instrument.
pub(super) fn label(results: &Results, account: &Account<'_>) -> String {
    match (account.holder(), &results.config.data.benchmark) {
        (Holder::Index, Some(benchmark)) => format!("index ({})", benchmark.instrument),
        _ => account.name(),
    }
}

fn how_to_read() -> Details {
    let rules = [
        "**no evidence**: the t of the return above the benchmark after costs is below 2, so its 95% interval holds \
         0 or nearly so; or the rank IC is 0 or less; or only the costs explain a loss.",
        "**weak evidence**: that t is 2 or more, and the mean rank IC is above 0.",
        "**evidence**: that t and the t of the rank IC are both 3 or more.",
        "**evidence against**: that t is −2 or less, and so is the one before costs or the one of the rank IC.",
        "Without scores that labels judge, the portfolio alone decides: the rank IC is not asked for.",
        "A portfolio that is long and short, has a beta further than 0.1 from 1 or is invested by less than 95% on average \
         is judged by its alpha to the benchmark, the return beyond its beta, in place of the difference, which would \
         mostly be a bet on the market or on cash.",
        "**not judged**: the equal weight, by which all is judged, is made by one instrument or one session, or is wilder \
         than what it holds: the data are broken.",
        "**not credible**: a column or the scores foresee a coming return beyond belief, or the result is better than \
         anything honest, whatever its t.",
        "Scores that are all equal, or that the order of the instruments decides among, give no evidence, and no return is \
         ascribed to them.",
        "A t of 2 is reached by luck once in 40 tries; whoever tries more than a few variants should ask for more.",
    ];
    Details::new("How the verdict is reached")
        .block(Block::Text(rules.iter().map(|rule| (*rule).to_owned()).collect()))
}
