//! Any text as the layout of a database.
#![no_main]

use backstaff_source::TableLayout;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(error) = TableLayout::read(text) {
        assert!(!error.to_string().is_empty());
    }
});
