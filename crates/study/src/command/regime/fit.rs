//! Fitting a model to observations.

use std::{fmt, path::PathBuf};

use backstaff_regime::{
    CovarianceForm, Fit, FitOptions, GaussianHmm, Start, fit as fit_model, model::LabelRules,
};
use backstaff_report::{Align, Cell, Column, Table, cells, text};
use serde::Serialize;

use super::{Observed, RowOrder};
use crate::{
    StudyError,
    command::output::{Reads, write_bytes},
    flow::threads::on_threads,
    words::stay,
};

/// The request for a fit.
#[derive(Clone, Debug)]
pub struct FitRequest {
    /// The observations to fit.
    pub observed: Observed,
    /// The number of states of the model.
    pub states: usize,
    /// The form of the covariances: diagonal or full.
    pub covariance: CovarianceForm,
    /// The number of starts from which the likelihood is climbed.
    pub starts: usize,
    /// The gain of log-likelihood per observation below which an iteration ends the search as converged.
    pub tolerance: f64,
    /// The most iterations of a search.
    pub max_iterations: usize,
    /// The seed of the random starts.
    pub seed: u64,
    /// The JSON file to write the model to; `None` to write none.
    pub out: Option<PathBuf>,
    /// The number of threads that work on the starts.
    pub threads: usize,
}

/// A fitted model: the document that `decode` reads, and the facts of the fit.
#[derive(Clone, Debug, Serialize)]
pub struct Fitted {
    /// The logarithm of the density of the observations that are present.
    pub log_likelihood: f64,
    /// The number of iterations of the search that led to the model.
    pub iterations: usize,
    /// Whether the last iteration gained less than the tolerance; `false` at the limit of iterations.
    pub converged: bool,
    /// `start`, `transition`, `means` and `covariances`, the states in order of the first series' mean.
    #[serde(flatten)]
    pub model: GaussianHmm,
    /// Akaike's information criterion; lower is better.
    pub aic: f64,
    /// Schwarz's information criterion; lower is better.
    pub bic: f64,
    /// The bars that a stay in each state lasts on average; `null` for a state that is never left.
    pub expected_durations: Vec<f64>,
    /// The share of time in each state in the long run.
    pub stationary: Vec<f64>,
    /// The label of each state, and the observations that it rests on.
    pub states: Vec<FittedState>,
    /// The form of the covariances, as the command line names it.
    pub covariance: String,
    /// The columns that were read, one for each series.
    pub columns: Vec<String>,
    /// The number of rows in the data.
    pub rows: usize,
    /// The order in which the rows were taken.
    pub order: RowOrder,
    /// The number of rows with a missing value; each is a transition, and adds nothing to means and covariances.
    pub missing: usize,
    /// The log-likelihood that each start led to.
    pub starts: Vec<f64>,
    /// The seed of the random starts.
    pub seed: u64,
    /// The warnings for the user of the model.
    pub warnings: Vec<String>,
    /// The file that the model was written to.
    #[serde(skip)]
    pub out: Option<PathBuf>,
}

/// The label of a state, and the observations that it rests on.
#[derive(Clone, Debug, Serialize)]
pub struct FittedState {
    /// The label, judged by the first series, which should be a return.
    pub label: String,
    /// The number of observations that belong to the state: the sum of its probabilities.
    pub observations: f64,
    /// Whether the variance of the state is the floor, since its observations hardly differ.
    pub is_degenerate: bool,
    /// Whether less than one observation belongs to the state.
    pub is_empty: bool,
}

/// Fit a model to columns of a file, and write it where the request says.
///
/// # Errors
///
/// Data that can't be read or hold an infinite value, too few or constant observations, a file that can't be written.
pub fn fit(request: &FitRequest) -> Result<Fitted, StudyError> {
    if let Some(out) = &request.out {
        Reads::of([&request.observed.data]).allow("--out", out)?;
    }
    let (table, observations) = request.observed.read()?;
    let options = FitOptions {
        covariance: request.covariance,
        starts: Start::first(request.starts),
        max_iterations: request.max_iterations,
        tolerance: request.tolerance,
        seed: request.seed,
        ..FitOptions::new(request.states)
    };
    let fit = on_threads(request.threads, || {
        fit_model(&observations, &options).map_err(|error| request.observed.wrong(error))
    })?;
    let missing = observations.n_rows() - observations.n_present();
    let labels = fit.model.labels(LabelRules::default());
    let fitted = Fitted {
        log_likelihood: fit.log_likelihood,
        iterations: fit.iterations,
        converged: fit.converged,
        aic: fit.aic(),
        bic: fit.bic(),
        expected_durations: fit.model.expected_durations(),
        stationary: fit.model.stationary(),
        states: labels
            .iter()
            .zip(&fit.states)
            .map(|(label, state)| FittedState {
                label: label.to_string(),
                observations: state.weight,
                is_degenerate: state.is_degenerate,
                is_empty: state.is_empty,
            })
            .collect(),
        covariance: request.covariance.to_string(),
        columns: table.names().to_vec(),
        rows: observations.n_rows(),
        order: RowOrder::of(&table),
        missing,
        starts: fit.starts.iter().map(|start| start.log_likelihood).collect(),
        seed: request.seed,
        warnings: warnings(&fit, request, missing),
        model: fit.model,
        out: request.out.clone(),
    };
    if let Some(out) = &request.out {
        let mut document = serde_json::to_string_pretty(&fitted)
            .map_err(|error| StudyError::Internal { what: format!("a model is JSON ({error})") })?;
        document.push('\n');
        write_bytes(out, document.as_bytes())?;
    }
    Ok(fitted)
}

fn warnings(fit: &Fit, request: &FitRequest, missing: usize) -> Vec<String> {
    let mut warnings = Vec::new();
    if !fit.converged {
        warnings.push(format!(
            "the search stopped at {} iterations before it converged; raise --max-iter, or --tol",
            request.max_iterations
        ));
    }
    if missing > 0 {
        warnings.push(format!("{missing} rows have a missing value; they count as transitions only"));
    }
    for (state, rests_on) in fit.states.iter().enumerate() {
        if rests_on.is_empty {
            warnings
                .push(format!("less than one observation belongs to state {state}; ask for fewer states"));
        } else if rests_on.is_degenerate {
            warnings.push(format!(
                "state {state} shrank to {:.1} observations that hardly differ; ask for fewer states",
                rests_on.weight
            ));
        }
    }
    warnings
}

impl fmt::Display for Fitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stopped = if self.converged { "converged" } else { "not converged" };
        writeln!(
            f,
            "log-likelihood {:.4} ({stopped} after {} iterations), AIC {:.2}, BIC {:.2}; {} rows, {} missing\n",
            self.log_likelihood, self.iterations, self.aic, self.bic, self.rows, self.missing
        )?;
        f.write_str(&text::render(&self.table()))?;
        writeln!(f, "{}", self.order)?;
        for warning in &self.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        match &self.out {
            Some(out) => writeln!(f, "model: {}", out.display()),
            None => Ok(()),
        }
    }
}

impl Fitted {
    /// The table of the states, one row for each.
    fn table(&self) -> Table {
        let k = self.model.n_states();
        let mut table = Table::new("")
            .column(Column::integer("state"))
            .column(Column::text("name"))
            .column(Column::number("share", 3))
            .column(Column::text("bars a stay").align(Align::Right));
        for name in &self.columns {
            table = table
                .column(Column::text(format!("mean {name}")))
                .column(Column::text(format!("st. dev. {name}")));
        }
        for to in 0..k {
            table = table.column(Column::number(format!("to {to}"), 4));
        }
        for (state, told) in self.states.iter().enumerate() {
            let mut row: Vec<Cell> = cells![
                state,
                told.label.as_str(),
                self.stationary[state],
                stay(Some(self.expected_durations[state]), self.rows)
            ];
            for (series, mean) in self.model.means(state).iter().enumerate() {
                let deviation = self.model.variance(state, series).sqrt();
                row.extend(cells![format!("{mean:.4e}"), format!("{deviation:.4e}")]);
            }
            row.extend(self.model.transition(state).iter().map(|&probability| Cell::from(probability)));
            table = table.row(row);
        }
        table
    }
}
