use backstaff_panel::Column;
use serde_json::json;

use super::*;

fn table() -> Table {
    let column =
        |group: &str, name: &str, values: Vec<f32>| TableColumn::new(group, name, Column::F32(values));
    let columns = vec![
        column("feature", "a", vec![1.0, 2.0, 3.0, 4.0, 5.0]),
        column("feature", "b", vec![1.0, f32::NAN, 3.0, 4.0, 5.0]),
        column("label", "LABEL0", vec![0.1, 0.2, f32::NAN, 0.4, 0.5]),
    ];
    Table::new(vec![3, 3, 4, 5, 5], vec![1, 2, 2, 1, 3], columns).unwrap()
}

fn step(class: &str) -> Step {
    Step { processor: make(class, &json!(null)).unwrap(), fitted_on: 3..=4 }
}

#[test]
fn only_instruments_that_live_through_the_time_are_kept() {
    let kept = |starts, ends| TimeRange::new(starts, ends).apply(table()).unwrap().instruments().to_vec();
    assert_eq!(kept(None, None), [1, 2, 2, 1, 3]);
    assert_eq!(kept(Some(3), None), [1, 2, 2, 1]);
    assert_eq!(kept(Some(3), Some(5)), [1, 1]);
    assert_eq!(kept(None, Some(5)), [1, 1, 3]);
}

#[test]
fn names_that_are_none_are_told_with_those_that_are() {
    let message = |class: &str, kwargs: serde_json::Value| make(class, &kwargs).unwrap_err().to_string();
    assert!(message("CSRankNrm", json!({})).contains("CSRankNorm, CSZFillna"));
    assert!(message("Fillna", json!({"value": 0})).contains("fields_group, fill_value"));
    assert!(message("Fillna", json!({"fill_value": "zero"})).contains("must be a number"));
    assert!(message("CSZScoreNorm", json!({"method": "mad"})).contains("zscore or robust"));
    for class in CLASSES {
        assert_eq!(make(class, &json!({})).unwrap().class(), class);
        assert!(keywords(class).is_some());
    }
}

#[test]
fn what_drops_labels_is_not_for_inference() {
    let chain = |inference, learning| Chain::new(Vec::new(), inference, learning, LearnFrom::Inference);
    let error = chain(vec![step("DropnaLabel")], Vec::new()).unwrap_err();
    assert!(matches!(error, LearnError::NotForInference { class: "DropnaLabel" }));
    let processed = chain(Vec::new(), vec![step("DropnaLabel")]).unwrap().fit(table()).unwrap();
    assert_eq!((processed.inference.n_rows(), processed.learning.n_rows()), (5, 4));
}

#[test]
fn results_share_the_columns_that_are_equal() {
    let learning = vec![Step {
        processor: make("CSRankNorm", &json!({"fields_group": "label"})).unwrap(),
        fitted_on: 3..=4,
    }];
    let mut chain = Chain::new(Vec::new(), vec![step("MinMaxNorm")], learning, LearnFrom::Inference).unwrap();
    let Processed { inference, learning } = chain.fit(table()).unwrap();
    let shared =
        |n: usize| std::sync::Arc::ptr_eq(&inference.columns()[n].values, &learning.columns()[n].values);
    assert_eq!([0, 1, 2].map(shared), [true, true, false]);
}

#[test]
fn what_cannot_be_fitted_or_found_is_said() {
    let mut norm = make("ZScoreNorm", &json!({"fields_group": "feature"})).unwrap();
    assert!(matches!(norm.apply(table()), Err(LearnError::NotFitted { .. })));
    assert!(matches!(norm.fit(&table(), 7..=9), Err(LearnError::NoRowsToFit { .. })));
    norm.fit(&table(), 3..=5).unwrap();
    let less = DropCol::new(["a".to_owned()]).apply(table()).unwrap();
    assert!(matches!(norm.apply(less), Err(LearnError::NoColumn { name }) if name == "a"));
    let error = make("CSRankNorm", &json!({"fields_group": "labels"})).unwrap().apply(table()).unwrap_err();
    assert_eq!(error.to_string(), "no column is in the group labels; there are feature, label");
}

#[test]
fn rows_must_ascend() {
    let rows = |sessions: Vec<u32>, instruments: Vec<u32>| Table::new(sessions, instruments, Vec::new());
    assert!(rows(vec![1, 1, 2], vec![0, 3, 0]).is_ok());
    assert!(matches!(rows(vec![1, 1], vec![3, 3]), Err(LearnError::Unsorted { row: 1 })));
    assert!(matches!(rows(vec![2, 1], vec![0, 0]), Err(LearnError::Unsorted { row: 1 })));
}
