use std::num::NonZeroUsize;

use backstaff_lightgbm::Parameters;
use backstaff_panel::{Column, Encoding};
use serde_json::json;

use super::*;

/// Uniform numbers that Python can make as well.
fn uniform(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let step = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1 << 24)
    };
    std::iter::repeat_with(step).take(n).collect()
}

pub(super) struct Data {
    columns: Vec<Column>,
    pub(super) targets: Vec<f64>,
}

const NAMES: [&str; 3] = ["Mean($close, 20)", "b", "c"];

pub(super) fn data() -> Data {
    let n = 600;
    let mut columns = [uniform(n, 1), uniform(n, 2), uniform(n, 3)];
    columns[1].iter_mut().for_each(|value| *value = if *value < 0.1 { f64::NAN } else { *value * 100.0 });
    for (value, spike) in columns[2].iter_mut().zip(uniform(n, 7)) {
        *value = if spike < 0.01 { 50.0 } else { *value };
    }
    let noise = uniform(n, 99);
    let second = |i: usize| if columns[1][i].is_nan() { 0.0 } else { columns[1][i] / 100.0 };
    let targets = (0..n).map(|i| columns[0][i] * 0.5 - second(i) + noise[i]).collect();
    let columns = columns.iter().map(|column| Column::encode(column, Encoding::F64)).collect();
    Data { columns, targets }
}

impl Data {
    pub(super) fn features(&self) -> Features<'_> {
        Features::new(NAMES.into_iter().zip(&self.columns)).unwrap()
    }

    fn samples<'a>(&self, features: &'a Features<'a>, rows: std::ops::Range<u32>) -> Samples<'a> {
        let rows = rows.collect::<Vec<_>>();
        let targets = rows.iter().map(|&row| self.targets[row as usize]).collect::<Vec<_>>();
        Samples::new(features, &rows, &targets).unwrap()
    }
}

fn fit(spec: &ModelSpec, threads: Threads) -> Fit {
    let data = data();
    let features = data.features();
    let (train, validation) = (data.samples(&features, 0..400), data.samples(&features, 400..500));
    spec.fit(&train, &validation, threads, &mut |_| ()).unwrap()
}

fn trees() -> ModelSpec {
    let parameters = [
        ("num_leaves", json!(7)),
        ("num_iterations", json!(60)),
        ("learning_rate", json!(0.1)),
        ("early_stopping_round", json!(8)),
        ("seed", json!(3)),
    ];
    ModelSpec::LightGbm(LightGbm::new(Parameters::new(parameters).unwrap()).unwrap())
}

fn ridge(penalties: &[f64]) -> ModelSpec {
    ModelSpec::Ridge(Ridge::new(penalties.to_vec(), 3.0).unwrap())
}

pub(super) fn close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
    }
}

#[test]
fn ridge_agrees_with_scikit_learn() {
    // scikit-learn 1.9.1, Ridge(alpha=5) on standardised, cut and filled features.
    let data = data();
    let features = data.features();
    let Fit { model, history } = fit(&ridge(&[5.0]), Threads::ONE);
    let importance = model.importance().unwrap();
    let gains = importance.iter().map(|importance| importance.gain).collect::<Vec<_>>();
    close(&gains, &[0.124_657_950_352_431_34, 0.245_932_164_346_221_1, 0.066_617_624_783_838_8]);
    let predicted = model.predict(&features, &[500, 501, 502], Threads::ONE).unwrap();
    close(&predicted, &[-0.071_130_900_228_693_28, 0.208_496_599_983_035_3, 0.129_346_386_528_088_25]);
    assert_eq!((history.n_train, history.n_validation, history.penalty), (400, 100, Some(5.0)));
}

#[test]
fn weights_count_in_ridge_as_in_scikit_learn() {
    let data = data();
    let features = data.features();
    let rows = (0..400).collect::<Vec<_>>();
    let weights = rows.iter().map(|row| if row % 3 == 0 { 2.0 } else { 1.0 }).collect::<Vec<_>>();
    let train = Samples::weighted(&features, &rows, &data.targets[..400], &weights).unwrap();
    let none = Samples::new(&features, &[], &[]).unwrap();
    let fit = ridge(&[5.0]).fit(&train, &none, Threads::ONE, &mut |_| ()).unwrap();
    let gains = fit.model.importance().unwrap().iter().map(|i| i.gain).collect::<Vec<_>>();
    close(&gains, &[0.127_791_914_674_273_75, 0.241_161_879_740_083_13, 0.086_252_543_096_710_07]);
}

#[test]
fn ridge_chooses_its_penalty_on_the_validation_rows() {
    let Fit { history, .. } = fit(&ridge(&[1000.0, 0.1, 10.0, 100.0]), Threads::ONE);
    assert_eq!(history.penalty, Some(10.0));
    close(
        &history.metrics[0].values,
        &[
            0.103_735_788_023_424_72,
            0.103_443_323_046_154_9,
            0.105_485_196_148_854_8,
            0.135_159_227_639_874_73,
        ],
    );
}

#[test]
fn a_feature_that_does_not_vary_counts_for_nothing() {
    let (constant, other) = (Column::F64(vec![1e9 + 0.1; 10]), Column::F64((0..10).map(f64::from).collect()));
    let missing = Column::F64(vec![f64::NAN; 10]);
    let features =
        Features::new([("constant", &constant), ("other", &other), ("missing", &missing)]).unwrap();
    let rows = (0..10).collect::<Vec<_>>();
    let targets = rows.iter().map(|&row| f64::from(row) * 2.0).collect::<Vec<_>>();
    let train = Samples::new(&features, &rows, &targets).unwrap();
    let none = Samples::new(&features, &[], &[]).unwrap();
    let fit = ridge(&[1e-9]).fit(&train, &none, Threads::ONE, &mut |_| ()).unwrap();
    let gains = fit.model.importance().unwrap().iter().map(|i| i.gain).collect::<Vec<_>>();
    assert_eq!((gains[0], gains[2]), (0.0, 0.0));
    let predicted = fit.model.predict(&features, &rows, Threads::ONE).unwrap();
    for (predicted, target) in predicted.iter().zip(&targets) {
        assert!((predicted - target).abs() < 1e-8);
    }
}

#[test]
fn models_are_the_same_for_any_number_of_threads() {
    for spec in [trees(), ridge(&[0.1, 10.0])] {
        let alone = fit(&spec, Threads::ONE);
        for n in [1, 2, 4] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
            let threads = Threads::new(NonZeroUsize::new(n).unwrap());
            let again = pool.install(|| fit(&spec, threads));
            assert_eq!(again.model.to_text(), alone.model.to_text(), "{} on {n}", spec.name());
            assert_eq!(again.history, alone.history);
        }
    }
}

#[test]
fn a_model_read_back_predicts_the_same_bits() {
    let data = data();
    let features = data.features();
    let rows = (0..600).rev().collect::<Vec<_>>();
    for spec in [trees(), ridge(&[5.0])] {
        let model = fit(&spec, Threads::ONE).model;
        let again = from_text(&model.to_text()).unwrap();
        let bits = |model: &dyn Model| {
            let predicted = model.predict(&features, &rows, Threads::ONE).unwrap();
            predicted.iter().map(|value| value.to_bits()).collect::<Vec<_>>()
        };
        assert_eq!(bits(&*again), bits(&*model), "{}", spec.name());
        assert_eq!(again.features(), NAMES);
        assert_eq!(again.to_text(), model.to_text());
    }
    assert!(matches!(from_text("{}"), Err(LearnError::NotAModel { .. })));
}

#[test]
fn rows_that_are_not_for_training_do_not_matter() {
    for spec in [trees(), ridge(&[0.1, 10.0])] {
        let before = fit(&spec, Threads::ONE).model.to_text();
        let mut data = data();
        for column in &mut data.columns {
            let mut values = column.to_f64();
            values[500..].iter_mut().for_each(|value| *value = 1e6);
            *column = Column::encode(&values, Encoding::F64);
        }
        data.targets[500..].fill(f64::NAN);
        let features = data.features();
        let (train, validation) = (data.samples(&features, 0..400), data.samples(&features, 400..500));
        let after = spec.fit(&train, &validation, Threads::ONE, &mut |_| ()).unwrap().model.to_text();
        assert_eq!(after, before, "{}", spec.name());
    }
}

#[test]
fn trees_stop_early_and_report_their_progress() {
    let data = data();
    let features = data.features();
    let (train, validation) = (data.samples(&features, 0..400), data.samples(&features, 400..500));
    let mut steps = Vec::new();
    let fit = trees().fit(&train, &validation, Threads::ONE, &mut |step| steps.push(step)).unwrap();
    assert!(fit.history.best_round < fit.history.n_rounds && fit.history.n_rounds < 60);
    assert_eq!(steps.len(), fit.history.n_rounds);
    assert_eq!(steps[0], Progress { done: 1, of: 60 });
    let predicted = fit.model.predict(&features, &[], Threads::ONE).unwrap();
    assert!(predicted.is_empty());
}

#[test]
fn rows_without_a_target_are_left_out() {
    let data = data();
    let features = data.features();
    let samples = Samples::new(&features, &[4, 5, 6], &[1.0, f64::NAN, f64::INFINITY]).unwrap();
    assert_eq!((samples.rows(), samples.targets()), (&[4][..], &[1.0][..]));
    let nothing = Samples::new(&features, &[5], &[f64::NAN]).unwrap();
    for spec in [trees(), ridge(&[1.0])] {
        let error = spec.fit(&nothing, &samples, Threads::ONE, &mut |_| ()).unwrap_err();
        assert!(matches!(error, LearnError::NoTargets { what: "training" }));
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let data = data();
    let features = data.features();
    let (a, b) = (&data.columns[0], Column::F64(vec![1.0]));
    assert!(matches!(Features::new([]), Err(LearnError::NoFeatures)));
    assert!(matches!(Features::new([("a", a), ("a", a)]), Err(LearnError::DuplicateFeature { .. })));
    assert!(matches!(Features::new([("a", a), ("b", &b)]), Err(LearnError::Length { .. })));
    assert!(matches!(Samples::new(&features, &[0], &[]), Err(LearnError::Length { .. })));
    assert!(matches!(Samples::new(&features, &[600], &[1.0]), Err(LearnError::Length { .. })));
    assert!(matches!(
        Samples::weighted(&features, &[0], &[1.0], &[-1.0]),
        Err(LearnError::Parameter { value: -1.0, .. })
    ));
    assert!(Ridge::new(vec![], 3.0).is_err() && Ridge::new(vec![0.0], 3.0).is_err());
    assert!(Ridge::new(vec![1.0], f64::NAN).is_err());
    let several = Parameters::new([("objective", json!("multiclass"))]).unwrap();
    assert!(matches!(LightGbm::new(several), Err(LearnError::Objective { .. })));
    let none = Samples::new(&features, &[], &[]).unwrap();
    let train = data.samples(&features, 0..400);
    let error = ridge(&[1.0, 2.0]).fit(&train, &none, Threads::ONE, &mut |_| ()).unwrap_err();
    assert!(matches!(error, LearnError::NothingToChooseOn { n: 2 }));
    let error = trees().fit(&train, &none, Threads::ONE, &mut |_| ()).unwrap_err();
    assert!(matches!(error, LearnError::LightGbm(_)));
    let twins = Features::new([("a", a), ("b", a)]).unwrap();
    let targets = vec![1.0; 400];
    let rows = (0..400).collect::<Vec<_>>();
    let train = Samples::new(&twins, &rows, &targets).unwrap();
    let error = ridge(&[1e-300]).fit(&train, &none, Threads::ONE, &mut |_| ()).err();
    assert!(error.is_none_or(|error| matches!(error, LearnError::Collinear { .. })));
}

#[test]
fn a_model_reads_the_features_it_knows() {
    let data = data();
    for spec in [trees(), ridge(&[5.0])] {
        let model = fit(&spec, Threads::ONE).model;
        let swapped = Features::new(["b", NAMES[0], "c"].into_iter().zip(&data.columns)).unwrap();
        let error = model.predict(&swapped, &[0], Threads::ONE).unwrap_err();
        assert!(matches!(error, LearnError::FeatureMismatch { position: 0, .. }));
        let fewer = Features::new(NAMES.into_iter().zip(&data.columns).take(2)).unwrap();
        assert!(matches!(model.predict(&fewer, &[0], Threads::ONE), Err(LearnError::Length { .. })));
    }
}
