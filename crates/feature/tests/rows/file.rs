//! The key `rows` of a file and of its entries.

use backstaff_feature::{Catalog, Plan, Schema};
use backstaff_panel::{
    Column, Encoding, Panel,
    testing::{MarketSpec, market},
};

use crate::{compute, feature, market_of, of, same_bits};

/// An entry of a file.
fn entry(file: &str, name: &str, panel: &Panel) -> Vec<f64> {
    let catalog = Catalog::new().with_file_text("mine.yaml", file).unwrap();
    of(&[feature(&catalog, name, panel).unwrap_or_else(|error| panic!("{error}"))], panel)
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
        include_str!("../../library/technical.yaml").replacen("features:", "rows: $volume > 0\nfeatures:", 1);
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
