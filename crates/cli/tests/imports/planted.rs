//! The search for circles, for imports upward and for what lies outside finds what is planted, and nothing else.

use std::{fs, path::Path};

use crate::{
    graph::{circles, named, upward},
    modules::{Modules, read},
};

/// A crate of these files.
fn planted(files: &[(&str, &str)]) -> Modules {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for (file, text) in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }
    read(folder.path())
}

/// The circles of a crate of these files.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    circles(&planted(files))
}

/// The circles of a crate of two modules with these texts.
fn between(a: &str, b: &str) -> Vec<String> {
    found(&[("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", b)])
}

#[test]
fn two_modules_that_import_each_other_are_a_circle() {
    let circle = ["a imports B of b, b imports A of a"];
    assert_eq!(between("use crate::b::B; pub struct A;", "use crate::a::A; pub struct B;"), circle);
    assert_eq!(between("use super::b::B; pub struct A;", "use super::{a::{A}}; pub struct B;"), circle);
    assert!(between("use crate::b::B; pub struct A;", "pub struct B;").is_empty());
}

#[test]
fn every_way_to_name_a_module_is_an_import() {
    for of_a in [
        "use crate::{x::Y, b::{self, inner::{Deep as Shallow, Other}}}; struct A(Shallow);",
        "use super::b as other; struct A;",
        "use crate::b::*; struct A;",
        "struct A(crate::b::B);",
        "struct A; fn f() { super::b::inner::g(1) }",
        "struct A; fn f() { assert!(crate::b::B::new() > 1, \"{}\", 2) }",
        "struct A; impl crate::b::inner::Other for A {}",
        "struct A; mod inside { use super::super::b::B; }",
    ] {
        let of_b = "pub struct B; pub mod inner { pub struct Deep; use crate::a::A; }";
        assert_eq!(between(of_a, of_b).len(), 1, "{of_a}");
    }
}

#[test]
fn a_ring_through_what_others_pass_on_is_a_circle() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; mod d; pub use a::A; pub use b::deep::*;"),
        ("a.rs", "use crate::B; pub struct A;"),
        ("b/mod.rs", "pub mod deep;"),
        ("b/deep.rs", "use crate::c::C; pub struct B;"),
        ("c.rs", "use crate::{A, d::D}; pub struct C;"),
        ("d.rs", "use std::fmt; pub struct D;"),
    ];
    assert_eq!(found(&files), ["a imports B of b, b imports C of c, c imports A of a"]);
}

#[test]
fn neighbours_in_a_folder_are_looked_at_too() {
    let files = [
        ("lib.rs", "mod folder;"),
        ("folder/mod.rs", "mod one; mod two; pub use one::One; use two::Two;"),
        ("folder/one.rs", "use super::Two; pub struct One;"),
        ("folder/two.rs", "use super::One; pub struct Two;"),
    ];
    assert_eq!(
        found(&files),
        ["folder::one imports Two of folder::two, folder::two imports One of folder::one"]
    );
}

#[test]
fn a_folder_and_its_parts_are_one() {
    let files = [
        ("lib.rs", "mod folder; pub use folder::Head;"),
        ("folder/mod.rs", "mod part; use part::Part; pub struct Head(Part);"),
        ("folder/part.rs", "use super::Head; pub struct Part(Option<Box<crate::folder::Head>>);"),
    ];
    assert!(found(&files).is_empty());
}

#[test]
fn tests_may_import_what_they_like() {
    let of_a = "#![expect(unused)] use crate::b::B; pub struct A;";
    let tests = "pub struct B; #[cfg(test)] mod tests { use crate::a::A; } #[cfg(test)] use crate::a::A; \
                 #[test] fn f() { crate::a::A; }";
    assert!(between(of_a, tests).is_empty());
    assert!(between(of_a, "#![cfg(test)] use crate::a::A; pub struct B;").is_empty());
}

#[test]
fn a_wing_that_imports_a_later_one_is_found() {
    let files = [
        ("lib.rs", "mod low; mod high; mod attic; pub use high::deep::Deep;"),
        ("low.rs", "use crate::Deep; pub struct Low; #[cfg(test)] use crate::attic::Box;"),
        ("high/mod.rs", "pub mod deep;"),
        ("high/deep.rs", "use crate::low::Low; pub struct Deep;"),
        ("attic.rs", ""),
    ];
    let crate_of = planted(&files);
    assert_eq!(upward(&crate_of, &["low", "high", "attic"]), ["low imports Deep of high"]);
    assert_eq!(
        upward(&crate_of, &["high", "low"]),
        ["attic is in no list of wings", "high imports Low of low"]
    );
}

#[test]
fn every_way_to_name_what_lies_outside_is_found() {
    for text in [
        "use std::{fs, io};",
        "use std::fs::{self, File};",
        "use std::fs::*;",
        "use std::fs as files;",
        "fn f() { std::fs::read(\"a\"); }",
        "fn f() { assert!(std::fs::read(\"a\").is_ok()); }",
    ] {
        assert!(!named(&planted(&[("lib.rs", text)]), &["std::fs"]).is_empty(), "{text}");
    }
    let text = "use std::{fmt, time::Duration}; fn fs() {} #[cfg(test)] mod tests { use std::fs; }";
    assert!(named(&planted(&[("lib.rs", text)]), &["std::fs", "std::time::Instant"]).is_empty());
}
