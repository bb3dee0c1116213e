//! A synthetic market in a folder, made once and described in a file beside it.

use std::{collections::BTreeMap, fmt, path::Path, time::Instant};

pub use backstaff_generator::SyntheticSpec;
use backstaff_generator::{GeneratorError, SyntheticMarket, Watcher};
use serde::Serialize;

use crate::{
    StudyError,
    command::output::write_json,
    flow::progress::{Event, Observer, Outcome, StageRecord, peak_anonymous_bytes},
};

/// The file that describes the market; written last, so that whoever finds it finds whole files.
const DESCRIPTION: &str = "market.json";

/// The format in which a market is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// One SQLite database, `krx.db`.
    Sqlite,
    /// One Parquet file for each table.
    Parquet,
}

/// The market that was made.
#[derive(Clone, Debug, Serialize)]
pub struct Made {
    /// The size, the seed and the signal that were asked for.
    pub spec: SyntheticSpec,
    /// The files in the folder, by name.
    pub files: Vec<String>,
    /// The number of rows of each table.
    pub rows: BTreeMap<&'static str, usize>,
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (table, rows) in &self.rows {
            writeln!(f, "{table:<24} {rows:>12} rows")?;
        }
        writeln!(f, "{}", self.files.join(" "))
    }
}

/// Make a synthetic market in a folder.
///
/// # Errors
///
/// If the specification is out of range, a file is there already or can't be written, or the user stops it.
pub fn make(
    spec: &SyntheticSpec,
    folder: &Path,
    formats: &[Format],
    observer: &dyn Observer,
) -> Result<Made, StudyError> {
    let description = folder.join(DESCRIPTION);
    if description.exists() {
        return Err(GeneratorError::Exists { path: description }.into());
    }
    let market =
        timed("draw", observer, || SyntheticMarket::new(spec, &Watched(observer)), SyntheticMarket::rows)?;
    let mut made = Made { spec: *spec, files: Vec::new(), rows: BTreeMap::new() };
    for format in formats {
        let watched = Watched(observer);
        let written = match format {
            Format::Sqlite => timed("sqlite", observer, || market.write_sqlite(folder, &watched), all_rows),
            Format::Parquet => {
                timed("parquet", observer, || market.write_parquet(folder, &watched), all_rows)
            }
        }?;
        made.files.extend(written.files);
        made.rows = written.rows;
    }
    write_json(&description, &made)?;
    Ok(made)
}

fn all_rows(written: &backstaff_generator::Written) -> usize {
    written.rows.values().sum()
}

/// Do a job, and report its time as a stage.
fn timed<T>(
    name: &'static str,
    observer: &dyn Observer,
    job: impl FnOnce() -> Result<T, GeneratorError>,
    rows: impl FnOnce(&T) -> usize,
) -> Result<T, StudyError> {
    let started = Instant::now();
    let made = job().map_err(|error| match error {
        GeneratorError::Interrupted => StudyError::Interrupted,
        error => error.into(),
    })?;
    observer.observe(&Event::Finished(&StageRecord {
        name,
        outcome: Outcome::Computed,
        seconds: started.elapsed().as_secs_f64(),
        rows: rows(&made),
        computed: 1,
        found: 0,
        key: String::new(),
        why: String::new(),
        peak_bytes: peak_anonymous_bytes(),
    }));
    Ok(made)
}

/// Reports the generator's progress as that of a run.
struct Watched<'a>(&'a dyn Observer);

impl Watcher for Watched<'_> {
    fn advanced(&self, job: &'static str, done: usize, steps: usize, rows: usize) -> bool {
        if done == 1 {
            self.0.observe(&Event::Started { stage: job, steps });
        }
        self.0.observe(&Event::stepped(job, done, steps, rows));
        !self.0.is_cancelled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::progress::Silent;

    #[test]
    fn a_market_is_described_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let spec = SyntheticSpec { stocks: 4, sessions: 50, ..SyntheticSpec::default() };
        let made = make(&spec, folder.path(), &[Format::Sqlite, Format::Parquet], &Silent).unwrap();
        assert!(made.files.iter().all(|file| folder.path().join(file).exists()));
        let text = std::fs::read_to_string(folder.path().join(DESCRIPTION)).unwrap();
        let read = serde_json::from_str::<serde_json::Value>(&text).unwrap();
        assert_eq!(read["spec"]["sessions"], 50);
        let again = make(&spec, folder.path(), &[Format::Parquet], &Silent);
        assert!(again.unwrap_err().to_string().contains("exists already"));
    }
}
