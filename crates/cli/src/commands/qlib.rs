//! `backstaff qrun` and `backstaff qlib`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use backstaff_qlib::{
    check, dump, output,
    run::{Options, run as run_workflow},
    workflow::{Workflow, is_workflow},
};
use backstaff_study::StudyError;

use super::Context;
use crate::{
    arguments::qlib::{QlibCommand, Qrun},
    colour::Paint,
    exit,
    terminal::total,
};

pub(super) fn qrun(context: &Context, arguments: &Qrun) -> Result<ExitCode, StudyError> {
    let started = std::time::Instant::now();
    let workflow = Workflow::read_with(&arguments.workflow, arguments.provider.as_deref())?;
    let experiment = workflow.experiment.clone().unwrap_or_else(|| arguments.experiment.clone());
    let out = arguments.out.clone().unwrap_or_else(|| own_folder(&arguments.uri_folder, &experiment));
    output::allow(&out)?;
    let options = Options {
        predictions: arguments.predictions.clone(),
        facts: arguments.facts.clone(),
        allow_leaks: arguments.allow_leaks,
        strict: !arguments.capped,
        threads: context.common.n_threads(),
    };
    let ran = run_workflow(workflow, &options, &context.terminal)?;
    output::write(&ran, &out)?;
    context.terminal.end(&total(&ran.stages, started.elapsed().as_secs_f64()));
    context.answer(&ran.summary(&out), || format!("{}\nwritten: {}\n", output::text(&ran), out.display()))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn run(context: &Context, command: &QlibCommand) -> Result<ExitCode, StudyError> {
    match command {
        QlibCommand::Dump { data, out } => {
            let dumped = dump::dump(data, out)?;
            context.answer(&dumped, || {
                let (dates, new) = dumped.dates;
                let n = dumped.instruments;
                format!(
                    "{}: {n} instruments, {dates} dates ({new} new), {} values\n",
                    out.display(),
                    dumped.values
                )
            })?;
            Ok(ExitCode::SUCCESS)
        }
        QlibCommand::Check { folder } => {
            let checked = check::check(folder)?;
            context.answer(&checked, || described(&checked))?;
            Ok(if checked.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(exit::FINDING) })
        }
        QlibCommand::Translate { workflow, out: _ } => {
            let _ = Workflow::read(workflow)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn described(checked: &check::Checked) -> String {
    let (n, first, last) = &checked.calendar;
    let list = |all: &BTreeMap<String, usize>| {
        all.iter().map(|(name, n)| format!("{name} ({n})")).collect::<Vec<_>>().join(", ")
    };
    let mut lines = vec![
        format!("calendar: {n} dates, {first} to {last}"),
        format!("markets: {}", list(&checked.markets)),
        format!("instruments with bars: {}, {} files", checked.instruments, checked.files),
        format!("fields: {}", list(&checked.fields)),
    ];
    lines.extend(checked.notes.iter().map(|note| format!("note: {note}")));
    lines.extend(checked.faults.iter().map(|fault| format!("{} {fault}", Paint::Bad.on("fault:"))));
    if checked.faults.is_empty() {
        lines.push("no fault".to_owned());
    }
    lines.join("\n") + "\n"
}

/// Whether the file of `run` is a workflow.
pub(super) fn is_of_qlib(path: &Path) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| is_workflow(&text))
}

/// The folder of a run that names none: the time in milliseconds below the experiment.
fn own_folder(uri_folder: &Path, experiment: &str) -> PathBuf {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis() as u64);
    output::folder_of(uri_folder, experiment, now)
}
