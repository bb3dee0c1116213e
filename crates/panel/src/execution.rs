//! The price of a session at which a study trades.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which price of a session orders are carried out at; a study file writes `open` or `close`.
///
/// Labels and ledger share it, so that a model is never trained on a price at which its portfolio does not trade.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Execution {
    /// The first price of the session.
    #[default]
    Open,
    /// The last price of the session.
    Close,
}

impl Execution {
    /// The field of a panel that holds the price.
    ///
    /// ```
    /// use backstaff_panel::Execution;
    /// assert_eq!(Execution::default().field(), "open");
    /// ```
    pub const fn field(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Close => "close",
        }
    }
}

impl fmt::Display for Execution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.field())
    }
}
