//! Trees that learn from each other's losses.

mod bins;
mod draw;
mod fitted;
mod reweight;
mod select;
mod settings;

use backstaff_lightgbm::{Metric, Threads, Watched};

use super::{Features, Fit, FitHistory, LightGbm, Progress, Samples};
use crate::LearnError;
use draw::Draw;
use fitted::Member;
use reweight::Curve;

pub use fitted::DoubleEnsembleModel;
pub(super) use fitted::StoredMember;

/// A weighted mean of boosted trees, each of which learns with more weight on what the ones before it find hard, and
/// reads the features that matter to them: Qlib's `DEnsembleModel`.
///
/// - Source: Zhang, Li, Chen, Li (2020), "`DoubleEnsemble`: a new ensemble method based on sample reweighting and feature
///   selection for financial data analysis", ICDM; Qlib 0.9.7. DIFFERENCE: features that were drawn keep their order;
///   without a decay Qlib fails, and here it is 0.5.
#[derive(Clone, PartialEq, Debug)]
pub struct DoubleEnsemble {
    trees: LightGbm,
    /// The weight of each sub-model.
    sub_weights: Vec<f64>,
    reweights: bool,
    selects: bool,
    alpha1: f64,
    alpha2: f64,
    bins_sr: usize,
    decay: f64,
    /// Which share of the features of each bin is drawn, the bin with the largest gains first.
    sample_ratios: Vec<f64>,
    shuffle_seed: u32,
}

/// A fit with the story of each sub-model.
#[derive(Debug)]
pub struct DoubleEnsembleFit {
    /// The model. Its history counts the rounds of all sub-models; the metrics are those of the first on the validation
    /// rows.
    pub fit: Fit,
    /// The sub-models, in the order in which they were fitted.
    pub members: Vec<MemberFit>,
}

/// How the fit of a sub-model went.
#[derive(Clone, PartialEq, Debug)]
pub struct MemberFit {
    /// The features that it reads.
    pub features: Vec<String>,
    /// The round at which it was cut.
    pub best_round: usize,
    /// The metrics on the training rows, one value a round.
    pub training: Vec<Metric>,
    /// The metrics on the validation rows, one value a round.
    pub validation: Vec<Metric>,
}

impl DoubleEnsemble {
    /// Fit sub-model after sub-model on training rows, each evaluated on the validation rows.
    ///
    /// - NaN: a missing feature is missing in the trees.
    /// - Determinism: the same model for any number of threads. Where features are selected, shuffles and draws are
    ///   those of numpy's global generator after `numpy.random.seed` with this model's seed.
    ///
    /// # Errors
    ///
    /// If no row has a target, samples have weights, or LightGBM is missing or refuses.
    pub fn fit(
        &self,
        train: &Samples<'_>,
        validation: &Samples<'_>,
        threads: Threads,
        on_progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<DoubleEnsembleFit, LearnError> {
        if train.weights().is_some() {
            return Err(LearnError::NoWeights { what: Self::CLASS });
        }
        let (all, n_members) = (train.features(), self.sub_weights.len());
        let mut draw = Draw::new(self.shuffle_seed);
        let mut features = (0..all.names().len()).collect::<Vec<_>>();
        let mut weights = None;
        let mut predicted = Vec::new();
        let (mut members, mut stories) = (Vec::<Member>::new(), Vec::new());
        for (k, &weight) in self.sub_weights.iter().enumerate() {
            let mut progress = |round: Progress| {
                on_progress(Progress { done: k * round.of + round.done, of: n_members * round.of });
            };
            let Watched { trained, training } =
                self.train(train, validation, &features, weights.as_deref(), threads, &mut progress)?;
            let names = features.iter().map(|&place| all.names()[place].to_owned()).collect();
            let (best_round, validation) = (trained.best_round, trained.metrics);
            stories.push(MemberFit { features: names, best_round, training, validation });
            members.push(Member::new(features.clone(), weight, trained.booster));
            if k + 1 == n_members {
                break;
            }
            let member = &members[k];
            predicted.push(member.predict(all, train.rows(), threads)?);
            let losses = self.losses(train.targets(), &predicted);
            if self.reweights {
                weights = Some(curve(member, train, threads)?.weights(self, &losses, k + 1));
            }
            if self.selects {
                features = select::features(self, train, &members, &losses, &mut draw, threads)?;
            }
        }
        let rounds = |of: &dyn Fn(&MemberFit) -> usize| stories.iter().map(of).sum();
        let history = FitHistory {
            n_train: train.len(),
            n_validation: validation.len(),
            n_rounds: rounds(&|story| story.training.first().map_or(0, |metric| metric.values.len())),
            best_round: rounds(&|story| story.best_round),
            penalty: None,
            metrics: stories.first().map(|story| story.validation.clone()).unwrap_or_default(),
        };
        let model = DoubleEnsembleModel::new(all.owned_names(), members);
        Ok(DoubleEnsembleFit { fit: Fit { model: Box::new(model), history }, members: stories })
    }

    /// Train one sub-model on some of the features.
    fn train(
        &self,
        train: &Samples<'_>,
        validation: &Samples<'_>,
        features: &[usize],
        weights: Option<&[f64]>,
        threads: Threads,
        on_progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Watched, LearnError> {
        let read = train.features().at(features);
        let samples = match weights {
            None => Samples::new(&read, train.rows(), train.targets())?,
            Some(weights) => Samples::weighted(&read, train.rows(), train.targets(), weights)?,
        };
        let checked = validation.features().at(features);
        let checks = Samples::new(&checked, validation.rows(), validation.targets())?;
        self.trees.watch(&samples, &checks, threads, on_progress)
    }

    /// The squared error of each sample under the weighted mean of the sub-models so far.
    fn losses(&self, targets: &[f64], predicted: &[Vec<f64>]) -> Vec<f64> {
        let weights = &self.sub_weights[..predicted.len()];
        let total = weights.iter().sum::<f64>();
        let mean = |n: usize| {
            predicted.iter().zip(weights).map(|(values, weight)| values[n] * weight).sum::<f64>() / total
        };
        targets.iter().enumerate().map(|(n, target)| (target - mean(n)) * (target - mean(n))).collect()
    }
}

/// The losses of each sample in the training of a sub-model, tree by tree.
fn curve(member: &Member, train: &Samples<'_>, threads: Threads) -> Result<Curve, LearnError> {
    let features: Features<'_> = train.features().at(&member.features);
    let matrix = features.matrix(train.rows())?;
    let n_rounds = member.booster().n_rounds();
    let mut curve = Curve::new(train.len(), n_rounds);
    let mut sums = vec![0.0; train.len()];
    for round in 0..n_rounds {
        let grown = member.booster().predict_by(round..round + 1, &matrix, threads)?;
        for (sum, value) in sums.iter_mut().zip(grown) {
            *sum += value;
        }
        curve.push(round, || {
            let losses = train.targets().iter().zip(&sums);
            losses.map(|(target, sum)| (target - sum) * (target - sum)).collect()
        });
    }
    Ok(curve)
}
