//! What may be typed after `bench`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Args, Debug)]
pub(crate) struct Bench {
    #[command(subcommand)]
    pub command: BenchCommand,
}

#[derive(Subcommand, Debug)]
pub(crate) enum BenchCommand {
    /// 10, 30, 50 and 150 instruments through load, indicators, training and backtest, against what users are told.
    Targets,
    /// Regimes: fits, filter steps, batches, schedules, caches, against what users are told.
    ///
    /// Everything is simulated from seeds: look-backs of 90 to 500, 2 to 5 states, 6 assets over 1,000 sessions. Exit code
    /// 3 if something takes longer than it may on two cores.
    #[command(after_help = "Examples:\n  backstaff bench regimes\n  backstaff bench regimes --full --json")]
    Regimes(BenchRegimes),
    /// Make a synthetic market in the shape of an exchange's database.
    ///
    /// Prices with halts, splits, listings and delistings, quarterly filings as they become known, indices: the tables of
    /// the `krx` preset, as one SQLite file (krx.db), as Parquet files, or both. The same arguments give the same bytes.
    /// Nothing is overwritten.
    #[command(after_help = "Examples:\n  backstaff bench market --stocks 250 --out market/ --sqlite\n  \
                            backstaff bench market --stocks 2500 --sessions 3300 --seed 7 --out market/")]
    Market(Market),
}

#[derive(Args, Debug)]
pub(crate) struct BenchRegimes {
    /// Also 500 instruments over 2,520 sessions.
    #[arg(long)]
    pub full: bool,
    /// Write the observations and starts of the single fits here, to time other programs on the same.
    #[arg(long, value_name = "DIR")]
    pub samples: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Market {
    /// How many companies; there is one fund for 25 of them.
    #[arg(long, default_value_t = 2500)]
    pub stocks: usize,
    /// How many sessions, from the beginning of 2012 on.
    #[arg(long, default_value_t = 3300)]
    pub sessions: usize,
    /// The seed.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// A planted relation between what is known and the next return, 0 to 1.
    #[arg(long, default_value_t = 0.0)]
    pub signal: f64,
    /// The folder; it is made if it isn't there.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Write Parquet files; without this and --sqlite both are written.
    #[arg(long)]
    pub parquet: bool,
    /// Write an SQLite database.
    #[arg(long)]
    pub sqlite: bool,
}
