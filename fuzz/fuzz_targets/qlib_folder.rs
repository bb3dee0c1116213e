//! Any bytes as the files of a folder in Qlib's layout.
#![no_main]

use backstaff_fuzz::{cut, folder_of, read_bars, said};
use backstaff_source::FactSource;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [calendar, instruments, closes, volumes, facts] = cut(bytes);
    let folder = folder_of(&[
        ("calendars/day.txt", calendar),
        ("instruments/all.txt", instruments),
        ("features/aapl/close.day.bin", closes),
        ("features/aapl/volume.day.bin", volumes),
        ("financial/aapl/sales_q.data", facts),
    ]);
    read_bars(folder.path());
    said(FactSource::new(folder.path()).read());
});
