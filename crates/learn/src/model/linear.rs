//! Small dense linear algebra in a fixed order, so that results are the same for any number of threads.

use rayon::prelude::*;

/// How many rows are added up before their sum joins the others.
const BLOCK: usize = 2048;
/// The most blocks whose sums are kept at a time.
const MAX_BLOCKS: usize = 256;

/// The sum over all rows of products of each pair of columns, the upper triangle by columns: entry (j, k), j ≤ k, at
/// `k (k + 1) / 2 + j`.
///
/// `fill` writes a range of rows, one column after the other. Rows are cut into blocks by their number alone; each
/// block's sum has its own order, and blocks are added from first to last.
pub(super) fn products(
    n_rows: usize,
    n_columns: usize,
    fill: impl Fn(std::ops::Range<usize>, &mut [f64]) + Sync,
) -> Vec<f64> {
    let blocks_each = n_rows.div_ceil(BLOCK).div_ceil(MAX_BLOCKS).max(1);
    let starts = (0..n_rows).step_by(BLOCK * blocks_each).collect::<Vec<_>>();
    let parts = starts.par_iter().map(|&start| {
        let mut sums = vec![0.0; n_columns * (n_columns + 1) / 2];
        let mut buffer = vec![0.0; BLOCK * n_columns];
        let end = (start + BLOCK * blocks_each).min(n_rows);
        for first in (start..end).step_by(BLOCK) {
            let height = BLOCK.min(end - first);
            let columns = &mut buffer[..height * n_columns];
            fill(first..first + height, columns);
            let mut sum = sums.iter_mut();
            for k in 0..n_columns {
                let right = &columns[k * height..(k + 1) * height];
                for left in columns.chunks_exact(height).take(k + 1) {
                    if let Some(sum) = sum.next() {
                        *sum += dot(left, right);
                    }
                }
            }
        }
        sums
    });
    let mut total = vec![0.0; n_columns * (n_columns + 1) / 2];
    for part in parts.collect::<Vec<_>>() {
        for (total, part) in total.iter_mut().zip(part) {
            *total += part;
        }
    }
    total
}

/// The scalar product, in eight interleaved sums.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (a_parts, b_parts) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest = a_parts.remainder().iter().zip(b_parts.remainder()).map(|(a, b)| a * b).sum::<f64>();
    for (a, b) in a_parts.zip(b_parts) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    (((a + e) + (b + f)) + ((c + g) + (d + h))) + rest
}

/// Solve `a x = b` for a symmetric, positive definite `a`, given row by row (Cholesky, no pivoting).
///
/// `None` if `a` is not positive definite to working precision.
pub(super) fn solve(mut a: Vec<f64>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let n = b.len();
    assert_eq!(a.len(), n * n);
    for j in 0..n {
        for k in 0..=j {
            let sum = (0..k).map(|m| a[j * n + m] * a[k * n + m]).sum::<f64>();
            let rest = a[j * n + k] - sum;
            if j > k {
                a[j * n + k] = rest / a[k * n + k];
            } else if rest > 0.0 {
                a[j * n + j] = rest.sqrt();
            } else {
                return None;
            }
        }
    }
    for j in 0..n {
        let sum = (0..j).map(|m| a[j * n + m] * b[m]).sum::<f64>();
        b[j] = (b[j] - sum) / a[j * n + j];
    }
    for j in (0..n).rev() {
        let sum = (j + 1..n).map(|m| a[m * n + j] * b[m]).sum::<f64>();
        b[j] = (b[j] - sum) / a[j * n + j];
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_sums_over_rows() {
        let n = 3 * BLOCK + 5;
        let value = |row: usize, column: usize| ((row * (column + 2)) % 7) as f64;
        let sums = products(n, 3, |rows, out| {
            for column in 0..3 {
                for (place, row) in rows.clone().enumerate() {
                    out[column * rows.len() + place] = value(row, column);
                }
            }
        });
        let expected = |j, k| (0..n).map(|row| value(row, j) * value(row, k)).sum::<f64>();
        let pairs = [(0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2)];
        assert_eq!(sums, pairs.map(|(j, k)| expected(j, k)));
    }

    #[test]
    fn solves_a_definite_system_and_no_other() {
        let a = vec![4.0, 2.0, 0.5, 2.0, 5.0, 1.0, 0.5, 1.0, 3.0];
        let x = solve(a.clone(), vec![1.0, -2.0, 0.25]).unwrap();
        for (row, b) in a.chunks(3).zip([1.0, -2.0, 0.25]) {
            let product = row.iter().zip(&x).map(|(a, x)| a * x).sum::<f64>();
            assert!((product - b).abs() < 1e-14);
        }
        assert_eq!(solve(vec![1.0, 1.0, 1.0, 1.0], vec![1.0, 1.0]), None);
    }
}
