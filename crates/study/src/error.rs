//! The errors of a study.

use std::{io, path::PathBuf};

use crate::command::output::OutputError;

/// Why a study could not be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum StudyError {
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),

    #[error("{key}: {message}")]
    Value { key: String, message: String },

    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: io::Error },

    #[error(transparent)]
    Source(#[from] backstaff_source::SourceError),

    #[error(transparent)]
    Panel(#[from] backstaff_panel::PanelError),

    #[error(transparent)]
    Feature(#[from] backstaff_feature::FeatureError),

    #[error("{path}: {source}")]
    Regime { path: PathBuf, source: backstaff_regime::RegimeError },

    #[error("{place}, column {column:?}: {problem}")]
    Observation { place: backstaff_source::Place, column: String, problem: &'static str },

    #[error(transparent)]
    Learn(#[from] backstaff_learn::LearnError),

    /// The user's own code failed, as model or as strategy; the message is its own.
    #[error("{name}: {message}")]
    Own { name: String, message: String },

    #[error(transparent)]
    Portfolio(#[from] backstaff_portfolio::PortfolioError),

    #[error(transparent)]
    Store(#[from] backstaff_stage::StoreError),

    #[error(transparent)]
    Output(#[from] OutputError),

    #[error(transparent)]
    Generator(#[from] backstaff_generator::GeneratorError),

    #[error("the study's report: {0}")]
    Report(#[from] backstaff_report::ReportError),

    #[error(
        "--max-age: the newest session of the data is {newest}, {days} days ago, and {allowed} are allowed; bring new data \
         and run `backstaff update`"
    )]
    Stale { newest: String, days: i32, allowed: u32 },

    #[error("{0}")]
    Universe(String),

    #[error("interrupted; what is finished is in the store, and the same command goes on from there")]
    Interrupted,

    /// The run has finished the stage or shard after which it was asked to end.
    #[error("stopped after the stage that was asked for")]
    Stopped,

    #[error("the program broke one of its own rules: {what}; please report this")]
    Internal { what: String },
}

/// The kind of an error: what a caller can do about it, and the exit code of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The study's file, an expression or an argument is wrong.
    Study,
    /// A data file is wrong, or can't be read.
    Data,
    /// The store is damaged, or can't be read or written.
    Store,
    /// The user asked to stop.
    Interrupted,
    /// Anything else: a full disk, a missing library.
    Other,
}

impl StudyError {
    /// A model of the user's own that failed in a fold.
    pub(crate) fn own_model(name: &str, fold: u32, message: String) -> Self {
        Self::Own { name: format!("models.{name}, fold {fold}"), message }
    }

    /// The fault in the text of an expression, if that is what is wrong.
    pub fn expression(&self) -> Option<&backstaff_feature::ExpressionError> {
        match self {
            Self::Feature(backstaff_feature::FeatureError::Expression(error)) => Some(error),
            _ => None,
        }
    }

    /// The kind of this error.
    pub fn kind(&self) -> ErrorKind {
        use backstaff_learn::{LearnError, LightGbmError};
        match self {
            Self::Output(OutputError::Refused { .. } | OutputError::Ending { .. }) => ErrorKind::Study,
            Self::Learn(LearnError::LightGbm(LightGbmError::NotFound { .. }))
            | Self::Output(_)
            | Self::Generator(_)
            | Self::Report(_)
            | Self::Stopped
            | Self::Internal { .. } => ErrorKind::Other,
            Self::Config(_)
            | Self::Value { .. }
            | Self::Feature(_)
            | Self::Portfolio(_)
            | Self::Learn(_)
            | Self::Own { .. }
            | Self::Universe(_) => ErrorKind::Study,
            Self::Source(_)
            | Self::Read { .. }
            | Self::Panel(_)
            | Self::Regime { .. }
            | Self::Stale { .. }
            | Self::Observation { .. } => ErrorKind::Data,
            Self::Store(_) => ErrorKind::Store,
            Self::Interrupted => ErrorKind::Interrupted,
        }
    }
}
