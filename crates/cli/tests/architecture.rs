//! Who may import whom: ARCHITECTURE.md, as a test.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Each crate and the crates of ours that it may use (in tests, `panel` is open to all).
const ALLOWED: &[(&str, &[&str])] = &[
    ("statistics", &[]),
    ("words", &[]),
    ("panel", &[]),
    ("source", &["panel", "words"]),
    ("generator", &["panel"]),
    ("feature", &["panel", "words"]),
    ("regime", &["panel", "words"]),
    ("learn", &["panel", "statistics", "lightgbm"]),
    ("portfolio", &["panel", "statistics"]),
    ("report", &[]),
    ("lightgbm", &["words"]),
    ("stage", &[]),
    (
        "study",
        &[
            "panel",
            "source",
            "generator",
            "feature",
            "regime",
            "learn",
            "lightgbm",
            "portfolio",
            "report",
            "stage",
            "statistics",
            "words",
        ],
    ),
    (
        "qlib",
        &["panel", "source", "feature", "learn", "lightgbm", "portfolio", "statistics", "study", "words"],
    ),
    ("cli", &["qlib", "study", "words"]),
    (
        "python",
        &[
            "cli",
            "learn",
            "lightgbm",
            "panel",
            "portfolio",
            "qlib",
            "regime",
            "source",
            "statistics",
            "study",
            "words",
        ],
    ),
    ("instructions", &["panel", "source", "feature", "regime", "learn", "portfolio", "study"]),
];

fn short(name: &str) -> &str {
    if name == "backstaff" { "cli" } else { name.trim_start_matches("backstaff-") }
}

#[test]
fn crates_import_only_what_the_map_allows() {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo metadata runs");
    let ours = metadata.packages.iter().map(|package| package.name.to_string()).collect::<BTreeSet<_>>();
    let allowed = ALLOWED.iter().copied().collect::<BTreeMap<_, _>>();
    assert_eq!(ours.len(), allowed.len(), "a crate is missing from the map: {ours:?}");
    for package in &metadata.packages {
        let name = short(&package.name).to_owned();
        let may = allowed.get(name.as_str()).unwrap_or_else(|| panic!("{name} is not in the map"));
        for dependency in package.dependencies.iter().filter(|d| ours.contains(&d.name)) {
            let used = short(&dependency.name);
            let test_market = dependency.kind == DependencyKind::Development && used == "panel";
            assert!(may.contains(&used) || test_market, "{name} must not import {used}");
        }
    }
}

fn sources(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in
        fs::read_dir(folder).expect("a folder of sources").map(|entry| entry.expect("an entry").path())
    {
        if entry.is_dir() {
            sources(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
}

/// Where a word may stand in the sources of all crates (`src` only): `(word, places)`.
fn check_words(words: &[&str], may: impl Fn(&str) -> bool) {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("crates/");
    let root = crates.parent().expect("the workspace");
    let mut found = Vec::new();
    for entry in fs::read_dir(crates).expect("crates/").map(|entry| entry.expect("an entry").path()) {
        sources(&entry.join("src"), &mut found);
    }
    sources(&root.join("python/src"), &mut found);
    for path in found {
        let place = path.strip_prefix(crates).or_else(|_| path.strip_prefix(root));
        let place = place.expect("below the workspace").display().to_string();
        let text = fs::read_to_string(&path).expect("a source");
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            for word in words {
                assert!(!line.contains(word) || may(&place), "{place} must not use {word}: {line}");
            }
        }
    }
}

#[test]
fn unsafe_code_stays_in_its_three_places() {
    check_words(&["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"], |place| {
        place.starts_with("lightgbm/") || ["stage/src/map.rs", "python/src/arrow.rs"].contains(&place)
    });
}

/// Lines that put the debugging text of a value into a key, in which a renamed variant would be another key and a
/// hidden field none.
fn debug_text_in_keys(text: &str) -> Vec<&str> {
    let is_of_key = |line: &&str| line.contains("key.") || line.contains("KeyHasher");
    text.lines().filter(is_of_key).filter(|line| line.contains(":?}")).collect()
}

#[test]
fn keys_hold_no_debugging_text() {
    let planted = "key.str(\"every\", &format!(\"{every:?}\"));\nprint(\"{a:?}\");";
    assert_eq!(debug_text_in_keys(planted).len(), 1);
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("crates/");
    let mut found = Vec::new();
    for name in ["study", "stage", "source", "learn", "feature", "regime", "portfolio"] {
        sources(&crates.join(name).join("src"), &mut found);
    }
    for path in found {
        let text = fs::read_to_string(&path).expect("a source");
        assert_eq!(debug_text_in_keys(&text), Vec::<&str>::new(), "{}", path.display());
    }
}
