//! The page of the operators says what the code says.

use std::{fs, path::Path};

use backstaff_feature::{
    Catalog,
    operator::{Registry, reference, usage},
};

#[test]
fn the_page_of_operators_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operators.md");
    let page = reference(&Registry::standard());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap();
    let first = written.lines().zip(page.lines()).enumerate().find(|(_, (old, new))| old != new);
    assert!(
        written == page,
        "docs/operators.md is out of date, first at {first:?}; write it again with UPDATE_DOCS=1 cargo test -p \
         backstaff-feature --test reference"
    );
}

#[test]
fn every_operator_has_its_place_on_the_page() {
    let registry = Registry::standard();
    let page = reference(&registry);
    for operator in registry.all() {
        let documentation = operator.documentation();
        assert_eq!(
            page.matches(&format!("\n### {}\n", documentation.name)).count(),
            1,
            "{}",
            documentation.name
        );
        assert!(page.contains(&usage(&**operator)), "{}", documentation.name);
    }
    assert_eq!(
        registry.families().iter().map(|(_, members)| members.len()).sum::<usize>(),
        registry.names().count()
    );
}

#[test]
fn every_example_on_the_page_can_be_computed() {
    for operator in Registry::standard().all() {
        for sample in operator.documentation().samples {
            let catalog = Catalog::new().with("example", sample).unwrap();
            let schema = catalog.mentioned(&["example"]).unwrap();
            catalog.resolve(&["example"], &schema).unwrap_or_else(|error| panic!("{sample}: {error}"));
        }
    }
}
