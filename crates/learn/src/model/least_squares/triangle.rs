//! A tall matrix reduced to a triangle, in a fixed order.

use std::ops::Range;

use rayon::prelude::*;

/// How many rows are rotated into a triangle at a time.
const BLOCK: usize = 256;
/// The least number of rows that is worth a triangle of its own.
const PART: usize = 4096;
/// The most triangles that are kept at a time.
const MAX_PARTS: usize = 32;

/// The upper triangle R of `X = Q R`, Q orthogonal: all that least squares need to know of X.
///
/// Products of X's columns are those of R's, so whatever minimises `|X b|` can be found on R, without the squares of
/// normal equations, which would lose half the digits of features that depend on each other.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Triangle {
    n: usize,
    /// Column by column, with the zeros below the diagonal.
    values: Vec<f64>,
}

impl Triangle {
    /// The triangle of a matrix with `n` columns. `fill` writes a range of rows, one column after the other.
    ///
    /// Rows are cut into parts by their number alone, and parts join from first to last: the same bits for any number
    /// of threads.
    pub(super) fn of(n_rows: usize, n: usize, fill: impl Fn(Range<usize>, &mut [f64]) + Sync) -> Self {
        let height = n_rows.div_ceil(MAX_PARTS).max(PART);
        let starts = (0..n_rows).step_by(height).collect::<Vec<_>>();
        let parts = starts.par_iter().map(|&start| {
            let mut triangle = Self { n, values: vec![0.0; n * n] };
            let mut buffer = vec![0.0; BLOCK * n];
            let end = (start + height).min(n_rows);
            for first in (start..end).step_by(BLOCK) {
                let rows = first..(first + BLOCK).min(end);
                let block = &mut buffer[..rows.len() * n];
                fill(rows.clone(), block);
                triangle.absorb(block, rows.len());
            }
            triangle
        });
        let parts = parts.collect::<Vec<_>>().into_iter();
        let joined = parts.reduce(|mut whole, mut part| {
            whole.absorb(&mut part.values, n);
            whole
        });
        joined.unwrap_or_else(|| Self { n, values: vec![0.0; n * n] })
    }

    /// Rotate more rows in, column by column (Householder); they are used up.
    fn absorb(&mut self, rows: &mut [f64], height: usize) {
        let n = self.n;
        for j in 0..n {
            let (done, rest) = rows.split_at_mut((j + 1) * height);
            let mirror = &mut done[j * height..];
            let below = dot(mirror, mirror);
            if below == 0.0 {
                continue;
            }
            let head = self.values[j * n + j];
            let norm = (head * head + below).sqrt();
            let diagonal = if head > 0.0 { -norm } else { norm };
            let (scale, factor) = (1.0 / (head - diagonal), (diagonal - head) / diagonal);
            for value in mirror.iter_mut() {
                *value *= scale;
            }
            self.values[j * n + j] = diagonal;
            for (k, column) in (j + 1..n).zip(rest.chunks_exact_mut(height)) {
                let top = &mut self.values[k * n + j];
                let share = factor * (*top + dot(mirror, column));
                *top -= share;
                subtract(share, mirror, column);
            }
        }
    }

    /// A column, its zeros included.
    pub(super) fn column(&self, j: usize) -> &[f64] {
        &self.values[j * self.n..(j + 1) * self.n]
    }

    /// The first `m` columns.
    pub(super) fn columns(&self, m: usize) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.n).take(m)
    }
}

/// The scalar product, in eight interleaved sums.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut lanes = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f64>();
    let [a, b, c, d, e, f, g, h] = lanes;
    (((a + e) + (b + f)) + ((c + g) + (d + h))) + rest
}

/// `b − factor · a`, in place.
pub(super) fn subtract(factor: f64, a: &[f64], b: &mut [f64]) {
    for (b, a) in b.iter_mut().zip(a) {
        *b -= factor * a;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(row: usize, column: usize) -> f64 {
        ((row * (7 * column + 3) + column) % 101) as f64 / 10.0 - 5.0
    }

    fn triangle(n_rows: usize) -> Triangle {
        Triangle::of(n_rows, 3, |rows, out| {
            for (column, out) in out.chunks_exact_mut(rows.len()).enumerate() {
                out.iter_mut().zip(rows.clone()).for_each(|(out, row)| *out = value(row, column));
            }
        })
    }

    #[test]
    fn products_of_columns_are_kept() {
        for n_rows in [1, 2, 5, BLOCK + 3, 2 * PART + 77] {
            let found = triangle(n_rows);
            for j in 0..3 {
                assert!(found.column(j)[j + 1..].iter().all(|&below| below == 0.0));
                for k in 0..=j {
                    let expected = (0..n_rows).map(|row| value(row, j) * value(row, k)).sum::<f64>();
                    let product = dot(found.column(j), found.column(k));
                    assert!((product - expected).abs() < 1e-12 * n_rows as f64 * 25.0, "{n_rows} {j} {k}");
                }
            }
        }
    }

    #[test]
    fn threads_change_no_bit() {
        let on = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        let one = on(1).install(|| triangle(5 * PART + 1));
        assert_eq!(on(4).install(|| triangle(5 * PART + 1)), one);
    }
}
