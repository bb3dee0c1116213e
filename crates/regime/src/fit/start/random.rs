//! Random starts, of two kinds that find different maxima.

use super::{
    FitOptions, Sample,
    labelled::{Stays, transition},
};
use crate::{CovarianceForm, Covariances, GaussianHmm, random::Random};

/// The label of each present bar: runs of random length and state; and a random probability to stay.
pub(super) fn blocks(sample: &Sample<'_>, options: &FitOptions, number: u64) -> (Vec<usize>, f64) {
    let mut random = Random::new(options.seed, number);
    let n = sample.n_present();
    let longest = (n / options.n_states).max(2);
    let mut labels = Vec::with_capacity(n);
    while labels.len() < n {
        let length = 1 + random.index(longest);
        let state = random.index(options.n_states);
        labels.extend(std::iter::repeat_n(state, length.min(n - labels.len())));
    }
    (labels, random.between(0.7, 0.99))
}

/// States around random bars, each with a random share of the sample's spread.
pub(super) fn points(sample: &Sample<'_>, options: &FitOptions, number: u64) -> GaussianHmm {
    let mut random = Random::new(options.seed, number);
    let (k, d) = (options.n_states, sample.n_series());
    let rows = sample.observations.present_rows().collect::<Vec<_>>();
    let mut means = Vec::with_capacity(k * d);
    let mut spreads = Vec::with_capacity(k);
    for _ in 0..k {
        // Half way to the bar: bars are farther apart than the means of what they come from.
        let row = rows[random.index(rows.len())];
        means.extend(row.iter().zip(&sample.means).map(|(x, mean)| 0.5 * (x + mean)));
        spreads.push(libm::exp(random.between(-3.0, 1.0)));
    }
    let stay = random.between(0.5, 0.99);
    let variances = spreads.iter().flat_map(|spread| sample.units.iter().map(move |v| spread * v));
    let covariances = match options.covariance {
        CovarianceForm::Diagonal => Covariances::Diagonal(variances.collect()),
        CovarianceForm::Full => {
            let mut values = vec![0.0; k * d * d];
            for (at, variance) in variances.enumerate() {
                values[at * d + at % d] = variance;
            }
            Covariances::Full(values)
        }
    };
    GaussianHmm {
        start: vec![1.0 / k as f64; k],
        transition: transition(&[], k, Stays::Share(stay)),
        means,
        covariances,
    }
}
