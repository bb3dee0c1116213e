//! Any bytes as an SQLite database, checked and read by the layout that ships.
#![no_main]

use backstaff_fuzz::{folder_of, said};
use backstaff_source::{PanelSource, TableLayout, check_database, is_database};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let folder = folder_of(&[("market.db", bytes)]);
    let path = folder.path().join("market.db");
    let _ = is_database(&path);
    said(check_database(&path));
    let tables = TableLayout::preset("krx").ok();
    said(PanelSource { tables, ..PanelSource::new(&path) }.load());
});
