//! Seconds to bin, train and predict 500 000 rows of 40 features.
//!
//! `cargo bench -p backstaff-lightgbm`. One run each: trainings take seconds, and what is measured is LightGBM's own.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::unwrap_used, reason = "in a bench")]

use std::{num::NonZeroUsize, thread, time::Instant};

use backstaff_lightgbm::{
    AfterRound, Dataset, Library, Matrix, MatrixValues, Parameters, Targets, Threads, train,
};
use serde_json::json;

const ROWS: usize = 500_000;
const COLUMNS: usize = 40;

fn uniform(n: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let step = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 24) as f32
    };
    std::iter::repeat_with(step).take(n).collect()
}

fn main() {
    // `cargo test --all-targets` runs benches, too, without this argument.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let columns = (0..COLUMNS).map(|seed| uniform(ROWS, seed as u64 + 1)).collect::<Vec<_>>();
    let noise = uniform(ROWS, 99);
    let labels =
        (0..ROWS).map(|i| columns[0][i] - columns[1][i] * columns[2][i] + noise[i]).collect::<Vec<_>>();
    let rows = (0..ROWS as u32).collect::<Vec<_>>();
    let matrix =
        || Matrix::new(columns.iter().map(|column| MatrixValues::F32(column)).collect(), &rows).unwrap();
    let parameters =
        [("objective", json!("regression")), ("num_leaves", json!(63)), ("num_iterations", json!(100))];
    let parameters = Parameters::new(parameters).unwrap();
    let names = (0..COLUMNS).map(|n| format!("f{n}")).collect::<Vec<_>>();
    let names = names.iter().map(String::as_str).collect::<Vec<_>>();
    let library = Library::open().unwrap();
    let all = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    for threads in [Threads::ONE, Threads::new(all)] {
        let start = Instant::now();
        let targets = Targets::labels(&labels);
        let mut dataset = Dataset::new(library, &matrix(), &names, &targets, &parameters, threads).unwrap();
        let binned = start.elapsed();
        let start = Instant::now();
        let training =
            train(library, &mut dataset, None, &parameters, threads, &mut |_| AfterRound::Continue).unwrap();
        let trained = start.elapsed();
        let start = Instant::now();
        let predicted = training.booster.predict(&matrix(), threads).unwrap();
        println!(
            "{} threads: bin {binned:.2?}, train {trained:.2?}, predict {:.2?} ({} rows)",
            threads.count(),
            start.elapsed(),
            predicted.len()
        );
    }
}
