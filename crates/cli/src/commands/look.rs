//! The commands that look at data and stores and run no study: `init`, `status`, `why`, `db check`, `db index`.

use std::{io::IsTerminal as _, path::Path, process::ExitCode};

use backstaff_study::{StudyError, config::layout, database, init, status};

use super::{Context, print_out};
use crate::arguments::{init::Init, study::Why};

pub(super) fn init(context: &Context, arguments: &Init) -> Result<ExitCode, StudyError> {
    let written = init::init(&arguments.request(), &context.options())?;
    context.answer(&written, || written.to_string())?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn status(context: &Context, study: &Path) -> Result<ExitCode, StudyError> {
    let status = status::status(&context.study(study)?)?;
    context.answer(&status, || status.to_string())?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn why(context: &Context, arguments: &Why) -> Result<ExitCode, StudyError> {
    let reasons = status::why(&context.study(&arguments.study)?, arguments.stage.as_deref())?;
    context.answer(&reasons, || reasons.to_string())?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn indexes(
    context: &Context,
    file: &Path,
    (preset, tables): (Option<&str>, Option<&Path>),
    yes: bool,
) -> Result<ExitCode, StudyError> {
    let missing = || StudyError::Value { key: "--preset".to_owned(), message: "name a layout".to_owned() };
    let layout = layout(preset, tables)?.ok_or_else(missing)?;
    if yes {
        database::undo_unfinished(file)?;
    }
    let may_write = |indexes: &database::Indexes| {
        if yes || context.common.json || !std::io::stdin().is_terminal() {
            return yes;
        }
        let is_asked = print_out(&format!("{indexes}make them? [y/N] ")).is_ok();
        let mut answer = String::new();
        let is_read = is_asked && std::io::stdin().read_line(&mut answer).is_ok();
        is_read && matches!(answer.trim(), "y" | "Y" | "yes")
    };
    let indexes = database::indexes(file, &layout, may_write, &context.terminal)?;
    context.answer(&indexes, || indexes.to_string())?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn database(context: &Context, file: &Path) -> Result<ExitCode, StudyError> {
    let report = database::check(file)?;
    context.answer(&report, || report.to_string())?;
    Ok(ExitCode::SUCCESS)
}
