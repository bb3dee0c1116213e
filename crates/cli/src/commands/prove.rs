//! `backstaff prove`: shows that nothing looks ahead, in a study or in single features.

use std::{path::Path, process::ExitCode};

use backstaff_study::{
    StudyError,
    prove::{Request, prove_features},
};

use super::{Context, compute::definitions};
use crate::{arguments::single::Prove, exit};

pub(super) fn run(context: &Context, arguments: &Prove) -> Result<ExitCode, StudyError> {
    let stated = arguments.files.reading.stated().or(arguments.files.bars.stated());
    if let Some(stated) = stated.filter(|_| arguments.study.is_some()) {
        let message = "a study says how its files are read: `date_order`, `encoding` and `decimal` of each table, `halts`, \
                       `wide`, `resample` and `hours` of `data.prices`";
        return Err(StudyError::Value { key: stated.to_owned(), message: message.to_owned() });
    }
    if arguments.study.is_some() && arguments.files.joining.is_stated() {
        let message = "a study says it in its keys `instrument_names` and `allow_unmatched`, for each table";
        let key = "--instrument-names".to_owned();
        return Err(StudyError::Value { key, message: message.to_owned() });
    }
    if arguments.study.is_some() && arguments.files.trading.calendar.is_some() {
        let message = "a study says it in its key `calendar`".to_owned();
        return Err(StudyError::Value { key: "--calendar".to_owned(), message });
    }
    if arguments.study.is_some() && arguments.files.trading.zone.is_some() {
        let message = "a study says it in `zone` of `data.prices`".to_owned();
        return Err(StudyError::Value { key: "--zone".to_owned(), message });
    }
    let holds = match (&arguments.study, &arguments.data) {
        (Some(study), _) => study_holds(context, study, usize::from(arguments.dates))?,
        (None, Some(data)) => features_hold(context, data, arguments)?,
        (None, None) => {
            let message = "nothing to prove: give a study, or --data and features".to_owned();
            return Err(StudyError::Value { key: "prove".to_owned(), message });
        }
    };
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::from(exit::FINDING) })
}

fn study_holds(context: &Context, study: &Path, n_dates: usize) -> Result<bool, StudyError> {
    let proof = context.study(study)?.prove(n_dates, &context.terminal)?;
    context.answer(&proof, || proof.to_string())?;
    Ok(proof.holds())
}

fn features_hold(context: &Context, data: &Path, arguments: &Prove) -> Result<bool, StudyError> {
    let features = definitions(&arguments.features)?;
    if features.is_empty() && arguments.libraries.is_empty() && arguments.file.is_none() {
        let message =
            "nothing to prove: give --feature NAME=EXPR, --library NAME or --features FILE".to_owned();
        return Err(StudyError::Value { key: "--feature".to_owned(), message });
    }
    let request = Request {
        data: data.to_owned(),
        form: arguments.files.form(),
        features,
        libraries: arguments.libraries.clone(),
        file: arguments.file.clone(),
        n_dates: usize::from(arguments.dates),
        store: context.common.store.clone(),
        threads: context.common.n_threads(),
    };
    let proof = prove_features(&request, &context.terminal)?;
    context.answer(&proof, || proof.to_string())?;
    Ok(proof.holds)
}
