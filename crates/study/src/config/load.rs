//! From a file's text to a [`Config`], with errors that show the place.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Config, FORMAT, Problem, Weights};
use crate::nearest::nearest;

/// The overrides that ship; a study's own profile of the same name is laid over them.
const SHIPPED_PROFILES: &str = include_str!("profiles.yaml");

/// Why a study file can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum ConfigError {
    #[error("cannot read the study {path}: {source}; `backstaff init --data PATH` writes one")]
    Read { path: PathBuf, source: io::Error },

    #[error("{path}: {message}")]
    Parse { path: PathBuf, message: String },

    #[error("{path}: format {found} is newer than {FORMAT}, which this program reads; update backstaff")]
    Format { path: PathBuf, found: u32 },

    #[error("{path}: there is no profile {name:?}; there are {known}")]
    Profile { path: PathBuf, name: String, known: String },

    #[error("{path}: {key}: {message}")]
    Value { path: PathBuf, key: String, message: String },
}

/// Read a study's file and apply a profile to it.
pub fn load(path: &Path, profile: Option<&str>) -> Result<Config, ConfigError> {
    let text =
        fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    parse(&text, path, profile)
}

/// Parse a study's text; `path` is for messages, and its folder is what paths in the text are relative to.
pub fn parse(text: &str, path: &Path, profile: Option<&str>) -> Result<Config, ConfigError> {
    let plain: Config = parse_yaml(text, path)?;
    if plain.backstaff > FORMAT {
        return Err(ConfigError::Format { path: path.to_owned(), found: plain.backstaff });
    }
    let mut config = match profile {
        None => plain,
        Some(name) => {
            let study: Value = parse_yaml(text, path)?;
            with_profile(study, &plain, path, name)?
        }
    };
    config.folder = path.parent().map(Path::to_owned).unwrap_or_default();
    config.profile = profile.map(str::to_owned);
    check(&config, path)?;
    settle(&mut config).map_err(|problem| ConfigError::Value {
        path: path.to_owned(),
        key: problem.key,
        message: problem.message,
    })?;
    Ok(config)
}

/// Parse a text; errors show the place, and the nearest of the keys that may stand there.
pub fn parse_yaml<T: DeserializeOwned>(text: &str, path: &Path) -> Result<T, ConfigError> {
    serde_saphyr::from_str(text).map_err(|error: serde_saphyr::Error| ConfigError::Parse {
        path: path.to_owned(),
        message: with_suggestion(&error.render()),
    })
}

/// What is wrong with a study's name: the key and why.
pub fn check_name(name: &str) -> Result<(), (&'static str, String)> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(plain) {
        return Err(("name", format!("{name:?} must be made of letters, digits, _ and -")));
    }
    Ok(())
}

fn with_profile(mut study: Value, plain: &Config, path: &Path, name: &str) -> Result<Config, ConfigError> {
    let shipped: Value = serde_saphyr::from_str(SHIPPED_PROFILES)
        .map_err(|error| ConfigError::Parse { path: "profiles.yaml".into(), message: error.render() })?;
    let own = plain.profiles.get(name);
    if shipped.get(name).is_none() && own.is_none() {
        let mut known = plain.profiles.keys().cloned().collect::<Vec<_>>();
        known.extend(shipped.as_object().into_iter().flat_map(|object| object.keys().cloned()));
        known.sort();
        known.dedup();
        let (path, name, known) = (path.to_owned(), name.to_owned(), known.join(", "));
        return Err(ConfigError::Profile { path, name, known });
    }
    if let Some(overrides) = shipped.get(name) {
        apply_shipped(&mut study, overrides);
    }
    if let Some(overrides) = own {
        merge(&mut study, overrides);
    }
    serde_path_to_error::deserialize(&study).map_err(|error| ConfigError::Value {
        path: path.to_owned(),
        key: format!("with profile {name}, {}", error.path()),
        message: with_suggestion(&error.inner().to_string()),
    })
}

/// A shipped profile speaks of every LightGBM model, whatever its name, and of the strategy only if it is top-k or top-n.
fn apply_shipped(study: &mut Value, overrides: &Value) {
    let has_validation = study.pointer("/folds/validation").is_none_or(|validation| validation != "none");
    if let (Some(models), Some(mut boosted)) =
        (study.get_mut("models").and_then(Value::as_object_mut), overrides.get("lightgbm").cloned())
    {
        if !has_validation && let Some(boosted) = boosted.as_object_mut() {
            boosted.remove("early_stopping");
        }
        for model in models.values_mut().filter_map(|model| model.get_mut("lightgbm")) {
            merge(model, &boosted);
        }
    }
    if let (Some(top), Some(small)) =
        (study.pointer_mut("/portfolio/strategy/topk_dropout"), overrides.get("topk_dropout"))
    {
        merge(top, small);
    }
    if let (Some(top), Some(small)) = (
        study.pointer_mut("/portfolio/strategy/top_n").and_then(Value::as_object_mut),
        overrides.get("top_n").and_then(Value::as_object),
    ) {
        // A book without a band stays one.
        for (key, value) in small.iter().filter(|(key, _)| top.contains_key(*key)).collect::<Vec<_>>() {
            top.insert(key.clone(), value.clone());
        }
    }
    if let Some(count) = overrides.get("at_most") {
        merge(study, &serde_json::json!({ "universe": { "at_most": count } }));
    }
}

/// Lay `over` on `base`: mappings key by key, anything else as a whole.
fn merge(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                merge(base.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}

/// Add the nearest of the names that a message lists as expected.
fn with_suggestion(message: &str) -> String {
    let first = message.lines().find(|line| line.contains("expected one of"));
    let suggestion = first.and_then(|line| {
        let unknown = line.split('`').nth(1)?;
        let expected = line.split("expected one of").nth(1)?;
        nearest(unknown, expected.split(',').map(|name| name.trim().trim_matches('`')))
    });
    match suggestion {
        Some(name) if !name.is_empty() => format!("{}\ndid you mean `{name}`?", message.trim_end()),
        _ => message.trim_end().to_owned(),
    }
}

/// Check what the sections on learning say, and fill in what one of them leaves to another.
fn settle(config: &mut Config) -> Result<(), Problem> {
    config.label.check()?;
    config.weights.as_ref().map_or(Ok(()), Weights::check)?;
    let validation = config.folds.validation;
    config.models.iter_mut().try_for_each(|(name, model)| model.settle(name, validation))
}

fn check(config: &Config, path: &Path) -> Result<(), ConfigError> {
    let fail = |key: &str, message: String| {
        Err(ConfigError::Value { path: path.to_owned(), key: key.to_owned(), message })
    };
    check_name(&config.name).or_else(|(key, message)| fail(key, message))?;
    if config.models.is_empty() {
        return fail("models", "name at least one model".to_owned());
    }
    if let Some(primary) = &config.primary
        && !config.models.contains_key(primary)
    {
        return fail("primary", format!("there is no model {primary:?}"));
    }
    if let Some(attributes) = &config.data.attributes
        && !attributes.is_static
    {
        let message = "tables with history are not read yet; say `static: true` if the table holds today's values, \
                       which the report will then warn of";
        return fail("data.attributes.static", message.to_owned());
    }
    if config.universe.member_from.is_some() && config.data.attributes.is_none() {
        return fail(
            "universe.member_from",
            "needs data.attributes, the table that holds the dates".to_owned(),
        );
    }
    config.portfolio.check().or_else(|(key, message)| fail(&key, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Every, Form, ModelSpec, Of, StrategySpec, Target, TargetPart};

    const STUDY: &str = "
backstaff: 1
name: small
data:
  prices: {path: prices.parquet}
label: {horizon: 5, target: raw}
folds:
  test: {from: 2015-01-01, to: 2016-12-31}
  every: {sessions: 250}
  train: {years: 3}
  validation: {months: 6}
models:
  trees: {lightgbm: {parameters: {num_leaves: 31}}}
  ridge: {ridge: {}}
portfolio:
  strategy: {topk_dropout: {k: 50, n_drop: 5}}
  costs: {commission_bps: 5}
profiles:
  dev: {label: {horizon: 1}}
";

    fn parsed(text: &str, profile: Option<&str>) -> Result<Config, ConfigError> {
        parse(text, Path::new("folder/study.yaml"), profile)
    }

    #[test]
    fn reads_a_study() {
        let config = parsed(STUDY, None).unwrap();
        assert_eq!(config.folds.every, Every::Sessions(250));
        assert_eq!(config.label.target, Target(vec![TargetPart::new(Of::Return, Form::Value)]));
        assert_eq!(config.primary_model(), "trees");
        assert_eq!(config.folder, Path::new("folder"));
    }

    #[test]
    fn suggests_the_nearest_key_and_shows_the_place() {
        let error = parsed(&STUDY.replace("validation:", "validaton:"), None).unwrap_err().to_string();
        assert!(error.contains("did you mean `validation`?") && error.contains("line 11"), "{error}");
        let error = parsed(&STUDY.replace("lightgbm:", "lightgmb:"), None).unwrap_err().to_string();
        assert!(error.contains("did you mean `lightgbm`?"), "{error}");
    }

    #[test]
    fn lays_profiles_over_the_study() {
        let config = parsed(STUDY, Some("dev")).unwrap();
        assert_eq!(config.universe.at_most, Some(5));
        assert_eq!(config.label.horizon, 1);
        let ModelSpec::Lightgbm { rounds, parameters, .. } = &config.models["trees"] else { panic!() };
        assert_eq!((*rounds, parameters["num_leaves"].as_i64()), (100, Some(16)));
        let error = parsed(STUDY, Some("debug")).unwrap_err().to_string();
        assert!(error.contains("dev, prod, research, test"), "{error}");
    }

    #[test]
    fn a_shipped_profile_makes_a_top_n_smaller() {
        let study =
            STUDY.replace("topk_dropout: {k: 50, n_drop: 5}", "top_n: {n: 50, keep: 90, max_weight: 0.1}");
        let config = parsed(&study, Some("dev")).unwrap();
        let StrategySpec::TopN(top) = &config.portfolio.strategy else { panic!() };
        assert_eq!((top.n, top.keep, top.max_weight), (3, Some(4), 0.1));
        let config = parsed(&study.replace("keep: 90, ", ""), Some("dev")).unwrap();
        let StrategySpec::TopN(top) = &config.portfolio.strategy else { panic!() };
        assert_eq!((top.n, top.keep), (3, None));
    }

    #[test]
    fn refuses_what_makes_no_sense() {
        let zero = STUDY.replace("horizon: 5", "horizon: 0");
        assert!(parsed(&zero, None).unwrap_err().to_string().contains("label.horizon"));
        let newer = STUDY.replace("backstaff: 1", "backstaff: 2");
        assert!(matches!(parsed(&newer, None), Err(ConfigError::Format { found: 2, .. })));
    }

    #[test]
    fn reads_targets_by_name_in_full_and_in_parts() {
        let target = |text: &str| parsed(&STUDY.replace("target: raw", &format!("target: {text}")), None);
        let rank = target("rank").unwrap().label.target;
        assert_eq!(rank, Target::default());
        let full = "{of: residual, market: median, beta: rolling_beta, as: rank, clip: 0.5}";
        let Target(parts) = target(full).unwrap().label.target;
        assert_eq!(
            (parts[0].of, parts[0].beta.as_deref(), parts[0].clip),
            (Of::Residual, Some("rolling_beta"), Some(0.5))
        );
        let parts = target("[{share: 0.7, of: excess, as: rank}, {share: 0.3, as: rank, within: sector}]");
        assert_eq!(parts.unwrap().label.target.0.iter().map(|part| part.share).sum::<f64>(), 1.0);
        for (text, told) in [
            ("rnk", "did you mean `rank`?"),
            ("{of: residual, as: rank}", "a residual needs beta"),
            ("{of: excess, beta: b, as: rank}", "beta is for"),
            ("{market: mean, as: rank}", "market is for"),
            ("{as: value, within: sector}", "neutral takes off"),
            ("{as: rank, clip: -1}", "clip must be a positive number"),
            ("{as: rank, cilp: 1}", "did you mean `clip`?"),
            ("{of: excess}", "missing field `as`"),
            ("[]", "the list is empty"),
            ("[{share: 0, as: rank}]", "share is 0"),
        ] {
            let error = target(text).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }

    #[test]
    fn weights_say_one_decay() {
        let weights = |text: &str| parsed(&format!("{STUDY}weights: {text}\n"), None);
        assert_eq!(weights("{decay: 0.7, expression: $volume}").unwrap().weights.unwrap().decay, Some(0.7));
        for text in ["{}", "{validation: true}", "{decay: 0.7, half_life_days: 200}"] {
            assert!(weights(text).unwrap_err().to_string().contains("weights: say"), "{text}");
        }
    }

    #[test]
    fn nothing_is_chosen_without_validation_rows() {
        let without =
            STUDY.replace("{months: 6}", "none").replace("{ridge: {}}", "{ridge: {penalties: [1]}}");
        for profile in [None, Some("dev")] {
            let config = parsed(&without, profile).unwrap();
            let ModelSpec::Lightgbm { early_stopping, seeds, .. } = config.models["trees"] else { panic!() };
            assert_eq!((early_stopping, seeds), (Some(0), 1));
        }
        let error = parsed(&without.replace("[1]", "[1, 2]"), None).unwrap_err().to_string();
        assert!(error.contains("models.ridge.ridge.penalties"), "{error}");
        let patient = without.replace("{parameters:", "{early_stopping: 9, parameters:");
        assert!(parsed(&patient, None).unwrap_err().to_string().contains("folds.validation is none"));
        let none = STUDY.replace("{parameters:", "{seeds: 0, parameters:");
        assert!(parsed(&none, None).unwrap_err().to_string().contains("from 1 to 1000"));
    }
}
