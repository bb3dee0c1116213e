//! Statistics of two series over their last rows.
//!
//! Every function takes one instrument's rows, oldest first: `x`, `y`, the `sessions` of the same rows (increasing), and
//! `out`, which are equally long. Only rows on which both are present count (*pairs*); where fewer than
//! `window.min_observations()` pairs are, or fewer than the statistic needs, the value is NaN. `out[t]` depends on rows
//! `..=t` only. Errors stay within 1e-12 of the standard deviations' scale, also at a level of 1e9.

use std::ops::Range;

use backstaff_panel::Session;

use super::{
    Window,
    roll::{At, Family, roll},
    rolling::{self, FLAT_STD},
    sum::{Lanes, plus},
};

/// See `rolling/moment.rs`: a pivot so far (in squared standard deviations) from the mean costs too many digits.
const FAR: f64 = 64.0;

/// Covariance of the pairs of the window, with `ddof` 1.
///
/// `Σ (x − mean x)(y − mean y) / (n − 1)`.
///
/// - Shape: `x`, `y`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `x` times that of `y`.
/// - NaN: a row that lacks either value is skipped; fewer than 2 pairs, or than the window asks for, give NaN.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: pandas `rolling.cov`; Qlib `Cov`.
///
/// # Panics
///
/// If the slices differ in length.
pub fn covariance(x: &[f64], y: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    roll(&Pairs::new(x, y, window, out, |pair: Pair, _: Rows| pair.covariance()), sessions, window, out);
}

/// Pearson's correlation of the pairs of the window.
///
/// - Shape: `x`, `y`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: none, from -1 to 1.
/// - NaN: a row that lacks either value is skipped; fewer than 2 pairs, or than the window asks for, give NaN; so does a
///   series that is constant over the pairs, or whose own standard deviation in the window (over all its present
///   values) is at most 2e-5.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: pandas `rolling.corr`; Qlib `Corr`, whose threshold for a flat window this is.
///
/// # Panics
///
/// If the slices differ in length.
pub fn correlation(x: &[f64], y: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    let finish = |pair: Pair, rows: Rows| {
        if pair.is_flat(rows) { f64::NAN } else { pair.correlation() }
    };
    roll(&Pairs::new(x, y, window, out, finish), sessions, window, out);
}

/// Beta of `x` to `y`: the slope of the least-squares line of `x` on `y` through the pairs of the window.
///
/// `covariance(x, y) / variance(y)`, so with returns for `x` and the market's for `y`, what the instrument moves when
/// the market moves by 1.
///
/// - Shape: `x`, `y`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `x` per that of `y`.
/// - NaN: a row that lacks either value is skipped; fewer than 2 pairs, or than the window asks for, or a constant `y`
///   give NaN.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: Sharpe (1963), "A simplified model for portfolio analysis", Management Science 9.
///
/// # Examples
///
/// ```
/// use backstaff_feature::kernel::{Window, pair};
/// use backstaff_panel::Session;
///
/// let sessions = [16_801, 16_804, 16_805].map(Session::from_number);
/// let mut out = [0.0; 3];
/// pair::beta(&[0.02, f64::NAN, -0.02], &[0.01, 0.05, -0.01], &sessions, Window::new(3, 2)?, &mut out);
/// assert!(out[0].is_nan() && out[1].is_nan());
/// assert_eq!(out[2], 2.0);
/// # Ok::<(), backstaff_feature::kernel::WindowError>(())
/// ```
///
/// # Panics
///
/// If the slices differ in length.
pub fn beta(x: &[f64], y: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    roll(&Pairs::new(x, y, window, out, |pair: Pair, _: Rows| pair.beta()), sessions, window, out);
}

/// Alpha of `x` to `y`: the intercept of the least-squares line of `x` on `y` through the pairs of the window.
///
/// `mean x − beta · mean y`.
///
/// - Shape: `x`, `y`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `x`, per row.
/// - NaN: as [`beta`].
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: Jensen (1968), "The performance of mutual funds", J. Finance 23, without the riskless rate.
///
/// # Panics
///
/// If the slices differ in length.
pub fn alpha(x: &[f64], y: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    roll(&Pairs::new(x, y, window, out, |pair: Pair, _: Rows| pair.alpha()), sessions, window, out);
}

/// Residual volatility: standard deviation of what the least-squares line of `x` on `y` leaves, with `ddof` 2.
///
/// `√(Σ (x − alpha − beta · y)² / (n − 2))`.
///
/// - Shape: `x`, `y`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `x`.
/// - NaN: a row that lacks either value is skipped; fewer than 3 pairs, or than the window asks for, or a constant `y`
///   give NaN.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: Ang, Hodrick, Xing and Zhang (2006), "The cross-section of volatility and expected returns", J. Finance 61
///   (there with three factors).
///
/// # Panics
///
/// If the slices differ in length.
pub fn residual_volatility(x: &[f64], y: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    let finish = |pair: Pair, rows: Rows| {
        if pair.n < 3.0 { f64::NAN } else { (pair.residual_squares(rows) / (pair.n - 2.0)).sqrt() }
    };
    roll(&Pairs::new(x, y, window, out, finish), sessions, window, out);
}

/// The rows of a window, of both series.
type Rows<'a> = (&'a [f64], &'a [f64]);

/// The differences of a pair to the pivots.
fn differences((x, y): Rows, pivot: (f64, f64)) -> impl Iterator<Item = (f64, f64)> + Clone {
    let pairs = x.iter().zip(y).filter(|(x, y)| x.is_finite() && y.is_finite());
    pairs.map(move |(x, y)| (x - pivot.0, y - pivot.1))
}

/// A window's pairs around their means, which are `pivot + offset`.
#[derive(Clone, Copy)]
struct Pair {
    n: f64,
    pivot: (f64, f64),
    offset: (f64, f64),
    /// `Σ (x − mean)²`, `Σ (x − mean)(y − mean)`, `Σ (y − mean)²`.
    squares: [f64; 3],
}

impl Pair {
    #[inline(always)]
    fn covariance(self) -> f64 {
        self.squares[1] / (self.n - 1.0)
    }

    #[inline(always)]
    fn correlation(self) -> f64 {
        let [xx, xy, yy] = self.squares;
        let both = xx * yy;
        // The product of two small sums may be no normal float, that of their roots is.
        let scale = if both.is_normal() { both.sqrt() } else { xx.sqrt() * yy.sqrt() };
        if xx <= 0.0 || yy <= 0.0 { f64::NAN } else { (xy / scale).clamp(-1.0, 1.0) }
    }

    /// Whether a series hardly moves, over all its present values of the window.
    #[inline(always)]
    fn is_flat(self, (x, y): Rows) -> bool {
        // All present values lie no closer together than those of the pairs, so most windows need no second look.
        let most = FLAT_STD * FLAT_STD * x.len() as f64;
        let [xx, _, yy] = self.squares;
        xx <= most && rolling::std_afresh(x) <= FLAT_STD || yy <= most && rolling::std_afresh(y) <= FLAT_STD
    }

    #[inline(always)]
    fn beta(self) -> f64 {
        let [_, xy, yy] = self.squares;
        if yy <= 0.0 { f64::NAN } else { xy / yy }
    }

    #[inline(always)]
    fn alpha(self) -> f64 {
        let mean_y = self.pivot.1 + self.offset.1;
        self.pivot.0 + (self.offset.0 - self.beta() * mean_y)
    }

    /// The sum of the squared residuals of `x`.
    #[inline(always)]
    fn residual_squares(self, rows: Rows) -> f64 {
        /// Where the line leaves less than this share, the difference of large sums has lost digits: measure each.
        const CLOSE: f64 = 1e-3;
        let [xx, xy, _] = self.squares;
        let beta = self.beta();
        let rest = xx - beta * xy;
        if rest >= CLOSE * xx || beta.is_nan() {
            return if beta.is_nan() { beta } else { rest };
        }
        let residual = |(x, y): (f64, f64)| (x - self.offset.0) - beta * (y - self.offset.1);
        differences(rows, self.pivot).map(residual).map(|residual| residual * residual).sum()
    }
}

struct Pairs<'a, F> {
    x: &'a [f64],
    y: &'a [f64],
    finish: F,
    far: f64,
}

impl<'a, F: Fn(Pair, Rows) -> f64> Pairs<'a, F> {
    fn new(x: &'a [f64], y: &'a [f64], window: Window, out: &[f64], finish: F) -> Self {
        assert!(x.len() == out.len() && y.len() == out.len(), "one pair a row");
        // An expanding window is not summed again and again: its pivot is the first pair, come what may.
        let far = if window.is_expanding() { f64::INFINITY } else { FAR };
        Self { x, y, finish, far }
    }
}

impl Pair {
    /// The pair around means that are right to the last digits, for pivots that lie far off.
    #[cold]
    #[inline(never)]
    fn afresh(mut self, rows: Rows) -> Self {
        let pairs = differences(rows, self.pivot);
        let rest = |(x, y): (f64, f64)| (x - self.offset.0, y - self.offset.1);
        let sums = pairs.clone().map(rest).fold([0.0; 2], |sums, (x, y)| plus(sums, [x, y]));
        let off = (sums[0] / self.n, sums[1] / self.n);
        self.squares = pairs.map(rest).fold([0.0; 3], |squares, (x, y)| {
            let (x, y) = (x - off.0, y - off.1);
            plus(squares, [x * x, x * y, y * y])
        });
        self.offset = (self.offset.0 + off.0, self.offset.1 + off.1);
        self
    }
}

/// Observations, differences of both, their squares and products.
impl<F: Fn(Pair, Rows) -> f64> Family for Pairs<'_, F> {
    type Pivot = (f64, f64);
    type Sums = Lanes<6>;
    const EMPTY: Lanes<6> = [0.0; 6];

    #[inline(always)]
    fn pivot(&self, row: usize) -> Option<(f64, f64)> {
        Some((self.x[row], self.y[row])).filter(|(x, y)| x.is_finite() && y.is_finite())
    }

    #[inline(always)]
    fn add(&self, sums: Lanes<6>, row: usize, at: At<(f64, f64)>) -> Lanes<6> {
        let (x, y) = (self.x[row], self.y[row]);
        let present = x.is_finite() && y.is_finite();
        let (one, x, y) = if present { (1.0, x - at.pivot.0, y - at.pivot.1) } else { (0.0, 0.0, 0.0) };
        plus(sums, [one, x, y, x * x, x * y, y * y])
    }

    #[inline(always)]
    fn join(&self, older: Lanes<6>, newer: Lanes<6>) -> Lanes<6> {
        plus(older, newer)
    }

    #[inline(always)]
    fn observations(&self, sums: &Lanes<6>) -> f64 {
        sums[0]
    }

    #[inline(always)]
    fn finish(&self, [n, x, y, xx, xy, yy]: Lanes<6>, rows: Range<usize>, at: At<(f64, f64)>) -> f64 {
        if n < 2.0 {
            return f64::NAN;
        }
        let rows = (&self.x[rows.clone()], &self.y[rows]);
        let share = 1.0 / n;
        let offset = (x * share, y * share);
        let shift = (x * offset.0, y * offset.1);
        let squares = [xx - shift.0, xy - x * offset.1, yy - shift.1];
        let mut pair = Pair { n, pivot: at.pivot, offset, squares };
        if shift.0 > self.far * squares[0] || shift.1 > self.far * squares[2] {
            pair = pair.afresh(rows);
        }
        (self.finish)(pair, rows)
    }
}
