//! Models of a workflow.

use backstaff_study::config::Problem;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::instance::{Place, value};

/// The model of a workflow.
#[derive(Clone, Debug, PartialEq)]
pub enum Model {
    /// Qlib's `LGBModel`: LightGBM with early stopping on the validation segment.
    LightGbm {
        /// The other arguments: the loss, and LightGBM's own parameters.
        parameters: Map<String, Value>,
        /// The most rounds.
        rounds: u32,
        /// The rounds without gain after which training ends.
        early_stopping: u32,
    },
    /// Qlib's `LinearModel`.
    Linear(Linear),
    /// Qlib's `DEnsembleModel`, with its arguments as they are.
    DoubleEnsemble(Map<String, Value>),
    /// A model that this program has not: scores from elsewhere take its place.
    Foreign {
        /// The class.
        class: String,
        /// Its module.
        module: String,
    },
}

/// The arguments of `LinearModel`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Linear {
    /// `ols`, `nnls`, `ridge` or `lasso`.
    pub estimator: String,
    /// The penalty of ridge and lasso.
    pub alpha: f64,
    /// Whether there is a constant.
    pub fit_intercept: bool,
    /// Whether the validation segment is learned from too.
    pub include_valid: bool,
}

impl Default for Linear {
    fn default() -> Self {
        Self { estimator: "ols".to_owned(), alpha: 0.0, fit_intercept: false, include_valid: false }
    }
}

/// The models that run here.
const MODELS: [&str; 3] = ["LGBModel", "LinearModel", "DEnsembleModel"];

/// The model that stands somewhere.
pub(super) fn model(place: &Place<'_>) -> Result<Model, Vec<Problem>> {
    let instance = place.instance().map_err(|problem| vec![problem])?;
    let module = instance.module.unwrap_or_default();
    let kwargs = || {
        instance.kwargs.as_ref().map(|place| value(place.node)).and_then(|kwargs| kwargs.as_object().cloned())
    };
    let count = |key: &str, usual: u32| match instance.argument(key) {
        None => Ok(usual),
        Some(place) => {
            let number = place.node.as_text().and_then(|text| text.parse::<f64>().ok());
            let whole = number.filter(|number| number.fract() == 0.0 && *number >= 0.0 && *number < 1e9);
            whole
                .map(|number| number as u32)
                .ok_or_else(|| vec![place.problem("must be a whole number of 0 or more")])
        }
    };
    match instance.class {
        "LGBModel" => {
            let mut parameters = kwargs().unwrap_or_default();
            for key in ["early_stopping_rounds", "num_boost_round"] {
                parameters.shift_remove(key);
            }
            if let Some(loss) = parameters.get("loss")
                && !["mse", "binary"].contains(&loss.as_str().unwrap_or_default())
            {
                let place = instance.argument("loss").unwrap_or_else(|| place.clone());
                return Err(vec![place.problem(format!("is `mse` or `binary`, not {loss}"))]);
            }
            Ok(Model::LightGbm {
                parameters,
                rounds: count("num_boost_round", 1000)?,
                early_stopping: count("early_stopping_rounds", 50)?,
            })
        }
        "LinearModel" => {
            let linear = instance.arguments::<Linear>()?;
            let estimators = ["ols", "nnls", "ridge", "lasso"];
            if !estimators.contains(&linear.estimator.as_str()) {
                let place = instance.argument("estimator").unwrap_or_else(|| place.clone());
                let message = format!("is one of {}, not {:?}", estimators.join(", "), linear.estimator);
                return Err(vec![place.problem(message)]);
            }
            Ok(Model::Linear(linear))
        }
        "DEnsembleModel" => Ok(Model::DoubleEnsemble(kwargs().unwrap_or_default())),
        class => {
            let near = backstaff_words::nearest(class, MODELS);
            match near {
                // A slip of the pen in a model that there is, rather than another model.
                Some(_)
                    if module.is_empty()
                        || module.starts_with("qlib.contrib.model.gbdt")
                        || module.ends_with("linear") =>
                {
                    Err(vec![instance.unknown("model", &MODELS, "")])
                }
                _ => Ok(Model::Foreign { class: class.to_owned(), module: module.to_owned() }),
            }
        }
    }
}

impl Model {
    /// What to do about a model that this program has not.
    pub fn otherwise(class: &str, module: &str) -> String {
        let known = MODELS.join(", ");
        format!(
            "{class} of {module} does not run in this program (it has {known}); train it where it runs, and hand its \
             scores over: `backstaff qrun WORKFLOW --predictions pred.parquet` (a table with datetime, instrument, score); \
             in Python the module `backstaff.qlib` runs models of your own"
        )
    }
}
