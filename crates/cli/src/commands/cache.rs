//! `backstaff cache`: the size, the sweeping and the checking of a store.

use std::{path::PathBuf, process::ExitCode};

use backstaff_study::{StudyError, cache};

use super::Context;
use crate::{arguments::store::CacheCommand, exit};

pub(super) fn run(context: &Context, command: &CacheCommand) -> Result<ExitCode, StudyError> {
    let store = |place: &Option<PathBuf>| cache::store_of(place.as_deref(), &context.options());
    match command {
        CacheCommand::Stats { place } => {
            let stats = cache::stats(&store(place)?)?;
            context.answer(&stats, || stats.to_string())?;
        }
        CacheCommand::Gc { place, dry_run, keep_runs } => {
            let swept = cache::gc(&store(place)?, *keep_runs, *dry_run)?;
            context.answer(&swept, || swept.to_string())?;
        }
        CacheCommand::Clear { place, dry_run } => {
            let study = place.as_deref().filter(|place| !place.is_dir());
            let study = study.map(|study| context.study(study)).transpose()?;
            let cleared = cache::clear(&store(place)?, study.as_ref(), *dry_run)?;
            context.answer(&cleared, || cleared.to_string())?;
        }
        CacheCommand::Verify { place, remove } => {
            let verified = cache::verify(&store(place)?, *remove)?;
            context.answer(&verified, || verified.to_string())?;
            if !verified.damaged.is_empty() && !remove {
                return Ok(ExitCode::from(exit::FINDING));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
