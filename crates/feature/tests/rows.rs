//! Views of rows: what they compute, what a file's `rows` means, and what is refused in which words.

#![expect(clippy::unwrap_used, reason = "this crate is a test")]

use std::sync::Arc;

use backstaff_feature::{Catalog, Feature, FeatureError, LookBack, Plan, Schema, Type};
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

/// An entry of a file.
fn entry(file: &str, name: &str, panel: &Panel) -> Vec<f64> {
    let catalog = Catalog::new().with_file_text("mine.yaml", file).unwrap();
    of(&[feature(&catalog, name, panel).unwrap_or_else(|error| panic!("{error}"))], panel)
}

fn same_bits(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}

/// What is underlined, the message and the help.
fn fault(error: FeatureError) -> (String, String, String) {
    match error {
        FeatureError::Expression(error) => (
            error.text()[error.span().range()].to_owned(),
            error.message().to_owned(),
            error.help().unwrap_or_default().to_owned(),
        ),
        other => panic!("{other}"),
    }
}

fn refused(text: &str) -> (String, String, String) {
    fault(feature(&Catalog::new().with("f", text).unwrap(), "f", &market_of(1)).unwrap_err())
}

fn refused_entry(file: &str, name: &str) -> (String, String, String) {
    let catalog = Catalog::new().with_file_text("mine.yaml", file).unwrap();
    fault(feature(&catalog, name, &market_of(1)).unwrap_err())
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
    assert_eq!(view.value_type(), Type::Number);
    assert_eq!(view.fields().into_iter().collect::<Vec<_>>(), ["close", "open", "volume"]);
    assert!(!view.is_cross_sectional());
    assert_eq!(
        view.canonical(),
        "Rows@1(Div@1(Mean@1($close,length=20.0,min=1.0),$open),where=And@1(Gt@1($close,5.0),Gt@1($volume,0.0)))"
    );
    assert_eq!(resolve("Rows($close / $open, $volume > 0)", &panel).look_back(), LookBack::Sessions(0));
    let condition_looks_back = resolve("Rows($close / $open, $volume > Ref($volume, 3))", &panel);
    assert_eq!(condition_looks_back.look_back(), LookBack::Sessions(3));
    let across = resolve("Rows($close, $volume > CsMedian($volume))", &panel);
    assert!(across.is_cross_sectional());
    assert_eq!(resolve("Rows($close > 5, $volume > 0)", &panel).value_type(), Type::Number);
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

const FILE: &str = "
rows: $volume > 3e5
features:
  - {name: dev, expression: 'Mean($close, 5) / $close - 1'}
  - {name: all_sessions, expression: 'Mean($close, 5)', rows: all}
  - {name: rising, expression: 'Mean($close, 5)', rows: '$close > $open'}
  - {name: liquid, expression: 'Mean($volume, 3) > 4e5'}
  - {name: ranked, expression: 'CsRank(dev, by=sector, within=liquid)'}
  - {name: smooth, expression: 'Mean(ranked, 4) - CsMean($close) * dev'}
  - {name: twice, expression: 'Mean(dev, 3)'}
  - {name: level, expression: 'CsMedian(dev)'}
  - {name: beta, expression: 'Beta($close / Ref($close, 1), CsMedian($close / Ref($close, 1)), 20)'}
  - {name: from_all, expression: 'all_sessions / $close'}
";

#[test]
fn a_file_says_which_rows_its_entries_count() {
    let panel = market_of(3);
    let equal = |name: &str, text: &str| {
        assert!(same_bits(&entry(FILE, name, &panel), &compute(text, &panel)), "{name} is not {text}");
    };
    equal("dev", "Rows(Mean($close, 5) / $close - 1, $volume > 3e5)");
    equal("all_sessions", "Mean($close, 5)");
    equal("rising", "Rows(Mean($close, 5), $close > $open)");
    equal("twice", "Rows(Mean(Mean($close, 5) / $close - 1, 3), $volume > 3e5)");
    // A name stands for its text, which counts the rows of where it is used.
    equal("from_all", "Rows(Mean($close, 5) / $close, $volume > 3e5)");
    equal(
        "ranked",
        "CsRank(Rows(Mean($close, 5) / $close - 1, $volume > 3e5), by=sector, \
         within=Rows(Mean($volume, 3) > 4e5, $volume > 3e5) > 0)",
    );
}

#[test]
fn windows_below_and_above_a_cross_section_count_rows() {
    let panel = market_of(4);
    // Columns in between, each computed by itself.
    let mut step = panel.clone();
    let mut add = |name: &str, text: &str| {
        let values = compute(text, &step);
        step.insert(name, Column::F64(values)).unwrap();
        step.clone()
    };
    add("return", "Rows($close / Ref($close, 1), $volume > 3e5)");
    let step_with_market = add("market", "CsMedian($return)");
    let beta = "Rows(Beta($close / Ref($close, 1), $market, 20), $volume > 3e5)";
    assert!(same_bits(&entry(FILE, "beta", &panel), &compute(beta, &step_with_market)));

    let mut step = panel.clone();
    step.insert("ranked", Column::F64(entry(FILE, "ranked", &panel))).unwrap();
    step.insert("seen", Column::F64(compute("Rows($close, $volume > 3e5)", &panel))).unwrap();
    step.insert("mean", Column::F64(compute("CsMean($seen)", &step))).unwrap();
    let smooth = "Rows(Mean($ranked, 4) - $mean * (Mean($close, 5) / $close - 1), $volume > 3e5)";
    assert!(same_bits(&entry(FILE, "smooth", &panel), &compute(smooth, &step)));
}

#[test]
fn entries_are_missing_on_every_skipped_row() {
    let panel = market_of(5);
    let skipped = compute("~($volume > 3e5)", &panel);
    for name in ["dev", "liquid", "ranked", "smooth", "level", "beta"] {
        let values = entry(FILE, name, &panel);
        let both = values.iter().zip(&skipped);
        assert!(both.clone().all(|(value, &skipped)| skipped == 0.0 || value.is_nan()), "{name}");
        assert!(both.clone().any(|(value, _)| value.is_finite()), "{name}");
    }
}

#[test]
fn entries_of_a_file_share_their_parts() {
    let panel = market_of(1);
    let catalog = Catalog::new().with_file_text("mine.yaml", FILE).unwrap();
    let catalog = catalog.with("typed", "Rows(Mean($close, 5) / $close - 1, $volume > 3e5)").unwrap();
    let features = catalog.resolve(&["dev", "typed", "ranked"], &Schema::of(&panel)).unwrap();
    assert_eq!(features[0].canonical(), features[1].canonical());
    assert!(features[2].canonical().contains(features[0].canonical()));
    assert_eq!(catalog.definition("dev").unwrap().rows.as_deref(), Some("$volume > 3e5"));
    assert_eq!(catalog.definition("all_sessions").unwrap().rows, None);
}

#[test]
fn a_whole_library_can_count_rows() {
    let text =
        include_str!("../library/technical.yaml").replacen("features:", "rows: $volume > 0\nfeatures:", 1);
    let catalog = Catalog::new().with_file_text("traded", &text).unwrap();
    let panel = market_of(6);
    let features = catalog.resolve(&["traded"], &Schema::of(&panel)).unwrap();
    let columns = Plan::new(&features).compute(&panel, Encoding::F64, &()).unwrap();
    let traded = compute("$volume > 0", &panel);
    for (feature, column) in features.iter().zip(columns) {
        for (row, value) in column.to_f64().into_iter().enumerate() {
            assert!(traded[row] == 1.0 || value.is_nan(), "{}", feature.name());
        }
    }
    // Without a row that is skipped, they are the library's.
    let full = market(MarketSpec { n_instruments: 6, missing: 0.0, ..MarketSpec::default() });
    let plain = Catalog::new().with_library("technical").unwrap();
    let plain = plain.resolve(&["technical"], &Schema::of(&full)).unwrap();
    let [plain, view] =
        [&plain, &features].map(|features| Plan::new(features).compute(&full, Encoding::F64, &()).unwrap());
    for (feature, (plain, view)) in features.iter().zip(plain.iter().zip(&view)) {
        assert!(plain.same_bits(view), "{}", feature.name());
    }
}

#[test]
fn refuses_cross_sections_in_a_view() {
    let (place, message, help) = refused("1 + Rows(Mean($close, 5) - CsMean($close), $volume > 0)");
    assert_eq!(
        (place.as_str(), message.as_str()),
        ("CsMean($close)", "`CsMean` compares instruments, which `Rows` can't")
    );
    assert!(help.contains("put the cross-section around it"), "{help}");
    let catalog = Catalog::new().with("r", "CsRank($close)").unwrap().with("s", "r * 2").unwrap();
    let catalog = catalog.with("f", "Rows(Mean(s, 5), $volume > 0)").unwrap();
    let (place, message, _) = fault(feature(&catalog, "f", &market_of(1)).unwrap_err());
    assert_eq!((place.as_str(), message.as_str()), ("s", "`s` compares instruments, which `Rows` can't"));
}

#[test]
fn refuses_views_in_views() {
    let (place, message, help) = refused("Rows(Rows($close, $close > 1), $volume > 0)");
    assert_eq!((place.as_str(), message.as_str()), ("Rows", "`Rows` stands in another one"));
    assert!(help.contains("join both conditions with `&`"), "{help}");
    let file = "{rows: $volume > 0, features: [{name: a, expression: 'CsRank(Rows($close, $close > 1))'}]}";
    let (place, message, help) = refused_entry(file, "a");
    assert_eq!(
        (place.as_str(), message.as_str()),
        ("Rows", "`Rows` stands in an entry that counts rows already")
    );
    assert!(help.contains("rows: all"), "{help}");
    let file = "{rows: $volume > 0, features: [{name: a, expression: $close, rows: $close > 1},
        {name: b, expression: 2 * a, rows: all}, {name: c, expression: 'CsRank(b)'}]}";
    let (place, message, _) = refused_entry(file, "c");
    assert_eq!((place.as_str(), message.as_str()), ("b", "`b` counts the rows of another condition"));
    // The same rows by name are no matter.
    let catalog = Catalog::new().with("a", "Rows(Mean($close, 5), $volume > 0)").unwrap();
    let catalog = catalog.with("b", "a * 2").unwrap().with("c", "Rows(Ref(b, 1), $volume > 0)").unwrap();
    let panel = market_of(1);
    let found = of(&[feature(&catalog, "c", &panel).unwrap()], &panel);
    assert!(same_bits(&found, &compute("Rows(Ref(Mean($close, 5) * 2, 1), $volume > 0)", &panel)));
}

#[test]
fn refuses_what_is_no_condition() {
    assert_eq!(refused("Rows($close, $volume)").0, "$volume");
    assert_eq!(refused("Rows($close)").1, "`Rows` needs a value for `where`");
    assert_eq!(refused("Rows($close, $volume > $clsoe)").0, "$clsoe");
    let file = |rows: &str| format!("features: [{{name: a, expression: $close, rows: '{rows}'}}]");
    let (place, message, help) = refused_entry(&file("$volume * 2"), "a");
    assert_eq!((place.as_str(), message.as_str()), ("$volume * 2", "`rows` needs a condition, not a number"));
    assert!(help.contains("or say `all`"), "{help}");
    let error = Catalog::new().with_file_text("mine.yaml", &file("$volume >")).unwrap_err().to_string();
    assert!(error.contains("--> rows of a:1:10"), "{error}");
    let error = refused_entry(&file("$vlume > 0"), "a");
    assert_eq!((error.0.as_str(), error.2.as_str()), ("$vlume", "did you mean `$volume`?"));
    let unknown = Catalog::new().with_file_text("mine.yaml", "{row: all, features: []}").unwrap_err();
    assert!(unknown.to_string().contains("row"), "{unknown}");
}

#[test]
fn names_stand_in_conditions() {
    let file = "{rows: traded, features: [{name: traded, expression: $volume > 3e5, rows: all},
        {name: a, expression: 'Mean($close, 5)'}]}";
    let panel = market_of(1);
    assert!(same_bits(&entry(file, "a", &panel), &compute("Rows(Mean($close, 5), $volume > 3e5)", &panel)));
    let circle = file.replace(", rows: all", "");
    let catalog = Catalog::new().with_file_text("mine.yaml", &circle).unwrap();
    let error = feature(&catalog, "a", &panel).unwrap_err().to_string();
    assert_eq!(error, "features use each other in a circle: traded -> traded");
}

#[test]
fn nothing_looks_ahead_in_a_view() {
    let (place, message, _) = refused("Rows(Ref($close, -1), $volume > 0)");
    assert_eq!((place.as_str(), message.as_str()), ("Ref($close, -1)", "`Ref` looks 1 session ahead"));
    let schema = Schema::of(&market_of(1));
    let label = |text| Catalog::new().resolve_label("y", text, &schema);
    let (place, message, help) = fault(label("Rows(Ref($close, -1), $volume > 0)").unwrap_err());
    assert_eq!(
        (place.as_str(), message.as_str()),
        ("Ref($close, -1)", "`Ref` looks ahead by rows, not sessions")
    );
    assert!(help.contains("outside of the view"), "{help}");
    assert_eq!(label("Ref(Rows(Mean($close, 5), $volume > 0), -2)").unwrap().look_ahead(), 2);
    assert_eq!(label("Rows($close, Ref($volume, -3) > 0)").unwrap().look_ahead(), 3);
}
