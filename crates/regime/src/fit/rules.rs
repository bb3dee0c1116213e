//! The rules of a maximisation: what it moves, what covariances have in common, what is believed beforehand.

use crate::CovarianceForm;

/// The fewest observations, a prior's included, that a variance is divided by.
const FEWEST: f64 = 1e-5;

/// The parameters that a search moves; the others stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four parameters, any of which may move")]
pub struct Learns {
    /// The distribution of the first bar's state.
    pub start: bool,
    /// The transitions.
    pub transition: bool,
    /// The means.
    pub means: bool,
    /// The covariances.
    pub covariances: bool,
}

impl Learns {
    /// Everything moves.
    pub const ALL: Self = Self { start: true, transition: true, means: true, covariances: true };
}

/// What the covariances of a model have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ties {
    /// Nothing.
    None,
    /// All series of a state have one variance; of diagonal covariances.
    Series,
    /// All states have one covariance; of full covariances.
    States,
}

/// What is believed before anything is seen, as densities that the likelihood is multiplied by.
///
/// - Source: Huang, Acero, Hon (2001), "Spoken Language Processing", p. 443–445; the updates are those of hmmlearn.
#[derive(Debug, Clone, PartialEq)]
pub struct Prior {
    /// A number a state: the parameters of a Dirichlet distribution of the start; 1 says nothing.
    pub start: Vec<f64>,
    /// States × states: the parameters of a Dirichlet distribution of each row of the transitions; 1 says nothing.
    pub transition: Vec<f64>,
    /// States × series: the expected means.
    pub means: Vec<f64>,
    /// As how many observations the expected means count; 0 says nothing.
    pub means_weight: f64,
    /// What is added to each scatter, the sum of squares and products about the mean: states × series of diagonal
    /// covariances, states × series × series of full ones, series × series of one that all states share.
    pub covariances: Vec<f64>,
    /// The scatter is divided by as many observations more as this exceeds 1 (diagonal) or the number of series (full).
    pub covariances_weight: f64,
}

impl Prior {
    /// The observations that a scatter is divided by, those that stand for the prior included.
    pub(super) fn observations(&self, weight: f64, form: CovarianceForm, d: usize) -> f64 {
        match form {
            CovarianceForm::Diagonal => ((self.covariances_weight - 1.0).max(0.0) + weight).max(FEWEST),
            CovarianceForm::Full => (self.covariances_weight - d as f64).max(0.0) + weight,
        }
    }
}

/// All of them, as a maximisation takes them.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    pub(super) learns: Learns,
    pub(super) ties: Ties,
    pub(super) prior: Option<&'a Prior>,
}

impl Rules<'_> {
    /// The likeliest model of its form.
    pub(super) const PLAIN: Self = Self { learns: Learns::ALL, ties: Ties::None, prior: None };
}
