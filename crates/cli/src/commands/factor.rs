//! `backstaff factor`: one feature judged without a model.

use std::process::ExitCode;

use backstaff_study::{
    StudyError,
    config::Execution,
    factor::{Request, judge},
};

use super::Context;
use crate::arguments::single::{ExecutionPrice, Factor};

pub(super) fn run(context: &Context, arguments: &Factor) -> Result<ExitCode, StudyError> {
    let request = Request {
        data: arguments.data.clone(),
        form: arguments.files.form(),
        change: arguments.change.clone(),
        execution: match arguments.execution {
            ExecutionPrice::Open => Execution::Open,
            ExecutionPrice::Close => Execution::Close,
        },
        feature: arguments.feature.clone(),
        libraries: arguments.libraries.clone(),
        file: arguments.file.clone(),
        facts: arguments.facts.clone(),
        attributes: arguments.attributes.clone(),
        columns: Vec::new(),
        by: arguments.by.clone(),
        universe: arguments.universe.clone(),
        horizons: arguments.horizons.clone(),
        n_quantiles: usize::from(arguments.quantiles),
        out: arguments.out.clone(),
        store: context.common.store.clone(),
        threads: context.common.n_threads(),
    };
    let judgement = judge(&request, &context.terminal)?;
    context.answer(&judgement, || {
        let page = arguments.out.as_ref().map(|out| format!("page: {}\n", out.display()));
        judgement.to_string() + &page.unwrap_or_default()
    })?;
    Ok(ExitCode::SUCCESS)
}
