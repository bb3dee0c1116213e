//! Any bytes as the files of a folder in LEAN's layout: an archive of days, one of minutes, map and factor files.
#![no_main]

use backstaff_fuzz::{cut, folder_of, read_bars};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [days, minutes, map, factors] = cut(bytes);
    let folder = folder_of(&[
        ("equity/usa/daily/aapl.zip", days),
        ("equity/usa/minute/aapl/20200102_trade.zip", minutes),
        ("equity/usa/map_files/aapl.csv", map),
        ("equity/usa/factor_files/aapl.csv", factors),
    ]);
    read_bars(&folder.path().join("equity/usa"));
    read_bars(&folder.path().join("equity/usa/minute"));
});
