//! What judging a feature finds out: every number that is shown, as one document.

use backstaff_panel::Session;
use serde::{Serialize, Serializer};

use super::{AtHorizon, Coverage, Verdict, Year};
use crate::steps::suspects::Suspect;

/// The version of the document; raised when a key changes its name or meaning.
pub const FORMAT: u32 = 1;

/// What judging a feature found out. An undefined number is `null`.
///
/// Information coefficients stand at the session whose close the values are known at; the return runs from the open of
/// the next session to that `horizon` sessions later.
#[derive(Clone, Debug, Serialize)]
pub struct Judgement {
    /// The version of this document.
    pub factor: u32,
    /// What is judged.
    pub feature: FeatureFacts,
    /// On what.
    pub data: DataFacts,
    /// In a sentence.
    pub verdict: Verdict,
    /// What values there are.
    pub coverage: Coverage,
    /// What they foresee, by horizon.
    pub horizons: Vec<AtHorizon>,
    /// The horizon that the verdict, the years and the series are about: 5 if it was asked for, else the first.
    pub horizon: u32,
    /// The category that neutral coefficients are within.
    pub by: Option<String>,
    /// By age in sessions: the mean rank IC of a value that old with the return of one session, and its t.
    pub decay: Vec<AtAge>,
    /// By lag in sessions: the mean rank correlation of the values with those before.
    pub autocorrelation: Vec<Autocorrelation>,
    /// How much of the outer quantiles changes from one session to the next.
    pub turnover: Turnover,
    /// Year by year.
    pub years: Vec<Year>,
    /// The share of the years whose mean rank IC has the sign of the whole.
    pub share_of_years: Option<f64>,
    /// Whether it foresees the next return beyond belief.
    pub suspect: Option<Suspect>,
    /// What a reader should know.
    pub warnings: Vec<String>,
    /// By session.
    pub series: Series,
}

/// A feature.
#[derive(Clone, Debug, Serialize)]
pub struct FeatureFacts {
    /// Its name, if it comes from a library or a file.
    pub name: Option<String>,
    /// Its expression, as written.
    pub expression: String,
    /// What it computes, spelled out.
    pub canonical: String,
    /// What it means, if its library says so.
    pub meaning: String,
    /// How far back it reads.
    pub look_back: String,
}

impl FeatureFacts {
    /// What to call it.
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.expression)
    }
}

/// The data that a feature is judged on.
#[derive(Clone, Debug, Serialize)]
pub struct DataFacts {
    /// The file or folder.
    pub path: String,
    /// Rows of the panel.
    pub rows: usize,
    /// Instruments.
    pub instruments: usize,
    /// Sessions.
    pub sessions: usize,
    /// The first of them.
    pub first: String,
    /// The last.
    pub last: String,
    /// How prices are adjusted: `as_is`, `factor`, `adj_close`. Feature and returns see the same prices.
    pub adjustment: String,
    /// Why so, for people.
    pub adjustment_why: String,
    /// Sessions a year, measured.
    pub sessions_per_year: f64,
    /// The condition that a row must meet to be judged.
    pub universe: String,
    /// What reading them brought to light.
    pub warnings: Vec<String>,
}

/// What values of one age foresee.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct AtAge {
    /// How many sessions old they are.
    pub age: u32,
    /// Their mean rank IC with the return of one session.
    pub rank_ic: Option<f64>,
    /// The mean in Newey and West's standard errors.
    pub t: Option<f64>,
}

/// How much of the order stays.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Autocorrelation {
    /// How many sessions lie between.
    pub lag: u32,
    /// The mean rank correlation.
    pub mean: Option<f64>,
}

/// The share of a quantile that is new from one session to the next.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Turnover {
    /// Of the highest values.
    pub top: Option<f64>,
    /// Of the lowest.
    pub bottom: Option<f64>,
}

/// One value a session, for the horizon of the verdict; a missing one is `null`.
#[derive(Clone, Debug, Serialize)]
pub struct Series {
    /// The sessions.
    #[serde(serialize_with = "dates")]
    pub sessions: Vec<Session>,
    /// Instruments with value and return.
    pub count: Vec<u32>,
    /// Pearson's correlation of values and returns.
    pub ic: Vec<f64>,
    /// Spearman's.
    pub rank_ic: Vec<f64>,
    /// The return of the highest quantile less that of the lowest, staggered cohorts, before costs.
    pub spread: Vec<f64>,
    /// The return of each quantile, the lowest first, staggered cohorts, before costs.
    pub quantiles: Vec<Vec<f64>>,
    /// The share of the highest quantile that is new.
    pub top_turnover: Vec<f64>,
    /// The rank correlation with the session before.
    pub autocorrelation: Vec<f64>,
}

fn dates<S: Serializer>(sessions: &[Session], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(sessions.iter().map(ToString::to_string))
}
