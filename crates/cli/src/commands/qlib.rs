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
    study, translate,
    workflow::{Workflow, is_workflow},
};
use backstaff_study::StudyError;

use super::Context;
use crate::{
    arguments::qlib::{QlibCommand, Qrun},
    colour::{Paint, link},
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
    let report = if arguments.no_report {
        None
    } else {
        let settings = (out.as_path(), options.strict);
        study::report(&ran.workflow, &ran.scores, settings, &context.options(), &context.terminal)?
    };
    context.terminal.end(&total(&ran.stages, started.elapsed().as_secs_f64()));
    let mut summary = ran.summary(&out);
    summary.report = report.as_ref().map(|report| report.artifacts.report.clone());
    summary.verdict = report.as_ref().map(|report| report.result.measures.verdict.sentence.clone());
    context.answer(&summary, || {
        let verdict = summary.verdict.iter().map(|verdict| format!("\n{}\n", Paint::Strong.on(verdict)));
        let report = summary.report.iter().map(|report| format!("report: {}\n", link(report)));
        let tail = verdict.chain(report).collect::<Vec<_>>().concat();
        format!("{}\nwritten: {}\n{tail}", output::text(&ran), out.display())
    })?;
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
        QlibCommand::Translate { workflow, out } => translated(context, workflow, out.as_deref()),
    }
}

/// Write the study that a workflow comes nearest to; a file that is there stays.
fn translated(context: &Context, workflow: &Path, out: Option<&Path>) -> Result<ExitCode, StudyError> {
    if let Some(out) = out.filter(|out| out.exists()) {
        let message = format!("{} is there already; name another file", out.display());
        return Err(StudyError::Value { key: "--out".to_owned(), message });
    }
    let translate::Translated { text, missing } = translate::translate(&Workflow::read(workflow)?)?;
    let json = serde_json::json!({ "study": text, "missing": missing, "out": out });
    match out {
        None => context.answer(&json, || text)?,
        Some(out) => {
            backstaff_study::output::write_bytes(out, text.as_bytes())?;
            context.answer(&json, || {
                let missing =
                    missing.iter().map(|what| format!("not in a study: {what}\n")).collect::<Vec<_>>();
                format!(
                    "{}{}: written; `backstaff run {}` runs it\n",
                    missing.concat(),
                    out.display(),
                    out.display()
                )
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
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
