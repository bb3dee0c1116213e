//! The judgement of a feature: every number that is shown, as one document.

use backstaff_panel::{Execution, Session};
use backstaff_source::Match;
use serde::{Serialize, Serializer};

use super::{AtHorizon, Coverage, Verdict, Year};
use crate::steps::suspects::Suspect;

/// The version of the document; raised when a key changes its name or meaning.
pub const FORMAT: u32 = 2;

/// The judgement of a feature. A number that is not defined is `null`.
///
/// An information coefficient belongs to the session at whose close the values are known. The return runs from the
/// execution price of the next session, its open or close, to that of `horizon` sessions later.
#[derive(Clone, Debug, Serialize)]
pub struct Judgement {
    /// The version of the document.
    pub factor: u32,
    /// The feature that is judged.
    pub feature: FeatureFacts,
    /// The data that it is judged on.
    pub data: DataFacts,
    /// The verdict in a word and in a sentence.
    pub verdict: Verdict,
    /// The coverage and the distribution of the values.
    pub coverage: Coverage,
    /// The information of the values, by horizon.
    pub horizons: Vec<AtHorizon>,
    /// The horizon that the verdict, the years and the series are about: 5 if it was asked for, else the first.
    pub horizon: u32,
    /// The price of the next session from which returns are taken.
    pub execution: Execution,
    /// The category that neutral coefficients are within.
    pub by: Option<String>,
    /// The information of ever older values about the return of one session, by age in sessions.
    pub decay: Vec<AtAge>,
    /// The mean rank correlation of the values with earlier ones, by lag in sessions.
    pub autocorrelation: Vec<Autocorrelation>,
    /// The share of the outer quantiles that is new in each session.
    pub turnover: Turnover,
    /// The horizon's numbers in each calendar year.
    pub years: Vec<Year>,
    /// The share of the years whose mean rank IC has the sign of the whole.
    pub share_of_years: Option<f64>,
    /// The suspicion that the feature knows the next return; `None` if there is none.
    pub suspect: Option<Suspect>,
    /// The warnings for the reader.
    pub warnings: Vec<String>,
    /// The series behind the numbers, by session.
    pub series: Series,
}

/// Facts about the feature.
#[derive(Clone, Debug, Serialize)]
pub struct FeatureFacts {
    /// The name of the feature, if it comes from a library or a file.
    pub name: Option<String>,
    /// The expression, as written.
    pub expression: String,
    /// The computation with every parameter and the versions of the operators.
    pub canonical: String,
    /// The meaning in the library's words; empty if it gives none.
    pub meaning: String,
    /// The look-back in words, as `20 sessions`.
    pub look_back: String,
}

impl FeatureFacts {
    /// The name of the feature, or else its expression.
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.expression)
    }
}

/// The data that a feature is judged on.
#[derive(Clone, Debug, Serialize)]
pub struct DataFacts {
    /// The path of the file or folder.
    pub path: String,
    /// The number of rows in the panel.
    pub rows: usize,
    /// The number of instruments.
    pub instruments: usize,
    /// The number of sessions.
    pub sessions: usize,
    /// The first session: YYYY-MM-DD.
    pub first: String,
    /// The last session: YYYY-MM-DD.
    pub last: String,
    /// The adjustment of prices: `as_is`, `factor`, `adj_close`. Feature and returns see the same prices.
    pub adjustment: String,
    /// The reason for the adjustment, for people.
    pub adjustment_why: String,
    /// The measured number of sessions a year.
    pub sessions_per_year: f64,
    /// The condition that a row must meet to be judged.
    pub universe: String,
    /// How the instruments of each table that is joined meet those of the data.
    pub matches: Vec<Match>,
    /// The warnings of the reading.
    pub warnings: Vec<String>,
}

/// The information of values of one age.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct AtAge {
    /// The age of the values in sessions.
    pub age: u32,
    /// The mean rank IC with the return of one session.
    pub rank_ic: Option<f64>,
    /// The mean divided by Newey and West's standard error.
    pub t: Option<f64>,
}

/// The correlation of the values with earlier ones.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Autocorrelation {
    /// The number of sessions between the two.
    pub lag: u32,
    /// The mean rank correlation over sessions.
    pub mean: Option<f64>,
}

/// The mean share of a quantile that is new from one session to the next.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Turnover {
    /// The share that is new in the highest quantile.
    pub top: Option<f64>,
    /// The share that is new in the lowest quantile.
    pub bottom: Option<f64>,
}

/// Series for the horizon of the verdict, with one value a session; a missing one is `null`.
#[derive(Clone, Debug, Serialize)]
pub struct Series {
    /// The sessions, in order.
    #[serde(serialize_with = "dates")]
    pub sessions: Vec<Session>,
    /// The number of instruments with a value and a return.
    pub count: Vec<u32>,
    /// Pearson's correlation of values and returns.
    pub ic: Vec<f64>,
    /// Spearman's rank correlation of values and returns.
    pub rank_ic: Vec<f64>,
    /// The return of the highest quantile less that of the lowest, staggered cohorts, before costs.
    pub spread: Vec<f64>,
    /// The return of each quantile, the lowest first, staggered cohorts, before costs.
    pub quantiles: Vec<Vec<f64>>,
    /// The share of the highest quantile that was not in it the session before.
    pub top_turnover: Vec<f64>,
    /// The rank correlation with the values of the session before.
    pub autocorrelation: Vec<f64>,
}

fn dates<S: Serializer>(sessions: &[Session], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(sessions.iter().map(ToString::to_string))
}
