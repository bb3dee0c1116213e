//! Boosted trees: the bits of predictions and metrics beside those of Python's LightGBM on one thread, as Qlib calls it.

use std::num::NonZeroUsize;

use backstaff_learn::{Threads, model::Boosted};

use crate::models::{Written, numbers, rows};

fn same_bits(what: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (n, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found.to_bits(), expected.to_bits(), "{what} {n}: {found} is not {expected}");
    }
}

#[test]
fn trees_are_those_of_python() {
    for written in Written::all("LGBModel") {
        let data = written.data();
        let features = data.features();
        for (n, case) in written.cases.iter().enumerate() {
            let kwargs = &case["kwargs"];
            let is_binary = kwargs["loss"] == "binary";
            let samples = |segment| {
                data.samples_of(&features, segment, |label| {
                    if is_binary { f64::from(u8::from(label > 0.0)) } else { label }
                })
            };
            let boosted = Boosted::from_kwargs(kwargs).unwrap();
            for n_threads in if n == 1 { 1..3 } else { 1..2 } {
                let threads = Threads::new(NonZeroUsize::new(n_threads).unwrap());
                let fit = boosted.fit(&samples(0), &samples(1), threads, &mut |_| ()).unwrap();
                let what = format!("{kwargs} on {n_threads}");
                let (model, history) = (fit.fit.model, fit.fit.history);
                assert_eq!(history.best_round as u64, case["n_trees"].as_u64().unwrap(), "{what}");
                assert_eq!(history.n_rounds, numbers(case, "valid").len(), "{what}");
                same_bits(
                    &what,
                    &model.predict(&features, &rows(2), threads).unwrap(),
                    &numbers(case, "test"),
                );
                same_bits(&what, &fit.training[0].values, &numbers(case, "train"));
                same_bits(&what, &history.metrics[0].values, &numbers(case, "valid"));
                let importance = model.importance().unwrap();
                let gains = importance.iter().map(|importance| importance.gain).collect::<Vec<_>>();
                same_bits(&what, &gains, &numbers(case, "gain"));
                let splits = importance.iter().map(|importance| importance.n_splits.into());
                assert_eq!(splits.collect::<Vec<serde_json::Value>>(), *case["split"].as_array().unwrap());
            }
        }
    }
}

#[test]
fn without_validation_all_rounds_are_run() {
    let written = &Written::all("LGBModel")[0];
    let data = written.data();
    let features = data.features();
    let kwargs = serde_json::json!({"num_boost_round": 7, "num_leaves": 4});
    let none = backstaff_learn::model::Samples::new(&features, &[], &[]).unwrap();
    let boosted = Boosted::from_kwargs(&kwargs).unwrap();
    let fit = boosted.fit(&data.samples(&features, 0), &none, Threads::ONE, &mut |_| ()).unwrap();
    assert_eq!((fit.fit.history.n_rounds, fit.training[0].values.len()), (7, 7));
    assert!(fit.fit.history.metrics.is_empty());
}
