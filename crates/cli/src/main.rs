//! The command line: from arguments to a study, and from its answers to the terminal.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the one crate that speaks to a terminal")]

mod arguments;
mod colour;
mod commands;
mod exit;
mod huge_pages;
mod message;
mod open;
mod stop;
mod terminal;

use clap::Parser as _;

fn main() -> std::process::ExitCode {
    huge_pages::ask();
    commands::run(arguments::Arguments::parse())
}
