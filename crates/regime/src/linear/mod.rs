//! Small symmetric matrices in row-major slices, with a fixed order of operations.

mod cholesky;
mod eigen;

pub(crate) use cholesky::cholesky;
pub(crate) use eigen::raise_eigenvalues;
