//! Samples and models for the tests of this crate.

use proptest::prelude::*;

use crate::{CovarianceForm, Covariances, GaussianHmm, Missing, Observations};

/// Approximately normal numbers that any language can make: sums of twelve numbers of a linear congruential generator.
pub(crate) fn noise(seed: u64, count: usize) -> Vec<f64> {
    let mut state = seed;
    let mut next = || {
        state = (state * 1_103_515_245 + 12_345) % (1 << 31);
        state as f64 / 2_147_483_648.0
    };
    (0..count).map(|_| (0..12).fold(0.0, |sum, _| sum + next()) - 6.0).collect()
}

/// Daily returns in turns of 25 bars.
pub(crate) fn market(count: usize) -> Vec<f64> {
    let turns = [(0.0008, 0.006), (-0.002, 0.02), (0.0, 0.01), (0.001, 0.005)];
    let noise = noise(42, count);
    noise.iter().enumerate().map(|(t, z)| turns[t / 25 % 4].0 + turns[t / 25 % 4].1 * z).collect()
}

/// A second series that moves with the first.
pub(crate) fn companion(market: &[f64]) -> Vec<f64> {
    noise(7, market.len()).iter().zip(market).map(|(u, x)| 0.5 * x + 0.004 * u).collect()
}

pub(crate) fn seen(values: &[f64]) -> Observations {
    Observations::univariate(values, Missing::Skip).expect("finite values")
}

/// Three states of which the first is left for good, the others never.
pub(crate) fn fading() -> GaussianHmm {
    GaussianHmm::new(
        vec![1.0, 0.0, 0.0],
        vec![0.5, 0.4, 0.1, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        vec![0.0, 1.0, 0.0],
        Covariances::Diagonal(vec![1.0, 1.0, 2.0]),
    )
    .expect("a model")
}

/// Three states that hmmlearn was given, too.
pub(crate) fn guess(covariances: Covariances) -> GaussianHmm {
    let d = covariances.values().len() / if covariances.form() == CovarianceForm::Full { 6 } else { 3 };
    let means = if covariances.values().len() == 3 {
        vec![-0.002, 0.0, 0.001]
    } else {
        assert!(d >= 2, "one or two series");
        vec![-0.002, 0.0, 0.0, 0.0, 0.001, 0.0005]
    };
    let transition = vec![0.9, 0.05, 0.05, 0.1, 0.8, 0.1, 0.05, 0.05, 0.9];
    GaussianHmm::new(vec![0.5, 0.3, 0.2], transition, means, covariances).expect("a valid guess")
}

/// Distributions in which zeros are common.
fn distribution(k: usize) -> impl Strategy<Value = Vec<f64>> {
    let weight = prop_oneof![1 => Just(0.0), 4 => 0.01..1.0_f64];
    prop::collection::vec(weight, k).prop_map(|mut weights| {
        if weights.iter().sum::<f64>() == 0.0 {
            weights[0] = 1.0;
        }
        let sum: f64 = weights.iter().sum();
        for weight in &mut weights {
            *weight /= sum;
        }
        weights
    })
}

/// Models of up to four states and one or two series, with zeros.
pub(crate) fn any_model() -> impl Strategy<Value = GaussianHmm> {
    (1..5_usize, 1..3_usize, any::<bool>()).prop_flat_map(|(k, d, is_full)| {
        let transition = prop::collection::vec(distribution(k), k);
        let means = prop::collection::vec(-3.0..3.0, k * d);
        let spreads = prop::collection::vec((0.1..3.0_f64, -0.9..0.9_f64), k * d);
        (distribution(k), transition, means, spreads).prop_map(move |(start, transition, means, spreads)| {
            let covariances = if is_full {
                let entry = |at: usize| {
                    let (state, i, j) = (at / (d * d), at / d % d, at % d);
                    let correlation = if i == j { 1.0 } else { spreads[state * d].1 };
                    correlation * spreads[state * d + i].0 * spreads[state * d + j].0
                };
                Covariances::Full((0..k * d * d).map(entry).collect())
            } else {
                Covariances::Diagonal(spreads.iter().map(|(spread, _)| spread * spread).collect())
            };
            GaussianHmm::new(start, transition.concat(), means, covariances).expect("a valid model")
        })
    })
}

/// Bars for such models, some missing, some absurd.
pub(crate) fn any_bars(d: usize, count: std::ops::Range<usize>) -> impl Strategy<Value = Observations> {
    let value = prop_oneof![8 => -4.0..4.0, 1 => Just(f64::NAN), 1 => -60.0..60.0];
    prop::collection::vec(prop::collection::vec(value, d), count).prop_map(move |rows| {
        let mut bars = Observations::empty(d);
        for row in &rows {
            bars.push(row, Missing::Skip).expect("finite values");
        }
        bars
    })
}

/// A model and bars of its width.
pub(crate) fn any_model_and_bars(
    count: std::ops::Range<usize>,
) -> impl Strategy<Value = (GaussianHmm, Observations)> {
    any_model().prop_flat_map(move |model| {
        let d = model.n_series();
        (Just(model), any_bars(d, count.clone()))
    })
}
