//! `backstaff qrun` and `backstaff qlib`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// A workflow and how it is run.
#[derive(Args, Debug, Clone)]
pub(crate) struct Qrun {
    /// The workflow's file (YAML, with holes of Jinja filled from the environment).
    pub workflow: PathBuf,
    /// The name of the experiment, if the file has none.
    #[arg(
        long = "experiment_name",
        alias = "experiment-name",
        value_name = "NAME",
        default_value = "workflow"
    )]
    pub experiment: String,
    /// The folder of experiments, in which a run gets a folder of its own.
    #[arg(long = "uri_folder", alias = "uri-folder", value_name = "DIR", default_value = "qlib_runs")]
    pub uri_folder: PathBuf,
    /// Write pred.parquet, metrics.json and the records' tables into this folder instead.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Scores that take the place of the model's: Parquet or CSV with `datetime`, `instrument`, `score`.
    #[arg(long, value_name = "FILE")]
    pub predictions: Option<PathBuf>,
    /// The folder of the data, in place of the file's `provider_uri`.
    #[arg(long, value_name = "DIR")]
    pub provider: Option<PathBuf>,
    /// Published values with the dates on which they became known, for handlers that read them: Parquet or CSV with
    /// `instrument`, `known_at` and a column for each.
    #[arg(long, value_name = "FILE")]
    pub facts: Option<PathBuf>,
    /// Run although a processor is fitted on dates behind the training segment; the result says so.
    #[arg(long)]
    pub allow_leaks: bool,
    /// Write no report of ours beside Qlib's tables.
    #[arg(long)]
    pub no_report: bool,
    /// Keep the book at topk where Qlib's negative slices let it outgrow.
    #[arg(long)]
    pub capped: bool,
}

impl Qrun {
    /// A workflow without any option.
    pub(crate) fn plain(workflow: PathBuf) -> Self {
        Self {
            workflow,
            experiment: "workflow".to_owned(),
            uri_folder: PathBuf::from("qlib_runs"),
            out: None,
            predictions: None,
            provider: None,
            facts: None,
            allow_leaks: false,
            no_report: false,
            capped: false,
        }
    }
}

/// What to do with Qlib's files.
#[derive(Args, Debug)]
pub(crate) struct Qlib {
    #[command(subcommand)]
    pub command: QlibCommand,
}

/// What to do with Qlib's files.
#[derive(Subcommand, Debug)]
pub(crate) enum QlibCommand {
    /// Write the study of ours that a workflow comes nearest to, every choice with its reason.
    Translate {
        /// The workflow's file.
        workflow: PathBuf,
        /// The study to write; printed if absent.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Write bars as a folder of .bin files, or append new rows to one.
    Dump {
        /// The bars: a Parquet or CSV file, or a folder of them.
        #[arg(long, value_name = "PATH")]
        data: PathBuf,
        /// The folder to write or to append to.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Check a folder of .bin files: its calendar, its lists, every file.
    Check {
        /// The folder.
        folder: PathBuf,
    },
}
