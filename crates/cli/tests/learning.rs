//! What models are shown: weights, targets, seeds, ranking, folds with too few rows.

mod support;

use serde_json::Value;
use support::{STUDY, Workplace, outcomes};

/// Everything at once: a blend of a residual rank and a rank within a sector, weights by age and by an expression,
/// trees that rank, and two seeds.
fn rich() -> String {
    STUDY
        .replace(
            "target: rank",
            "target: [{share: 0.7, of: residual, market: median, beta: 'Beta($return, CsMean($return), 60)', as: rank, \
             clip: 0.5}, {share: 0.3, as: rank, within: sector, among: present}]",
        )
        .replace("adjustment: as_is}", "adjustment: as_is}\n  attributes: {path: sectors.csv, categories: [sector], static: true}")
        .replace(
            "models:\n",
            "weights: {decay: 0.7, expression: 'If(volatility > 0.01, 2, 1)'}\nmodels:\n  ranker: {lightgbm: {rounds: 10, seeds: 2, \
             average: ranks, parameters: {objective: lambdarank, bagging_fraction: 0.5, bagging_freq: 1, min_data_in_leaf: 20}}}\n",
        )
}

fn place() -> Workplace {
    let place = Workplace::new();
    let sectors = (0..10).map(|i| format!("S{i:02},{}\n", if i % 2 == 0 { "even" } else { "odd" }));
    place.write("sectors.csv", &format!("symbol,sector\n{}", sectors.collect::<String>()));
    place.write("study.yaml", &rich());
    place
}

/// Changes the study and says which stages were computed again, with the number of their shards.
fn after(place: &Workplace, from: &str, to: &str) -> Vec<(String, u64)> {
    let text = rich();
    assert!(text.contains(from), "{from}");
    place.write("study.yaml", &text.replace(from, to));
    let run = place.json(&["run", "study.yaml"]);
    let computed = outcomes(&run).into_iter().filter(|(_, (outcome, _))| outcome == "computed");
    computed.map(|(name, (_, n))| (name, n)).collect()
}

fn shards(computed: &[(String, u64)], stage: &str) -> u64 {
    computed.iter().find(|(name, _)| name == stage).map_or(0, |(_, n)| *n)
}

#[test]
fn a_change_of_what_is_learned_computes_nothing_before_it() {
    let place = place();
    let run = place.json(&["run", "study.yaml"]);
    let folds = run["folds"].as_array().unwrap().len() as u64;
    assert_eq!(outcomes(&run)["train"].1, folds * 4, "two seeds of the ranker, trees, ridge");
    assert!(run["measures"]["importance"]["ranker"]["mom_20"]["gain_share_by_fold"]["1"].is_number());

    let seeds = after(&place, "seeds: 2", "seeds: 3");
    assert_eq!(
        (shards(&seeds, "train"), shards(&seeds, "predict")),
        (folds, folds),
        "the third seed alone: {seeds:?}"
    );
    let average = after(&place, "average: ranks", "average: scores");
    assert_eq!((shards(&average, "train"), shards(&average, "predict")), (0, folds), "{average:?}");
    for (from, to) in [("decay: 0.7", "decay: 0.5"), ("share: 0.3", "share: 0.4")] {
        let computed = after(&place, from, to);
        assert_eq!(shards(&computed, "train"), folds * 4, "{to}: {computed:?}");
        for stage in ["load", "features", "labels"] {
            assert_eq!(shards(&computed, stage), 0, "{to}: {computed:?}");
        }
    }
    // No return is that large: the targets keep their bytes, and the models behind them are found.
    let clip = after(&place, "clip: 0.5", "clip: 0.4");
    assert_eq!((shards(&clip, "folds"), shards(&clip, "train")), (1, 0), "{clip:?}");
    let weight = after(&place, "If(volatility > 0.01, 2, 1)", "If(volatility > 0.01, 1, 2)");
    assert!(shards(&weight, "features") > 0 && shards(&weight, "train") == folds * 4, "{weight:?}");
}

#[test]
fn threads_change_no_byte_of_what_is_learned() {
    let place = place();
    for threads in ["1", "3"] {
        place.json(&["run", "study.yaml", "--threads", threads, "--store", threads]);
    }
    assert!(place.artifacts("1") == place.artifacts("3"), "three threads give other bytes");
}

#[test]
fn nothing_looks_ahead_in_weights_and_targets() {
    let place = place();
    let proof = place.json(&["prove", "study.yaml", "--dates", "2"]);
    for pass in proof["passes"].as_array().unwrap() {
        assert_eq!(pass["leaks"], Value::Array(Vec::new()), "{pass}");
        assert!(pass["scores"].as_u64().unwrap() > 0);
    }
}

#[test]
fn a_fold_with_too_few_rows_is_left_out_and_told() {
    let place = place();
    let all = place.json(&["run", "study.yaml"])["folds"].as_array().unwrap().len();
    let least =
        rich().replace("  validation: {months: 2}", "  validation: {months: 2}\n  min_rows: {test: 1000}");
    place.write("study.yaml", &least);
    let run = place.json(&["run", "study.yaml"]);
    let left_out = run["left_out"].as_array().unwrap();
    assert_eq!(run["folds"].as_array().unwrap().len() + left_out.len(), all);
    assert!(left_out[0]["why"].as_str().unwrap().contains("where 1000 are needed"), "{left_out:?}");
    let warnings = run["warnings"].to_string();
    assert!(warnings.contains("no model scores"), "{warnings}");
    place.write("study.yaml", &least.replace("{test: 1000}", "{train: 100000}"));
    let (_, errors) = place.failure(&["run", "study.yaml"]);
    assert!(errors.contains("folds has enough rows"), "{errors}");
}

#[test]
fn what_cannot_be_learned_is_refused_with_a_reason() {
    let place = place();
    for (from, to, told) in [
        (
            "within: sector",
            "within: sectr",
            "there is no category \"sectr\" in the data; did you mean sector?",
        ),
        ("If(volatility > 0.01, 2, 1)", "$return", "a weight must be 0 or more"),
        ("If(volatility > 0.01, 2, 1)", "volatilty", "volatility"),
        ("objective: lambdarank", "objective: multiclass", "models.ranker: the objective multiclass"),
        ("seeds: 2,", "seeds: 2, grades: 40,", "the number of grades is 40"),
    ] {
        let text = rich();
        assert!(text.contains(from), "{from}");
        place.write("study.yaml", &text.replace(from, to));
        let (_, errors) = place.failure(&["run", "study.yaml"]);
        assert!(errors.contains(told), "{to}: {errors}");
    }
}

#[test]
fn a_missing_library_is_told_before_anything_is_read() {
    let place = place();
    let without_library = || {
        let output = place.command(&["run", "study.yaml"]).env("BACKSTAFF_LIGHTGBM", "nowhere").output();
        let output = output.unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    let told = "only models that are in the store already can be had";
    let (succeeded, errors) = without_library();
    assert!(!succeeded && errors.starts_with("warning: LightGBM's shared library was not found"), "{errors}");
    assert!(errors.contains(told) && errors.contains("make setup"), "{errors}");
    assert!(!place.json(&["run", "study.yaml"])["warnings"].to_string().contains(told));
    let (succeeded, errors) = without_library();
    assert!(succeeded && errors.contains(told), "{errors}");
}
