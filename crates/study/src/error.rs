//! What can go wrong in a study.

use std::{io, path::PathBuf};

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

    #[error(transparent)]
    Learn(#[from] backstaff_learn::LearnError),

    #[error(transparent)]
    Portfolio(#[from] backstaff_portfolio::PortfolioError),

    #[error(transparent)]
    Store(#[from] backstaff_stage::StoreError),

    #[error(transparent)]
    Output(#[from] crate::output::OutputError),

    #[error("the study's report: {0}")]
    Report(#[from] backstaff_report::ReportError),

    #[error("{0}")]
    Universe(String),

    #[error("interrupted; what is finished is in the store, and the same command goes on from there")]
    Interrupted,

    #[error("the program broke one of its own rules: {what}; please report this")]
    Internal { what: String },
}
