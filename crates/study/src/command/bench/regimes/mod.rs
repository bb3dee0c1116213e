//! The speed of regimes on this machine, in the tables of a guide to regime detection on LEAN, from one command.

mod fits;
mod sample;
mod workloads;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use backstaff_regime::Profile;
use backstaff_report::{Cell, Column, Table, cells, text};
use serde::Serialize;

pub use self::{
    fits::{BatchTime, FitTime, FitsAYear},
    workloads::Workload,
};
use crate::{
    StudyError,
    flow::progress::{Event, Observer},
};

/// The times of the guide: look-back, states, milliseconds of a fit.
const GUIDE: [(usize, usize, f64); 4] = [(90, 3, 20.0), (180, 3, 35.0), (252, 3, 50.0), (500, 3, 100.0)];
/// The targets of a fit: look-back, states, the milliseconds that it may take.
const FIT_TARGETS: [(usize, usize, f64); 2] = [(252, 3, 1.0), (252, 5, 2.5)];
/// The nanoseconds that a filter step may take.
const STEP_TARGET: f64 = 1_000.0;
/// The share by which a profiler may slow work down.
const OVERHEAD_TARGET: f64 = 0.01;

/// The request for a measurement.
#[derive(Clone, Debug)]
pub struct Request {
    /// Whether to measure five hundred instruments over ten years, too.
    pub full: bool,
    /// The threads for all work that is not said to run on one.
    pub threads: usize,
    /// The folder for the observations and starts of the single fits; `None` to write none.
    pub samples: Option<PathBuf>,
}

/// The results of a measurement.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// The times of single fits of 100 iterations.
    pub fits: Vec<FitTime>,
    /// The nanoseconds of a filter step for a new bar, with three states.
    pub filter_step: f64,
    /// The times of batches on one thread and on all threads.
    pub batches: Vec<BatchTime>,
    /// The number of fits that each schedule makes.
    pub fits_a_year: Vec<FitsAYear>,
    /// The times of six assets over 1,000 sessions in the guide's configurations, and of many instruments if asked for.
    pub workloads: Vec<Workload>,
    /// The profile of the guide's configurations.
    pub profile: Profile,
    /// The share by which a profiler slows the monthly workload down.
    pub profiler_overhead: f64,
    /// The number of threads.
    pub threads: usize,
    /// The targets that were missed, as sentences.
    pub missed: Vec<String>,
}

/// Measure the speed of regimes on this machine.
///
/// # Errors
///
/// If the scratch folder or that of the samples can't be written, or the user stops it.
pub fn measure(request: &Request, scratch: &Path, observer: &dyn Observer) -> Result<Measured, StudyError> {
    let steps = if request.full { 4 } else { 3 };
    observer.observe(&Event::Started { stage: "regimes", steps });
    let step = |done: usize| {
        observer.observe(&Event::stepped("regimes", done, steps, 0));
        if observer.is_cancelled() { Err(StudyError::Interrupted) } else { Ok(()) }
    };
    let fits = fits::fits(request.samples.as_deref())?;
    let filter_step = fits::filter_step()?;
    step(1)?;
    let (batches, fits_a_year) = (fits::batches(request.threads)?, fits::fits_a_year()?);
    step(2)?;
    let (mut workloads, profile) = workloads::configurations(request.threads, scratch)?;
    let profiler_overhead = workloads::overhead()?;
    if request.full {
        step(3)?;
        workloads.push(workloads::many(request.threads)?);
    }
    let threads = request.threads;
    let mut measured = Measured {
        fits,
        filter_step,
        batches,
        fits_a_year,
        workloads,
        profile,
        profiler_overhead,
        threads,
        missed: Vec::new(),
    };
    measured.missed = measured.missed();
    Ok(measured)
}

impl Measured {
    fn missed(&self) -> Vec<String> {
        let mut missed = Vec::new();
        for fit in &self.fits {
            if let Some(target) = of(&FIT_TARGETS, fit.look_back, fit.states)
                && fit.milliseconds > target
            {
                let FitTime { look_back, states, milliseconds, .. } = fit;
                missed.push(format!(
                    "a fit of {look_back} observations and {states} states takes {milliseconds:.2} ms, more than {target}"
                ));
            }
        }
        if self.filter_step > STEP_TARGET {
            missed.push(format!("a filter step takes {:.0} ns, more than {STEP_TARGET}", self.filter_step));
        }
        for Workload { name, seconds, target, .. } in &self.workloads {
            if let Some(target) = target.filter(|target| seconds > target) {
                missed.push(format!("{name}: {seconds:.3} s, more than {target}"));
            }
        }
        if self.batches.iter().any(|batch| !batch.is_equal) {
            missed.push("a batch decided otherwise than one instrument after the other".to_owned());
        }
        if self.profiler_overhead > OVERHEAD_TARGET {
            missed.push(format!("the profiler costs {:.2} %, more than 1 %", 100.0 * self.profiler_overhead));
        }
        missed
    }

    fn fit_table(&self) -> Table {
        let mut table = Table::new("milliseconds of one fit: 100 iterations from one start, one thread")
            .column(Column::integer("observations"));
        for states in 2..=5 {
            table = table.column(Column::number(format!("{states} states"), 3));
        }
        table = table.column(Column::number("guide, 3 states", 0));
        for row in self.fits.chunks(4) {
            let Some(first) = row.first() else { continue };
            let mut shown: Vec<Cell> = cells![first.look_back];
            shown.extend(row.iter().map(|fit| Cell::from(fit.milliseconds)));
            shown.extend(cells![of(&GUIDE, first.look_back, 3)]);
            table = table.row(shown);
        }
        table
    }

    fn batch_table(&self) -> Table {
        let caption = format!("batches: a year of monthly refits each, {} threads against one", self.threads);
        let mut table = Table::new(caption)
            .column(Column::integer("instruments"))
            .column(Column::number("one by one, ms", 1))
            .column(Column::number("batch, ms", 1))
            .column(Column::number("times faster", 2))
            .column(Column::text("same bits"));
        for BatchTime { instruments, sequential, parallel, speed_up, is_equal } in &self.batches {
            let is_equal = if *is_equal { "yes" } else { "NO" };
            table = table.row(cells![*instruments, 1e3 * sequential, 1e3 * parallel, *speed_up, is_equal]);
        }
        table
    }

    fn schedule_table(&self) -> Table {
        let mut table = Table::new("fits of an instrument by schedule")
            .column(Column::text("schedule"))
            .column(Column::integer("in 1,000 sessions"))
            .column(Column::number("in 252 sessions", 1));
        for FitsAYear { schedule, fits, a_year } in &self.fits_a_year {
            table = table.row(cells![schedule.as_str(), *fits, *a_year]);
        }
        table
    }

    fn workload_table(&self) -> Table {
        let mut table = Table::new("six assets over 1,000 sessions, look-back 252, three states")
            .column(Column::text("configuration"))
            .column(Column::number("seconds", 3))
            .column(Column::number("guide", 0))
            .column(Column::number("target", 1))
            .column(Column::integer("models"))
            .column(Column::integer("fitted"))
            .column(Column::integer("in memory"))
            .column(Column::integer("in store"))
            .column(Column::number("peak MB", 1));
        for work in &self.workloads {
            let megabytes = work.peak_bytes as f64 / 1e6;
            table = table.row(cells![
                work.name.as_str(),
                work.seconds,
                work.guide,
                work.target,
                work.requests,
                work.fits,
                work.hits,
                work.kept_hits,
                megabytes
            ]);
        }
        table
    }
}

fn of(table: &[(usize, usize, f64)], look_back: usize, states: usize) -> Option<f64> {
    table.iter().find(|row| (row.0, row.1) == (look_back, states)).map(|row| row.2)
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for table in [self.fit_table(), self.batch_table(), self.schedule_table(), self.workload_table()] {
            writeln!(f, "{}", text::render(&table))?;
        }
        writeln!(
            f,
            "A rolling window that is asked for once is never in a cache: refits saved are the schedule's, and what is\n\
             asked for again is found.\n"
        )?;
        writeln!(f, "{}", self.profile)?;
        writeln!(
            f,
            "a filter step for a new bar: {:.0} ns; the profiler costs {:.2} %",
            self.filter_step,
            100.0 * self.profiler_overhead
        )?;
        for missed in &self.missed {
            writeln!(f, "missed: {missed}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(milliseconds: f64, is_equal: bool) -> Measured {
        let fit =
            |states| FitTime { look_back: 252, states, milliseconds, iterations: 100, log_likelihood: 1.0 };
        Measured {
            fits: (2..=5).map(fit).collect(),
            filter_step: 200.0,
            batches: vec![BatchTime {
                instruments: 2,
                sequential: 2.0,
                parallel: 1.0,
                speed_up: 2.0,
                is_equal,
            }],
            fits_a_year: Vec::new(),
            workloads: Vec::new(),
            profile: Profile::default(),
            profiler_overhead: 0.001,
            threads: 2,
            missed: Vec::new(),
        }
    }

    #[test]
    fn what_is_too_slow_or_not_equal_is_told() {
        assert!(measured(0.5, true).missed().is_empty());
        assert_eq!(measured(2.0, true).missed().len(), 1, "three states only");
        assert_eq!(measured(3.0, true).missed().len(), 2);
        assert_eq!(measured(0.5, false).missed().len(), 1);
    }

    #[test]
    fn tables_hold_the_guide_and_what_was_measured() {
        let text = measured(0.5, true).to_string();
        assert!(text.contains("guide, 3 states") && text.contains("0.500") && text.contains("50"), "{text}");
    }
}
