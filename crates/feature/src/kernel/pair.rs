//! Statistics of two series over their last rows.
//!
//! Every function takes one instrument's rows, oldest first: `x`, `y`, the `sessions` of the same rows (increasing), and
//! `out`, which are equally long. Only rows on which both are present count (*pairs*); where fewer than
//! `window.min_observations()` pairs are, or fewer than the statistic needs, the value is NaN. `out[t]` depends on rows
//! `..=t` only. Errors stay within 1e-12 of the standard deviations' scale, also at a level of 1e9.

#![expect(clippy::needless_bitwise_bool, reason = "a branch keeps loops from becoming vector instructions")]

use backstaff_panel::Session;

use super::{
    Window, present,
    roll::{Asked, At, Family, Joined, Windows, roll},
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
    statistics(x, y, sessions, &mut [Asked { window, statistic: Statistic::Covariance, out }]);
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
    statistics(x, y, sessions, &mut [Asked { window, statistic: Statistic::Correlation, out }]);
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
    statistics(x, y, sessions, &mut [Asked { window, statistic: Statistic::Beta, out }]);
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
    statistics(x, y, sessions, &mut [Asked { window, statistic: Statistic::Alpha, out }]);
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
    statistics(x, y, sessions, &mut [Asked { window, statistic: Statistic::ResidualVolatility, out }]);
}

/// Beta of `x` to `y` with the variance of `y` raised to at least [`LEAST_VARIANCE`]: 0 where `y` is constant.
///
/// `Σ (x − mean x)(y − mean y) / max(Σ (y − mean y)², n · least)` over the pairs of the window.
///
/// - NaN: fewer than `min` pairs, and fewer than two.
///
/// # Panics
///
/// If the slices differ in length.
pub fn guarded_beta(x: &[f64], y: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    statistics(x, y, sessions, &mut [Asked { window, statistic: Statistic::GuardedBeta, out }]);
}

/// The variance that a market's returns have at least where a beta must not explode: a hundredth of a percent a day,
/// squared.
pub const LEAST_VARIANCE: f64 = 1e-8;

/// A statistic of two series over a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Statistic {
    /// The statistic of [`covariance`].
    Covariance,
    /// The statistic of [`correlation`].
    Correlation,
    /// The statistic of [`beta`].
    Beta,
    /// The beta with the variance of `y` raised to at least [`LEAST_VARIANCE`].
    GuardedBeta,
    /// The statistic of [`alpha`].
    Alpha,
    /// The statistic of [`residual_volatility`].
    ResidualVolatility,
}

/// Several statistics of the same pairs in one walk.
///
/// # Panics
///
/// If the slices differ in length.
pub fn statistics(x: &[f64], y: &[f64], sessions: &[Session], asked: &mut [Asked<'_, Statistic>]) {
    assert!(x.len() == sessions.len() && y.len() == sessions.len(), "one pair a row");
    roll(&Pairs { x, y }, sessions, asked);
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

    /// The correlation, where the product of the squares is a normal float.
    #[inline(always)]
    fn correlation(self) -> f64 {
        let [xx, xy, yy] = self.squares;
        self.bounded(xy / (xx * yy).sqrt())
    }

    /// The product of two small sums may be no normal float, that of their roots is.
    fn correlation_by_roots(self) -> f64 {
        let [xx, xy, yy] = self.squares;
        self.bounded(xy / (xx.sqrt() * yy.sqrt()))
    }

    #[inline(always)]
    fn bounded(self, correlation: f64) -> f64 {
        let [xx, _, yy] = self.squares;
        let constant = (xx <= 0.0) | (yy <= 0.0);
        if constant { f64::NAN } else { correlation.clamp(-1.0, 1.0) }
    }

    /// Whether the product of the squares is too small or too large to be taken.
    #[inline(always)]
    fn is_extreme(self) -> bool {
        let both = self.squares[0] * self.squares[2];
        !(f64::MIN_POSITIVE..=f64::MAX).contains(&both)
    }

    /// Whether a series may hardly move, so that all its present values must be looked at.
    #[inline(always)]
    fn is_nearly_flat(self, n_rows: usize) -> bool {
        // All present values lie no closer together than those of the pairs, so most windows need no second look.
        let most = FLAT_STD * FLAT_STD * n_rows as f64;
        let [xx, _, yy] = self.squares;
        (xx <= most) | (yy <= most)
    }

    /// Whether a series hardly moves, over all its present values of the window.
    fn is_flat(self, (x, y): Rows) -> bool {
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
    fn guarded_beta(self) -> f64 {
        let [_, xy, yy] = self.squares;
        xy / yy.max(LEAST_VARIANCE * self.n)
    }

    #[inline(always)]
    fn alpha(self) -> f64 {
        let mean_y = self.pivot.1 + self.offset.1;
        self.pivot.0 + (self.offset.0 - self.beta() * mean_y)
    }

    /// The residual volatility, and whether the line leaves so little that the difference of large sums has lost digits.
    #[inline(always)]
    fn residual_volatility(self) -> (f64, bool) {
        const CLOSE: f64 = 1e-3;
        let [xx, xy, _] = self.squares;
        let rest = xx - self.beta() * xy;
        (self.volatility_of(rest), !((rest >= CLOSE * xx) | rest.is_nan()))
    }

    /// The residual volatility, with each residual measured.
    fn measured_volatility(self, rows: Rows) -> f64 {
        let beta = self.beta();
        let residual = |(x, y): (f64, f64)| (x - self.offset.0) - beta * (y - self.offset.1);
        let residuals = differences(rows, self.pivot).map(residual);
        self.volatility_of(residuals.map(|residual| residual * residual).sum())
    }

    #[inline(always)]
    fn volatility_of(self, squares: f64) -> f64 {
        if self.n < 3.0 { f64::NAN } else { (squares / (self.n - 2.0)).sqrt() }
    }

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

struct Pairs<'a> {
    x: &'a [f64],
    y: &'a [f64],
}

impl Pairs<'_> {
    /// The pair, and whether a pivot lies so far from the mean that digits are lost.
    #[inline(always)]
    fn pair(Joined { sums: [n, x, y, xx, xy, yy], pivots, .. }: Joined<2, 6>, far: f64) -> (Pair, bool) {
        let share = 1.0 / n;
        let offset = (x * share, y * share);
        let shift = (x * offset.0, y * offset.1);
        let squares = [xx - shift.0, xy - x * offset.1, yy - shift.1];
        let far = (shift.0 > far * squares[0]) | (shift.1 > far * squares[2]);
        (Pair { n, pivot: (pivots[0], pivots[1]), offset, squares }, far)
    }

    /// `quick` says a value and whether it must not be trusted; `careful` is then asked, with the rows.
    #[inline(always)]
    fn statistic(
        &self,
        windows: &Windows<'_, 2, 6>,
        out: &mut [f64],
        quick: impl Fn(Pair, usize) -> (f64, bool),
        careful: impl Fn(Pair, Rows) -> f64,
    ) {
        let far = windows.far(FAR);
        let of_sums = |sums: Joined<2, 6>| {
            let (pair, is_far) = Self::pair(sums, far);
            let (value, doubtful) = quick(pair, sums.row);
            let few = pair.n < 2.0;
            (if few { f64::NAN } else { value }, (is_far | doubtful) & !few)
        };
        windows.finish(self.x, out, of_sums, |sums, rows| {
            let (pair, is_far) = Self::pair(sums, far);
            let rows = (&self.x[rows.clone()], &self.y[rows]);
            careful(if is_far { pair.afresh(rows) } else { pair }, rows)
        });
    }
}

/// Observations, differences of both, their squares and products.
impl Family<2, 6> for Pairs<'_> {
    const SHORT: usize = 32;
    type Statistic = Statistic;

    #[inline(always)]
    fn values(&self, row: usize) -> Option<[f64; 2]> {
        Some([present(self.x[row])?, present(self.y[row])?])
    }

    #[inline(always)]
    fn one(&self, _: usize) -> Lanes<6> {
        [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    }

    #[inline(always)]
    fn add(&self, sums: Lanes<6>, row: usize, at: At<2>) -> Lanes<6> {
        let (x, y) = (self.x[row], self.y[row]);
        let present = x.is_finite() && y.is_finite();
        let (one, x, y) = if present { (1.0, x - at.pivots[0], y - at.pivots[1]) } else { (0.0, 0.0, 0.0) };
        plus(sums, [one, x, y, x * x, x * y, y * y])
    }

    #[inline(always)]
    fn moved([n, x, y, xx, xy, yy]: Lanes<6>, by: [f64; 2], _: f64) -> Lanes<6> {
        let moved = (x + n * by[0], y + n * by[1]);
        let squares = (xx + by[0] * (x + moved.0), yy + by[1] * (y + moved.1));
        [n, moved.0, moved.1, squares.0, xy + (by[0] * y + by[1] * moved.0), squares.1]
    }

    #[inline(always)]
    fn join(older: Lanes<6>, newer: Lanes<6>) -> Lanes<6> {
        plus(older, newer)
    }

    #[inline(always)]
    fn finish(&self, statistic: Statistic, windows: &Windows<'_, 2, 6>, out: &mut [f64]) {
        match statistic {
            Statistic::Covariance => {
                self.statistic(
                    windows,
                    out,
                    |pair, _| (pair.covariance(), false),
                    |pair, _| pair.covariance(),
                );
            }
            Statistic::Correlation => {
                let quick = |pair: Pair, row| {
                    let doubtful = pair.is_nearly_flat(windows.n_rows(row)) | pair.is_extreme();
                    (pair.correlation(), doubtful)
                };
                let careful = |pair: Pair, rows: Rows| {
                    if pair.is_flat(rows) {
                        f64::NAN
                    } else if pair.is_extreme() {
                        pair.correlation_by_roots()
                    } else {
                        pair.correlation()
                    }
                };
                self.statistic(windows, out, quick, careful);
            }
            Statistic::Beta => {
                self.statistic(windows, out, |pair, _| (pair.beta(), false), |pair, _| pair.beta());
            }
            Statistic::GuardedBeta => {
                let beta = Pair::guarded_beta;
                self.statistic(windows, out, |pair, _| (beta(pair), false), |pair, _| beta(pair));
            }
            Statistic::Alpha => {
                self.statistic(windows, out, |pair, _| (pair.alpha(), false), |pair, _| pair.alpha());
            }
            Statistic::ResidualVolatility => {
                let careful = |pair: Pair, rows: Rows| {
                    let (value, doubtful) = pair.residual_volatility();
                    if doubtful { pair.measured_volatility(rows) } else { value }
                };
                self.statistic(windows, out, |pair, _| pair.residual_volatility(), careful);
            }
        }
    }
}
