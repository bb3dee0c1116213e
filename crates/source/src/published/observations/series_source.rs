//! A table of dated series: where it is and how to read it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use super::lag::{self, Lag};
use crate::{
    error::SourceError, names::folded, published::facts::fact_source::FactsByName, request::mapping::Mapping,
    request::written::Written,
};

/// The publication lags of series whose table has no column of days of publication.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lags {
    /// Each series has its usual lag, from the table that ships with the program.
    Usual,
    /// All series have the same lag.
    All(Lag),
    /// The named series have these lags, the others their usual ones.
    By(BTreeMap<String, Lag>),
}

/// A table of dated series, and the way to read it.
///
/// A Parquet or CSV file, or a folder of such files: long (`date`, `series`, `value`) or wide (`date` and a column for
/// each series). A series `VIX` is called `vix_d`. A column `known_at` says when a row became known; without one each
/// series has a publication lag, counted from its date.
///
/// - Look-ahead: a value counts from the first session on or after the day on which it became known, that session's
///   close included.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeriesSource {
    /// The file or folder.
    pub path: PathBuf,
    /// Columns whose names are not the usual ones.
    pub mapping: Mapping,
    /// The series that are read; all if absent.
    pub names: Option<BTreeSet<String>>,
    /// The publication lags, where no column says when a row became known.
    pub lags: Lags,
    /// The order of day and month in dates such as 3/4/2015, in all columns of dates.
    pub written: Written,
}

/// The contents of a table of dated series.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct ReadSeries {
    /// The series, by the names that expressions use: `vix_d` for `$$vix_d`.
    pub facts: FactsByName,
    /// The lag of each series whose table has no column of days of publication, and the source of the lag.
    pub lags: Vec<(String, Lag, &'static str)>,
    /// A sentence for each reason why something was left out.
    pub left_out: Vec<String>,
}

impl SeriesSource {
    /// A source that reads all series of a table with their usual lags.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            mapping: Mapping::default(),
            names: None,
            lags: Lags::Usual,
            written: Written::default(),
        }
    }

    /// Whether a series is read, in any spelling of its name.
    pub(super) fn is_wanted(&self, name: &str) -> bool {
        let wanted = |names: &BTreeSet<String>| names.iter().any(|wanted| folded(wanted) == folded(name));
        self.names.as_ref().is_none_or(wanted)
    }

    /// The lag of a series, and the source of the lag.
    pub(super) fn lag(&self, name: &str) -> Result<(Lag, &'static str), SourceError> {
        let stated = match &self.lags {
            Lags::All(lag) => Some(*lag),
            Lags::By(lags) => {
                lags.iter().find(|(known, _)| folded(known) == folded(name)).map(|(_, lag)| *lag)
            }
            Lags::Usual => None,
        };
        if let Some(lag) = stated {
            return Ok((lag, "stated"));
        }
        lag::usual(name).ok_or_else(|| SourceError::Facts {
            path: self.path.clone(),
            problem: format!(
                "nobody says when values of the series {name:?} became known: map a column of days to `known_at`, or \
                 state its lag, e.g. `lag: {{ {name}: next_business_day }}` (also `same_day`, `30 days`)"
            ),
        })
    }
}
