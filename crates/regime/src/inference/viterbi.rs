//! The likeliest path of the regimes.

use super::{LogChain, check_series};
use crate::{GaussianHmm, Observations, Probabilities, RegimeError, model::Densities};

/// The single path of states that is likeliest given *all* bars; of equally likely ones the one with the lowest states
/// at the end.
///
/// For the study of a sample: earlier states change when bars are added. At a missing bar only the transitions count.
///
/// - Look-ahead: to the end of the sample.
///
/// # Errors
///
/// [`RegimeError::Series`] if the model is of another number of series.
pub fn viterbi(model: &GaussianHmm, observations: &Observations) -> Result<Vec<usize>, RegimeError> {
    Ok(likeliest_path(model, observations)?.0)
}

/// The path that [`viterbi`] gives, with the logarithm of its density together with the observations.
///
/// # Errors
///
/// [`RegimeError::Series`] if the model is of another number of series.
pub fn likeliest_path(
    model: &GaussianHmm,
    observations: &Observations,
) -> Result<(Vec<usize>, f64), RegimeError> {
    check_series(model, observations)?;
    let (k, n_rows) = (model.n_states(), observations.n_rows());
    if n_rows == 0 {
        return Ok((Vec::new(), 0.0));
    }
    let (chain, densities) = (LogChain::new(model), Densities::new(model));
    let mut from = vec![0_u8; n_rows * k];
    let mut best = chain.start();
    let mut density = Probabilities::zeros(k);
    for t in 0..n_rows {
        if t > 0 {
            best = step(&chain, &best, &mut from[t * k..(t + 1) * k]);
        }
        if let Some(x) = observations.row(t) {
            densities.write(x, density.as_mut());
            best.as_mut().iter_mut().zip(density.iter()).for_each(|(best, density)| *best += density);
        }
    }
    let mut state = best.likeliest();
    let log_density = best[state];
    let mut path = vec![state; n_rows];
    for t in (1..n_rows).rev() {
        state = usize::from(from[t * k + state]);
        path[t - 1] = state;
    }
    Ok((path, log_density))
}

/// The best way into each state, and where it comes from.
fn step(chain: &LogChain, best: &[f64], from: &mut [u8]) -> Probabilities {
    let k = best.len();
    let mut next = Probabilities::zeros(k);
    for (j, (from, next)) in from.iter_mut().zip(next.as_mut()).enumerate() {
        let mut likeliest = (0, f64::NEG_INFINITY);
        for (i, best) in best.iter().enumerate() {
            let way = best + chain.transition()[i * k + j];
            if way > likeliest.1 {
                likeliest = (i, way);
            }
        }
        *from = likeliest.0 as u8;
        *next = likeliest.1;
    }
    next
}
