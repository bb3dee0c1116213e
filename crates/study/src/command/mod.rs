//! The commands: one file or folder for each verb.

pub mod backtest;
pub mod bench;
pub mod cache;
pub mod compare;
pub mod compute;
pub mod database;
pub mod factor;
pub mod features;
pub mod init;
pub mod market;
pub mod orders;
pub mod output;
pub mod precompute;
pub mod prove;
pub mod regime;
pub mod run;
pub mod runs;
pub mod shard;
pub mod status;
pub mod update;
