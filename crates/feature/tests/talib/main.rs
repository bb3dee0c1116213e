//! The indicators of `ta.` give TA-Lib's numbers: each of them, on every kind of series, from the first row on.
//!
//! `generate.py` wrote the two files and says what is in them.

#![expect(clippy::unwrap_used, reason = "this crate is a test")]

use std::{collections::BTreeMap, sync::Arc};

use backstaff_feature::{Catalog, Plan, Schema, operator::Registry};
use backstaff_panel::{Axis, Column, Encoding, Instrument, Panel, testing::weekdays};

const FIELDS: [&str; 5] = ["open", "high", "low", "close", "volume"];

/// What TA-Lib says of one series.
struct Expected {
    expression: &'static str,
    instrument: &'static str,
    /// The first row with a value.
    first: Option<usize>,
    values: Vec<(usize, f64)>,
}

fn market() -> Panel {
    let mut bars = BTreeMap::<&str, [Vec<f64>; 5]>::new();
    for line in include_str!("bars.csv").lines() {
        let (instrument, numbers) = line.split_once(',').unwrap();
        let columns = bars.entry(instrument).or_default();
        for (column, number) in columns.iter_mut().zip(numbers.split(',')) {
            column.push(if number.is_empty() { f64::NAN } else { number.parse().unwrap() });
        }
    }
    let n_sessions = bars.values().map(|columns| columns[0].len()).max().unwrap();
    let lives = bars.iter().map(|(name, columns)| (Instrument::new(name), 0..columns[0].len())).collect();
    let mut panel = Panel::new(Arc::new(Axis::new(weekdays(n_sessions), lives)));
    for (n, field) in FIELDS.into_iter().enumerate() {
        let values = bars.values().flat_map(|columns| columns[n].iter().copied()).collect();
        panel.insert(field, Column::F64(values)).unwrap();
    }
    panel
}

fn expected() -> impl Iterator<Item = Expected> {
    include_str!("expected.csv").lines().map(|line| {
        let [expression, instrument, first, values] = line.split(';').collect::<Vec<_>>()[..] else {
            panic!("{line:?} has four parts")
        };
        let values = values.split_whitespace().map(|value| {
            let (row, value) = value.split_once(':').unwrap();
            (row.parse().unwrap(), value.parse().unwrap())
        });
        Expected { expression, instrument, first: first.parse().ok(), values: values.collect() }
    })
}

fn compute<'a>(panel: &Panel, expressions: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, Vec<f64>> {
    let mut catalog = Catalog::new();
    for expression in expressions {
        let name = expression.replace('$', "");
        if catalog.definition(&name).is_none() {
            catalog = catalog.with(&name, expression).unwrap();
        }
    }
    let features = catalog.resolve(&["*"], &Schema::of(panel)).unwrap_or_else(|error| panic!("{error}"));
    let columns = Plan::new(&features).compute(panel, Encoding::F64, &()).unwrap();
    features
        .iter()
        .zip(columns)
        .map(|(feature, column)| (feature.name().to_owned(), column.to_f64()))
        .collect()
}

#[test]
fn every_indicator_gives_talibs_numbers() {
    let panel = market();
    let columns = compute(&panel, expected().map(|expected| expected.expression));
    for Expected { expression, instrument, first, values } in expected() {
        let rows = panel.axis().rows(panel.axis().find(instrument).unwrap());
        let found = &columns[&expression.replace('$', "")][rows];
        let began = found.iter().position(|value| !value.is_nan());
        assert_eq!(began, first, "the first value of {expression} on {instrument}");
        let scale = found.iter().filter(|value| !value.is_nan()).fold(0.0_f64, |scale, v| scale.max(v.abs()));
        for (row, value) in values {
            let close = (found[row] - value).abs() <= 1e-9 * value.abs() + 1e-11 * scale;
            assert!(close, "{expression} on {instrument}, row {row}: {} and not {value}", found[row]);
        }
    }
}

#[test]
fn no_indicator_is_left_out() {
    let registry = Registry::standard();
    let indicators = registry.all().filter(|operator| operator.documentation().name.starts_with("ta."));
    let expressions = expected().map(|expected| expected.expression).collect::<Vec<_>>();
    for indicator in indicators {
        let call = format!("{}(", indicator.documentation().name);
        let outputs = indicator.signature().outputs;
        for output in if outputs.is_empty() { &[""] } else { outputs } {
            let is_compared =
                expressions.iter().any(|text| text.starts_with(&call) && text.ends_with(output));
            assert!(is_compared, "{call}..){output}");
        }
    }
}

#[test]
fn a_row_with_a_missing_input_has_no_value() {
    let panel = market();
    let columns =
        compute(&panel, ["ta.RSI($close, 2)", "ta.ATR($high, $low, $close, 2)", "ta.OBV($close, $volume)"]);
    let rows = panel.axis().rows(panel.axis().find("holes").unwrap());
    let field = |name: &str| panel.field(name).unwrap().to_f64();
    let (high, close, volume) = (field("high"), field("close"), field("volume"));
    let last = rows.end - 1;
    for row in rows {
        let missing = |name: &str| columns[name][row].is_nan();
        assert!(!close[row].is_nan() || missing("ta.RSI(close, 2)"));
        assert!(!high[row].is_nan() || missing("ta.ATR(high, low, close, 2)"));
        assert!(!volume[row].is_nan() || missing("ta.OBV(close, volume)"));
    }
    assert!(columns.values().all(|column| !column[last].is_nan()), "holes poison nothing");
}

fn refusal(expression: &str) -> String {
    let catalog = Catalog::new().with("x", expression).unwrap();
    catalog.resolve(&["x"], &Schema::of(&market())).unwrap_err().to_string()
}

#[test]
fn refuses_what_talib_refuses() {
    let error = refusal("ta.MA($close, 5, matype=7)");
    assert!(error.contains("MAMA") && error.contains("choose 0 SMA"), "{error}");
    let error = refusal("ta.RSI($close, 1)");
    assert!(error.contains("`timeperiod` of `ta.RSI` must be a whole number from 2 to 100000"), "{error}");
    let error = refusal("ta.MACD($close)");
    assert!(error.contains("several outputs") && error.contains("`.macdsignal`"), "{error}");
    let error = refusal("ta.RSII($close)");
    assert!(error.contains("did you mean `ta.RSI`"), "{error}");
    let error = refusal("ta.SMA($close, period=5)");
    assert!(error.contains("timeperiod"), "{error}");
}
