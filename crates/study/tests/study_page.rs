//! The page and the schema of study files say what the types say.

use std::{env, fs, path::Path};

use backstaff_study::config;

const ANEW: &str = "write it again with UPDATE_DOCS=1 cargo test -p backstaff-study --test study_page";

fn check(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(file);
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, text).expect("the page can be written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "docs/{file} is out of date: {ANEW}");
}

#[test]
fn the_page_is_that_of_the_types() {
    check("study.md", &config::page());
}

#[test]
fn the_schema_is_that_of_the_types() {
    let schema = serde_json::to_string_pretty(&config::schema()).expect("a schema has a text");
    check("study.schema.json", &(schema + "\n"));
}
