//! Fits against hmmlearn, and what must hold of any fit.

use proptest::prelude::*;

use super::*;
use crate::{
    CovarianceForm, Covariances, Missing, score, simulate, smooth,
    testing::{any_model, companion, fading, guess, market, noise, seen},
};

/// Exactly so many iterations from a given model.
fn iterations(model: &GaussianHmm, count: usize) -> FitOptions {
    FitOptions {
        covariance: model.covariances().form(),
        starts: vec![Start::Given(Box::new(model.clone()))],
        max_iterations: count,
        tolerance: 0.0,
        variance_floor: 1e-9,
        ..FitOptions::new(model.n_states())
    }
}

fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() <= tolerance * b.abs().max(1e-6), "{found:?} {expected:?}");
    }
}

#[test]
fn walks_the_way_of_hmmlearn() {
    let start = guess(Covariances::Diagonal(vec![0.0004, 0.0001, 0.000_025]));
    let bars = seen(&market(252));
    let found = fit(&bars, &iterations(&start, 1)).unwrap();
    assert_close(&[found.log_likelihood], &[788.654_695_934_193_9], 1e-12);
    let transition = [
        0.917_969_414_623_507_9,
        0.043_145_615_950_413_975,
        0.038_884_969_426_078_14,
        0.080_417_675_687_214_49,
        0.808_493_402_905_672_8,
        0.111_088_921_407_112_7,
        0.034_943_378_489_745_25,
        0.043_317_050_277_413_255,
        0.921_739_571_232_841_6,
    ];
    assert_close(&found.model.transition, &transition, 1e-10);
    let found = fit(&bars, &iterations(&start, 100)).unwrap();
    // The hundredth iteration is beyond where ordinary numbers can tell a gain.
    assert!(found.converged && found.iterations < 100);
    assert_close(&[found.log_likelihood], &[793.030_446_549_687_8], 1e-12);
    let means = [-0.002_640_242_461_534_906_8, -0.001_075_203_428_871_716_8, 0.001_358_889_475_510_701_6];
    assert_close(&found.model.means, &means, 1e-8);
    let variances = [0.000_464_443_195_651_529_36, 0.000_130_435_827_223_107_57, 3.092_342_300_342_248e-5];
    assert_close(found.model.covariances.values(), &variances, 1e-8);
    assert_close(found.model.start(), &[0.0, 0.0, 1.0], 1e-12);
}

#[test]
fn walks_the_way_of_hmmlearn_with_two_series() {
    let market = market(252);
    let bars = Observations::from_columns(&[&market, &companion(&market)], Missing::Refuse).unwrap();
    let full = Covariances::Full(vec![
        0.0004, 0.0002, 0.0002, 0.0002, 0.0001, 0.000_05, 0.000_05, 0.000_05, 0.000_025, 0.000_01, 0.000_01,
        0.000_03,
    ]);
    let found = fit(&bars, &iterations(&guess(full), 20)).unwrap();
    assert_close(&[found.log_likelihood], &[1_829.234_426_515_785_3], 1e-12);
    let means = [
        -0.002_873_173_409_167_384,
        -0.001_263_298_077_381_993_5,
        0.000_360_025_237_118_280_6,
        0.000_194_001_457_746_870_2,
        0.001_163_160_655_544_758_1,
        0.000_919_560_516_870_629_1,
    ];
    assert_close(&found.model.means, &means, 1e-8);
    let first = [
        0.000_437_896_542_681_378_74,
        0.000_227_902_335_901_617_27,
        0.000_227_902_335_901_617_27,
        0.000_132_820_241_687_903_9,
    ];
    assert_close(&found.model.covariances.values()[..4], &first, 1e-8);
    let diagonal = Covariances::Diagonal(vec![0.0004, 0.0002, 0.0001, 0.000_05, 0.000_025, 0.000_03]);
    let found = fit(&bars, &iterations(&guess(diagonal), 20)).unwrap();
    assert_close(&[found.log_likelihood], &[1_717.660_414_792_565], 1e-12);
}

#[test]
fn several_starts_find_what_one_misses() {
    let bars = seen(&market(500));
    let all = fit(&bars, &FitOptions::new(3)).unwrap();
    assert!(all.converged && all.is_sound());
    let best = all.starts.iter().filter(|start| start.is_sound).map(|start| start.log_likelihood);
    assert_eq!(all.log_likelihood, best.fold(f64::NEG_INFINITY, f64::max));
    assert!(all.starts.iter().any(|start| start.log_likelihood < all.log_likelihood - 1.0));
    assert!((score(&all.model, &bars).unwrap() - all.log_likelihood).abs() < 1e-8);
    let screened = Search::Screened { iterations: 20, keep: 3 };
    let quick = fit(&bars, &FitOptions { search: screened, ..FitOptions::new(3) }).unwrap();
    assert!((quick.log_likelihood - all.log_likelihood).abs() < 1e-4);
}

#[test]
fn finds_the_model_that_made_the_sample() {
    let truth = GaussianHmm::new(
        vec![0.3, 0.3, 0.4],
        vec![0.95, 0.04, 0.01, 0.02, 0.96, 0.02, 0.01, 0.03, 0.96],
        vec![-1.0, 0.0, 0.0, 0.1, 0.5, 0.4],
        Covariances::Full(vec![4.0, 1.5, 1.5, 2.0, 1.0, -0.3, -0.3, 1.0, 0.2, 0.1, 0.1, 0.3]),
    )
    .unwrap();
    let (_, bars) = simulate(&truth, 6_000, 11);
    let options = FitOptions { covariance: CovarianceForm::Full, ..FitOptions::new(3) };
    let found = fit(&bars, &options).unwrap();
    assert!(found.log_likelihood > score(&truth, &bars).unwrap());
    for state in 0..3 {
        assert!((found.model.transition(state)[state] - truth.transition(state)[state]).abs() < 0.02);
        for series in 0..2 {
            assert!((found.model.variance(state, series) / truth.variance(state, series) - 1.0).abs() < 0.15);
        }
    }
}

#[test]
fn the_number_of_states_is_chosen_by_likelihood_and_size() {
    let truth = GaussianHmm::new(
        vec![0.5, 0.5],
        vec![0.97, 0.03, 0.05, 0.95],
        vec![-1.0, 1.0],
        Covariances::Diagonal(vec![4.0, 0.25]),
    )
    .unwrap();
    let (_, bars) = simulate(&truth, 1_500, 5);
    let choice = choose_states(&bars, &[1, 2, 3, 4], Criterion::Bic, &FitOptions::new(1)).unwrap();
    assert_eq!(choice.candidates[choice.best].n_states, 2);
    assert_eq!(choice.fit().bic(), choice.fit().model.bic(choice.fit().log_likelihood, 1_500));
    assert!(choose_states(&bars, &[], Criterion::Aic, &FitOptions::new(1)).is_err());
    let tiny = choose_states(&bars.rows(0..3), &[2, 3], Criterion::Aic, &FitOptions::new(1));
    assert!(matches!(tiny, Err(RegimeError::TooFewObservations { .. })));
}

#[test]
fn zeros_stay_zero() {
    let start = GaussianHmm::new(
        vec![1.0, 0.0, 0.0],
        vec![0.9, 0.1, 0.0, 0.0, 0.9, 0.1, 0.2, 0.0, 0.8],
        vec![-0.002, 0.0, 0.001],
        Covariances::Diagonal(vec![0.0004, 0.0001, 0.000_025]),
    )
    .unwrap();
    let zeros = |model: &GaussianHmm| {
        model.start.iter().chain(&model.transition).map(|&p| p == 0.0).collect::<Vec<_>>()
    };
    let found = fit(&seen(&market(252)), &iterations(&start, 30)).unwrap();
    // States come in canonical order: sort the start like them.
    let order =
        [(0, [0, 1, 2]), (1, [0, 2, 1]), (2, [1, 0, 2]), (3, [1, 2, 0]), (4, [2, 0, 1]), (5, [2, 1, 0])];
    assert!(order.iter().any(|(_, order)| zeros(&start.reordered(order)) == zeros(&found.model)));
    assert!(found.history.windows(2).all(|pair| pair[0] <= pair[1]));
}

#[test]
fn a_constant_changes_only_what_it_must() {
    let returns = market(400);
    let options = FitOptions { max_iterations: 60, ..FitOptions::new(3) };
    let one = fit(&seen(&returns), &options).unwrap();
    // A power of two is exact, so every bit follows.
    let scaled = returns.iter().map(|x| x * 1024.0).collect::<Vec<_>>();
    let thousand = fit(&seen(&scaled), &options).unwrap();
    assert_eq!(one.model.transition, thousand.model.transition);
    assert_eq!(one.model.means.iter().map(|m| m * 1024.0).collect::<Vec<_>>(), thousand.model.means);
    // Any other constant changes the last bits.
    let tiny = returns.iter().map(|x| x * 1e-7).collect::<Vec<_>>();
    let tiny = fit(&seen(&tiny), &options).unwrap();
    assert_close(&tiny.model.transition, &one.model.transition, 1e-5);
    let shift = 400.0 * libm::log(1e7);
    assert!((tiny.log_likelihood - shift - one.log_likelihood).abs() < 1e-6);
    assert_eq!((tiny.iterations, tiny.converged), (one.iterations, one.converged));
}

#[test]
fn a_far_level_does_not_cost_digits() {
    let returns = market(300);
    let level = returns.iter().map(|x| 1e6 + x).collect::<Vec<_>>();
    let options = FitOptions { max_iterations: 40, ..FitOptions::new(2) };
    let (near, far) = (fit(&seen(&returns), &options).unwrap(), fit(&seen(&level), &options).unwrap());
    assert_close(far.model.covariances.values(), near.model.covariances.values(), 1e-4);
}

#[test]
fn bonds_and_hours_have_their_own_floor() {
    // Two states of 0.06 % and 0.21 %: an absolute floor of a daily stock's size would make them equal.
    let noise = noise(3, 1_200);
    let bond = noise.iter().enumerate().map(|(t, z)| z * if t / 100 % 2 == 0 { 6e-4 } else { 21e-4 });
    let found = fit(&seen(&bond.collect::<Vec<_>>()), &FitOptions::new(2)).unwrap();
    let mut deviations = [found.model.variance(0, 0).sqrt(), found.model.variance(1, 0).sqrt()];
    deviations.sort_by(f64::total_cmp);
    assert!((deviations[0] / 6e-4 - 1.0).abs() < 0.1 && (deviations[1] / 21e-4 - 1.0).abs() < 0.1);
}

#[test]
fn outliers_and_ties_give_finite_models() {
    let mut returns = market(252);
    (returns[100], returns[180]) = (50.0 * 0.01, -50.0 * 0.01);
    let mut zeros = returns.clone();
    zeros[..90].fill(0.0);
    for returns in [returns, zeros] {
        for k in 1..=10 {
            let options = FitOptions { starts: Start::first(4), max_iterations: 60, ..FitOptions::new(k) };
            let found = fit(&seen(&returns), &options).unwrap();
            let numbers = [&found.model.start, &found.model.transition, &found.model.means];
            assert!(numbers.iter().all(|numbers| numbers.iter().all(|number| number.is_finite())));
            assert!(found.log_likelihood.is_finite());
            assert!(found.history.windows(2).all(|pair| pair[0] <= pair[1]));
        }
    }
}

#[test]
fn a_state_of_equal_values_is_flagged_and_not_preferred() {
    let mut returns = market(252);
    returns[60..90].fill(0.0);
    let sound = fit(&seen(&returns), &FitOptions::new(3)).unwrap();
    let likeliest = FitOptions { preference: Preference::Likeliest, ..FitOptions::new(3) };
    let likeliest = fit(&seen(&returns), &likeliest).unwrap();
    assert!(likeliest.states.iter().any(|state| state.is_degenerate));
    assert!(likeliest.log_likelihood > sound.log_likelihood && sound.is_sound());
}

#[test]
fn a_state_that_nothing_belongs_to_keeps_its_place_and_is_flagged() {
    let far = GaussianHmm::new(
        vec![0.5, 0.5, 0.0],
        vec![0.9, 0.1, 0.0, 0.1, 0.9, 0.0, 0.3, 0.3, 0.4],
        vec![-0.002, 0.0, 5.0],
        Covariances::Diagonal(vec![0.0004, 0.0001, 0.000_1]),
    )
    .unwrap();
    let found = fit(&seen(&market(252)), &iterations(&far, 50)).unwrap();
    assert!(found.states[2].is_empty && !found.is_sound());
    assert_eq!((found.model.means(2), found.model.transition(2)), (&[5.0][..], &[0.3, 0.3, 0.4][..]));
}

#[test]
fn a_missing_bar_is_a_transition_without_news() {
    let mut returns = market(252);
    for t in [0, 1, 50, 51, 52, 251] {
        returns[t] = f64::NAN;
    }
    let bars = seen(&returns);
    let options = iterations(&guess(Covariances::Diagonal(vec![0.0004, 0.0001, 0.000_025])), 25);
    let found = fit(&bars, &options).unwrap();
    assert_eq!(found.n_present, 246);
    assert!(found.history.windows(2).all(|pair| pair[0] < pair[1]));
    assert!((score(&found.model, &bars).unwrap() - found.log_likelihood).abs() < 1e-8);
    let smoothed = smooth(&found.model, &bars).unwrap();
    let weight: f64 = (0..252).filter(|&t| bars.row(t).is_some()).map(|t| smoothed.row(t)[0]).sum();
    assert!((weight - found.states[0].weight).abs() < 0.5);
}

#[test]
fn bad_samples_and_options_are_refused_with_a_reason() {
    let error = |values: &[f64], options: &FitOptions| fit(&seen(values), options).unwrap_err();
    let three = FitOptions::new(3);
    let few = RegimeError::TooFewObservations { found: 5, needed: 6, states: 3, series: 1 };
    assert_eq!(error(&market(5), &three), few);
    assert!(matches!(error(&[0.5; 50], &three), RegimeError::Constant { series: 0, value: 0.5, .. }));
    let huge = market(50).iter().map(|x| x * 1e200).collect::<Vec<_>>();
    assert!(matches!(error(&huge, &three), RegimeError::Scale { .. }));
    assert!(matches!(error(&market(50), &FitOptions::new(11)), RegimeError::States { states: 11, .. }));
    assert_eq!(error(&market(50), &three.clone().with_starts(Vec::new())), RegimeError::NoStarts);
    let options = FitOptions { tolerance: f64::NAN, ..three.clone() };
    assert!(matches!(error(&market(50), &options), RegimeError::Option { option: "tolerance", .. }));
    let given = guess(Covariances::Diagonal(vec![1.0; 3]));
    let options = FitOptions::new(2).with_starts(vec![Start::Given(Box::new(given.clone()))]);
    assert!(matches!(error(&market(50), &options), RegimeError::StartShape { what: "states", .. }));
    let options = FitOptions { covariance: CovarianceForm::Full, ..three }
        .with_starts(vec![Start::Given(Box::new(given))]);
    assert!(matches!(error(&market(50), &options), RegimeError::StartCovariance { .. }));
}

#[test]
fn bits_do_not_depend_on_threads_or_company() {
    let bars = [seen(&market(252)), seen(&market(400)), seen(&noise(9, 150)), seen(&[1.0; 30])];
    let options = FitOptions { max_iterations: 40, ..FitOptions::new(3) };
    let alone = bars.iter().map(|bars| fit(bars, &options)).collect::<Vec<_>>();
    assert!(alone[3].is_err());
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let requests = bars.iter().map(|bars| (bars, &options)).collect::<Vec<_>>();
        assert_eq!(pool.install(|| fit_each(&requests)), alone);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn likelihood_never_falls(truth in any_model(), start in any_model(), seed in 0..1_000_u64) {
        let (_, bars) = simulate(&truth, 120, seed);
        prop_assume!(start.n_series() == truth.n_series());
        let options = FitOptions { tolerance: 1e-10, ..iterations(&start, 60) };
        let found = fit(&bars, &FitOptions { variance_floor: 1e-3, ..options }).unwrap();
        prop_assert!(found.history.windows(2).all(|pair| pair[0] <= pair[1]), "{:?}", found.history);
        let scored = score(&found.model, &bars).unwrap();
        prop_assert!((scored - found.log_likelihood).abs() < 1e-7 * scored.abs().max(1.0));
    }
}

/// The scaled expectation against the one in logarithms, on models and bars that strain it.
#[test]
fn states_that_fade_and_return_are_not_lost() {
    // The first state is left for good; a later bar can only come from the third, which a tiny share may have reached.
    let model = fading();
    let mut returns = noise(4, 2_000).iter().map(|z| z + 1.0).collect::<Vec<_>>();
    for last in [1.0, 70.0, -70.0] {
        returns[1_999] = last;
        returns[1_998] = last;
        let found = fit(&seen(&returns), &iterations(&model, 1)).unwrap();
        let expected = score(&model, &seen(&returns)).unwrap();
        assert!((found.history[0] - expected).abs() < 1e-9 * expected.abs(), "{last}");
    }
}
