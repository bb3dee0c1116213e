//! Any text as a study, plain and under a profile.
#![no_main]

use std::path::Path;

use backstaff_study::config;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for profile in [None, Some("dev")] {
        if let Err(error) = config::parse(text, Path::new("study.yaml"), profile) {
            assert!(!error.to_string().is_empty());
        }
    }
});
