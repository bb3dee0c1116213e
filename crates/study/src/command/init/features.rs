//! The features that the models of a new study see: those that the data have the columns and the history for.

use super::{market::Market, pace::Pace};
use crate::{StudyError, config::catalog};

/// A feature as the study's file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// Its name.
    pub name: String,
    /// Its expression.
    pub expression: String,
    /// How far it looks back, in words.
    pub time: String,
}

/// The features whose windows are no longer than `longest` sessions.
///
/// # Errors
///
/// If an expression is wrong, which a test excludes.
pub(super) fn seen(market: &Market, longest: u32) -> Result<Vec<Seen>, StudyError> {
    let defined = all(market);
    let catalog = catalog(&[], [], defined.iter().map(|(name, text)| (name, text)))?;
    let names = defined.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
    let resolved = catalog.resolve(&names, &market.schema)?;
    let seen = defined.into_iter().zip(resolved).filter_map(|((name, expression), feature)| {
        let sessions = feature.look_back().sessions()? as u32;
        let time = market.pace.in_time(sessions);
        (sessions <= longest).then_some(Seen { name, expression, time })
    });
    Ok(seen.collect())
}

/// Features by the spans of the calendar. All compare instruments by something else than the level of their prices.
fn all(market: &Market) -> Vec<(String, String)> {
    let pace = market.pace;
    let (month, quarter, half, year) = (pace.month(), pace.quarter(), pace.half(), pace.year());
    let spans =
        [("day", 1), ("week", pace.week()), ("month", month), ("quarter", quarter), ("half_year", half)];
    let mut all = Vec::<(String, String)>::new();
    let mut add = |name: &str, text: String| {
        // Where bars are far apart several spans are one bar.
        if all.iter().all(|(_, known)| *known != text) {
            all.push((name.to_owned(), text));
        }
    };
    for (name, span) in spans {
        if name != "day" || pace.is_daily() {
            add(&format!("mom_{name}"), format!("$close / Ref($close, {span}) - 1"));
        }
    }
    if year > month {
        add("mom_12_1", format!("Ref($close, {month}) / Ref($close, {year}) - 1"));
    }
    // A deviation or a beta of a few returns is noise.
    let measured = [("month", month), ("quarter", quarter), ("year", year)]
        .into_iter()
        .filter(|(_, span)| *span >= LEAST);
    for (name, span) in measured.clone() {
        add(&format!("volatility_{name}"), format!("Std($return, {span}, min={})", usual(span)));
    }
    for (name, span) in measured.filter(|(name, _)| *name != "month") {
        add(
            &format!("beta_{name}"),
            format!("Beta($return, CsMedian($return), {span}, min={})", usual(span)),
        );
    }
    if year > 2 {
        add("distance_to_high", format!("$close / Max($close, {year}, min={}) - 1", usual(year)));
        add("distance_to_low", format!("$close / Min($close, {year}, min={}) - 1", usual(year)));
    }
    if market.schema.fields.contains("volume") && quarter > 1 {
        let span = if month > 1 { month } else { quarter };
        add("volume_surprise", format!("$volume / Mean($volume, {span}, min={})", usual(span)));
        add("money_traded", format!("CsRank(Mean($close * $volume, {span}, min={}))", usual(span)));
    }
    for category in &market.categories {
        let name = format!("mom_within_{category}");
        add(&name, format!("CsZScore($close / Ref($close, {month}) - 1, by={category})"));
    }
    all
}

/// The fewest returns that a deviation or a beta is measured by.
const LEAST: u32 = 12;

/// The observations that a window needs: nearly all, so that a halt doesn't cost a year.
pub(super) fn usual(span: u32) -> u32 {
    (span * 19).div_ceil(20)
}

/// The return by which momentum ranks: that of a year without its last month, as far as bars are close enough.
pub(super) fn momentum(pace: Pace, longest: u32) -> String {
    match pace.month() {
        skipped if skipped < longest && longest == pace.year() => {
            format!("Ref($close, {skipped}) / Ref($close, {longest}) - 1")
        }
        _ => format!("$close / Ref($close, {longest}) - 1"),
    }
}
