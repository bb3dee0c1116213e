//! Linear models as Qlib's `LinearModel` fits them.

mod fitted;
mod lasso;
mod nonnegative;
mod rows;
mod singular;
mod triangle;

use serde_json::Value;

use super::{Fit, FitHistory, Samples};
use crate::{LearnError, keywords::Keywords};

pub use fitted::LinearModel;
use rows::Rows;
use singular::Singular;
use triangle::Triangle;

/// Below which share of the largest singular value a direction counts as not there: what scikit-learn's
/// `LinearRegression` tells LAPACK.
const RANK: f64 = 1e-6;

/// What the coefficients b of a linear model minimise.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Estimator {
    /// `|y − X b|²`; where features depend on each other, the smallest of all b that do.
    Ols,
    /// The same with no coefficient below 0.
    NonNegative,
    /// `|y − X b|² + alpha · |b|²`.
    Ridge {
        /// The penalty.
        alpha: f64,
    },
    /// `|y − X b|² / (2 n) + alpha · Σ |b|`.
    Lasso {
        /// The penalty.
        alpha: f64,
    },
}

/// Linear regression on the features as they are: Qlib's `LinearModel`.
///
/// Rows that miss a feature are left out of the fit. The problem is reduced to a triangle by rotations and solved in
/// 64 bits, with the rules of scikit-learn for rank and convergence.
///
/// - Source: Qlib 0.9.7, scikit-learn 1.9. DIFFERENCE: scikit-learn computes in 32 bits where the features are, which
///   leaves five or six digits.
///
/// ```
/// use backstaff_learn::{
///     Threads,
///     model::{Features, Linear, Samples},
/// };
/// use backstaff_panel::Column;
///
/// let columns = [Column::F32(vec![1.0, 2.0, 3.0, f32::NAN]), Column::F32(vec![2.0, 0.0, 1.0, 1.0])];
/// let features = Features::new(["a", "b"].into_iter().zip(&columns))?;
/// let train = Samples::new(&features, &[0, 1, 2], &[4.0, 4.0, 7.0])?;
/// let none = Samples::new(&features, &[], &[])?;
/// let linear = Linear::from_kwargs(&serde_json::json!({"estimator": "ols"}))?;
/// let fit = linear.fit(&train, &none)?;
/// let scores = fit.model.predict(&features, &[2, 3], Threads::ONE)?;
/// assert!((scores[0] - 7.0).abs() < 1e-12 && scores[1].is_nan());
/// # Ok::<(), backstaff_learn::LearnError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Linear {
    estimator: Estimator,
    has_intercept: bool,
    includes_validation: bool,
}

impl Linear {
    /// Qlib's name of the model.
    pub const CLASS: &'static str = "LinearModel";
    /// Qlib's keyword arguments of the model.
    pub const KEYWORDS: [&'static str; 4] = ["estimator", "alpha", "fit_intercept", "include_valid"];

    /// A linear model with or without an intercept, fitted on the training rows, and on the validation rows if wanted.
    ///
    /// # Errors
    ///
    /// If a penalty is negative or not finite.
    pub fn new(
        estimator: Estimator,
        has_intercept: bool,
        includes_validation: bool,
    ) -> Result<Self, LearnError> {
        match estimator {
            Estimator::Ridge { alpha } | Estimator::Lasso { alpha }
                if !(alpha.is_finite() && alpha >= 0.0) =>
            {
                Err(LearnError::Parameter { what: "alpha", value: alpha, condition: "0 or more" })
            }
            _ => Ok(Self { estimator, has_intercept, includes_validation }),
        }
    }

    /// The model of Qlib's keyword arguments: `estimator` (ols, nnls, ridge, lasso), `alpha`, `fit_intercept`,
    /// `include_valid`.
    ///
    /// # Errors
    ///
    /// If a keyword is unknown, a value can't be one, or a penalty is given to an estimator without one.
    pub fn from_kwargs(kwargs: &Value) -> Result<Self, LearnError> {
        let mut kwargs = Keywords::new(Self::CLASS, kwargs, Some(&Self::KEYWORDS))?;
        let name = kwargs.text("estimator")?.unwrap_or_else(|| "ols".to_owned());
        let alpha = kwargs.number("alpha", 0.0)?;
        let estimator = match name.as_str() {
            "ols" if alpha == 0.0 => Estimator::Ols,
            "nnls" if alpha == 0.0 => Estimator::NonNegative,
            "ridge" => Estimator::Ridge { alpha },
            "lasso" => Estimator::Lasso { alpha },
            "ols" | "nnls" => {
                return Err(kwargs.wrong("alpha", &alpha.into(), "left out but for ridge and lasso"));
            }
            _ => return Err(kwargs.wrong("estimator", &name.into(), "ols, nnls, ridge or lasso")),
        };
        Self::new(estimator, kwargs.flag("fit_intercept", false)?, kwargs.flag("include_valid", false)?)
    }

    /// All that shapes the model, in a fixed order.
    pub fn canonical_text(&self) -> String {
        let Self { estimator, has_intercept, includes_validation } = self;
        let (name, alpha) = match estimator {
            Estimator::Ols => ("ols", 0.0),
            Estimator::NonNegative => ("nnls", 0.0),
            Estimator::Ridge { alpha } => ("ridge", *alpha),
            Estimator::Lasso { alpha } => ("lasso", *alpha),
        };
        format!("linear {name} alpha={alpha:?} intercept={has_intercept} validation={includes_validation}")
    }

    /// Fit on the rows of the training, and of the validation if wanted.
    ///
    /// - NaN: rows that miss a feature are left out.
    /// - Determinism: the same model for any number of threads.
    ///
    /// # Errors
    ///
    /// If no complete row is left, a feature is infinite, or `nnls` is given weights.
    pub fn fit(&self, train: &Samples<'_>, validation: &Samples<'_>) -> Result<Fit, LearnError> {
        let both = [train, validation];
        let rows = Rows::of(if self.includes_validation { &both } else { &both[..1] })?;
        if self.estimator == Estimator::NonNegative && rows.is_weighted() {
            return Err(LearnError::NoWeights { what: "nnls" });
        }
        let rows =
            if matches!(self.estimator, Estimator::Lasso { .. }) { rows.of_mean_weight_one() } else { rows };
        let n_train = rows.len();
        let (coefficients, intercept) = self.solve(rows);
        let history = FitHistory {
            n_train,
            penalty: match self.estimator {
                Estimator::Ridge { alpha } | Estimator::Lasso { alpha } => Some(alpha),
                Estimator::Ols | Estimator::NonNegative => None,
            },
            ..FitHistory::default()
        };
        let model = LinearModel::new(train.features().owned_names(), coefficients, intercept);
        Ok(Fit { model: Box::new(model), history })
    }

    fn solve(&self, rows: Rows<'_>) -> (Vec<f64>, f64) {
        // A constant may not be negative either, so with `nnls` it is a feature; else all is about the means.
        let has_ones = self.has_intercept && self.estimator == Estimator::NonNegative;
        let rows = if self.has_intercept && !has_ones { rows.centred() } else { rows };
        let n = rows.n_features() + usize::from(has_ones);
        let triangle = Triangle::of(rows.len(), n + 1, |range, out| rows.fill(range, has_ones, out));
        let target = triangle.column(n);
        let mut found = match self.estimator {
            Estimator::Ols => Singular::of(&triangle, n).solve(target, |square, largest| {
                if square.sqrt() > RANK * largest.sqrt() { 1.0 / square } else { 0.0 }
            }),
            Estimator::Ridge { alpha } => Singular::of(&triangle, n)
                .solve(target, |square, _| if square.sqrt() > 1e-15 { 1.0 / (square + alpha) } else { 0.0 }),
            Estimator::NonNegative => nonnegative::solve(&triangle, n, target),
            Estimator::Lasso { alpha } => lasso::solve(&triangle, n, target, alpha * rows.len() as f64),
        };
        let constant = if has_ones { found.pop().unwrap_or(0.0) } else { 0.0 };
        let intercept = constant + rows.intercept(&found);
        (found, intercept)
    }
}

#[cfg(test)]
mod tests;
