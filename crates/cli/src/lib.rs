//! The command line: from arguments to a study, and from its answers to the terminal.
//!
//! It is a library for the program `backstaff` of this crate, and for the one of the same name that comes with the Python
//! module.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the one crate that speaks to a terminal")]

mod arguments;
mod colour;
mod commands;
mod exit;
pub mod huge_pages;
mod message;
mod open;
mod stop;
mod terminal;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser as _;

pub use message::told;

/// Carry out a command as it was typed, the program's name first, and return its exit code. Arguments that are wrong end
/// the process, after a word about them.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    commands::run(arguments::Arguments::parse_from(arguments))
}
