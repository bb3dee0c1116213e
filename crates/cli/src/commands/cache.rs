//! `backstaff cache`: the size, the sweeping and the checking of a store.

use std::{path::PathBuf, process::ExitCode};

use backstaff_study::{StudyError, cache};

use super::Context;
use crate::{arguments::CacheCommand, exit};

pub(super) fn run(context: &Context, command: &CacheCommand) -> Result<ExitCode, StudyError> {
    let store = context.common.store.clone().unwrap_or_else(|| PathBuf::from(".backstaff"));
    match command {
        CacheCommand::Stats => {
            let stats = cache::stats(&store)?;
            context.answer(&stats, || cache::stats_table(&stats))?;
        }
        CacheCommand::Gc { dry_run, keep_runs } => {
            let swept = cache::gc(&store, *keep_runs, *dry_run)?;
            context.answer(&swept, || swept.to_string())?;
        }
        CacheCommand::Verify { remove } => {
            let verified = cache::verify(&store, *remove)?;
            context.answer(&verified, || verified.to_string())?;
            if !verified.damaged.is_empty() && !remove {
                return Ok(ExitCode::from(exit::FINDING));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
