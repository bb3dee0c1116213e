//! Which module may import which.
//!
//! Neighbouring modules import each other in one direction: neither two of them in turn nor several round a ring. A
//! module and what lies in it count as one: the head of a folder may list its parts, and they may use what stands in the
//! head. Imports are followed through re-exports to the module that defines the item, so that `crate::Feature` is an
//! import of `feature.rs` wherever `lib.rs` passes it on. Tests may import what they like.

mod graph;
mod modules;
mod planted;

use std::path::Path;

use modules::Modules;

/// The crates whose modules import each other in one direction.
const IN_ORDER: [&str; 12] = [
    "feature",
    "generator",
    "learn",
    "lightgbm",
    "panel",
    "portfolio",
    "regime",
    "report",
    "source",
    "stage",
    "statistics",
    "words",
];

/// The wings of large crates, the lowest first: each may import those before it. The error of a crate stands in no order,
/// since it holds those of all wings.
const WINGS: [(&str, &[&str]); 2] = [
    (
        "source",
        &[
            "names",
            "date_order",
            "date_text",
            "keys",
            "request",
            "format",
            "provider",
            "bars",
            "published",
            "table",
            "check",
        ],
    ),
    ("study", &["words", "stored", "config", "steps", "flow", "report", "command"]),
];

/// The crates that compute from what they are given alone.
const PURE: [&str; 8] = ["statistics", "words", "panel", "feature", "regime", "learn", "portfolio", "report"];

/// What a pure crate leaves to others: files, the network, the environment, clocks and processes.
const OUTSIDE: [&str; 7] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::time::SystemTime",
    "std::time::Instant",
    "std::io::stdin",
];

fn read(name: &str) -> Modules {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("crates/");
    modules::read(&crates.join(name).join("src"))
}

#[test]
fn modules_import_each_other_in_one_direction() {
    for name in IN_ORDER {
        let circles = graph::circles(&read(name));
        assert!(circles.is_empty(), "modules of {name} import each other:\n{}", circles.join("\n"));
    }
}

#[test]
fn wings_import_only_those_before_them() {
    for (name, wings) in WINGS {
        let found = graph::upward(&read(name), wings);
        assert!(found.is_empty(), "wings of {name} are out of order:\n{}", found.join("\n"));
    }
}

#[test]
fn pure_crates_do_no_input_or_output() {
    for name in PURE {
        let found = graph::named(&read(name), &OUTSIDE);
        assert!(found.is_empty(), "{name} is pure:\n{}", found.join("\n"));
    }
}
