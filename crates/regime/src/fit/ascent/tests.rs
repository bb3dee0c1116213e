//! The steps against a twin that sums over all paths and takes every mean and covariance from its definition.

use super::*;
use crate::{Covariances, Missing, fit::Start, fit::fit, score, testing::market};

/// Two series that move together, in three sequences; a bar of the first one is missing.
fn bars() -> (Observations, Vec<usize>) {
    let rows = [
        [0.3, -0.2],
        [1.4, 0.9],
        [f64::NAN, 1.0],
        [1.1, 1.9],
        [-0.7, -0.4],
        [0.1, 0.6],
        [2.0, 1.2],
        [-1.3, 0.2],
        [0.9, -0.8],
    ];
    (Observations::from_rows(rows.concat(), 2, Missing::Skip).unwrap(), vec![5, 3, 1])
}

fn start(covariances: Covariances) -> GaussianHmm {
    let transition = vec![0.7, 0.3, 0.2, 0.8];
    GaussianHmm::new(vec![0.6, 0.4], transition, vec![-0.3, 0.1, 0.8, 0.5], covariances).unwrap()
}

fn options(ties: Ties, learns: Learns, prior: Option<Prior>) -> AscentOptions {
    AscentOptions { learns, ties, prior, max_iterations: 3, tolerance: 0.0, variance_floor: 1e-9 }
}

fn forms() -> [(Ties, Covariances); 4] {
    let full = [1.0, 0.2, 0.2, 0.8];
    [
        (Ties::None, Covariances::Diagonal(vec![1.0, 0.8, 0.6, 0.9])),
        (Ties::Series, Covariances::Diagonal(vec![0.9, 0.9, 0.7, 0.7])),
        (Ties::None, Covariances::Full([full, [0.7, -0.1, -0.1, 0.9]].concat())),
        (Ties::States, Covariances::Full(full.repeat(2))),
    ]
}

fn prior(covariances: &Covariances, ties: Ties) -> Prior {
    let square = [0.5, 0.1, 0.1, 0.4];
    Prior {
        start: vec![1.5, 2.0],
        transition: vec![2.0, 1.0, 1.25, 3.0],
        means: vec![0.0, 0.1, 0.2, 0.3],
        means_weight: 0.75,
        covariances: match (covariances, ties) {
            (Covariances::Full(_), Ties::None) => square.repeat(2),
            _ => square.to_vec(),
        },
        covariances_weight: 4.5,
    }
}

/// The density of a normal distribution of two series, from the inverse of its covariance.
fn density(model: &GaussianHmm, state: usize, x: &[f64]) -> f64 {
    let entry = |i, j| model.covariances().entry(state, i, j, 2);
    let determinant = entry(0, 0) * entry(1, 1) - entry(0, 1) * entry(1, 0);
    let (u, v) = (x[0] - model.means(state)[0], x[1] - model.means(state)[1]);
    let square = (entry(1, 1) * u * u - 2.0 * entry(0, 1) * u * v + entry(0, 0) * v * v) / determinant;
    (-0.5 * square).exp() / (2.0 * std::f64::consts::PI * determinant.sqrt())
}

/// The log-likelihood, and what is expected of each path: the first state, the pairs, the states at each bar.
fn expected(
    model: &GaussianHmm,
    bars: &Observations,
    lengths: &[usize],
) -> (f64, [f64; 2], [f64; 4], Vec<[f64; 2]>) {
    let (mut log_likelihood, mut first, mut pairs) = (0.0, [0.0; 2], [0.0; 4]);
    let mut at_bar = vec![[0.0; 2]; bars.n_rows()];
    let mut begin = 0;
    for &length in lengths {
        let state = |path: usize, t: usize| path >> t & 1;
        let weight = |path: usize| {
            (0..length).fold(1.0, |product, t| {
                let chance = match t {
                    0 => model.start()[state(path, 0)],
                    _ => model.transition(state(path, t - 1))[state(path, t)],
                };
                product * chance * bars.row(begin + t).map_or(1.0, |x| density(model, state(path, t), x))
            })
        };
        let total: f64 = (0..1 << length).map(weight).sum();
        for path in 0..1 << length {
            let share = weight(path) / total;
            first[state(path, 0)] += share;
            for t in 0..length {
                at_bar[begin + t][state(path, t)] += share;
                if t > 0 {
                    pairs[2 * state(path, t - 1) + state(path, t)] += share;
                }
            }
        }
        log_likelihood += total.ln();
        begin += length;
    }
    (log_likelihood, first, pairs, at_bar)
}

fn shares(weights: &[f64], prior: Option<&[f64]>) -> Vec<f64> {
    let weights =
        weights.iter().enumerate().map(|(at, weight)| weight + prior.map_or(0.0, |prior| prior[at] - 1.0));
    let weights = weights.collect::<Vec<_>>();
    weights.iter().map(|weight| weight / weights.iter().sum::<f64>()).collect()
}

/// One step; the model, and the log-likelihood before it.
fn twin(
    model: &GaussianHmm,
    bars: &Observations,
    lengths: &[usize],
    options: &AscentOptions,
) -> (GaussianHmm, f64) {
    let (log_likelihood, first, pairs, at_bar) = expected(model, bars, lengths);
    let (prior, mut next) = (options.prior.as_ref(), model.clone());
    if options.learns.start {
        next.start = shares(&first, prior.map(|prior| &prior.start[..]));
    }
    if options.learns.transition {
        next.transition = (0..2)
            .flat_map(|i| {
                shares(&pairs[2 * i..2 * i + 2], prior.map(|prior| &prior.transition[2 * i..2 * i + 2]))
            })
            .collect();
    }
    let seen = |state: usize| {
        (0..bars.n_rows()).filter_map(|t| bars.row(t).map(|x| (at_bar[t][state], x))).collect::<Vec<_>>()
    };
    let weight = |state: usize| seen(state).iter().map(|(share, _)| share).sum::<f64>();
    let mean_weight = prior.map_or(0.0, |prior| prior.means_weight);
    let expected_mean = |state: usize, a: usize| prior.map_or(0.0, |prior| prior.means[2 * state + a]);
    if options.learns.means {
        for state in 0..2 {
            for a in 0..2 {
                let sum: f64 = seen(state).iter().map(|(share, x)| share * x[a]).sum();
                next.means[2 * state + a] =
                    (sum + mean_weight * expected_mean(state, a)) / (weight(state) + mean_weight);
            }
        }
    }
    let means = next.means.clone();
    let scatter = |state: usize, a: usize, b: usize| {
        let away = |x: f64, a: usize| x - means[2 * state + a];
        let own: f64 = seen(state).iter().map(|(share, x)| share * away(x[a], a) * away(x[b], b)).sum();
        own + mean_weight * away(expected_mean(state, a), a) * away(expected_mean(state, b), b)
    };
    let more = |at: usize| prior.map_or(0.0, |prior| prior.covariances[at]);
    let extra = |least: f64| prior.map_or(0.0, |prior| (prior.covariances_weight - least).max(0.0));
    if options.learns.covariances {
        for state in 0..2 {
            for (a, b) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let value = match (&model.covariances, options.ties) {
                    (Covariances::Diagonal(_), _) => {
                        (more(2 * state + a) + scatter(state, a, a)) / (weight(state) + extra(1.0))
                    }
                    (_, Ties::States) => {
                        (more(2 * a + b) + scatter(0, a, b) + scatter(1, a, b))
                            / (weight(0) + weight(1) + extra(2.0))
                    }
                    _ => (more(4 * state + 2 * a + b) + scatter(state, a, b)) / (weight(state) + extra(2.0)),
                };
                match &mut next.covariances {
                    Covariances::Diagonal(values) => values[2 * state + a] = value,
                    Covariances::Full(values) => values[4 * state + 2 * a + b] = value,
                }
            }
            if options.ties == Ties::Series {
                let values = &mut next.covariances.values_mut()[2 * state..2 * state + 2];
                values.fill(0.5 * (values[0] + values[1]));
            }
        }
    }
    (next, log_likelihood)
}

fn assert_close(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len());
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() <= 1e-11 * b.abs().max(1.0), "{what}: {found:?} {expected:?}");
    }
}

fn assert_follows_the_twin(start: &GaussianHmm, options: &AscentOptions) {
    let (bars, lengths) = bars();
    let (mut model, mut history) = (start.clone(), Vec::new());
    for _ in 0..options.max_iterations {
        let (next, log_likelihood) = twin(&model, &bars, &lengths, options);
        model = next;
        history.push(log_likelihood);
    }
    let found = ascend(
        &bars,
        &lengths,
        start,
        &AscentOptions { tolerance: f64::NEG_INFINITY, ..options.clone() },
        &mut |_| true,
    );
    let found = found.unwrap();
    assert_close(&found.history, &history, "history");
    assert_close(&found.model.start, &model.start, "start");
    assert_close(&found.model.transition, &model.transition, "transition");
    assert_close(&found.model.means, &model.means, "means");
    assert_close(found.model.covariances.values(), model.covariances.values(), "covariances");
}

#[test]
fn every_form_follows_the_twin_over_several_sequences() {
    for (ties, covariances) in forms() {
        assert_follows_the_twin(&start(covariances), &options(ties, Learns::ALL, None));
    }
}

#[test]
fn priors_follow_the_twin() {
    for (ties, covariances) in forms() {
        let prior = Some(prior(&covariances, ties));
        assert_follows_the_twin(&start(covariances), &options(ties, Learns::ALL, prior));
    }
}

#[test]
fn what_is_not_learned_stays_and_the_rest_follows_the_twin() {
    for which in 0..16 {
        let is = |bit: u8| which >> bit & 1 == 1;
        let learns = Learns { start: is(0), transition: is(1), means: is(2), covariances: is(3) };
        for (ties, covariances) in forms() {
            assert_follows_the_twin(&start(covariances), &options(ties, learns, None));
        }
    }
}

#[test]
fn one_sequence_ascends_as_a_fit_climbs() {
    let returns = market(252);
    let bars = Observations::univariate(&returns, Missing::Refuse).unwrap();
    let begun = crate::testing::guess(Covariances::Diagonal(vec![0.0004, 0.0001, 0.000_025]));
    let options = AscentOptions {
        max_iterations: 20,
        tolerance: f64::NEG_INFINITY,
        variance_floor: 1e-5,
        ..options(Ties::None, Learns::ALL, None)
    };
    let ascent = ascend(&bars, &[252], &begun, &options, &mut |_| true).unwrap();
    let climbed = crate::FitOptions { max_iterations: 20, tolerance: 0.0, ..crate::FitOptions::new(3) };
    let climbed = fit(&bars, &climbed.with_starts(vec![Start::Given(Box::new(begun))])).unwrap();
    assert_eq!(ascent.history, climbed.history[..20]);
    assert_eq!(ascent.model.means, climbed.model.means);
    assert!((score(&ascent.model, &bars).unwrap() - climbed.log_likelihood).abs() < 1e-9);
}

#[test]
fn a_state_that_fades_in_one_sequence_is_not_lost_in_another() {
    // The likelihood of the whole is the product of those of its sequences, even where it takes logarithms.
    let model = crate::testing::fading();
    let mut returns = crate::testing::noise(4, 2_000).iter().map(|z| z + 1.0).collect::<Vec<_>>();
    returns[1_998..].fill(70.0);
    let lengths = [700, 1_300];
    let bars = Observations::univariate(&returns, Missing::Refuse).unwrap();
    let options = AscentOptions { max_iterations: 1, ..options(Ties::None, Learns::ALL, None) };
    let found = ascend(&bars, &lengths, &model, &options, &mut |_| true).unwrap();
    let expected =
        score(&model, &bars.rows(0..700)).unwrap() + score(&model, &bars.rows(700..2_000)).unwrap();
    assert!((found.history[0] - expected).abs() < 1e-9 * expected.abs());
}

#[test]
fn a_search_ends_by_its_tolerance_or_by_whoever_watches() {
    let (bars, lengths) = bars();
    let (ties, covariances) = forms()[0].clone();
    let begun = start(covariances);
    let patient = AscentOptions { max_iterations: 100, tolerance: 1e-3, ..options(ties, Learns::ALL, None) };
    let found = ascend(&bars, &lengths, &begun, &patient, &mut |_| true).unwrap();
    let gains = found.history.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>();
    let (last, before) = gains.split_last().unwrap();
    assert!(*last < 1e-3 && before.iter().all(|gain| *gain >= 1e-3));
    let mut heard = Vec::new();
    let mut watch = |value| {
        heard.push(value);
        heard.len() < 4
    };
    let stopped = ascend(&bars, &lengths, &begun, &patient, &mut watch).unwrap();
    assert_eq!(stopped.history, heard);
    assert_eq!(heard, found.history[..4]);
}

#[test]
fn what_is_given_stays_in_the_beginning() {
    let returns = market(300);
    let bars = Observations::univariate(&returns, Missing::Refuse).unwrap();
    let options = options(Ties::None, Learns::ALL, None);
    let of = |given: &Given| {
        begin(&bars, &[200, 100], (3, CovarianceForm::Diagonal), given, &options, (0.0, 7)).unwrap()
    };
    let made = of(&Given::default());
    assert_eq!(made.canonical_order(), [0, 1, 2]);
    let means = Some(vec![0.3, -0.2, 0.1]);
    let given = of(&Given { means: means.clone(), ..Given::default() });
    assert_eq!(Some(given.means), means);
    let added =
        begin(&bars, &[300], (1, CovarianceForm::Full), &Given::default(), &options, (5.0, 0)).unwrap();
    let plain =
        begin(&bars, &[300], (1, CovarianceForm::Full), &Given::default(), &options, (0.0, 0)).unwrap();
    assert_eq!(added.variance(0, 0), plain.variance(0, 0) + 5.0);
}

#[test]
fn every_form_begins_as_it_must_end() {
    let returns = market(300);
    let both = [&returns[..], &crate::testing::companion(&returns)];
    let bars = Observations::from_columns(&both, Missing::Refuse).unwrap();
    for (ties, covariances) in forms() {
        let options = options(ties, Learns::ALL, None);
        let shape = (3, covariances.form());
        let begun = begin(&bars, &[300], shape, &Given::default(), &options, (0.0, 0)).unwrap();
        let found = ascend(&bars, &[300], &begun, &options, &mut |_| true).unwrap();
        for model in [begun, found.model] {
            let first = model.covariances.of_state(0, 2);
            match ties {
                Ties::None => {}
                Ties::Series => assert_eq!(first[0], first[1]),
                Ties::States => assert_eq!(first, model.covariances.of_state(2, 2)),
            }
        }
    }
}

#[test]
fn what_cannot_be_is_refused_with_a_reason() {
    let (bars, _) = bars();
    let (ties, covariances) = forms()[0].clone();
    let (begun, plain) = (start(covariances), options(ties, Learns::ALL, None));
    let error = |bars: &Observations, lengths: &[usize], options: &AscentOptions| {
        ascend(bars, lengths, &begun, options, &mut |_| true).unwrap_err()
    };
    assert_eq!(error(&bars, &[5, 3], &plain), RegimeError::Lengths { sum: 8, rows: 9 });
    assert_eq!(error(&bars, &[9, 0], &plain), RegimeError::EmptySequence { sequence: 1 });
    let narrow = Observations::univariate(&[1.0, 2.0], Missing::Skip).unwrap();
    assert_eq!(error(&narrow, &[2], &plain), RegimeError::Series { expected: 2, found: 1 });
    let constant = Observations::from_columns(&[&[1.0, 2.0, 3.0], &[4.0; 3]], Missing::Skip).unwrap();
    let refused = RegimeError::Constant { series: 1, value: 4.0, observations: 3 };
    assert_eq!(error(&constant, &[3], &plain), refused);
    let fixed = AscentOptions { learns: Learns { covariances: false, ..Learns::ALL }, ..plain.clone() };
    assert!(ascend(&constant, &[3], &begun, &fixed, &mut |_| true).is_ok());
    // A prior may give a constant series its variance; one that says nothing does not.
    let told = prior(begun.covariances(), ties);
    let options = AscentOptions { prior: Some(told.clone()), ..plain.clone() };
    assert!(ascend(&constant, &[3], &begun, &options, &mut |_| true).is_ok());
    let elsewhere = Prior { covariances: vec![0.5, 0.0, 0.5, 0.0], means_weight: 0.0, ..told.clone() };
    let options = AscentOptions { prior: Some(elsewhere), ..plain.clone() };
    assert!(matches!(error(&constant, &[3], &options), RegimeError::Covariance { .. }));
    let silent = Prior { covariances: vec![0.0; 4], ..told };
    assert_eq!(error(&constant, &[3], &AscentOptions { prior: Some(silent), ..plain }), refused);
}

#[test]
fn a_prior_lets_a_search_begin_with_a_handful_of_bars() {
    let bars = Observations::from_columns(&[&[1.0, 2.0, 4.0, 3.0], &[5.0; 4]], Missing::Skip).unwrap();
    for (ties, covariances) in forms() {
        let prior = Some(prior(&covariances, ties));
        let (shape, options) = ((2, covariances.form()), options(ties, Learns::ALL, prior));
        let begun = begin(&bars, &[4], shape, &Given::default(), &options, (0.0, 0)).unwrap();
        let found = ascend(&bars, &[4], &begun, &options, &mut |_| true).unwrap();
        assert!(found.model.covariances.values().iter().all(|value| value.is_finite()));
        let few = begin(&bars.rows(0..1), &[1], shape, &Given::default(), &options, (1e-3, 0));
        assert!(matches!(few, Err(RegimeError::TooFewObservations { needed: 2, .. })));
    }
}
