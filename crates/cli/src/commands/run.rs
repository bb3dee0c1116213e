//! The commands that run a study.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use backstaff_study::{
    RunOutcome, StudyError,
    orders::{AccountRequest, OrdersRequest},
    results::{Level, StudyResult, portfolio_table},
};
use backstaff_words as words;

use super::{Context, joined, qlib, show};
use crate::{
    arguments::{
        qlib::Qrun,
        study::{Orders, Precompute, Report, Run, Shard},
    },
    colour::{Paint, link},
    exit,
    terminal::total,
};

pub(super) fn run(context: &Context, arguments: &Run) -> Result<ExitCode, StudyError> {
    if qlib::is_of_qlib(&arguments.study) {
        return qlib::qrun(context, &Qrun::plain(arguments.study.clone()));
    }
    let outcome = run_study(context, &arguments.study)?;
    show(&outcome.artifacts.report, arguments.open)?;
    let is_found = arguments.strict && speaks_against(&outcome.result);
    Ok(if is_found { ExitCode::from(exit::FINDING) } else { ExitCode::SUCCESS })
}

pub(super) fn run_study(context: &Context, study: &Path) -> Result<RunOutcome, StudyError> {
    let study = context.study(study)?;
    context.may_trace(&study.reads(), None)?;
    let outcome = study.run(&context.terminal)?;
    context.write_trace(&outcome.trace)?;
    context.terminal.end(&total(&outcome.stages, outcome.seconds));
    context.answer(&outcome, || {
        format!("{}report: {}\n", summary(&outcome.result), link(&outcome.artifacts.report))
    })?;
    Ok(outcome)
}

/// Whether a check found that the results are not to be believed: by the verdict, by a column that foresees beyond
/// belief, or by series that look broken.
fn speaks_against(result: &StudyResult) -> bool {
    let is_void = matches!(result.measures.verdict.level, Level::NotCredible | Level::NotJudged);
    is_void || !result.suspects.is_empty() || !result.quality.broken.is_empty()
}

/// What a run found: the verdict in two lines, the portfolios, what speaks against believing them.
fn summary(result: &StudyResult) -> String {
    let verdict = &result.measures.verdict;
    let paint = match verdict.level {
        Level::NotJudged | Level::NotCredible | Level::Against => Paint::Bad,
        Level::Strong | Level::Weak => Paint::Good,
        Level::None => Paint::Strong,
    };
    let mut lines = verdict.lines.iter();
    let mut text = String::new();
    if let Some(first) = lines.next() {
        let _ = writeln!(text, "{}", paint.on(first));
    }
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
    let _ = writeln!(text, "\n{}", portfolio_table(&result.headlines));
    let of = |severity: &str| {
        let titles = result.cautions.iter().filter(|caution| caution.severity == severity);
        titles.map(|caution| caution.title.as_str()).collect::<Vec<_>>()
    };
    for (severity, paint) in [("warning", Paint::Bad), ("caution", Paint::Careful)] {
        let titles = of(severity);
        if !titles.is_empty() {
            let _ = writeln!(text, "{} {}", paint.on(&format!("{severity}:")), titles.join(" · "));
        }
    }
    let notes = of("note").len();
    if notes > 0 {
        let _ = writeln!(
            text,
            "{}",
            Paint::Faint.on(&format!("and {} in the report", words::count(notes, "note")))
        );
    }
    text + &joined(&result.matches)
}

pub(super) fn demo(context: &Context) -> Result<ExitCode, StudyError> {
    run_study(context, &bundled("us_equities.yaml")?)?;
    Ok(ExitCode::SUCCESS)
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
    show(&outcome.artifacts.report, arguments.open)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn update(context: &Context, study: &Path) -> Result<ExitCode, StudyError> {
    let updated = context.study(study)?.update(&context.terminal)?;
    context.terminal.end(&total(&updated.stages, updated.seconds));
    context.answer(&updated, || updated.to_string())?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn precompute(context: &Context, arguments: &Precompute) -> Result<ExitCode, StudyError> {
    let written = context.study(&arguments.study)?.precompute(&arguments.out, &context.terminal)?;
    context.answer(&written, || written.to_string())?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn orders(context: &Context, arguments: &Orders) -> Result<ExitCode, StudyError> {
    let Orders { path, holdings, cash, lot, max_age, out } = arguments;
    let account = cash.map(|cash| AccountRequest { holdings: holdings.clone(), cash });
    let request = OrdersRequest { account, lot: *lot, max_age: *max_age, out: out.clone() };
    let orders = context.study(&path.study)?.orders(&request, &context.terminal)?;
    context.answer(&orders, || orders.to_string())?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn shard(context: &Context, shard: &Shard) -> Result<ExitCode, StudyError> {
    let done = context.study(&shard.study)?.shard(&shard.stage, shard.number, &context.terminal)?;
    context.answer(&done, || format!("{} shards of {}\n", done.len(), shard.stage))?;
    Ok(ExitCode::SUCCESS)
}
