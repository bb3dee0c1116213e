//! The libraries that ship: Qlib's names, order and numbers.
//!
//! `prices.csv` and `alpha158.csv` hold 90 sessions of a made-up instrument, with halts, and what Qlib 0.9.7 gives for its
//! Alpha158 on some of the rows (all of history, from the first session).

use std::sync::Arc;

use backstaff_feature::{Catalog, Plan, Schema};
use backstaff_panel::{Axis, Column, Encoding, Instrument, Panel, testing::weekdays};

const PRICES: &str = include_str!("prices.csv");
const ALPHA158: &str = include_str!("alpha158.csv");

/// Cells as numbers; an empty one is missing.
fn numbers<'a>(cells: impl Iterator<Item = &'a str>) -> Vec<f64> {
    cells.map(|cell| if cell.is_empty() { f64::NAN } else { cell.parse().expect("a number") }).collect()
}

fn panel() -> Panel {
    let mut lines = PRICES.lines();
    let names = lines.next().expect("a head").split(',').collect::<Vec<_>>();
    let rows = lines.map(|line| numbers(line.split(','))).collect::<Vec<_>>();
    let axis = Axis::new(weekdays(rows.len()), vec![(Instrument::new("A"), 0..rows.len())]);
    let mut panel = Panel::new(Arc::new(axis));
    for (n, name) in names.into_iter().enumerate() {
        let values = rows.iter().map(|row| row[n]).collect();
        panel.insert(name, Column::F64(values)).expect("a column of the axis");
    }
    panel
}

fn names(library: &str) -> Vec<String> {
    let catalog = Catalog::new().with_library(library).expect("a library that ships");
    catalog.select(&[library]).expect("its own name")
}

#[test]
fn alpha158_gives_the_numbers_of_qlib_in_its_order() {
    let panel = panel();
    let catalog = Catalog::new().with_library("alpha158").expect("a library that ships");
    let features =
        catalog.resolve(&["alpha158"], &Schema::of(&panel)).unwrap_or_else(|error| panic!("{error}"));
    let columns = Plan::new(&features).compute(&panel, Encoding::F64, &()).expect("all columns are there");
    let mut lines = ALPHA158.lines();
    let rows = numbers(lines.next().expect("a head").split(',').skip(1));
    let lines = lines.collect::<Vec<_>>();
    assert_eq!(lines.len(), features.len());
    for (line, (feature, column)) in lines.iter().zip(features.iter().zip(&columns)) {
        let (name, cells) = line.split_once(',').expect("a name and numbers");
        assert_eq!(feature.name(), name);
        for (&row, expected) in rows.iter().zip(numbers(cells.split(','))) {
            let value = column.get(row as usize);
            // Qlib computes in single precision.
            let is_near = (value - expected).abs() <= 1e-5 * expected.abs().max(1.0);
            assert!(
                is_near || (value.is_nan() && expected.is_nan()),
                "{name}, row {row}: {value}, not {expected}"
            );
        }
    }
}

#[test]
fn alpha360_has_the_names_of_qlib_in_its_order() {
    let fields = ["CLOSE", "OPEN", "HIGH", "LOW", "VWAP", "VOLUME"];
    let expected = fields.iter().flat_map(|field| (0..60).rev().map(move |i| format!("{field}{i}")));
    assert_eq!(names("alpha360"), expected.collect::<Vec<_>>());
    let catalog = Catalog::new().with_library("alpha360").expect("a library that ships");
    let expression = |name: &str| catalog.definition(name).expect("an entry").expression.clone();
    assert_eq!(expression("OPEN59"), "Ref($open, 59)/$close");
    assert_eq!(expression("VOLUME1"), "Ref($volume, 1)/($volume+1e-12)");
}

#[test]
fn an_entry_whose_column_is_missing_is_left_out_alone() {
    let catalog = Catalog::new().with_library("alpha158").expect("a library that ships");
    let mut schema = Schema::of(&panel());
    schema.fields.remove("vwap");
    let available = catalog.resolve_available(&["alpha158"], &schema).expect("its own name");
    assert_eq!(available.features.len(), 157);
    let [(name, error)] = available.left_out.as_slice() else { panic!("one is left out") };
    assert_eq!(name, "VWAP0");
    assert!(error.lacks_column() && error.to_string().contains("there is no field `$vwap`"), "{error}");
}

#[test]
fn all_libraries_fit_together() {
    let mut catalog = Catalog::new();
    // The canonical one has the names of `krx` with other definitions, so it is used alone.
    for library in Catalog::library_names().filter(|name| *name != "krx_canonical") {
        catalog = catalog.with_library(library).unwrap_or_else(|error| panic!("{error}"));
    }
    assert!(catalog.clone().with_library("krx_canonical").is_err());
    assert_eq!(
        catalog.select(&["krx", "technical"]).expect("both").iter().filter(|name| *name == "rsi_14").count(),
        1
    );
    assert!(!names("krx").contains(&"vcp_breakout_potential".to_owned()), "always 0");
}
