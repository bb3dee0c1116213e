//! LightGBM's parameters, by its own names.

use std::{collections::BTreeMap, ffi::CString, fmt::Write as _, num::NonZeroU32, sync::OnceLock};

use backstaff_words::nearest;
use serde_json::Value;

use crate::{
    LightGbmError, Threads,
    kind::{self, SEEDS, boolean},
};

/// The seed of a training to which none is given.
const SEED: u32 = 0;
/// LightGBM's own default of `num_iterations`.
const ROUNDS: u32 = 100;

const FILES: &str = "it names or describes files, which Backstaff reads itself";
const CLUSTER: &str = "training runs on one machine";
const PREDICTION: &str = "a model predicts with its best round, always in the same way";

/// What has no meaning here, and why.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        FILES,
        &[
            "config",
            "task",
            "data",
            "valid",
            "input_model",
            "output_model",
            "output_result",
            "snapshot_freq",
            "convert_model",
            "convert_model_language",
            "header",
            "label_column",
            "weight_column",
            "group_column",
            "ignore_column",
            "two_round",
            "save_binary",
            "precise_float_parser",
            "parser_config_file",
            "forcedsplits_filename",
            "forcedbins_filename",
        ],
    ),
    (
        CLUSTER,
        &[
            "tree_learner",
            "num_machines",
            "machines",
            "machine_list_filename",
            "local_listen_port",
            "time_out",
            "pre_partition",
        ],
    ),
    (
        PREDICTION,
        &[
            "start_iteration_predict",
            "num_iteration_predict",
            "predict_raw_score",
            "predict_leaf_index",
            "predict_contrib",
            "predict_disable_shape_check",
            "pred_early_stop",
            "pred_early_stop_freq",
            "pred_early_stop_margin",
        ],
    ),
];

/// What may be given with one value only.
const FIXED: &[(&str, bool, &str)] = &[
    ("deterministic", true, "equal inputs must give equal models"),
    ("force_col_wise", true, "row-wise histograms depend on the number of threads"),
    ("force_row_wise", false, "row-wise histograms depend on the number of threads"),
    ("linear_tree", false, "LightGBM can't fill such a dataset in parts"),
];

/// Parameters of a training, checked by name.
///
/// `num_iterations`, `early_stopping_round`, `early_stopping_min_delta` and `first_metric_only` steer the training
/// itself; `num_threads` and `verbosity` are taken and ignored, since no result depends on them.
#[derive(Clone, PartialEq, Debug)]
pub struct Parameters {
    values: BTreeMap<&'static str, String>,
    rounds: NonZeroU32,
    early_stopping: Option<NonZeroU32>,
    min_delta: f64,
    first_metric_only: bool,
}

impl Parameters {
    /// Parameters by name or alias, with their values as JSON has them: numbers, booleans, texts, lists of these.
    ///
    /// # Errors
    ///
    /// If a name is unknown (the nearest one is suggested), given twice, has no meaning here, or if a value can't be
    /// one.
    ///
    /// ```
    /// use backstaff_lightgbm::Parameters;
    /// let parameters = Parameters::new([("num_leaves", 31.into()), ("eta", 0.05.into())])?;
    /// assert_eq!(parameters.rounds().get(), 100);
    /// assert!(Parameters::new([("num_leavs", 31.into())]).is_err());
    /// # Ok::<(), backstaff_lightgbm::LightGbmError>(())
    /// ```
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, Value)>) -> Result<Self, LightGbmError> {
        let mut parameters = Self::as_given(pairs)?;
        parameters.values.entry("seed").or_insert_with(|| SEED.to_string());
        Ok(parameters)
    }

    /// The same without a seed of ours: what is random draws from LightGBM's own seeds, as in Python, unless one is
    /// given.
    ///
    /// # Errors
    ///
    /// As of [`Parameters::new`].
    pub fn as_given<'a>(pairs: impl IntoIterator<Item = (&'a str, Value)>) -> Result<Self, LightGbmError> {
        let mut given = BTreeMap::<&'static str, (String, String)>::new();
        for (name, value) in pairs {
            let canonical = canonical(name)?;
            let value = text(name, &value)?;
            refuse(canonical, name, &value)?;
            kind::check(canonical, name, &value)?;
            if let Some((first, _)) = given.insert(canonical, (name.to_owned(), value)) {
                return Err(LightGbmError::DuplicateParameter { first, second: name.to_owned() });
            }
        }
        let mut values =
            given.iter().map(|(&name, (_, value))| (name, value.clone())).collect::<BTreeMap<_, _>>();
        for name in ["num_threads", "verbosity", "metric_freq", "is_provide_training_metric"] {
            values.remove(name);
        }
        let rounds = take(&mut values, "num_iterations", "a whole number above 0", |text| text.parse().ok())?;
        let early_stopping =
            take(&mut values, "early_stopping_round", "a whole number", |text| text.parse::<i32>().ok())?;
        let min_delta = take(&mut values, "early_stopping_min_delta", "a number of 0 or more", |text| {
            text.parse::<f64>().ok().filter(|delta| delta.is_finite() && *delta >= 0.0)
        })?;
        let first_metric_only = take(&mut values, "first_metric_only", "true or false", boolean)?;
        Ok(Self {
            values,
            rounds: rounds.or(NonZeroU32::new(ROUNDS)).unwrap_or(NonZeroU32::MIN),
            early_stopping: early_stopping.and_then(|n| u32::try_from(n).ok()).and_then(NonZeroU32::new),
            min_delta: min_delta.unwrap_or(0.0),
            first_metric_only: first_metric_only.unwrap_or(false),
        })
    }

    /// Sets the number of rounds at most.
    pub fn with_rounds(self, rounds: NonZeroU32) -> Self {
        Self { rounds, ..self }
    }

    /// Stops training when a metric has not improved for this many rounds; `None` never stops early.
    pub fn with_early_stopping(self, early_stopping: Option<NonZeroU32>) -> Self {
        Self { early_stopping, ..self }
    }

    /// Raises every seed that is set by `n`: another draw of what is random.
    ///
    /// # Errors
    ///
    /// If a seed is no whole number, or becomes too large for one.
    pub fn with_seeds_raised_by(mut self, n: u32) -> Result<Self, LightGbmError> {
        for name in SEEDS {
            if let Some(value) = self.values.get_mut(name) {
                let raised = value.parse::<i32>().ok().and_then(|seed| seed.checked_add_unsigned(n));
                let wrong = || LightGbmError::ParameterValue {
                    name: name.to_owned(),
                    value: value.clone(),
                    expected: "a whole number, not close to the largest",
                };
                *value = raised.ok_or_else(wrong)?.to_string();
            }
        }
        Ok(self)
    }

    /// Whether anything but the choice of rows for the bins is random, so that another seed gives another model.
    pub fn is_random(&self) -> bool {
        let below_one = |name: &str| self.number(name).is_some_and(|value| value < 1.0);
        let is = |name: &str, wanted: &[&str]| self.get(name).is_some_and(|value| wanted.contains(&value));
        let bags = ["bagging_fraction", "pos_bagging_fraction", "neg_bagging_fraction"];
        let bagged = self.number("bagging_freq").is_some_and(|n| n > 0.0) && bags.into_iter().any(below_one);
        bagged
            || ["feature_fraction", "feature_fraction_bynode"].into_iter().any(below_one)
            || self.get("extra_trees").and_then(boolean) == Some(true)
            || is("boosting", &["dart", "goss"])
            || is("data_sample_strategy", &["goss"])
            || is("objective", &["rank_xendcg", "xendcg", "xe_ndcg", "xe_ndcg_mart", "xendcg_mart"])
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.get(name)?.parse().ok()
    }

    /// The number of rounds at most.
    pub fn rounds(&self) -> NonZeroU32 {
        self.rounds
    }

    /// How many rounds without an improvement end the training.
    pub fn early_stopping(&self) -> Option<NonZeroU32> {
        self.early_stopping
    }

    /// By how much a metric must improve to count.
    pub fn min_delta(&self) -> f64 {
        self.min_delta
    }

    /// Whether only the first metric can stop a training.
    pub fn first_metric_only(&self) -> bool {
        self.first_metric_only
    }

    /// A value by the parameter's canonical name, as LightGBM reads it; `None` where its default holds.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// All that shapes a model, in a fixed order: equal texts, data and platform give equal models.
    pub fn canonical_text(&self) -> String {
        let mut text = self.model_text();
        let stopping = self.early_stopping.map_or(0, NonZeroU32::get);
        let _ = write!(
            text,
            " num_iterations={} early_stopping_round={stopping} early_stopping_min_delta={} first_metric_only={}",
            self.rounds, self.min_delta, self.first_metric_only
        );
        text
    }

    /// The parameters as LightGBM reads them, without the number of threads.
    fn model_text(&self) -> String {
        let mut text = String::from("deterministic=true force_col_wise=true");
        for (name, value) in &self.values {
            let _ = write!(text, " {name}={value}");
        }
        text
    }

    /// The one text that datasets and boosters get: a dataset's bins depend on the seed, too.
    pub(crate) fn for_library(&self, threads: Threads) -> CString {
        let text = format!("{} num_threads={} verbosity=-1", self.model_text(), threads.count());
        CString::new(text).unwrap_or_default()
    }
}

/// Every parameter with its aliases, sorted.
pub(crate) fn table() -> &'static BTreeMap<String, Vec<String>> {
    static TABLE: OnceLock<BTreeMap<String, Vec<String>>> = OnceLock::new();
    TABLE.get_or_init(|| serde_json::from_str(include_str!("parameters.json")).unwrap_or_default())
}

fn canonical(name: &str) -> Result<&'static str, LightGbmError> {
    let all = || {
        table().iter().flat_map(|(canonical, aliases)| {
            std::iter::once(canonical).chain(aliases).map(|known| (known.as_str(), canonical.as_str()))
        })
    };
    let of = |name: &str| all().find(|(known, _)| *known == name).map(|(_, canonical)| canonical);
    of(name).ok_or_else(|| {
        // What is near to an alias is told by the parameter's own name.
        let near = nearest(name, all().map(|(known, _)| known)).and_then(of);
        LightGbmError::UnknownParameter { name: name.to_owned(), nearest: near.map(str::to_owned) }
    })
}

fn refuse(canonical: &str, name: &str, value: &str) -> Result<(), LightGbmError> {
    let forbid = |reason| {
        Err(LightGbmError::ForbiddenParameter { name: name.to_owned(), value: value.to_owned(), reason })
    };
    if let Some(&(reason, _)) = FORBIDDEN.iter().find(|(_, names)| names.contains(&canonical)) {
        return forbid(reason);
    }
    match FIXED.iter().find(|(fixed, ..)| *fixed == canonical) {
        Some(&(_, wanted, reason)) if boolean(value) != Some(wanted) => forbid(reason),
        _ => Ok(()),
    }
}

/// Take out a parameter that steers the training.
fn take<T>(
    values: &mut BTreeMap<&'static str, String>,
    name: &str,
    expected: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, LightGbmError> {
    values
        .remove(name)
        .map(|value| {
            parse(&value).ok_or_else(|| LightGbmError::ParameterValue {
                name: name.to_owned(),
                value,
                expected,
            })
        })
        .transpose()
}

/// A value as LightGBM reads it from `name=value` pairs that are separated by spaces.
fn text(name: &str, value: &Value) -> Result<String, LightGbmError> {
    let text = match value {
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::String(value) => value.clone(),
        Value::Array(values) if values.iter().all(|value| !value.is_array()) => {
            values.iter().map(|value| text(name, value)).collect::<Result<Vec<_>, _>>()?.join(",")
        }
        // Lists of lists: interaction constraints.
        Value::Array(values) => {
            let groups = values.iter().map(|value| Ok(format!("[{}]", text(name, value)?)));
            groups.collect::<Result<Vec<_>, LightGbmError>>()?.join(",")
        }
        _ => String::new(),
    };
    if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control() || "=#\"'".contains(c))
    {
        return Err(LightGbmError::ParameterValue {
            name: name.to_owned(),
            value: value.to_string(),
            expected: "a number, a boolean, a word or a list of these",
        });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_seed_is_only_added_where_one_is_wanted() {
        let pairs = || [("num_leaves", json!(7))];
        assert_eq!(Parameters::new(pairs()).unwrap().get("seed"), Some("0"));
        assert_eq!(Parameters::as_given(pairs()).unwrap().get("seed"), None);
        assert_eq!(Parameters::as_given([("random_state", json!(3))]).unwrap().get("seed"), Some("3"));
    }

    fn parameters(pairs: &[(&'static str, Value)]) -> Result<Parameters, LightGbmError> {
        Parameters::new(pairs.iter().cloned())
    }

    #[test]
    fn aliases_become_canonical_names() {
        let parameters = parameters(&[("eta", json!(0.05)), ("n_estimators", json!(30))]).unwrap();
        assert_eq!(parameters.get("learning_rate"), Some("0.05"));
        assert_eq!(parameters.rounds().get(), 30);
        assert_eq!(parameters.get("num_iterations"), None);
        assert_eq!(
            parameters.canonical_text(),
            "deterministic=true force_col_wise=true learning_rate=0.05 seed=0 num_iterations=30 \
             early_stopping_round=0 early_stopping_min_delta=0 first_metric_only=false"
        );
    }

    #[test]
    fn another_draw_raises_every_seed() {
        let parameters = parameters(&[("random_state", json!(41)), ("bagging_seed", json!(7))]).unwrap();
        let raised = parameters.clone().with_seeds_raised_by(2).unwrap();
        assert_eq!((raised.get("seed"), raised.get("bagging_seed")), (Some("43"), Some("9")));
        assert_eq!(parameters.clone().with_seeds_raised_by(0).unwrap(), parameters);
        assert!(parameters.with_seeds_raised_by(u32::MAX).is_err());
    }

    #[test]
    fn knows_whether_another_seed_gives_another_model() {
        for (pairs, expected) in [
            (vec![], false),
            (vec![("subsample", json!(0.8))], false),
            (vec![("subsample", json!(0.8)), ("bagging_freq", json!(5))], true),
            (vec![("colsample_bytree", json!(0.8))], true),
            (vec![("feature_fraction", json!(1.0))], false),
            (vec![("extra_trees", json!(true))], true),
            (vec![("boosting", json!("dart"))], true),
            (vec![("objective", json!("rank_xendcg"))], true),
        ] {
            assert_eq!(parameters(&pairs).unwrap().is_random(), expected, "{pairs:?}");
        }
    }

    #[test]
    fn an_unknown_name_is_refused_and_the_nearest_named() {
        let error = parameters(&[("num_leavs", json!(31))]).unwrap_err();
        assert_eq!(error.to_string(), "LightGBM has no parameter \"num_leavs\"; did you mean num_leaves?");
        let error = parameters(&[("zzz", json!(31))]).unwrap_err();
        assert_eq!(error.to_string(), "LightGBM has no parameter \"zzz\"");
    }

    #[test]
    fn the_same_parameter_twice_is_refused() {
        let error = parameters(&[("eta", json!(0.1)), ("learning_rate", json!(0.2))]).unwrap_err();
        assert!(matches!(error, LightGbmError::DuplicateParameter { .. }));
    }

    #[test]
    fn what_breaks_a_promise_is_refused() {
        for (name, value) in [
            ("deterministic", json!(false)),
            ("force_row_wise", json!(true)),
            ("forcedbins_filename", json!("bins.json")),
            ("linear_tree", json!(true)),
            ("machines", json!("a,b")),
        ] {
            let error = parameters(&[(name, value)]).unwrap_err();
            assert!(matches!(error, LightGbmError::ForbiddenParameter { .. }), "{name}: {error}");
        }
        assert!(parameters(&[("deterministic", json!(true)), ("force_row_wise", json!(false))]).is_ok());
    }

    #[test]
    fn threads_and_verbosity_leave_no_trace() {
        let plain = parameters(&[]).unwrap();
        assert_eq!(parameters(&[("n_jobs", json!(8)), ("verbose", json!(1))]).unwrap(), plain);
    }

    #[test]
    fn a_value_cannot_smuggle_in_another_parameter() {
        for value in [json!("5 seed=7"), json!("a=b"), json!(""), json!(null), json!({"a": 1}), json!("a\n")]
        {
            let error = parameters(&[("num_leaves", value)]).unwrap_err();
            assert!(matches!(error, LightGbmError::ParameterValue { .. }));
        }
    }

    #[test]
    fn lists_are_joined() {
        let parameters = parameters(&[
            ("monotone_constraints", json!([1, 0, -1])),
            ("interaction_constraints", json!([[0, 1], [2]])),
        ])
        .unwrap();
        assert_eq!(parameters.get("monotone_constraints"), Some("1,0,-1"));
        assert_eq!(parameters.get("interaction_constraints"), Some("[0,1],[2]"));
    }

    #[test]
    fn early_stopping_can_be_switched_off_as_in_lightgbm() {
        assert_eq!(parameters(&[("early_stopping_round", json!(0))]).unwrap().early_stopping(), None);
        assert_eq!(
            parameters(&[("early_stopping_round", json!(7))]).unwrap().early_stopping(),
            NonZeroU32::new(7)
        );
        assert!(parameters(&[("num_iterations", json!(0))]).is_err());
    }
}
