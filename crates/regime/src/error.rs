//! Errors of observations, models and requests.

use backstaff_panel::{Instrument, Session};

/// Why a regime model could not be fitted, read or used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum RegimeError {
    /// There is nothing to observe.
    #[error("no series is observed; give at least one column")]
    NoSeries,

    /// Columns of different lengths.
    #[error("series {series} has {found} bars where the first series has {expected}")]
    Ragged { series: usize, expected: usize, found: usize },

    /// An infinity is a defect of the data (a price of zero, mostly), not a missing value.
    #[error("series {series} is infinite at bar {row}; correct it, or make it missing (NaN)")]
    Infinite { series: usize, row: usize },

    /// A missing value where the caller allows none.
    #[error("series {series} is missing at bar {row}; fill it, or choose to skip missing bars")]
    MissingValue { series: usize, row: usize },

    /// Too little to learn from.
    #[error(
        "{found} observations are too few for {states} states of {series} series, which need at least {needed}; \
         give more bars, or ask for fewer states"
    )]
    TooFewObservations { found: usize, needed: usize, states: usize, series: usize },

    /// Sequences that are not the observations.
    #[error("the sequences have {sum} bars together, but {rows} are observed")]
    Lengths { sum: usize, rows: usize },

    /// A sequence of nothing has no first bar.
    #[error("sequence {sequence} has no bar")]
    EmptySequence { sequence: usize },

    /// Numbers that nothing more can be computed with.
    #[error("the log-likelihood is {value} after {iterations} iterations; begin with other parameters")]
    Lost { value: f64, iterations: usize },

    /// A series without movement has no states that differ.
    #[error(
        "series {series} is constant ({value}) over all {observations} observations; there are no regimes in it"
    )]
    Constant { series: usize, value: f64, observations: usize },

    /// Squares of the values leave the range of numbers.
    #[error(
        "the variance of series {series} is {variance}, outside what can be computed with; rescale the series"
    )]
    Scale { series: usize, variance: f64 },

    /// As many states as make sense.
    #[error("{states} states were asked for; 1 to {most} are possible")]
    States { states: usize, most: usize },

    /// An option out of its range.
    #[error("{option} is {value}; it must be {must}")]
    Option { option: &'static str, value: f64, must: &'static str },

    /// A search needs somewhere to begin.
    #[error("no start was given; give at least one")]
    NoStarts,

    /// A given start of another shape than what is to be fitted.
    #[error("the given start has {found} {what} where {expected} are to be fitted")]
    StartShape { what: &'static str, expected: usize, found: usize },

    /// A given start with the other form of covariance.
    #[error("the given start has {found} covariances where {expected} ones are to be fitted")]
    StartCovariance { expected: &'static str, found: &'static str },

    /// A part of a model with the wrong number of entries.
    #[error("{what} has {found} entries where {expected} are needed for {states} states and {series} series")]
    Shape { what: String, expected: usize, found: usize, states: usize, series: usize },

    /// A number that is no probability.
    #[error("{what} holds {value}, which is no probability")]
    Probability { what: String, value: f64 },

    /// A distribution has the sum one.
    #[error("{what} sums to {sum} instead of 1")]
    Sum { what: String, sum: f64 },

    /// A parameter is no number.
    #[error("{what} holds {value}, which is no finite number")]
    NotFinite { what: String, value: f64 },

    /// A covariance that no distribution has.
    #[error("the covariance of state {state} is not {must}")]
    Covariance { state: usize, must: &'static str },

    /// A file that does not hold a model.
    #[error("this is no model of regimes: {reason}")]
    Json { reason: String },

    /// Observations of another width than the model's.
    #[error("the model is of {expected} series, but {found} are observed")]
    Series { expected: usize, found: usize },

    /// A distribution over another number of states than the model's.
    #[error("{found} probabilities were given for a model of {expected} states")]
    Beliefs { expected: usize, found: usize },

    /// A schedule that there is not.
    #[error("there is no schedule {given:?}; {hint}")]
    Schedule { given: String, hint: String },

    /// A session beside each bar.
    #[error("{sessions} sessions were given for {rows} bars")]
    Sessions { sessions: usize, rows: usize },

    /// Bars that run backwards in time.
    #[error("bar {row} is of {session}, before the {previous} of the bar in front of it; sort the bars")]
    Order { row: usize, session: Session, previous: Session },

    /// Numbers that no walk can go on from.
    #[error("{numbers} numbers are no state of a walk with these options")]
    State { numbers: usize },

    /// A look-back too short for the model.
    #[error(
        "a look-back of {look_back} bars is too short for {states} states of {series} series, which need {needed}"
    )]
    LookBack { look_back: usize, needed: usize, states: usize, series: usize },

    /// An instrument without observations.
    #[error("there is no instrument {instrument} among the observations; {hint}")]
    UnknownInstrument { instrument: Instrument, hint: String },

    /// No number of states could be fitted.
    #[error("no number of states was given to choose from")]
    NoCandidates,
}
