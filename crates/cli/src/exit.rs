//! The exit codes of the program.

use std::process::ExitCode;

use backstaff_study::{ErrorKind, StudyError};

/// The exit code of a check that found something: a leak, a damaged artifact, a missed target.
pub(crate) const FINDING: u8 = 3;

/// The exit code of a command that was interrupted, by Ctrl-C or by SIGTERM.
pub(crate) const INTERRUPTED: u8 = 130;

/// The exit code of an error; `--help` lists them.
pub(crate) fn code(error: &StudyError) -> ExitCode {
    ExitCode::from(match error.kind() {
        ErrorKind::Other => 1,
        ErrorKind::Study => 4,
        ErrorKind::Data => 5,
        ErrorKind::Store => 6,
        ErrorKind::Interrupted => INTERRUPTED,
    })
}
