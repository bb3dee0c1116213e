//! What is wrong in a study is told with its place, its reason and the words to write.

mod support;

use std::fs;

use support::{STUDY, Workplace, prices};

const RANKED: &str = "\
backstaff: 1
name: ranked
data: {prices: {path: prices.csv}}
models: {momentum: {expression: '$close / Ref($close, 20) - 1'}}
portfolio: {strategy: {top_n: {n: 3}}}
";

fn place() -> Workplace {
    let place = Workplace::empty();
    place.write("prices.csv", &prices(6, 300, false));
    place
}

/// What is told of a study, which must fail.
fn told(place: &Workplace, study: &str) -> String {
    place.write("study.yaml", study);
    let (code, told) = place.failure(&["run", "study.yaml"]);
    assert_eq!(code, 4, "{told}");
    assert!(!told.contains("error: study.yaml: error:") && !told.contains("<input>"), "{told}");
    told
}

#[test]
fn a_mistake_is_told_with_the_words_to_write() {
    let place = place();
    let horizon =
        |text: &str| RANKED.replace("portfolio:", &format!("label: {{horizon: {text}}}\nportfolio:"));
    let portfolio = |text: &str| RANKED.replace("portfolio: {", &format!("portfolio: {{{text}, "));
    for (study, words) in [
        (horizon("five"), &["study.yaml:5", "a whole number of sessions, as in `horizon: 5`"][..]),
        (horizon("[5, 21]"), &["study.yaml:5", "one horizon, as in `horizon: 5`", "a study for each"]),
        (portfolio("stop_loss: 0.05"), &["study.yaml:5", "did you mean `stop`?"]),
        (portfolio("stop: 5"), &["study.yaml:5", "5 % is written 0.05"]),
        (portfolio("rebalance: weekley"), &["study.yaml:5", "did you mean `weekly`?", "such as `21`"]),
        (
            portfolio("rebalance_every: 5, rebalance: weekly"),
            &["rebalance_every", "former name of `rebalance`"],
        ),
        (portfolio("rebalance: monthly, cohorts: 3"), &["portfolio.cohorts", "write `rebalance: 21`"]),
        (
            RANKED.replace("expression: '$close / Ref($close, 20) - 1'", "file: s.csv"),
            &["did you mean `scores`?"],
        ),
        (
            RANKED.replace("momentum:", "equal_weight:"),
            &["models.equal_weight", "reports call something else"],
        ),
        (
            RANKED.replace("models: {", "models: {Momentum: {expression: $close}, "),
            &["models.momentum", "reads like the model \"Momentum\""],
        ),
        (
            RANKED.replace("$close / Ref($close, 20) - 1", "$close.rolling(5).mean()"),
            &["no methods such as `.rolling(...)`", "`Mean($close, 5)`"],
        ),
        (
            RANKED.replace("$close / Ref($close, 20) - 1", "$close.shift(3)"),
            &["no methods such as `.shift(...)`", "`Ref($close, 3)`"],
        ),
        (RANKED.replace("models: {", "models:\n\tm: {"), &["study.yaml:5:2", "a tab stands", "write spaces"]),
        (
            RANKED.replace('\'', ""),
            &[
                "study.yaml:4",
                "exactly one of `lightgbm`",
                "a text with a comma needs quotes, as in `{expression: '...'}`",
            ],
        ),
    ] {
        let told = told(&place, &study);
        for words in words {
            assert!(told.contains(words), "{words:?} is not in:\n{told}\nof\n{study}");
        }
    }
}

#[test]
fn a_mistake_of_form_or_of_learning_is_told_as_well() {
    let place = place();
    let label = "models: {line: {ridge: {penalties: [1]}}}\nlabel: {horizon: 5}";
    let lightgbm = |text: &str| STUDY.replace("num_leaves: 7", text);
    for (study, words) in [
        (RANKED.replace("models:", "   models:"), &["study.yaml:4", "indented otherwise"][..]),
        (RANKED.replace("portfolio:", "portfoio:"), &["did you mean `portfolio`?"]),
        (RANKED.replace("models:", "score: $close\nmodels:"), &["study.yaml:4", "`models` is here too"]),
        (lightgbm("num_leafs: 7"), &["models.trees", "num_leafs", "num_leaves"]),
        (lightgbm("num_leaves: many"), &["models.trees", "num_leaves", "a whole number"]),
        (
            STUDY.replace("  validation: {months: 2}\n", ""),
            &["folds.validation is none", "`validation: {months: 6}`"],
        ),
        (
            RANKED.replace("models: {momentum: {expression: '$close / Ref($close, 20) - 1'}}", label),
            &["folds", "is missing: the model line learns"],
        ),
        (
            "qlib_init: {provider_uri: x}\ntask: {}\n".to_owned(),
            &[
                "qlib_init.provider_uri",
                "x is no folder of Qlib's data",
                "task.model",
                "is missing",
                "backstaff qlib dump",
            ],
        ),
    ] {
        let told = told(&place, &study);
        for words in words {
            assert!(told.contains(words), "{words:?} is not in:\n{told}\nof\n{study}");
        }
    }
}

#[test]
fn a_misspelt_section_is_one_mistake() {
    let told = told(&place(), &RANKED.replace("portfolio:", "portfoio:"));
    assert!(!told.contains("mistakes") && !told.contains("is missing"), "{told}");
}

#[test]
fn data_are_no_study() {
    let place = place();
    let (_, told) = place.failure(&["run", "prices.csv"]);
    assert!(
        told.contains("prices.csv is data") && told.contains("backstaff init --data prices.csv"),
        "{told}"
    );
}

#[test]
fn data_without_an_open_are_traded_at_the_close() {
    let place = place();
    let text = fs::read_to_string(place.path("prices.csv")).unwrap();
    let closes = text.lines().map(|line| {
        let cells = line.split(',').collect::<Vec<_>>();
        format!("{},{},{}\n", cells[0], cells[1], cells[5])
    });
    place.write("prices.csv", &closes.collect::<String>());
    for study in [RANKED.to_owned(), RANKED.replace("portfolio:", "label: {horizon: 5}\nportfolio:")] {
        let told = told(&place, &study);
        assert!(told.contains("no field open") && told.contains("say `execution: close`"), "{told}");
        let close = study.replace("portfolio: {", "portfolio: {execution: close, stop: 0.05, ");
        place.write("study.yaml", &close);
        assert!(place.json(&["run", "study.yaml"])["artifacts"]["results"].is_string());
    }
}

#[test]
fn a_strategy_of_more_instruments_than_there_are_is_warned_of() {
    let place = place();
    place.write("study.yaml", &RANKED.replace("n: 3", "n: 300"));
    let output = place.output(&["run", "study.yaml"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && told.contains("top_n wants 300 instruments, and the data have 6"),
        "{told}"
    );
}
