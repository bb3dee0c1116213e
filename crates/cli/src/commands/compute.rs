//! `backstaff compute`: single features of a data file.

use std::process::ExitCode;

use backstaff_study::{
    StudyError,
    compute::{Request, compute, explain},
    config::layout,
};

use super::{Context, joined};
use crate::arguments::single::Compute;

pub(super) fn run(context: &Context, arguments: &Compute) -> Result<ExitCode, StudyError> {
    let features = definitions(&arguments.features)?;
    if features.is_empty() && arguments.libraries.is_empty() && arguments.file.is_none() {
        return Err(wrong(
            "nothing to compute: give --feature NAME=EXPR, --library NAME or --features FILE".to_owned(),
        ));
    }
    let request = Request {
        data: arguments.data.clone(),
        form: arguments.files.form(),
        tables: layout(arguments.preset.as_deref(), arguments.tables.as_deref())?,
        facts: arguments.facts.clone(),
        features,
        libraries: arguments.libraries.clone(),
        file: arguments.file.clone(),
        also_read: arguments.tables.iter().cloned().collect(),
        out: arguments.out.clone().unwrap_or_default(),
        store: context.common.store.clone(),
        threads: context.common.n_threads(),
        memory: context.common.memory(),
    };
    if arguments.explain {
        let plan = explain(&request, &context.terminal)?;
        context.answer(&serde_json::json!({ "plan": plan }), || format!("{plan}\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    context.may_trace(&request.reads(), Some(&request.out))?;
    let computed = compute(&request, &context.terminal)?;
    context.write_trace(&computed.trace)?;
    context.answer(&computed, || {
        let rows = format!("{} rows, {} features", computed.rows, computed.features.len());
        format!("{}{}: {rows}\n", joined(&computed.matches), computed.out.display())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Split features written as `NAME=EXPRESSION` into names and expressions.
pub(super) fn definitions(texts: &[String]) -> Result<Vec<(String, String)>, StudyError> {
    let definition = |text: &String| match text.split_once('=') {
        Some((name, expression)) if !name.trim().is_empty() && !expression.trim().is_empty() => {
            Ok((name.trim().to_owned(), expression.to_owned()))
        }
        _ => Err(wrong(format!("{text:?} is not NAME=EXPRESSION, as in 'mom=$close/Ref($close,20)-1'"))),
    };
    texts.iter().map(definition).collect()
}

fn wrong(message: String) -> StudyError {
    StudyError::Value { key: "--feature".to_owned(), message }
}
