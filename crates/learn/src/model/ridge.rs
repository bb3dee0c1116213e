//! Ridge regression: the honest baseline.

use backstaff_lightgbm::{Metric, Threads};
use backstaff_panel::Column;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Features, Fit, FitHistory, Importance, Model, Samples, Stored, linear};
use crate::LearnError;

/// How many rows are predicted at a time.
const PART: usize = 4096;

/// Linear regression on standardised features with a penalty on the squares of the coefficients.
///
/// With z the features in standard deviations of the training rows, cut at ± `clip` and 0 where missing, the
/// coefficients b and the intercept a minimise `Σ w (y − a − z·b)² + penalty · Σ b²`.
///
/// - Source: Hoerl, Kennard (1970), "Ridge regression", Technometrics 12. With scikit-learn's `Ridge` the penalty is
///   its `alpha`.
#[derive(Clone, PartialEq, Debug)]
pub struct Ridge {
    penalties: Vec<f64>,
    clip: f64,
}

impl Ridge {
    pub(super) const NAME: &'static str = "ridge";

    /// Ridge with the best of these penalties: the one with the least squared error on the validation rows, the
    /// greater of equals. Features are cut at ± `clip` standard deviations.
    ///
    /// # Errors
    ///
    /// If there is no penalty, or a penalty or the clip is not above 0.
    pub fn new(mut penalties: Vec<f64>, clip: f64) -> Result<Self, LearnError> {
        let positive = |what, value: f64| {
            if value.is_finite() && value > 0.0 {
                return Ok(());
            }
            Err(LearnError::Parameter { what, value, condition: "above 0" })
        };
        positive("ridge's clip", clip)?;
        for &penalty in &penalties {
            positive("ridge's penalty", penalty)?;
        }
        if penalties.is_empty() {
            return Err(LearnError::Zero { what: "the number of ridge's penalties" });
        }
        penalties.sort_unstable_by(f64::total_cmp);
        penalties.dedup();
        Ok(Self { penalties, clip })
    }

    /// The penalties to choose from, ascending.
    pub fn penalties(&self) -> &[f64] {
        &self.penalties
    }

    /// At how many standard deviations features are cut.
    pub fn clip(&self) -> f64 {
        self.clip
    }

    pub(super) fn canonical_text(&self) -> String {
        format!("penalties={:?} clip={:?}", self.penalties, self.clip)
    }

    pub(super) fn fit(&self, train: &Samples<'_>, validation: &Samples<'_>) -> Result<Fit, LearnError> {
        if train.is_empty() {
            return Err(LearnError::NoTargets { what: "training" });
        }
        if self.penalties.len() > 1 && validation.is_empty() {
            return Err(LearnError::NothingToChooseOn { n: self.penalties.len() });
        }
        let scales = train.features().columns().par_iter().map(|column| Scale::of(column, train.rows()));
        let scales = scales.collect::<Vec<_>>();
        let moments = Moments::of(train, &scales, self.clip);
        let candidates = self.penalties.iter().map(|&penalty| {
            let (coefficients, intercept) = moments.solve(penalty)?;
            let (features, scales) = (train.features().owned_names(), scales.clone());
            Ok(RidgeModel { features, scales, coefficients, intercept, penalty, clip: self.clip })
        });
        let candidates = candidates.collect::<Result<Vec<_>, LearnError>>()?;
        let (chosen, errors) = choose(&candidates, validation)?;
        let model = candidates[chosen].clone();
        let metric = Metric { name: "l2".to_owned(), higher_is_better: false, values: errors };
        let history = FitHistory {
            n_train: train.len(),
            n_validation: validation.len(),
            penalty: Some(model.penalty),
            metrics: if validation.is_empty() { Vec::new() } else { vec![metric] },
            ..FitHistory::default()
        };
        Ok(Fit { model: Box::new(model), history })
    }
}

/// The candidate with the least error on the validation rows, and all errors.
fn choose(candidates: &[RidgeModel], validation: &Samples<'_>) -> Result<(usize, Vec<f64>), LearnError> {
    if validation.is_empty() {
        return Ok((0, Vec::new()));
    }
    let (targets, weights) = (validation.targets(), validation.weights());
    let mut errors = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let predicted = candidate.predict(validation.features(), validation.rows(), Threads::ONE)?;
        let (mut sum, mut total) = (0.0, 0.0);
        for (n, (target, predicted)) in targets.iter().zip(&predicted).enumerate() {
            let weight = weights.map_or(1.0, |weights| weights[n]);
            sum += weight * (target - predicted) * (target - predicted);
            total += weight;
        }
        errors.push(sum / total);
    }
    // Ascending penalties: of equals, the last.
    let best = (0..errors.len()).reduce(|best, n| if errors[n] <= errors[best] { n } else { best });
    Ok((best.unwrap_or(0), errors))
}

/// How a feature is standardised.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
struct Scale {
    mean: f64,
    /// The inverse of the standard deviation; 0 for a feature that doesn't vary.
    inverse: f64,
}

impl Scale {
    fn of(column: &Column, rows: &[u32]) -> Self {
        let present = || rows.iter().map(|&row| column.get(row as usize)).filter(|value| value.is_finite());
        // Differences to the first value, so that a constant varies by exactly 0.
        let Some(pivot) = present().next() else { return Self { mean: 0.0, inverse: 0.0 } };
        let (sum, n) = present().fold((0.0, 0_u32), |(sum, n), value| (sum + (value - pivot), n + 1));
        let offset = sum / f64::from(n);
        let squares = present().map(|value| (value - pivot - offset) * (value - pivot - offset)).sum::<f64>();
        let inverse = 1.0 / (squares / f64::from(n)).sqrt();
        Self { mean: pivot + offset, inverse: if inverse.is_finite() { inverse } else { 0.0 } }
    }

    fn apply(self, value: f64, clip: f64) -> f64 {
        if value.is_finite() { ((value - self.mean) * self.inverse).clamp(-clip, clip) } else { 0.0 }
    }
}

/// Sums of products of the standardised features, the target and 1, with each other.
struct Moments {
    n_features: usize,
    sums: Vec<f64>,
}

impl Moments {
    fn of(train: &Samples<'_>, scales: &[Scale], clip: f64) -> Self {
        let p = scales.len();
        let columns = train.features().columns();
        let sums = linear::products(train.len(), p + 2, |range, out| {
            let height = range.len();
            let rows = &train.rows()[range.clone()];
            let (features, rest) = out.split_at_mut(p * height);
            for ((column, scale), out) in columns.iter().zip(scales).zip(features.chunks_exact_mut(height)) {
                for (out, &row) in out.iter_mut().zip(rows) {
                    *out = scale.apply(column.get(row as usize), clip);
                }
            }
            let (targets, ones) = rest.split_at_mut(height);
            targets.copy_from_slice(&train.targets()[range.clone()]);
            ones.fill(1.0);
            if let Some(weights) = train.weights() {
                let roots = weights[range.clone()].iter().map(|weight| weight.sqrt()).collect::<Vec<_>>();
                for column in out.chunks_exact_mut(height) {
                    column.iter_mut().zip(&roots).for_each(|(value, root)| *value *= root);
                }
            }
        });
        Self { n_features: p, sums }
    }

    fn get(&self, j: usize, k: usize) -> f64 {
        let (j, k) = (j.min(k), j.max(k));
        self.sums[k * (k + 1) / 2 + j]
    }

    /// The moment of two columns about their means.
    fn centred(&self, j: usize, k: usize) -> f64 {
        let one = self.n_features + 1;
        self.get(j, k) - self.get(j, one) * self.get(k, one) / self.get(one, one)
    }

    /// The coefficients and the intercept.
    fn solve(&self, penalty: f64) -> Result<(Vec<f64>, f64), LearnError> {
        let (p, target, one) = (self.n_features, self.n_features, self.n_features + 1);
        let mut matrix = vec![0.0; p * p];
        for j in 0..p {
            for k in 0..p {
                matrix[j * p + k] = self.centred(j, k) + if j == k { penalty } else { 0.0 };
            }
        }
        let right = (0..p).map(|j| self.centred(j, target)).collect();
        let coefficients = linear::solve(matrix, right).ok_or(LearnError::Collinear { penalty })?;
        let total = self.get(one, one);
        let explained = coefficients.iter().enumerate().map(|(j, b)| b * self.get(j, one)).sum::<f64>();
        let intercept = (self.get(target, one) - explained) / total;
        Ok((coefficients, intercept))
    }
}

/// Fitted coefficients with the scales of their features.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RidgeModel {
    features: Vec<String>,
    scales: Vec<Scale>,
    coefficients: Vec<f64>,
    intercept: f64,
    penalty: f64,
    clip: f64,
}

impl RidgeModel {
    /// One coefficient a feature, per standard deviation of it.
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// The prediction of a row whose features are all at their means.
    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    pub(super) fn checked(self) -> Result<Self, LearnError> {
        let n = self.features.len();
        if self.scales.len() == n && self.coefficients.len() == n {
            Ok(self)
        } else {
            Err(LearnError::NotAModel { message: "it has not as many coefficients as features".to_owned() })
        }
    }
}

impl Model for RidgeModel {
    fn features(&self) -> &[String] {
        &self.features
    }

    fn predict(
        &self,
        features: &Features<'_>,
        rows: &[u32],
        _threads: Threads,
    ) -> Result<Vec<f64>, LearnError> {
        features.must_be(&self.features)?;
        let mut out = vec![self.intercept; rows.len()];
        out.par_chunks_mut(PART).zip(rows.par_chunks(PART)).for_each(|(out, rows)| {
            for ((column, scale), coefficient) in
                features.columns().iter().zip(&self.scales).zip(&self.coefficients)
            {
                for (out, &row) in out.iter_mut().zip(rows) {
                    *out += coefficient * scale.apply(column.get(row as usize), self.clip);
                }
            }
        });
        Ok(out)
    }

    fn importance(&self) -> Result<Vec<Importance>, LearnError> {
        let weighed = self.features.iter().zip(&self.coefficients);
        Ok(weighed
            .map(|(feature, coefficient)| Importance {
                feature: feature.clone(),
                gain: coefficient.abs(),
                n_splits: 0,
            })
            .collect())
    }

    fn to_text(&self) -> String {
        Stored::Ridge(self.clone()).to_text()
    }
}
