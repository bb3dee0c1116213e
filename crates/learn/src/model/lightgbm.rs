//! Gradient-boosted trees.

use std::num::NonZeroU32;

use backstaff_lightgbm::{
    AfterRound, Booster, Dataset, ImportanceBy, Library, Parameters, Targets, Threads, Watched, train,
    train_watched,
};
use backstaff_statistics::average_ranks;

use super::{Features, Fit, FitHistory, Importance, Model, Progress, Samples, Stored};
use crate::LearnError;

/// Objectives that give something else than one score a row.
const UNSUITABLE: [&str; 7] =
    ["multiclass", "softmax", "multiclassova", "multiclass_ova", "ova", "ovr", "custom"];
/// Objectives that rank the rows of a session.
const RANKING: [&str; 6] = ["lambdarank", "rank_xendcg", "xendcg", "xe_ndcg", "xe_ndcg_mart", "xendcg_mart"];
/// Objectives whose targets are probabilities.
const PROBABILITY: [&str; 4] = ["cross_entropy", "xentropy", "cross_entropy_lambda", "xentlambda"];
/// Into how many grades a session's targets are cut.
const GRADES: u32 = 5;
/// LightGBM's own gains of grades go no further.
const MOST_GRADES: u32 = 31;

/// LightGBM with its own parameters, rounds and early stopping among them.
///
/// The objectives `lambdarank` and `rank_xendcg` rank the rows of a session: its targets are cut into grades by
/// quantile, the worst part is 0, and each session is a query.
#[derive(Clone, PartialEq, Debug)]
pub struct LightGbm {
    parameters: Parameters,
    /// The number of grades into which an objective that ranks cuts a session's targets.
    grades: Option<NonZeroU32>,
}

impl LightGbm {
    pub(super) const NAME: &'static str = "lightgbm";

    /// Trees with these parameters, and five grades where they rank.
    ///
    /// # Errors
    ///
    /// If the objective doesn't give one score a row.
    pub fn new(parameters: Parameters) -> Result<Self, LearnError> {
        let objective = parameters.get("objective").unwrap_or("regression");
        if UNSUITABLE.contains(&objective) {
            return Err(LearnError::Objective { objective: objective.to_owned() });
        }
        let grades = RANKING.contains(&objective).then_some(GRADES).and_then(NonZeroU32::new);
        Ok(Self { parameters, grades })
    }

    /// Sets the number of grades.
    ///
    /// # Errors
    ///
    /// If the objective doesn't rank, or there are fewer than two or more than LightGBM knows the gains of.
    pub fn with_grades(self, grades: u32) -> Result<Self, LearnError> {
        let objective = self.parameters.get("objective").unwrap_or("regression").to_owned();
        if self.grades.is_none() {
            return Err(LearnError::NoRanking { objective });
        }
        let most = if self.parameters.get("label_gain").is_some() { u32::MAX } else { MOST_GRADES };
        if !(2..=most).contains(&grades) {
            let condition = "from 2 to 31, or less than label_gain has entries";
            return Err(LearnError::Parameter {
                what: "the number of grades",
                value: grades.into(),
                condition,
            });
        }
        Ok(Self { grades: NonZeroU32::new(grades), ..self })
    }

    /// LightGBM's parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Into how many grades a session's targets are cut, if the objective ranks.
    pub fn grades(&self) -> Option<u32> {
        self.grades.map(NonZeroU32::get)
    }

    /// The same trees with another draw of what is random: see [`Parameters::with_seeds_raised_by`].
    pub(super) fn draw(&self, n: u32) -> Result<Self, LearnError> {
        Ok(Self { parameters: self.parameters.clone().with_seeds_raised_by(n)?, ..self.clone() })
    }

    pub(super) fn canonical_text(&self) -> String {
        let grades = self.grades.map(|grades| format!(" grades={grades}")).unwrap_or_default();
        format!("{}{grades}", self.parameters.canonical_text())
    }

    pub(super) fn fit(
        &self,
        samples: &Samples<'_>,
        validation: &Samples<'_>,
        threads: Threads,
        on_progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Fit, LearnError> {
        let (library, mut rows, mut checks) = self.datasets(samples, validation, threads)?;
        let training = train(library, &mut rows, checks.as_mut(), &self.parameters, threads, &mut |round| {
            on_progress(Progress { done: round.number, of: round.of });
            AfterRound::Continue
        })?;
        let history = FitHistory {
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

    /// Train with the training rows among those that are evaluated.
    pub(super) fn watch(
        &self,
        samples: &Samples<'_>,
        validation: &Samples<'_>,
        threads: Threads,
        on_progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Watched, LearnError> {
        let (library, mut rows, mut checks) = self.datasets(samples, validation, threads)?;
        let parameters = &self.parameters;
        Ok(train_watched(library, &mut rows, checks.as_mut(), parameters, threads, &mut |round| {
            on_progress(Progress { done: round.number, of: round.of });
            AfterRound::Continue
        })?)
    }

    /// The binned rows of the training and, in the same bins, of the validation.
    fn datasets(
        &self,
        samples: &Samples<'_>,
        validation: &Samples<'_>,
        threads: Threads,
    ) -> Result<(Library, Dataset, Option<Dataset>), LearnError> {
        if samples.is_empty() {
            return Err(LearnError::NoTargets { what: "training" });
        }
        let library = Library::open()?;
        let (train_rows, names) = (self.learned(samples)?, samples.features().names());
        let matrix = samples.features().matrix(&train_rows.rows)?;
        let rows = Dataset::new(library, &matrix, names, &train_rows.targets(), &self.parameters, threads)?;
        if validation.is_empty() {
            return Ok((library, rows, None));
        }
        let learned = self.learned(validation)?;
        let matrix = validation.features().matrix(&learned.rows)?;
        let checks = rows.with_same_bins(&matrix, &learned.targets(), threads)?;
        Ok((library, rows, Some(checks)))
    }

    /// Rows and targets as the objective wants them.
    fn learned(&self, samples: &Samples<'_>) -> Result<Learned, LearnError> {
        let objective = self.parameters.get("objective").unwrap_or("regression");
        let is_share = |target: &f64| (0.0..=1.0).contains(target);
        if PROBABILITY.contains(&objective)
            && let Some(&target) = samples.targets().iter().find(|target| !is_share(target))
        {
            return Err(LearnError::NotAProbability { objective: objective.to_owned(), target });
        }
        let Some(grades) = self.grades else {
            return Ok(Learned {
                rows: samples.rows().to_vec(),
                labels: narrow(samples.targets()),
                weights: samples.weights().map(narrow),
                group_sizes: None,
            });
        };
        let sessions = samples.sessions().ok_or(LearnError::NoSessionOfRows)?;
        let mut order = (0..samples.len()).collect::<Vec<_>>();
        order.sort_by_key(|&n| sessions[n]);
        let mut labels = Vec::with_capacity(order.len());
        let mut group_sizes = Vec::new();
        for session in order.chunk_by(|&a, &b| sessions[a] == sessions[b]) {
            let targets = session.iter().map(|&n| samples.targets()[n]).collect::<Vec<_>>();
            labels.extend(graded(&targets, grades));
            group_sizes.push(session.len() as i32);
        }
        let weights = samples.weights();
        Ok(Learned {
            rows: order.iter().map(|&n| samples.rows()[n]).collect(),
            labels,
            weights: weights.map(|weights| order.iter().map(|&n| weights[n] as f32).collect()),
            group_sizes: Some(group_sizes),
        })
    }
}

/// Rows and targets as LightGBM takes them.
struct Learned {
    rows: Vec<u32>,
    labels: Vec<f32>,
    weights: Option<Vec<f32>>,
    group_sizes: Option<Vec<i32>>,
}

impl Learned {
    fn targets(&self) -> Targets<'_> {
        Targets {
            labels: &self.labels,
            weights: self.weights.as_deref(),
            group_sizes: self.group_sizes.as_deref(),
            initial_scores: None,
        }
    }
}

/// The quantile of each target among those of its session, from 0 for the lowest; ties share theirs.
fn graded(targets: &[f64], grades: NonZeroU32) -> impl Iterator<Item = f32> {
    let (n, grades) = (targets.len() as f64, f64::from(grades.get()));
    average_ranks(targets).into_iter().map(move |rank| ((rank - 0.5) / n * grades).floor() as f32)
}

/// LightGBM computes labels and weights in 32 bits.
fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

/// Gradient-boosted trees that were fitted.
#[derive(Debug)]
pub struct LightGbmModel {
    features: Vec<String>,
    booster: Booster,
}

impl LightGbmModel {
    pub(super) fn new(features: Vec<String>, booster: Booster) -> Self {
        Self { features, booster }
    }

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

    /// The booster that holds the trees.
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
        let (gains, splits) =
            (self.booster.importance(ImportanceBy::Gain)?, self.booster.importance(ImportanceBy::Split)?);
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
