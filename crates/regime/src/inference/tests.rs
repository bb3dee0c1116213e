//! The recursions against the sum over all paths, and against hmmlearn.

use proptest::prelude::*;

use super::*;
use crate::{
    Covariances,
    model::Densities,
    testing::{any_model_and_bars, companion, guess, market, seen},
};

/// Every path of states with the logarithm of its density together with the bars: what the recursions sum up.
fn paths(model: &GaussianHmm, bars: &Observations) -> Vec<(Vec<usize>, f64)> {
    let (k, densities) = (model.n_states(), Densities::new(model));
    let mut density = vec![0.0; k];
    let mut paths: Vec<(Vec<usize>, f64)> = vec![(Vec::new(), 0.0)];
    for t in 0..bars.n_rows() {
        match bars.row(t) {
            Some(x) => densities.write(x, &mut density),
            None => density.fill(0.0),
        }
        let longer = paths.iter().flat_map(|(path, log)| {
            let density = &density;
            (0..k).map(move |state| {
                let a = path.last().map_or(model.start()[state], |&from| model.transition(from)[state]);
                let path = path.iter().copied().chain([state]).collect();
                (path, log + libm::log(a) + density[state])
            })
        });
        paths = longer.collect();
    }
    paths
}

/// The log-likelihood and the probability of each state at bar `t`, by the sum over all paths.
fn enumerated(model: &GaussianHmm, bars: &Observations, t: usize) -> (f64, Vec<f64>) {
    let paths = paths(model, bars);
    let largest = paths.iter().map(|(_, log)| *log).fold(f64::NEG_INFINITY, f64::max);
    let mut states = vec![0.0; model.n_states()];
    for (path, log) in &paths {
        states[path[t]] += libm::exp(log - largest);
    }
    let sum: f64 = states.iter().sum();
    (largest + libm::log(sum), states.iter().map(|state| state / sum).collect())
}

fn close(found: &[f64], expected: &[f64]) -> bool {
    found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9)
}

proptest! {
    #[test]
    fn filtered_and_smoothed_are_sums_over_all_paths((model, bars) in any_model_and_bars(1..6)) {
        let filtered = filter(&model, &bars).unwrap();
        let smoothed = smooth(&model, &bars).unwrap();
        for t in 0..bars.n_rows() {
            let (_, expected) = enumerated(&model, &bars.rows(0..t + 1), t);
            prop_assert!(close(filtered.row(t), &expected), "{:?} {expected:?}", filtered.row(t));
            let (log_likelihood, expected) = enumerated(&model, &bars, t);
            prop_assert!(close(smoothed.row(t), &expected), "{:?} {expected:?}", smoothed.row(t));
            for found in [filtered.log_likelihood(), smoothed.log_likelihood(), score(&model, &bars).unwrap()] {
                prop_assert!((found - log_likelihood).abs() < 1e-9 * log_likelihood.abs().max(1.0));
            }
        }
    }

    #[test]
    fn the_best_path_is_the_likeliest_of_all((model, bars) in any_model_and_bars(1..6)) {
        let paths = paths(&model, &bars);
        let best = paths.iter().map(|(_, log)| *log).fold(f64::NEG_INFINITY, f64::max);
        let (found, told) = likeliest_path(&model, &bars).unwrap();
        let log = paths.iter().find(|(path, _)| *path == found).unwrap().1;
        prop_assert!((told - log).abs() < 1e-9 * log.abs().max(1.0));
        prop_assert!((log - best).abs() < 1e-9 * best.abs().max(1.0));
    }

    #[test]
    fn later_bars_change_no_bit_of_what_was_filtered((model, bars) in any_model_and_bars(2..20), cut in 1..20_usize) {
        let cut = cut.min(bars.n_rows());
        let whole = filter(&model, &bars).unwrap();
        let part = filter(&model, &bars.rows(0..cut)).unwrap();
        prop_assert_eq!(&whole.probabilities[..part.probabilities.len()], &part.probabilities[..]);
    }

    #[test]
    fn permuted_states_give_permuted_probabilities((model, bars) in any_model_and_bars(1..12)) {
        let order = (0..model.n_states()).rev().collect::<Vec<_>>();
        let turned = model.reordered(&order);
        let (a, b) = (smooth(&model, &bars).unwrap(), smooth(&turned, &bars).unwrap());
        for t in 0..bars.n_rows() {
            let expected = order.iter().map(|&state| a.row(t)[state]).collect::<Vec<_>>();
            prop_assert!(close(b.row(t), &expected));
        }
    }

    #[test]
    fn a_missing_bar_is_a_power_of_the_transitions((model, bars) in any_model_and_bars(1..4), gap in 1..9_usize) {
        let mut stream = Filter::new(&model);
        for t in 0..bars.n_rows() {
            stream.take(bars.row(t));
        }
        let before = stream.probabilities();
        for _ in 0..gap {
            stream.step(&vec![f64::NAN; model.n_series()]).unwrap();
        }
        let expected = forecast(&model, &before, gap).unwrap().probabilities;
        prop_assert!(close(&stream.probabilities(), &expected));
    }
}

#[test]
fn agrees_with_hmmlearn() {
    let model = guess(Covariances::Diagonal(vec![0.0004, 0.0001, 0.000_025]));
    let bars = seen(&market(252));
    assert!((score(&model, &bars).unwrap() - 786.386_504_087_141_6).abs() < 1e-9);
    let smoothed = smooth(&model, &bars).unwrap();
    let expected = [
        (0, [0.055_751_572_795_314_19, 0.264_959_926_500_695_55, 0.679_288_500_703_990_4]),
        (30, [0.788_647_911_606_379_9, 0.206_374_381_409_160_06, 0.004_977_706_984_460_044]),
        (100, [0.050_944_125_667_458_366, 0.271_099_200_350_844_1, 0.677_956_673_981_697_7]),
        (251, [0.657_703_681_943_231_7, 0.150_612_834_752_305_36, 0.191_683_483_304_463_03]),
    ];
    for (t, expected) in expected {
        assert!(smoothed.row(t).iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-10), "bar {t}");
    }
    let path = viterbi(&model, &bars).unwrap();
    assert!(path[..25].iter().all(|&s| s == 2) && path[25..49].iter().all(|&s| s == 0) && path[58] == 0);
}

#[test]
fn agrees_with_hmmlearn_on_full_covariances() {
    let covariances = vec![
        0.0004, 0.0002, 0.0002, 0.0002, 0.0001, 0.000_05, 0.000_05, 0.000_05, 0.000_025, 0.000_01, 0.000_01,
        0.000_03,
    ];
    let market = market(252);
    let bars = Observations::from_columns(&[&market, &companion(&market)], crate::Missing::Refuse).unwrap();
    let found = score(&guess(Covariances::Full(covariances)), &bars).unwrap();
    assert!((found - 1_775.477_614_992_573_8).abs() < 1e-9, "{found}");
}

/// The weather of the standard textbook on artificial intelligence, with densities in the place of its probabilities:
/// rain and sun, and two observations whose densities stand as 9 : 2.
#[test]
fn agrees_with_the_umbrella_world() {
    // Two unit normals at ±m have the ratio exp(2 m x); x = 1 with m = ln(4.5) / 2 is the umbrella.
    let m = libm::log(4.5) / 2.0;
    let world = GaussianHmm::new(
        vec![0.5, 0.5],
        vec![0.7, 0.3, 0.3, 0.7],
        vec![m, -m],
        Covariances::Diagonal(vec![1.0, 1.0]),
    )
    .unwrap();
    let bars = seen(&[1.0, 1.0]);
    let filtered = filter(&world, &bars).unwrap();
    assert!((filtered.row(0)[0] - 9.0 / 11.0).abs() < 1e-12);
    assert!((filtered.row(1)[0] - 0.883_357_041_251_778).abs() < 1e-12);
    assert!((smooth(&world, &bars).unwrap().row(0)[0] - 0.883_357_041_251_778).abs() < 1e-12);
}

#[test]
fn an_outlier_of_fifty_deviations_gives_no_nan() {
    for transition in [vec![0.95, 0.05, 0.05, 0.95], vec![1.0, 0.0, 0.05, 0.95]] {
        let model = GaussianHmm::new(
            vec![1.0, 0.0],
            transition,
            vec![0.0, 0.0],
            Covariances::Diagonal(vec![1.0, 4.0]),
        )
        .unwrap();
        let bars = seen(&[0.1, 50.0, -0.2, 1e300, 0.1]);
        let (filtered, smoothed) = (filter(&model, &bars).unwrap(), smooth(&model, &bars).unwrap());
        for probabilities in [&filtered.probabilities, &smoothed.probabilities] {
            assert!(probabilities.iter().all(|p| (0.0..=1.0 + 1e-12).contains(p)), "{probabilities:?}");
        }
        assert!(filtered.log_likelihood().is_finite());
    }
}

#[test]
fn a_path_too_unlikely_for_ordinary_numbers_is_not_lost() {
    // The second state is entered only at the start, with a tiny probability, and explains all that follows.
    let model = GaussianHmm::new(
        vec![1.0, 0.0, 0.0],
        vec![0.5, 0.5, 0.0, 0.0, 0.5, 0.5, 0.0, 0.0, 1.0],
        vec![0.0, 100.0, 0.0],
        Covariances::Diagonal(vec![1.0, 1.0, 1e-4]),
    )
    .unwrap();
    let bars = seen(&[0.0, 0.0, 100.0, 0.0, 0.0]);
    let (_, expected) = enumerated(&model, &bars, 4);
    assert!(close(filter(&model, &bars).unwrap().row(4), &expected));
    assert!(close(smooth(&model, &bars).unwrap().row(4), &expected));
}

#[test]
fn a_forecast_tends_to_the_long_run() {
    let model = guess(Covariances::Diagonal(vec![0.0004, 0.0001, 0.000_025]));
    let far = forecast(&model, &[1.0, 0.0, 0.0], 500).unwrap();
    assert!(close(&far.probabilities, &model.stationary()));
    let near = forecast(&model, &[1.0, 0.0, 0.0], 1).unwrap();
    assert!((near.means[0] - (-0.002 * 0.9 + 0.001 * 0.05)).abs() < 1e-15);
    assert!(forecast(&model, &[1.0], 1).is_err());
}

#[test]
fn simulated_bars_have_the_moments_of_the_model() {
    let covariances = Covariances::Full(vec![1.0, 0.6, 0.6, 2.0, 4.0, -1.0, -1.0, 1.0]);
    let model =
        GaussianHmm::new(vec![0.5, 0.5], vec![0.9, 0.1, 0.2, 0.8], vec![0.0, 1.0, 3.0, -1.0], covariances)
            .unwrap();
    let (states, bars) = simulate(&model, 40_000, 3);
    assert_eq!(simulate(&model, 40_000, 3).0, states);
    assert_ne!(simulate(&model, 40_000, 4).0, states);
    let share = states.iter().filter(|&&state| state == 0).count() as f64 / 40_000.0;
    assert!((share - 2.0 / 3.0).abs() < 0.02, "{share}");
    let rows =
        (0..40_000).filter(|&t| states[t] == 1).map(|t| bars.row(t).unwrap().to_vec()).collect::<Vec<_>>();
    let n = rows.len() as f64;
    let product = rows.iter().map(|row| (row[0] - 3.0) * (row[1] + 1.0)).sum::<f64>() / n;
    assert!((product + 1.0).abs() < 0.1, "{product}");
}

#[test]
fn observations_of_another_width_are_refused() {
    let model = guess(Covariances::Diagonal(vec![0.0004, 0.0001, 0.000_025]));
    let wide = Observations::from_columns(&[&[1.0], &[2.0]], crate::Missing::Refuse).unwrap();
    assert_eq!(filter(&model, &wide), Err(RegimeError::Series { expected: 1, found: 2 }));
    assert!(
        smooth(&model, &wide).is_err() && viterbi(&model, &wide).is_err() && score(&model, &wide).is_err()
    );
    let mut stream = Filter::new(&model);
    assert!(stream.step(&[1.0, 2.0]).is_err() && stream.step(&[f64::INFINITY]).is_err());
    assert_eq!(stream.n_bars(), 0);
}
