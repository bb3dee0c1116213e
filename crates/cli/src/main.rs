//! The command line: arguments to a study, and its answers to the terminal.
fn main() {}
