//! Any text as a feature: it is parsed and resolved, or the error underlines a place in it.
#![no_main]

use std::sync::LazyLock;

use backstaff_feature::{Catalog, Schema};
use backstaff_panel::testing::{MarketSpec, market};
use libfuzzer_sys::fuzz_target;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    Schema::of(&market(MarketSpec { n_instruments: 2, n_sessions: 3, ..MarketSpec::default() }))
});

fuzz_target!(|text: &str| {
    let resolved = Catalog::new().with("f", text).and_then(|catalog| catalog.resolve(&["f"], &SCHEMA));
    if let Err(error) = resolved {
        assert!(!error.to_string().is_empty());
    }
});
