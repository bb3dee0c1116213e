//! TA-Lib's indicators, as computations that go on from a state.
//!
//! An [`Indicator`] sees the rows of one instrument on which all of its inputs are present, oldest first; [`over_present`]
//! picks them and puts the results where they belong. It is made of few kinds of parts:
//!
//! - [`Windowed`]: what can be said from the last rows alone. Its state is those rows; the windows are the kernels of
//!   [`rolling`](super::rolling) and [`pair`](super::pair), cut at the numbers of the present rows.
//! - [`Smoothed`]: a mean that starts from a simple mean and goes on from its own last value.
//! - machines that go from row to row, such as [`Strength`] or [`Parabolic`].
//!
//! Every part keeps one rule: it says nothing until its look-back is full, then one value for each row. So of two
//! series the last values always belong to the same row, and nothing has to count how many are missing in front.
//!
//! Source of all definitions: TA-Lib 0.8.1 with unstable periods of 0 and its default compatibility.
//!
//! To add one: a constructor beside its like (the smallest file to imitate is `change.rs`), and an entry in the table of
//! `operator/talib/`.

mod average;
mod change;
mod channel;
mod directional;
mod line;
mod oscillator;
mod parabolic;
mod present;
mod sliding;
mod smoothed;
mod spread;
mod state;
mod stochastic;
mod strength;
mod true_range;
mod volume;
mod windowed;

pub use average::{Average, AverageKind, triple_smoothed_change};
pub use change::{Change, change};
pub use channel::{Extreme, Position, aroon, aroon_oscillator, extreme, extremes, middle, position_in_range};
pub use directional::{Direction, DirectionalMovement, Index, TrendIndex};
pub use line::{Line, beta, correlation, line};
pub use oscillator::{Convergence, Difference};
pub use parabolic::Parabolic;
pub use present::over_present;
pub use smoothed::Smoothed;
pub use spread::{Bands, commodity_channel, spread, sum};
pub use state::State;
pub use stochastic::{Stochastic, of_strength};
pub use strength::{Scale, Strength};
pub use true_range::{AverageRange, true_range, ultimate};
pub use volume::{Accumulation, AccumulationOscillator, OnBalance, money_flow};
pub use windowed::{Rows, Windowed};

/// A computation over the rows of one instrument on which all inputs are present.
pub trait Indicator {
    /// Take more rows, one slice for each input, all equally long. One series for each output comes back, whose last
    /// value belongs to the last row; the indicator says nothing yet on the rows for which a series lacks values.
    fn run(&mut self, inputs: &[&[f64]]) -> Vec<Vec<f64>>;

    /// Save all that later values depend on, or restore it.
    fn carry(&mut self, state: &mut State<'_>);
}

/// Whether two values lie no further apart than rounding brings about: TA-Lib then takes them for equal.
fn is_rounding(distance: f64, a: f64, b: f64) -> bool {
    distance.abs() <= 1e-14 * (a.abs() + b.abs())
}

/// The last values of two series side by side.
fn paired<'a>(a: &'a [f64], b: &'a [f64]) -> impl ExactSizeIterator<Item = (f64, f64)> + 'a {
    let n = a.len().min(b.len());
    last(a, n).iter().copied().zip(last(b, n).iter().copied())
}

/// The last `n` of the values.
fn last(values: &[f64], n: usize) -> &[f64] {
    &values[values.len() - n..]
}

/// The first `n` values of a stream are left out.
#[derive(Clone, Copy, Debug)]
struct Skip(usize);

impl Skip {
    fn run<'a>(&mut self, values: &'a [f64]) -> &'a [f64] {
        let skipped = self.0.min(values.len());
        self.0 -= skipped;
        &values[skipped..]
    }

    fn carry(&mut self, state: &mut State<'_>) {
        state.count(&mut self.0);
    }
}
