//! The file that `init` writes: `templates/study.yaml`.

use std::path::Path;

use askama::Template;
use backstaff_panel::Session;
use backstaff_source::{Inspection, quality::Broken};

use super::{
    Request,
    design::Design,
    features::momentum,
    learning::{LEAST_ROWS, Learning},
    market::{Market, texts},
    rule::{By, Ruled},
    said::{calendar, said},
};
use crate::{StudyError, words};

/// The file that `init` writes.
#[derive(Template)]
#[template(path = "study.yaml", escape = "none")]
struct NewStudy<'a> {
    path: String,
    rows: String,
    instruments: String,
    first: Session,
    last: Session,
    bars: String,
    instead: Option<&'a str>,
    name: &'a str,
    about: String,
    /// What the command line says of the files, a key each.
    said: Vec<String>,
    why: &'a str,
    /// How the vendor writes what the study has to say of it, a line each.
    habits: Vec<String>,
    on_bad: String,
    categories: String,
    categories_used: String,
    /// Comments with the rows and instruments that look wrong, a line each; empty if none does.
    suspects: Vec<String>,
    calendar: String,
    chooses: bool,
    has_volume: bool,
    is_krx: bool,
    learning: Option<&'a Learning>,
    ruled: Option<&'a Ruled>,
    least_rows: usize,
    rule: String,
    followed: String,
    momentum: String,
    told_horizon: String,
    rebalance: String,
    /// When a rule is rebalanced, where its strategy leaves that to the portfolio.
    ruled_rebalance: Option<String>,
    told_rebalance: String,
    told_look_back: String,
    execution: &'static str,
    quick: &'static str,
}

/// The study of a design for these data, as its file says it.
pub(super) fn text(
    request: &Request,
    (inspection, market): (&Inspection, &Market),
    (name, about): (&str, &str),
    design: &Design,
    data: &Path,
) -> Result<String, StudyError> {
    let found = &inspection.found;
    let pace = market.pace;
    let (learning, ruled) = (design.learning(), design.ruled());
    let all = texts(inspection).collect::<Vec<_>>();
    let followed = match ruled.map(|ruled| &ruled.by) {
        Some(By::Regimes { instruments, .. }) => {
            instruments.iter().map(|name| quoted(name)).collect::<Vec<_>>()
        }
        _ => Vec::new(),
    };
    let look_back = match ruled.map(|ruled| &ruled.by) {
        Some(By::Regimes { look_back, .. }) => *look_back,
        _ => 0,
    };
    let study = NewStudy {
        path: quoted(&data.display().to_string()),
        rows: words::count(found.rows, "row"),
        instruments: words::count(found.instruments, "instrument"),
        first: found.first,
        last: found.last,
        bars: pace.bars(),
        instead: design.instead.as_deref(),
        name,
        about: quoted(about),
        said: said(request)?,
        why: &found.adjustment.why,
        habits: habits(inspection),
        on_bad: bad(inspection),
        categories: if all.is_empty() { "sector".to_owned() } else { all.join(", ") },
        categories_used: market.categories.join(", "),
        suspects: suspects(&inspection.quality.broken),
        calendar: request.form.calendar.as_ref().map_or("union".to_owned(), calendar),
        chooses: ruled.is_none_or(|ruled| matches!(ruled.by, By::Score { .. } | By::Share(_))),
        has_volume: market.schema.fields.contains("volume"),
        is_krx: request.preset.as_deref() == Some("krx"),
        learning,
        ruled,
        least_rows: LEAST_ROWS,
        rule: ruled.map_or_else(String::new, |ruled| ruled.rule.name().to_owned()),
        followed: followed.join(", "),
        momentum: momentum(pace, pace.year()),
        told_horizon: pace.told(design.horizon()),
        rebalance: pace.rebalance(design.rebalance()),
        ruled_rebalance: ruled
            .filter(|ruled| !matches!(ruled.by, By::Regimes { .. }))
            .map(|ruled| pace.rebalance(ruled.rebalance)),
        told_rebalance: pace.told(design.rebalance()),
        told_look_back: pace.in_time(look_back),
        execution: if market.has_open {
            "open # the next session's open, or its close"
        } else {
            "close # the next session's close: the data have no open"
        },
        quick: design.quick(market),
    };
    let internal = |error| StudyError::Internal { what: format!("the template of a study: {error}") };
    study.render().map(|text| text.trim_end().to_owned() + "\n").map_err(internal)
}

/// A name as a text of the study's file.
pub(super) fn quoted(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}

/// What becomes of rows that can't be true.
fn bad(inspection: &Inspection) -> String {
    let (rows, gone) = (inspection.found.dropped.rows, inspection.excluded.len());
    if rows == 0 && gone == 0 {
        return "stop".to_owned();
    }
    let gone = if gone == 0 {
        String::new()
    } else {
        format!(", and {} of little else", words::count(gone, "instrument"))
    };
    format!("drop # {} can't be true{gone}: `backstaff run` lists them", words::count(rows, "row"))
}

/// The lines that say how the vendor writes sessions without trade and base prices.
fn habits(inspection: &Inspection) -> Vec<String> {
    let resampled = inspection.found.resampled.as_ref().map(|resampled| {
        format!("resample: session # {} bars of minutes or hours became those of sessions", resampled.bars)
    });
    let halts = inspection.halts.as_ref().map(|halts| {
        format!(
            "halts: zero_volume # {} without trade; no_row: each row traded",
            words::count(halts.rows, "row")
        )
    });
    let change = inspection.change.as_ref().map(|change| {
        format!("change: {} # the close less it is the base price, by which prices are adjusted", change.name)
    });
    resampled.into_iter().chain(halts).chain(change).collect()
}

/// The most instruments whose bars the study's file lists.
const LISTED: usize = 20;

/// Comments with the bars and instruments that look wrong. A person decides: to leave them out by what came later would
/// be to look ahead.
fn suspects(broken: &[Broken]) -> Vec<String> {
    let said = |broken: &Broken| broken.to_string().replace(char::is_control, " ");
    let (bars, names): (Vec<_>, Vec<_>) =
        broken.iter().take(LISTED).partition(|broken| !broken.bars.is_empty());
    let mut lines = Vec::new();
    if !broken.is_empty() {
        lines.push("These look wrong. Look them up, and take the # away from what is an error:".to_owned());
    }
    if !bars.is_empty() {
        lines.push("drop_rows:".to_owned());
    }
    for broken in bars {
        let row = |date: &Session| {
            format!("  - {{instrument: {}, date: {date}}} # {}", quoted(&broken.instrument), said(broken))
        };
        lines.extend(broken.bars.iter().map(row));
    }
    if !names.is_empty() {
        lines.push("drop_instruments:".to_owned());
    }
    lines.extend(
        names.into_iter().map(|broken| format!("  - {} # {}", quoted(&broken.instrument), said(broken))),
    );
    if broken.len() > LISTED {
        lines.push(format!("and {} more: section Data of the report lists them", broken.len() - LISTED));
    }
    lines
}
