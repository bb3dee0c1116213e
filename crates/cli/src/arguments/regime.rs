//! What may be typed after `regime`.

use std::path::PathBuf;

use super::files::Reading;
use clap::{Args, Subcommand, ValueEnum};

#[derive(Args, Debug)]
pub(crate) struct Regime {
    #[command(subcommand)]
    pub command: RegimeCommand,
}

#[derive(Subcommand, Debug)]
pub(crate) enum RegimeCommand {
    /// Fit a hidden Markov model to columns of a file.
    ///
    /// Expectation maximisation from several starts; the likeliest model whose states all rest on something is kept.
    /// States are numbered by the mean of the first column, lowest first. Multiplying a column by a constant changes
    /// nothing but the scale of what is printed.
    #[command(after_help = "\
Printed with --json, and written by --out: log_likelihood, iterations, converged, start (K), transition (K×K),
means (K×D), covariances (K×D×D, or K×D if diagonal), aic, bic, expected_durations; then names, weights, the order
of the rows, warnings.

Examples:
  backstaff compute --data prices.csv --feature 'r=Log($close/Ref($close,1))' --out r.parquet
  backstaff regime fit --data r.parquet --column r --states 3 --out model.json
  backstaff regime fit --data r.parquet --column r --states 3 --starts 60 --json
  backstaff regime fit --data moves.csv --column spy,vix --states 4 --covariance full --out model.json")]
    Fit(Fit),
    /// Filtered and smoothed probabilities and the likeliest path of a model's states, for each row of a file.
    #[command(after_help = "\
Columns written: date (if the file has dates), filtered_0 … (what is known at that row), smoothed_0 … and viterbi (both know all rows: for study,
not for decisions). The model's file needs start, transition, means and covariances; further keys are passed over.

Examples:
  backstaff regime decode --model model.json --data r.parquet --column r --out states.parquet
  backstaff regime decode --model model.json --data r.parquet --column r --out states.csv --json")]
    Decode(Decode),
    /// Follow the regimes of a study's instruments, trade on them, and write the report: what `run` does with such a study.
    ///
    /// Models are fitted on the past as time goes by, decisions are filled in the next session. The report compares the
    /// strategy with its own mean exposures held constantly, with the equal weight and with holding one instrument, and
    /// shows what other settings would have given.
    #[command(after_help = "Example:\n  backstaff regime report examples/regimes.yaml")]
    Report {
        /// The study's file.
        #[arg(value_name = "STUDY.yaml")]
        study: PathBuf,
    },
}

/// Which columns of which file are observed.
#[derive(Args, Debug)]
pub(crate) struct Observed {
    /// A Parquet or CSV file; a row is a bar. Rows are sorted by a column of dates; without one the first is the oldest.
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    /// The columns that are observed, a series each. May be repeated.
    #[arg(long = "column", value_name = "NAME[,NAME...]", value_delimiter = ',', required = true)]
    pub columns: Vec<String>,
    /// The instrument, for a file that holds several below each other.
    #[arg(long, value_name = "NAME")]
    pub instrument: Option<String>,
    /// The column of the rows' dates; recognised by its name or its cells if absent.
    #[arg(long, value_name = "NAME")]
    pub date: Option<String>,
    #[command(flatten)]
    pub reading: Reading,
    /// What a row with a missing value is.
    #[arg(long, value_enum, default_value_t = Missing::Skip)]
    pub missing: Missing,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Missing {
    /// A bar at which nothing was observed: the states move on by one transition.
    Skip,
    /// An error.
    Refuse,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Covariance {
    /// Any covariance between the columns of a state.
    Full,
    /// Columns are independent within a state.
    Diag,
}

#[derive(Args, Debug)]
pub(crate) struct Fit {
    #[command(flatten)]
    pub observed: Observed,
    /// How many states.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u8).range(1..=10))]
    pub states: u8,
    /// The form of a state's covariance.
    #[arg(long, value_enum, default_value_t = Covariance::Full)]
    pub covariance: Covariance,
    /// From how many starts the search begins: bins of volatility, bins of value, clusters, then random ones.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub starts: u32,
    /// A search has converged when an iteration adds less than this to the log-likelihood, per observation.
    #[arg(long = "tol", value_name = "X", default_value_t = 1e-10, value_parser = tolerance)]
    pub tolerance: f64,
    /// The most iterations of a search.
    #[arg(long = "max-iter", value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_iterations: u32,
    /// The seed of the random starts.
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// Write the model, as --json prints it.
    #[arg(long, value_name = "MODEL.json")]
    pub out: Option<PathBuf>,
}

fn tolerance(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value >= 0.0 && value.is_finite() => Ok(value),
        _ => Err("a tolerance is a finite number, 0 or more".to_owned()),
    }
}

#[derive(Args, Debug)]
pub(crate) struct Decode {
    /// The model: what `regime fit` writes.
    #[arg(long, value_name = "MODEL.json")]
    pub model: PathBuf,
    #[command(flatten)]
    pub observed: Observed,
    /// The file to write: CSV if its name ends in .csv, else Parquet.
    #[arg(long, value_name = "FILE.parquet")]
    pub out: PathBuf,
}
