//! The regimes of a sample, seen from its end.

use super::{Filter, SmoothedRegimes, check_series};
use crate::{GaussianHmm, Observations, Probabilities, RegimeError};

/// The probabilities of the regimes at each bar, given *all* bars.
///
/// For plots and the study of a sample; every row knows the future of its bar. Backward from the last filtered bar:
/// `p(s | all) = p(s | past) Σᵣ a(s, r) p(r | all) / p(r | past)`, which needs no densities and can't overflow.
///
/// - Shape: a row a bar.
/// - Look-ahead: to the end of the sample.
/// - Source: Kim (1994), "Dynamic linear models with Markov-switching", J. Econometrics 60.
///
/// # Errors
///
/// [`RegimeError::Series`] if the model is of another number of series.
pub fn smooth(model: &GaussianHmm, observations: &Observations) -> Result<SmoothedRegimes, RegimeError> {
    check_series(model, observations)?;
    let (n_states, n_rows) = (model.n_states(), observations.n_rows());
    let mut filter = Filter::new(model);
    if let Some((chain, densities)) = filter.logarithmic() {
        let posterior = chain.posterior(densities, n_rows, |t| observations.row(t));
        let log_likelihood = posterior.log_likelihood;
        return Ok(SmoothedRegimes { n_states, probabilities: posterior.posterior, log_likelihood });
    }
    let mut filtered = Vec::with_capacity(n_rows);
    let mut predicted = Vec::with_capacity(n_rows);
    for t in 0..n_rows {
        filter.take(observations.row(t));
        filtered.push(filter.probabilities());
        predicted.extend(filter.linear_prediction().map(|(predicted, _)| predicted));
    }
    let mut probabilities = vec![0.0; n_rows * n_states];
    let mut later: Option<Probabilities> = None;
    for t in (0..n_rows).rev() {
        let now = match later {
            None => filtered[t],
            Some(later) => backward(&model.transition, &filtered[t], &later, &predicted[t + 1]),
        };
        probabilities[t * n_states..(t + 1) * n_states].copy_from_slice(&now);
        later = Some(now);
    }
    Ok(SmoothedRegimes { n_states, probabilities, log_likelihood: filter.log_likelihood() })
}

fn backward(transition: &[f64], filtered: &[f64], later: &[f64], predicted: &[f64]) -> Probabilities {
    let k = filtered.len();
    let mut now = Probabilities::zeros(k);
    for (i, now) in now.as_mut().iter_mut().enumerate() {
        let row = &transition[i * k..(i + 1) * k];
        let terms =
            row.iter().zip(later).zip(predicted).map(|((a, later), predicted)| a * (later / predicted));
        *now = filtered[i] * terms.sum::<f64>();
    }
    // The sum is one but for rounding, which would otherwise add up over a long sample.
    let sum: f64 = now.iter().sum();
    for probability in now.as_mut().iter_mut() {
        *probability /= sum;
    }
    now
}
