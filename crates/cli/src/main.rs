//! The program `backstaff`.

use std::process::ExitCode;

fn main() -> ExitCode {
    backstaff::huge_pages::ask();
    backstaff::run(std::env::args_os())
}
