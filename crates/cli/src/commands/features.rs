//! `backstaff features`: descriptions of libraries, features and operators, without data.

use std::{path::PathBuf, process::ExitCode};

use backstaff_study::{
    StudyError,
    features::{LibraryEntries, Sources, entries, libraries, show},
};

use super::Context;
use crate::arguments::single::{FeatureSources, FeaturesCommand};

pub(super) fn run(context: &Context, command: FeaturesCommand) -> Result<ExitCode, StudyError> {
    match command {
        FeaturesCommand::List { name, sources } => list(context, name, sources)?,
        FeaturesCommand::Show { name, sources } => {
            let shown = show(&name, &with_file(Some(&name), sources))?;
            context.answer(&shown, || shown.to_string())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(context: &Context, name: Option<String>, sources: FeatureSources) -> Result<(), StudyError> {
    let sources = with_file(name.as_deref(), sources);
    let chosen = match (name, &sources.file) {
        (Some(name), _) => vec![name],
        (None, Some(file)) => vec![file.display().to_string()],
        (None, None) => sources.libraries.clone(),
    };
    if chosen.is_empty() {
        let libraries = libraries(&sources)?;
        context.answer(&libraries, || libraries.to_string())?;
        return Ok(());
    }
    let found = chosen.iter().map(|name| entries(name, &sources)).collect::<Result<Vec<_>, _>>()?;
    context.answer(&serde_json::json!({ "libraries": found }), || {
        found.iter().map(LibraryEntries::to_string).collect::<Vec<_>>().join("\n")
    })?;
    Ok(())
}

/// The sources to look in; a name that ends in `.yaml` or `.yml` is a library file.
fn with_file(name: Option<&str>, FeatureSources { libraries, file }: FeatureSources) -> Sources {
    let is_file = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    let named = name.map(PathBuf::from).filter(is_file);
    Sources { file: file.or(named), libraries }
}
