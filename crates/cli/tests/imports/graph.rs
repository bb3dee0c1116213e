//! Which modules import which, and where that leads round.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::modules::{Module, Modules, Place};

/// For each module the neighbours that it imports, each with a name that it takes from there.
type Imports = BTreeMap<Place, BTreeMap<Place, String>>;

/// Circles of imports: for every module that is part of any, a shortest one through it, and each circle once.
pub(crate) fn circles(modules: &Modules) -> Vec<String> {
    let imports = imports(modules);
    let mut found = BTreeMap::new();
    for start in imports.keys() {
        if let Some(circle) = shortest_circle(start, &imports) {
            let members = circle.iter().cloned().collect::<BTreeSet<_>>();
            found.entry(members).or_insert_with(|| spelled(&circle, &imports));
        }
    }
    found.into_values().collect()
}

/// The module of a crate's error, which stands in no order.
const ERROR: &str = "error";

/// The imports of a later wing by an earlier one, where wings are the modules of the root; and the modules of the root
/// that are in no list.
pub(crate) fn upward(modules: &Modules, wings: &[&str]) -> Vec<String> {
    let position = |place: &Place| wings.iter().position(|wing| *wing == place[0]);
    let mut found = Vec::new();
    for place in
        modules.keys().filter(|place| place.len() == 1 && place[0] != ERROR && position(place).is_none())
    {
        found.push(format!("{} is in no list of wings", place[0]));
    }
    for (from, to, name) in neighbours(modules) {
        if from.len() == 1
            && let (Some(own), Some(other)) = (position(&from), position(&to))
            && own < other
        {
            found.push(format!("{} imports {name} of {}", from[0], to[0]));
        }
    }
    found
}

/// Where modules name one of these paths outside of the crate, or anything in it.
pub(crate) fn named(modules: &Modules, outside: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (place, module) in modules {
        for path in module.imports.values().chain(&module.globs).chain(&module.paths) {
            let path = path.join("::");
            let is_in = |outside: &&&str| path == **outside || path.starts_with(&format!("{outside}::"));
            found.extend(outside.iter().find(is_in).map(|_| format!("{} names {path}", place.join("::"))));
        }
    }
    found
}

fn spelled(circle: &[Place], imports: &Imports) -> String {
    let next = circle.iter().cycle().skip(1);
    let arrow = |(from, to): (&Place, &Place)| {
        format!("{} imports {} of {}", from.join("::"), imports[from][to], to.join("::"))
    };
    circle.iter().zip(next).map(arrow).collect::<Vec<_>>().join(", ")
}

/// Modules that import each the next, and the last one the first.
fn shortest_circle(start: &Place, imports: &Imports) -> Option<Vec<Place>> {
    let mut reached = BTreeSet::new();
    let mut paths = VecDeque::from([vec![start.clone()]]);
    while let Some(path) = paths.pop_front() {
        for next in path.last().and_then(|last| imports.get(last)).into_iter().flat_map(BTreeMap::keys) {
            if next == start {
                return Some(path);
            }
            if reached.insert(next) {
                paths.push_back(path.iter().chain([next]).cloned().collect());
            }
        }
    }
    None
}

/// What each module imports of its neighbours, itself or through the modules in it.
fn imports(modules: &Modules) -> Imports {
    let mut imports = Imports::new();
    for (from, to, name) in neighbours(modules) {
        imports.entry(from).or_default().entry(to).or_insert(name);
    }
    imports
}

/// A module, a neighbour that it imports, itself or through the modules in it, and a name that it takes from there.
fn neighbours(modules: &Modules) -> Vec<(Place, Place, String)> {
    let mut found = Vec::new();
    for (place, module) in modules {
        for path in module.imports.values().chain(&module.globs).chain(&module.paths) {
            let Some(home) = home(modules, place, path, &mut Seen::new()) else { continue };
            let common = place.iter().zip(&home).take_while(|(a, b)| a == b).count();
            if common < place.len().min(home.len()) {
                let [from, to] = [place, &home].map(|place| place[..=common].to_vec());
                found.push((from, to, path.last().cloned().unwrap_or_default()));
            }
        }
    }
    found
}

/// The names that were looked up, each with the module that it was looked for in: modules may pass names on in a circle.
type Seen = BTreeSet<(Place, String)>;

/// The module that a path in `from` leads to, or that defines the item it leads to; `None` outside of the crate.
fn home(modules: &Modules, from: &Place, path: &[String], seen: &mut Seen) -> Option<Place> {
    let mut at = from.clone();
    let mut names = path.iter().peekable();
    if names.next_if(|name| *name == "crate").is_some() {
        at.clear();
    }
    names.next_if(|name| *name == "self");
    while names.next_if(|name| *name == "super").is_some() {
        at.pop()?;
    }
    for name in names {
        at.push(name.clone());
        if !modules.contains_key(&at) {
            at.pop();
            // What a macro makes has no definition to be found: it is taken from the module that the path names.
            let reached = (at != *from).then(|| at.clone());
            return definer(modules, &at, name, seen).or(reached);
        }
    }
    Some(at)
}

/// The module that defines what a name stands for in the module `at`.
fn definer(modules: &Modules, at: &Place, name: &str, seen: &mut Seen) -> Option<Place> {
    if !seen.insert((at.clone(), name.to_owned())) {
        return None;
    }
    let Module { items, imports, globs, .. } = modules.get(at)?;
    if items.contains(name) {
        return Some(at.clone());
    }
    if let Some(path) = imports.get(name) {
        return home(modules, at, path, seen);
    }
    globs.iter().find_map(|path| {
        let named = path.iter().cloned().chain([name.to_owned()]).collect::<Vec<_>>();
        home(modules, at, &named, seen)
    })
}
