//! `backstaff compute`: single features of a data file.

use std::process::ExitCode;

use backstaff_study::{
    StudyError,
    compute::{Request, compute, explain},
};

use super::Context;
use crate::arguments::Compute;

pub fn run(context: &Context, arguments: &Compute) -> Result<ExitCode, StudyError> {
    let wrong = |message: String| StudyError::Value { key: "--feature".to_owned(), message };
    let feature = |text: &String| match text.split_once('=') {
        Some((name, expression)) if !name.trim().is_empty() && !expression.trim().is_empty() => {
            Ok((name.trim().to_owned(), expression.to_owned()))
        }
        _ => Err(wrong(format!("{text:?} is not NAME=EXPRESSION, as in 'mom=$close/Ref($close,20)-1'"))),
    };
    let features = arguments.features.iter().map(feature).collect::<Result<Vec<_>, _>>()?;
    if features.is_empty() && arguments.libraries.is_empty() && arguments.file.is_none() {
        return Err(wrong(
            "nothing to compute: give --feature NAME=EXPR, --library NAME or --features FILE".to_owned(),
        ));
    }
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let request = Request {
        data: arguments.data.clone(),
        facts: arguments.facts.clone(),
        features,
        libraries: arguments.libraries.clone(),
        file: arguments.file.clone(),
        out: arguments.out.clone(),
        store: context.common.store.clone(),
        threads: context.common.threads.map_or_else(cores, usize::from),
    };
    if arguments.explain {
        let plan = explain(&request, &context.terminal)?;
        context.answer(&serde_json::json!({ "plan": plan }), || plan.clone());
    }
    let computed = compute(&request, &context.terminal)?;
    context.answer(&computed, || {
        format!("{}: {} rows, {} features\n", computed.out.display(), computed.rows, computed.features.len())
    });
    Ok(ExitCode::SUCCESS)
}
