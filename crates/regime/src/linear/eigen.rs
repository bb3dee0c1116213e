//! The eigenvalues of a small symmetric matrix, and a floor under them.

/// The most passes over all pairs; a handful is enough for any matrix.
const PASSES: usize = 60;

/// Raises all eigenvalues of a symmetric matrix of `n` rows to at least `floor`, in place.
///
/// Among all matrices whose eigenvalues are at least `floor`, the result is the covariance under which a sample with
/// the covariance `matrix` is most likely; an expectation maximisation that uses it never loses likelihood.
/// Returns whether an eigenvalue had to be raised. Jacobi's method, in a fixed order.
pub(crate) fn raise_eigenvalues(matrix: &mut [f64], n: usize, floor: f64) -> bool {
    let mut vectors = vec![0.0; n * n];
    for i in 0..n {
        vectors[i * n + i] = 1.0;
    }
    let mut diagonal = matrix.to_vec();
    for _ in 0..PASSES {
        let mut turned = false;
        for p in 0..n {
            for q in p + 1..n {
                turned |= rotate(&mut diagonal, &mut vectors, n, p, q);
            }
        }
        if !turned {
            break;
        }
    }
    if (0..n).all(|i| diagonal[i * n + i] >= floor) {
        return false;
    }
    for i in 0..n {
        for j in 0..=i {
            let value = (0..n).map(|k| {
                let raised = diagonal[k * n + k].max(floor);
                vectors[i * n + k] * raised * vectors[j * n + k]
            });
            let value = value.sum();
            matrix[i * n + j] = value;
            matrix[j * n + i] = value;
        }
    }
    true
}

/// Makes the entry (p, q) zero by a rotation; `false` if it was zero beside the diagonal.
fn rotate(matrix: &mut [f64], vectors: &mut [f64], n: usize, p: usize, q: usize) -> bool {
    let (pp, qq, pq) = (matrix[p * n + p], matrix[q * n + q], matrix[p * n + q]);
    if pq == 0.0 || pq.abs() <= f64::EPSILON * 1e-3 * (pp * qq).abs().sqrt() {
        return false;
    }
    let theta = (qq - pp) / (2.0 * pq);
    let tangent = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = tangent * cosine;
    for k in 0..n {
        let (kp, kq) = (matrix[k * n + p], matrix[k * n + q]);
        matrix[k * n + p] = cosine * kp - sine * kq;
        matrix[k * n + q] = sine * kp + cosine * kq;
        let (vp, vq) = (vectors[k * n + p], vectors[k * n + q]);
        vectors[k * n + p] = cosine * vp - sine * vq;
        vectors[k * n + q] = sine * vp + cosine * vq;
    }
    for k in 0..n {
        let (pk, qk) = (matrix[p * n + k], matrix[q * n + k]);
        matrix[p * n + k] = cosine * pk - sine * qk;
        matrix[q * n + k] = sine * pk + cosine * qk;
    }
    matrix[p * n + q] = 0.0;
    matrix[q * n + p] = 0.0;
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_above_the_floor_stays_as_it_is() {
        let mut matrix = [2.0, 1.0, 1.0, 2.0];
        assert!(!raise_eigenvalues(&mut matrix, 2, 0.99));
        assert_eq!(matrix, [2.0, 1.0, 1.0, 2.0]);
    }

    #[test]
    fn the_lowest_eigenvalue_is_raised_and_the_others_kept() {
        // Eigenvalues 1 and 3, along (1, -1) and (1, 1).
        let mut matrix = [2.0, 1.0, 1.0, 2.0];
        assert!(raise_eigenvalues(&mut matrix, 2, 2.0));
        let expected = [2.5, 0.5, 0.5, 2.5];
        assert!(matrix.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-14), "{matrix:?}");
    }

    #[test]
    fn a_singular_matrix_becomes_positive_definite() {
        let mut matrix = vec![0.0; 16];
        for i in 0..4 {
            for j in 0..4 {
                matrix[i * 4 + j] = (i + 1) as f64 * (j + 1) as f64;
            }
        }
        assert!(raise_eigenvalues(&mut matrix, 4, 1e-3));
        assert!(crate::linear::cholesky(&mut matrix, 4));
    }
}
