//! The page about the files of a run says what a run writes.

use std::{env, fs, path::Path};

#[test]
fn the_page_is_that_of_the_tables() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/outputs.md");
    let text = backstaff_study::outputs_page();
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &text).expect("the page can be written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    let anew = "UPDATE_DOCS=1 cargo test -p backstaff-study --test outputs_page";
    assert!(found == text, "docs/outputs.md is out of date: write it again with {anew}");
}
