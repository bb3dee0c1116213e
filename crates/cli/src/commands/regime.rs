//! `backstaff regime`: hidden Markov models of data files.

use std::process::ExitCode;

use backstaff_study::{
    StudyError,
    regime::{self, DecodeRequest, FitRequest},
};

use super::Context;
use crate::arguments::regime::{Covariance, Decode, Fit, Missing, Observed, RegimeCommand};

pub(super) fn run(context: &Context, command: &RegimeCommand) -> Result<ExitCode, StudyError> {
    match command {
        RegimeCommand::Fit(arguments) => fit(context, arguments),
        RegimeCommand::Decode(arguments) => decode(context, arguments),
        RegimeCommand::Report { study } => super::run::run_study(context, study).map(|_| ExitCode::SUCCESS),
    }
}

fn fit(context: &Context, arguments: &Fit) -> Result<ExitCode, StudyError> {
    let fitted = regime::fit(&FitRequest {
        observed: observed(&arguments.observed),
        states: usize::from(arguments.states),
        covariance: match arguments.covariance {
            Covariance::Full => regime::CovarianceForm::Full,
            Covariance::Diag => regime::CovarianceForm::Diagonal,
        },
        starts: arguments.starts as usize,
        tolerance: arguments.tolerance,
        max_iterations: arguments.max_iterations as usize,
        seed: arguments.seed,
        out: arguments.out.clone(),
        threads: context.common.n_threads(),
    })?;
    context.answer(&fitted, || fitted.to_string())?;
    Ok(ExitCode::SUCCESS)
}

fn decode(context: &Context, arguments: &Decode) -> Result<ExitCode, StudyError> {
    let decoded = regime::decode(&DecodeRequest {
        model: arguments.model.clone(),
        observed: observed(&arguments.observed),
        out: arguments.out.clone(),
    })?;
    context.answer(&decoded, || {
        format!(
            "{}: {} rows of {} states, {} missing; log-likelihood {:.6}\n{}\n",
            decoded.out.display(),
            decoded.rows,
            decoded.states,
            decoded.missing,
            decoded.log_likelihood,
            decoded.order
        )
    })?;
    Ok(ExitCode::SUCCESS)
}

fn observed(arguments: &Observed) -> regime::Observed {
    regime::Observed {
        data: arguments.data.clone(),
        columns: arguments.columns.clone(),
        instrument: arguments.instrument.clone(),
        dates: regime::DateColumn { name: arguments.date.clone(), written: arguments.reading.written() },
        missing: match arguments.missing {
            Missing::Skip => regime::Missing::Skip,
            Missing::Refuse => regime::Missing::Refuse,
        },
    }
}
