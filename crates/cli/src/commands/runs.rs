//! `backstaff runs` and `backstaff compare`: what was run, and what differs.

use std::{path::Path, process::ExitCode};

use backstaff_study::{StudyError, compare, runs};

use super::{Context, show};
use crate::arguments::runs::{Compare, Runs};

pub(super) fn runs(context: &Context, arguments: &Runs) -> Result<ExitCode, StudyError> {
    let place = arguments.place.as_deref().unwrap_or(Path::new("."));
    let runs = runs::runs(place, &context.options())?;
    context.answer(&runs, || runs.to_string())?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn compare(context: &Context, arguments: &Compare) -> Result<ExitCode, StudyError> {
    let Compare { wanted, out, open } = arguments;
    let comparison = compare::compare(wanted, out.as_deref(), &context.options())?;
    context.answer(&comparison, || comparison.to_string())?;
    show(&comparison.out, *open)?;
    Ok(ExitCode::SUCCESS)
}
