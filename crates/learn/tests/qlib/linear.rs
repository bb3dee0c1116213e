//! Linear models: predictions beside those of scikit-learn and scipy, as Qlib calls them.

use backstaff_learn::{
    Threads,
    model::{self, Linear},
};

use crate::models::{Written, numbers, rows};

/// By how much predictions may differ, in standard deviations of them, where scikit-learn computed in 64 bits.
const CLOSE: f64 = 1e-9;
/// The same where it computed in 32 bits, which we don't.
const ROUNDED: f64 = 1e-5;

#[test]
fn predictions_are_those_of_scikit_learn() {
    for (n, written) in Written::all("LinearModel").iter().enumerate() {
        let data = written.data();
        let features = data.features();
        for case in &written.cases {
            let linear = Linear::from_kwargs(&case["kwargs"]).unwrap();
            let fit = linear.fit(&data.samples(&features, 0), &data.samples(&features, 1)).unwrap();
            let found = fit.model.predict(&features, &rows(2), Threads::ONE).unwrap();
            let expected = numbers(case, "test");
            let present = || expected.iter().copied().filter(|value| !value.is_nan());
            let count = present().count() as f64;
            let mean = present().sum::<f64>() / count;
            let deviation = (present().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
            let tolerance = if case["width"] == "f8" { CLOSE } else { ROUNDED };
            for (row, (found, expected)) in found.iter().zip(&expected).enumerate() {
                let difference = (found - expected).abs() / deviation;
                let is_equal = difference <= tolerance || (found.is_nan() && expected.is_nan());
                assert!(
                    is_equal,
                    "data {n}, {}, row {row}: {found} is not {expected} ({difference:e})",
                    case["kwargs"]
                );
            }
            let again = model::from_text(&fit.model.to_text()).unwrap();
            let again = again.predict(&features, &rows(2), Threads::ONE).unwrap();
            assert!(found.iter().zip(&again).all(|(a, b)| a.to_bits() == b.to_bits()));
        }
    }
}
