//! A sample that a model might have produced.

use crate::{GaussianHmm, Missing, Observations, linear::cholesky, random::Random};

/// The states and observations of `n_bars` bars, drawn from the model; the same for the same seed.
pub fn simulate(model: &GaussianHmm, n_bars: usize, seed: u64) -> (Vec<usize>, Observations) {
    let (k, d) = (model.n_states(), model.n_series());
    let factors = (0..k).map(|state| factor(model, state)).collect::<Vec<_>>();
    let mut random = Random::new(seed, 0);
    let mut states = Vec::with_capacity(n_bars);
    let mut observations = Observations::empty(d);
    let mut row = vec![0.0; d];
    let mut normals = vec![0.0; d];
    for t in 0..n_bars {
        let weights = if t == 0 { model.start() } else { model.transition(states[t - 1]) };
        let state = random.draw(weights);
        states.push(state);
        for normal in &mut normals {
            *normal = random.normal();
        }
        for (i, value) in row.iter_mut().enumerate() {
            let spread = (0..=i).map(|j| factors[state][i * d + j] * normals[j]).sum::<f64>();
            *value = model.means(state)[i] + spread;
        }
        observations.push(&row, Missing::Refuse).expect("a model draws finite numbers");
    }
    (states, observations)
}

fn factor(model: &GaussianHmm, state: usize) -> Vec<f64> {
    let d = model.n_series();
    let pairs = (0..d).flat_map(|i| (0..d).map(move |j| (i, j)));
    let mut matrix = pairs.map(|(i, j)| model.covariances().entry(state, i, j, d)).collect::<Vec<_>>();
    let is_positive = cholesky(&mut matrix, d);
    debug_assert!(is_positive, "covariances of a model are positive definite");
    matrix
}
