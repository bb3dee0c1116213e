//! Processors in a study: what models see is what a slow twin makes of the raw values; nothing looks ahead; equal bytes on
//! any number of threads and after an append.

#![allow(clippy::unwrap_used, reason = "what a test can't have is its failure")]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use backstaff_learn::model::{Features, Samples};
use backstaff_panel::{
    Axis, Session,
    testing::{noise, weekdays_from},
};
use backstaff_study::{
    Options, Study, StudyError,
    own::{FittedModel, OwnModel, OwnModels},
    progress::Silent,
};

const STUDY: &str = "
backstaff: 1
name: processed
data: {prices: {path: prices.csv, adjustment: as_is}}
features: {define: {mom: '$close / Ref($close, 5) - 1', gap: 'Log($open / Ref($close, 1))', odd: 'If($volume > 6e4, $volume, 0/0)'}}
label: {horizon: 5, target: raw}
folds: {test: {from: 2019-07-01}, every: quarter, train: {sessions: 90}, validation: {sessions: 20}, min_rows: {train: 100, test: 10}}
processors: PROCESSORS
models: {mine: MODEL}
portfolio: {strategy: {topk_dropout: {k: 3, n_drop: 1}}}
outputs: csv
";

const PROCESSORS: &str =
    "{infer: [{robust_zscore: {clip: true}}, fill_missing], learn: [drop_missing_label, cs_rank]}";

/// Twelve instruments over this many sessions, one of which is listed late and one of which leaves.
fn write_data(folder: &Path, n_sessions: usize) {
    let mut prices = "date,symbol,open,high,low,close,volume\n".to_owned();
    for i in 0..12_u64 {
        let mut close = 50.0 + 5.0 * i as f64;
        let weekdays = weekdays_from(Session::from_number(17_897)).take(n_sessions);
        for (n, date) in weekdays.enumerate() {
            let seed = i * 10_007 + n as u64;
            let open = close * (1.0 + 0.01 * (noise(&[seed]) - 0.5));
            close = open * (1.0 + 0.04 * (noise(&[seed, 1]) - 0.5));
            if i == 7 && n > 250 || i == 3 && n < 60 {
                continue;
            }
            let volume = 1e5 * (0.5 + noise(&[seed, 2]));
            let (high, low) = (open.max(close), open.min(close));
            writeln!(prices, "{date},S{i:02},{open:.4},{high:.4},{low:.4},{close:.4},{volume:.0}").unwrap();
        }
    }
    fs::write(folder.join("prices.csv"), prices).unwrap();
}

/// What a model saw of each row: by session and instrument, its features and its target.
type Seen = BTreeMap<(String, String), (Vec<f64>, f64)>;

/// What a model saw of each fold, in the order of the fits: training, validation, test.
#[derive(Clone, Debug, Default)]
struct Spy {
    fits: Arc<Mutex<BTreeMap<String, [Seen; 3]>>>,
    identity: Vec<(String, String)>,
}

#[derive(Debug)]
struct Watched {
    spy: Spy,
    first: String,
}

fn seen(axis: &Axis, features: &Features<'_>, rows: &[u32], targets: &[f64]) -> Seen {
    let row = |(n, &row): (usize, &u32)| {
        let (row, i) = (row as usize, axis.instrument_of(row as usize));
        let session = axis.calendar().session(axis.position_in(i, row)).to_string();
        let values = features.columns().iter().map(|column| column.get(row)).collect();
        ((session, axis.instruments()[i].to_string()), (values, targets.get(n).copied().unwrap_or(f64::NAN)))
    };
    rows.iter().enumerate().map(row).collect()
}

impl OwnModel for Spy {
    fn identity(&self) -> &[(String, String)] {
        &self.identity
    }

    fn notes(&self) -> &[String] {
        &[]
    }

    fn fit(
        &self,
        axis: &Axis,
        train: &Samples<'_>,
        validation: &Samples<'_>,
    ) -> Result<Arc<dyn FittedModel>, String> {
        let of = |samples: &Samples<'_>| seen(axis, samples.features(), samples.rows(), samples.targets());
        let (train, validation) = (of(train), of(validation));
        let first = train.keys().next().unwrap().0.clone();
        self.fits.lock().unwrap().insert(first.clone(), [train, validation, Seen::new()]);
        Ok(Arc::new(Watched { spy: self.clone(), first }))
    }

    fn read(&self, _: &[u8]) -> Result<Arc<dyn FittedModel>, String> {
        Err("is never kept".to_owned())
    }
}

impl FittedModel for Watched {
    fn predict(&self, axis: &Axis, features: &Features<'_>, rows: &[u32]) -> Result<Vec<f64>, String> {
        let test = seen(axis, features, rows, &[]);
        self.spy.fits.lock().unwrap().get_mut(&self.first).unwrap()[2].extend(test);
        Ok(rows.iter().map(|&row| features.columns()[0].get(row as usize)).collect())
    }

    fn importance(&self) -> Vec<f64> {
        Vec::new()
    }

    fn to_bytes(&self) -> Result<Option<Vec<u8>>, String> {
        Ok(None)
    }
}

fn open(folder: &Path, processors: &str, model: &str, threads: usize) -> Result<Study, StudyError> {
    let path = folder.join("study.yaml");
    let text = STUDY.replace("PROCESSORS", processors).replace("MODEL", model);
    fs::write(&path, text.replace("processors: none\n", "")).unwrap();
    Study::open(&path, &Options { threads: Some(threads), ..Options::default() })
}

/// What the model saw of each fold.
fn spied(folder: &Path, processors: &str) -> Vec<[Seen; 3]> {
    let spy = Spy { identity: vec![("spy".to_owned(), processors.to_owned())], ..Spy::default() };
    let own = OwnModels::from([("mine".to_owned(), Arc::new(spy.clone()) as Arc<dyn OwnModel>)]);
    let study = open(folder, processors, "{python: 'spy.py:make'}", 2).unwrap().with_models(own);
    study.run(&Silent).unwrap();
    let fits = spy.fits.lock().unwrap().values().cloned().collect::<Vec<_>>();
    assert!(fits.len() >= 3, "{}", fits.len());
    fits
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.retain(|value| !value.is_nan());
    values.sort_by(f64::total_cmp);
    let n = values.len();
    f64::midpoint(values[(n - 1) / 2], values[n / 2])
}

#[test]
fn models_see_what_a_slow_twin_makes_of_the_raw_values() {
    let folder = tempfile::tempdir().unwrap();
    write_data(folder.path(), 400);
    let raw = spied(folder.path(), "none");
    let processed = spied(folder.path(), PROCESSORS);
    assert_eq!(raw.len(), processed.len());
    let mut n_filled = 0;
    for (raw, processed) in raw.iter().zip(&processed) {
        let of_train =
            |feature: usize| raw[0].values().map(|(values, _)| values[feature]).collect::<Vec<_>>();
        let fitted = (0..3).map(|feature| {
            let center = middle(of_train(feature));
            let spread = middle(of_train(feature).iter().map(|value| (value - center).abs()).collect());
            (center, (spread + 1e-12) * 1.4826)
        });
        let fitted = fitted.collect::<Vec<_>>();
        for (part, (raw, processed)) in raw.iter().zip(processed).enumerate() {
            assert_eq!(raw.keys().collect::<Vec<_>>(), processed.keys().collect::<Vec<_>>());
            for (key, (values, target)) in raw {
                for (feature, value) in values.iter().enumerate() {
                    let (center, spread) = fitted[feature];
                    let expected = ((value - center) / spread).clamp(-3.0, 3.0);
                    let expected = if value.is_nan() { 0.0 } else { expected };
                    n_filled += usize::from(value.is_nan());
                    let found = processed[key].0[feature];
                    assert!(
                        (found - expected).abs() <= 1e-5 * expected.abs().max(1.0),
                        "{key:?}: {found} {expected}"
                    );
                }
                if part == 2 {
                    continue;
                }
                let peers = raw.iter().filter(|(other, _)| other.0 == key.0).map(|(_, (_, target))| *target);
                let peers = peers.collect::<Vec<_>>();
                let below = peers.iter().filter(|other| *other < target).count() as f64;
                let same = peers.iter().filter(|other| *other == target).count() as f64;
                let rank = (below + f64::midpoint(same, 1.0)) / peers.len() as f64;
                let found = processed[key].1;
                assert!((found - (rank - 0.5) * 3.46).abs() < 1e-6, "{key:?}: {found} of rank {rank}");
            }
        }
    }
    assert!(n_filled > 100, "{n_filled}");
}

#[test]
fn what_is_fitted_within_a_training_is_fitted_there_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    write_data(folder.path(), 400);
    let from = |date: &str| format!("{{infer: [{{min_max: {{fit_from: {date}}}}}]}}");
    let expanding = |text: String| {
        let path = folder.path().join("study.yaml");
        let text = STUDY.replace("PROCESSORS", &text).replace("MODEL", "{ridge: {}}");
        fs::write(&path, text.replace("train: {sessions: 90}", "train: expanding")).unwrap();
        Study::open(&path, &Options { threads: Some(2), ..Options::default() })
    };
    expanding(from("2019-02-01")).unwrap().run(&Silent).unwrap();
    for (date, words) in [("2018-12-01", "fold 1"), ("2019-08-01", "fold 1")] {
        let error = expanding(from(date)).unwrap().run(&Silent).unwrap_err().to_string();
        assert!(error.contains("processors.infer[0].min_max.fit_from") && error.contains(words), "{error}");
        assert!(error.contains("leave it out"), "{error}");
    }
    let to = "{infer: [{class: ZScoreNorm, kwargs: {fit_start_time: 2019-02-01, fit_end_time: 2020-03-01}}]}";
    let error = expanding(to.to_owned()).unwrap().run(&Silent).unwrap_err().to_string();
    assert!(error.contains("processors.infer[0].zscore.fit_to"), "{error}");
}

/// The scores of a run as they are written, and the stages that it computed.
fn scores(folder: &Path, processors: &str, threads: usize) -> (String, Vec<&'static str>) {
    let outcome = open(folder, processors, "{ridge: {}}", threads).unwrap().run(&Silent).unwrap();
    let computed = outcome.stages.iter().filter(|stage| stage.computed > 0).map(|stage| stage.name);
    let text = fs::read_to_string(folder.join("reports/processed/scores.csv")).unwrap();
    (text, computed.collect())
}

#[test]
fn bytes_are_those_of_any_number_of_threads_and_of_an_append() {
    let (one, four) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let processors = "{infer: [cs_zscore, zscore, cs_fill_missing], learn: [{zscore: {of: target}}]}";
    write_data(one.path(), 400);
    let (alone, _) = scores(one.path(), processors, 1);
    write_data(four.path(), 340);
    scores(four.path(), processors, 4);
    write_data(four.path(), 400);
    let (appended, computed) = scores(four.path(), processors, 4);
    assert!(alone == appended, "scores differ");
    assert!(computed.contains(&"predict"));
    assert_eq!(scores(four.path(), processors, 2).1, Vec::<&str>::new());
    // Another processor gives other models; another spelling is the same one.
    let (other, computed) =
        scores(four.path(), &processors.replace("cs_fill_missing", "{fill_missing: {value: 1}}"), 2);
    assert!(other != alone && computed.contains(&"train") && !computed.contains(&"folds"), "{computed:?}");
    let qlib = "{infer: [CSZScoreNorm, {ZScoreNorm: {fields_group: feature}}, {class: CSZFillna}], learn: [{class: ZScoreNorm, kwargs: {fields_group: label}}]}";
    let (same, computed) = scores(four.path(), qlib, 2);
    assert!(same == alone && !computed.contains(&"train"), "{computed:?}");
}

#[test]
fn nothing_looks_ahead() {
    let folder = tempfile::tempdir().unwrap();
    write_data(folder.path(), 400);
    let processors = "{infer: [robust_zscore, cs_rank, {drop_missing: {of: features}}], learn: [cs_zscore]}";
    let proof = open(folder.path(), processors, "{ridge: {}}", 2).unwrap().prove(3, &Silent).unwrap();
    assert!(proof.holds(), "{proof}");
}

#[test]
fn mistakes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    write_data(folder.path(), 100);
    let error = |processors: &str| open(folder.path(), processors, "{ridge: {}}", 2).unwrap_err().to_string();
    let text = error("{infer: [DropnaLabel]}");
    assert!(
        text.contains("processors.infer[0].drop_missing_label") && text.contains("under `learn`"),
        "{text}"
    );
    let text = error("{infer: [{fill_missing: {of: target}}]}");
    assert!(text.contains("under `learn`"), "{text}");
    let text = error("{infer: [robust_zscor]}");
    assert!(text.contains("did you mean `robust_zscore`?"), "{text}");
    let text = error("{infer: [{robust_zscore: {clp: true}}]}");
    assert!(text.contains("did you mean `clip`?"), "{text}");
    let text = error("{infer: [{zscore: {fit_from: 2019-13-01}}]}");
    assert!(text.contains("fit_from") && text.contains("YYYY-MM-DD"), "{text}");
    let text = open(folder.path(), "{infer: [zscore]}", "{expression: $close}", 2).unwrap_err().to_string();
    assert!(text.contains("processors") && text.contains("leave them out"), "{text}");
}
