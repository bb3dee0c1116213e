//! What a double ensemble is told.

use serde_json::Value;

use super::{super::boosted::trees, DoubleEnsemble};
use crate::{LearnError, keywords::Keywords};

const RATIOS: [f64; 5] = [0.8, 0.7, 0.6, 0.5, 0.4];

impl DoubleEnsemble {
    /// Qlib's name of the model.
    pub const CLASS: &'static str = "DEnsembleModel";

    /// The model of Qlib's keyword arguments: `base_model` (gbm), `loss` (mse), `num_models`, `enable_sr`, `enable_fs`,
    /// `alpha1`, `alpha2`, `bins_sr`, `bins_fs`, `decay`, `sample_ratios`, `sub_weights`, `epochs`,
    /// `early_stopping_rounds`, and LightGBM's own by name or alias.
    ///
    /// # Errors
    ///
    /// If a value can't be one, lists have other lengths than `bins_fs` and `num_models`, or LightGBM doesn't know a
    /// parameter.
    pub fn from_kwargs(kwargs: &Value) -> Result<Self, LearnError> {
        let mut kwargs = Keywords::new(Self::CLASS, kwargs, None)?;
        for (keyword, only) in [("base_model", "gbm"), ("loss", "mse")] {
            let given = kwargs.text(keyword)?;
            if let Some(other) = given.filter(|given| given != only) {
                return Err(kwargs.wrong(keyword, &other.into(), only));
            }
        }
        let count = |kwargs: &mut Keywords<'_>, keyword: &str, default: u32| {
            let given = kwargs.whole(keyword, Some(default))?.unwrap_or(default);
            if given == 0 { Err(kwargs.wrong(keyword, &0.into(), "1 or more")) } else { Ok(given as usize) }
        };
        let n_members = count(&mut kwargs, "num_models", 6)?;
        let bins_fs = count(&mut kwargs, "bins_fs", 5)?;
        let list = |kwargs: &mut Keywords<'_>, keyword: &str, default: Vec<f64>, n: usize| {
            let given = kwargs.numbers(keyword)?.unwrap_or(default);
            let found = given.len();
            if found == n {
                Ok(given)
            } else {
                Err(LearnError::Length { what: "values in a list", expected: n, found })
            }
        };
        let sample_ratios = list(&mut kwargs, "sample_ratios", RATIOS.to_vec(), bins_fs)?;
        let sub_weights = list(&mut kwargs, "sub_weights", vec![1.0; n_members], n_members)?;
        if let Some(&ratio) = sample_ratios.iter().find(|ratio| !(0.0..=1.0).contains(*ratio)) {
            return Err(kwargs.wrong("sample_ratios", &ratio.into(), "from 0 to 1"));
        }
        if sub_weights.iter().sum::<f64>() <= 0.0 || sub_weights[0] <= 0.0 {
            return Err(kwargs.wrong(
                "sub_weights",
                &sub_weights[0].into(),
                "above 0 in the first place and in all",
            ));
        }
        let (reweights, selects) = (kwargs.flag("enable_sr", true)?, kwargs.flag("enable_fs", true)?);
        let (alpha1, alpha2) = (kwargs.number("alpha1", 1.0)?, kwargs.number("alpha2", 1.0)?);
        let bins_sr = count(&mut kwargs, "bins_sr", 10)?;
        let decay = kwargs.number("decay", 0.5)?;
        let rounds = kwargs.whole("epochs", Some(100))?.unwrap_or(100);
        let patience = kwargs.whole("early_stopping_rounds", None)?;
        let trees = trees("mse", rounds, patience, &kwargs.rest())?;
        let shuffle_seed = 0;
        Ok(Self {
            trees,
            sub_weights,
            reweights,
            selects,
            alpha1,
            alpha2,
            bins_sr,
            decay,
            sample_ratios,
            shuffle_seed,
        })
    }

    /// Sets the seed of what is shuffled and drawn to select features; it is 0 where nothing is said. The model is then
    /// the one that Qlib fits after `numpy.random.seed(seed)`.
    pub fn with_shuffle_seed(self, shuffle_seed: u32) -> Self {
        Self { shuffle_seed, ..self }
    }

    /// How many rounds all sub-models take at most.
    pub fn rounds(&self) -> usize {
        self.sub_weights.len() * self.trees.parameters().rounds().get() as usize
    }

    /// Whether the shuffle seed matters.
    pub fn selects_features(&self) -> bool {
        self.selects
    }

    /// All that shapes the model, in a fixed order.
    pub fn canonical_text(&self) -> String {
        let Self {
            trees,
            sub_weights,
            reweights,
            selects,
            alpha1,
            alpha2,
            bins_sr,
            decay,
            sample_ratios,
            shuffle_seed,
        } = self;
        format!(
            "double_ensemble sub_weights={sub_weights:?} reweights={reweights} selects={selects} alpha1={alpha1:?} \
             alpha2={alpha2:?} bins_sr={bins_sr} decay={decay:?} sample_ratios={sample_ratios:?} \
             shuffle_seed={shuffle_seed} {}",
            trees.canonical_text()
        )
    }
}
