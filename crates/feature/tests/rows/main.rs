//! Views of rows: what they compute, what the key `rows` of a file means, what is refused in which words.

#![expect(clippy::unwrap_used, reason = "this crate is a test")]

mod file;
mod refused;

use std::sync::Arc;

use backstaff_feature::{Catalog, Feature, FeatureError, LookBack, Plan, Schema, ValueType};
use backstaff_panel::{
    Axis, Calendar, Column, Encoding, Instrument, Panel,
    testing::{MarketSpec, market, weekdays},
};
use proptest::prelude::*;

const NAN: f64 = f64::NAN;

fn market_of(seed: u64) -> Panel {
    market(MarketSpec { n_instruments: 9, n_sessions: 150, seed, ..MarketSpec::default() })
}

fn one(fields: &[(&str, &[f64])]) -> Panel {
    let n = fields[0].1.len();
    let axis = Axis::new(weekdays(n), vec![(Instrument::new("A"), 0..n)]);
    let mut panel = Panel::new(Arc::new(axis));
    for (name, values) in fields {
        panel.insert(name, Column::F64(values.to_vec())).unwrap();
    }
    panel
}

fn feature(catalog: &Catalog, name: &str, panel: &Panel) -> Result<Feature, FeatureError> {
    catalog.resolve(&[name], &Schema::of(panel)).map(|mut features| features.remove(0))
}

fn resolve(text: &str, panel: &Panel) -> Feature {
    feature(&Catalog::new().with("f", text).unwrap(), "f", panel).unwrap_or_else(|error| panic!("{error}"))
}

fn of(features: &[Feature], panel: &Panel) -> Vec<f64> {
    Plan::new(features).compute(panel, Encoding::F64, &()).unwrap().remove(0).to_f64()
}

fn compute(text: &str, panel: &Panel) -> Vec<f64> {
    of(&[resolve(text, panel)], panel)
}

fn same_bits(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}

#[test]
fn windows_count_the_rows_that_are_kept() {
    let close = [10.0, 20.0, 30.0, 40.0, 50.0, NAN, 70.0];
    let volume = [1.0, 0.0, 1.0, NAN, 1.0, 1.0, 1.0];
    let panel = one(&[("close", &close), ("volume", &volume)]);
    let expected = |text: &str, expected: [f64; 7]| {
        let found = compute(text, &panel);
        assert!(same_bits(&found, &expected), "{text}: {found:?}, not {expected:?}");
    };
    expected("Rows(Mean($close, 2), $volume > 0)", [10.0, NAN, 20.0, NAN, 40.0, 50.0, 70.0]);
    expected("Rows(Ref($close, 1), $volume > 0)", [NAN, NAN, 10.0, NAN, 30.0, 50.0, NAN]);
    expected(
        "Rows($close / Ref($close, 1) - 1, $volume > 0)",
        [NAN, NAN, 2.0, NAN, 50.0 / 30.0 - 1.0, NAN, NAN],
    );
    expected("Rows(Count($close, 0), $volume > 0)", [1.0, NAN, 2.0, NAN, 3.0, 3.0, 4.0]);
    // The condition itself counts sessions; a number of its truth is missing where it doesn't hold.
    expected("Rows($close > 15, $volume >= Ref($volume, 1))", [NAN, NAN, 1.0, NAN, NAN, 0.0, 1.0]);
    // Around the view, sessions count again.
    expected("Mean(Rows($close, $volume > 0), 2)", [10.0, 10.0, 30.0, 30.0, 50.0, 50.0, 70.0]);
    expected("Rows($close, $volume > 9)", [NAN; 7]);
    expected("Rows(3, $volume > 0)", [3.0, NAN, 3.0, NAN, 3.0, 3.0, 3.0]);
    expected("Rows(x=$close, where=$close > $volume + 15)", [NAN, 20.0, 30.0, NAN, 50.0, NAN, 70.0]);
}

/// On the kept rows, the change that the condition sees over sessions is another one.
#[test]
fn an_expression_may_repeat_its_condition() {
    let panel = one(&[("close", &[1.0, 3.0, 2.0, 2.5, 0.5, 1.0])]);
    let found = compute("Rows(Sum($close > Ref($close, 1), 9), $close > Ref($close, 1))", &panel);
    assert!(same_bits(&found, &[NAN, 0.0, NAN, 0.0, NAN, 0.0]), "{found:?}");
}

#[test]
fn agrees_with_pandas() {
    let close =
        [10.0, 11.0, 10.5, NAN, 12.0, 11.5, 13.0, 12.5, 12.5, 14.0, 13.0, 15.0, 14.5, 16.0, 15.0, 17.0];
    let volume = [5.0, 0.0, 7.0, 0.0, 9.0, 3.0, 0.0, 0.0, 4.0, 6.0, 8.0, 0.0, 2.0, 5.0, 7.0, 1.0];
    let panel = one(&[("close", &close), ("volume", &volume)]);
    for case in PANDAS.lines() {
        let (text, numbers) = case.split_once(": ").unwrap();
        let numbers = numbers.split_whitespace();
        let expected = numbers.map(|number| if number == "-" { NAN } else { number.parse().unwrap() });
        let found = compute(text, &panel);
        for (t, (a, b)) in found.into_iter().zip(expected).enumerate() {
            let near = (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-12 * b.abs();
            assert!(near, "{text} at {t}: {a}, not {b}");
        }
    }
}

/// What pandas 3.1 gives on `df[df.volume > 0]`, put back on the index of `df`; `-` is missing.
const PANDAS: &str = "\
Rows(Mean($close, 3), $volume > 0): 10.0 - 10.25 - 10.833333333333334 11.333333333333334 - - 12.0 \
    12.666666666666666 13.166666666666666 - 13.833333333333334 14.5 15.166666666666666 16.0
Rows(Std($close, 4), $volume > 0): - - 0.3535533905932738 - 1.040832999733066 0.9128709291752767 - - \
    0.8539125638299659 1.080123449734643 1.040832999733066 - 0.9128709291752767 1.2499999999999996 \
    1.2499999999999996 1.1086778913041724
Rows($close / Ref($close, 2) - 1, $volume > 0): - - - - 0.19999999999999996 0.09523809523809534 - - \
    0.04166666666666674 0.21739130434782616 0.040000000000000036 - 0.03571428571428581 \
    0.23076923076923084 0.034482758620689724 0.0625
Rows(EMA($close, 5), $volume > 0): 10.0 - 10.3 - 11.105263157894736 11.269230769230768 - - \
    11.74170616113744 12.566917293233082 12.720252549781447 - 13.337589214908803 14.248761149653125 \
    14.50359327875916 15.345461710232499
Rows(Rank($close, 4), $volume > 0): 1.0 - 1.0 - 1.0 0.75 - - 1.0 1.0 0.75 - 1.0 1.0 0.75 1.0
Mean(Rows(Delta($close, 1), $volume > 0), 4): - - 0.5 0.5 1.0 0.5 0.5 0.5 0.25 1.25 0.5 0.5 \
    0.6666666666666666 0.6666666666666666 0.6666666666666666 1.0";

#[test]
fn knows_what_a_view_is() {
    let panel = market_of(1);
    let view = resolve("Rows(Mean($close, 20) / $open, ($volume > 0) & ($close > 5))", &panel);
    assert_eq!(view.look_back(), LookBack::Recursive);
    assert_eq!(view.value_type(), ValueType::Number);
    assert_eq!(view.fields().into_iter().collect::<Vec<_>>(), ["close", "open", "volume"]);
    assert!(!view.is_cross_sectional());
    assert_eq!(
        view.canonical(),
        "Rows@1(Div@1(Mean@2($close,length=20.0,min=1.0),$open),where=And@1(Gt@1($close,5.0),Gt@1($volume,0.0)))"
    );
    assert_eq!(resolve("Rows($close / $open, $volume > 0)", &panel).look_back(), LookBack::Sessions(0));
    let condition_looks_back = resolve("Rows($close / $open, $volume > Ref($volume, 3))", &panel);
    assert_eq!(condition_looks_back.look_back(), LookBack::Sessions(3));
    let across = resolve("Rows($close, $volume > CsMedian($volume))", &panel);
    assert!(across.is_cross_sectional());
    assert_eq!(resolve("Rows($close > 5, $volume > 0)", &panel).value_type(), ValueType::Number);
}

/// Rows of an instrument as a market of their own.
fn kept_rows(panel: &Panel, i: usize, kept: &[usize]) -> Panel {
    let axis = panel.axis();
    let first = axis.rows(i).start;
    let sessions = kept.iter().map(|&row| axis.sessions(i)[row - first]).collect::<Vec<_>>();
    let n = sessions.len();
    let lives = vec![(axis.instruments()[i].clone(), 0..n)];
    let mut own = Panel::new(Arc::new(Axis::new(Calendar::new(sessions), lives)));
    for (name, column) in panel.fields() {
        own.insert(name, Column::F64(kept.iter().map(|&row| column.get(row)).collect())).unwrap();
    }
    own
}

/// Filter, compute, put back.
fn twin(x: &str, condition: &str, panel: &Panel) -> Vec<f64> {
    let condition = compute(condition, panel);
    let mut out = vec![NAN; panel.axis().n_rows()];
    for i in 0..panel.axis().n_instruments() {
        let kept = panel.axis().rows(i).filter(|&row| condition[row] == 1.0).collect::<Vec<_>>();
        if kept.is_empty() {
            continue;
        }
        let values = compute(x, &kept_rows(panel, i, &kept));
        for (row, value) in kept.into_iter().zip(values) {
            out[row] = value;
        }
    }
    out
}

const SERIES: [&str; 12] = [
    "Mean($close, 20) / $close - 1",
    "$close / Ref($close, 5) - 1",
    "Std($close, 10, min=3) + Slope($close, 7)",
    "EMA($close, 12) - EMAFirst($open, 5)",
    "RSISimple($close, 14)",
    "Rank($volume, 6) * IdxMax($high, 9)",
    "Corr($close / Ref($close, 1), Log($volume), 10)",
    "BandsSample($close, 20, 2).width",
    "If(Delta($close, 1) > 0, Med($close, 5), Quantile($low, 8, 0.2))",
    "Mean($close > Ref($close, 1), 4)",
    "Resi($close, 12) + WMA($close, 8) + Mad($close, 5)",
    "($close - Min($low, 14)) / (Max($high, 14) - Min($low, 14))",
];

const CONDITIONS: [&str; 6] = [
    "$volume > 3e5",
    "$volume > 0",
    "$close > Ref($close, 1)",
    "$volume < 0",
    "IsNull($close)",
    "$volume > CsMedian($volume)",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn equals_filtering_computing_and_putting_back(
        seed in 0..1000_u64,
        x in prop::sample::select(&SERIES[..]),
        condition in prop::sample::select(&CONDITIONS[..]),
    ) {
        let panel = market_of(seed);
        let found = compute(&format!("Rows({x}, {condition})"), &panel);
        prop_assert!(same_bits(&found, &twin(x, condition, &panel)), "Rows({x}, {condition})");
    }

    #[test]
    fn a_view_of_all_rows_changes_no_bit(seed in 0..1000_u64, x in prop::sample::select(&SERIES[..])) {
        let panel = market_of(seed);
        let found = compute(&format!("Rows({x}, ($volume > 0) | IsNull($volume))"), &panel);
        prop_assert!(same_bits(&found, &compute(x, &panel)), "{x}");
    }
}

#[test]
fn reads_narrow_columns_and_stores_them() {
    let panel = market(MarketSpec { n_instruments: 5, encoding: Encoding::F32, ..MarketSpec::default() });
    let (x, condition) = (SERIES[2], "$volume > 3e5");
    let view = resolve(&format!("Rows({x}, {condition})"), &panel);
    let expected = twin(x, condition, &panel);
    let wide = Plan::new(std::slice::from_ref(&view)).compute(&panel, Encoding::F64, &()).unwrap().remove(0);
    assert!(same_bits(&wide.to_f64(), &expected));
    let narrow = Plan::new(&[view]).compute(&panel, Encoding::F32, &()).unwrap().remove(0);
    assert!(narrow.same_bits(&Column::encode(&expected, Encoding::F32)));
}
