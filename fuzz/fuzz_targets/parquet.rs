//! Any bytes as a Parquet file: of bars, of published values, of attributes.
#![no_main]

use backstaff_fuzz::{folder_of, read_bars, read_tables};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let folder = folder_of(&[("bars.parquet", bytes)]);
    read_bars(&folder.path().join("bars.parquet"));
    read_tables(&folder.path().join("bars.parquet"));
});
