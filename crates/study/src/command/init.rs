//! `init`: looks at data and writes a study for them.

use std::{
    fmt::{self, Write as _},
    fs,
    path::{Path, PathBuf},
};

use askama::Template;
use backstaff_panel::Session;
use backstaff_source::{
    Found, FoundChange, FoundHalts, Inspection, Mapping, Unused, field_name, inspect,
    quality::{Broken, broken_series},
};
use serde::Serialize;

use crate::{
    StudyError,
    command::output::{Reads, create},
    words,
};

/// The outcome of `init`.
#[derive(Clone, Debug, Serialize)]
pub struct Written {
    /// The study's file that was written.
    pub study: PathBuf,
    /// The description of the data, as they were understood.
    pub found: Found,
    /// The instruments that a run would refuse: the name and the reason.
    pub bad: Vec<(String, String)>,
    /// The sessions without trade that are written as rows, if any are.
    pub halts: Option<FoundHalts>,
    /// The column of changes against base prices that adjusts the prices, if one does.
    pub change: Option<FoundChange>,
    /// The instruments whose series look broken, the worst first.
    pub broken: Vec<Broken>,
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&describe(&self.found))?;
        if let Some(FoundHalts { rows, instruments, first: (instrument, session) }) = &self.halts {
            writeln!(
                f,
                "halts:      {} of {} carry the close on without volume, the first of {instrument} on {session}: \
                 `halts: zero_volume`",
                words::count(*rows, "row"),
                words::count(*instruments, "instrument")
            )?;
        }
        if let Some(FoundChange { source, name, n_events, .. }) = &self.change {
            writeln!(
                f,
                "base price: the close less {source}, another one than the last close in {}: `change: {name}`",
                words::count(*n_events, "session")
            )?;
        }
        for (instrument, reason) in &self.bad {
            writeln!(f, "bad: {instrument}: {reason}")?;
        }
        if let Some(sentence) = broken_series(&self.broken) {
            writeln!(
                f,
                "broken:     {sentence}; the study lists them under `drop_rows` and `drop_instruments`, for you to decide"
            )?;
        }
        writeln!(f, "\nwritten: {}\nnext:    backstaff run {}", self.study.display(), self.study.display())
    }
}

fn describe(found: &Found) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{} rows of {} instruments in {} files",
        found.rows,
        found.instruments,
        found.files.len()
    );
    let calendar = &found.calendar;
    let _ = writeln!(
        out,
        "sessions:   {} from {} to {}, {:.1} a year ({}{})",
        calendar.sessions,
        found.first,
        found.last,
        calendar.sessions_per_year,
        calendar.rule,
        calendar.resembles.map_or(String::new(), |exchange| format!(", just those of {}", exchange.code()))
    );
    for date in &calendar.dropped_dates {
        let _ = writeln!(out, "no session: {} ({} of {} instruments)", date.date, date.held_by, date.living);
    }
    let _ = writeln!(out, "coverage:   {:.2} % of all rows have a close", found.coverage * 100.0);
    let _ = writeln!(out, "adjustment: {}; {}", found.adjustment.why, found.adjustment.guess);
    let columns = found.columns.iter().map(|column| {
        if column.source == column.name {
            column.name.clone()
        } else {
            format!("{} as {}", column.source, column.name)
        }
    });
    let _ = writeln!(out, "columns:    {}", columns.collect::<Vec<_>>().join(", "));
    for ignored in &found.ignored {
        let _ = writeln!(out, "not used:   {} ({})", ignored.source, ignored.why);
    }
    for warning in &found.warnings {
        let _ = writeln!(out, "warning:    {warning}");
    }
    out
}

/// Look at a file or folder and write a commented study for it.
///
/// # Errors
///
/// If the data can't be read, or `out` exists already: it is never overwritten.
pub fn init(data: &Path, out: &Path) -> Result<Written, StudyError> {
    Reads::of([data]).allow("--out", out)?;
    let inspection = inspect(data, &Mapping::default())?;
    let path = relative(data, out);
    let text = study(&inspection, &path)?;
    create(out, text.as_bytes())?;
    let Inspection { found, excluded, halts, change, quality } = inspection;
    let bad = excluded.iter().map(|bad| (bad.instrument.to_string(), bad.reason.clone())).collect();
    Ok(Written { study: out.to_owned(), found, bad, halts, change, broken: quality.broken })
}

/// The path of the data as the study's file should name it: relative where that is possible.
fn relative(data: &Path, out: &Path) -> PathBuf {
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        None => data.to_owned(),
        Some(folder) => data
            .strip_prefix(folder)
            .map_or_else(|_| fs::canonicalize(data).unwrap_or_else(|_| data.to_owned()), Path::to_owned),
    }
}

/// The first tested date, the length of the training and that of the validation, as the study's file writes them.
fn periods(found: &Found) -> (String, String, String) {
    let years = i32::from(found.last.year()) - i32::from(found.first.year());
    let first_full = i32::from(found.first.year()) + i32::from(found.first.month() > 1);
    if years >= 4 {
        return (format!("{}-01-01", first_full + 3), "{years: 3}".to_owned(), "{months: 6}".to_owned());
    }
    // Short histories: the last third is tested, in steps of 60 sessions.
    let days = found.last.number() - found.first.number();
    let from = Session::from_number(found.first.number() + days * 2 / 3);
    (from.to_string(), "expanding".to_owned(), "{sessions: 40}".to_owned())
}

/// The file that `init` writes: `templates/study.yaml`.
#[derive(Template)]
#[template(path = "study.yaml", escape = "none")]
struct NewStudy<'a> {
    path: String,
    rows: usize,
    n: usize,
    first: Session,
    last: Session,
    why: &'a str,
    /// How the vendor writes what the study has to say of it, a line each.
    habits: Vec<String>,
    on_bad: &'static str,
    /// Comments with the rows and instruments that look wrong, a line each; empty if none does.
    suspects: Vec<String>,
    categories: String,
    from: String,
    every: &'static str,
    train: String,
    validation: String,
    k: usize,
    n_drop: usize,
}

/// A name as a text of the study's file.
fn quoted(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}

/// The lines that say how the vendor writes sessions without trade and base prices.
fn habits(inspection: &Inspection) -> Vec<String> {
    let halts = inspection.halts.as_ref().map(|halts| {
        format!(
            "halts: zero_volume # {} without trade; no_row: each row traded",
            words::count(halts.rows, "row")
        )
    });
    let change = inspection.change.as_ref().map(|change| {
        format!("change: {} # the close less it is the base price, by which prices are adjusted", change.name)
    });
    halts.into_iter().chain(change).collect()
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

/// The columns of texts in the files, as a list that the study's file may hold.
fn categories(found: &Found) -> String {
    let texts = found.ignored.iter().filter(|ignored| ignored.why == Unused::Text);
    let names = texts.map(|ignored| field_name(&ignored.source)).filter(|name| !name.is_empty());
    let names = names.collect::<Vec<_>>();
    if names.is_empty() { "sector".to_owned() } else { names.join(", ") }
}

fn study(inspection: &Inspection, data: &Path) -> Result<String, StudyError> {
    let Inspection { found, excluded, .. } = inspection;
    let bad = !excluded.is_empty();
    let (from, train, validation) = periods(found);
    let k = (found.instruments / 10).clamp(1, 50);
    let study = NewStudy {
        path: serde_json::Value::from(data.display().to_string()).to_string(),
        rows: found.rows,
        n: found.instruments,
        first: found.first,
        last: found.last,
        why: &found.adjustment.why,
        habits: habits(inspection),
        suspects: suspects(&inspection.quality.broken),
        categories: categories(found),
        on_bad: if bad { "exclude # some instruments have impossible rows" } else { "stop" },
        from,
        every: if train == "expanding" { "{sessions: 60}" } else { "year" },
        train,
        validation,
        k,
        n_drop: k.div_ceil(10),
    };
    study.render().map_err(|error| StudyError::Internal { what: format!("the template of a study: {error}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_writes_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("prices.csv");
        let mut text = String::from("date,symbol,open,high,low,close,volume\n");
        for day in 0..1600 {
            let date = Session::from_number(15_000 + day);
            for symbol in ["A", "B"] {
                let _ = writeln!(text, "{date},{symbol},10,11,9,10.{},1000", day % 7 + 1);
            }
        }
        fs::write(&data, text).unwrap();
        let out = folder.path().join("study.yaml");
        let written = init(&data, &out).unwrap();
        assert_eq!(written.found.instruments, 2);
        let config = crate::config::Config::read(&out, Some("quick")).unwrap();
        assert_eq!(config.universe.at_most, Some(20));
        assert_eq!(config.data.prices.path, Path::new("prices.csv"));
        assert!(init(&data, &out).is_err(), "an existing file is never overwritten");
    }
}
