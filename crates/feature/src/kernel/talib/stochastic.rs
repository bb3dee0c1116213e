//! Stochastic oscillators.

use super::{Average, Indicator, Position, Scale, State, Strength, Windowed, position_in_range};

/// The position of the close in the range of the last rows, and averages of it.
#[derive(Debug)]
pub struct Stochastic {
    fast: Windowed,
    /// The first output is the average of what the range says; without one, that itself.
    first: Option<Average>,
    /// The second output is the average of the first.
    second: Average,
}

impl Stochastic {
    /// Fast %K over this many rows, and its average, fast %D.
    pub fn fast(length: usize, second: Average) -> Self {
        Self { fast: position_in_range(Position::FromLow, length), first: None, second }
    }

    /// Slow %K, the average of fast %K over this many rows, and its average, slow %D.
    pub fn slow(length: usize, first: Average, second: Average) -> Self {
        Self { first: Some(first), ..Self::fast(length, second) }
    }
}

impl Indicator for Stochastic {
    fn run(&mut self, inputs: &[&[f64]]) -> Vec<Vec<f64>> {
        let fast = self.fast.run_one(inputs);
        let first = match &mut self.first {
            Some(average) => average.take(&fast),
            None => fast,
        };
        let second = self.second.take(&first);
        vec![first, second]
    }

    fn carry(&mut self, state: &mut State<'_>) {
        self.fast.carry(state);
        if let Some(average) = &mut self.first {
            average.carry(state);
        }
        self.second.carry(state);
    }
}

/// The fast stochastic of the relative strength index over `length` changes, instead of prices.
pub fn of_strength(length: usize, stochastic: Stochastic) -> impl Indicator {
    OfStrength { strength: Strength::new(Scale::FromZero, length), stochastic }
}

#[derive(Debug)]
struct OfStrength {
    strength: Strength,
    stochastic: Stochastic,
}

impl Indicator for OfStrength {
    fn run(&mut self, inputs: &[&[f64]]) -> Vec<Vec<f64>> {
        let strength = self.strength.take(inputs[0]);
        self.stochastic.run(&[&strength, &strength, &strength])
    }

    fn carry(&mut self, state: &mut State<'_>) {
        self.strength.carry(state);
        self.stochastic.carry(state);
    }
}
