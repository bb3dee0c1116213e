//! The way in which prices become comparable through time.

use serde::{Deserialize, Serialize};

/// How prices are adjusted for splits and dividends.
///
/// A factor is anchored at 1 at the instrument's first session. Only past events count then, and an appended session
/// never rewrites an older one.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adjustment {
    /// By `factor` or `adj_close` where the file has one, else as in the file.
    #[default]
    Auto,
    /// As in the file. A back-adjusted level knows later dividends, so the source warns.
    AsIs,
    /// By `adj_close / close`, applied to open, high, low and vwap too. Volume stays as quoted (unless there is a
    /// column `split_factor`), because splits and dividends can't be told apart.
    AdjClose,
    /// By the column `factor`: adjusted = quoted × factor.
    Factor,
    /// Exactly the columns of the file, whatever they are; no price column is needed. This is for single computations
    /// and can't be asked for in a file: it has no spelling that is read.
    #[serde(skip_deserializing)]
    Verbatim,
}
