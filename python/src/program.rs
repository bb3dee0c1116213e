//! The command line.

use std::{ffi::OsString, process::ExitCode};

use pyo3::prelude::*;

/// Carry out a command of the command line, the program's name first, and return its exit code.
#[pyfunction]
pub(crate) fn program(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    crate::model::be_host(py);
    let code = py.detach(|| backstaff::run(arguments));
    // The standard library tells a code to the system alone.
    (0..=u8::MAX).find(|&number| ExitCode::from(number) == code).unwrap_or(1)
}

/// The environment variable, and its value, with which a process gets large pages for large arrays.
#[pyfunction]
pub(crate) fn large_pages() -> Option<(&'static str, &'static str)> {
    backstaff::huge_pages::VARIABLE
}
