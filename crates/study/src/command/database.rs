//! Databases: the contents of an SQLite file, and the indexes that would help to read it.
//!
//! A check only reads. `indexes` measures on a copy of the first rows, and writes only where the caller allows it.

use std::{fmt, path::Path};

use backstaff_source::{DatabaseReport, IndexTrial, TableLayout, check_database, make_indexes, try_indexes};
use serde::Serialize;

use crate::{StudyError, flow::progress::Observer};

/// Describe an SQLite file: schema, counts, ranges of dates, indexes, oddities.
pub fn check(path: &Path) -> Result<DatabaseReport, StudyError> {
    Ok(check_database(path)?)
}

/// The gain of indexes for the reading of a database, and whether they were made.
#[derive(Clone, Debug, Serialize)]
pub struct Indexes {
    /// The measurement of each index.
    pub trials: Vec<IndexTrial>,
    /// The SQL statements that make the indexes which help and are missing.
    pub statements: Vec<String>,
    /// Whether the statements were carried out.
    pub made: bool,
}

/// Undo what a program that was killed left half-done in a database, so that it can be read again. The file is written.
pub fn undo_unfinished(path: &Path) -> Result<(), StudyError> {
    Ok(backstaff_source::undo_unfinished(path)?)
}

/// Measure which indexes would help to read an SQLite file by a layout. If one is missing that helps, `may_write` is
/// asked before any is made.
pub fn indexes(
    path: &Path,
    layout: &TableLayout,
    may_write: impl FnOnce(&Indexes) -> bool,
    observer: &dyn Observer,
) -> Result<Indexes, StudyError> {
    let trials = try_indexes(path, layout)?;
    let wanted = trials.iter().filter(|trial| trial.helps() && !trial.exists).cloned().collect::<Vec<_>>();
    let statements = wanted.iter().map(IndexTrial::sql).collect();
    let mut indexes = Indexes { trials, statements, made: false };
    if !wanted.is_empty() && may_write(&indexes) {
        let is_cancelled = || observer.is_cancelled();
        make_indexes(path, &wanted, &is_cancelled).map_err(|error| {
            // SQLite has undone the index that was being made.
            if is_cancelled() { StudyError::Interrupted } else { error.into() }
        })?;
        indexes.made = true;
    }
    Ok(indexes)
}

impl fmt::Display for Indexes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for trial in &self.trials {
            let IndexTrial { table, columns, rows, wanted, without, with, bytes, exists, .. } = trial;
            let verdict = match (trial.helps(), exists) {
                (_, true) => "is there",
                (true, false) => "helps",
                (false, false) => "does not help",
            };
            writeln!(f, "{table} ({}): {verdict}", columns.join(", "))?;
            writeln!(
                f,
                "  {wanted} of the first {rows} rows in {:.1} ms, through the index in {:.1} ms; about {:.0} MB",
                1e3 * without,
                1e3 * with,
                *bytes as f64 / 1e6
            )?;
        }
        if self.trials.is_empty() {
            writeln!(f, "the layout has no table that is read in part")?;
        }
        writeln!(f, "tables of prices are read whole: no index makes that faster")?;
        for statement in &self.statements {
            writeln!(f, "{}{statement}", if self.made { "made: " } else { "" })?;
        }
        if !self.made && !self.statements.is_empty() {
            writeln!(f, "nothing was written; --yes makes them")?;
        }
        Ok(())
    }
}
