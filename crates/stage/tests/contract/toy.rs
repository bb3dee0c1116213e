//! A stage as small as can be, and what it takes to run it.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use backstaff_stage::{
    Budget, Draft, KeyHasher, Manifest, RunRecord, Stage, Store, StoreError, Table,
    runner::{
        Done, Event, Observer, Run, RunError, Silent,
        local::{JointStage, Sink, run_jointly, run_shards},
    },
};

/// Columns by name.
pub(crate) type Columns = BTreeMap<String, Vec<f64>>;

/// Multiplies a column by a factor; refuses the columns named in `refused`, can't read those in `unreadable`, and
/// can't write what begins with `unwritable`.
#[derive(Default)]
pub(crate) struct Scale {
    pub factor: f64,
    pub refused: Vec<&'static str>,
    pub unreadable: Vec<&'static str>,
    pub unwritable: Option<f64>,
    pub n_runs: AtomicUsize,
    pub budgets: Mutex<Vec<usize>>,
}

impl Scale {
    pub(crate) fn by(factor: f64) -> Self {
        Self { factor, ..Self::default() }
    }

    pub(crate) fn n_runs(&self) -> usize {
        self.n_runs.load(Ordering::SeqCst)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("column {0} is refused")]
pub(crate) struct Refused(pub String);

impl Stage for Scale {
    const NAME: &'static str = "scale";
    const VERSION: u32 = 1;
    type Inputs = Columns;
    type Shard = String;
    type Output = Vec<f64>;
    type Error = Refused;

    fn hash_parameters(&self, key: &mut KeyHasher) {
        let Self { factor, refused: _, unreadable: _, unwritable: _, n_runs: _, budgets: _ } = self;
        key.f64("factor", *factor);
    }

    fn hash_inputs(&self, shard: &String, columns: &Columns, key: &mut KeyHasher) -> Result<(), Refused> {
        if self.unreadable.contains(&shard.as_str()) {
            return Err(Refused(shard.clone()));
        }
        let column = Table::new().f64("x", columns[shard].clone());
        key.digest("column", &column.digest("x").unwrap());
        Ok(())
    }

    fn shards(&self, columns: &Columns) -> Vec<String> {
        columns.keys().cloned().collect()
    }

    fn run(&self, shard: &String, columns: &Columns, budget: Budget) -> Result<Vec<f64>, Refused> {
        self.n_runs.fetch_add(1, Ordering::SeqCst);
        self.budgets.lock().unwrap().push(budget.threads);
        if self.refused.contains(&shard.as_str()) {
            return Err(Refused(shard.clone()));
        }
        Ok(columns[shard].iter().map(|x| x * self.factor).collect())
    }

    fn write(&self, values: &Vec<f64>, draft: &mut Draft) -> Result<(), StoreError> {
        let table = Table::new().f64("values", values.clone());
        draft.write_part("values.arrow", |file| table.write(file))?;
        if values.first().copied() == self.unwritable {
            draft.write_part("values.arrow", |file| table.write(file))?;
        }
        draft.info(serde_json::json!({ "rows": values.len() }));
        Ok(())
    }
}

impl JointStage for Scale {
    fn run_jointly(
        &self,
        shards: &[String],
        columns: &Columns,
        budget: Budget,
        sink: &dyn Sink<Vec<f64>>,
    ) -> Result<(), Refused> {
        for (position, shard) in shards.iter().enumerate().rev() {
            if !sink.is_closed() {
                sink.put(position, &self.run(shard, columns, budget)?);
            }
        }
        Ok(())
    }
}

/// Columns `a`, `b`, … with values of their own.
pub(crate) fn columns(count: u8) -> Columns {
    (0..count)
        .map(|i| {
            (char::from(b'a' + i).to_string(), (0..50).map(|t| f64::from(t) * 0.1 + f64::from(i)).collect())
        })
        .collect()
}

pub(crate) type Dones = Vec<Done<String>>;

/// One whole run of the study `study`.
pub(crate) fn run(
    store: &Store,
    stage: &Scale,
    columns: &Columns,
) -> Result<(Dones, RunRecord), RunError<Refused>> {
    let run = Run::new(store, "study", Budget::of_threads(2), &Silent).unwrap();
    let done = run_shards(stage, columns, stage.shards(columns), &run)?;
    Ok((done, run.finish(serde_json::Value::Null, &[]).unwrap()))
}

/// The same with the missing shards computed together.
pub(crate) fn run_joint(
    store: &Store,
    stage: &Scale,
    columns: &Columns,
) -> Result<(Dones, RunRecord), RunError<Refused>> {
    let run = Run::new(store, "study", Budget::of_threads(2), &Silent).unwrap();
    let done = run_jointly(stage, columns, stage.shards(columns), &run)?;
    Ok((done, run.finish(serde_json::Value::Null, &[]).unwrap()))
}

/// The values of an artifact.
pub(crate) fn values(store: &Store, manifest: &Manifest) -> Result<Vec<f64>, StoreError> {
    Ok(Table::read(&store.open_part(manifest, "values.arrow")?)?.f64s("values")?.to_vec())
}

/// All artifact files below a store, by their path within it, with their bytes.
pub(crate) fn artifact_files(store: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![store.join("artifacts")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(store).unwrap().display().to_string();
                files.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    files
}

/// Writes down what it sees; may be told to stop.
#[derive(Default)]
pub(crate) struct Log {
    pub lines: Mutex<Vec<String>>,
    pub stop_after: Option<usize>,
}

impl Observer for Log {
    fn event(&self, event: &Event<'_>) {
        let line = match event {
            Event::Started { stage, n_shards, n_missing } => format!("{stage}: {n_missing} of {n_shards}"),
            Event::Waiting { shard, .. } => format!("waiting for {shard}"),
            Event::Shard { shard, outcome, .. } => format!("{shard} {outcome:?}"),
            Event::Finished { stage, .. } => format!("{stage} finished"),
            _ => "something else".to_owned(),
        };
        self.lines.lock().unwrap().push(line);
    }

    fn is_cancelled(&self) -> bool {
        let n_shards = self.lines.lock().unwrap().iter().filter(|line| line.ends_with("Computed")).count();
        self.stop_after.is_some_and(|stop_after| n_shards >= stop_after)
    }
}
