//! Yearly folds of LightGBM over a frame of rows: seconds on one thread and on all of them.
//!
//! ```text
//! cargo bench -p backstaff-study --bench walk_forward -- FRAME.parquet [SCORES]
//! ```
//!
//! `benches/walk_forward.py` makes the frame and puts Python beside it. The frame has a column `day` (days since
//! 1970-01-01), a column `target`, and features, all in 32 bits. Each of the last twelve years is a test, the three
//! years before it train, but for their last 35 days. Models are trained by the runner that studies use; scores are
//! written as 64-bit numbers, one year after the other. A result that depends on the threads ends the bench.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::{fs, num::NonZeroU32, path::Path, time::Instant};

use arrow_array::{
    cast::AsArray,
    types::{Float32Type, Int32Type},
};
use backstaff_learn::{
    LearnError, Parameters, Threads,
    model::{Features, LightGbm, ModelSpec, Samples},
    weight::Decay,
};
use backstaff_panel::{Column, Session};
use backstaff_stage::{
    Budget, Draft, KeyHasher, Stage, Store, StoreError,
    runner::{Run, Silent, local::run_shards},
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::json;

/// How many years are tested.
const YEARS: usize = 12;
/// Calendar days before a test that train nothing: a horizon of 21 sessions reaches no further.
const GAP: i32 = 35;
const SCORES: &str = "scores";
const MODEL: &str = "model";

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Rows of a market with what is to be learned.
struct Frame {
    names: Vec<String>,
    features: Vec<Column>,
    days: Vec<i32>,
    targets: Vec<f32>,
}

impl Frame {
    fn read(path: &Path) -> Result<Self, Failure> {
        let mut frame =
            Self { names: Vec::new(), features: Vec::new(), days: Vec::new(), targets: Vec::new() };
        let reader = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(path)?)?;
        let mut features = Vec::<(String, Vec<f32>)>::new();
        for field in reader.schema().fields() {
            if !["day", "target"].contains(&field.name().as_str()) {
                features.push((field.name().clone(), Vec::new()));
            }
        }
        for batch in reader.build()? {
            let batch = batch?;
            let column =
                |name: &str| batch.column_by_name(name).ok_or(format!("the frame has no column {name}"));
            frame.days.extend(column("day")?.as_primitive::<Int32Type>().values());
            frame.targets.extend(column("target")?.as_primitive::<Float32Type>().values());
            for (name, values) in &mut features {
                values.extend(column(name)?.as_primitive::<Float32Type>().values());
            }
        }
        for (name, values) in features {
            frame.names.push(name);
            frame.features.push(Column::F32(values));
        }
        Ok(frame)
    }

    /// The rows from the first day on and before the last.
    fn between(&self, from: i32, before: i32) -> Vec<u32> {
        let rows = (0_u32..).zip(&self.days).filter(|(_, day)| (from..before).contains(*day));
        rows.map(|(row, _)| row).collect()
    }

    fn train(&self, year: i16) -> Vec<u32> {
        self.between(new_year(year - 3), new_year(year) - GAP)
    }
}

fn new_year(year: i16) -> i32 {
    Session::from_ymd(year, 1, 1).map_or(0, Session::number)
}

/// One model a year.
struct Years {
    spec: ModelSpec,
    years: Vec<i16>,
}

impl Stage for Years {
    const NAME: &'static str = "years";
    const VERSION: u32 = 1;
    type Inputs = Frame;
    type Shard = i16;
    type Output = (String, Vec<f64>);
    type Error = LearnError;

    fn hash_parameters(&self, key: &mut KeyHasher) {
        key.str("model", &self.spec.canonical_text());
    }

    fn hash_inputs(&self, _: &i16, _: &Frame, _: &mut KeyHasher) -> Result<(), LearnError> {
        Ok(())
    }

    fn shards(&self, _: &Frame) -> Vec<i16> {
        self.years.clone()
    }

    fn effort(&self, year: &i16, frame: &Frame) -> usize {
        frame.train(*year).len()
    }

    fn run(&self, year: &i16, frame: &Frame, _: Budget) -> Result<Self::Output, LearnError> {
        let features = Features::new(frame.names.iter().map(String::as_str).zip(&frame.features))?;
        let rows = frame.train(*year);
        let targets = rows.iter().map(|&row| f64::from(frame.targets[row as usize])).collect::<Vec<_>>();
        let days = rows.iter().map(|&row| frame.days[row as usize]).collect::<Vec<_>>();
        let weights = Decay::exponential(0.7)?.weights(&days);
        let train = Samples::weighted(&features, &rows, &targets, &weights)?;
        let none = Samples::new(&features, &[], &[])?;
        let model = self.spec.fit(&train, &none, Threads::ONE, &mut |_| ())?.model;
        let test = frame.between(new_year(*year), new_year(year + 1));
        Ok((model.to_text(), model.predict(&features, &test, Threads::ONE)?))
    }

    fn write(&self, (text, scores): &Self::Output, draft: &mut Draft) -> Result<(), StoreError> {
        let bytes = scores.iter().flat_map(|score| score.to_le_bytes()).collect::<Vec<_>>();
        draft.write_part(MODEL, |file| file.write_all(text.as_bytes()))?;
        draft.write_part(SCORES, |file| file.write_all(&bytes))?;
        Ok(())
    }
}

/// Models and scores of all years, and how long they took.
fn walk(years: &Years, frame: &Frame, threads: usize) -> Result<(Vec<u8>, Vec<u8>, f64), Failure> {
    let folder = tempfile::tempdir()?;
    let store = Store::open(folder.path())?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let started = Instant::now();
    let done = pool.install(|| -> Result<_, Failure> {
        let run = Run::new(&store, "bench", Budget::of_threads(threads), &Silent)?;
        Ok(run_shards(years, frame, years.shards(frame), &run)?)
    })?;
    let seconds = started.elapsed().as_secs_f64();
    let (mut models, mut scores) = (Vec::new(), Vec::new());
    for done in &done {
        models.extend_from_slice(&store.open_part(&done.manifest, MODEL)?);
        scores.extend_from_slice(&store.open_part(&done.manifest, SCORES)?);
    }
    Ok((models, scores, seconds))
}

fn main() -> Result<(), Failure> {
    let arguments = std::env::args().skip(1).filter(|argument| argument != "--bench").collect::<Vec<_>>();
    let Some(path) = arguments.first() else {
        println!("name a frame: benches/walk_forward.py makes one");
        return Ok(());
    };
    let frame = Frame::read(Path::new(path))?;
    let last = frame.days.iter().max().map_or(0, |&day| Session::from_number(day).year());
    let parameters = Parameters::new([
        ("objective", json!("regression")),
        ("num_leaves", json!(31)),
        ("learning_rate", json!(0.1)),
        ("seed", json!(42)),
    ])?;
    let rounds = NonZeroU32::new(200).unwrap_or(NonZeroU32::MIN);
    let years = Years {
        spec: ModelSpec::LightGbm(LightGbm::new(parameters.with_rounds(rounds))?),
        years: (last + 1 - YEARS as i16..=last).collect(),
    };
    let all = std::thread::available_parallelism()?.get();
    let (models, scores, alone) = walk(&years, &frame, 1)?;
    println!("1 thread: {alone:.2} s");
    let (again, _, together) = walk(&years, &frame, all)?;
    println!("{all} threads: {together:.2} s, {:.3} of an even share", together * all as f64 / alone);
    if models != again {
        return Err("the models depend on the number of threads".into());
    }
    if let Some(path) = arguments.get(1) {
        fs::write(path, scores)?;
    }
    Ok(())
}
