//! Moving averages.

use super::{Indicator, Rows, Skip, Smoothed, State, Windowed, change::rate, windowed::lagged};
use crate::kernel::rolling;

/// The kind of a moving average: TA-Lib's `matype`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum AverageKind {
    /// Type 0, the simple mean.
    Simple,
    /// 1: exponential, from the simple mean of the first values.
    Exponential,
    /// 2: weights 1, 2, … from the oldest value to the newest.
    Weighted,
    /// 3: `2 e₁ − e₂`, where `e₂` is the exponential mean of the exponential mean `e₁`.
    DoubleExponential,
    /// Type 4, `3 e₁ − 3 e₂ + e₃`.
    TripleExponential,
    /// 5: weights rise to the middle of the window and fall again.
    Triangular,
    /// 6: Kaufman's adaptive mean.
    Adaptive,
    /// 8: Tillson's T3, with volume factor 0.7.
    Tillson,
}

/// A moving average of one series.
#[derive(Debug)]
pub struct Average {
    look_back: usize,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Windowed(Windowed),
    Smoothed(Smoothed),
    /// Exponential means of each other, and the weights of their sum.
    Chained(Vec<Smoothed>, Vec<f64>),
    Adaptive(Adaptive),
}

impl Average {
    /// An average of `length` values; one of a single value is that value, whatever its kind.
    ///
    /// # Panics
    ///
    /// If the length is 0.
    pub fn new(kind: AverageKind, length: usize) -> Self {
        if length == 1 {
            return Self::smoothed(Smoothed::exponential(1));
        }
        match kind {
            AverageKind::Simple => Self::windowed(length, simple),
            AverageKind::Weighted => Self::windowed(length, weighted),
            AverageKind::Triangular => Self::windowed(length, triangular),
            AverageKind::Exponential => Self::smoothed(Smoothed::exponential(length)),
            AverageKind::DoubleExponential => Self::chained(length, &[2.0, -1.0]),
            AverageKind::TripleExponential => Self::chained(length, &[3.0, -3.0, 1.0]),
            AverageKind::Adaptive => Self { look_back: length, form: Form::Adaptive(Adaptive::new(length)) },
            AverageKind::Tillson => Self::tillson(length, 0.7),
        }
    }

    /// An exponential mean.
    pub fn smoothed(smoothed: Smoothed) -> Self {
        Self { look_back: smoothed.look_back(), form: Form::Smoothed(smoothed) }
    }

    /// Tillson's T3: `(1 + v) e − v e'` three times over, where `e` is an exponential mean and `e'` that of `e`.
    pub fn tillson(length: usize, volume_factor: f64) -> Self {
        let v = volume_factor;
        let (square, cube) = (v * v, v * v * v);
        let third = 1.0 + 3.0 * v + 3.0 * square + cube;
        let fourth = -3.0 * v - 6.0 * square - 3.0 * cube;
        Self::chained(length, &[0.0, 0.0, third, fourth, 3.0 * square + 3.0 * cube, -cube])
    }

    fn windowed(length: usize, mean: fn(&Rows<'_>, &[f64], usize) -> Vec<f64>) -> Self {
        let compute = move |rows: &Rows<'_>| vec![mean(rows, rows.input(0), length)];
        Self { look_back: length - 1, form: Form::Windowed(Windowed::new(length - 1, compute)) }
    }

    fn chained(length: usize, weights: &[f64]) -> Self {
        let chain = vec![Smoothed::exponential(length); weights.len()];
        Self { look_back: weights.len() * (length - 1), form: Form::Chained(chain, weights.to_vec()) }
    }

    /// How many values come before the first result.
    pub fn look_back(&self) -> usize {
        self.look_back
    }

    /// Take more values; an average for each that is not in the look-back.
    pub fn take(&mut self, values: &[f64]) -> Vec<f64> {
        match &mut self.form {
            Form::Windowed(windowed) => windowed.run_one(&[values]),
            Form::Smoothed(smoothed) => smoothed.run(values),
            Form::Chained(chain, weights) => chained(chain, weights, values),
            Form::Adaptive(adaptive) => adaptive.run(values),
        }
    }
}

impl Indicator for Average {
    fn run(&mut self, inputs: &[&[f64]]) -> Vec<Vec<f64>> {
        vec![self.take(inputs[0])]
    }

    fn carry(&mut self, state: &mut State<'_>) {
        match &mut self.form {
            Form::Windowed(windowed) => windowed.carry(state),
            Form::Smoothed(smoothed) => smoothed.carry(state),
            Form::Chained(chain, _) => chain.iter_mut().for_each(|smoothed| smoothed.carry(state)),
            Form::Adaptive(adaptive) => adaptive.carry(state),
        }
    }
}

fn simple(rows: &Rows<'_>, values: &[f64], length: usize) -> Vec<f64> {
    rows.means(values, length)
}

/// The mean, moved towards the newest value along the line through the window.
///
/// `Σ k xₖ / Σ k = mean + slope (n − 1) / 6`: exact for equal values, and for lines.
fn weighted(rows: &Rows<'_>, values: &[f64], length: usize) -> Vec<f64> {
    let mut means = rows.means(values, length);
    let reach = (length as f64 - 1.0) / 6.0;
    for (mean, slope) in means.iter_mut().zip(rows.rolled(values, length, rolling::slope)) {
        *mean += slope * reach;
    }
    means
}

/// The mean of means, whose lengths are the halves of the window's.
fn triangular(rows: &Rows<'_>, values: &[f64], length: usize) -> Vec<f64> {
    let inner = length.div_ceil(2);
    simple(rows, &simple(rows, values, inner), length + 1 - inner)
}

fn chained(chain: &mut [Smoothed], weights: &[f64], values: &[f64]) -> Vec<f64> {
    let mut means = Vec::<Vec<f64>>::with_capacity(chain.len());
    for smoothed in chain {
        let mean = smoothed.run(means.last().map_or(values, Vec::as_slice));
        means.push(mean);
    }
    let n = means.last().map_or(0, Vec::len);
    let mut sum = vec![0.0; n];
    for (mean, weight) in means.iter().zip(weights).filter(|(_, weight)| **weight != 0.0) {
        for (sum, mean) in sum.iter_mut().zip(super::last(mean, n)) {
            *sum += weight * mean;
        }
    }
    sum
}

/// Kaufman's adaptive mean: fast where the price goes straight, slow where it goes to and fro.
#[derive(Debug)]
struct Adaptive {
    /// For each row its weight, the value before, and the value.
    weights: Windowed,
    /// The last mean; NaN before the first.
    mean: f64,
}

impl Adaptive {
    fn new(length: usize) -> Self {
        let weights = Windowed::new(length, move |rows| {
            let values = rows.input(0);
            let steps = lagged(values, 1).map(|(new, old)| (new - old).abs()).collect::<Vec<_>>();
            let way = rows.rolled(&steps, length, rolling::sum);
            let distance = lagged(values, length).map(|(new, old)| (new - old).abs());
            let weights = distance.zip(&way).map(|(distance, &way)| weight(distance, way)).collect();
            let newest = values.get(length..).unwrap_or_default().to_vec();
            vec![weights, values.get(length - 1..).unwrap_or_default()[..newest.len()].to_vec(), newest]
        });
        Self { weights, mean: f64::NAN }
    }

    fn run(&mut self, values: &[f64]) -> Vec<f64> {
        let rows = self.weights.run(&[values]);
        let mut means = Vec::with_capacity(rows[0].len());
        for ((&weight, &before), &value) in rows[0].iter().zip(&rows[1]).zip(&rows[2]) {
            if self.mean.is_nan() {
                self.mean = before;
            }
            self.mean += weight * (value - self.mean);
            means.push(self.mean);
        }
        means
    }

    fn carry(&mut self, state: &mut State<'_>) {
        self.weights.carry(state);
        state.number(&mut self.mean);
    }
}

/// The square of a weight between that of a mean of 30 values and that of 2.
fn weight(distance: f64, way: f64) -> f64 {
    const FAST: f64 = 2.0 / 3.0;
    const SLOW: f64 = 2.0 / 31.0;
    let straight = if way <= distance { 1.0 } else { distance / way };
    let weight = straight * (FAST - SLOW) + SLOW;
    weight * weight
}

/// TRIX: the change, in percent, of an exponential mean of an exponential mean of an exponential mean.
pub fn triple_smoothed_change(length: usize) -> impl Indicator {
    TripleSmoothedChange { chain: [Smoothed::exponential(length); 3], first: Skip(1), mean: 0.0 }
}

#[derive(Debug)]
struct TripleSmoothedChange {
    chain: [Smoothed; 3],
    first: Skip,
    /// The mean at the last row.
    mean: f64,
}

impl Indicator for TripleSmoothedChange {
    fn run(&mut self, inputs: &[&[f64]]) -> Vec<Vec<f64>> {
        let [one, two, three] = &mut self.chain;
        let means = three.run(&two.run(&one.run(inputs[0])));
        let changes = means.iter().map(|&mean| 100.0 * rate(mean, std::mem::replace(&mut self.mean, mean)));
        let changes = changes.collect::<Vec<_>>();
        vec![self.first.run(&changes).to_vec()]
    }

    fn carry(&mut self, state: &mut State<'_>) {
        self.chain.iter_mut().for_each(|smoothed| smoothed.carry(state));
        self.first.carry(state);
        state.number(&mut self.mean);
    }
}
