//! Sums and spreads of a window, and the bands and indices that are made of them.

use super::{Average, AverageKind, Indicator, Rows, State, Windowed, is_rounding, last, paired};
use crate::kernel::rolling;

/// The sum of the window.
pub fn sum(length: usize) -> Windowed {
    Windowed::new(length - 1, move |rows| vec![rows.rolled(rows.input(0), length, rolling::sum)])
}

/// A function `finish` of the variance of the window, as of a population (divided by the number of values).
pub fn spread(length: usize, finish: impl Fn(f64) -> f64 + Send + Sync + 'static) -> Windowed {
    Windowed::new(length - 1, move |rows| {
        let mut variances = rows.variances(rows.input(0), length);
        for variance in &mut variances {
            *variance = finish(*variance);
        }
        vec![variances]
    })
}

/// The commodity channel index: how many mean deviations the typical price lies from its mean, over 0.015; 0 where it
/// does not deviate.
pub fn commodity_channel(length: usize) -> Windowed {
    Windowed::new(length - 1, move |rows| {
        let typical = typical_prices(rows);
        let means = rows.means(&typical, length);
        let deviations = rows.rolled(&typical, length, rolling::mad);
        let values = last(&typical, means.len()).iter().zip(paired(&means, &deviations));
        let index = |(&value, (mean, deviation)): (&f64, (f64, f64))| {
            if value == mean || is_rounding(2.0 * deviation, mean, mean) {
                0.0
            } else {
                (value - mean) / (0.015 * deviation)
            }
        };
        vec![values.map(index).collect()]
    })
}

/// The mean of high, low and close, the first three inputs.
pub(super) fn typical_prices(rows: &Rows<'_>) -> Vec<f64> {
    let prices = rows.input(0).iter().zip(rows.input(1)).zip(rows.input(2));
    prices.map(|((high, low), close)| (high + low + close) / 3.0).collect()
}

/// Bollinger bands: upper, middle and lower.
#[derive(Debug)]
pub struct Bands {
    /// The mean and the standard deviation of the window.
    window: Windowed,
    /// The average that the bands lie around, if not that mean.
    middle: Option<Average>,
    above: f64,
    below: f64,
}

impl Bands {
    /// Bands around this average of `length` values, `above` and `below` standard deviations away.
    pub fn new(kind: AverageKind, length: usize, above: f64, below: f64) -> Self {
        let window = Windowed::new(length - 1, move |rows| {
            let (means, mut deviations) = rows.moments(rows.input(0), length);
            for deviation in &mut deviations {
                *deviation = deviation.sqrt();
            }
            vec![means, deviations]
        });
        let middle = (kind != AverageKind::Simple).then(|| Average::new(kind, length));
        Self { window, middle, above, below }
    }
}

impl Indicator for Bands {
    fn run(&mut self, inputs: &[&[f64]]) -> Vec<Vec<f64>> {
        let mut window = self.window.run(inputs);
        let deviation = window.swap_remove(1);
        let middle = match &mut self.middle {
            Some(middle) => middle.take(inputs[0]),
            None => window.swap_remove(0),
        };
        let band = |deviations: f64| {
            paired(&middle, &deviation).map(|(middle, deviation)| middle + deviations * deviation).collect()
        };
        let (upper, lower) = (band(self.above), band(-self.below));
        vec![upper, middle, lower]
    }

    fn carry(&mut self, state: &mut State<'_>) {
        self.window.carry(state);
        if let Some(middle) = &mut self.middle {
            middle.carry(state);
        }
    }
}
