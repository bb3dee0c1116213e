//! What may be typed.

pub(crate) mod bench;
pub(crate) mod db;
pub(crate) mod files;
pub(crate) mod init;
pub(crate) mod qlib;
pub(crate) mod regime;
pub(crate) mod runs;
pub(crate) mod single;
pub(crate) mod store;
pub(crate) mod study;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use self::{
    db::Db,
    single::{Compute, Factor, Features, Prove},
    store::CacheArguments,
    study::{Orders, Precompute, Report, Run, Shard, StudyPath, Why},
};

/// The exit codes, printed below `--help`.
const AFTER_HELP: &str = "\
Examples:
  backstaff init --data prices.parquet        write a commented study for your data
  backstaff run study.yaml                    data in, report out
  backstaff prove study.yaml                  show that nothing looks ahead
  backstaff prove --data prices.parquet --feature 'ema=EMA($close,12)/$close-1'
  backstaff orders study.yaml                 what to trade in the next session
  backstaff compute --data prices.csv --feature 'mom=$close/Ref($close,20)-1' --out mom.parquet

Exit codes: 0 done; 1 could not be done; 2 wrong arguments; 3 a check found something (prove, cache verify, bench, run --strict);
4 the study or an expression is wrong; 5 the data are wrong; 6 the store can't be used; 130 interrupted, by SIGTERM too.";

/// Research and backtesting that proves it never looks ahead.
#[derive(Parser, Debug)]
#[command(name = "backstaff", version, about, after_help = AFTER_HELP, max_term_width = 110)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Args, Debug, Clone)]
pub(crate) struct Common {
    /// Print one JSON document on standard output instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// Threads to use; all cores if absent. Results don't depend on it.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// How many MB of computed features are held at a time, before they are stored; 1024 if absent. Results don't
    /// depend on it.
    #[arg(long, global = true, value_name = "MB", value_parser = clap::value_parser!(u32).range(1..))]
    pub memory: Option<u32>,
    /// Folder of computed artifacts; `.backstaff` beside the study if absent.
    #[arg(long, global = true, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// Folder of reports, one folder a study in it; `reports` beside the study if absent.
    #[arg(long, global = true, value_name = "DIR")]
    pub reports: Option<PathBuf>,
    /// Lay the overrides of this name over the study: dev, test, prod, research, or one of the study's own.
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Write a trace of the stages that Chrome's tracing page and Perfetto open.
    #[arg(long, global = true, value_name = "FILE")]
    pub trace: Option<PathBuf>,
}

impl Common {
    /// Threads to use.
    pub(crate) fn n_threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.threads.map_or_else(cores, usize::from)
    }

    /// The memory for computed features, in bytes.
    pub(crate) fn memory(&self) -> Option<usize> {
        self.memory.map(|mb| mb as usize * (1 << 20))
    }
}

/// What to do.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Look at data, and write a commented study for them that runs.
    #[command(after_help = "\
The study is tried on the data before it is written. Models learn where the data suffice for them; else a rule decides
what is held, and it is said why.

Examples:
  backstaff init --data prices.parquet
  backstaff init --data bloomberg.csv --mapping px_last=close,px_open=open --date-order day_first
  backstaff init --data SPY.csv --rule trend --out trend.yaml
  backstaff init --data market.db --preset krx")]
    Init(Box<init::Init>),
    /// Run a study from data to report; what is already computed is found.
    #[command(after_help = "Examples:\n  backstaff run examples/us_equities.yaml\n  \
                            backstaff run study.yaml --profile dev --json\n  \
                            backstaff run study.yaml --open\n  \
                            backstaff run study.yaml --strict && backstaff orders study.yaml")]
    Run(Run),
    /// Run the bundled example.
    Demo,
    /// Run a workflow of Qlib's as it is, with Qlib's numbers.
    #[command(after_help = "\
Nothing of Qlib is needed. The records' tables are written as Parquet under Qlib's names, the measures into
metrics.json.

Examples:
  backstaff qrun workflow_config_lightgbm_Alpha158.yaml
  backstaff qrun workflow.yaml --out result --json
  backstaff qrun transformer.yaml --predictions pred.parquet")]
    Qrun(qlib::Qrun),
    /// Translate workflows, write and check folders of Qlib's.
    #[command(after_help = "Examples:\n  backstaff qlib translate workflow.yaml --out study.yaml\n  \
                            backstaff qlib dump --data prices.parquet --out qlib_data\n  \
                            backstaff qlib check ~/.qlib/qlib_data/cn_data")]
    Qlib(qlib::Qlib),
    /// Compute features of a data file into a Parquet or CSV file; prices are used as in the file.
    #[command(
        after_help = "Examples:\n  backstaff compute --data prices.parquet --library technical --out features.parquet\n  \
                            backstaff compute --data csv/ --feature 'z=CsZScore($close/Mean($close,20))' --out z.parquet"
    )]
    Compute(Compute),
    /// What libraries of features hold, what an entry means, how an operator is called.
    Features(Features),
    /// Judge one feature without a model: coverage, information, decay, quantiles, turnover, years.
    #[command(after_help = "\
Returns run from the next session's open; prices are adjusted as a study does. Nothing is fitted.

Examples:
  backstaff factor '-CsRank($close / Ref($close, 5) - 1)' --data prices.parquet --out page.html
  backstaff factor mom_20d --library technical --data prices.parquet --universe '$volume > 0'
  backstaff factor 'Std($return, 20)' --data prices.parquet --by sector --attributes sectors.csv --json")]
    Factor(Factor),
    /// Read the data again and bring the features of a study up to date: only what new data can reach is computed.
    #[command(after_help = "Examples:\n  backstaff update study.yaml\n  backstaff update study.yaml --json")]
    Update(StudyPath),
    /// Write the features of a study as Parquet: one long file, or a folder of one file an instrument.
    #[command(after_help = "Examples:\n  backstaff precompute study.yaml --out indicators.parquet\n  \
                            backstaff precompute study.yaml --out indicators/\n\nA study that says `features: {precomputed: indicators.parquet}` reads \
                            what is in there as long as data and definitions are the same, and says what it does.")]
    Precompute(Precompute),
    /// Target weights and orders for the session after the newest one.
    #[command(after_help = "\
Without an account the orders are those of the study's simulated one. A stated account gets the orders of a rebalancing
at the newest close, in whole shares as quoted.

Examples:
  backstaff orders study.yaml
  backstaff orders study.yaml --holdings my.csv --cash 25000 --lot 1 --out orders.csv
  backstaff update study.yaml && backstaff orders study.yaml --max-age 3 --json")]
    Orders(Orders),
    /// Write the report of a study again, computing only what is missing for it, and print where it is.
    #[command(after_help = "Example:\n  backstaff report study.yaml --open")]
    Report(Report),
    /// Change everything after several dates and show that nothing before them moves.
    ///
    /// Without a study: show of single features that their values depend on nothing but their own window, and by how
    /// much those that remember all history depend on where it starts.
    #[command(after_help = "\
Of features, the future is made missing, multiplied by 1000, shuffled and cut off at several
dates; history is computed in pieces that go on from stored states, and from later starts on;
threads and instruments vary. No bit may move. Prices are used as in the file.

Examples:
  backstaff prove study.yaml
  backstaff prove --data prices.parquet --feature 'rsi=ta.RSI($close,14)'
  backstaff prove --data csv/ --library alpha158 --dates 5 --json

Exit code 3 if something moved or a column is too good to be true.")]
    Prove(Prove),
    /// The runs that are remembered: what differed in the study from the run before, and the numbers.
    #[command(after_help = "Examples:\n  backstaff runs\n  backstaff runs study.yaml --json")]
    Runs(runs::Runs),
    /// Runs beside each other: what differs in the studies, where they part, how far their results lie apart.
    #[command(
        after_help = "Examples:\n  backstaff compare study.yaml other.yaml\n  backstaff compare study@3 study@5 --open\n  \
                            backstaff compare study.yaml 3\n  backstaff compare a/results.json b/results.json --out page.html"
    )]
    Compare(runs::Compare),
    /// What the last run computed and found, and which of its artifacts are no longer in the store.
    Status(StudyPath),
    /// Why a stage was computed or found in the last run.
    #[command(after_help = "Example:\n  backstaff why study.yaml features")]
    Why(Why),
    /// Look after the store.
    Cache(CacheArguments),
    /// Market regimes: hidden Markov models of the columns of a file.
    Regime(regime::Regime),
    /// Look into a database.
    Db(Db),
    /// Measure this machine, or make a market to measure it with.
    Bench(bench::Bench),
    /// Print the JSON Schema of a kind of file: editors complete and check files by it.
    #[command(after_help = "Example:\n  backstaff schema study > study.schema.json\n\nA first line \
                            `# yaml-language-server: $schema=study.schema.json` makes an editor use it.")]
    Schema {
        /// The kind of file.
        kind: SchemaKind,
    },
    /// Print a completion script for a shell.
    #[command(after_help = "Example:\n  backstaff completions bash > /etc/bash_completion.d/backstaff")]
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Compute one shard of a stage into the store; how several processes share the work of one stage.
    #[command(hide = true)]
    Shard(Shard),
}

/// A kind of file that has a schema.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SchemaKind {
    /// A study.
    Study,
}
