//! Processors and chains of them: the bits of every column, on one thread and on several.

use std::ops::RangeInclusive;

use backstaff_learn::process::{self, Chain, LearnFrom, Step, Table, TableColumn};
use backstaff_panel::Column;
use serde::Deserialize;
use serde_json::Value;

use crate::base64;

/// By how much two numbers may differ, relative to the larger, where not all bits are promised.
const CLOSE: f64 = 1e-6;

#[derive(Deserialize)]
struct Market {
    fit: [u32; 2],
    table: Written,
    cases: Vec<Case>,
    chains: Vec<WrittenChain>,
}

#[derive(Deserialize)]
struct Case {
    class: String,
    kwargs: Value,
    result: Written,
}

#[derive(Deserialize)]
struct WrittenChain {
    process_type: String,
    shared: Vec<(String, Value)>,
    infer: Vec<(String, Value)>,
    learn: Vec<(String, Value)>,
    inference: Written,
    learning: Written,
}

/// A table, or what has changed since another one.
#[derive(Deserialize)]
struct Written {
    sessions: Option<Vec<u32>>,
    instruments: Option<Vec<u32>>,
    columns: Vec<WrittenColumn>,
}

#[derive(Deserialize)]
struct WrittenColumn {
    group: String,
    name: String,
    dtype: String,
    values: Option<String>,
}

impl Written {
    fn table(&self, given: Option<&Table>) -> Table {
        let column = |written: &WrittenColumn| {
            let kept = || {
                let columns = given.unwrap().columns();
                let kept =
                    columns.iter().find(|kept| *kept.name == *written.name && *kept.group == *written.group);
                kept.unwrap().values.clone()
            };
            let values = match &written.values {
                Some(text) => base64::column(&written.dtype, text).into(),
                None => kept(),
            };
            TableColumn { group: written.group.as_str().into(), name: written.name.as_str().into(), values }
        };
        let rows = |own: &Option<Vec<u32>>, kept: fn(&Table) -> &[u32]| {
            own.clone().unwrap_or_else(|| kept(given.unwrap()).to_vec())
        };
        let (sessions, instruments) =
            (rows(&self.sessions, Table::sessions), rows(&self.instruments, Table::instruments));
        Table::new(sessions, instruments, self.columns.iter().map(column).collect()).unwrap()
    }
}

fn markets() -> Vec<Market> {
    serde_json::from_str(include_str!("processors.json")).unwrap()
}

/// The largest relative difference of two columns of one width, if they are missing in the same rows.
fn difference(found: &Column, expected: &Column) -> f64 {
    assert_eq!(found.encoding(), expected.encoding());
    let differences = (0..expected.len()).map(|row| {
        let (found, expected) = (found.get(row), expected.get(row));
        if found.to_bits() == expected.to_bits() || (found.is_nan() && expected.is_nan()) {
            0.0
        } else if found == expected {
            // Zeros of different signs.
            f64::MIN_POSITIVE
        } else {
            let difference = (found - expected).abs() / found.abs().max(expected.abs());
            if difference.is_nan() { f64::INFINITY } else { difference }
        }
    });
    differences.fold(0.0, f64::max)
}

fn must_be(what: &str, found: &Table, expected: &Table, tolerance: f64) {
    assert_eq!(found.sessions(), expected.sessions(), "{what}");
    assert_eq!(found.instruments(), expected.instruments(), "{what}");
    let keys = |table: &Table| {
        let keys = table.columns().iter().map(|column| (column.group.clone(), column.name.clone()));
        keys.collect::<Vec<_>>()
    };
    assert_eq!(keys(found), keys(expected), "{what}");
    for (found, expected) in found.columns().iter().zip(expected.columns()) {
        let name = &expected.name;
        assert_eq!(found.values.encoding(), expected.values.encoding(), "{what}: {name}");
        let difference = difference(&found.values, &expected.values);
        assert!(difference <= tolerance, "{what}: {name} differs by {difference:e}");
    }
}

fn with_threads<T: Send>(n: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(work)
}

#[test]
fn a_processor_gives_the_bits_of_qlibs() {
    for (n, market) in markets().iter().enumerate() {
        let given = market.table.table(None);
        for case in &market.cases {
            let what = format!("market {n}, {} {}", case.class, case.kwargs);
            let expected = case.result.table(Some(&given));
            let tolerance = if case.class == "TanhProcess" { CLOSE } else { 0.0 };
            for n_threads in [1, 3] {
                let mut processor = process::make(&case.class, &case.kwargs).unwrap();
                let found = with_threads(n_threads, || {
                    processor.fit(&given, market.fit[0]..=market.fit[1]).unwrap();
                    processor.apply(given.clone()).unwrap()
                });
                must_be(&what, &found, &expected, tolerance);
            }
        }
        must_be("what was given", &given, &market.table.table(None), 0.0);
    }
}

#[test]
fn a_chain_gives_the_bits_of_a_handlers() {
    let steps = |written: &[(String, Value)], fitted_on: &RangeInclusive<u32>| {
        let step = |(class, kwargs): &(String, Value)| Step {
            processor: process::make(class, kwargs).unwrap(),
            fitted_on: fitted_on.clone(),
        };
        written.iter().map(step).collect::<Vec<_>>()
    };
    for (n, market) in markets().iter().enumerate() {
        let (given, fit) = (market.table.table(None), market.fit[0]..=market.fit[1]);
        for (k, written) in market.chains.iter().enumerate() {
            let learn_from = match written.process_type.as_str() {
                "append" => LearnFrom::Inference,
                _ => LearnFrom::Shared,
            };
            let (shared, infer) = (steps(&written.shared, &fit), steps(&written.infer, &fit));
            let mut chain = Chain::new(shared, infer, steps(&written.learn, &fit), learn_from).unwrap();
            let found = chain.fit(given.clone()).unwrap();
            let (inference, learning) =
                (written.inference.table(Some(&given)), written.learning.table(Some(&given)));
            must_be(&format!("market {n}, chain {k}, inference"), &found.inference, &inference, 0.0);
            must_be(&format!("market {n}, chain {k}, learning"), &found.learning, &learning, 0.0);
            let again = chain.apply(given.clone()).unwrap();
            must_be(&format!("market {n}, chain {k}, again"), &again, &inference, 0.0);
        }
    }
}
