//! Models must equal those of Python's LightGBM, and be the same however they are trained.

#![expect(clippy::unwrap_used, reason = "in a test")]

use std::num::NonZeroUsize;

use backstaff_lightgbm::{
    AfterRound, Booster, Dataset, ImportanceBy, Library, LightGbmError, Matrix, MatrixValues, Parameters,
    Targets, Threads, Trained, train,
};
use rayon::prelude::*;
use serde_json::{Value, json};

/// Uniform numbers that Python can make as well.
fn uniform(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let step = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1 << 24)
    };
    std::iter::repeat_with(step).take(n).collect()
}

struct Data {
    narrow: Vec<f32>,
    wide: Vec<Vec<f64>>,
    labels: Vec<f32>,
}

fn data() -> Data {
    let n = 3000;
    let first = uniform(n, 1);
    let mut wide = vec![uniform(n, 2), uniform(n, 3), uniform(n, 4)];
    wide[0].iter_mut().filter(|value| **value < 0.1).for_each(|value| *value = f64::NAN);
    wide[1].iter_mut().filter(|value| **value < 0.5).for_each(|value| *value = 0.0);
    let noise = uniform(n, 99);
    let labels = (0..n).map(|i| {
        let minus = if wide[0][i].is_nan() { 0.0 } else { wide[0][i] };
        let plus = if wide[1][i] > 0.7 { wide[2][i] } else { 0.0 };
        (first[i] * 2.0 - minus + plus + (noise[i] - 0.5)) as f32
    });
    Data { labels: labels.collect(), narrow: first.iter().map(|&value| value as f32).collect(), wide }
}

impl Data {
    fn matrix<'a>(&'a self, rows: &'a [u32]) -> Matrix<'a> {
        let wide = self.wide.iter().map(|column| MatrixValues::F64(column));
        let columns = std::iter::once(MatrixValues::F32(&self.narrow)).chain(wide).collect();
        Matrix::new(columns, rows).unwrap()
    }

    fn labels(&self, rows: &[u32]) -> Vec<f32> {
        rows.iter().map(|&row| self.labels[row as usize]).collect()
    }
}

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

fn parameters(more: &[(&'static str, Value)]) -> Parameters {
    let base = [
        ("objective", json!("regression")),
        ("num_leaves", json!(15)),
        ("learning_rate", json!(0.1)),
        ("min_data_in_leaf", json!(20)),
        ("bagging_fraction", json!(0.8)),
        ("bagging_freq", json!(1)),
        ("feature_fraction", json!(0.75)),
        ("seed", json!(7)),
        ("bin_construct_sample_cnt", json!(1000)),
    ];
    Parameters::new(base.into_iter().chain(more.iter().cloned())).unwrap()
}

fn rows(range: std::ops::Range<u32>) -> Vec<u32> {
    range.collect()
}

fn train_on(data: &Data, more: &[(&'static str, Value)], threads: Threads) -> Trained {
    let library = Library::open().unwrap();
    let parameters = parameters(more);
    let (fit, check) = (rows(0..2000), rows(2000..2500));
    let (fit_labels, check_labels) = (data.labels(&fit), data.labels(&check));
    let targets = Targets::labels(&fit_labels);
    let mut fit = Dataset::new(library, &data.matrix(&fit), &NAMES, &targets, &parameters, threads).unwrap();
    let targets = Targets::labels(&check_labels);
    let mut check = fit.with_same_bins(&data.matrix(&check), &targets, threads).unwrap();
    train(library, &mut fit, Some(&mut check), &parameters, threads, &mut |_| AfterRound::Continue).unwrap()
}

fn many(n: usize) -> Threads {
    Threads::new(NonZeroUsize::new(n).unwrap())
}

fn stopping() -> Vec<(&'static str, Value)> {
    vec![("num_iterations", json!(200)), ("early_stopping_round", json!(10))]
}

#[test]
fn trains_the_model_that_python_trains() {
    // lightgbm 4.7.0 from PyPI, same data and parameters, `early_stopping(10)`.
    let data = data();
    let training = train_on(&data, &stopping(), Threads::ONE);
    assert_eq!((training.best_round, training.n_rounds), (50, 60));
    let [metric] = &training.metrics[..] else { panic!("one metric expected") };
    assert_eq!((metric.name.as_str(), metric.values.len()), ("l2", 60));
    assert_eq!((metric.values[0], metric.values[49]), (0.491_583_633_637_597, 0.087_919_841_897_325_34));
    let test = rows(2500..2506);
    let predicted = training.booster.predict(&data.matrix(&test), Threads::ONE).unwrap();
    let python = [
        0.078_225_182_402_395_86,
        0.618_009_491_353_129_8,
        0.284_729_954_090_201_85,
        0.847_873_134_471_873_8,
        -0.693_827_296_898_978_3,
        0.034_291_317_626_716_1,
    ];
    assert_eq!(predicted, python);
    assert_eq!(training.booster.importance(ImportanceBy::Split).unwrap(), [175.0, 234.0, 124.0, 167.0]);
    let gain = training.booster.importance(ImportanceBy::Gain).unwrap();
    assert!((gain[0] - 2_718.700_819).abs() < 1e-2, "{gain:?}");
    assert_eq!(training.booster.feature_names().unwrap(), NAMES);
}

#[test]
fn weights_count_as_in_python() {
    let data = data();
    let library = Library::open().unwrap();
    let parameters = parameters(&[("num_iterations", json!(20))]);
    let fit = rows(0..2000);
    let labels = data.labels(&fit);
    let weights = fit.iter().map(|row| if row % 3 == 0 { 2.0 } else { 1.0 }).collect::<Vec<_>>();
    let targets = Targets { weights: Some(&weights), ..Targets::labels(&labels) };
    let mut fit =
        Dataset::new(library, &data.matrix(&fit), &NAMES, &targets, &parameters, Threads::ONE).unwrap();
    let mut seen = Vec::new();
    let mut on_round = |round: backstaff_lightgbm::Round<'_>| {
        seen.push((round.number, round.of, round.values.len()));
        AfterRound::Continue
    };
    let training = train(library, &mut fit, None, &parameters, Threads::ONE, &mut on_round).unwrap();
    let test = rows(2500..2503);
    let predicted = training.booster.predict(&data.matrix(&test), Threads::ONE).unwrap();
    assert_eq!(predicted, [0.178_688_422_301_575_14, 0.722_475_492_336_948_3, 0.372_568_762_115_213_45]);
    assert_eq!((seen.len(), seen[0], seen[19]), (20, (1, 20, 0), (20, 20, 0)));
}

#[test]
fn threads_and_neighbours_change_no_byte() {
    let data = data();
    let alone = train_on(&data, &stopping(), Threads::ONE);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
    let trainings = pool.install(|| {
        let threads = [1, 1, 2, 1, 4, 1, 2, 1];
        threads.par_iter().map(|&n| train_on(&data, &stopping(), many(n))).collect::<Vec<_>>()
    });
    for training in trainings {
        assert_eq!(training.booster.text(), alone.booster.text());
        assert_eq!(training.metrics, alone.metrics);
    }
}

#[test]
fn a_model_read_back_predicts_the_same_bits() {
    let data = data();
    let booster = train_on(&data, &stopping(), Threads::ONE).booster;
    let library = Library::open().unwrap();
    let again = Booster::from_text(library, booster.text().to_owned()).unwrap();
    let test = rows(0..3000);
    let predict = |booster: &Booster, threads| booster.predict(&data.matrix(&test), threads).unwrap();
    assert_eq!(predict(&booster, Threads::ONE), predict(&again, many(4)));
    assert_eq!((again.n_rounds(), again.n_features(), again.n_outputs()), (50, 4, 1));
    // Alone and among others, at the end of a part or not.
    let one = booster.predict(&data.matrix(&test[2999..]), Threads::ONE).unwrap();
    assert_eq!(one[0], predict(&booster, Threads::ONE)[2999]);
}

#[test]
fn progress_can_end_a_training() {
    let data = data();
    let library = Library::open().unwrap();
    let parameters = parameters(&[]);
    let fit = rows(0..500);
    let labels = data.labels(&fit);
    let targets = Targets::labels(&labels);
    let mut fit =
        Dataset::new(library, &data.matrix(&fit), &NAMES, &targets, &parameters, Threads::ONE).unwrap();
    let mut stop_at_3 = |round: backstaff_lightgbm::Round<'_>| {
        if round.number == 3 { AfterRound::Stop } else { AfterRound::Continue }
    };
    let training = train(library, &mut fit, None, &parameters, Threads::ONE, &mut stop_at_3).unwrap();
    assert_eq!((training.n_rounds, training.booster.n_rounds()), (3, 3));
}

#[test]
fn labels_without_structure_give_a_constant() {
    let library = Library::open().unwrap();
    let values = [1.0; 50];
    let rows = rows(0..50);
    let matrix = Matrix::new(vec![MatrixValues::F64(&values)], &rows).unwrap();
    let parameters = Parameters::new([]).unwrap();
    let targets = Targets::labels(&[2.0; 50]);
    let mut fit = Dataset::new(library, &matrix, &["x"], &targets, &parameters, Threads::ONE).unwrap();
    let training =
        train(library, &mut fit, None, &parameters, Threads::ONE, &mut |_| AfterRound::Continue).unwrap();
    assert_eq!(training.booster.predict(&matrix, Threads::ONE).unwrap(), [2.0; 50]);
}

#[test]
fn ranking_reads_groups() {
    let data = data();
    let library = Library::open().unwrap();
    let parameters = Parameters::new([
        ("objective", json!("lambdarank")),
        ("num_iterations", json!(5)),
        ("eval_at", json!([1, 5])),
    ])
    .unwrap();
    let fit = rows(0..1000);
    let grades = data.labels(&fit).iter().map(|label| label.clamp(0.0, 3.0).round()).collect::<Vec<_>>();
    let groups = [50; 20];
    let targets = Targets { group_sizes: Some(&groups), ..Targets::labels(&grades) };
    let matrix = data.matrix(&fit);
    let mut fit = Dataset::new(library, &matrix, &NAMES, &targets, &parameters, Threads::ONE).unwrap();
    let mut same = fit.with_same_bins(&matrix, &targets, Threads::ONE).unwrap();
    let training =
        train(library, &mut fit, Some(&mut same), &parameters, Threads::ONE, &mut |_| AfterRound::Continue)
            .unwrap();
    let names = training.metrics.iter().map(|metric| (metric.name.as_str(), metric.higher_is_better));
    assert_eq!(names.collect::<Vec<_>>(), [("ndcg@1", true), ("ndcg@5", true)]);
}

#[test]
fn errors_say_what_is_wrong() {
    let data = data();
    let library = Library::open().unwrap();
    let fit = rows(0..100);
    let labels = data.labels(&fit);
    let targets = Targets::labels(&labels);
    let error = Parameters::new([("num_leaves", json!("many"))]).unwrap_err();
    assert!(error.to_string().contains("num_leaves"), "{error}");

    let stopping = parameters(&[("early_stopping_round", json!(5))]);
    let mut fit =
        Dataset::new(library, &data.matrix(&fit), &NAMES, &targets, &stopping, Threads::ONE).unwrap();
    let error =
        train(library, &mut fit, None, &stopping, Threads::ONE, &mut |_| AfterRound::Continue).unwrap_err();
    assert!(matches!(error, LightGbmError::NothingToStopOn));

    let text = Booster::from_text(library, "tree\nversion=v3\n".to_owned()).unwrap_err();
    assert!(matches!(text, LightGbmError::NotAModel));
    let booster = train_on(&data, &[("num_iterations", json!(2))], Threads::ONE).booster;
    let column = Matrix::new(vec![MatrixValues::F32(&data.narrow)], &[0]).unwrap();
    let error = booster.predict(&column, Threads::ONE).unwrap_err();
    assert!(matches!(error, LightGbmError::Length { expected: 4, found: 1, .. }));
}
