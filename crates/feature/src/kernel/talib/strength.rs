//! Gains against losses, smoothed as Wilder did.

use super::{Indicator, State};

/// On which scale gains are held against losses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scale {
    /// `100 gain / (gain + loss)`, from 0 to 100: RSI.
    FromZero,
    /// `100 (gain − loss) / (gain + loss)`, from -100 to 100: CMO.
    AroundZero,
}

/// The relative strength index, and Chande's momentum oscillator; 0 where nothing moves.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Strength {
    scale: Scale,
    length: usize,
    /// How many values came so far, up to the first result.
    seen: usize,
    /// The value of the last row.
    last: f64,
    gain: f64,
    loss: f64,
}

impl Strength {
    /// Over this many changes.
    ///
    /// # Panics
    ///
    /// If the length is 0.
    pub fn new(scale: Scale, length: usize) -> Self {
        assert!(length > 0, "a mean needs a value");
        Self { scale, length, seen: 0, last: 0.0, gain: 0.0, loss: 0.0 }
    }

    /// Take more values; a result for each but the first `length`.
    pub fn take(&mut self, values: &[f64]) -> Vec<f64> {
        let (seed, rest) = values.split_at(values.len().min(self.length + 1 - self.seen));
        for &value in seed {
            if self.seen > 0 {
                let (gain, loss) = self.moves(value);
                self.gain += gain;
                self.loss += loss;
            }
            self.last = value;
            self.seen += 1;
            if self.seen > self.length {
                self.gain *= 1.0 / self.length as f64;
                self.loss *= 1.0 / self.length as f64;
            }
        }
        if self.seen <= self.length {
            return Vec::new();
        }
        let mut results = Vec::with_capacity(rest.len() + 1);
        results.extend((!seed.is_empty()).then(|| self.result()));
        let mut now = *self;
        let (others, share) = (self.length as f64 - 1.0, 1.0 / self.length as f64);
        results.extend(rest.iter().map(|&value| {
            let (gain, loss) = now.moves(value);
            // In this order the bits are TA-Lib's: the stochastic of a series that stands still shows them.
            now.gain = (now.gain * others + gain) * share;
            now.loss = (now.loss * others + loss) * share;
            now.last = value;
            now.result()
        }));
        *self = now;
        results
    }

    #[inline]
    fn moves(&self, value: f64) -> (f64, f64) {
        let change = value - self.last;
        (change.max(0.0), (-change).max(0.0))
    }

    #[inline]
    fn result(&self) -> f64 {
        let moves = self.gain + self.loss;
        let part = match self.scale {
            Scale::FromZero => self.gain,
            Scale::AroundZero => self.gain - self.loss,
        };
        if moves == 0.0 { 0.0 } else { 100.0 * (part / moves) }
    }
}

impl Indicator for Strength {
    fn run(&mut self, inputs: &[&[f64]]) -> Vec<Vec<f64>> {
        vec![self.take(inputs[0])]
    }

    fn carry(&mut self, state: &mut State<'_>) {
        state.count(&mut self.seen);
        state.number(&mut self.last);
        state.number(&mut self.gain);
        state.number(&mut self.loss);
    }
}
