//! What may be typed after `db`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Args, Debug)]
pub(crate) struct Db {
    #[command(subcommand)]
    pub command: DbCommand,
}

#[derive(Subcommand, Debug)]
pub(crate) enum DbCommand {
    /// Tables, columns, counts, ranges of dates, indexes, and what is odd: how many rows, and the first of them.
    ///
    /// The file is opened read-only; a writer in WAL mode may go on beside.
    #[command(after_help = "Example:\n  backstaff db check market.db")]
    Check {
        /// An SQLite file.
        #[arg(value_name = "FILE.db")]
        file: PathBuf,
    },
    /// Measure which indexes would make the reading of statements faster, and make those that do.
    ///
    /// The first rows of each table are copied into a temporary file and read with an index and without. The database is
    /// written only with --yes, or if you say so when asked; a writer must not hold it then.
    #[command(
        after_help = "Examples:\n  backstaff db index market.db --preset krx\n  backstaff db index market.db --tables my_layout.yaml --yes"
    )]
    Index {
        /// An SQLite file.
        #[arg(value_name = "FILE.db")]
        file: PathBuf,
        /// What its tables mean: a layout that ships, `krx`.
        #[arg(long, value_name = "NAME", required_unless_present = "tables", conflicts_with = "tables")]
        preset: Option<String>,
        /// The same, by a layout file of your own.
        #[arg(long, value_name = "FILE.yaml")]
        tables: Option<PathBuf>,
        /// Make the indexes without asking.
        #[arg(long)]
        yes: bool,
    },
}
