//! What can be wrong with a learning problem.

use backstaff_lightgbm::LightGbmError;
use backstaff_panel::{Instrument, Session};

/// Why labels, folds or a model could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum LearnError {
    /// Labels need prices and the flag of trading.
    #[error("labels need the field {field}, which the panel lacks")]
    MissingField { field: String },

    /// Two inputs belong to different axes.
    #[error("{what}: {found} rows given where the axis has {expected}")]
    Length { what: &'static str, expected: usize, found: usize },

    /// A recovery is a share of the last price.
    #[error(
        "the recovery of {instrument} is {recovery}; it must be a finite share of the last price, 0 or more"
    )]
    Recovery { instrument: Instrument, recovery: f64 },

    /// The table of recoveries names an instrument twice.
    #[error("the recovery of {instrument} is given twice")]
    DuplicateRecovery { instrument: Instrument },

    /// The data don't hold the sessions that are to be tested.
    #[error("the test window {from} to {to} lies outside the data, which run from {first} to {last}")]
    TestWindow { from: Session, to: Session, first: Session, last: Session },

    /// The data hold no session at all.
    #[error("there is no session to learn from")]
    NoSessions,

    /// A length of zero sessions, months or years was given.
    #[error("{what} must be at least 1")]
    Zero { what: &'static str },

    /// Not enough sessions in front of a fold's test.
    #[error(
        "fold {fold} (test from {test}) has too short a history: {what} must begin by {needed}, but the data begin on \
         {first}; test later, or train on less"
    )]
    TooShort { fold: u32, test: Session, what: &'static str, needed: Session, first: Session },

    /// Fewer sessions of training than asked for.
    #[error(
        "fold {fold} (test from {test}) has too short a history: {found} sessions of training where {needed} are \
         needed; test later, or train on less"
    )]
    TooFewSessions { fold: u32, test: Session, needed: usize, found: usize },

    /// No instrument is eligible in a part of the fold.
    #[error("fold {fold}: the universe is empty in {segment} ({from} to {to})")]
    EmptyUniverse { fold: u32, segment: &'static str, from: Session, to: Session },

    /// All rows were purged or have no label.
    #[error(
        "fold {fold}: no row of {segment} ({from} to {to}) is left after purging {n_purged} whose labels reach too far \
         and {n_unlabelled} without a label"
    )]
    NoSamples {
        fold: u32,
        segment: &'static str,
        from: Session,
        to: Session,
        n_purged: usize,
        n_unlabelled: usize,
    },

    /// A model of a handful of rows says nothing.
    #[error("fold {fold}: {segment} has {found} rows where {needed} are needed (min_rows)")]
    TooFewRows { fold: u32, segment: &'static str, found: usize, needed: usize },

    /// All folds were left out, so no model can be trained.
    #[error("none of {n} folds has enough rows; the first: {first}")]
    NoFolds { n: usize, first: String },

    /// Training, validation and test must follow each other.
    #[error("fold {fold}: training, validation and test overlap or are out of order")]
    Overlap { fold: u32 },

    /// A model needs something to learn from.
    #[error("no feature was given")]
    NoFeatures,

    /// Two features have the same name.
    #[error("two features are named {name}")]
    DuplicateFeature { name: String },

    /// A model reads the features it was trained on.
    #[error("the model was trained on feature {expected}, but feature {position} is {found}")]
    FeatureMismatch { position: usize, expected: String, found: String },

    /// Training rows without a single finite target.
    #[error("no {what} row has a target")]
    NoTargets { what: &'static str },

    /// A number that was given is not a penalty, limit or weight.
    #[error("{what} is {value}; it must be finite and {condition}")]
    Parameter { what: &'static str, value: f64, condition: &'static str },

    /// A choice among penalties is made on validation rows.
    #[error("ridge has {n} penalties to choose from, but the fold has no validation rows; give one penalty")]
    NothingToChooseOn { n: usize },

    /// Features that are combinations of each other need a penalty that rounding can't hide.
    #[error("ridge's penalty {penalty} is too small for features that depend on each other; raise it")]
    Collinear { penalty: f64 },

    /// An objective with several outputs.
    #[error(
        "the objective {objective} doesn't give one score a row; use one for regression, ranking or two classes"
    )]
    Objective { objective: String },

    /// Grades were given to an objective that doesn't rank.
    #[error("grades are for the objectives lambdarank and rank_xendcg; {objective} doesn't rank")]
    NoRanking { objective: String },

    /// Cross-entropy compares probabilities.
    #[error(
        "the objective {objective} needs targets from 0 to 1, and one is {target}; take percent ranks as the target"
    )]
    NotAProbability { objective: String, target: f64 },

    /// A least-squares problem of infinite numbers has no solution.
    #[error(
        "the feature {name} is infinite in a row of the training; replace such values first (ProcessInf)"
    )]
    InfiniteFeature { name: String },

    /// Rows of different weights were given to what takes none.
    #[error("{what} takes no weights")]
    NoWeights { what: &'static str },

    /// Ranking takes place within a session.
    #[error("a model that ranks must be told the session of each row")]
    NoSessionOfRows,

    /// The bytes are not those of a stored model.
    #[error("this is not a stored model: {message}")]
    NotAModel { message: String },

    /// Rows of a table are told apart by session and instrument.
    #[error(
        "row {row} of the table doesn't follow the one before it: rows ascend by session, then by instrument"
    )]
    Unsorted { row: usize },

    /// A processor by a name that is none.
    #[error("{class} is no processor; there are {known}")]
    UnknownProcessor { class: String, known: String },

    /// A keyword argument that a processor doesn't have.
    #[error("{class} has no argument {keyword}; it has {known}")]
    UnknownKeyword { class: String, keyword: String, known: String },

    /// A keyword argument of another kind.
    #[error("{class}: {keyword} is {value}; it must be {expected}")]
    Keyword { class: String, keyword: String, value: String, expected: &'static str },

    /// A processor was told of a group that no column has.
    #[error("no column is in the group {group}; there are {known}")]
    NoGroup { group: String, known: String },

    /// A processor was fitted on a column that is gone.
    #[error("the column {name} was there when a processor was fitted, and is no more")]
    NoColumn { name: String },

    /// Rows without a label can be left out of learning, but must be predicted.
    #[error("{class} can only be among the processors for learning")]
    NotForInference { class: &'static str },

    /// A processor that learns was applied before it had learned.
    #[error("{class} must be fitted before it is applied")]
    NotFitted { class: &'static str },

    /// The sessions that a processor is fitted on are not in the table.
    #[error("{class} has no row to be fitted on; check fit_start_time and fit_end_time")]
    NoRowsToFit { class: &'static str },

    /// LightGBM refused something.
    #[error(transparent)]
    LightGbm(#[from] LightGbmError),
}

impl LearnError {
    /// Whether it is about a model and its fit, rather than about labels and folds.
    pub fn is_about_model(&self) -> bool {
        matches!(
            self,
            Self::NoFeatures
                | Self::FeatureMismatch { .. }
                | Self::NoTargets { .. }
                | Self::NothingToChooseOn { .. }
                | Self::Collinear { .. }
                | Self::Objective { .. }
                | Self::NoRanking { .. }
                | Self::NotAProbability { .. }
                | Self::NoSessionOfRows
                | Self::InfiniteFeature { .. }
                | Self::NoWeights { .. }
                | Self::NotAModel { .. }
                | Self::LightGbm(_)
        )
    }

    /// Whether it says that a fold has too few rows.
    pub(crate) fn is_about_rows(&self) -> bool {
        matches!(self, Self::EmptyUniverse { .. } | Self::NoSamples { .. } | Self::TooFewRows { .. })
    }
}
