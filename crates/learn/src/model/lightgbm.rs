//! Gradient-boosted trees.

use backstaff_lightgbm::{
    Booster, Dataset, Flow, Importance as Weigh, Library, Parameters, Targets, Threads, train,
};

use super::{Features, Fit, History, Importance, Model, Progress, Samples, Stored};
use crate::LearnError;

/// Objectives that give something else than one score a row.
const UNSUITABLE: [&str; 12] = [
    "multiclass",
    "softmax",
    "multiclassova",
    "multiclass_ova",
    "ova",
    "ovr",
    "lambdarank",
    "rank_xendcg",
    "xendcg",
    "xe_ndcg",
    "xe_ndcg_mart",
    "custom",
];

/// LightGBM with its own parameters, rounds and early stopping among them.
#[derive(Clone, PartialEq, Debug)]
pub struct LightGbm {
    parameters: Parameters,
}

impl LightGbm {
    pub(super) const NAME: &'static str = "lightgbm";
}

impl LightGbm {
    /// Trees with these parameters.
    ///
    /// # Errors
    ///
    /// If the objective doesn't give one score a row.
    pub fn new(parameters: Parameters) -> Result<Self, LearnError> {
        let objective = parameters.get("objective").unwrap_or("regression");
        if UNSUITABLE.contains(&objective) {
            return Err(LearnError::Objective { objective: objective.to_owned() });
        }
        Ok(Self { parameters })
    }

    /// The parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    pub(super) fn fit(
        &self,
        samples: &Samples<'_>,
        validation: &Samples<'_>,
        threads: Threads,
        on_progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Fit, LearnError> {
        if samples.is_empty() {
            return Err(LearnError::NoTargets { what: "training" });
        }
        let library = Library::open()?;
        let (labels, weights) = (narrow(samples.targets()), samples.weights().map(narrow));
        let targets = Targets { weights: weights.as_deref(), ..Targets::labels(&labels) };
        let matrix = samples.features().matrix(samples.rows())?;
        let names = samples.features().names();
        let mut rows = Dataset::new(library, &matrix, names, &targets, &self.parameters, threads)?;
        let mut checks = if validation.is_empty() {
            None
        } else {
            let (labels, weights) = (narrow(validation.targets()), validation.weights().map(narrow));
            let targets = Targets { weights: weights.as_deref(), ..Targets::labels(&labels) };
            let matrix = validation.features().matrix(validation.rows())?;
            Some(rows.with_same_bins(&matrix, &targets, threads)?)
        };
        let training = train(library, &mut rows, checks.as_mut(), &self.parameters, threads, &mut |round| {
            on_progress(Progress { done: round.number, of: round.of });
            Flow::Continue
        })?;
        let history = History {
            n_train: samples.len(),
            n_validation: validation.len(),
            n_rounds: training.n_rounds,
            best_round: training.best_round,
            penalty: None,
            metrics: training.metrics,
        };
        let features = samples.features().owned_names();
        Ok(Fit { model: Box::new(LightGbmModel { features, booster: training.booster }), history })
    }
}

/// LightGBM computes labels and weights in 32 bits.
fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

/// Fitted trees.
#[derive(Debug)]
pub struct LightGbmModel {
    features: Vec<String>,
    booster: Booster,
}

impl LightGbmModel {
    pub(super) fn read(features: Vec<String>, text: String) -> Result<Self, LearnError> {
        let booster = Booster::from_text(Library::open()?, text)?;
        let (n_names, n_features) = (features.len(), booster.n_features());
        if n_names == n_features && booster.n_outputs() == 1 {
            Ok(Self { features, booster })
        } else {
            let message = format!("{n_names} names for {n_features} features");
            Err(LearnError::NotAModel { message })
        }
    }

    /// The trees.
    pub fn booster(&self) -> &Booster {
        &self.booster
    }
}

impl Model for LightGbmModel {
    fn features(&self) -> &[String] {
        &self.features
    }

    fn predict(
        &self,
        features: &Features<'_>,
        rows: &[u32],
        threads: Threads,
    ) -> Result<Vec<f64>, LearnError> {
        features.must_be(&self.features)?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.booster.predict(&features.matrix(rows)?, threads)?)
    }

    fn importance(&self) -> Result<Vec<Importance>, LearnError> {
        let (gains, splits) = (self.booster.importance(Weigh::Gain)?, self.booster.importance(Weigh::Split)?);
        let weighed = self.features.iter().zip(gains.into_iter().zip(splits));
        Ok(weighed
            .map(|(feature, (gain, splits))| Importance {
                feature: feature.clone(),
                gain,
                n_splits: splits as u64,
            })
            .collect())
    }

    fn to_text(&self) -> String {
        Stored::LightGbm { features: self.features.clone(), text: self.booster.text().to_owned() }.to_text()
    }
}
