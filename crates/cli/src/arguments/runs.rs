//! What may be typed after `runs` and `compare`.

use std::path::PathBuf;

use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct Runs {
    /// The study's file, or a folder of studies; the current folder if absent.
    #[arg(value_name = "STUDY.yaml|FOLDER")]
    pub place: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Compare {
    /// Two or more: a study's file (its newest run), a run as `runs` lists it (`study@3`, or `3` where one study has it),
    /// or a results.json. The others are held against the first.
    #[arg(value_name = "RUN", required = true, num_args = 2..)]
    pub wanted: Vec<String>,
    /// Where to write the page; into the folder of reports if absent.
    #[arg(long, value_name = "FILE.html")]
    pub out: Option<PathBuf>,
    /// Open the page in the system's browser.
    #[arg(long)]
    pub open: bool,
}
