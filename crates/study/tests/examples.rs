//! The examples in Rust run and end well. `cargo test` builds them beside this test unless it is asked for one test alone:
//! then `cargo build --workspace --examples` does.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{path::PathBuf, process::Command};

/// The program of an example.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().unwrap().with_file_name("examples").join(name);
    assert!(path.exists(), "{} is not built: cargo build --workspace --locked --examples", path.display());
    path
}

#[test]
fn each_example_runs() {
    for (name, says) in [
        ("feature", ["nothing looks ahead", "did you mean `$close`?"]),
        ("portfolio", ["30 instruments", "sharpe"]),
        ("study", ["report.html", "nothing looks ahead"]),
    ] {
        let done = Command::new(example(name)).output().unwrap();
        let told = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success(), "{name}: {told}{}", String::from_utf8_lossy(&done.stderr));
        for words in says {
            assert!(told.contains(words), "{name} says no {words:?}: {told}");
        }
    }
}
