//! What every operator and every feature of a library must keep, whoever wrote it.
//!
//! Each contract is a function that returns the first feature which breaks it; the tests run it over everything there
//! is, and over operators that were planted to break it.

#![expect(clippy::unwrap_used, reason = "this crate is a test")]

mod check;
mod pieces;
mod planted;
mod random;
mod subject;

use backstaff_feature::{Catalog, Feature, Library, Plan, Schema, operator::Registry};
use backstaff_panel::Encoding;
use proptest::prelude::*;

use crate::{check::Contract, subject::Subject};

/// All samples of all operators, and all libraries.
fn everything() -> Subject {
    // Libraries may use the same names, so each is a catalog of its own.
    let libraries = Catalog::library_names().map(|name| (name, Catalog::new().with_library(name).unwrap()));
    let libraries = libraries.map(|(name, catalog)| Subject::new(&catalog, &[name.to_owned()]));
    let mut features = libraries.flat_map(|subject| subject.features).collect::<Vec<_>>();
    let (mut catalog, mut names) = (Catalog::new(), Vec::new());
    for operator in Registry::standard().all() {
        let documentation = operator.documentation();
        assert!(!documentation.samples.is_empty(), "{} has no sample", documentation.name);
        for (n, sample) in documentation.samples.iter().enumerate() {
            let name = format!("sample {n} of {}", documentation.name);
            catalog = catalog.with(&name, sample).unwrap();
            names.push(name);
        }
    }
    features.extend(Subject::new(&catalog, &names).features);
    Subject { features }
}

fn keeps(contract: Contract) {
    if let Err(broken) = contract(&everything()) {
        panic!("{broken}");
    }
}

fn breaks(contract: Contract, planted: &Subject) {
    let broken = contract(planted).expect_err("the planted operator should be caught");
    assert!(broken.contains("planted"), "{broken}");
}

#[test]
fn nothing_looks_ahead() {
    keeps(check::future_changes_nothing);
    breaks(check::future_changes_nothing, &planted::reads_the_next_session());
    breaks(check::future_changes_nothing, &planted::reads_the_last_session());
}

#[test]
fn the_declared_look_back_suffices() {
    keeps(check::dropped_history_changes_nothing);
    breaks(check::dropped_history_changes_nothing, &planted::remembers_more_than_it_says());
}

#[test]
fn time_series_do_not_depend_on_other_instruments() {
    keeps(check::other_instruments_change_nothing);
    breaks(check::other_instruments_change_nothing, &planted::counts_its_calls());
}

#[test]
fn instruments_without_values_change_no_cross_section() {
    keeps(check::missing_instruments_change_nothing);
    breaks(check::missing_instruments_change_nothing, &planted::divides_by_all_rows());
}

#[test]
fn features_are_the_same_alone_and_together() {
    keeps(check::company_changes_nothing);
    breaks(check::company_changes_nothing, &planted::counts_its_calls());
}

#[test]
fn threads_change_nothing() {
    keeps(check::threads_change_nothing);
    breaks(check::threads_change_nothing, &planted::counts_its_calls());
}

#[test]
fn the_encoding_of_inputs_is_not_an_operand() {
    keeps(check::encoding_changes_nothing);
}

#[test]
fn pieces_of_a_history_are_the_whole() {
    keeps(pieces::are_the_whole);
    breaks(pieces::are_the_whole, &planted::forgets_its_state());
}

#[test]
fn conditions_are_never_missing() {
    keeps(check::conditions_are_one_or_zero);
    breaks(check::conditions_are_one_or_zero, &planted::is_no_condition());
}

#[test]
fn a_panel_of_the_counted_rows_alone_gives_the_same_values() {
    let (panel, library) = (subject::panel(), "krx_canonical");
    let catalog = Catalog::new().with_library(library).unwrap();
    let condition = catalog.common_rows(&[library]).unwrap().unwrap();
    let compute = |catalog: &Catalog, panel: &backstaff_panel::Panel| {
        let plan = Plan::new(&catalog.resolve(&[library], &Schema::of(panel)).unwrap());
        plan.compute(panel, Encoding::F64, &()).unwrap()
    };
    let views = compute(&catalog, &panel);
    let universe = catalog.resolve_universe("rows", &condition, &Schema::of(&panel)).unwrap();
    let kept = Plan::new(&[universe]).compute(&panel, Encoding::F64, &()).unwrap()[0].to_f64();
    let kept = kept.iter().map(|&value| value == 1.0).collect::<Vec<_>>();
    let alone = compute(&catalog.over_rows_alone(&condition), &panel.select(&kept));
    let rows = (0..kept.len()).filter(|&row| kept[row]).collect::<Vec<_>>();
    assert!(rows.len() < kept.len());
    for (n, (view, alone)) in views.iter().zip(&alone).enumerate() {
        assert_eq!(alone.len(), rows.len());
        for (at, &row) in rows.iter().enumerate() {
            assert_eq!(view.get(row).to_bits(), alone.get(at).to_bits(), "column {n}, row {row}");
        }
    }
}

#[test]
fn every_operator_says_what_it_does() {
    for operator in Registry::standard().all() {
        let documentation = operator.documentation();
        let texts =
            [documentation.meaning, documentation.formula, documentation.missing, documentation.source];
        assert!(texts.iter().all(|text| !text.is_empty()), "{}", documentation.name);
        assert!(documentation.samples.iter().all(|sample| sample.len() < 120), "{}", documentation.name);
    }
}

#[test]
fn every_library_entry_says_what_it_means() {
    for library in Catalog::library_names() {
        let catalog = Catalog::new().with_library(library).unwrap();
        let Library { names, targets, .. } = catalog.library(library).unwrap();
        for name in names.iter().chain(targets) {
            let definition = catalog.definition(name).unwrap();
            let texts = [&definition.meaning, &definition.source, &definition.unit];
            assert!(texts.iter().all(|text| !text.is_empty()), "{}", definition.name);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_expressions_may_be_cut_anywhere(
        subject in random::subjects(),
        cuts in proptest::collection::btree_set(1_usize..300, 1..5),
    ) {
        let texts = subject.features.iter().map(Feature::expression).collect::<Vec<_>>();
        if let Err(broken) = pieces::are_the_whole_at(&subject, &cuts.into_iter().collect::<Vec<_>>()) {
            prop_assert!(false, "{broken}\n{texts:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_expressions_keep_the_contracts(subject in random::subjects()) {
        let contracts: [check::Contract; 4] = [
            check::future_changes_nothing,
            check::dropped_history_changes_nothing,
            check::other_instruments_change_nothing,
            check::company_changes_nothing,
        ];
        let texts = subject.features.iter().map(Feature::expression).collect::<Vec<_>>();
        for contract in contracts {
            if let Err(broken) = contract(&subject) {
                prop_assert!(false, "{broken}\n{texts:?}");
            }
        }
    }
}
