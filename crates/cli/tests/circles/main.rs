//! Neighbouring modules import each other in one direction: neither two of them in turn nor several round a ring.
//!
//! A module and what lies in it count as one: the head of a folder may list its parts, and they may use what stands in
//! the head. Imports are followed through re-exports to the module that defines the item, so that `crate::Feature` is an
//! import of `feature.rs` wherever `lib.rs` passes it on. Tests may import what they like.

mod graph;
mod modules;
mod planted;

use std::path::Path;

/// The crates whose modules import each other in one direction.
const IN_ORDER: [&str; 8] =
    ["feature", "learn", "lightgbm", "panel", "portfolio", "regime", "report", "stage"];

#[test]
fn modules_import_each_other_in_one_direction() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("crates/");
    for name in IN_ORDER {
        let circles = graph::circles(&modules::read(&crates.join(name).join("src")));
        assert!(circles.is_empty(), "modules of {name} import each other:\n{}", circles.join("\n"));
    }
}
