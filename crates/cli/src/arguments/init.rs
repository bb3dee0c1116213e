//! What may be typed after `init`.

use std::path::PathBuf;

use backstaff_study::init::{Request, Rule};
use clap::{Args, ValueEnum};

use super::files::Files;

#[derive(Args, Debug)]
pub(crate) struct Init {
    /// A Parquet or CSV file, a folder of one file per instrument, a folder in Qlib's or LEAN's layout, or a database.
    #[arg(long, value_name = "PATH")]
    data: PathBuf,
    #[command(flatten)]
    files: Files,
    /// What the tables of a database mean (an SQLite file, or a folder of Parquet files named after the tables): a
    /// layout that ships, `krx`.
    #[arg(long, value_name = "NAME", conflicts_with = "tables")]
    preset: Option<String>,
    /// The same, by a layout file of your own.
    #[arg(long, value_name = "FILE.yaml")]
    tables: Option<PathBuf>,
    /// Where to write the study; an existing file is never overwritten.
    #[arg(long, value_name = "FILE", default_value = "study.yaml")]
    out: PathBuf,
    /// The study's name, under which its reports are kept; that of its file or its data if absent.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The question that the study asks, the title of its report; made from the data if absent.
    #[arg(long, value_name = "TEXT")]
    about: Option<String>,
    /// A study of a rule, in which no model learns.
    #[arg(long, value_enum, value_name = "RULE")]
    rule: Option<RuleName>,
}

/// A rule by which instruments are held.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
enum RuleName {
    /// Hold what has risen most over the last year.
    Momentum,
    /// Hold what has fallen most over the last week.
    MeanReversion,
    /// Hold what moves least.
    LowVolatility,
    /// Hold what closes above its mean of the last year.
    Trend,
    /// Hold all in equal parts.
    Equal,
    /// Hold by the regime that a hidden Markov model sees.
    Regimes,
}

impl Init {
    /// The request for a study.
    pub(crate) fn request(&self) -> Request {
        let Self { data, files, preset, tables, out, name, about, rule } = self;
        Request {
            data: data.clone(),
            form: files.form(),
            preset: preset.clone(),
            tables: tables.clone(),
            out: out.clone(),
            name: name.clone(),
            about: about.clone(),
            rule: rule.map(|rule| match rule {
                RuleName::Momentum => Rule::Momentum,
                RuleName::MeanReversion => Rule::MeanReversion,
                RuleName::LowVolatility => Rule::LowVolatility,
                RuleName::Trend => Rule::Trend,
                RuleName::Equal => Rule::Equal,
                RuleName::Regimes => Rule::Regimes,
            }),
        }
    }
}
