//! The commands that run a study.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use backstaff_study::StudyError;

use super::{Context, joined};
use crate::{
    arguments::{Precompute, Report, Run, Shard},
    terminal::stage_table,
};

pub(super) fn run(context: &Context, arguments: &Run) -> Result<ExitCode, StudyError> {
    let study = context.study(&arguments.study)?;
    context.may_trace(&study.reads(), None)?;
    let outcome = study.run(&context.terminal)?;
    context.write_trace(&outcome.trace)?;
    context.answer(&outcome, || {
        let verdict = &outcome.result.measures.verdict;
        // Where no number counts, that stands before all of them.
        let first = verdict.first_line.as_ref().map_or_else(String::new, |line| format!("{line}\n"));
        format!(
            "{first}\n{}\n{}{}\nreport: {}\n",
            stage_table(&outcome.stages, outcome.seconds),
            joined(&outcome.result.matches),
            verdict.sentence,
            outcome.artifacts.report.display()
        )
    })?;
    context.open(&outcome.artifacts.report, arguments.open)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn demo(context: &Context) -> Result<ExitCode, StudyError> {
    run(context, &Run { study: bundled("us_equities.yaml")?, open: false })
}

/// The path of a bundled study: in `examples/` of the working directory, of the program's folder, or of one above them.
pub(super) fn bundled(name: &str) -> Result<PathBuf, StudyError> {
    let program = std::env::current_exe().ok();
    let here = std::env::current_dir().ok();
    let folders = here.iter().chain(&program).flat_map(|start| start.ancestors());
    let found = folders.map(|folder| folder.join("examples").join(name)).find(|path| path.is_file());
    found.ok_or_else(|| StudyError::Value {
        key: "demo".to_owned(),
        message: format!("examples/{name} is neither here nor above; run it from a checkout of the project"),
    })
}

pub(super) fn report(context: &Context, arguments: &Report) -> Result<ExitCode, StudyError> {
    let outcome = context.study(&arguments.study)?.run(&context.terminal)?;
    context.answer(&outcome.artifacts, || format!("{}\n", outcome.artifacts.report.display()))?;
    context.open(&outcome.artifacts.report, arguments.open)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn update(context: &Context, study: &Path) -> Result<ExitCode, StudyError> {
    let updated = context.study(study)?.update(&context.terminal)?;
    context.answer(&updated, || format!("\n{}\n{updated}", stage_table(&updated.stages, updated.seconds)))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn precompute(context: &Context, arguments: &Precompute) -> Result<ExitCode, StudyError> {
    let written = context.study(&arguments.study)?.precompute(&arguments.out, &context.terminal)?;
    context.answer(&written, || written.to_string())?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn orders(context: &Context, study: &Path) -> Result<ExitCode, StudyError> {
    let orders = context.study(study)?.orders(&context.terminal)?;
    context.answer(&orders, || orders.to_string())?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn shard(context: &Context, shard: &Shard) -> Result<ExitCode, StudyError> {
    let done = context.study(&shard.study)?.shard(&shard.stage, shard.number, &context.terminal)?;
    context.answer(&done, || format!("{} shards of {}\n", done.len(), shard.stage))?;
    Ok(ExitCode::SUCCESS)
}
