//! What may be typed after `cache`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Args, Debug)]
pub(crate) struct CacheArguments {
    #[command(subcommand)]
    pub command: CacheCommand,
}

#[derive(Subcommand, Debug)]
pub(crate) enum CacheCommand {
    /// Artifacts and bytes by stage, and what each study's runs need.
    Stats {
        /// The study's file or its folder; the current folder if absent.
        #[arg(value_name = "STUDY.yaml|FOLDER")]
        place: Option<PathBuf>,
    },
    /// Forget all but the newest runs of each study, and remove what the kept ones don't need.
    ///
    /// What was written or used within the last ten minutes stays, since a run in progress may need it. Reports are not
    /// touched.
    Gc {
        /// The study's file or its folder; the current folder if absent. All studies of the store are swept.
        #[arg(value_name = "STUDY.yaml|FOLDER")]
        place: Option<PathBuf>,
        /// Only say what would go.
        #[arg(long)]
        dry_run: bool,
        /// How many runs of each study to keep, with everything that they need.
        #[arg(long, default_value_t = 10)]
        keep_runs: usize,
    },
    /// Remove everything that can be computed again: of one study what no other needs, or all of a folder's store.
    ///
    /// Reports stay, and so does what `runs` and `compare` tell. The next run computes again what it needs.
    Clear {
        /// The study's file, or a folder for all of its studies; the current folder if absent.
        #[arg(value_name = "STUDY.yaml|FOLDER")]
        place: Option<PathBuf>,
        /// Only say what would go.
        #[arg(long)]
        dry_run: bool,
    },
    /// Check the digest of every artifact.
    Verify {
        /// The study's file or its folder; the current folder if absent.
        #[arg(value_name = "STUDY.yaml|FOLDER")]
        place: Option<PathBuf>,
        /// Remove what is damaged; the next run computes it again.
        #[arg(long)]
        remove: bool,
    },
}
