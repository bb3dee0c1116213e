//! Objectives, weights and seeds beside Python's LightGBM 4.7, on equal numbers with equal parameters.

use std::num::NonZeroU32;

use backstaff_lightgbm::Parameters;
use serde_json::{Value, json};

use super::{
    tests::{Data, close, data},
    *,
};

fn trees(pairs: &[(&'static str, Value)]) -> LightGbm {
    let own = [("num_leaves", json!(7)), ("learning_rate", json!(0.1)), ("seed", json!(3))];
    let parameters = Parameters::new(own.into_iter().chain(pairs.iter().cloned())).unwrap();
    let (rounds, patience) = (NonZeroU32::new(60).unwrap(), NonZeroU32::new(8));
    LightGbm::new(parameters.with_rounds(rounds).with_early_stopping(patience)).unwrap()
}

/// Rows of twenty sessions that follow each other in turn.
fn session_of(row: u32) -> u32 {
    row % 20
}

fn samples<'a>(
    features: &'a Features<'a>,
    rows: std::ops::Range<u32>,
    targets: &[f64],
    weighted: bool,
) -> Samples<'a> {
    let rows = rows.collect::<Vec<_>>();
    let targets = rows.iter().map(|&row| targets[row as usize]).collect::<Vec<_>>();
    let weights = rows.iter().map(|row| if weighted && row % 3 == 0 { 2.0 } else { 0.5 }).collect::<Vec<_>>();
    let samples = if weighted {
        Samples::weighted(features, &rows, &targets, &weights)
    } else {
        Samples::new(features, &rows, &targets)
    };
    samples.unwrap().in_sessions(session_of)
}

fn fit(spec: &ModelSpec, data: &Data, targets: &[f64], weighted: bool) -> Fit {
    let features = data.features();
    let train = samples(&features, 0..400, targets, weighted);
    let validation = samples(&features, 400..500, targets, false);
    spec.fit(&train, &validation, Threads::ONE, &mut |_| ()).unwrap()
}

fn agrees(spec: LightGbm, targets: &[f64], weighted: bool, best_round: usize, expected: [f64; 3]) {
    let data = data();
    let Fit { model, history } = fit(&ModelSpec::LightGbm(spec), &data, targets, weighted);
    assert_eq!(history.best_round, best_round);
    close(&model.predict(&data.features(), &[500, 501, 502], Threads::ONE).unwrap(), &expected);
}

#[test]
fn weights_count_in_training_and_not_in_validation() {
    let expected = [-0.177_562_889_484_749_85, 0.215_746_768_017_630_18, 0.032_114_600_407_027_53];
    agrees(trees(&[]), &data().targets, true, 23, expected);
}

#[test]
fn huber_loss_agrees() {
    let spec = trees(&[("objective", json!("huber")), ("alpha", json!(0.3))]);
    let expected = [-0.171_437_567_875_631_64, 0.222_409_577_931_965_67, 0.030_526_612_000_923_412];
    agrees(spec, &data().targets, true, 29, expected);
}

#[test]
fn ranking_grades_each_session_and_stops_by_its_own_metric() {
    let lambdarank = || trees(&[("objective", json!("lambdarank")), ("eval_at", json!([3, 5]))]);
    let expected = [-0.318_790_894_021_010_1, -0.406_863_919_310_099_4, -0.560_907_266_268_855_7];
    agrees(lambdarank(), &data().targets, true, 5, expected);
    let expected = [-2.151_326_082_793_807_4, -1.316_785_709_228_677_2, -1.129_629_708_165_435_8];
    agrees(lambdarank(), &data().targets, false, 31, expected);
    let spec = ModelSpec::LightGbm(lambdarank());
    let history = fit(&spec, &data(), &data().targets, false).history;
    let names = history.metrics.iter().map(|metric| metric.name.as_str()).collect::<Vec<_>>();
    assert_eq!(names, ["ndcg@3", "ndcg@5"]);
    assert!(history.metrics.iter().all(|metric| metric.higher_is_better));
}

#[test]
fn a_percent_rank_can_be_learned_as_a_probability() {
    let targets = data().targets;
    let ranks =
        backstaff_statistics::average_ranks(&targets).iter().map(|rank| rank / 600.0).collect::<Vec<_>>();
    let spec = || trees(&[("objective", json!("xentropy"))]);
    let expected = [0.245_396_336_395_103_91, 0.495_748_470_412_623_9, 0.366_711_852_934_961_56];
    agrees(spec(), &ranks, true, 19, expected);
    let data = data();
    let features = data.features();
    let train = samples(&features, 0..400, &targets, false);
    let error = ModelSpec::LightGbm(spec()).fit(&train, &train, Threads::ONE, &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("take percent ranks as the target"), "{error}");
}

#[test]
fn ranking_needs_sessions_and_grades_need_ranking() {
    let data = data();
    let features = data.features();
    let rows = (0..400).collect::<Vec<_>>();
    let train = Samples::new(&features, &rows, &data.targets[..400]).unwrap();
    let lambdarank = || trees(&[("objective", json!("lambdarank"))]);
    let error = ModelSpec::LightGbm(lambdarank()).fit(&train, &train, Threads::ONE, &mut |_| ()).unwrap_err();
    assert!(matches!(error, LearnError::NoSessionOfRows), "{error}");
    assert_eq!((lambdarank().grades(), trees(&[]).grades()), (Some(5), None));
    assert!(matches!(trees(&[]).with_grades(5), Err(LearnError::NoRanking { .. })));
    assert!(lambdarank().with_grades(1).is_err() && lambdarank().with_grades(32).is_err());
    let text = |grades| ModelSpec::LightGbm(lambdarank().with_grades(grades).unwrap()).canonical_text();
    assert_ne!(text(5), text(10));
}

#[test]
fn a_draw_is_another_model_only_if_something_is_random() {
    let data = data();
    let text = |spec: &ModelSpec, n| fit(&spec.draw(n).unwrap(), &data, &data.targets, false).model.to_text();
    let trees_alone = |text: String| text.split("parameters:").next().unwrap_or_default().to_owned();
    let plain = ModelSpec::LightGbm(trees(&[]));
    assert_eq!(trees_alone(text(&plain, 0)), trees_alone(text(&plain, 1)));
    assert!(!plain.is_random());
    let bagged = ModelSpec::LightGbm(trees(&[("bagging_fraction", json!(0.5)), ("bagging_freq", json!(1))]));
    assert_ne!(trees_alone(text(&bagged, 0)), trees_alone(text(&bagged, 1)));
    assert_eq!(text(&bagged, 2), text(&bagged, 2));
    assert!(bagged.is_random());
}

#[test]
fn bins_come_from_training_rows_alone() {
    // Without early stopping validation rows have nothing to say either.
    let parameters = trees(&[]).parameters().clone().with_early_stopping(None);
    let spec = ModelSpec::LightGbm(LightGbm::new(parameters).unwrap());
    let data = data();
    let features = data.features();
    let train = samples(&features, 0..400, &data.targets, true);
    let mut texts = [0..0, 400..500, 500..600].map(|rows| {
        let validation = samples(&features, rows, &data.targets, false);
        spec.fit(&train, &validation, Threads::ONE, &mut |_| ()).unwrap().model.to_text()
    });
    texts.sort();
    assert_eq!(texts[0], texts[2]);
}
