//! What is never written over, and how outputs get their place: every verb that writes where the user says.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, symlink},
    path::Path,
    process::{Command, Stdio},
};

use support::{STUDY, Workplace, prices};

/// A verb with a written path, which stands for `OUT`, and what else it reads.
struct Verb {
    name: &'static str,
    arguments: &'static [&'static str],
    reads: &'static [&'static str],
    /// The folder that it reads, for a verb that can read one.
    folder: Option<(&'static str, &'static str)>,
}

const MOMENTUM: &str = "m=$close/Ref($close,20)-1";

/// Every verb that writes where the user says. `init` never writes over anything and comes last.
const VERBS: [Verb; 8] = [
    Verb {
        name: "compute --out",
        arguments: &[
            "compute",
            "--data",
            "prices.csv",
            "--feature",
            MOMENTUM,
            "--features",
            "mine.yaml",
            "--out",
            "OUT",
        ],
        reads: &["prices.csv", "mine.yaml"],
        folder: Some(("prices.csv", "csv")),
    },
    Verb {
        name: "compute --trace",
        arguments: &[
            "compute",
            "--data",
            "prices.csv",
            "--feature",
            MOMENTUM,
            "--out",
            "o.parquet",
            "--trace",
            "OUT",
        ],
        reads: &["prices.csv"],
        folder: Some(("prices.csv", "csv")),
    },
    Verb {
        name: "factor --out",
        arguments: &[
            "factor",
            "$close",
            "--data",
            "prices.csv",
            "--attributes",
            "sectors.csv",
            "--by",
            "sector",
            "--out",
            "OUT",
        ],
        reads: &["prices.csv", "sectors.csv"],
        folder: Some(("prices.csv", "csv")),
    },
    Verb {
        name: "run --trace",
        arguments: &["run", "study.yaml", "--trace", "OUT"],
        reads: &["prices.csv", "study.yaml", "sectors.csv", "mine.yaml"],
        folder: None,
    },
    Verb {
        name: "precompute --out",
        arguments: &["precompute", "study.yaml", "--out", "OUT"],
        reads: &["prices.csv", "study.yaml", "sectors.csv"],
        folder: None,
    },
    Verb {
        name: "regime fit --out",
        arguments: &[
            "regime",
            "fit",
            "--data",
            "returns.csv",
            "--column",
            "r",
            "--states",
            "2",
            "--starts",
            "2",
            "--out",
            "OUT",
        ],
        reads: &["returns.csv"],
        folder: None,
    },
    Verb {
        name: "regime decode --out",
        arguments: &[
            "regime",
            "decode",
            "--model",
            "model.json",
            "--data",
            "returns.csv",
            "--column",
            "r",
            "--out",
            "OUT",
        ],
        reads: &["returns.csv", "model.json"],
        folder: None,
    },
    Verb {
        name: "init --out",
        arguments: &["init", "--data", "prices.csv", "--out", "OUT"],
        reads: &["prices.csv"],
        folder: Some(("prices.csv", "csv")),
    },
];

/// Everything that the verbs read, and things that none of them may write over.
fn place() -> Workplace {
    let place = Workplace::empty();
    let bars = prices(6, 500, false);
    place.write("prices.csv", &bars);
    let attributes = "  attributes: {path: sectors.csv, categories: [sector], static: true}\nuniverse:";
    let study =
        STUDY.replace("universe:", attributes).replace("  define:", "  files: [mine.yaml]\n  define:");
    let study = study.replace("2012-01-02", "2011-06-01").replace("{years: 1}", "{sessions: 180}");
    let study = study.replace("{months: 2}", "{months: 2}\n  min_rows: {train: 100, test: 10}");
    place.write("study.yaml", &study.replace("k: 4", "k: 2"));
    place.write("other.yaml", "# a study of somebody else\nname: other\nbackstaff: 1\n");
    let sectors =
        (0..6).map(|i| format!("S{i:02},{}\n", ["tech", "oil"][i % 2])).collect::<Vec<_>>().concat();
    place.write("sectors.csv", &format!("symbol,sector\n{sectors}"));
    place.write(
        "mine.yaml",
        "features:\n  - {name: mine, expression: '$close / Mean($close, 5)', meaning: Mine.}\n",
    );
    let returns =
        (0..300).map(|t| format!("{}\n", support::noise(&[t, 7]) - 0.5)).collect::<Vec<_>>().concat();
    place.write("returns.csv", &format!("r\n{returns}"));
    let model = r#"{"start": [0.5, 0.5], "transition": [[0.9, 0.1], [0.1, 0.9]], "means": [[-0.1], [0.1]],
        "covariances": [[[0.05]], [[0.05]]]}"#;
    place.write("model.json", model);
    fs::create_dir(place.path("csv")).unwrap();
    for name in ["S00", "S03"] {
        let rows = bars.lines().filter(|line| line.contains(name) || line.starts_with("date"));
        let rows = rows.map(|line| line.replace(&format!(",{name}"), "").replace(",symbol", ""));
        place.write(&format!("csv/{name}.csv"), &(rows.collect::<Vec<_>>().join("\n") + "\n"));
    }
    let database = rusqlite::Connection::open(place.path("market.db")).unwrap();
    database.execute_batch("CREATE TABLE x (a); INSERT INTO x VALUES (1)").unwrap();
    place
}

/// The bytes of all files that must stay what they are.
fn contents(place: &Workplace) -> BTreeMap<String, Vec<u8>> {
    let names = [
        "prices.csv",
        "study.yaml",
        "other.yaml",
        "sectors.csv",
        "mine.yaml",
        "returns.csv",
        "model.json",
        "market.db",
    ];
    let names =
        names.into_iter().map(str::to_owned).chain(["S00", "S03"].map(|name| format!("csv/{name}.csv")));
    names.map(|name| (name.clone(), fs::read(place.path(&name)).unwrap())).collect()
}

fn arguments(verb: &Verb, out: &str, data: Option<(&str, &str)>) -> Vec<String> {
    let with = |argument: &&str| match (*argument, data) {
        ("OUT", _) => out.to_owned(),
        (argument, Some((file, folder))) if argument == file => folder.to_owned(),
        (argument, _) => argument.to_owned(),
    };
    verb.arguments.iter().map(with).collect()
}

/// The message of a verb that must refuse to write.
fn refusal(place: &Workplace, verb: &Verb, out: &str, data: Option<(&str, &str)>) -> String {
    let arguments = arguments(verb, out, data);
    let arguments = arguments.iter().map(String::as_str).collect::<Vec<_>>();
    let (code, message) = place.failure(&arguments);
    assert_eq!(code, 4, "{} {out}: {message}", verb.name);
    assert!(message.contains("is not written"), "{} {out}: {message}", verb.name);
    message
}

/// Names of a file: other spellings, a symbolic link to it, another hard link of it.
fn names(place: &Workplace, file: &str, end: &str) -> Vec<String> {
    let (soft, hard, far) = (format!("soft{end}"), format!("hard{end}"), format!("far{end}"));
    for name in [&soft, &hard, &far] {
        let _ = fs::remove_file(place.path(name));
    }
    symlink(file, place.path(&soft)).unwrap();
    symlink(&soft, place.path(&far)).unwrap();
    fs::hard_link(place.path(file), place.path(&hard)).unwrap();
    let absolute = place.path(file).display().to_string();
    vec![file.to_owned(), format!("./csv/../{file}"), absolute, soft, far, hard]
}

#[test]
fn no_verb_writes_over_what_it_reads_by_any_name() {
    let place = place();
    let before = contents(&place);
    for verb in &VERBS {
        for file in verb.reads {
            // A long file is asked for by its ending; another name is a folder.
            let is_precompute = verb.name.starts_with("precompute");
            for name in names(&place, file, if is_precompute { ".parquet" } else { "" }) {
                if is_precompute && !name.ends_with(".parquet") {
                    continue;
                }
                let message = refusal(&place, verb, &name, None);
                assert!(message.contains("read"), "{} {name}: {message}", verb.name);
                assert!(before == contents(&place), "{} {name} wrote over an input", verb.name);
            }
        }
    }
}

#[test]
fn no_verb_writes_into_a_folder_that_is_read_or_over_a_study_or_a_database() {
    let place = place();
    place.json(&[
        "compute",
        "--data",
        "prices.csv",
        "--feature",
        MOMENTUM,
        "--store",
        "st",
        "--out",
        "o.parquet",
    ]);
    let before = contents(&place);
    symlink("csv", place.path("link")).unwrap();
    symlink("csv/S00.csv", place.path("inside.parquet")).unwrap();
    fs::hard_link(place.path("csv/S03.csv"), place.path("other_name.parquet")).unwrap();
    fs::write(place.path("market.db-wal"), "").unwrap();
    symlink("market.db", place.path("db.parquet")).unwrap();
    symlink("other.yaml", place.path("other.parquet")).unwrap();
    for verb in &VERBS {
        for out in ["db.parquet", "other.parquet", "st/x.parquet", "st/artifacts/../x.parquet"] {
            refusal(&place, verb, out, None);
        }
        if !verb.name.starts_with("precompute") {
            for out in ["market.db", "market.db-wal", "other.yaml"] {
                refusal(&place, verb, out, None);
            }
        }
        if let Some(data) = verb.folder {
            for out in
                ["csv/new.parquet", "link/new.parquet", "csv/S00.csv", "inside.parquet", "other_name.parquet"]
            {
                refusal(&place, verb, out, Some(data));
            }
        }
        assert!(before == contents(&place), "{}", verb.name);
    }
    // A folder to fill is neither one that is read nor within one.
    place.write("study.yaml", &STUDY.replace("prices.csv", "csv"));
    for out in ["csv", "./csv/.", "csv/new", "link", "st", "st/new/newer"] {
        let (code, message) = place.failure(&["precompute", "study.yaml", "--out", out]);
        assert!(code == 4 && message.contains("is not written"), "{out}: {message}");
    }
    assert_eq!(fs::read_dir(place.path("csv")).unwrap().count(), 2);
}

/// The verbs but `init`, which writes over nothing.
fn writers() -> impl Iterator<Item = &'static Verb> {
    VERBS.iter().filter(|verb| !verb.name.starts_with("init"))
}

fn succeed(place: &Workplace, verb: &Verb, out: &str) {
    let arguments = arguments(verb, out, None);
    let output = place.output(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(output.status.success(), "{} {out}: {}", verb.name, String::from_utf8_lossy(&output.stderr));
}

#[test]
fn links_are_followed_and_stay_links() {
    let place = place();
    fs::create_dir(place.path("far")).unwrap();
    for (n, verb) in writers().enumerate() {
        let (link, target) = (format!("link{n}.parquet"), format!("far/real{n}.parquet"));
        symlink(&target, place.path(&link)).unwrap();
        // The link leads nowhere at first, to a file of ours the second time.
        for _ in 0..2 {
            succeed(&place, verb, &link);
            let found = fs::symlink_metadata(place.path(&link)).unwrap();
            assert!(found.is_symlink(), "{} replaced a link", verb.name);
            assert!(fs::metadata(place.path(&target)).unwrap().len() > 2, "{}", verb.name);
        }
        let left = fs::read_dir(place.path("far")).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(left.into_iter().all(|name| !name.to_string_lossy().starts_with('.')), "{}", verb.name);
    }
}

#[test]
fn pipes_and_devices_are_written_through() {
    let place = place();
    let make =
        |arguments: &[&str]| Command::new("mknod").args(arguments).current_dir(place.folder.path()).status();
    assert!(make(&["pipe.parquet", "p"]).unwrap().success());
    // A device of the test's own: the system's must not be in danger.
    let has_device = make(&["null.parquet", "c", "1", "3"]).is_ok_and(|status| status.success())
        && fs::File::options().write(true).open(place.path("null.parquet")).is_ok();
    for verb in writers().filter(|verb| !verb.name.starts_with("precompute")) {
        // Ends by itself if nobody writes.
        let mut reader = Command::new("timeout");
        let reader = reader.args(["60", "cat"]).arg(place.path("pipe.parquet")).stdout(Stdio::piped());
        let reader = reader.spawn().unwrap();
        succeed(&place, verb, "pipe.parquet");
        assert!(reader.wait_with_output().unwrap().stdout.len() > 2, "{}", verb.name);
        assert!(
            fs::symlink_metadata(place.path("pipe.parquet")).unwrap().file_type().is_fifo(),
            "{}",
            verb.name
        );
        if has_device {
            succeed(&place, verb, "null.parquet");
            let found = fs::symlink_metadata(place.path("null.parquet")).unwrap();
            assert!(found.file_type().is_char_device(), "{} removed a device", verb.name);
        }
        if cfg!(target_os = "linux") {
            succeed(&place, verb, "/dev/stdout");
        }
    }
}

#[test]
fn a_table_through_a_pipe_is_the_table_in_a_file() {
    let place = place();
    let compute = |out: &str| {
        let output = place.output(&["compute", "--data", "prices.csv", "--feature", MOMENTUM, "--out", out]);
        assert!(output.status.success());
        output.stdout
    };
    compute("file.parquet");
    if cfg!(target_os = "linux") {
        assert!(compute("/dev/stdout").starts_with(&fs::read(place.path("file.parquet")).unwrap()));
    }
}

#[test]
fn temporary_files_of_killed_commands_are_swept_and_those_of_users_are_not() {
    let place = place();
    fs::create_dir(place.path("out")).unwrap();
    for (n, verb) in writers().enumerate() {
        place.write("out/.backstaff-dead.tmp", "half a file");
        place.write("out/.backstaff-notes", "mine");
        succeed(&place, verb, &format!("out/o{n}.parquet"));
        assert!(!place.path("out/.backstaff-dead.tmp").exists(), "{}", verb.name);
        assert!(place.path("out/.backstaff-notes").exists(), "{}", verb.name);
    }
}

#[test]
fn rights_of_a_file_stay_and_protected_files_too() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = place();
    let out = place.path("o.parquet");
    let mode = |mode: u32| fs::set_permissions(&out, fs::Permissions::from_mode(mode)).unwrap();
    fs::write(&out, "before").unwrap();
    mode(0o600);
    let compute = ["compute", "--data", "prices.csv", "--feature", MOMENTUM, "--out", "o.parquet"];
    assert!(place.output(&compute).status.success());
    assert_eq!(fs::metadata(&out).unwrap().mode() & 0o777, 0o600);
    mode(0o400);
    let (code, message) = place.failure(&compute);
    assert!(code == 4 && message.contains("write-protected"), "{message}");
}

#[test]
fn what_cannot_be_written_is_said_before_anything_is_computed() {
    let place = place();
    for verb in writers().filter(|verb| !verb.name.starts_with("precompute")) {
        for (out, told) in [("nowhere/o.parquet", "create the folder first"), ("csv", "folder")] {
            let arguments = arguments(verb, out, None);
            let (_, message) = place.failure(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
            assert!(message.contains(told), "{} {out}: {message}", verb.name);
            assert!(!message.contains("computed"), "{} {out}: {message}", verb.name);
        }
    }
    let both = ["compute", "--data", "prices.csv", "--feature", MOMENTUM, "--out", "o", "--trace", "o"];
    assert!(place.failure(&both).1.contains("--trace"));
}

#[test]
fn a_report_that_links_to_an_input_is_not_written() {
    let place = place();
    place.json(&["run", "study.yaml"]);
    let before = contents(&place);
    let report = place.path("reports/small/report.html");
    fs::remove_file(&report).unwrap();
    symlink(place.path("prices.csv"), &report).unwrap();
    let (code, message) = place.failure(&["run", "study.yaml"]);
    assert!(code == 4 && message.contains("prices.csv"), "{message}");
    assert!(before == contents(&place));
    fs::remove_file(&report).unwrap();
    symlink("elsewhere.html", &report).unwrap();
    place.json(&["run", "study.yaml"]);
    assert!(fs::symlink_metadata(&report).unwrap().is_symlink());
    assert!(report.with_file_name("elsewhere.html").is_file());
}

#[test]
fn init_writes_over_nothing_and_leaves_no_half_study() {
    let place = place();
    place.write("notes.txt", "mine");
    symlink("nowhere", place.path("dangling")).unwrap();
    for out in ["notes.txt", "dangling"] {
        let (code, message) = place.failure(&["init", "--data", "prices.csv", "--out", out]);
        assert!(code == 4 && message.contains("never overwritten"), "{out}: {message}");
    }
    assert_eq!(fs::read_to_string(place.path("notes.txt")).unwrap(), "mine");
    assert!(!place.path("nowhere").exists());
    assert!(place.output(&["init", "--data", "prices.csv", "--out", "new.yaml"]).status.success());
    assert!(Path::new(&place.path("new.yaml")).is_file());
}
