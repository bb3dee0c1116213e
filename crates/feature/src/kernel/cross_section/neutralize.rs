//! Residuals of regressions across a session.

use super::{MISSING_GROUP, Scratch, complete::Complete};
use crate::kernel::{canonical, sum::Sum};

/// The share of an exposure that is left beside the earlier ones, below which it counts as a combination of them.
const COLLINEAR: f64 = 1e-10;

/// The spread of an exposure, as a share of its level, below which it is a constant.
const CONSTANT: f64 = 1e-13;

/// The residuals of the first series after a least-squares regression on the others, across a session.
///
/// The regression has an intercept, or one for each group if there are groups, whose members share the slopes. Without
/// further series it is the distance from the mean of the session or group. An exposure that is constant, or a
/// combination of the earlier ones and the intercepts but for 10⁻¹⁰ of its size, changes nothing.
///
/// Values are drawn off their means twice, exposures made orthogonal in the order in which they are given, each twice
/// (Gram and Schmidt; "twice is enough", Giraud, Langou, Rozložník 2005, Computers & Mathematics with Applications 50).
///
/// - Shape: `series` (what is explained, then the exposures), `groups` and `out` are the rows of one session.
/// - Unit: that of the first series.
/// - NaN: where any of the series is; a row without a group; everywhere if the complete rows are not more than the
///   intercepts and exposures.
/// - Look-ahead: none; one session only.
/// - Source: the risk model of Barra; numpy `linalg.lstsq`.
///
/// # Examples
///
/// ```
/// use backstaff_feature::kernel::cross_section::{Scratch, neutralize};
/// let (x, size) = ([1.0, 2.0, f64::NAN, 6.0], [0.0, 1.0, 1.0, 2.0]);
/// let mut out = [0.0; 4];
/// neutralize(&[&x, &size], None, &mut Scratch::default(), &mut out);
/// assert!((out[0] - 0.5).abs() < 1e-15 && (out[1] + 1.0).abs() < 1e-15 && out[2].is_nan());
/// ```
///
/// # Panics
///
/// If there is no series, or the slices differ in length.
pub fn neutralize(series: &[&[f64]], groups: Option<&[u32]>, scratch: &mut Scratch, out: &mut [f64]) {
    assert!(series.iter().all(|values| values.len() == out.len()), "one value a row");
    let Complete { order, columns, .. } = &mut scratch.complete;
    order.clear();
    for row in 0..out.len() {
        let group = groups.map_or(0, |groups| groups[row]);
        let is_member = groups.is_none() || group != MISSING_GROUP;
        if is_member && series.iter().all(|values| values[row].is_finite()) {
            order.push(u64::from(group) << 32 | row as u64);
        }
    }
    out.fill(f64::NAN);
    // Group after group; inside a group the order of the rows.
    order.sort_unstable();
    let n_groups = order.chunk_by(|a, b| a >> 32 == b >> 32).count();
    let exposures = series.len() - 1;
    if order.len() <= exposures + if exposures == 0 { 0 } else { n_groups } {
        return;
    }
    columns.resize_with(series.len().max(columns.len()), Vec::new);
    for (column, values) in columns.iter_mut().zip(series) {
        column.clear();
        column.extend(order.iter().map(|&packed| values[row_of(packed)] + 0.0));
        draw_off_means(column, order);
    }
    let (explained, exposures) = columns[..series.len()].split_at_mut(1);
    for n in 0..exposures.len() {
        let (earlier, rest) = exposures.split_at_mut(n);
        let level = order.iter().map(|&packed| series[n + 1][row_of(packed)].abs()).fold(0.0, f64::max);
        normalise(&mut rest[0], earlier, level);
    }
    let residual = &mut explained[0];
    for _ in 0..2 {
        for exposure in exposures.iter() {
            draw_off(residual, exposure);
        }
    }
    for (&packed, &value) in order.iter().zip(&*residual) {
        out[row_of(packed)] = canonical(value);
    }
}

fn row_of(packed: u64) -> usize {
    (packed & u64::from(u32::MAX)) as usize
}

/// Subtract the mean of each group, and what rounding left of it.
fn draw_off_means(column: &mut [f64], order: &[u64]) {
    let mut start = 0;
    for group in order.chunk_by(|a, b| a >> 32 == b >> 32) {
        let members = &mut column[start..start + group.len()];
        for _ in 0..2 {
            let mean = members.iter().fold(Sum::EMPTY, |sum, &value| sum.add(value)).mean();
            for value in &mut *members {
                *value -= mean;
            }
        }
        start += group.len();
    }
}

/// Make an exposure orthogonal to the earlier ones, with length 1; all zeros if nothing of it is left.
fn normalise(exposure: &mut [f64], earlier: &[Vec<f64>], level: f64) {
    let spread = exposure.iter().map(|value| value.abs()).fold(0.0, f64::max);
    if spread <= CONSTANT * level || !spread.is_finite() {
        exposure.fill(0.0);
        return;
    }
    // Squares of huge and of tiny values stay in range.
    for value in &mut *exposure {
        *value /= spread;
    }
    let before = dot(exposure, exposure).sqrt();
    for _ in 0..2 {
        for other in earlier {
            draw_off(exposure, other);
        }
    }
    let length = dot(exposure, exposure).sqrt();
    let scale = if length <= COLLINEAR * before { 0.0 } else { 1.0 / length };
    for value in exposure {
        *value *= scale;
    }
}

/// Subtract the part of `values` that lies along a direction of length 1 (or 0).
fn draw_off(values: &mut [f64], direction: &[f64]) {
    let along = dot(values, direction);
    if along != 0.0 {
        for (value, direction) in values.iter_mut().zip(direction) {
            *value -= along * direction;
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(Sum::EMPTY, |sum, (a, b)| sum.add(a * b)).total()
}

#[cfg(test)]
#[expect(clippy::unreadable_literal, reason = "printed by numpy")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reference::cross_section as twin;

    const NAN: f64 = f64::NAN;

    fn run(series: &[&[f64]], groups: Option<&[u32]>) -> Vec<f64> {
        let mut out = vec![0.5; series[0].len()];
        neutralize(series, groups, &mut Scratch::default(), &mut out);
        out
    }

    fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
        for (row, (a, b)) in found.iter().zip(expected).enumerate() {
            let close = a.is_nan() && b.is_nan() || (a - b).abs() <= tolerance;
            assert!(close, "row {row}: {a} not {b}");
        }
    }

    /// numpy: x - A @ numpy.linalg.lstsq(A, x)[0], A of ones (or group dummies) and the exposures.
    const X: [f64; 9] = [0.5, -1.25, 2.0, 3.5, NAN, 0.75, -2.0, 1.0, 4.25];
    const SIZE: [f64; 9] = [10.0, 12.5, 9.0, 15.0, 11.0, 8.5, 13.0, 10.5, 14.0];
    const VALUE: [f64; 9] = [0.3, 0.1, -0.4, 0.9, 0.2, 0.6, -0.7, f64::INFINITY, 0.05];
    const SIZE_ALONE: [f64; 9] = [
        -0.24106449106449102,
        -2.555361305361305,
        1.4846542346542346,
        1.6303418803418803,
        NAN,
        0.34751359751359767,
        -3.418220668220668,
        0.14607614607614616,
        2.606060606060606,
    ];
    const SIZE_AND_VALUE: [f64; 9] = [
        -0.6110037231600958,
        -2.4659024838068033,
        2.3579257408068544,
        0.34975008925383877,
        NAN,
        -0.6273652267047478,
        -1.846501249553731,
        NAN,
        2.8430968531646865,
    ];
    const SIZE_BY_SECTOR: [f64; 9] = [
        -1.1458333333333215,
        -0.1666666666666714,
        1.5208333333333446,
        1.6666666666666607,
        NAN,
        0.8541666666666785,
        -1.5000000000000053,
        -1.2291666666666536,
        0.0,
    ];
    const SECTOR: [u32; 9] = [0, 1, 0, 1, 0, 0, 1, 0, 7];

    #[test]
    fn agrees_with_numpy() {
        assert_close(&run(&[&X, &SIZE], None), &SIZE_ALONE, 1e-13);
        assert_close(&run(&[&X, &SIZE, &VALUE], None), &SIZE_AND_VALUE, 1e-13);
        assert_close(&run(&[&X, &SIZE], Some(&SECTOR)), &SIZE_BY_SECTOR, 1e-13);
    }

    #[test]
    fn without_exposures_it_is_the_distance_from_the_mean() {
        let mut demeaned = [0.0; 9];
        super::super::demean(&X, Some(&SECTOR), &mut Scratch::default(), &mut demeaned);
        assert_close(&run(&[&X], Some(&SECTOR)), &demeaned, 1e-15);
    }

    #[test]
    fn collinear_and_constant_exposures_change_nothing() {
        let twice = SIZE.map(|size| 1e6 - 2.0 * size);
        let expected = run(&[&X, &SIZE], None);
        assert_close(&run(&[&X, &SIZE, &twice], None), &expected, 1e-12);
        assert_close(&run(&[&X, &[0.1; 9], &SIZE], None), &expected, 1e-12);
        let of_sector = SECTOR.map(|sector| 3.0 * f64::from(sector));
        assert_close(&run(&[&X, &of_sector, &SIZE], Some(&SECTOR)), &run(&[&X, &SIZE], Some(&SECTOR)), 1e-12);
    }

    #[test]
    fn needs_more_rows_than_coefficients() {
        assert!(run(&[&[1.0, 2.0], &[1.0, 3.0]], None).iter().all(|value| value.is_nan()));
        assert!(run(&[&[1.0, 2.0, 4.0], &[1.0, 3.0, 4.0]], None).iter().all(|value| value.is_finite()));
        let groups = [0, 0, 1];
        assert!(run(&[&[1.0, 2.0, 4.0], &[1.0, 3.0, 4.0]], Some(&groups)).iter().all(|value| value.is_nan()));
    }

    #[test]
    fn a_level_of_a_billion_leaves_the_digits() {
        let shifted = |values: [f64; 9]| values.map(|value| value + 1e9);
        let (x, size) = (shifted(X), shifted(SIZE));
        assert_close(&run(&[&x, &size], None), &SIZE_ALONE, 1e-6);
    }

    fn session() -> impl Strategy<Value = Vec<([f64; 4], u32)>> {
        let value = prop_oneof![8 => -3.0..3.0_f64, 1 => Just(NAN), 1 => (-2_i8..2).prop_map(f64::from)];
        let rows = (prop::array::uniform4(value), prop_oneof![6 => 0..3_u32, 1 => Just(MISSING_GROUP)]);
        prop::collection::vec(rows, 0..40)
    }

    proptest! {
        #[test]
        fn agrees_with_its_twin(rows in session(), exposures in 0..4_usize, grouped in any::<bool>()) {
            let columns = (0..=exposures).map(|n| rows.iter().map(|row| row.0[n]).collect::<Vec<_>>());
            let columns = columns.collect::<Vec<_>>();
            let series = columns.iter().map(Vec::as_slice).collect::<Vec<_>>();
            let groups = rows.iter().map(|row| row.1).collect::<Vec<_>>();
            let groups = grouped.then_some(groups.as_slice());
            let found = run(&series, groups);
            let expected = twin::neutralize(&series, groups);
            for (row, (a, b)) in found.iter().zip(&expected).enumerate() {
                prop_assert!(a.is_nan() && b.is_nan() || (a - b).abs() < 1e-8, "row {row}: {a} not {b}");
            }
        }
    }
}
