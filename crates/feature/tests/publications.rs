//! Published facts in any order, with revisions: what is computed for all sessions at once is what each session would
//! compute of what it knows.

#![expect(clippy::unwrap_used, reason = "this crate is a test")]

use std::{collections::BTreeMap, sync::Arc};

use backstaff_feature::{Catalog, Plan, Schema};
use backstaff_panel::{Axis, Calendar, Encoding, Fact, Facts, Frequency, Instrument, Panel, Period, Session};
use proptest::prelude::*;

const NAN: f64 = f64::NAN;

fn day(number: i32) -> Session {
    Session::from_number(number)
}

fn compute(panel: &Panel, texts: &[&str]) -> Vec<Vec<f64>> {
    let names = (0..texts.len()).map(|n| format!("f{n}")).collect::<Vec<_>>();
    let catalog = texts.iter().zip(&names);
    let catalog = catalog.fold(Catalog::new(), |catalog, (text, name)| catalog.with(name, text).unwrap());
    let names = names.iter().map(String::as_str).collect::<Vec<_>>();
    let features = catalog.resolve(&names, &Schema::of(panel)).unwrap_or_else(|error| panic!("{error}"));
    let columns = Plan::new(&features).compute(panel, Encoding::F64, &()).unwrap();
    columns.iter().map(backstaff_panel::Column::to_f64).collect()
}

/// Two instruments on these days.
fn panel(days: &[i32]) -> Panel {
    let calendar = Calendar::new(days.iter().copied().map(day).collect());
    let n = calendar.len();
    Panel::new(Arc::new(Axis::new(calendar, vec![("A".into(), 0..n), ("B".into(), n / 2..n)])))
}

fn observed(rows: &[(i32, i32, f64)]) -> Facts {
    let facts = rows.iter().map(|&(date, known, value)| Fact::observed(day(date), day(known), value));
    Facts::market(Frequency::Dated, facts)
}

/// Of instrument A, by the number of the quarter since the first of 2010.
fn quarters(rows: &[(i32, i32, f64)]) -> Facts {
    let fact = |&(quarter, known, value): &(i32, i32, f64)| Fact {
        known: day(known),
        period: Period::from_number(4 * 2010 + quarter),
        value,
    };
    Facts::new(Frequency::Quarterly, rows.iter().map(|row| (Instrument::new("A"), fact(row))))
}

fn one(facts: (&str, Facts), days: &[i32], text: &str) -> Vec<f64> {
    let mut panel = panel(days);
    panel.insert_facts(facts.0, facts.1).unwrap();
    let n = days.len();
    compute(&panel, &[text])[0][..n].to_vec()
}

fn assert_same(found: &[f64], expected: &[f64]) {
    let same = |(a, b): (&f64, &f64)| a == b || a.is_nan() && b.is_nan();
    let is_same = found.len() == expected.len() && found.iter().zip(expected).all(same);
    assert!(is_same, "{found:?} is not {expected:?}");
}

#[test]
fn windows_over_a_series_count_its_observations() {
    let vix = || ("vix_d", observed(&[(1, 1, 10.0), (4, 4, 20.0), (6, 8, 60.0)]));
    let days = [1, 2, 4, 5, 6, 7, 8, 30];
    assert_same(&one(vix(), &days, "P($$vix_d)"), &[10.0, 10.0, 20.0, 20.0, 20.0, 20.0, 60.0, 60.0]);
    let mean = [10.0, 10.0, 15.0, 15.0, 15.0, 15.0, 40.0, 40.0];
    assert_same(&one(vix(), &days, "P(Mean($$vix_d, 2))"), &mean);
    let change = [NAN, NAN, 10.0, 10.0, 10.0, 10.0, 40.0, 40.0];
    assert_same(&one(vix(), &days, "P($$vix_d - Ref($$vix_d, 1))"), &change);
    let third = [NAN, NAN, NAN, NAN, NAN, NAN, 60.0, 60.0];
    assert_same(&one(vix(), &days, "PRef($$vix_d, 19700107)"), &third);
    let fresh = [10.0, 10.0, 20.0, 20.0, 20.0, 20.0, 60.0, NAN];
    assert_same(&one(vix(), &days, "P($$vix_d, stale=21)"), &fresh);
}

#[test]
fn an_observation_that_comes_late_is_put_where_it_belongs_and_a_revision_replaces() {
    let late = || ("x_d", observed(&[(1, 1, 1.0), (3, 3, 3.0), (2, 4, 2.0), (3, 5, 30.0)]));
    let days = [1, 2, 3, 4, 5];
    assert_same(&one(late(), &days, "P(Ref($$x_d, 1))"), &[NAN, NAN, 1.0, 2.0, 2.0]);
    assert_same(&one(late(), &days, "P(Sum($$x_d, 0))"), &[1.0, 1.0, 4.0, 6.0, 33.0]);
    assert_same(&one(late(), &days, "PLatest($$x_d)"), &[1.0, 1.0, 3.0, 2.0, 30.0]);
}

#[test]
fn every_instrument_knows_a_series_of_the_market() {
    let mut panel = panel(&[1, 2, 3, 4]);
    panel.insert_facts("x_d", observed(&[(1, 1, 1.0), (3, 3, 3.0)])).unwrap();
    panel.insert_facts("y_d", observed(&[(1, 2, 10.0), (2, 4, 20.0)])).unwrap();
    let columns = compute(&panel, &["P($$x_d)", "P($$x_d + $$y_d)", "P(Count($$y_d, 0))"]);
    assert_same(&columns[0], &[1.0, 1.0, 3.0, 3.0, 3.0, 3.0]);
    // The rows are the days of both; the newest has no y.
    assert_same(&columns[1], &[NAN, 11.0, NAN, NAN, NAN, NAN]);
    assert_same(&columns[2], &[NAN, 1.0, 1.0, 2.0, 1.0, 2.0]);
}

#[test]
fn flows_of_the_year_to_date_become_quarters_and_years() {
    // Three quarters of 2010, all of 2011, the first of 2012.
    let rows = [
        (0, 1, 10.0),
        (1, 2, 30.0),
        (2, 3, 60.0),
        (3, 4, 100.0),
        (4, 5, 11.0),
        (5, 6, 33.0),
        (6, 7, 66.0),
        (7, 8, 110.0),
        (8, 9, 12.0),
    ];
    let days = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    let sales = || ("sales_q", quarters(&rows));
    let quarter = [10.0, 20.0, 30.0, 40.0, 11.0, 22.0, 33.0, 44.0, 12.0];
    assert_same(&one(sales(), &days, "P(Quarter($$sales_q))"), &quarter);
    let year = [NAN, NAN, NAN, 100.0, 101.0, 103.0, 106.0, 110.0, 111.0];
    assert_same(&one(sales(), &days, "P(TTM($$sales_q))"), &year);
    // The second quarter of 2010 was never published.
    let gap = || ("sales_q", quarters(&[&rows[..1], &rows[2..]].concat()));
    let quarter = [10.0, 10.0, NAN, 40.0, 11.0, 22.0, 33.0, 44.0, 12.0];
    assert_same(&one(gap(), &days, "P(Quarter($$sales_q))"), &quarter);
    let year = [NAN, NAN, NAN, 100.0, 101.0, NAN, 106.0, 110.0, 111.0];
    assert_same(&one(gap(), &days, "P(TTM($$sales_q))"), &year);
}

#[test]
fn the_newest_publication_counts_even_if_it_is_about_an_older_period() {
    let rows = [(3, 2, 1.0), (4, 4, 2.0), (3, 6, 1.5), (5, 7, 3.0), (4, 7, 2.5)];
    let latest = |text| one(("x_q", quarters(&rows)), &[1, 2, 3, 4, 5, 6, 7, 9], text);
    assert_same(&latest("PLatest($$x_q)"), &[NAN, 1.0, 1.0, 2.0, 2.0, 1.5, 2.5, 2.5]);
    assert_same(&latest("PLatest($$x_q, stale=1)"), &[NAN, 1.0, 1.0, 2.0, 2.0, 1.5, 2.5, NAN]);
    assert_same(&latest("P($$x_q, stale=1)"), &[NAN, 1.0, 1.0, 2.0, 2.0, 2.0, 3.0, NAN]);
}

#[test]
fn what_was_never_published_may_be_stood_in_for() {
    let mut panel = panel(&[1, 2, 3]);
    panel.insert_facts("debt_q", quarters(&[(0, 2, 7.0)])).unwrap();
    panel.insert_facts("cash_q", quarters(&[(1, 3, 2.0)])).unwrap();
    let found =
        compute(&panel, &["P($$debt_q - IfMissing($$cash_q, 0))", "P(IfMissing($$debt_q, 1) + $$cash_q)"]);
    assert_same(&found[0][..3], &[NAN, 7.0, NAN]);
    assert_same(&found[1][..3], &[NAN, NAN, 3.0]);
}

#[test]
fn refuses_what_has_no_meaning_over_periods() {
    let mut panel = panel(&[1, 2]);
    panel.insert_facts("x_q", quarters(&[])).unwrap();
    panel.insert_facts("vix_d", observed(&[])).unwrap();
    let error = |text: &str| {
        let catalog = Catalog::new().with("f", text).unwrap();
        catalog.resolve(&["f"], &Schema::of(&panel)).unwrap_err().to_string()
    };
    assert!(error("P(TTM($$vix_d))").contains("`$$vix_d` is dated"), "{}", error("P(TTM($$vix_d))"));
    assert!(error("Quarter(1)").contains("stands in `P(...)`"), "{}", error("Quarter(1)"));
    assert!(error("PLatest($$x_q + 1)").contains("takes a single fact"));
    assert!(error("P($$x_q + $$vix_d)").contains("their periods differ"));
    assert!(error("PRef($$vix_d, 202003)").contains("YYYYMMDD"));
}

/// Operators of every kind over quarterly facts x and y, and over observations u and v.
const TEXTS: [&str; 18] = [
    "P($$x_q)",
    "P($$x_q / Ref($$x_q, 4) - 1)",
    "P($$x_q + Mean($$y_q, 2))",
    "P(Std($$x_q - $$y_q, 3))",
    "P(Sum($$x_q, 0) + EMA($$y_q, 3))",
    "P(TTM($$x_q) / $$y_q, stale=40)",
    "P(Mean(Quarter($$x_q), 4, min=2))",
    "P(Sum(1, 3) + $$x_q * 0)",
    "P($$x_q > $$y_q)",
    "PRef(Mean($$x_q, 3), 201003)",
    "PLatest($$y_q, stale=30)",
    "P($$u_d / Mean($$u_d, 5, min=2) - 1)",
    "P(Std($$u_d - $$v_d, 4) + EMA($$u_d, 3))",
    "P(Corr($$u_d, $$v_d, 6))",
    "P(Max($$u_d, 0) > Ref($$v_d, 2))",
    "P(Slope($$v_d, 5), stale=5)",
    "PRef($$u_d, 19700215)",
    "PLatest($$v_d)",
];

type Rows = Vec<(i32, i32, f64)>;

/// Publications that mostly follow the order of their periods, one every `step` days, some late, early or revised.
fn rows(n: i32, step: i32, known_late: i32) -> impl Strategy<Value = Rows> {
    let one = (0..n, 0..known_late, 0.5..9.5_f64, prop::bool::weighted(0.05));
    (prop::collection::vec(one, 0..12), prop::collection::vec(0.5..9.5_f64, n as usize), 0..4_u8).prop_map(
        move |(odd, regular, holes)| {
            let regular =
                regular.iter().zip(0..).filter(|(_, row)| holes == 0 || row % 5 != i32::from(holes));
            let regular = regular.map(|(&value, row)| (row, row * step, value));
            let odd = odd.into_iter().map(|(row, late, value, is_missing)| {
                (row, row * step + late - 3, if is_missing { NAN } else { value })
            });
            regular.chain(odd).collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_session_has_the_bits_of_what_it_knows(
        days in prop::collection::btree_set(0..130_i32, 2..40),
        (x, y) in (rows(12, 9, 60), rows(11, 9, 20)),
        (u, v) in (rows(60, 2, 30), rows(50, 2, 10)),
    ) {
        let days = days.into_iter().collect::<Vec<_>>();
        let mut panel = panel(&days);
        panel.insert_facts("x_q", quarters(&x)).unwrap();
        panel.insert_facts("y_q", quarters(&y)).unwrap();
        panel.insert_facts("u_d", observed(&u)).unwrap();
        panel.insert_facts("v_d", observed(&v)).unwrap();
        let all = compute(&panel, &TEXTS);
        for row in 0..days.len() {
            // A panel of one session learns everything at once.
            let alone = compute(&panel.between(row..row + 1), &TEXTS);
            for (text, (all, alone)) in TEXTS.iter().zip(all.iter().zip(&alone)) {
                prop_assert_eq!(all[row].to_bits(), alone[0].to_bits(), "{} on {}", text, days[row]);
            }
        }
    }

    #[test]
    fn the_newest_observation_is_the_last_of_those_known_by_day(
        days in prop::collection::btree_set(0..130_i32, 2..40),
        u in rows(60, 2, 30),
    ) {
        let days = days.into_iter().collect::<Vec<_>>();
        let mut panel = panel(&days);
        panel.insert_facts("u_d", observed(&u)).unwrap();
        let found = compute(&panel, &["P($$u_d)", "P(Ref($$u_d, 3))"]);
        let published = panel.facts("u_d").unwrap().of_market().unwrap().to_vec();
        for (row, &now) in days.iter().enumerate() {
            let known = published.iter().filter(|fact| fact.known <= day(now));
            let known = known.map(|fact| (fact.period, fact.value)).collect::<BTreeMap<_, _>>();
            let expected = [0, 3].map(|back| known.values().rev().nth(back).copied().unwrap_or(NAN));
            for (found, expected) in found.iter().zip(expected) {
                let same = found[row] == expected || found[row].is_nan() && expected.is_nan();
                prop_assert!(same, "{} not {expected} on {now}", found[row]);
            }
        }
    }
}
