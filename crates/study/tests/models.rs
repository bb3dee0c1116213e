//! Models of Qlib's in a study: their scores are those of the fit that learning itself makes on the same rows, also when
//! they are read from the store; each setting is part of the key.

#![allow(clippy::unwrap_used, reason = "what a test can't have is its failure")]

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path, sync::Arc};

use backstaff_learn::{
    Threads,
    model::{Features, ModelSpec, Samples},
};
use backstaff_panel::{
    Axis, Session,
    testing::{noise, weekdays_from},
};
use backstaff_study::{
    Options, Study, StudyError, config,
    own::{FittedModel, OwnModel, OwnModels},
    progress::Silent,
};

const STUDY: &str = "
backstaff: 1
name: models
data: {prices: {path: prices.csv, adjustment: as_is}}
features: {define: {mom: '$close / Ref($close, 5) - 1', gap: 'Log($open / Ref($close, 1))', turn: '$volume / Mean($volume, 10) - 1'}}
label: {horizon: 5, target: zscore}
folds: {test: {from: 2019-07-01}, every: year, train: {sessions: 90}, validation: {sessions: 20}, min_rows: {train: 100, test: 10}}
models:
  ols: {linear: {}}
  nnls: {linear: {estimator: nnls, intercept: true}}
  ridge: {linear: {estimator: ridge, alpha: 0.5, include_validation: true}}
  lasso: {linear: {estimator: lasso, alpha: 0.01, fit_intercept: true}}
  ensemble: {double_ensemble: {members: 3, rounds: 8, early_stopping: 4, sample_ratios: [0.9, 0.7], seed: 3, parameters: {num_leaves: 7, learning_rate: 0.1}}}
TWINS
portfolio: {strategy: {topk_dropout: {k: 3, n_drop: 1}}}
outputs: csv
";

const NAMES: [&str; 5] = ["ols", "nnls", "ridge", "lasso", "ensemble"];

fn write_data(folder: &Path) {
    let mut prices = "date,symbol,open,high,low,close,volume\n".to_owned();
    for i in 0..12_u64 {
        let mut close = 50.0 + 5.0 * i as f64;
        for (n, date) in weekdays_from(Session::from_number(17_897)).take(300).enumerate() {
            let seed = i * 10_007 + n as u64;
            let open = close * (1.0 + 0.01 * (noise(&[seed]) - 0.5));
            close = open * (1.0 + 0.04 * (noise(&[seed, 1]) - 0.5));
            let volume = 1e5 * (0.5 + noise(&[seed, 2]));
            let (high, low) = (open.max(close), open.min(close));
            writeln!(prices, "{date},S{i:02},{open:.4},{high:.4},{low:.4},{close:.4},{volume:.0}").unwrap();
        }
    }
    fs::write(folder.join("prices.csv"), prices).unwrap();
}

fn open(folder: &Path, text: &str) -> Result<Study, StudyError> {
    let path = folder.join("study.yaml");
    fs::write(&path, text).unwrap();
    Study::open(&path, &Options { threads: Some(2), ..Options::default() })
}

/// A model of the library that a study calls its own, so that nothing of the study's storing is used.
#[derive(Debug)]
struct Twin(ModelSpec, Vec<(String, String)>);

#[derive(Debug)]
struct FittedTwin(Box<dyn backstaff_learn::model::Model>);

impl OwnModel for Twin {
    fn identity(&self) -> &[(String, String)] {
        &self.1
    }

    fn notes(&self) -> &[String] {
        &[]
    }

    fn fit(
        &self,
        _: &Axis,
        train: &Samples<'_>,
        validation: &Samples<'_>,
    ) -> Result<Arc<dyn FittedModel>, String> {
        let fit =
            self.0.fit(train, validation, Threads::ONE, &mut |_| ()).map_err(|error| error.to_string())?;
        Ok(Arc::new(FittedTwin(fit.model)))
    }

    fn read(&self, _: &[u8]) -> Result<Arc<dyn FittedModel>, String> {
        Err("is never kept".to_owned())
    }
}

impl FittedModel for FittedTwin {
    fn predict(&self, _: &Axis, features: &Features<'_>, rows: &[u32]) -> Result<Vec<f64>, String> {
        self.0.predict(features, rows, Threads::ONE).map_err(|error| error.to_string())
    }

    fn importance(&self) -> Vec<f64> {
        Vec::new()
    }

    fn to_bytes(&self) -> Result<Option<Vec<u8>>, String> {
        Ok(None)
    }
}

fn twins(study: &Study) -> OwnModels {
    let twin = |(name, spec): (&String, &config::ModelSpec)| {
        let model = match spec {
            config::ModelSpec::Linear(spec) => ModelSpec::Linear(spec.model().unwrap()),
            config::ModelSpec::DoubleEnsemble(spec) => {
                ModelSpec::DoubleEnsemble(Box::new(spec.model().unwrap()))
            }
            _ => return None,
        };
        let identity = vec![("twin".to_owned(), name.clone())];
        Some((format!("twin_{name}"), Arc::new(Twin(model, identity)) as Arc<dyn OwnModel>))
    };
    study.config().models.iter().filter_map(twin).collect()
}

#[test]
fn scores_are_those_of_a_fit_on_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    write_data(folder.path());
    let twin = |name: &&str| format!("  twin_{name}: {{python: 'twin.py:{name}'}}");
    let lines = NAMES.iter().map(twin).collect::<Vec<_>>().join("\n");
    let study = open(folder.path(), &STUDY.replace("TWINS", &lines)).unwrap();
    let own = twins(&study);
    study.with_models(own).run(&Silent).unwrap();
    let text = fs::read_to_string(folder.path().join("reports/models/scores.csv")).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let place =
        |name: &str| header.iter().position(|known| known == name).unwrap_or_else(|| panic!("{header:?}"));
    let mut scores = BTreeMap::<String, Vec<(String, String, String)>>::new();
    let (model, date, instrument, score) =
        (place("model"), place("date"), place("instrument"), place("score"));
    for row in lines {
        let line = (row[date].clone(), row[instrument].clone(), row[score].clone());
        scores.entry(row[model].clone()).or_default().push(line);
    }
    for name in NAMES {
        assert!(scores[name].len() > 100, "{name}");
        assert!(scores[name] == scores[&format!("twin_{name}")], "{name} is not its twin");
    }
    let importance = fs::read_to_string(folder.path().join("reports/models/importance.csv")).unwrap();
    assert!(NAMES.iter().all(|name| importance.contains(&format!("{name},"))), "{importance}");
}

#[test]
fn each_setting_is_part_of_the_key_and_nothing_looks_ahead() {
    let folder = tempfile::tempdir().unwrap();
    write_data(folder.path());
    let plain = STUDY.replace("TWINS\n", "");
    let trained = |text: &str| {
        let outcome = open(folder.path(), text).unwrap().run(&Silent).unwrap();
        outcome.stages.iter().find(|stage| stage.name == "train").map_or(0, |stage| stage.computed)
    };
    let n_folds = trained(&plain) / NAMES.len();
    assert!(n_folds > 0);
    assert_eq!(trained(&plain), 0);
    for (old, new) in [
        ("linear: {}", "linear: {intercept: true}"),
        ("estimator: nnls", "estimator: ols"),
        ("alpha: 0.5", "alpha: 0.7"),
        ("include_validation: true", "include_validation: false"),
        ("members: 3", "members: 2"),
        ("rounds: 8", "rounds: 9"),
        ("sample_ratios: [0.9, 0.7]", "sample_ratios: [0.9, 0.6]"),
        ("seed: 3", "seed: 4"),
        ("seed: 3", "seed: 3, reweight: false"),
        ("seed: 3", "seed: 3, select: false"),
        ("seed: 3", "seed: 3, decay: 0.9"),
        ("seed: 3", "seed: 3, sub_weights: [1, 2, 1]"),
        ("num_leaves: 7", "num_leaves: 6"),
    ] {
        assert_eq!(trained(&plain.replace(old, new)), n_folds, "{new}");
    }
    let proof = open(folder.path(), &plain).unwrap().prove(1, &Silent).unwrap();
    assert!(proof.holds(), "{proof}");
}

#[test]
fn mistakes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    write_data(folder.path());
    let error = |old: &str, new: &str| {
        let text = STUDY.replace("TWINS\n", "");
        assert!(text.contains(old));
        open(folder.path(), &text.replace(old, new)).unwrap_err().to_string()
    };
    let text = error("linear: {}", "linear: {estimator: rigde}");
    assert!(text.contains("did you mean `ridge`?"), "{text}");
    let text = error("linear: {}", "linear: {alpha: 1}");
    assert!(
        text.contains("models.ols.linear") && text.contains("left out but for ridge and lasso"),
        "{text}"
    );
    let text = error("alpha: 0.01", "alpha: -1");
    assert!(text.contains("models.lasso.linear") && text.contains("0 or more"), "{text}");
    let text = error("seed: 3", "seed: 3, sub_weights: [1, 1]");
    assert!(text.contains("models.ensemble.double_ensemble"), "{text}");
    let text = error("num_leaves: 7", "num_leave: 7");
    assert!(text.contains("models.ensemble.double_ensemble") && text.contains("num_leaves"), "{text}");
    let text = error("models:", "weights: {decay: 0.5}\nmodels:");
    assert!(
        text.contains("models.nnls.linear.estimator") && text.contains("models.ensemble.double_ensemble"),
        "{text}"
    );
    let text = error("validation: {sessions: 20}", "validation: none");
    assert!(text.contains("models.ensemble.double_ensemble.early_stopping"), "{text}");
}
