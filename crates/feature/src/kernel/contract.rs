//! The promises of every rolling kernel, tested on nasty series: the window rule, and agreement with its slow twin.

use backstaff_panel::Session;
use proptest::prelude::*;

use super::{
    Asked, Window,
    pair::{self, Statistic},
    rolling::{self, Line, Order, Shape, Spread, Total},
};
use crate::reference;

/// The rows of one instrument.
#[derive(Clone, Debug)]
struct Series {
    x: Vec<f64>,
    y: Vec<f64>,
    sessions: Vec<Session>,
}

impl Series {
    fn rows(&self, rows: std::ops::Range<usize>) -> Self {
        let (x, y) = (self.x[rows.clone()].to_vec(), self.y[rows.clone()].to_vec());
        Self { x, y, sessions: self.sessions[rows].to_vec() }
    }
}

/// A kernel, its twin, and how far they may lie apart.
struct Contract {
    name: &'static str,
    kernel: fn(&Series, Window, &mut [f64]),
    twin: fn(&[f64], &[f64]) -> f64,
    observations: fn(&[f64], &[f64]) -> f64,
    scales: fn(&[f64], &[f64]) -> Scales,
    bound: fn(&Scales, f64) -> f64,
}

/// Sizes of a window's values, in which errors are measured.
struct Scales {
    n: f64,
    mean: (f64, f64),
    std: (f64, f64),
    largest: f64,
    beta: f64,
    /// The error that underflow may cost; none where all values are equal.
    underflow: f64,
}

impl Scales {
    fn of(x: &[f64], y: &[f64]) -> Self {
        let size = |values: &[f64]| values.iter().map(|value| value.abs()).collect::<Vec<_>>();
        let std =
            |values: &[f64]| Some(reference::rolling::std(values)).filter(|std| *std > 0.0).unwrap_or(0.0);
        Self {
            n: x.len() as f64,
            mean: (reference::rolling::mean(&size(x)), reference::rolling::mean(&size(y))),
            std: (std(x), std(y)),
            largest: reference::rolling::max(&size(x)),
            beta: reference::pair::beta(x, y).abs(),
            underflow: if reference::rolling::max(x) > reference::rolling::min(x) {
                f64::MIN_POSITIVE
            } else {
                0.0
            },
        }
    }

    /// The error of a slope where products underflow.
    fn lost(&self) -> f64 {
        f64::MIN_POSITIVE / (self.std.1 * self.std.1)
    }

    /// The distance between floats of this size.
    fn ulp(size: f64) -> f64 {
        size.next_up() - size
    }
}

/// The contract of the kernel `rolling::$name`.
macro_rules! single {
    ($name:ident, $bound:expr) => {
        Contract {
            name: stringify!($name),
            kernel: |series, window, out| rolling::$name(&series.x, &series.sessions, window, out),
            twin: |x, _| reference::rolling::$name(x),
            observations: |x, _| reference::rolling::count(x),
            scales: |x, _| Scales::of(x, x),
            bound: $bound,
        }
    };
}

/// The contract of the kernel `pair::$name`.
macro_rules! paired {
    ($name:ident, $bound:expr) => {
        Contract {
            name: stringify!($name),
            kernel: |series, window, out| pair::$name(&series.x, &series.y, &series.sessions, window, out),
            twin: |x, y| reference::pair::$name(x, y),
            observations: |x, y| reference::pair::count(x, y),
            scales: |x, y| {
                let (x, y) = reference::pair::pairs(x, y);
                Scales::of(&x, &y)
            },
            bound: $bound,
        }
    };
}

const RELATIVE: fn(&Scales, f64) -> f64 = |_, expected| 1e-12 * expected.abs();
const EXACT: fn(&Scales, f64) -> f64 = |_, _| 0.0;
const ORDER: fn(&Scales, f64) -> f64 = |scales, _| 4.0 * Scales::ulp(scales.largest);

fn contracts() -> Vec<Contract> {
    vec![
        single!(sum, |scales, _| 2.0 * scales.n * Scales::ulp(scales.mean.0)),
        single!(mean, |scales, _| 2.0 * Scales::ulp(scales.mean.0)),
        Contract { observations: |x, _| x.len() as f64, ..single!(count, EXACT) },
        single!(max, EXACT),
        single!(min, EXACT),
        single!(idx_max, EXACT),
        single!(idx_min, EXACT),
        single!(variance, RELATIVE),
        single!(std, RELATIVE),
        single!(skew, |_, expected| 1e-11 * (1.0 + expected.abs())),
        single!(kurt, |_, expected| 1e-11 * (10.0 + expected.abs())),
        single!(median, ORDER),
        Contract {
            name: "quantile",
            kernel: |series, window, out| rolling::quantile(&series.x, &series.sessions, window, 0.2, out),
            twin: |x, _| reference::rolling::quantile(x, 0.2),
            ..single!(median, ORDER)
        },
        single!(rank, EXACT),
        single!(mad, RELATIVE),
        single!(wma, |scales, _| 1e-13 * scales.mean.0),
        // The positions of n rows spread by about n / 3.5.
        single!(slope, |scales, _| 4e-12 * scales.std.0 / scales.n),
        single!(rsquare, |_, _| 1e-12),
        single!(resi, |scales, _| 1e-12 * scales.std.0),
        paired!(covariance, |scales, _| {
            1e-12 * scales.std.0 * scales.std.1 + f64::MIN_POSITIVE * scales.largest
        }),
        paired!(correlation, |_, _| 1e-12),
        paired!(guarded_beta, |scales, expected| 1e-12
            * (expected.abs() + scales.std.0 / scales.std.1.max(1e-4))),
        paired!(beta, |scales, expected| 1e-12 * (expected.abs() + scales.std.0 / scales.std.1)
            + scales.lost()),
        paired!(alpha, |scales, _| {
            let slope = scales.beta + scales.std.0 / scales.std.1;
            1e-12 * (scales.mean.0 + slope * scales.mean.1) + scales.lost() * scales.mean.1
        }),
        paired!(residual_volatility, |scales, _| 1e-11 * scales.std.0),
    ]
}

impl Contract {
    fn run(&self, series: &Series, window: Window) -> Vec<f64> {
        let mut out = vec![0.5; series.x.len()];
        (self.kernel)(series, window, &mut out);
        out
    }
}

/// Values of one kind, made from numbers between -1 and 1.
fn values_of(kind: u8, numbers: &[f64]) -> Vec<f64> {
    let each = |value: fn(f64) -> f64| numbers.iter().map(|&number| value(number)).collect();
    match kind {
        0 | 1 => each(|u| 0.02 * u),
        2 => each(|u| 1e9 + u),
        3 => vec![1e9 + numbers[0]; numbers.len()],
        4 => each(|u| (3.0 * u).round()),
        5 => vec![f64::NAN; numbers.len()],
        6 => numbers.iter().enumerate().map(|(row, u)| if row == 0 { 1e16 } else { 0.02 * u }).collect(),
        7 => each(|u| 1e-310 * u),
        8 => each(|u| {
            if u > 0.8 {
                f64::INFINITY
            } else if u > 0.5 {
                f64::NAN
            } else {
                100.0 + u
            }
        }),
        9 => vec![0.1; numbers.len()],
        // A level of 1e9, and steps of a few units in the last place.
        10 => each(|u| 1e9 + 1e-6 * u),
        _ => each(|u| if u.abs() < 0.1 { 1e16 * u } else { 0.02 * u }),
    }
}

fn nasty() -> impl Strategy<Value = Vec<f64>> {
    let segment = (0..12_u8, prop::collection::vec(-1.0..1.0, 1..40));
    prop::collection::vec(segment, 1..6)
        .prop_map(|segments| segments.iter().flat_map(|(kind, numbers)| values_of(*kind, numbers)).collect())
}

/// Weekdays, holes of weeks, and, at times, several rows a session.
fn gaps() -> impl Strategy<Value = Vec<i32>> {
    let daily = prop_oneof![8 => Just(1), 2 => Just(3), 1 => 1..9, 1 => 1..400];
    let within_days = prop_oneof![6 => Just(0), 1 => Just(1)];
    prop_oneof![4 => prop::collection::vec(daily, 200), 1 => prop::collection::vec(within_days, 200)]
}

fn series() -> impl Strategy<Value = Series> {
    (nasty(), nasty(), gaps(), -1000..20_000).prop_map(|(mut x, mut y, gaps, first)| {
        let n = x.len().min(y.len());
        x.truncate(n);
        y.truncate(n);
        let number = |number: &mut i32, gap: &i32| {
            *number += gap;
            Some(Session::from_number(*number))
        };
        let sessions = gaps.iter().cycle().scan(first, number).take(n).collect();
        Series { x, y, sessions }
    })
}

fn windows() -> impl Strategy<Value = Window> {
    let length = prop_oneof![4 => 1..8_usize, 4 => 8..70_usize, 1 => Just(0), 1 => 150..400_usize];
    (length, 1..4_usize).prop_map(|(length, min)| {
        let min = if length == 0 { min } else { min.min(length) };
        Window::new(length, min).unwrap()
    })
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Asks for some statistics of some windows together, and for each by itself.
fn alone_and_together<S: Copy + std::fmt::Debug>(
    n_rows: usize,
    statistics: &[S],
    windows: &[Window],
    kept: u16,
    kernel: impl Fn(&mut [Asked<'_, S>]),
) -> Result<(), TestCaseError> {
    let all = windows.iter().flat_map(|&window| statistics.iter().map(move |&statistic| (window, statistic)));
    let kept = all.enumerate().filter(|(n, _)| kept >> (n % 16) & 1 == 1).map(|(_, one)| one);
    let mut together = kept.map(|one| (one, vec![0.5; n_rows])).collect::<Vec<_>>();
    let asked = together.iter_mut().map(|((window, statistic), out)| Asked {
        window: *window,
        statistic: *statistic,
        out,
    });
    kernel(&mut asked.collect::<Vec<_>>());
    for ((window, statistic), together) in together {
        let mut alone = vec![0.5; n_rows];
        kernel(&mut [Asked { window, statistic, out: &mut alone }]);
        prop_assert_eq!(bits(&alone), bits(&together), "{:?} of {:?}", statistic, window);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_window_alone_gives_the_same_bits(series in series(), window in windows()) {
        for contract in contracts() {
            let full = contract.run(&series, window);
            for row in 0..full.len() {
                if row % 3 == 0 || full.len() < 20 {
                    let alone = contract.run(&series.rows(window.first_row(row)..row + 1), window);
                    let alone = alone.last().copied().unwrap();
                    prop_assert_eq!(alone.to_bits(), full[row].to_bits(), "{} row {}: {} {}", contract.name, row, alone, full[row]);
                }
            }
        }
    }

    #[test]
    fn history_in_front_and_the_future_leave_the_bits(
        series in series(), other in series(), window in windows(), cut in 0.0..1.0,
    ) {
        let (n, cut) = (series.x.len(), (cut * series.x.len() as f64) as usize);
        let mut changed = series.clone();
        for row in cut..n {
            changed.x[row] = other.x[row % other.x.len()];
            changed.y[row] = 1e3 * series.y[row];
        }
        for contract in contracts() {
            let full = contract.run(&series, window);
            prop_assert_eq!(bits(&contract.run(&changed, window)[..cut]), bits(&full[..cut]), "{} looks ahead", contract.name);
            if !window.is_expanding() {
                let intact = cut + window.length() - 1;
                let dropped = contract.run(&series.rows(cut..n), window);
                for row in intact..n {
                    prop_assert_eq!(dropped[row - cut].to_bits(), full[row].to_bits(), "{} remembers", contract.name);
                }
            }
        }
    }

    #[test]
    fn members_of_a_family_have_the_same_bits_alone_and_together(
        series in series(), windows in prop::collection::vec(windows(), 1..6), kept in any::<u16>(),
    ) {
        let Series { x, y, sessions } = &series;
        let orders = [Order::Median, Order::Quantile(0.2), Order::Quantile(0.8), Order::Rank];
        let pairs = [
            Statistic::Covariance, Statistic::Correlation, Statistic::Beta, Statistic::Alpha, Statistic::ResidualVolatility,
            Statistic::GuardedBeta,
        ];
        alone_and_together(x.len(), &[Total::Sum, Total::Mean], &windows, kept, |asked| rolling::totals(x, sessions, asked))?;
        alone_and_together(x.len(), &[Spread::Variance, Spread::Std], &windows, kept, |asked| rolling::spreads(x, sessions, asked))?;
        alone_and_together(x.len(), &[Shape::Skew, Shape::Kurt], &windows, kept, |asked| rolling::shapes(x, sessions, asked))?;
        let lines = [Line::Slope, Line::Rsquare, Line::Residual];
        alone_and_together(x.len(), &lines, &windows, kept, |asked| rolling::lines(x, sessions, asked))?;
        alone_and_together(x.len(), &orders, &windows, kept, |asked| rolling::orders(x, sessions, asked))?;
        alone_and_together(x.len(), &pairs, &windows, kept, |asked| pair::statistics(x, y, sessions, asked))?;
    }

    #[test]
    fn kernels_agree_with_their_twins(series in series(), window in windows()) {
        for contract in contracts() {
            let full = contract.run(&series, window);
            for row in (0..full.len()).step_by(2) {
                let rows = window.first_row(row)..row + 1;
                let (x, y) = (&series.x[rows.clone()], &series.y[rows]);
                let enough = (contract.observations)(x, y) >= window.min_observations() as f64;
                let expected = if enough { (contract.twin)(x, y) } else { f64::NAN };
                if full[row].is_nan() || expected.is_nan() {
                    let same = full[row].to_bits() == f64::NAN.to_bits() && expected.is_nan();
                    prop_assert!(same, "{} row {row}: {} not {expected}: {x:?} {y:?}", contract.name, full[row]);
                    continue;
                }
                let error = (full[row] - expected).abs();
                let scales = (contract.scales)(x, y);
                let bound = (contract.bound)(&scales, expected) + scales.underflow;
                prop_assert!(error <= bound, "{} row {row}: {} is {error:e} (over {bound:e}) from {expected}: {x:?} {y:?}", contract.name, full[row]);
            }
        }
    }
}
