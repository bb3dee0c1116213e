//! Operators of expressions whose formulas live outside of the feature crate.
//!
//! To add one: a file with an entry of a table, and its line in [`registry`].

mod regime;

use std::sync::LazyLock;

use backstaff_feature::{Catalog, operator::Registry};

/// The operators that a user's expressions may use: those of the feature crate, and those of other crates.
pub fn registry() -> Registry {
    regime::operators().into_iter().fold(Registry::standard(), |registry, operator| {
        registry.with(operator).expect("operators have names of their own")
    })
}

/// An empty catalog over all operators. They are made once: a small computation would take half of its time to make them.
pub fn catalog() -> Catalog {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::with_operators(registry()));
    CATALOG.clone()
}
