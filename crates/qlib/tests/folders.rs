//! Folders of `.bin` files: written, read back, appended without rewriting, checked.

#![allow(clippy::unwrap_used, reason = "what a test can't have is its failure")]

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use backstaff_qlib::{check::check, dump::dump, folder::Folder};

/// Three instruments over some weekdays; adjusted closes beside quoted ones, a split in the middle.
fn prices(folder: &Path, n: usize, revised: bool) -> PathBuf {
    let mut text = "date,symbol,open,high,low,close,adj_close,volume\n".to_owned();
    for day in 0..n {
        for (symbol, level) in [("AA", 10.0), ("BB", 20.0), ("CC", 30.0)] {
            if symbol == "CC" && day < 3 {
                continue;
            }
            let close = level + (day % 7) as f64 * 0.25 + f64::from(u8::from(revised && day == 4));
            // In the second half a share of BB is two of the first.
            let (quoted, adjusted) =
                if symbol == "BB" && day >= 6 { (close, 2.0 * close) } else { (close, close) };
            let (open, high, low) = (quoted - 0.1, quoted + 0.5, quoted - 0.5);
            let (date, volume) = (day + 1, 1000 + day);
            writeln!(text, "2024-03-{date:02},{symbol},{open},{high},{low},{quoted},{adjusted},{volume}")
                .unwrap();
        }
    }
    let path = folder.join(format!("prices_{n}_{revised}.csv"));
    fs::write(&path, text).unwrap();
    path
}

fn bytes(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                all.push((path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap()));
            }
        }
    }
    all.sort();
    all
}

#[test]
fn what_is_appended_equals_what_is_written_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (grown, whole) = (folder.path().join("grown"), folder.path().join("whole"));
    dump(&prices(folder.path(), 9, false), &grown).unwrap();
    let before = fs::metadata(grown.join("features/aa/close.day.bin")).unwrap().len();
    let again = dump(&prices(folder.path(), 9, false), &grown).unwrap();
    assert_eq!((again.dates, again.values), ((9, 0), 0));
    let appended = dump(&prices(folder.path(), 14, false), &grown).unwrap();
    assert_eq!(appended.dates, (14, 5));
    assert_eq!(fs::metadata(grown.join("features/aa/close.day.bin")).unwrap().len(), before + 5 * 4);
    dump(&prices(folder.path(), 14, false), &whole).unwrap();
    assert_eq!(bytes(&grown), bytes(&whole));
    let checked = check(&grown).unwrap();
    assert_eq!((checked.faults.len(), checked.instruments), (0, 3), "{:?}", checked.faults);
}

#[test]
fn prices_are_adjusted_and_the_factor_tells_by_how_much() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    dump(&prices(folder.path(), 12, false), &out).unwrap();
    let panel = Folder::open(&out).unwrap().panel(None, &mut Vec::new()).unwrap();
    let axis = panel.axis();
    let row = |name: &str, day: usize| axis.row(axis.find(name).unwrap(), day).unwrap();
    let of = |field: &str, row: usize| panel.field(field).unwrap().get(row);
    let (first, last) = (row("BB", 2), row("BB", 9));
    assert_eq!((of("factor", first), of("factor", last)), (1.0, 2.0));
    assert_eq!(of("close", last), 2.0 * (20.0 + 0.5));
    assert_eq!(of("volume", last), 504.5);
    let change = of("close", row("BB", 6)) / of("close", row("BB", 5)) - 1.0;
    assert!((of("change", row("BB", 6)) - change).abs() < 1e-6);
}

#[test]
fn history_that_was_revised_is_told_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    dump(&prices(folder.path(), 9, false), &out).unwrap();
    let before = bytes(&out);
    let error = dump(&prices(folder.path(), 12, true), &out).unwrap_err().to_string();
    assert!(error.contains("2024-03-05") && error.contains("history was revised"), "{error}");
    assert_eq!(bytes(&out), before);
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("mine.txt"), "x").unwrap();
    let error = dump(&prices(folder.path(), 9, false), &other).unwrap_err().to_string();
    assert!(error.contains("something else") && fs::read_dir(&other).unwrap().count() == 1, "{error}");
}

#[test]
fn folders_are_found_again_whatever_they_are_called() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let table = |n: usize| {
        let path = folder.path().join(format!("devices_{n}.csv"));
        let rows = (1..=n).map(|day| format!("2024-03-{day:02},CON,{day},{day},{day},{day},100\n"));
        let text = "date,symbol,open,high,low,close,volume\n".to_owned() + &rows.collect::<String>();
        fs::write(&path, text).unwrap();
        path
    };
    dump(&table(5), &out).unwrap();
    assert!(out.join("features/_qlib_con").is_dir(), "the name of a device is no folder of Windows");
    // Other programs write capitals.
    fs::rename(out.join("features/_qlib_con"), out.join("features/_QLIB_CON")).unwrap();
    assert_eq!(dump(&table(8), &out).unwrap().dates, (8, 3));
    assert_eq!(fs::read_dir(out.join("features")).unwrap().count(), 1);
    let checked = check(&out).unwrap();
    assert_eq!((checked.faults.len(), checked.instruments), (0, 1), "{:?}", checked.faults);
    let panel = Folder::open(&out).unwrap().panel(None, &mut Vec::new()).unwrap();
    assert_eq!(panel.axis().rows(panel.axis().find("CON").unwrap()).len(), 8);
}

#[test]
fn faults_of_a_folder_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    dump(&prices(folder.path(), 12, false), &out).unwrap();
    let home = out.join("features");
    let mut close = fs::read(home.join("aa/close.day.bin")).unwrap();
    close.extend(1.0_f32.to_le_bytes());
    fs::write(home.join("aa/close.day.bin"), &close).unwrap();
    fs::write(home.join("bb/low.day.bin"), [0, 0, 0, 0, 1, 2]).unwrap();
    fs::write(home.join("cc/high.day.bin"), 0.5_f32.to_le_bytes()).unwrap();
    let mut listed = fs::read_to_string(out.join("instruments/all.txt")).unwrap();
    listed += "DD\t2024-03-01\t2024-03-05\n";
    fs::write(out.join("instruments/all.txt"), listed).unwrap();
    let faults = check(&out).unwrap().faults.join("\n");
    for part in [
        "1 more values than the calendar",
        "multiple of four",
        "no place in the calendar",
        "DD has no folder",
    ] {
        assert!(faults.contains(part), "{part}: {faults}");
    }
}

#[test]
fn files_that_changed_are_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    dump(&prices(folder.path(), 9, false), &out).unwrap();
    let data = Folder::open(&out).unwrap();
    let close = |data: &Folder| {
        let panel = data.panel(None, &mut Vec::new()).unwrap();
        let row = panel.axis().rows(panel.axis().find("AA").unwrap()).start;
        panel.field("close").unwrap().get(row)
    };
    assert_eq!(close(&data), 10.0);
    let path = out.join("features/aa/close.day.bin");
    let mut bytes = fs::read(&path).unwrap();
    bytes[4..8].copy_from_slice(&11.0_f32.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    // The clock of a file system may be coarse: the writing is put behind the first.
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
    fs::File::options().append(true).open(&path).unwrap().set_modified(later).unwrap();
    assert_eq!(close(&data), 11.0);
}
