//! The commands that look and compute nothing: `init`, `status`, `why`, `db check`.

use std::{path::Path, process::ExitCode};

use backstaff_study::{StudyError, init, look};

use super::Context;
use crate::arguments::{Init, Why};

pub fn init(context: &Context, arguments: &Init) -> Result<ExitCode, StudyError> {
    let written = init::init(&arguments.data, &arguments.out)?;
    context.answer(&written, || written.to_string());
    Ok(ExitCode::SUCCESS)
}

pub fn status(context: &Context, study: &Path) -> Result<ExitCode, StudyError> {
    let status = look::status(&context.study(study)?)?;
    context.answer(&status, || status.to_string());
    Ok(ExitCode::SUCCESS)
}

pub fn why(context: &Context, arguments: &Why) -> Result<ExitCode, StudyError> {
    let reasons = look::why(&context.study(&arguments.study)?, arguments.stage.as_deref())?;
    context.answer(&reasons, || reasons.to_string());
    Ok(ExitCode::SUCCESS)
}

pub fn database(context: &Context, file: &Path) -> Result<ExitCode, StudyError> {
    let report = look::database(file)?;
    context.answer(&report, || report.to_string());
    Ok(ExitCode::SUCCESS)
}
