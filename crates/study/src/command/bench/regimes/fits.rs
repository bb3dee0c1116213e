//! The times of single fits, filter steps and batches, and the number of fits of each schedule.

use std::{fs, hint::black_box, path::Path, time::Instant};

use backstaff_panel::Instrument;
use backstaff_regime::{Filter, ModelCache, Schedule, fit, walk_each};
use serde::Serialize;

use super::sample::{ITERATIONS, LOOK_BACK, exactly, histories, returns, start};
use crate::{StudyError, command::output::write_bytes, flow::threads::on_threads};

/// The runs of a measurement. The fastest one counts: other programs on the machine disturbed it least.
const RUNS: usize = 9;

/// The time of one fit of `ITERATIONS` iterations from one start. If rounding ends a search earlier, its time is scaled
/// up.
#[derive(Clone, Debug, Serialize)]
pub struct FitTime {
    /// The number of observations.
    pub look_back: usize,
    /// The number of states.
    pub states: usize,
    /// The milliseconds of the fit.
    pub milliseconds: f64,
    /// The number of iterations that were made.
    pub iterations: usize,
    /// The log-likelihood that the fit reached.
    pub log_likelihood: f64,
}

/// The times of a batch of instruments, each followed for a year of monthly refits.
#[derive(Clone, Debug, Serialize)]
pub struct BatchTime {
    /// The number of instruments.
    pub instruments: usize,
    /// The seconds on one thread.
    pub sequential: f64,
    /// The seconds on all threads.
    pub parallel: f64,
    /// The factor by which all threads are faster than one.
    pub speed_up: f64,
    /// Whether both decided the same, bit for bit.
    pub is_equal: bool,
}

/// The number of fits that a schedule makes.
#[derive(Clone, Debug, Serialize)]
pub struct FitsAYear {
    /// The schedule, as a study writes it.
    pub schedule: String,
    /// The number of fits of one instrument over 1,000 sessions.
    pub fits: usize,
    /// The number of fits for 252 sessions.
    pub a_year: f64,
}

/// The shortest of some times; infinite if there is none.
pub(super) fn fastest(seconds: &[f64]) -> f64 {
    seconds.iter().copied().fold(f64::INFINITY, f64::min)
}

/// Do some work; returns its seconds and its result.
pub(super) fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let began = Instant::now();
    let result = work();
    (began.elapsed().as_secs_f64(), result)
}

/// Time fits on one thread over look-backs and numbers of states. If a folder is given, their observations and starts
/// are written there, so that other programs can be timed on the same.
pub(super) fn fits(samples: Option<&Path>) -> Result<Vec<FitTime>, StudyError> {
    let mut times = Vec::new();
    for look_back in [90, 180, 252, 500] {
        let bars = returns(look_back, 5);
        for states in 2..=5 {
            let start = start(&bars, states);
            if let Some(folder) = samples {
                let column = (0..look_back).filter_map(|t| bars.row(t)).map(|row| format!("{:?}\n", row[0]));
                let text = format!("x\n{}", column.collect::<String>());
                fs::create_dir_all(folder)
                    .map_err(|source| StudyError::Read { path: folder.to_owned(), source })?;
                write_bytes(&folder.join(format!("x{look_back}.csv")), text.as_bytes())?;
                let name = format!("start{look_back}_{states}.json");
                write_bytes(&folder.join(name), start.to_json().as_bytes())?;
            }
            let options = exactly(ITERATIONS, start);
            let run = || fit(black_box(&bars), &options).map_err(internal);
            let found = on_threads(1, run)?;
            let seconds: Vec<f64> = on_threads(1, || {
                (0..RUNS).map(|_| timed(run)).map(|(seconds, fit)| fit.map(|_| seconds)).collect()
            })?;
            times.push(FitTime {
                look_back,
                states,
                milliseconds: fastest(&seconds) * 1e3 * ITERATIONS as f64 / found.iterations.max(1) as f64,
                iterations: found.iterations,
                log_likelihood: found.log_likelihood,
            });
        }
    }
    Ok(times)
}

/// The nanoseconds that a filter of three states takes for a bar.
pub(super) fn filter_step() -> Result<f64, StudyError> {
    const BARS: usize = 20_000;
    let bars = returns(BARS, 5);
    let model = start(&bars, 3);
    let mut seconds = Vec::new();
    for _ in 0..RUNS {
        let mut filter = Filter::new(&model);
        let began = Instant::now();
        for row in (0..BARS).filter_map(|t| bars.row(t)) {
            black_box(filter.step(black_box(row)).map_err(internal)?);
        }
        seconds.push(began.elapsed().as_secs_f64());
    }
    Ok(fastest(&seconds) / BARS as f64 * 1e9)
}

/// Time batches of instruments on one thread and on all threads.
pub(super) fn batches(threads: usize) -> Result<Vec<BatchTime>, StudyError> {
    [2, 4, 8, 16]
        .into_iter()
        .map(|instruments| {
            let histories = histories(instruments, LOOK_BACK, Schedule::Monthly);
            let requested = histories.keys().cloned().collect::<Vec<Instrument>>();
            let walk = || Ok(timed(|| walk_each(&requested, &histories, &ModelCache::off())));
            let (mut alone, mut together, mut is_equal) = (Vec::new(), Vec::new(), true);
            for _ in 0..RUNS {
                let (sequential, expected) = on_threads(1, walk)?;
                let (parallel, found) = on_threads(threads, walk)?;
                alone.push(sequential);
                together.push(parallel);
                is_equal &= expected.iter().zip(&found).all(|(a, b)| match (&a.1, &b.1) {
                    (Ok(first), Ok(second)) => a.0 == b.0 && first.decisions == second.decisions,
                    (first, second) => first.is_err() && second.is_err(),
                });
            }
            let (sequential, parallel) = (fastest(&alone), fastest(&together));
            let speed_up = sequential / parallel;
            Ok(BatchTime { instruments, sequential, parallel, speed_up, is_equal })
        })
        .collect()
}

/// Count the fits that each schedule makes over 1,000 sessions.
pub(super) fn fits_a_year() -> Result<Vec<FitsAYear>, StudyError> {
    const SESSIONS: usize = 1_000;
    [Schedule::Never, Schedule::Monthly, Schedule::Weekly, Schedule::Daily]
        .into_iter()
        .map(|schedule| {
            let mut histories = histories(1, SESSIONS, schedule);
            for history in histories.values_mut() {
                // One iteration is enough: fits are counted here, not judged.
                history.options.fit.max_iterations = 1;
            }
            let requested = histories.keys().cloned().collect::<Vec<_>>();
            let walks = walk_each(&requested, &histories, &ModelCache::off());
            let mut fits = 0;
            for (_, walk) in walks {
                fits += walk.map_err(internal)?.fits.len();
            }
            Ok(FitsAYear {
                schedule: schedule.to_string(),
                fits,
                a_year: fits as f64 * 252.0 / SESSIONS as f64,
            })
        })
        .collect()
}

/// The error of a bench that can't be run, which is a defect of the program.
#[expect(clippy::needless_pass_by_value, reason = "what `map_err` takes")]
pub(super) fn internal(error: backstaff_regime::RegimeError) -> StudyError {
    StudyError::Internal { what: format!("a bench of regimes failed: {error}") }
}
