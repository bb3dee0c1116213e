//! Published facts as they were known on a day, against a twin that asks for each session anew.

#![expect(clippy::unwrap_used, reason = "this crate is a test")]

use std::{collections::BTreeMap, sync::Arc};

use backstaff_feature::{Catalog, Plan, Schema};
use backstaff_panel::{
    Axis, Calendar, Encoding, Fact, Facts, Frequency, Instrument, Panel, Session,
    testing::{MarketSpec, market},
};
use proptest::prelude::*;

fn compute(panel: &Panel, text: &str) -> Vec<f64> {
    let features = Catalog::new().with("f", text).unwrap().resolve(&["f"], &Schema::of(panel));
    let features = features.unwrap_or_else(|error| panic!("{error}"));
    Plan::new(&features).compute(panel, Encoding::F64, &()).unwrap()[0].to_f64()
}

/// What is known of a fact at the close of a session, by period.
fn known(facts: &[Fact], session: Session) -> BTreeMap<i32, f64> {
    let known = facts.iter().filter(|fact| fact.known <= session);
    known.map(|fact| (fact.period.number(), fact.value)).collect()
}

/// A panel of one instrument on these days, with one quarterly fact: (day, period, value) as published.
fn one(days: &[i32], published: &[(i32, u32, f64)]) -> Panel {
    let calendar = Calendar::new(days.iter().map(|&day| Session::from_number(day)).collect());
    let axis = Axis::new(calendar, vec![("A".into(), 0..days.len())]);
    let mut panel = Panel::new(Arc::new(axis));
    panel.insert_facts("x_q", facts("A", published)).unwrap();
    panel
}

fn facts(name: &str, published: &[(i32, u32, f64)]) -> Facts {
    let fact = |&(day, code, value): &(i32, u32, f64)| Fact {
        known: Session::from_number(day),
        period: Frequency::Quarterly.period(code).unwrap(),
        value,
    };
    Facts::new(Frequency::Quarterly, published.iter().map(|row| (Instrument::new(name), fact(row))))
}

fn assert_same(found: &[f64], expected: &[f64]) {
    let same = |a: f64, b: f64| a == b || a.is_nan() && b.is_nan();
    assert!(
        found.len() == expected.len() && found.iter().zip(expected).all(|(&a, &b)| same(a, b)),
        "{found:?} is not {expected:?}"
    );
}

const NAN: f64 = f64::NAN;

#[test]
fn the_newest_period_counts_from_its_day_and_a_revision_from_its_own() {
    // Nothing trades on day 3: what is published then is known on day 4.
    let published =
        [(2, 201_901, 1.0), (3, 201_902, 2.0), (6, 201_902, 2.5), (7, 201_901, 1.5), (9, 201_903, NAN)];
    let panel = one(&[1, 2, 4, 5, 6, 7, 8, 10], &published);
    assert_same(&compute(&panel, "P($$x_q)"), &[NAN, 1.0, 2.0, 2.0, 2.5, 2.5, 2.5, NAN]);
    assert_same(&compute(&panel, "P(Sum($$x_q, 2))"), &[NAN, 1.0, 3.0, 3.0, 3.5, 4.0, 4.0, 2.5]);
    assert_same(&compute(&panel, "P(Ref($$x_q, 1))"), &[NAN, NAN, 1.0, 1.0, 1.0, 1.5, 1.5, 2.5]);
    assert_same(&compute(&panel, "PRef($$x_q, 201901)"), &[NAN, 1.0, 1.0, 1.0, 1.0, 1.5, 1.5, 1.5]);
    assert_same(&compute(&panel, "PRef($$x_q, 201902)"), &[NAN, NAN, 2.0, 2.0, 2.5, 2.5, 2.5, 2.5]);
    assert_same(&compute(&panel, "PRef(Sum($$x_q, 2), 201902)"), &[NAN, NAN, 3.0, 3.0, 3.5, 4.0, 4.0, 4.0]);
    assert_same(&compute(&panel, "PRef($$x_q, 201804)"), &[NAN; 8]);
    assert_same(&compute(&panel, "P($$x_q > 1.9)"), &[0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]);
}

#[test]
fn what_was_published_before_the_first_session_is_known_in_it() {
    let panel = one(&[5, 6], &[(1, 201_901, 1.0), (2, 201_902, 2.0)]);
    assert_same(&compute(&panel, "P($$x_q)"), &[2.0, 2.0]);
    assert_same(&compute(&panel, "Ref(P($$x_q), 1)"), &[NAN, 2.0]);
}

#[test]
fn a_period_that_nobody_published_is_a_missing_row() {
    let panel = one(&[1, 2], &[(1, 201_904, 1.0), (2, 202_002, 3.0)]);
    assert_same(&compute(&panel, "P(Ref($$x_q, 1))"), &[NAN, NAN]);
    assert_same(&compute(&panel, "P(Ref($$x_q, 2))"), &[NAN, 1.0]);
    assert_same(&compute(&panel, "P(Mean($$x_q, 3))"), &[1.0, 2.0]);
    // An older period that is published late becomes the first row.
    let panel = one(&[1, 2, 3], &[(1, 201_904, 1.0), (2, 201_901, 5.0), (3, 201_903, 2.0)]);
    assert_same(&compute(&panel, "P(Sum($$x_q, 4))"), &[1.0, 6.0, 8.0]);
}

#[test]
fn several_facts_meet_by_period() {
    let mut panel = one(&[1, 2, 3], &[(1, 201_901, 10.0), (1, 201_902, 20.0), (3, 201_903, 30.0)]);
    panel.insert_facts("y_q", facts("A", &[(1, 201_901, 1.0), (2, 201_902, 2.0)])).unwrap();
    // While one of them lags, there is nothing to divide by.
    assert_same(&compute(&panel, "P($$x_q / $$y_q)"), &[NAN, 10.0, NAN]);
    assert_same(&compute(&panel, "P($$x_q) / P($$y_q)"), &[20.0, 10.0, 15.0]);
    // The window of the one that lags does not move on before it is published.
    assert_same(&compute(&panel, "P($$x_q + Mean($$y_q, 2))"), &[NAN, 21.5, NAN]);
    assert_same(&compute(&panel, "P(Sum($$x_q / $$y_q, 2))"), &[10.0, 20.0, 10.0]);
    assert_same(&compute(&panel, "P($$x_q * 2 + Sum(1, 2))"), &[42.0, 42.0, 62.0]);
}

#[test]
fn an_instrument_without_facts_is_missing() {
    let panel = market(MarketSpec::default());
    let values = compute(&panel, "P($$eps_q)");
    let rows = panel.axis().rows(0);
    assert!(values[rows].iter().all(|value| value.is_nan()));
    assert!(values.iter().filter(|value| !value.is_nan()).count() > values.len() / 2);
}

#[test]
fn meets_prices_cross_sections_and_views() {
    let panel = market(MarketSpec::default());
    let (close, eps) = (compute(&panel, "$close"), compute(&panel, "P($$eps_q)"));
    let ratio = compute(&panel, "P($$eps_q) / $close");
    assert!((0..close.len()).all(|row| ratio[row].to_bits() == (eps[row] / close[row]).to_bits()
        || ratio[row].is_nan() && (eps[row].is_nan() || close[row].is_nan())));
    let demeaned = compute(&panel, "CsDemean(P($$eps_q)) + CsMean(P($$eps_q))");
    assert!(demeaned.iter().zip(&eps).all(|(a, b)| a.is_nan() && b.is_nan() || (a - b).abs() < 1e-12));
    // What was known on a row is the same whichever other rows count.
    let view = compute(&panel, "Rows(P($$eps_q), $volume > 0)");
    let kept = compute(&panel, "$volume > 0");
    assert!(
        (0..eps.len())
            .all(|row| kept[row] == 0.0 && view[row].is_nan() || view[row].to_bits() == eps[row].to_bits())
    );
}

#[test]
fn names_the_fact_that_a_panel_lacks() {
    let with = one(&[1], &[]);
    let features = Catalog::new().with("f", "P($$x_q)").unwrap().resolve(&["f"], &Schema::of(&with)).unwrap();
    let without = Panel::new(with.axis().clone());
    let error = Plan::new(&features).compute(&without, Encoding::F64, &()).unwrap_err();
    assert_eq!(error.to_string(), "feature f reads fact $$x_q, which the panel does not have");
}

/// The twin of some expressions: from all that is known of a fact at once.
fn twin(how: usize, known: &BTreeMap<i32, f64>) -> f64 {
    let (Some((&first, _)), Some((&last, _))) = (known.first_key_value(), known.last_key_value()) else {
        return f64::NAN;
    };
    let at = |period: i32| known.get(&period).copied().unwrap_or(f64::NAN);
    let last_four = (first.max(last - 3)..=last).map(at).filter(|value| !value.is_nan()).collect::<Vec<_>>();
    match how {
        0 => at(last),
        1 => last_four.iter().sum::<f64>() / last_four.len() as f64,
        2 => at(last) / at(last - 4) - 1.0,
        _ => at(4 * 2010 + 1),
    }
}

const TEXTS: [&str; 4] =
    ["P($$x_q)", "P(Mean($$x_q, 4))", "P($$x_q / Ref($$x_q, 4) - 1)", "PRef($$x_q, 201002)"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_asking_for_each_session_anew(
        days in prop::collection::btree_set(0..200_i32, 1..60),
        published in prop::collection::vec((-50..220_i32, 0..14_i32, 0.5..9.5_f64), 0..40),
    ) {
        let days = days.into_iter().collect::<Vec<_>>();
        let code = |n: i32| Frequency::Quarterly.code(backstaff_panel::Period::from_number(4 * 2008 + n));
        let published = published.iter().map(|&(day, n, value)| (day, code(n), value)).collect::<Vec<_>>();
        let panel = one(&days, &published);
        let facts = panel.facts("x_q").unwrap().of(&Instrument::new("A")).to_vec();
        for (how, text) in TEXTS.iter().enumerate() {
            let found = compute(&panel, text);
            for (row, &day) in days.iter().enumerate() {
                let expected = twin(how, &known(&facts, Session::from_number(day)));
                let same = expected.is_nan() && found[row].is_nan()
                    || (found[row] - expected).abs() <= 1e-13 * expected.abs().max(1.0);
                prop_assert!(same, "{text} on {day}: {} not {expected}", found[row]);
            }
        }
    }
}
