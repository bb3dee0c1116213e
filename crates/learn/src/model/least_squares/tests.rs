use backstaff_lightgbm::Threads;
use backstaff_panel::Column;
use proptest::prelude::*;

use super::{super::Features, *};

const N: usize = 300;

fn value(row: usize, column: usize) -> f64 {
    ((row * (31 * column + 17) + column * 7) % 97) as f64 / 40.0 - 1.2
}

/// Three columns, their sums and differences, and one that is constant.
fn columns() -> Vec<Column> {
    let column = |of: &dyn Fn(usize) -> f64| Column::F64((0..N).map(of).collect());
    vec![
        column(&|row| value(row, 0)),
        column(&|row| value(row, 1)),
        column(&|row| value(row, 2)),
        column(&|row| value(row, 0) - value(row, 1)),
        column(&|row| 2.0 * value(row, 2)),
        column(&|_| 1.0),
    ]
}

fn features(columns: &[Column]) -> Features<'_> {
    Features::new(["a", "b", "c", "d", "e", "f"].into_iter().zip(columns)).unwrap()
}

fn fit(linear: Linear, samples: &Samples<'_>) -> (Vec<f64>, Vec<f64>) {
    let none = Samples::new(samples.features(), &[], &[]).unwrap();
    let model = linear.fit(samples, &none).unwrap().model;
    let rows = (0..N as u32).collect::<Vec<_>>();
    let predicted = model.predict(samples.features(), &rows, Threads::ONE).unwrap();
    (predicted, model.importance().unwrap().iter().map(|importance| importance.gain).collect())
}

fn targets() -> Vec<f64> {
    (0..N).map(|row| value(row, 0) - 0.4 * value(row, 2) + 0.3 * value(row, 5)).collect()
}

#[test]
fn the_smallest_of_all_solutions_is_taken() {
    let columns = columns();
    let features = features(&columns);
    let rows = (0..N as u32).collect::<Vec<_>>();
    let samples = Samples::new(&features, &rows, &targets()).unwrap();
    let (_, sizes) = fit(Linear::new(Estimator::Ols, false, false).unwrap(), &samples);
    // c and e = 2 c share a coefficient by 1 : 2.
    assert!((sizes[4] - 2.0 * sizes[2]).abs() < 1e-12, "{sizes:?}");
}

#[test]
fn a_weight_of_two_is_a_row_given_twice() {
    let columns = columns();
    let features = features(&columns);
    let targets = targets();
    let rows = (0..N as u32).collect::<Vec<_>>();
    let twice = |row: &u32| row.is_multiple_of(3);
    let weights = rows.iter().map(|row| if twice(row) { 2.0 } else { 1.0 }).collect::<Vec<_>>();
    let weighted = Samples::weighted(&features, &rows, &targets, &weights).unwrap();
    let doubled = rows.iter().copied().chain(rows.iter().copied().filter(twice)).collect::<Vec<_>>();
    let repeated = doubled.iter().map(|&row| targets[row as usize]).collect::<Vec<_>>();
    let repeated = Samples::new(&features, &doubled, &repeated).unwrap();
    for (estimator, has_intercept) in [
        (Estimator::Ols, true),
        (Estimator::Ridge { alpha: 5.0 }, true),
        (Estimator::Ridge { alpha: 0.5 }, false),
    ] {
        let linear = Linear::new(estimator, has_intercept, false).unwrap();
        for (a, b) in fit(linear, &weighted).0.iter().zip(&fit(linear, &repeated).0) {
            assert!((a - b).abs() < 1e-11, "{estimator:?}: {a} is not {b}");
        }
    }
}

#[test]
fn what_qlib_refuses_is_refused() {
    for kwargs in [
        serde_json::json!({"estimator": "ols", "alpha": 1.0}),
        serde_json::json!({"estimator": "elastic"}),
        serde_json::json!({"fit_intercepts": true}),
        serde_json::json!({"estimator": "ridge", "alpha": -1.0}),
    ] {
        assert!(Linear::from_kwargs(&kwargs).is_err(), "{kwargs}");
    }
}

proptest! {
    // The conditions that hold at the one optimum, and nowhere else.
    #[test]
    fn no_coefficient_is_negative_and_none_would_help_more(values in prop::collection::vec(-3_i32..4, 8 * 12)) {
        let rows = values.chunks(8).map(|row| row.iter().map(|&value| f64::from(value)).collect::<Vec<_>>());
        let rows = rows.collect::<Vec<_>>();
        let triangle = Triangle::of(rows.len(), 8, |range, out| {
            for (column, out) in out.chunks_exact_mut(range.len()).enumerate() {
                out.iter_mut().zip(range.clone()).for_each(|(out, row)| *out = rows[row][column]);
            }
        });
        let found = nonnegative::solve(&triangle, 7, triangle.column(7));
        prop_assert!(found.iter().all(|&value| value >= 0.0));
        for j in 0..7 {
            let rest = |row: &Vec<f64>| row[7] - row[..7].iter().zip(&found).map(|(x, b)| x * b).sum::<f64>();
            let gradient = rows.iter().map(|row| row[j] * rest(row)).sum::<f64>();
            prop_assert!(gradient < 1e-9, "{j} would help: {gradient}");
            prop_assert!(found[j] == 0.0 || gradient > -1e-9, "{j} is too large: {gradient}");
        }
    }
}
