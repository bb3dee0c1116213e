//! Gradient-boosted trees as Qlib trains them.

use backstaff_lightgbm::{Metric, Parameters, Threads, Watched};
use serde_json::{Map, Value};

use super::{Fit, FitHistory, LightGbm, LightGbmModel, Progress, Samples};
use crate::{LearnError, keywords::Keywords};

/// Rounds at most, and how many without an improvement end the training, where nothing is said.
const ROUNDS: u32 = 1000;
const PATIENCE: u32 = 50;

/// LightGBM with the settings of Qlib's `LGBModel`: 1000 rounds at most, stopped by 50 without an improvement on the
/// validation rows, and everything else as given.
///
/// - Source: Qlib 0.9.7 with LightGBM 4.7.0. DIFFERENCE: on several threads Python's LightGBM adds gradients in the
///   order in which threads end. Here any number of threads gives the bits of Python's on one thread. A parameter that
///   LightGBM doesn't know is an error, not a warning.
#[derive(Clone, PartialEq, Debug)]
pub struct Boosted {
    trees: LightGbm,
}

/// A fit with the metrics on the rows that were fitted on.
#[derive(Debug)]
pub struct WatchedFit {
    /// The model, cut at its best round; its history has the metrics on the validation rows.
    pub fit: Fit,
    /// The metrics on the training rows, one value a round.
    pub training: Vec<Metric>,
}

impl Boosted {
    /// Qlib's name of the model.
    pub const CLASS: &'static str = "LGBModel";

    /// The model of Qlib's keyword arguments: `loss` (mse, binary), `num_boost_round`, `early_stopping_rounds`, and
    /// LightGBM's own by name or alias.
    ///
    /// # Errors
    ///
    /// If the loss is another, or LightGBM doesn't know a parameter or can't take its value.
    pub fn from_kwargs(kwargs: &Value) -> Result<Self, LearnError> {
        let mut kwargs = Keywords::new(Self::CLASS, kwargs, None)?;
        let loss = kwargs.text("loss")?.unwrap_or_else(|| "mse".to_owned());
        if !["mse", "binary"].contains(&loss.as_str()) {
            return Err(kwargs.wrong("loss", &loss.into(), "mse or binary"));
        }
        let rounds = kwargs.whole("num_boost_round", Some(ROUNDS))?.unwrap_or(ROUNDS);
        let patience = kwargs.whole("early_stopping_rounds", Some(PATIENCE))?;
        Ok(Self { trees: trees(&loss, rounds, patience, &kwargs.rest())? })
    }

    /// LightGBM's parameters.
    pub fn parameters(&self) -> &Parameters {
        self.trees.parameters()
    }

    /// All that shapes the model, in a fixed order.
    pub fn canonical_text(&self) -> String {
        format!("boosted {}", self.trees.canonical_text())
    }

    /// Fit on training rows. Validation rows end the training early; without them all rounds are run.
    ///
    /// - NaN: a missing feature is missing in the trees.
    /// - Determinism: the same model for any number of threads.
    ///
    /// # Errors
    ///
    /// If no row has a target, or LightGBM is missing or refuses.
    pub fn fit(
        &self,
        train: &Samples<'_>,
        validation: &Samples<'_>,
        threads: Threads,
        on_progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<WatchedFit, LearnError> {
        let Watched { trained, training } = self.trees.watch(train, validation, threads, on_progress)?;
        let history = FitHistory {
            n_train: train.len(),
            n_validation: validation.len(),
            n_rounds: trained.n_rounds,
            best_round: trained.best_round,
            penalty: None,
            metrics: trained.metrics,
        };
        let model = LightGbmModel::new(train.features().owned_names(), trained.booster);
        Ok(WatchedFit { fit: Fit { model: Box::new(model), history }, training })
    }
}

/// LightGBM with Qlib's own arguments and others that pass through.
pub(super) fn trees(
    loss: &str,
    rounds: u32,
    patience: Option<u32>,
    others: &Map<String, Value>,
) -> Result<LightGbm, LearnError> {
    let own = [("num_iterations", rounds.into()), ("early_stopping_round", patience.unwrap_or(0).into())];
    let objective = others.get("objective").cloned().unwrap_or_else(|| loss.into());
    let others = others.iter().filter(|(name, _)| *name != "objective");
    let others = others.map(|(name, value)| (name.as_str(), value.clone()));
    LightGbm::new(Parameters::as_given([("objective", objective)].into_iter().chain(own).chain(others))?)
}
