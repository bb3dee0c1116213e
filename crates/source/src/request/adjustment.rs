//! The way in which prices become comparable through time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How prices are adjusted for splits and dividends.
///
/// A factor is anchored at 1 at the instrument's first session. Only past events count then, and an appended session
/// never rewrites an older one.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Adjustment {
    /// By `factor` or `adj_close` where the file has one, else as in the file.
    #[default]
    Auto,
    /// As in the file; of a folder of Qlib's the adjusted prices with their `factor`. A back-adjusted level knows later
    /// dividends, so the source warns.
    AsIs,
    /// By `adj_close / close`, which applies to open, high, low and vwap too. Volume stays as quoted (unless there is a
    /// column `split_factor`), because such a factor doesn't say which part of it is a split.
    AdjClose,
    /// By the column `factor`: adjusted = quoted × factor.
    Factor,
    /// By nothing: the columns of the file are used exactly as they are, and no price column is needed. Single
    /// computations ask for this. A study can't: no spelling of it is read.
    #[serde(skip_deserializing)]
    Verbatim,
}

impl Adjustment {
    const ALL: [Self; 5] = [Self::Auto, Self::AsIs, Self::AdjClose, Self::Factor, Self::Verbatim];

    /// The name of the mode in files and keys: `adj_close`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::AsIs => "as_is",
            Self::AdjClose => "adj_close",
            Self::Factor => "factor",
            Self::Verbatim => "verbatim",
        }
    }

    /// The mode of this name, [`Adjustment::Verbatim`] too.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_study_spells_every_mode_but_verbatim() {
        let read = |text: &str| serde_saphyr::from_str::<Adjustment>(text);
        let modes = [
            ("auto", Adjustment::Auto),
            ("as_is", Adjustment::AsIs),
            ("adj_close", Adjustment::AdjClose),
            ("factor", Adjustment::Factor),
        ];
        for (text, mode) in modes {
            assert_eq!(read(text).unwrap(), mode);
        }
        assert_eq!(Adjustment::default(), Adjustment::Auto);
        let error = read("verbatim").unwrap_err().to_string();
        assert!(error.contains("auto") && error.contains("factor"), "{error}");
    }
}
