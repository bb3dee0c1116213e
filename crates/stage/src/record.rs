//! Run records: what a finished run of a study used.

use std::{fs, path::PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Key, Store, StoreError,
    error::IoContext,
    layout::{create_whole, is_absent, names_in, text_of},
};

/// What a finished run of a study used, and how long it took. Unlike artifacts it knows the time of day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The name of the study.
    pub study: String,
    /// 1 for the first run of the study; [`Store::record_run`] sets it.
    pub number: u64,
    /// When the run began, in seconds since 1970-01-01 UTC.
    pub started_unix: u64,
    /// How many seconds the run took.
    pub seconds: f64,
    /// Every shard, stage by stage.
    pub entries: Vec<RunEntry>,
    /// Whatever else the caller wants to remember, such as the measures.
    pub facts: Value,
}

/// One shard of a run: its artifact, and whether it was computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunEntry {
    /// The name of the stage.
    pub stage: String,
    /// The label of the shard.
    pub shard: String,
    /// The key of the shard's artifact.
    pub key: Key,
    /// Whether it was computed or found.
    pub outcome: Outcome,
    /// Seconds from looking for it to having it.
    pub seconds: f64,
    /// Why the shard was computed.
    pub why: String,
}

/// Whether an artifact was there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The artifact was in the store.
    Found,
    /// It was not, or was damaged.
    Computed,
}

impl RunRecord {
    /// The entry of a shard, if the run had it.
    pub fn entry(&self, stage: &str, shard: &str) -> Option<&RunEntry> {
        self.entries.iter().find(|entry| entry.stage == stage && entry.shard == shard)
    }
}

impl Store {
    /// Writes a run record under the study's next number, with further files beside it, and gives that number.
    ///
    /// # Errors
    ///
    /// If the file system refuses.
    pub fn record_run(&self, mut record: RunRecord, beside: &[(&str, &[u8])]) -> Result<u64, StoreError> {
        let folder = self.layout().study_runs(&record.study);
        fs::create_dir_all(&folder).at("make the folder", &folder)?;
        record.number = self.run_numbers(&record.study)?.last().map_or(1, |last| last + 1);
        loop {
            let path = folder.join(format!("{:06}.json", record.number));
            let json = serde_json::to_vec_pretty(&record).map_err(std::io::Error::from).at("write", &path)?;
            // The record comes last: a number that is there has all of its files.
            if self.put_beside(&record, beside)? {
                if create_whole(&path, &json).at("write", &path)? {
                    return Ok(record.number);
                }
                self.remove_beside(&record.study, record.number)?;
            }
            // Another run of the study ended at the same moment.
            record.number += 1;
        }
    }

    /// Writes files beside a record; `false` if another run has the number.
    fn put_beside(&self, record: &RunRecord, beside: &[(&str, &[u8])]) -> Result<bool, StoreError> {
        for (place, (name, bytes)) in beside.iter().enumerate() {
            let path = self.beside(&record.study, record.number, name);
            if !create_whole(&path, bytes).at("write", &path)? {
                // A half of ours is taken back; the whole of another stays.
                for (name, _) in &beside[..place] {
                    let path = self.beside(&record.study, record.number, name);
                    fs::remove_file(&path).at("remove", &path)?;
                }
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn beside(&self, study: &str, number: u64, name: &str) -> PathBuf {
        self.layout().study_runs(study).join(format!("{number:06}.{name}"))
    }

    /// A file beside a run's record; `None` if the run has none of this name.
    ///
    /// # Errors
    ///
    /// If it can't be read.
    pub fn beside_run(&self, study: &str, number: u64, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.beside(study, number, name);
        match fs::read(&path) {
            Err(error) if is_absent(&error) => Ok(None),
            read => Ok(Some(read.at("read", &path)?)),
        }
    }

    /// Removes a run's record and the files beside it; what the run has computed stays until the next sweep.
    ///
    /// # Errors
    ///
    /// If the file system refuses.
    pub fn forget_run(&self, study: &str, number: u64) -> Result<(), StoreError> {
        let path = self.layout().study_runs(study).join(format!("{number:06}.json"));
        match fs::remove_file(&path) {
            Err(error) if !is_absent(&error) => return Err(StoreError::io("remove", &path, error)),
            _ => {}
        }
        self.remove_beside(study, number)
    }

    fn remove_beside(&self, study: &str, number: u64) -> Result<(), StoreError> {
        let folder = self.layout().study_runs(study);
        let start = format!("{number:06}.");
        let record = format!("{number:06}.json");
        for name in names_in(&folder).at("read", &folder)? {
            let is_beside = name.to_str().is_some_and(|name| name.starts_with(&start) && name != record);
            if is_beside {
                let path = folder.join(&name);
                fs::remove_file(&path).at("remove", &path)?;
            }
        }
        Ok(())
    }

    /// Names of the studies that have run records.
    ///
    /// # Errors
    ///
    /// If the file system refuses.
    pub fn studies(&self) -> Result<Vec<String>, StoreError> {
        let folder = self.layout().runs();
        let names = names_in(&folder).at("read", &folder)?;
        Ok(names.iter().filter_map(|name| text_of(name)).collect())
    }

    /// Numbers of a study's run records, oldest first.
    ///
    /// # Errors
    ///
    /// If the file system refuses.
    pub fn run_numbers(&self, study: &str) -> Result<Vec<u64>, StoreError> {
        let folder = self.layout().study_runs(study);
        let names = names_in(&folder).at("read", &folder)?;
        let number = |name: &std::ffi::OsString| name.to_str()?.strip_suffix(".json")?.parse().ok();
        let mut numbers: Vec<u64> = names.iter().filter_map(number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// One run record of a study.
    ///
    /// # Errors
    ///
    /// If there is none of this number, or if it can't be read.
    pub fn run_record(&self, study: &str, number: u64) -> Result<RunRecord, StoreError> {
        let path = self.layout().study_runs(study).join(format!("{number:06}.json"));
        let json = match fs::read(&path) {
            Err(error) if is_absent(&error) => {
                return Err(StoreError::NoSuchRun { study: study.to_owned(), number });
            }
            read => read.at("read", &path)?,
        };
        serde_json::from_slice(&json).map_err(std::io::Error::from).at("understand", &path)
    }

    /// The newest run records of a study that can be read, newest first, at most `count`.
    ///
    /// Records are a convenience: one that was torn by a power failure is passed over.
    ///
    /// # Errors
    ///
    /// If the file system refuses to list them.
    pub fn last_runs(&self, study: &str, count: usize) -> Result<Vec<RunRecord>, StoreError> {
        let numbers = self.run_numbers(study)?;
        Ok(numbers
            .iter()
            .rev()
            .filter_map(|&number| self.run_record(study, number).ok())
            .take(count)
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyHasher;

    fn record(study: &str) -> RunRecord {
        RunRecord {
            study: study.to_owned(),
            number: 0,
            started_unix: 1_700_000_000,
            seconds: 0.25,
            entries: vec![RunEntry {
                stage: "features".to_owned(),
                shard: "mom_20".to_owned(),
                key: KeyHasher::new().finish(),
                outcome: Outcome::Computed,
                seconds: 0.125,
                why: "first run".to_owned(),
            }],
            facts: serde_json::json!({"sharpe": 0.5}),
        }
    }

    #[test]
    fn numbers_count_per_study() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        assert!(store.studies().unwrap().is_empty() && store.last_runs("a", 5).unwrap().is_empty());
        for expected in 1..=3 {
            assert_eq!(store.record_run(record("a"), &[]).unwrap(), expected);
        }
        assert_eq!(store.record_run(record("b/é"), &[]).unwrap(), 1);
        let mut studies = store.studies().unwrap();
        studies.sort();
        assert_eq!(studies, ["a", "b/é"]);
        assert_eq!(store.run_record("a", 2).unwrap(), RunRecord { number: 2, ..record("a") });
        let last: Vec<u64> = store.last_runs("a", 2).unwrap().iter().map(|run| run.number).collect();
        assert_eq!(last, [3, 2]);
        assert!(matches!(store.run_record("a", 9), Err(StoreError::NoSuchRun { number: 9, .. })));
    }

    #[test]
    fn runs_that_end_together_get_numbers_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| store.record_run(record("a"), &[("a.txt", b"1"), ("b.txt", b"2")]).unwrap());
            }
        });
        let numbers = store.run_numbers("a").unwrap();
        assert_eq!(numbers.len(), 8);
        assert!(numbers.iter().all(|&number| store.beside_run("a", number, "b.txt").unwrap().is_some()));
        store.forget_run("a", numbers[0]).unwrap();
        assert!(store.beside_run("a", numbers[0], "a.txt").unwrap().is_none());
        assert_eq!(store.run_numbers("a").unwrap(), numbers[1..]);
        assert_eq!(store.beside_run("a", numbers[1], "a.txt").unwrap().unwrap(), b"1");
    }

    #[test]
    fn a_torn_record_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        store.record_run(record("a"), &[]).unwrap();
        fs::write(folder.path().join("runs/a/000002.json"), b"{\"study\":").unwrap();
        assert_eq!(store.last_runs("a", 1).unwrap()[0].number, 1);
        assert!(store.run_record("a", 2).is_err());
        assert_eq!(store.record_run(record("a"), &[]).unwrap(), 3);
    }
}
