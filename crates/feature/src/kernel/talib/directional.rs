//! Wilder's directional movement system.

use super::{Indicator, Rows, Skip, State, Windowed, true_range::ranges, windowed::lagged};

/// The direction in which a market moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// Upwards: highs above those before.
    Plus,
    /// Downwards: lows below those before.
    Minus,
}

/// How far each row but the first goes beyond the range of the one before, upwards and downwards. Only the larger of the
/// two counts, and neither if they are equal.
fn movements(rows: &Rows<'_>) -> [Vec<f64>; 2] {
    let highs = lagged(rows.input(0), 1).map(|(new, old)| new - old);
    let lows = lagged(rows.input(1), 1).map(|(new, old)| old - new);
    let larger = |(up, down): (f64, f64)| {
        (if up > down && up > 0.0 { up } else { 0.0 }, if down > up && down > 0.0 { down } else { 0.0 })
    };
    let (plus, minus) = highs.zip(lows).map(larger).unzip();
    [plus, minus]
}

/// Wilder's smoothed sum: from the sum of the first `length − 1` values on, `sum = sum − sum / length + value`.
#[derive(Clone, Copy, Debug)]
struct Accumulated {
    length: usize,
    seen: usize,
    sum: f64,
}

impl Accumulated {
    fn new(length: usize) -> Self {
        assert!(length > 0, "a sum needs a value");
        Self { length, seen: 0, sum: 0.0 }
    }

    /// Take more values; a sum for each but the first `length − 2`.
    fn run(&mut self, values: &[f64]) -> Vec<f64> {
        let (seed, rest) = values.split_at(values.len().min(self.length - 1 - self.seen));
        self.sum = seed.iter().fold(self.sum, |sum, value| sum + value);
        self.seen += seed.len();
        let mut sums = Vec::with_capacity(rest.len() + 1);
        sums.extend((!seed.is_empty() && self.seen == self.length - 1).then_some(self.sum));
        let (mut sum, length) = (self.sum, self.length as f64);
        sums.extend(rest.iter().map(|value| {
            sum = sum - sum / length + value;
            sum
        }));
        self.sum = sum;
        sums
    }

    fn carry(&mut self, state: &mut State<'_>) {
        state.count(&mut self.seen);
        state.number(&mut self.sum);
    }
}

/// Plus or minus directional movement, summed as Wilder does; of a single row the movement itself.
#[derive(Debug)]
pub struct DirectionalMovement {
    movement: Windowed,
    sum: Accumulated,
}

impl DirectionalMovement {
    /// Over this many rows; inputs are high and low.
    pub fn new(direction: Direction, length: usize) -> Self {
        let movement = Windowed::new(1, move |rows| {
            let [plus, minus] = movements(rows);
            vec![if direction == Direction::Plus { plus } else { minus }]
        });
        Self { movement, sum: Accumulated::new(length) }
    }
}

impl Indicator for DirectionalMovement {
    fn run(&mut self, inputs: &[&[f64]]) -> Vec<Vec<f64>> {
        vec![self.sum.run(&self.movement.run_one(inputs))]
    }

    fn carry(&mut self, state: &mut State<'_>) {
        self.movement.carry(state);
        self.sum.carry(state);
    }
}

/// Movements in both directions and true ranges, all summed as Wilder does.
#[derive(Debug)]
struct Sums {
    rows: Windowed,
    /// Plus, minus and range.
    accumulated: [Accumulated; 3],
    /// The sums of a seed alone make no index.
    seed: [Skip; 3],
}

impl Sums {
    fn new(length: usize) -> Self {
        let rows = Windowed::new(1, |rows| {
            let [plus, minus] = movements(rows);
            vec![plus, minus, ranges(rows)]
        });
        let seed = Skip(usize::from(length > 1));
        Self { rows, accumulated: [Accumulated::new(length); 3], seed: [seed; 3] }
    }

    /// Plus, minus and range for each row but the first `length`.
    fn run(&mut self, inputs: &[&[f64]]) -> Vec<[f64; 3]> {
        let rows = self.rows.run(inputs);
        let sums = self.accumulated.iter_mut().zip(&rows).map(|(sum, values)| sum.run(values));
        let sums = sums.collect::<Vec<_>>();
        let mut sums = self.seed.iter_mut().zip(&sums).map(|(seed, sums)| seed.run(sums).iter());
        let mut next = || sums.next().into_iter().flatten();
        let (plus, minus, range) = (next(), next(), next());
        plus.zip(minus).zip(range).map(|((&plus, &minus), &range)| [plus, minus, range]).collect()
    }

    fn carry(&mut self, state: &mut State<'_>) {
        self.rows.carry(state);
        self.accumulated.iter_mut().for_each(|sum| sum.carry(state));
        self.seed.iter_mut().for_each(|seed| seed.carry(state));
    }
}

/// Plus or minus directional indicator: movement in percent of the true range; 0 where there is no range.
#[derive(Debug)]
pub struct Index {
    direction: Direction,
    sums: Sums,
    scale: f64,
}

impl Index {
    /// Over this many rows; inputs are high, low and close. Of a single row TA-Lib gives a share, not percent.
    pub fn new(direction: Direction, length: usize) -> Self {
        Self { direction, sums: Sums::new(length), scale: if length == 1 { 1.0 } else { 100.0 } }
    }
}

impl Indicator for Index {
    fn run(&mut self, inputs: &[&[f64]]) -> Vec<Vec<f64>> {
        let share = |[plus, minus, range]: [f64; 3]| {
            let movement = if self.direction == Direction::Plus { plus } else { minus };
            if range == 0.0 { 0.0 } else { self.scale * (movement / range) }
        };
        vec![self.sums.run(inputs).into_iter().map(share).collect()]
    }

    fn carry(&mut self, state: &mut State<'_>) {
        self.sums.carry(state);
    }
}

/// The directional movement index, and its means.
#[derive(Debug)]
pub struct TrendIndex {
    sums: Sums,
    form: Form,
}

#[derive(Debug)]
enum Form {
    /// DX, and its last value.
    Raw(f64),
    Averaged(IndexMean),
    /// ADX, and its mean with an earlier one.
    Rated(IndexMean, Windowed),
}

impl TrendIndex {
    /// DX: how far movements in both directions lie apart, in percent of both. Without range or movement it keeps its last
    /// value, at first 0.
    pub fn raw(length: usize) -> Self {
        Self { sums: Sums::new(length), form: Form::Raw(0.0) }
    }

    /// ADX: Wilder's mean of DX, which rows without range or movement leave as it is.
    pub fn averaged(length: usize) -> Self {
        Self { sums: Sums::new(length), form: Form::Averaged(IndexMean::new(length)) }
    }

    /// ADXR: the mean of ADX and that of `length − 1` rows before.
    pub fn rated(length: usize) -> Self {
        let lag = length - 1;
        let mean = Windowed::new(lag, move |rows| {
            vec![lagged(rows.input(0), lag).map(|(new, old)| new.midpoint(old)).collect()]
        });
        Self { sums: Sums::new(length), form: Form::Rated(IndexMean::new(length), mean) }
    }
}

impl Indicator for TrendIndex {
    fn run(&mut self, inputs: &[&[f64]]) -> Vec<Vec<f64>> {
        let indices = self.sums.run(inputs).into_iter().map(index);
        vec![match &mut self.form {
            Form::Raw(last) => indices
                .map(|index| {
                    *last = index.unwrap_or(*last);
                    *last
                })
                .collect(),
            Form::Averaged(mean) => mean.run(indices),
            Form::Rated(mean, rate) => rate.run_one(&[&mean.run(indices)]),
        }]
    }

    fn carry(&mut self, state: &mut State<'_>) {
        self.sums.carry(state);
        match &mut self.form {
            Form::Raw(last) => state.number(last),
            Form::Averaged(mean) => mean.carry(state),
            Form::Rated(mean, rate) => {
                mean.carry(state);
                rate.carry(state);
            }
        }
    }
}

/// `100 |plus − minus| / (plus + minus)` of the two indicators; `None` without range or movement.
fn index([plus, minus, range]: [f64; 3]) -> Option<f64> {
    if range == 0.0 {
        return None;
    }
    let (plus, minus) = (100.0 * (plus / range), 100.0 * (minus / range));
    let both = plus + minus;
    (both != 0.0).then(|| 100.0 * ((minus - plus).abs() / both))
}

/// Wilder's mean of an index. What is missing counts as 0 in the simple mean that it starts from, and as nothing later.
#[derive(Debug)]
struct IndexMean {
    length: usize,
    seen: usize,
    mean: f64,
}

impl IndexMean {
    fn new(length: usize) -> Self {
        Self { length, seen: 0, mean: 0.0 }
    }

    fn run(&mut self, indices: impl Iterator<Item = Option<f64>>) -> Vec<f64> {
        let mut means = Vec::with_capacity(indices.size_hint().0);
        for index in indices {
            if self.seen < self.length {
                self.seen += 1;
                self.mean += (index.unwrap_or(0.0) - self.mean) / self.seen as f64;
            } else if let Some(index) = index {
                self.mean += (index - self.mean) / self.length as f64;
            }
            if self.seen == self.length {
                means.push(self.mean);
            }
        }
        means
    }

    fn carry(&mut self, state: &mut State<'_>) {
        state.count(&mut self.seen);
        state.number(&mut self.mean);
    }
}
