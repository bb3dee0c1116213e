//! `init`: looks at data and writes a study for them.

use std::{
    fmt::{self, Write as _},
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use askama::Template;
use backstaff_panel::Session;
use backstaff_source::{Found, Mapping, inspect};
use serde::Serialize;

use crate::{StudyError, command::output::OutputError};

/// The outcome of `init`.
#[derive(Clone, Debug, Serialize)]
pub struct Written {
    /// The study's file that was written.
    pub study: PathBuf,
    /// The description of the data, as they were understood.
    pub found: Found,
    /// The instruments that a run would refuse: the name and the reason.
    pub bad: Vec<(String, String)>,
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&describe(&self.found))?;
        for (instrument, reason) in &self.bad {
            writeln!(f, "bad: {instrument}: {reason}")?;
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
    let (found, bad) = inspect(data, &Mapping::default())?;
    let path = relative(data, out);
    let text = study(&found, &path, !bad.is_empty())?;
    let failed = |source: io::Error| OutputError::Write { path: out.to_owned(), source };
    let file = fs::OpenOptions::new().write(true).create_new(true).open(out);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed)?;
    let bad = bad.iter().map(|bad| (bad.instrument.to_string(), bad.reason.clone())).collect();
    Ok(Written { study: out.to_owned(), found, bad })
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
    on_bad: &'static str,
    from: String,
    every: &'static str,
    train: String,
    validation: String,
    k: usize,
    n_drop: usize,
}

fn study(found: &Found, data: &Path, bad: bool) -> Result<String, StudyError> {
    let (from, train, validation) = periods(found);
    let k = (found.instruments / 10).clamp(1, 50);
    let study = NewStudy {
        path: serde_json::Value::from(data.display().to_string()).to_string(),
        rows: found.rows,
        n: found.instruments,
        first: found.first,
        last: found.last,
        why: &found.adjustment.why,
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
