//! Published numbers, and what missing data does. The promises of all kernels are tested in `kernel/contract.rs`.

#![expect(clippy::unreadable_literal, reason = "as pandas prints them")]

use backstaff_panel::{Session, testing::weekdays_from};

use super::*;
use crate::kernel::{Window, pair};

const NAN: f64 = f64::NAN;
const X: [f64; 12] = [1.0, 2.0, 4.0, NAN, 3.0, 8.0, 8.0, 5.0, 7.0, NAN, NAN, 6.0];
const Y: [f64; 12] = [2.0, 1.0, 3.0, 4.0, NAN, 7.0, 9.0, 5.0, 4.0, 6.0, NAN, 3.0];

/// Weekdays from Thursday, 2016-01-07 on.
fn weekdays(n: usize) -> Vec<Session> {
    weekdays_from(Session::from_number(16_807)).take(n).collect()
}

fn roll(
    kernel: fn(&[f64], &[Session], Window, &mut [f64]),
    x: &[f64],
    length: usize,
    min: usize,
) -> Vec<f64> {
    let mut out = vec![0.0; x.len()];
    kernel(x, &weekdays(x.len()), Window::new(length, min).unwrap(), &mut out);
    out
}

#[track_caller]
fn assert_close(actual: &[f64], expected: &[f64]) {
    assert_eq!(actual.len(), expected.len());
    for (row, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        let both_missing = actual.is_nan() && expected.is_nan();
        let close = (actual - expected).abs() <= 1e-13 * (1.0 + expected.abs());
        assert!(both_missing || close, "row {row}: {actual} is not {expected}");
    }
}

/// `pandas.Series(X).rolling(5, min_periods=1)`, pandas 3.1.1.
#[test]
fn one_series_is_pandas() {
    let root = std::f64::consts::SQRT_2;
    assert_close(
        &roll(mean, &X, 5, 1),
        &[1.0, 1.5, 7.0 / 3.0, 7.0 / 3.0, 2.5, 4.25, 5.75, 6.0, 6.2, 7.0, 20.0 / 3.0, 6.0],
    );
    let third = 1.5275252316519465;
    let (first, second) = (2.6299556396765835, 2.449489742783178);
    assert_close(
        &roll(std, &X, 5, 1),
        &[
            NAN,
            1.0 / root,
            third,
            third,
            1.2909944487358054,
            first,
            first,
            second,
            2.16794833886788,
            root,
            third,
            1.0,
        ],
    );
    assert_close(&roll(median, &X, 5, 1), &[1.0, 1.5, 2.0, 2.0, 2.5, 3.5, 6.0, 6.5, 7.0, 7.5, 7.0, 6.0]);
    assert_close(
        &roll(rank, &X, 5, 1),
        &[1.0, 1.0, 1.0, NAN, 0.75, 1.0, 0.875, 0.5, 0.6, NAN, NAN, 2.0 / 3.0],
    );
    let low =
        |x: &[f64], sessions: &[Session], window, out: &mut [f64]| quantile(x, sessions, window, 0.2, out);
    assert_close(&roll(low, &X, 5, 1), &[1.0, 1.2, 1.4, 1.4, 1.6, 2.6, 3.6, 4.2, 4.6, 6.2, 5.8, 5.4]);
}

/// As above; the last digits are exact where pandas has lost some.
#[test]
fn skewness_and_kurtosis_are_pandas() {
    let (root, third) = (std::f64::consts::SQRT_2, 0.9352195295828247);
    let (a, b, c, d) = (1.4430588355316425, -0.1236907573312854, -0.5443310539518176, -0.9127170462413439);
    assert_close(&roll(skew, &X, 5, 1), &[NAN, NAN, third, third, 0.0, a, b, c, d, -root, -third, 0.0]);
    let (a, b, c, d) = (2.234867179561622, -5.290172739149369, -2.94444444444444, -0.7378904481665872);
    assert_close(&roll(kurt, &X, 5, 1), &[NAN, NAN, NAN, NAN, -1.2, a, b, c, d, 1.5, NAN, NAN]);
}

/// `pandas.Series(X).rolling(5, min_periods=1).cov(pandas.Series(Y))` and `corr`, pandas 3.1.1.
#[test]
fn two_series_are_pandas() {
    let window = Window::new(5, 1).unwrap();
    let mut out = [0.0; 12];
    pair::covariance(&X, &Y, &weekdays(12), window, &mut out);
    assert_close(&out, &[NAN, -0.5, 1.0, 1.0, 1.0, 28.0 / 3.0, 20.0 / 3.0, 3.0, 2.0, 2.0, 2.5, -0.5]);
    pair::correlation(&X, &Y, &weekdays(12), window, &mut out);
    let expected = [
        NAN,
        -1.0,
        0.6546536707079772,
        0.6546536707079772,
        0.6546536707079772,
        1.0,
        0.9449111825230679,
        0.8660254037844387,
        0.6377928041432807,
        0.6377928041432807,
        0.6185895741317419,
        -0.5,
    ];
    assert_close(&out, &expected);
}

/// Qlib's rules where pandas has none, worked out by hand.
#[test]
fn the_rest_is_qlib() {
    let x = [1.0, 3.0, 3.0, NAN, 2.0, 5.0];
    assert_close(&roll(idx_max, &x, 3, 1), &[1.0, 2.0, 2.0, 3.0, 2.0, 1.0]);
    assert_close(&roll(idx_min, &x, 3, 1), &[1.0, 1.0, 1.0, 3.0, 2.0, 1.0]);
    assert_close(&roll(count, &x, 3, 1), &[1.0, 2.0, 3.0, 2.0, 2.0, 2.0]);
    assert_close(&roll(wma, &x, 3, 1), &[1.0, 7.0 / 6.0, 16.0 / 18.0, 9.0 / 12.0, 9.0 / 12.0, 19.0 / 12.0]);
    assert_close(&roll(mad, &x, 3, 1), &[0.0, 1.0, 8.0 / 9.0, 0.0, 0.5, 1.5]);
    assert_close(&roll(slope, &x, 3, 1), &[NAN, 2.0, 1.0, 0.0, -0.5, 3.0]);
    assert_close(&roll(resi, &x, 3, 1), &[NAN, 0.0, -1.0 / 3.0, NAN, 0.0, 0.0]);
    assert_close(&roll(rsquare, &x, 3, 1), &[NAN, 1.0, 0.75, NAN, 1.0, 1.0]);
}

#[test]
fn an_expanding_window_reaches_back_to_the_first_row() {
    let x = [2.0, NAN, 4.0, 6.0];
    assert_close(&roll(mean, &x, 0, 1), &[2.0, 2.0, 3.0, 4.0]);
    assert_close(&roll(max, &x, 0, 2), &[NAN, NAN, 4.0, 6.0]);
    assert_close(&roll(median, &x, 0, 1), &[2.0, 2.0, 3.0, 4.0]);
    assert_close(&roll(slope, &x, 0, 1), &[NAN, NAN, 1.0, 9.0 / 7.0]);
}

#[test]
fn late_listing_has_no_value_below_min_observations() {
    let x = [NAN, NAN, 1.0, 2.0, 3.0];
    assert_close(&roll(mean, &x, 4, 3), &[NAN, NAN, NAN, NAN, 2.0]);
    assert_close(&roll(std, &x, 4, 1), &[NAN, NAN, NAN, 0.5_f64.sqrt(), 1.0]);
}

#[test]
fn trading_halt_is_skipped_but_takes_its_place() {
    assert_close(&roll(sum, &[1.0, NAN, 2.0, 4.0], 2, 1), &[1.0, 1.0, 2.0, 6.0]);
    assert_close(&roll(sum, &[1.0, NAN, NAN, 4.0], 2, 1), &[1.0, 1.0, NAN, 4.0]);
}

#[test]
fn forgets_a_spike() {
    let mut x = vec![0.01, 0.02, 0.04];
    x.push(1e16);
    x.extend([0.01, 0.02, 0.04]);
    for kernel in [sum, mean, std, slope, wma, mad] {
        let values = roll(kernel, &x, 3, 1);
        let alone = roll(kernel, &[0.01, 0.02, 0.04], 3, 1);
        assert_close(&values[6..], &alone[2..]);
    }
}

#[test]
fn a_flat_price_has_no_variance() {
    assert_eq!(roll(std, &[1e9 + 0.1; 9], 4, 2)[1..], [0.0; 8]);
    assert_eq!(roll(mad, &[0.1; 9], 4, 1), [0.0; 9]);
    assert!(roll(rsquare, &[0.1; 9], 4, 1).iter().all(|value| value.is_nan()));
}

#[test]
fn no_rows_are_no_trouble() {
    for kernel in [sum, count, max, idx_min, std, kurt, median, rank, mad, slope, wma] {
        assert!(roll(kernel, &[], 5, 1).is_empty());
    }
}
