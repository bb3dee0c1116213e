//! Distances of a fast average from a slow one.

use super::{Average, Indicator, Skip, State, paired};

/// MACD: the distance of a fast from a slow average, its own average (the signal), and their difference.
///
/// Both averages begin on the same row: the shorter one does not use what the longer one does not know yet.
#[derive(Debug)]
pub struct Convergence {
    fast: (Skip, Average),
    slow: (Skip, Average),
    signal: Average,
}

impl Convergence {
    /// An oscillator of these averages.
    pub fn new(fast: Average, slow: Average, signal: Average) -> Self {
        let look_back = fast.look_back().max(slow.look_back());
        let late = |average: Average| (Skip(look_back - average.look_back()), average);
        Self { fast: late(fast), slow: late(slow), signal }
    }
}

impl Indicator for Convergence {
    fn run(&mut self, inputs: &[&[f64]]) -> Vec<Vec<f64>> {
        let take = |(skip, average): &mut (Skip, Average)| average.take(skip.run(inputs[0]));
        let (fast, slow) = (take(&mut self.fast), take(&mut self.slow));
        let line = paired(&fast, &slow).map(|(fast, slow)| fast - slow).collect::<Vec<_>>();
        let signal = self.signal.take(&line);
        let histogram = paired(&line, &signal).map(|(line, signal)| line - signal).collect();
        vec![line, signal, histogram]
    }

    fn carry(&mut self, state: &mut State<'_>) {
        for (skip, average) in [&mut self.fast, &mut self.slow] {
            skip.carry(state);
            average.carry(state);
        }
        self.signal.carry(state);
    }
}

/// The distance of a fast from a slow average, each with all the values that it needs.
#[derive(Debug)]
pub struct Difference {
    fast: Average,
    slow: Average,
    in_percent: bool,
}

impl Difference {
    /// In the unit of the values: APO.
    pub fn absolute(fast: Average, slow: Average) -> Self {
        Self { fast, slow, in_percent: false }
    }

    /// In percent of the slow average; 0 where that is 0: PPO.
    pub fn in_percent(fast: Average, slow: Average) -> Self {
        Self { fast, slow, in_percent: true }
    }
}

impl Indicator for Difference {
    fn run(&mut self, inputs: &[&[f64]]) -> Vec<Vec<f64>> {
        let (fast, slow) = (self.fast.take(inputs[0]), self.slow.take(inputs[0]));
        let difference = |(fast, slow): (f64, f64)| match self.in_percent {
            false => fast - slow,
            // TA-Lib takes an average below this for 0.
            true if slow.abs() < 1e-14 => 0.0,
            true => 100.0 * (fast - slow) / slow,
        };
        vec![paired(&fast, &slow).map(difference).collect()]
    }

    fn carry(&mut self, state: &mut State<'_>) {
        self.fast.carry(state);
        self.slow.carry(state);
    }
}
