//! Singular values of a triangle.

use super::triangle::{Triangle, dot};

/// When two columns count as orthogonal, relative to their lengths.
const ORTHOGONAL: f64 = 1e-15;
/// Far more sweeps than any matrix was seen to need.
const MAX_SWEEPS: usize = 60;

/// Directions in which the columns of a matrix are independent of each other.
///
/// - Source: one-sided rotations: Hestenes (1958), "Inversion of matrices by biorthogonalization", J. SIAM 6.
#[derive(Clone, Debug)]
pub(super) struct Singular {
    n: usize,
    /// For each direction, the matrix times the direction: its length is the singular value.
    images: Vec<f64>,
    /// The directions, of length 1.
    directions: Vec<f64>,
    height: usize,
}

impl Singular {
    /// Of the first `n` columns of a triangle.
    pub(super) fn of(triangle: &Triangle, n: usize) -> Self {
        let images = triangle.columns(n).flatten().copied().collect::<Vec<_>>();
        let height = images.len().checked_div(n).unwrap_or(0);
        let mut directions = vec![0.0; n * n];
        (0..n).for_each(|j| directions[j * n + j] = 1.0);
        let mut found = Self { n, images, directions, height };
        for _ in 0..MAX_SWEEPS {
            if !found.sweep() {
                break;
            }
        }
        found
    }

    /// Rotate each pair of columns until they are orthogonal; whether any was not.
    fn sweep(&mut self) -> bool {
        let (n, height) = (self.n, self.height);
        let mut has_rotated = false;
        for j in 0..n {
            for k in j + 1..n {
                let (left, right) = pair(&mut self.images, height, j, k);
                let (a, b, c) = (dot(left, left), dot(right, right), dot(left, right));
                if c == 0.0 || c.abs() <= ORTHOGONAL * (a * b).sqrt() {
                    continue;
                }
                has_rotated = true;
                let zeta = (b - a) / (2.0 * c);
                let tangent = zeta.signum() / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
                let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
                rotate(left, right, cosine, cosine * tangent);
                let (left, right) = pair(&mut self.directions, n, j, k);
                rotate(left, right, cosine, cosine * tangent);
            }
        }
        has_rotated
    }

    /// `Σ directions · (image · target) · weight(σ², the largest σ²)`: the solution of a least-squares problem, each
    /// direction's share of it as the weight says.
    pub(super) fn solve(&self, target: &[f64], weight: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        let images = || self.images.chunks_exact(self.height.max(1));
        let largest = images().map(|image| dot(image, image)).fold(0.0, f64::max);
        let mut solution = vec![0.0; self.n];
        for (image, direction) in images().zip(self.directions.chunks_exact(self.n.max(1))) {
            let share = dot(image, target) * weight(dot(image, image), largest);
            solution.iter_mut().zip(direction).for_each(|(value, along)| *value += share * along);
        }
        solution
    }
}

/// Two columns, the first of them before the second.
fn pair(columns: &mut [f64], height: usize, j: usize, k: usize) -> (&mut [f64], &mut [f64]) {
    let (before, after) = columns.split_at_mut(k * height);
    (&mut before[j * height..(j + 1) * height], &mut after[..height])
}

fn rotate(left: &mut [f64], right: &mut [f64], cosine: f64, sine: f64) {
    for (left, right) in left.iter_mut().zip(right) {
        (*left, *right) = (cosine * *left - sine * *right, sine * *left + cosine * *right);
    }
}
