//! The handbook of the operators says what the code says.

use std::{collections::BTreeSet, fs, path::Path};

use backstaff_feature::{
    Catalog,
    handbook::{Page, pages},
    operator::{Registry, usage},
};

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn the_pages_are_up_to_date() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let pages = pages(&Registry::standard());
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    fs::create_dir_all(docs.join("operators")).unwrap();
    let names = pages.iter().map(|page| docs.join(&page.path)).collect::<BTreeSet<_>>();
    for file in fs::read_dir(docs.join("operators")).unwrap().map(|entry| entry.unwrap().path()) {
        if update && !names.contains(&file) {
            fs::remove_file(&file).unwrap();
        } else {
            assert!(names.contains(&file), "{} is of no family; {AGAIN}", file.display());
        }
    }
    for Page { path, text } in pages {
        let file = docs.join(&path);
        if update {
            fs::write(&file, &text).unwrap();
        }
        let written = read(&file);
        let first = written.lines().zip(text.lines()).enumerate().find(|(_, (old, new))| old != new);
        assert!(written == text, "docs/{path} is out of date, first at {first:?}; {AGAIN}");
    }
}

const AGAIN: &str =
    "write the pages again with UPDATE_DOCS=1 cargo test -p backstaff-feature --test handbook";

#[test]
fn every_operator_has_one_entry_and_one_line_in_the_index() {
    let registry = Registry::standard();
    let pages = pages(&registry);
    let count = |text: &str, wanted: &str| text.matches(wanted).count();
    for operator in registry.all() {
        let name = operator.documentation().name.replace('_', "\\_");
        let entry = format!("\n## {name}\n\n`{}`\n", usage(&**operator));
        let entries = pages.iter().map(|page| count(&page.text, &entry)).sum::<usize>();
        assert_eq!((entries, count(&pages[0].text, &format!("\n| [{name}]("))), (1, 1), "{name}");
    }
    let members = registry.families().iter().map(|(_, members)| members.len()).sum::<usize>();
    assert_eq!(members, registry.names().count());
}

#[test]
fn every_link_leads_to_a_heading() {
    let pages = pages(&Registry::standard());
    let anchor = |heading: &str| {
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.collect::<String>().to_lowercase().replace(' ', "-")
    };
    let mut places = BTreeSet::new();
    for Page { path, text } in &pages {
        places.insert(path.clone());
        let headings = text.lines().filter_map(|line| line.trim_start_matches('#').strip_prefix(' '));
        places.extend(headings.map(|heading| format!("{path}#{}", anchor(heading))));
    }
    let mut n_links = 0;
    for Page { path, text } in &pages {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let place = match link.strip_prefix("../") {
                Some(up) => up.to_owned(),
                None if link.starts_with('#') => format!("{path}{link}"),
                None => link.to_owned(),
            };
            assert!(places.contains(&place), "{path} links to {link}, which is nowhere");
            n_links += 1;
        }
    }
    assert!(n_links > 300, "{n_links} links");
}

#[test]
fn every_example_can_be_computed() {
    for operator in Registry::standard().all() {
        for sample in operator.documentation().samples {
            let catalog = Catalog::new().with("example", sample).unwrap();
            let schema = catalog.mentioned(&["example"]).unwrap();
            catalog.resolve(&["example"], &schema).unwrap_or_else(|error| panic!("{sample}: {error}"));
        }
    }
}
