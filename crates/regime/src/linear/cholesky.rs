//! The Cholesky factor of a small matrix.

/// Turns a symmetric matrix of `n` rows into its lower Cholesky factor, in place; what lies above the diagonal becomes
/// zero. Only the lower triangle is read.
///
/// `false` if the matrix is not positive definite; what is in it then has no meaning.
pub(crate) fn cholesky(matrix: &mut [f64], n: usize) -> bool {
    for i in 0..n {
        for j in 0..=i {
            let mut sum = matrix[i * n + j];
            for k in 0..j {
                sum -= matrix[i * n + k] * matrix[j * n + k];
            }
            if i == j {
                if sum <= 0.0 || !sum.is_finite() {
                    return false;
                }
                matrix[i * n + i] = sum.sqrt();
            } else {
                matrix[i * n + j] = sum / matrix[j * n + j];
            }
        }
        matrix[i * n + i + 1..(i + 1) * n].fill(0.0);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factor_times_itself_is_the_matrix() {
        let mut matrix = [4.0, 2.0, 0.6, 2.0, 2.0, 0.5, 0.6, 0.5, 3.0];
        let original = matrix;
        assert!(cholesky(&mut matrix, 3));
        for i in 0..3 {
            for j in 0..3 {
                let product: f64 = (0..3).map(|k| matrix[i * 3 + k] * matrix[j * 3 + k]).sum();
                assert!((product - original[i * 3 + j]).abs() < 1e-14);
            }
        }
    }

    #[test]
    fn a_singular_or_indefinite_matrix_has_none() {
        assert!(!cholesky(&mut [1.0, 1.0, 1.0, 1.0], 2));
        assert!(!cholesky(&mut [1.0, 2.0, 2.0, 1.0], 2));
        assert!(!cholesky(&mut [f64::NAN], 1));
    }
}
