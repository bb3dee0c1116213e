//! The commands that measure this machine, and the one that makes a synthetic market.

use std::{fs, process::ExitCode};

use backstaff_study::{
    StudyError,
    bench::regimes::{Request, measure},
    market::{self, Format, SyntheticSpec},
};

use super::{Context, run::bundled};
use crate::{
    arguments::bench::{BenchRegimes, Market},
    exit,
};

pub(super) fn targets(context: &Context) -> Result<ExitCode, StudyError> {
    let study = bundled("us_equities.yaml")?;
    let scratch = fs::canonicalize(std::env::temp_dir()).unwrap_or_else(|_| std::env::temp_dir());
    let targets = backstaff_study::bench::targets(&study, &scratch, &context.terminal)?;
    context.answer(&targets, || backstaff_study::bench::table(&targets))?;
    let passed = targets.iter().all(|target| target.passed);
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::from(exit::FINDING) })
}

pub(super) fn regimes(context: &Context, arguments: &BenchRegimes) -> Result<ExitCode, StudyError> {
    let request = Request {
        full: arguments.full,
        threads: context.common.n_threads(),
        samples: arguments.samples.clone(),
    };
    let measured = measure(&request, &std::env::temp_dir(), &context.terminal)?;
    context.answer(&measured, || measured.to_string())?;
    Ok(if measured.missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(exit::FINDING) })
}

pub(super) fn market(context: &Context, arguments: &Market) -> Result<ExitCode, StudyError> {
    let Market { stocks, sessions, seed, signal, ref out, parquet, sqlite } = *arguments;
    let formats = match (sqlite, parquet) {
        (true, false) => &[Format::Sqlite][..],
        (false, true) => &[Format::Parquet],
        _ => &[Format::Sqlite, Format::Parquet],
    };
    let spec = SyntheticSpec { stocks, sessions, seed, signal };
    let made = market::make(&spec, out, formats, &context.terminal)?;
    context.answer(&made, || made.to_string())?;
    Ok(ExitCode::SUCCESS)
}
