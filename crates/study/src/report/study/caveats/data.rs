//! Caveats about the data.

use backstaff_report::Caveat;
use backstaff_source::{
    Adjustment,
    quality::{Check, broken_series},
};

use super::Case;
use crate::{report::study::survivorship::Gauge, words};

/// The number of instruments or features that a caveat names before it cuts the list.
const NAMED: usize = 8;

/// Failing companies leave, so a panel that nobody leaves was chosen afterwards.
pub(super) fn survivorship(case: Case<'_>) -> Option<Caveat> {
    let gauge = Gauge::of(case.results, case.accounts);
    let last = *case.results.panel.axis().calendar().sessions().last()?;
    let spans = [&gauge.whole, &gauge.test].map(|span| {
        let without = span.without_mask.map_or_else(String::new, |without| {
            format!(" ({} without the dates of entry)", words::difference(without, 1))
        });
        span.with_mask.map(|gap| format!("{} a year{without} since {}", words::difference(gap, 1), span.from))
    });
    let spans = spans.into_iter().flatten().collect::<Vec<_>>();
    let gap = if spans.is_empty() {
        String::new()
    } else {
        format!(
            " The gauge: the equal weight of the universe less the index is {}. No model has a part in that, so compare \
             with the equal weight. It is a gauge, not a correction: an index also weighs large companies more.",
            spans.join(", ")
        )
    };
    if gauge.only_survivors() {
        let text = format!(
            "None of the {} ends before {last}: those that failed, merged or fell out of the list before it was made \
             are missing, and their losses with them.{gap}",
            words::count(gauge.n_instruments, "instrument")
        );
        return Some(Caveat::warning("Survivors only", text));
    }
    let years = case.accounts.primary()?.years();
    let share = gauge.n_ended as f64 / gauge.n_instruments as f64 / years.max(1.0);
    (share < 0.01 && gauge.n_instruments >= 50).then(|| {
        let text = format!(
            "Only {} of {} {} before {last}; usually a few per cent leave every year.{gap}",
            gauge.n_ended,
            words::count(gauge.n_instruments, "instrument"),
            if gauge.n_ended == 1 { "ends" } else { "end" }
        );
        Caveat::caution("Few instruments ever leave", text)
    })
}

/// Instruments that end, although the table of delistings does not name them.
pub(super) fn suspected(case: Case<'_>) -> Option<Caveat> {
    let gauge = Gauge::of(case.results, case.accounts);
    let stated = gauge.n_stated?;
    let suspected = gauge.n_suspected();
    (suspected > 0).then(|| {
        let text = format!(
            "The table of delistings names {stated} of the {} whose rows end before the data do. That the other {suspected} \
             were delisted is only suspected: labels and portfolio end them at {} of the last trade where the study says \
             nothing else of them.",
            words::count(gauge.n_ended, "instrument"),
            words::percent(case.results.config.portfolio.recovery.usual, 0)
        );
        Caveat::caution("Ends that nobody states", text)
    })
}

/// Instruments without a date of entry, which are members from their first row on.
pub(super) fn undated(case: Case<'_>) -> Option<Caveat> {
    let (rows_before, undated) = case.results.panel.facts().membership.as_ref()?;
    let column = case.results.config.universe.member_from.as_deref()?;
    let dropped = format!(
        "{} before their instrument's `{column}` are not in the universe",
        words::count(*rows_before, "row")
    );
    if undated.is_empty() {
        return Some(Caveat::note("Dates of entry", format!("{dropped}.")));
    }
    let text = format!(
        "{} of {} have no `{column}` and count from their first session, also while they were not yet in the list; {dropped}.",
        undated.len(),
        words::count(case.results.panel.axis().n_instruments(), "instrument")
    );
    Some(Caveat::caution("No date of entry", text))
}

/// Categories of a table without history: the past sees today's sector.
pub(super) fn static_categories(case: Case<'_>) -> Option<Caveat> {
    let names = &case.results.panel.facts().static_categories;
    if names.is_empty() {
        return None;
    }
    let readers = readers(case, names);
    let used = if readers.is_empty() {
        "No feature reads them.".to_owned()
    } else {
        let of = words::some_of(readers.iter().copied(), NAMED);
        format!("Read by {of}.")
    };
    let text = format!(
        "The table of {} has no history: every session sees the value of the day it was made. {used}",
        words::some_of(names.iter().map(String::as_str), NAMED)
    );
    let title = "Categories without history";
    Some(if readers.is_empty() { Caveat::note(title, text) } else { Caveat::caution(title, text) })
}

/// The features whose expression names one of these columns, or a feature that does.
fn readers<'a>(case: Case<'a>, names: &'a [String]) -> Vec<&'a str> {
    let mut known = names.iter().map(String::as_str).collect::<Vec<_>>();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    loop {
        let n = known.len();
        for feature in &case.results.features {
            let mut words = feature.expression.split(|c| !is_word(c));
            if !known.contains(&feature.name.as_str()) && words.any(|word| known.contains(&word)) {
                known.push(&feature.name);
            }
        }
        if known.len() == n {
            return known.split_off(names.len());
        }
    }
}

/// The warnings of the reading, and the guess of how the prices are adjusted.
pub(super) fn reading(case: Case<'_>) -> Option<Caveat> {
    let facts = case.results.panel.facts();
    let adjustment = &facts.found.adjustment;
    let is_as_file = adjustment.used == Adjustment::AsIs;
    let title = if is_as_file { "Prices as in the file" } else { "While reading the data" };
    // What the study itself joins later, such as recoveries, is no warning of the reading yet.
    let doubtful = case.results.matches.iter().filter(|matched| matched.is_doubtful());
    let doubtful = doubtful.map(ToString::to_string).filter(|text| !facts.warnings.contains(text));
    let warnings = facts.warnings.iter().cloned().chain(doubtful);
    let mut text = warnings.map(|warning| words::capitalised(&warning)).collect::<Vec<_>>().join(". ");
    if is_as_file && !adjustment.guess.is_empty() {
        let gap = if text.is_empty() { "" } else { ". " };
        text = format!("{text}{gap}From their looks: {}", adjustment.guess);
    }
    (!text.is_empty()).then(|| Caveat::caution(title, format!("{text}.")))
}

/// Instruments that were left out for impossible rows.
pub(super) fn excluded(case: Case<'_>) -> Option<Caveat> {
    let excluded = &case.results.panel.facts().excluded;
    (!excluded.is_empty()).then(|| {
        let names = words::some_of(excluded.iter().map(|(name, _)| name.as_str()), NAMED);
        let text = format!(
            "{} left out for impossible rows anywhere in their history, which nobody could know at the time: {names}. \
             The reasons stand in section Data.",
            words::count(excluded.len(), "instrument")
        );
        Caveat::caution("Instruments left out", text)
    })
}

/// Rows that the study's `drop_rows` leaves out.
pub(super) fn drop_rows(case: Case<'_>) -> Option<Caveat> {
    let prices = &case.results.config.data.prices;
    let (n_rows, n_names) = (prices.drop_rows.len(), prices.drop_instruments.len());
    let rows = (n_rows > 0).then(|| format!("{} of the list `drop_rows`", words::count(n_rows, "row")));
    let names = (n_names > 0)
        .then(|| format!("{} of the list `drop_instruments`", words::count(n_names, "instrument")));
    let both = rows.into_iter().chain(names).collect::<Vec<_>>();
    (!both.is_empty()).then(|| {
        let text = format!("By the study's frozen lists {} are left out.", both.join(" and "));
        Caveat::note("Rows dropped by hand", text)
    })
}

fn found(case: Case<'_>, check: Check) -> usize {
    let counts = &case.results.quality.counts;
    counts.iter().find(|(other, _)| *other == check).map_or(0, |(_, count)| *count)
}

/// Sessions on which few instruments have a row, and dates that were dropped since too few had.
pub(super) fn thin_sessions(case: Case<'_>) -> Option<Caveat> {
    let (thin, dropped) = (found(case, Check::ThinSession), found(case, Check::DroppedDate));
    let thin = (thin > 0)
        .then(|| format!("{} that few of the living instruments have", words::count(thin, "session")));
    let dropped = (dropped > 0).then(|| {
        format!("{} that too few had, so that their rows are left out", words::count(dropped, "date"))
    });
    let parts = [thin, dropped].into_iter().flatten().collect::<Vec<_>>();
    (!parts.is_empty())
        .then(|| Caveat::note("Thin dates", format!("{}. Listed in section Data.", parts.join("; "))))
}

/// Series that look broken, the worst of them.
pub(super) fn broken(case: Case<'_>) -> Option<Caveat> {
    let sentence = broken_series(&case.results.quality.broken)?;
    let text = format!(
        "{}. Whatever holds or ranks them may rest on errors; see section Data, and put what is wrong into `drop_rows` or \
         `drop_instruments`.",
        words::capitalised(&sentence)
    );
    Some(Caveat::warning("Series that look broken", text))
}

/// Jumps that the next session takes back: errors more often than events.
pub(super) fn jumps(case: Case<'_>) -> Option<Caveat> {
    let n = found(case, Check::RevertingJump);
    (n > 0).then(|| {
        let text = format!(
            "{} in a close that the next session takes back, left in: nobody could know that at the time. Features and \
             fills may rest on them; see section Data, and put what is wrong into `drop_rows`.",
            words::count(n, "jump")
        );
        Caveat::note("Prices that may be wrong", text)
    })
}

/// Features without a value, or with the same one everywhere.
pub(super) fn empty_features(case: Case<'_>) -> Option<Caveat> {
    let empty = case.results.checks.iter().filter(|check| check.is_empty());
    let names = empty.map(|check| check.column.as_str()).collect::<Vec<_>>();
    (!names.is_empty()).then(|| {
        let text = format!(
            "{} without a value, or with the same one everywhere: {}. No model can learn from them; look at the columns that \
             they read.",
            words::count(names.len(), "feature"),
            words::some_of(names.iter().copied(), NAMED)
        );
        Caveat::caution("Features that say nothing", text)
    })
}

/// Features with many values from windows that begin before the instrument's first session.
pub(super) fn partial_windows(case: Case<'_>) -> Option<Caveat> {
    let mut partial = case.results.checks.iter().filter(|check| check.has_many_partial()).collect::<Vec<_>>();
    partial.sort_by(|a, b| b.partial().total_cmp(&a.partial()));
    let most = partial.first()?;
    let names = partial.iter().map(|check| check.column.as_str());
    let text = format!(
        "{} from the first sessions of an instrument, before its windows are full: {} of those of `{}`, and many of {}. \
         `min=` says how many observations a window needs.",
        words::count(partial.iter().map(|check| check.n_partial).sum(), "value"),
        words::percent(most.partial(), 0),
        most.column,
        words::some_of(names, NAMED)
    );
    Some(Caveat::note("Windows that begin before the data", text))
}
