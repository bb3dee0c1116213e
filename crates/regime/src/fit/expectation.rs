//! The expectation: how likely each state is at each bar under the present model, and how often each transition.

use std::ops::Range;

use super::Sample;
use crate::{
    GaussianHmm,
    exponential::exponentials,
    inference::LogChain,
    model::{Densities, LOWEST},
};

// How these limits hang together. What a filtered probability loses to the limits of numbers, it loses as a prediction
// below `NOTHING` or as a product below 1e-308, and either is divided by a bar's sum of at least `SMALLEST_SUM`: so at most
// 1e-190 of all probability is lost in a state at a bar, and a state with more than `FADED` has lost nothing that counts.
// Where the later bars are at most `REVIVED` times as likely from that state as from elsewhere, the lost paths have a
// posterior of at most 1e-190 · 1e150, far below the last digit of what is kept.

/// A bar's sum below this asks for logarithms.
const SMALLEST_SUM: f64 = 1e-100;
/// Predictions below this count as zero, since processors take many times as long over numbers below the normal ones.
const NOTHING: f64 = 1e-290;
/// A filtered probability below this may have lost something to the limits of numbers...
const FADED: f64 = 1e-180;
/// ... which matters if the bars after it are more likely by this from there than from where the chain seems to be.
const REVIVED: f64 = 1e150;
/// The largest such ratio that is returned; states that zeros forbid may have larger ones.
const LARGEST: f64 = 1e300;

/// The tables of one expectation, for models of `K` states; used again in every iteration.
pub(super) struct Expectation<const K: usize> {
    densities: Densities,
    /// Densities of the bars, each relative to the largest of its bar.
    density: Vec<[f64; K]>,
    /// Sums over the states of predicted probabilities times densities.
    scale: Vec<f64>,
    /// Filtered probabilities, then the posterior ones.
    pub(super) posterior: Vec<[f64; K]>,
    /// The posterior of the first bar, summed over the sequences.
    pub(super) first: [f64; K],
    /// The expected number of transitions.
    pub(super) transitions: [[f64; K]; K],
}

impl<const K: usize> Expectation<K> {
    pub(super) fn new(sample: &Sample<'_>, model: &GaussianHmm) -> Self {
        let n = sample.observations.n_rows();
        Self {
            densities: Densities::in_units(model, sample.units.clone()),
            density: vec![[0.0; K]; n],
            scale: vec![0.0; n],
            posterior: vec![[0.0; K]; n],
            first: [0.0; K],
            transitions: [[0.0; K]; K],
        }
    }

    /// Fills the tables; returns the log-likelihood of the model, in the units of the sample.
    pub(super) fn run(&mut self, sample: &Sample<'_>, model: &GaussianHmm) -> f64 {
        self.densities.refresh(model);
        let mut transition = [[0.0; K]; K];
        transition.as_flattened_mut().copy_from_slice(&model.transition);
        let mut start = [0.0; K];
        start.copy_from_slice(&model.start);

        let shift = self.relative_densities(sample);
        let is_sound =
            self.forward(sample, &start, &transition) && self.backward(sample, &start, &transition);
        let log_likelihood =
            if is_sound { shift + log_product(&self.scale) } else { self.in_logarithms(sample, model) };
        self.first = [0.0; K];
        for rows in sample.sequences() {
            for j in 0..K {
                self.first[j] += self.posterior[rows.start][j];
            }
        }
        for (posterior, &is_present) in self.posterior.iter_mut().zip(sample.observations.present()) {
            if !is_present {
                *posterior = [0.0; K];
            }
        }
        log_likelihood
    }

    /// Densities relative to the largest of each bar; returns the sum of the logarithms of these.
    fn relative_densities(&mut self, sample: &Sample<'_>) -> f64 {
        if let Some((means, halves, constants)) = self.densities.univariate() {
            let of = |values: &[f64]| {
                let mut array = [0.0; K];
                array.copy_from_slice(values);
                array
            };
            let (means, halves, constants) = (of(means), of(halves), of(constants));
            for (out, &x) in self.density.iter_mut().zip(sample.observations.filled()) {
                for j in 0..K {
                    let z = x - means[j];
                    out[j] = (constants[j] - halves[j] * (z * z)).max(LOWEST);
                }
            }
        } else {
            let rows = sample.observations.filled().chunks_exact(sample.n_series());
            for (out, x) in self.density.iter_mut().zip(rows) {
                self.densities.write(x, out);
            }
        }
        let mut shift = 0.0;
        for (density, &is_present) in self.density.iter_mut().zip(sample.observations.present()) {
            if !is_present {
                *density = [0.0; K];
            }
            let largest = density.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            for density in density {
                *density -= largest;
            }
            shift += largest;
        }
        exponentials(self.density.as_flattened_mut());
        shift
    }

    /// The filtered probabilities; `false` if a bar is too unlikely for ordinary numbers.
    ///
    /// A bar's sum is divided out one step later, so that the division runs beside the products of the next bar.
    fn forward(&mut self, sample: &Sample<'_>, start: &[f64; K], transition: &[[f64; K]; K]) -> bool {
        let mut smallest = f64::INFINITY;
        for rows in sample.sequences() {
            let mut predicted = *start;
            let (density, scale) = (&self.density[rows.clone()], &mut self.scale[rows.clone()]);
            for ((density, filtered), scale) in density.iter().zip(&mut self.posterior[rows]).zip(scale) {
                let mut joint = [0.0; K];
                let mut sum = 0.0;
                for j in 0..K {
                    joint[j] = predicted[j] * density[j];
                    sum += joint[j];
                }
                let mut next = [0.0; K];
                for i in 0..K {
                    for j in 0..K {
                        next[j] += joint[i] * transition[i][j];
                    }
                }
                *scale = sum;
                // Not `min`, which passes over what is no number.
                smallest = if sum >= smallest { smallest } else { sum };
                let reciprocal = 1.0 / sum;
                for j in 0..K {
                    filtered[j] = joint[j] * reciprocal;
                    let value = next[j] * reciprocal;
                    predicted[j] = if value < NOTHING { 0.0 } else { value };
                }
            }
        }
        smallest >= SMALLEST_SUM
    }

    /// From filtered to posterior probabilities, in place, and the transitions; `false` if a state that had faded beyond
    /// numbers turns out to matter.
    ///
    /// With `ahead` a state's ratio of the likelihood of all later bars to that from where the chain is likely to be, a
    /// bar's posterior is `filtered · ahead`, and a pair of states has the probability
    /// `filtered(i) a(i, j) density(j) ahead(j) / scale`, the last three of the next bar.
    fn backward(&mut self, sample: &Sample<'_>, start: &[f64; K], transition: &[[f64; K]; K]) -> bool {
        let mut pairs = [[0.0; K]; K];
        let mut revived: f64 = 0.0;
        for Range { start: first, end } in sample.sequences() {
            let mut ahead = [1.0; K];
            let later = self.density[first + 1..end].iter().zip(&self.scale[first + 1..end]);
            for (filtered, (density, scale)) in self.posterior[first..end - 1].iter_mut().zip(later).rev() {
                let reciprocal = 1.0 / scale;
                // All that the next bar and those after it say of each state of the next bar.
                let mut ratio = [0.0; K];
                for j in 0..K {
                    ratio[j] = density[j] * reciprocal * ahead[j];
                }
                for i in 0..K {
                    let mut sum = 0.0;
                    for j in 0..K {
                        // Without `transition[i][j]`, which is the same at every bar: it is multiplied once, below.
                        pairs[i][j] += filtered[i] * ratio[j];
                        sum += transition[i][j] * ratio[j];
                    }
                    // NaN (a forbidden transition into an infinite ratio) becomes the largest too.
                    ahead[i] = if sum < LARGEST { sum } else { LARGEST };
                    // One maximum over all bars and states instead of a branch at each, so that the loop is vectorised:
                    // only a sample in which a state faded and revived is looked at again.
                    revived = if filtered[i] < FADED && ahead[i] > revived { ahead[i] } else { revived };
                    filtered[i] *= ahead[i];
                }
            }
        }
        for i in 0..K {
            for j in 0..K {
                self.transitions[i][j] = pairs[i][j] * transition[i][j];
            }
        }
        revived < REVIVED
            || sample.sequences().all(|rows| self.only_the_impossible_revived(rows, start, transition))
    }

    /// Whether every state that seems to matter after it faded is one that zeros of the model forbid at that bar.
    ///
    /// Such a state has a filtered probability of exactly zero, which no later bar can raise, however well the state would
    /// explain it: nothing is lost, and logarithms would give the same. The posterior has taken the place of the filtered
    /// probabilities by now, so the bars' ratios are computed once more to know the two factors apart.
    #[cold]
    fn only_the_impossible_revived(
        &self,
        rows: Range<usize>,
        start: &[f64; K],
        transition: &[[f64; K]; K],
    ) -> bool {
        let mut possible = vec![start.map(|start| start > 0.0)];
        for t in 1..rows.len() {
            let mut next = [false; K];
            for i in 0..K {
                for j in 0..K {
                    next[j] |= possible[t - 1][i] && transition[i][j] > 0.0;
                }
            }
            possible.push(next);
        }
        let mut ahead = [1.0; K];
        for t in rows.clone().rev().skip(1) {
            let ratio: [f64; K] =
                std::array::from_fn(|j| self.density[t + 1][j] / self.scale[t + 1] * ahead[j]);
            for i in 0..K {
                let sum = (0..K).map(|j| transition[i][j] * ratio[j]).sum::<f64>();
                ahead[i] = if sum < LARGEST { sum } else { LARGEST };
                // A posterior of so little, with so much ahead, was filtered from nothing.
                if possible[t - rows.start][i]
                    && ahead[i] >= REVIVED
                    && self.posterior[t][i] < FADED * ahead[i]
                {
                    return false;
                }
            }
        }
        true
    }

    #[cold]
    fn in_logarithms(&mut self, sample: &Sample<'_>, model: &GaussianHmm) -> f64 {
        let chain = LogChain::new(model);
        let mut log_likelihood = 0.0;
        self.transitions = [[0.0; K]; K];
        for rows in sample.sequences() {
            let row = |t| sample.observations.row(rows.start + t);
            let logs = chain.posterior(&self.densities, rows.len(), row);
            self.posterior[rows.clone()].as_flattened_mut().copy_from_slice(&logs.posterior);
            for (sum, count) in self.transitions.as_flattened_mut().iter_mut().zip(&logs.transitions) {
                *sum += count;
            }
            log_likelihood += logs.log_likelihood;
        }
        log_likelihood
    }
}

/// The sum of the logarithms of positive normal numbers: their exponents added, their mantissas multiplied.
fn log_product(values: &[f64]) -> f64 {
    const EXPONENT: u64 = 0x7ff << 52;
    const ONE: u64 = 1023 << 52;
    let mut sum = 0.0;
    for values in values.chunks(512) {
        let mut exponents = 0_i64;
        let mut mantissas = 1.0;
        for value in values {
            let bits = value.to_bits();
            exponents += (bits >> 52) as i64 - 1023;
            mantissas *= f64::from_bits(bits & !EXPONENT | ONE);
        }
        sum += exponents as f64 * std::f64::consts::LN_2 + libm::log(mantissas);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_of_a_product_is_the_sum_of_logarithms() {
        let values = (1..5_000).map(|i| 1e-3 * f64::from(i).sqrt()).collect::<Vec<_>>();
        let expected: f64 = values.iter().map(|&value| libm::log(value)).sum();
        assert!((log_product(&values) - expected).abs() < 1e-9 * expected.abs());
        assert_eq!(log_product(&[1.0; 7]), 0.0);
    }
}
