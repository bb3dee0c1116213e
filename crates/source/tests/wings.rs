//! Which module of the crate may import which: wings use only those below them, and no files import in a circle.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use syn::{
    UseTree,
    visit::{self, Visit},
};

/// Each wing of the crate, or file beside `lib.rs`, and those that it may import.
const WINGS: &[(&str, &[&str])] = &[
    ("names", &[]),
    ("date_order", &[]),
    ("date_text", &["date_order"]),
    ("error", &["names"]),
    ("request", &["names", "date_order", "error"]),
    ("format", &["date_order", "date_text", "error"]),
    ("provider", &["names", "date_order", "date_text", "error", "request", "format"]),
    ("bars", &["names", "date_text", "error", "request", "format", "provider"]),
    ("published", &["names", "date_order", "date_text", "error", "request", "format", "provider"]),
    ("table", &["names", "date_order", "date_text", "error", "format", "provider"]),
    ("check", &["error", "provider", "bars"]),
];

/// The source of each module by its path: `format::csv_file`.
type Modules = BTreeMap<String, String>;

/// Collects the paths that a source names, each from the crate's root on.
struct Paths {
    /// The path of the module in which the source lies.
    module: Vec<String>,
    found: Vec<Vec<String>>,
}

impl Paths {
    /// The paths of a module's source.
    fn of(module: &str, source: &str) -> Vec<Vec<String>> {
        let mut paths = Self { module: module.split("::").map(str::to_owned).collect(), found: Vec::new() };
        paths.visit_file(&syn::parse_file(source).expect("a source of Rust"));
        paths.found
    }

    fn add(&mut self, path: &[String]) {
        let mut names = path.iter().peekable();
        let mut base = self.module.clone();
        match names.next().map(String::as_str) {
            Some("crate") => base.clear(),
            Some("self") => {}
            Some("super") => {
                base.pop();
                while names.next_if(|name| *name == "super").is_some() {
                    base.pop();
                }
            }
            _ => return,
        }
        base.extend(names.filter(|name| *name != "self" && *name != "*").cloned());
        self.found.push(base);
    }

    fn add_tree(&mut self, tree: &UseTree, before: &[String]) {
        let with = |name: &dyn ToString| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.add_tree(&path.tree, &with(&path.ident)),
            UseTree::Name(name) => self.add(&with(&name.ident)),
            UseTree::Rename(rename) => self.add(&with(&rename.ident)),
            UseTree::Glob(_) => self.add(before),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_tree(tree, before)),
        }
    }
}

impl<'a> Visit<'a> for Paths {
    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        self.add_tree(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let names = path.segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>();
        // `self` alone is a value.
        if names.len() > 1 {
            self.add(&names);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'a syn::Macro) {
        // What a macro is given need not be Rust: its words are looked through for paths.
        let text = call.tokens.to_string().replace(" :: ", "::");
        for word in text.split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != ':') {
            if word.contains("::") {
                self.add(&word.split("::").map(str::to_owned).collect::<Vec<_>>());
            }
        }
    }
}

/// The modules that a source names; a folder of modules stands for all in it.
fn imports(module: &str, source: &str, modules: &Modules) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in Paths::of(module, source) {
        let mut prefixes = (1..=path.len()).rev().map(|length| path[..length].join("::"));
        let Some(named) = prefixes.find(|prefix| modules.contains_key(prefix)) else { continue };
        if named == path.join("::") {
            let below = format!("{named}::");
            found.extend(modules.keys().filter(|other| other.starts_with(&below)).cloned());
        }
        found.insert(named);
    }
    found.remove(module);
    found
}

fn wing(module: &str) -> &str {
    module.split("::").next().unwrap_or_default()
}

/// The imports that the table of wings does not allow, and the modules that import in a circle.
fn faults(modules: &Modules) -> Vec<String> {
    let mut faults = Vec::new();
    let mut open = BTreeMap::new();
    for (module, source) in modules {
        let imports = imports(module, source, modules);
        let Some((_, allowed)) = WINGS.iter().find(|(name, _)| *name == wing(module)) else {
            faults.push(format!("{module} is in no wing of the table"));
            continue;
        };
        let is_allowed = |other: &&String| wing(other) == wing(module) || allowed.contains(&wing(other));
        let forbidden = imports.iter().filter(|other| !is_allowed(other));
        faults.extend(forbidden.map(|other| format!("{module} must not import {other}")));
        open.insert(module.clone(), imports);
    }
    // Take away modules that import none of those left; what stays imports in a circle, or a module in one.
    while let Some(done) =
        open.iter().find(|(_, imports)| imports.iter().all(|other| !open.contains_key(other)))
    {
        let done = done.0.clone();
        open.remove(&done);
    }
    if !open.is_empty() {
        let left = open.iter().map(|(module, imports)| {
            let circle =
                imports.iter().filter(|other| open.contains_key(*other)).cloned().collect::<Vec<_>>();
            format!("{module} -> {}", circle.join(", "))
        });
        faults.push(format!("a circle among: {}", left.collect::<Vec<_>>().join("; ")));
    }
    faults
}

/// Read all modules below a folder.
fn read(folder: &Path, path: &str, modules: &mut Modules) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let file = entry.expect("an entry").path();
        let stem = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let below = if path.is_empty() { stem.clone() } else { format!("{path}::{stem}") };
        if file.is_dir() {
            read(&file, &below, modules);
        } else if file.extension().is_some_and(|ending| ending == "rs") && stem != "lib" {
            let module = if stem == "mod" { path.to_owned() } else { below };
            modules.insert(module, fs::read_to_string(&file).expect("a source"));
        }
    }
}

fn planted(sources: &[(&str, &str)]) -> Modules {
    sources.iter().map(|&(module, source)| (module.to_owned(), source.to_owned())).collect()
}

#[test]
fn wings_use_only_those_below_them_and_no_file_imports_in_a_circle() {
    let mut modules = Modules::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut modules);
    assert!(modules.contains_key("format::csv_file::cell"), "the modules are read: {:?}", modules.keys());
    assert_eq!(faults(&modules), Vec::<String>::new());
}

#[test]
fn a_planted_import_of_a_higher_wing_is_found() {
    let quality = ("check::quality", "use crate::bars::load;");
    let load =
        ("bars::load", "// use crate::check::quality;\nuse crate::format::{csv_file, decoded::Block};");
    let csv = ("format::csv_file", "use std::fs;\nuse super::decoded::Block;\n");
    let decoded = ("format::decoded", "pub struct Block;");
    assert_eq!(faults(&planted(&[quality, load, csv, decoded])), Vec::<String>::new());
    for upward in [
        "use crate::{\n    bars::{\n        load::{self, Loaded},\n    },\n};",
        "fn f() { g(crate::bars::load::h()) }",
        "fn f() { write!(out, \"{}\", crate::bars::load::h()) }",
        "#[cfg(test)]\nmod tests {\n    use crate::bars::load::h;\n}",
        "pub(crate) use super::super::bars::load::h;",
    ] {
        let found = faults(&planted(&[load, decoded, ("format::csv_file", upward)]));
        assert_eq!(found[0], "format::csv_file must not import bars::load", "{upward}");
    }
    assert_eq!(faults(&planted(&[("attic::box", "")])), ["attic::box is in no wing of the table"]);
}

#[test]
fn a_planted_circle_is_found() {
    let one = ("bars::one", "use super::two::Two;");
    let two = ("bars::two", "use super::{three::Three, four};");
    let three = ("bars::three", "#[cfg(test)]\nmod tests {\n    use super::*;\n}");
    let four = ("bars::four", "");
    assert_eq!(faults(&planted(&[one, two, three, four])), Vec::<String>::new());
    let back = ("bars::three", "use std::fmt;\n\nuse super::{\n    four::Four,\n    one::{One, first},\n};");
    let found = faults(&planted(&[one, two, back, four]));
    assert_eq!(
        found,
        ["a circle among: bars::one -> bars::two; bars::three -> bars::one; bars::two -> bars::three"]
    );
    // A parent whose child imports from it.
    let parent = ("bars::one", "mod inner;\nuse self::inner::Inner;");
    let child = ("bars::one::inner", "use super::Parent;");
    assert_eq!(faults(&planted(&[parent, child])).len(), 1);
}
