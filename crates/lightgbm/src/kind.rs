//! What kind of value a parameter takes, checked before LightGBM sees it.

use crate::LightGbmError;

/// All that is drawn from a seed of its own, by canonical names; `seed` gives those that are not set. Each takes a whole
/// number.
pub(crate) const SEEDS: [&str; 7] = [
    "seed",
    "data_random_seed",
    "bagging_seed",
    "feature_fraction_seed",
    "extra_seed",
    "drop_seed",
    "objective_seed",
];

/// The other parameters that take a whole number, by their canonical names.
const WHOLE: &[&str] = &[
    "num_leaves",
    "max_depth",
    "min_data_in_leaf",
    "bagging_freq",
    "max_bin",
    "min_data_in_bin",
    "bin_construct_sample_cnt",
    "num_class",
    "max_drop",
    "min_data_per_group",
    "max_cat_threshold",
    "max_cat_to_onehot",
    "top_k",
    "lambdarank_truncation_level",
    "multi_error_top_k",
    "num_grad_quant_bins",
    "metric_freq",
];

/// The parameters that take a number, by their canonical names.
const NUMBER: &[&str] = &[
    "learning_rate",
    "bagging_fraction",
    "pos_bagging_fraction",
    "neg_bagging_fraction",
    "feature_fraction",
    "feature_fraction_bynode",
    "lambda_l1",
    "lambda_l2",
    "min_sum_hessian_in_leaf",
    "min_gain_to_split",
    "max_delta_step",
    "drop_rate",
    "skip_drop",
    "top_rate",
    "other_rate",
    "cat_l2",
    "cat_smooth",
    "path_smooth",
    "refit_decay_rate",
    "alpha",
    "fair_c",
    "poisson_max_delta_step",
    "tweedie_variance_power",
    "sigmoid",
    "scale_pos_weight",
    "lambdarank_position_bias_regularization",
    "cegb_tradeoff",
    "cegb_penalty_split",
    "monotone_penalty",
];

/// The parameters that are true or false, by their canonical names.
const TRUTH: &[&str] = &[
    "extra_trees",
    "is_unbalance",
    "boost_from_average",
    "reg_sqrt",
    "lambdarank_norm",
    "feature_pre_filter",
    "use_missing",
    "zero_as_missing",
    "is_enable_sparse",
    "enable_bundle",
    "uniform_drop",
    "xgboost_dart_mode",
    "bagging_by_query",
    "use_quantized_grad",
    "quant_train_renew_leaf",
    "stochastic_rounding",
];

/// Refuse a value that is none of its parameter's kind. A parameter of another kind takes any text.
pub(crate) fn check(canonical: &str, name: &str, value: &str) -> Result<(), LightGbmError> {
    let wrong = |expected| {
        Err(LightGbmError::ParameterValue { name: name.to_owned(), value: value.to_owned(), expected })
    };
    // LightGBM reads 31.0 as 31.
    let number = || value.parse::<f64>().ok().filter(|number| number.is_finite());
    let is_whole = WHOLE.contains(&canonical) || SEEDS.contains(&canonical);
    if is_whole && number().is_none_or(|number| number.fract() != 0.0) {
        return wrong("a whole number");
    }
    if NUMBER.contains(&canonical) && number().is_none() {
        return wrong("a number");
    }
    if TRUTH.contains(&canonical) && boolean(value).is_none() {
        return wrong("true or false");
    }
    Ok(())
}

/// The truth value of a text, as LightGBM reads it.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "+" | "1" => Some(true),
        "false" | "-" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::table;

    #[test]
    fn every_name_is_one_of_lightgbms() {
        for name in SEEDS.iter().chain(WHOLE).chain(NUMBER).chain(TRUTH) {
            assert!(table().contains_key(*name), "{name}");
        }
    }

    #[test]
    fn values_of_another_kind_are_refused_by_their_key() {
        for (name, value) in
            [("num_leaves", "many"), ("num_leaves", "1.5"), ("lambda_l2", "x"), ("extra_trees", "2")]
        {
            let error = check(name, name, value).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(value), "{error}");
        }
        for (name, value) in [
            ("num_leaves", "31"),
            ("num_leaves", "31.0"),
            ("lambda_l2", "1e-3"),
            ("extra_trees", "true"),
            ("objective", "huber"),
        ] {
            assert!(check(name, name, value).is_ok(), "{name} {value}");
        }
    }
}
