//! What holds for the store and its runners as a whole: over runs, threads, processes, kills and damage.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod damage;
mod kill;
mod processes;
mod runner;
mod toy;
mod upkeep;
