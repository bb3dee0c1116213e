//! Wilder's parabolic stop and reverse.

use super::{Indicator, State};

/// A stop that follows a trend ever faster, and turns round where the price meets it.
///
/// For a short position everything is mirrored: its prices are negated, and the stop is negated back.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Parabolic {
    acceleration: f64,
    maximum: f64,
    /// How many rows came so far, up to two.
    seen: usize,
    /// The high and the low of the row before.
    before: (f64, f64),
    /// 1 of a long position, -1 of a short one.
    side: f64,
    /// The stop of the next row, times the side.
    stop: f64,
    /// The highest price of the position, times the side.
    extreme: f64,
    /// The share of the way to the extreme that the stop goes in a row.
    speed: f64,
}

impl Parabolic {
    /// With a share that grows by `acceleration` with every new extreme, up to `maximum`.
    pub fn new(acceleration: f64, maximum: f64) -> Self {
        let acceleration = acceleration.min(maximum);
        Self {
            acceleration,
            maximum,
            seen: 0,
            before: (0.0, 0.0),
            side: 1.0,
            stop: 0.0,
            extreme: 0.0,
            speed: acceleration,
        }
    }

    /// A position as the first two rows suggest: short if the low fell, and by more than the high rose.
    fn begin(&mut self, high: f64, low: f64) {
        let (rise, fall) = (high - self.before.0, self.before.1 - low);
        self.side = if fall > 0.0 && fall > rise { -1.0 } else { 1.0 };
        let (_, worst) = self.favourable(self.before);
        let (best, _) = self.favourable((high, low));
        (self.stop, self.extreme) = (worst, best);
        // TA-Lib keeps the first stop out of the second row only, not out of the first.
        self.before = (high, low);
    }

    /// The best and the worst price of a row for the position, times the side.
    fn favourable(&self, (high, low): (f64, f64)) -> (f64, f64) {
        if self.side > 0.0 { (high, low) } else { (-low, -high) }
    }

    /// The stop of this row; then that of the next one.
    fn advance(&mut self, high: f64, low: f64) -> f64 {
        let (best, worst) = self.favourable((high, low));
        let turns = worst <= self.stop;
        if turns {
            // The new stop is the old position's extreme, and lies beyond the last two rows.
            let stop = self.extreme.max(best).max(self.favourable(self.before).0);
            self.side = -self.side;
            self.stop = -stop;
            self.extreme = self.favourable((high, low)).0;
            self.speed = self.acceleration;
        }
        let stop = self.side * self.stop;
        let (best, worst) = self.favourable((high, low));
        if !turns && best > self.extreme {
            self.extreme = best;
            self.speed = self.maximum.min(self.speed + self.acceleration);
        }
        self.stop += self.speed * (self.extreme - self.stop);
        self.stop = self.stop.min(self.favourable(self.before).1).min(worst);
        self.before = (high, low);
        stop
    }
}

impl Indicator for Parabolic {
    fn run(&mut self, inputs: &[&[f64]]) -> Vec<Vec<f64>> {
        let mut stops = Vec::with_capacity(inputs[0].len());
        for (&high, &low) in inputs[0].iter().zip(inputs[1]) {
            match self.seen {
                0 => self.before = (high, low),
                1 => {
                    self.begin(high, low);
                    stops.push(self.advance(high, low));
                }
                _ => stops.push(self.advance(high, low)),
            }
            self.seen = 2.min(self.seen + 1);
        }
        vec![stops]
    }

    fn carry(&mut self, state: &mut State<'_>) {
        state.count(&mut self.seen);
        let (high, low) = &mut self.before;
        for number in [high, low, &mut self.side, &mut self.stop, &mut self.extreme, &mut self.speed] {
            state.number(number);
        }
    }
}
