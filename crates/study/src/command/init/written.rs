//! What `init` says: what was found, what was chosen and why, and what to type next.

use std::{
    fmt::{self, Write as _},
    path::PathBuf,
};

use backstaff_source::{
    Found, FoundChange, FoundHalts,
    quality::{Broken, broken_series},
};
use serde::Serialize;

use crate::words;

/// The outcome of `init`.
#[derive(Clone, Debug, Serialize)]
pub struct Written {
    /// The study's file that was written.
    pub study: PathBuf,
    /// The name of the study, under which its reports are kept.
    pub name: String,
    /// The question of the study.
    pub about: String,
    /// What was chosen and why: a word and a sentence each.
    pub chosen: Vec<(&'static str, String)>,
    /// What a run will warn of.
    pub warnings: Vec<String>,
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
        for warning in &self.warnings {
            writeln!(f, "warning:    {warning}")?;
        }
        writeln!(f, "\n{}", self.about)?;
        for (what, sentence) in &self.chosen {
            writeln!(f, "{:<11} {sentence}", format!("{what}:"))?;
        }
        let study = self.study.display();
        writeln!(f, "\nwritten: {study}, the study {}, which was tried on the data", self.name)?;
        writeln!(f, "next:    backstaff run {study}")?;
        writeln!(f, "         backstaff run {study} --profile quick")
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
    for layout in &found.layouts {
        let _ = writeln!(out, "layout:     {layout}");
    }
    if let Some(resampled) = &found.resampled {
        let _ = writeln!(
            out,
            "resampled:  {} bars from {} to {} became {} of sessions: `resample: session`",
            resampled.bars, resampled.first, resampled.last, resampled.sessions
        );
    }
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
