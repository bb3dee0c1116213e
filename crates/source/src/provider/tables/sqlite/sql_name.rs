//! Names of tables and columns inside SQL.

/// A name of a table or column as it stands in a query.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
