//! Infinite values in tables, which count as missing.

/// A sentence about the infinite values of a column; `None` if there are none.
pub(super) fn warning(count: usize, table: &str, column: &str) -> Option<String> {
    (count > 0).then(|| format!("{table}: infinite values of {column}, which count as missing: {count}"))
}
