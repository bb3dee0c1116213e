//! The verdict, the key numbers, the caveats, and how it was done.

use backstaff_portfolio::measure::newey_west_t;
use backstaff_report::{Block, Caveat, Column, Details, Fact, Format, Section, Table, cells};

use crate::{
    regime_study::{
        allocate::Allocation,
        results::{CONSTANT, RegimeResults, book_name},
    },
    report::series,
    words,
};

/// A t-value from which something is taken for more than chance.
const EVIDENT: f64 = 2.0;
/// Lags over which returns may hang together.
const LAGS: usize = 10;

/// What is to be believed.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// In a sentence.
    pub sentence: String,
    /// What the strategy earned a year beyond its own mean exposures.
    pub timing: f64,
    /// Its t-value.
    pub t: f64,
}

/// What the strategy earned a year beyond holding its own mean exposures, and whether that is more than chance.
pub fn verdict(results: &RegimeResults) -> Verdict {
    let (Some(strategy), Some(constant)) = (results.strategy(), results.book(CONSTANT)) else {
        return Verdict { sentence: "Nothing was run.".to_owned(), timing: f64::NAN, t: f64::NAN };
    };
    let (timing, t) = difference(strategy, constant, results.sessions_per_year);
    let what = format!(
        "Timing by regimes earned {} a year beyond the strategy's own mean exposures held constantly (t = {}), after \
         costs.",
        words::difference(timing, 1),
        words::number(t, 2)
    );
    let word = if t >= EVIDENT {
        "**Evidence, of one history**"
    } else if t <= -EVIDENT {
        "**Evidence against it**"
    } else {
        "**No evidence**"
    };
    Verdict { sentence: format!("{word} {what}"), timing, t }
}

/// The mean difference of two books' returns, a year, and its t-value.
pub(super) fn difference(own: &Allocation, other: &Allocation, sessions_per_year: f64) -> (f64, f64) {
    let pairs = own.returns().into_iter().zip(other.returns());
    let differences = pairs.map(|(own, other)| own - other).collect::<Vec<_>>();
    (series::mean(&differences) * sessions_per_year, newey_west_t(&differences, LAGS))
}

pub(super) fn subtitle(results: &RegimeResults) -> String {
    let names = results.followed.iter().map(|instrument| instrument.name.as_str());
    let span = results.strategy().and_then(|book| {
        let (first, last) = (book.sessions.first()?, book.sessions.last()?);
        Some(format!(" · {first} to {last}"))
    });
    format!(
        "{} · {} · {}, fitted {}{}",
        results.config.strategy.name(),
        names.collect::<Vec<_>>().join(", "),
        results.setting,
        results.config.regimes.schedule,
        span.unwrap_or_default()
    )
}

pub(super) fn section(results: &RegimeResults) -> Section {
    let mut section = Section::new("summary", "Summary");
    for paragraph in [words::sentences(&results.config.about)] {
        if !paragraph.is_empty() {
            section = section.text(paragraph);
        }
    }
    section.block(Block::Facts(facts(results))).block(table(results)).block(Block::Caveats(caveats(results)))
}

fn facts(results: &RegimeResults) -> Vec<Fact> {
    let verdict = verdict(results);
    let Some(strategy) = results.strategy() else { return Vec::new() };
    let sharpes = results.spread.iter().map(|(_, book)| book.measure("sharpe"));
    let (least, most) =
        sharpes.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), sharpe| (a.min(sharpe), b.max(sharpe)));
    vec![
        Fact::new("Return a year", strategy.measure("cagr"), Format::Percent(1)).note("after costs"),
        Fact::new("Volatility", strategy.measure("volatility"), Format::Percent(1)),
        Fact::new("Sharpe ratio", strategy.measure("sharpe"), Format::Number(2)).note(format!(
            "{} to {} under other settings",
            words::number(least, 2),
            words::number(most, 2)
        )),
        Fact::new("Deepest fall", strategy.measure("max_drawdown"), Format::Percent(1)),
        Fact::new("Beyond constant exposures", verdict.timing, Format::Percent(1))
            .note(format!("a year, t = {}", words::number(verdict.t, 2))),
        Fact::new("Turnover a year", strategy.measure("turnover_annual"), Format::Number(1))
            .note("times the equity, both sides"),
    ]
}

fn table(results: &RegimeResults) -> Table {
    let mut table = Table::new("The strategy and what it is compared with, after the same costs")
        .column(Column::text("Book"))
        .column(Column::percent("Return a year", 1))
        .column(Column::percent("Volatility", 1))
        .column(Column::number("Sharpe", 2))
        .column(Column::percent("Deepest fall", 1))
        .column(Column::percent("Exposure", 0).note("mean long less short, as a share of equity"))
        .column(Column::number("Turnover", 1).note("a year, both sides, times the equity"))
        .column(Column::percent("Strategy less it", 1).note("mean difference of returns, a year"))
        .column(Column::number("t", 2).note("of that difference, Newey-West with 10 lags"));
    let strategy = results.strategy();
    for book in &results.books {
        let own = strategy.filter(|strategy| !std::ptr::eq(*strategy, book));
        let (beyond, t) = own
            .map_or((f64::NAN, f64::NAN), |strategy| difference(strategy, book, results.sessions_per_year));
        table = table.row(cells![
            book_name(&book.shard.book),
            book.measure("cagr"),
            book.measure("volatility"),
            book.measure("sharpe"),
            book.measure("max_drawdown"),
            book.measure("net_exposure"),
            book.measure("turnover_annual"),
            beyond,
            t,
        ]);
    }
    table
}

fn caveats(results: &RegimeResults) -> Vec<Caveat> {
    let mut caveats = vec![
        Caveat::note(
            "The comparison that counts is the one with constant exposures",
            "It holds what the strategy held on average, so it has the same share of stocks, bonds and cash. What is \
             left is timing. Its weights are known only afterwards: it is a yardstick, not something to trade.",
        ),
        Caveat::caution(
            "One history, several settings",
            format!(
                "{} settings were run on the same sessions; the best of them is flattered by the choice. The spread is \
                 shown whole below.",
                results.spread.len()
            ),
        ),
    ];
    let fits = results.followed.iter().flat_map(|instrument| &instrument.history.fits);
    let (all, odd) = fits.fold((0, 0), |(all, odd), fit| (all + 1, odd + usize::from(!fit.converged)));
    if odd > 0 {
        let text = format!("{odd} of {all} fits ended at the limit of iterations rather than by themselves.");
        caveats.push(Caveat::caution("Fits that did not converge", text));
    }
    for (what, count) in results.strategy().map(|book| book.notes.clone()).unwrap_or_default() {
        caveats.push(Caveat::note("What the rules could not give", format!("{count} {what}.")));
    }
    let own = results.strategy().map(|book| book.caveats.clone()).unwrap_or_default();
    caveats.extend(own.into_iter().map(|text| Caveat::note("Of the simulation", text)));
    caveats.extend(results.warnings.iter().map(|text| Caveat::note("Of the data", text.clone())));
    caveats
}

pub(super) fn method(results: &RegimeResults) -> Section {
    let study = serde_json::to_string_pretty(&results.config).unwrap_or_default();
    let mut keys = Table::new("Keys of the regimes")
        .column(Column::text("Stage"))
        .column(Column::text("Piece"))
        .column(Column::text("Key"))
        .visible_rows(12);
    for (stage, piece, key) in &results.lineage {
        keys = keys.row(cells![stage.as_str(), piece.as_str(), key.as_str()]);
    }
    let mut text = Table::new("The study as it was read, defaults included").column(Column::text("Line"));
    for line in study.lines() {
        text = text.row(cells![line]);
    }
    Section::new("method", "How it was done")
        .text(
            "At each close a model knows the bars of its look-back and nothing else. It is fitted when the schedule says \
             so; between fits the probabilities are filtered forward bar by bar. States keep their numbers from fit to fit, \
             and their names are given anew at each. A decision made at a close is filled in the next session at the \
             earliest; cash earns what was known of the rate on each day.",
        )
        .block(Details::new("The study").block(text.visible_rows(24)))
        .block(Details::new("Keys").block(keys))
}
