//! What may be typed after the verbs of a study.

use std::path::PathBuf;

use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct Orders {
    #[command(flatten)]
    pub path: StudyPath,
    /// What your account holds: a CSV or Parquet table with the columns instrument and shares (as quoted, negative if
    /// short).
    #[arg(long, value_name = "FILE", requires = "cash")]
    pub holdings: Option<PathBuf>,
    /// The cash of your account.
    #[arg(long, value_name = "MONEY")]
    pub cash: Option<f64>,
    /// Orders are for multiples of so many shares; 0 allows fractions. That of the study if absent, and 1 for an account
    /// whose study says nothing.
    #[arg(long, value_name = "SHARES", value_parser = lot)]
    pub lot: Option<f64>,
    /// Refuse if the newest session of the data lies more than so many calendar days back.
    #[arg(long, value_name = "DAYS")]
    pub max_age: Option<u32>,
    /// Write the orders to this file, CSV or Parquet by its ending.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

fn lot(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(shares) if shares.is_finite() && shares >= 0.0 => Ok(shares),
        _ => Err("a lot is a number of shares: 1, 100, or 0 for fractions".to_owned()),
    }
}

#[derive(Args, Debug)]
pub(crate) struct StudyPath {
    /// The study's file.
    #[arg(value_name = "STUDY.yaml")]
    pub study: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Run {
    /// The study's file.
    #[arg(value_name = "STUDY.yaml")]
    pub study: PathBuf,
    /// Open the report in the system's browser.
    #[arg(long)]
    pub open: bool,
    /// End with exit code 3 if the verdict is `not credible` or `not judged`, if a column foresees beyond belief, or if
    /// series look broken.
    #[arg(long)]
    pub strict: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Report {
    /// The study's file.
    #[arg(value_name = "STUDY.yaml")]
    pub study: PathBuf,
    /// Open the report in the system's browser.
    #[arg(long)]
    pub open: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Precompute {
    /// The study's file.
    #[arg(value_name = "STUDY.yaml")]
    pub study: PathBuf,
    /// A file that ends in `.parquet`, or a folder.
    #[arg(long, value_name = "PATH")]
    pub out: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Why {
    /// The study's file.
    #[arg(value_name = "STUDY.yaml")]
    pub study: PathBuf,
    /// The stage, as the stage table names it; all stages if absent.
    #[arg(value_name = "STAGE")]
    pub stage: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Shard {
    /// The study's file.
    #[arg(value_name = "STUDY.yaml")]
    pub study: PathBuf,
    /// The stage.
    #[arg(value_name = "STAGE")]
    pub stage: String,
    /// The shard's number; all of them if absent.
    #[arg(value_name = "NUMBER")]
    pub number: Option<usize>,
}
