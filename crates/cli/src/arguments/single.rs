//! What may be typed after the verbs that need no study: features, factors, proofs.

use std::{num::NonZeroU32, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use super::files::Files;

/// A price of a session at which orders are filled.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ExecutionPrice {
    /// The first price of the session.
    Open,
    /// The last price of the session.
    Close,
}

#[derive(Args, Debug)]
pub(crate) struct Compute {
    /// A Parquet or CSV file, a folder of one file per instrument, or a folder in Qlib's or LEAN's layout.
    #[arg(long, value_name = "PATH")]
    pub data: PathBuf,
    #[command(flatten)]
    pub files: Files,
    /// What the tables of a database mean (an SQLite file, or a folder of Parquet files named after the tables): a
    /// layout that ships, `krx`.
    #[arg(long, value_name = "NAME", conflicts_with = "tables")]
    pub preset: Option<String>,
    /// The same, by a layout file of your own.
    #[arg(long, value_name = "FILE.yaml")]
    pub tables: Option<PathBuf>,
    /// Published values for expressions over `$$name`: a table with instrument, period, `known_at` and values, or a
    /// folder in Qlib's layout.
    #[arg(long, value_name = "PATH")]
    pub facts: Option<PathBuf>,
    /// A feature: its name and its expression. May be repeated.
    #[arg(long = "feature", value_name = "NAME=EXPR")]
    pub features: Vec<String>,
    /// A library that ships, as `features list` names them. May be repeated.
    #[arg(long = "library", value_name = "NAME")]
    pub libraries: Vec<String>,
    /// A file of features of your own.
    #[arg(long = "features", value_name = "FILE.yaml")]
    pub file: Option<PathBuf>,
    /// The file to write, Parquet or, if it ends in `.csv`, CSV: `instrument`, `date` and a column a feature.
    #[arg(long, value_name = "FILE.parquet|FILE.csv", required_unless_present = "explain")]
    pub out: Option<PathBuf>,
    /// Print the plan instead: nodes, sharing, passes over memory, look-back, bytes.
    #[arg(long)]
    pub explain: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Factor {
    /// The feature: an expression, or a name from a library or a file of features.
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    pub feature: String,
    /// A Parquet or CSV file, or a folder of one file per instrument.
    #[arg(long, value_name = "PATH")]
    pub data: PathBuf,
    #[command(flatten)]
    pub files: Files,
    /// A library that ships, whose names may be used: technical. May be repeated.
    #[arg(long = "library", value_name = "NAME")]
    pub libraries: Vec<String>,
    /// A file of features of your own, whose names may be used.
    #[arg(long = "features", value_name = "FILE.yaml")]
    pub file: Option<PathBuf>,
    /// Published values for expressions over `$$name`: a table with instrument, period, `known_at` and values, or a
    /// folder in Qlib's layout.
    #[arg(long, value_name = "PATH")]
    pub facts: Option<PathBuf>,
    /// The column of the change against the session's base price, in money: prices are adjusted by the splits that these
    /// base prices tell.
    #[arg(long, value_name = "COLUMN")]
    pub change: Option<String>,
    /// A category to rank within as well; `sector`, where the data have it, if absent.
    #[arg(long, value_name = "CATEGORY")]
    pub by: Option<String>,
    /// A table of one row an instrument that holds the category, told to all sessions alike.
    #[arg(long, value_name = "FILE")]
    pub attributes: Option<PathBuf>,
    /// Judge only the rows that meet a condition; whatever trades if absent.
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    pub universe: Option<String>,
    /// The price of the next session from which returns are taken: open, or close where there is no other.
    #[arg(long, value_enum, default_value_t = ExecutionPrice::Open, value_name = "PRICE")]
    pub execution: ExecutionPrice,
    /// Over how many sessions returns are taken.
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_value = "1,5,10,21")]
    pub horizons: Vec<NonZeroU32>,
    /// Into how many parts values are cut.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(2..=50))]
    pub quantiles: u8,
    /// Write a page with charts.
    #[arg(long, value_name = "FILE.html")]
    pub out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Features {
    #[command(subcommand)]
    pub command: FeaturesCommand,
}

#[derive(Subcommand, Debug)]
pub(crate) enum FeaturesCommand {
    /// The libraries, or the entries of one with their look-back and meaning.
    #[command(after_help = "Examples:\n  backstaff features list\n  backstaff features list alpha158\n  \
                            backstaff features list mine.yaml --json")]
    List {
        /// A library, or a file of your own; all libraries if absent.
        #[arg(value_name = "NAME")]
        name: Option<String>,
        #[command(flatten)]
        sources: FeatureSources,
    },
    /// Formula, look-back, meaning and dependencies of an entry; or what a library or an operator is.
    #[command(
        after_help = "Examples:\n  backstaff features show krx/mom_20d\n  backstaff features show Mean\n  \
                            backstaff features show my_feature --features mine.yaml --library technical"
    )]
    Show {
        /// An entry, LIBRARY/ENTRY, a library, or an operator.
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        sources: FeatureSources,
    },
}

#[derive(Args, Debug)]
pub(crate) struct FeatureSources {
    /// A library: the one to list, or one whose features your file uses by name. May be repeated.
    #[arg(long = "library", value_name = "NAME")]
    pub libraries: Vec<String>,
    /// A file of features of your own.
    #[arg(long = "features", value_name = "FILE.yaml")]
    pub file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Prove {
    /// The study's file; or give `--data` and features.
    #[arg(value_name = "STUDY.yaml", required_unless_present = "data", conflicts_with = "data")]
    pub study: Option<PathBuf>,
    /// A Parquet or CSV file, or a folder of one file per instrument, to prove features on.
    #[arg(long, value_name = "PATH")]
    pub data: Option<PathBuf>,
    #[command(flatten)]
    pub files: Files,
    /// A feature: its name and its expression. May be repeated.
    #[arg(long = "feature", value_name = "NAME=EXPR", conflicts_with = "study")]
    pub features: Vec<String>,
    /// A library that ships, as `features list` names them. May be repeated.
    #[arg(long = "library", value_name = "NAME", conflicts_with = "study")]
    pub libraries: Vec<String>,
    /// A file of features of your own.
    #[arg(long = "features", value_name = "FILE.yaml", conflicts_with = "study")]
    pub file: Option<PathBuf>,
    /// How many dates to cut at.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=50))]
    pub dates: u16,
}
