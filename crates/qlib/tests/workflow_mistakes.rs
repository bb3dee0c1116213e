//! Each mistake in a workflow is one error that names its place and says what to write instead.

#![allow(clippy::unwrap_used, reason = "what a test can't have is its failure")]

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use backstaff_qlib::{
    run::{Options, run},
    workflow::Workflow,
};
use backstaff_study::progress::Silent;

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workflows")
}

/// The workflow of linear scores on the small market, with parts replaced.
fn told(replaced: &[(&str, &str)], options: Options) -> String {
    let folder = tempfile::tempdir().unwrap();
    let provider = folder.path().join("provider");
    zip::ZipArchive::new(File::open(here().join("market.zip")).unwrap()).unwrap().extract(&provider).unwrap();
    let mut text = fs::read_to_string(here().join("alpha158_linear.yaml")).unwrap();
    for (old, new) in replaced {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    let path = folder.path().join("workflow.yaml");
    fs::write(&path, text.replace("PROVIDER", &provider.display().to_string())).unwrap();
    let workflow = match Workflow::read(&path) {
        Ok(workflow) => workflow,
        Err(error) => return error.to_string(),
    };
    match run(workflow, &Options { threads: 1, ..options }, &Silent) {
        Ok(ran) => format!("ran: {}", ran.warnings.join("; ")),
        Err(error) => error.to_string(),
    }
}

/// What is replaced by what, and what the message must say.
type Case = (&'static [(&'static str, &'static str)], &'static [&'static str]);

#[test]
fn mistakes_name_their_place_and_the_words_to_write() {
    let cases: &[Case] = &[
        (
            &[("class: LinearModel", "class: LinerModel")],
            &["task.model.class", "did you mean `LinearModel`?"],
        ),
        (&[("estimator: ols", "estimatr: ols")], &["estimatr", "did you mean `estimator`?"]),
        (&[("estimator: ols", "estimator: lars")], &["ols, nnls, ridge, lasso", "lars"]),
        (&[("class: Alpha158", "class: Alpha159")], &["handler.class", "did you mean `Alpha158`?"]),
        (&[("class: RobustZScoreNorm", "class: RobustZscoreNorm")], &["did you mean `RobustZScoreNorm`?"]),
        (&[("clip_outlier", "clip_outliers")], &["did you mean `clip_outlier`?"]),
        (
            &[(
                "instruments: *market",
                "instruments: {market: all, filter_pipe: [{filter_type: NameDFilter, name_rule_re: S.*, filter_start_time: 2020-13-01}]}",
            )],
            &["filter_pipe[0].filter_start_time", "2020-13-01"],
        ),
        (
            &[("class: SigAnaRecord", "class: SignAnaRecord")],
            &["task.record[1].class", "did you mean `SigAnaRecord`?"],
        ),
        (&[("topk: 5", "topk: 0")], &["task.record[2].config.strategy.kwargs", "topk is 0"]),
        (&[("account: 1000000", "account: -1")], &["task.record[2].config.backtest", "initial_cash is -1"]),
        (&[("market stocks", "market [NOPE]")], &["instruments", "no bars of any of `NOPE`"]),
        (&[("topk: 5", "topK: 5")], &["topK", "did you mean `topk`?"]),
        (&[("limit_threshold", "limit_treshold")], &["did you mean `limit_threshold`?"]),
        (&[("deal_price: close", "deal_price: closing")], &["no field closing", "they have"]),
        (&[("market stocks", "market stock")], &["no market \"stock\"", "did you mean `stocks`?"]),
        (&[("benchmark INDEX", "benchmark INDX")], &["no instrument \"INDX\"", "did you mean `INDEX`?"]),
        (&[("region: cn", "region: de")], &["no region \"de\"", "cn, us, tw"]),
        (&[("region: cn", "region: cn\n    custom_ops: [x]")], &["custom_ops", "Python code"]),
        (&[("region: cn", "region: cn\n    kernel: 3")], &["did you mean `kernels`?"]),
        (
            &[("test: [2019-07-01, 2020-04-30]", "test: [2021-07-01, 2021-12-30]")],
            &["segments.test", "outside of the calendar", "2018-01-02 to 2020-05-18"],
        ),
        (&[("valid: [2019-01-01, 2019-06-30]", "valid: [2019-06-30, 2019-01-01]")], &["before it begins"]),
        (&[("valid: [2019-01-01, 2019-06-30]", "valid: 2019")], &["two dates"]),
        (
            &[("fit_end_time: 2018-12-31", "fit_end_time: 2019-12-31")],
            &["fitted up to 2019-12-31", "--allow-leaks"],
        ),
        (&[("fit_end_time: 2018-12-31", "fit_end_time: nonsense")], &["\"nonsense\" is no date"]),
        (&[("PROVIDER", "nowhere")], &["no calendars/day.txt", "backstaff qlib dump"]),
        (&[("PROVIDER", "{{ A_VARIABLE_THAT_NOBODY_SET }}")], &["A_VARIABLE_THAT_NOBODY_SET", "set it"]),
        (&[("topk: 5", "topk: !!python/object/apply:os.system [ls]")], &["line 2", "could run code"]),
        (
            &[("instruments: *market", "instruments: *market\n    label: [\"Ref($clse, -2)\"]")],
            &["did you mean `$close`?"],
        ),
        (&[("class: LinearModel", "class: GRU")], &["does not run in this program", "--predictions"]),
        (
            &[("module_path: qlib.contrib.strategy", "module_path: qlib.contrib.strategy\n        kwarg: 1")],
            &["ran: "],
        ),
    ];
    for (replaced, expected) in cases {
        let message = told(replaced, Options::default());
        for part in *expected {
            assert!(message.contains(part), "{replaced:?} should say {part:?}: {message}");
        }
    }
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let message = told(
        &[("class: LinearModel", "class: LinerModel"), ("topk: 5", "topK: 5"), ("region: cn", "region: de")],
        Options::default(),
    );
    for part in ["3 mistakes", "LinerModel", "topK", "de"] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn leaks_and_given_scores_are_taken_when_asked_for() {
    let leak = [("fit_end_time: 2018-12-31", "fit_end_time: 2019-12-31")];
    let message = told(&leak, Options { allow_leaks: true, ..Options::default() });
    assert!(message.starts_with("ran: ") && message.contains("LEAK"), "{message}");
    let folder = tempfile::tempdir().unwrap();
    let table = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        Some(path)
    };
    let foreign = [("class: LinearModel", "class: GRU")];
    let given = |predictions| told(&foreign, Options { predictions, ..Options::default() });
    let scores =
        "datetime,instrument,score\n2019-07-01,SH600001,1\n2019-07-01,SH600002,2\n2019-07-02,SH600004,1.5\n";
    assert!(given(table("scores.csv", scores)).starts_with("ran: "));
    assert!(given(table("pred.pkl", "x")).contains("a pickle is a program"));
    assert!(given(table("other.csv", "a,b\n1,2\n")).contains("needs the columns"));
    assert!(given(table("day.csv", "datetime,instrument,score\nyesterday,SH600001,1\n")).contains("row 2"));
}
