//! What there is to compute, explained without data; and features that cannot be, refused in the user's words.

mod support;

use support::Workplace;

const STUDY_IS_WRONG: i32 = 4;

const MINE: &str = "\
description: My own.
features:
  - for: {d: [5, 20]}
    name: trend_{d}
    expression: $close / Mean($close, {d}) - 1
    meaning: How far the close lies above its mean of {d} sessions.
  - name: calm
    expression: CsRank(-trend_20, by=sector)
    rows: $volume > 0
  - name: borrowed
    expression: mom_20d - trend_20
";

#[test]
fn libraries_are_listed_with_their_counts() {
    let place = Workplace::new();
    let listed = place.json(&["features", "list"]);
    let counts = listed["libraries"].as_array().unwrap().iter();
    let counts = counts.map(|one| (one["name"].as_str().unwrap(), one["features"].as_u64().unwrap()));
    let counts = counts.collect::<Vec<_>>();
    assert_eq!(
        counts,
        [("alpha158", 158), ("alpha360", 360), ("krx", 116), ("krx_canonical", 30), ("technical", 44)]
    );
    let text = String::from_utf8(place.output(&["features", "list"]).stdout).unwrap();
    assert!(text.contains("158  Qlib's Alpha158"), "{text}");
}

#[test]
fn entries_are_listed_in_their_order_with_look_back_and_meaning() {
    let place = Workplace::new();
    for arguments in [&["features", "list", "alpha158"][..], &["features", "list", "--library", "alpha158"]] {
        let listed = place.json(arguments);
        let entries = listed["libraries"][0]["features"].as_array().unwrap();
        let names = entries.iter().map(|entry| entry["name"].as_str().unwrap()).collect::<Vec<_>>();
        assert_eq!(
            (names[0], names[12], names[13], names[17], names[157]),
            ("KMID", "VWAP0", "ROC5", "ROC60", "VSUMD60")
        );
        assert_eq!(
            (&entries[17]["look_back"], &entries[17]["look_back_text"]),
            (&60.into(), &"60 sessions".into())
        );
        assert!(entries.iter().all(|entry| !entry["meaning"].as_str().unwrap().is_empty()));
    }
}

#[test]
fn an_entry_shows_what_it_is_and_what_it_needs() {
    let place = Workplace::new();
    let shown = place.json(&["features", "show", "krx/rs_vs_sector_20d"]);
    let entry = &shown["features"][0];
    assert_eq!((entry["library"].as_str(), entry["output"].as_str()), (Some("krx"), Some("number")));
    assert_eq!((&entry["look_back"], &entry["cross_sectional"]), (&20.into(), &true.into()));
    assert_eq!((&entry["fields"][0], &entry["categories"][0]), (&"close".into(), &"sector".into()));
    assert_eq!(entry["uses_features"][0], "mom_20d");
    assert!(entry["uses_operators"].as_array().unwrap().contains(&"CsMean".into()));
    assert!(entry["expanded"].as_str().unwrap().starts_with("(($close / Ref($close, 20) - 1) - CsMean("));
    let recursive = place.json(&["features", "show", "technical/ema_12"]);
    assert!(recursive["features"][0]["look_back"].is_null());
    assert_eq!(recursive["features"][0]["look_back_text"], "all history");
    let both = place.json(&["features", "show", "mom_20d"]);
    assert_eq!(both["features"].as_array().unwrap().len(), 3, "of three libraries");
    let text = String::from_utf8(place.output(&["features", "show", "krx/vcp_score"]).stdout).unwrap();
    assert!(
        text.contains("look-back    251 sessions") && text.contains("reads        $close, $high"),
        "{text}"
    );
}

#[test]
fn operators_and_libraries_can_be_shown_too() {
    let place = Workplace::new();
    let mean = place.json(&["features", "show", "Mean"]);
    assert_eq!(
        (mean["kind"].as_str(), mean["usage"].as_str()),
        (Some("operator"), Some("Mean(x, length, min=1)"))
    );
    let talib = place.json(&["features", "show", "ta.MACD"]);
    assert_eq!(talib["outputs"][1], "macdsignal");
    assert_eq!(place.json(&["features", "show", "krx"])["kind"], "library");
}

#[test]
fn a_file_of_ones_own_works_the_same_way() {
    let place = Workplace::new();
    place.write("mine.yaml", MINE);
    let (code, message) = place.failure(&["features", "list", "mine.yaml"]);
    assert_eq!(code, STUDY_IS_WRONG);
    assert!(
        message.contains("there is no feature `mom_20d`") && message.contains("--> borrowed:1:1"),
        "{message}"
    );
    let listed = place.json(&["features", "list", "mine.yaml", "--library", "technical"]);
    let names = listed["libraries"][0]["features"].as_array().unwrap().iter();
    assert_eq!(
        names.map(|one| &one["name"]).collect::<Vec<_>>(),
        ["trend_5", "trend_20", "calm", "borrowed"]
    );
    let shown =
        place.json(&["features", "show", "calm", "--features", "mine.yaml", "--library", "technical"]);
    assert_eq!(shown["features"][0]["rows"], "$volume > 0");
    assert_eq!(shown["features"][0]["library"], "mine.yaml");
}

#[test]
fn unknown_names_suggest_the_nearest() {
    let place = Workplace::new();
    for (arguments, suggested) in [
        (&["features", "show", "mom_20"][..], "did you mean \"mom_20d\"?"),
        (&["features", "show", "krx/mom_20"], "did you mean \"mom_20d\"?"),
        (&["features", "show", "Meen"], "did you mean \"Mean\"?"),
        (&["features", "show", "ta.RSIX"], "did you mean \"ta.RSI\"?"),
        (&["features", "list", "alpha185"], "did you mean \"alpha158\"?"),
    ] {
        let (code, message) = place.failure(arguments);
        assert_eq!(code, STUDY_IS_WRONG, "{message}");
        assert!(message.contains(suggested), "{message}");
    }
}

/// The message for an expression that cannot be computed.
fn refused(expression: &str) -> String {
    let place = Workplace::new();
    let feature = format!("f={expression}");
    let (code, message) =
        place.failure(&["compute", "--data", "prices.csv", "--feature", &feature, "--out", "out.parquet"]);
    assert_eq!(code, STUDY_IS_WRONG, "{message}");
    assert!(!place.path("out.parquet").exists(), "nothing is written");
    message
}

#[test]
fn expressions_that_cannot_be_computed_say_what_where_and_what_to_do() {
    for (expression, parts) in [
        ("Meen($close, 5)", &["there is no operator `Meen`", "did you mean `Mean`?", "--> f:1:1"][..]),
        ("ta.RSY($close, 14)", &["there is no operator `ta.RSY`", "did you mean `ta.RSI`?"]),
        ("RSI($close, 14)", &["there is no operator `RSI`", "did you mean `ta.RSI`?"]),
        ("Mean($clsoe, 5)", &["there is no field `$clsoe`", "did you mean `$close`?", "--> f:1:6"]),
        ("$earnings_x / $close", &["there is no field `$earnings_x`", "the fields are $close"]),
        ("Mean($close)", &["`Mean` needs a value for `length`", "Mean(x, length, min=1)"]),
        ("Mean($close, 5, 1, 2)", &["`Mean` takes fewer values"]),
        ("Mean($close, len=5)", &["has no parameter `len`", "did you mean `length`?"]),
        ("Mean($close, $volume)", &["must be a number that is written here"]),
        ("Mean($close, -5)", &["must be a whole number of sessions from 1", "not -5"]),
        ("EMAFirst($close, 0)", &["`EMAFirst` has no expanding form", "give a length or a weight"]),
        ("ta.SMA($close, 0)", &["timeperiod", "not 0"]),
        ("$close & $open", &["needs a condition, not a number", "compare it"]),
        ("CsRank($close, by=$volume)", &["is a number, not a category"]),
        ("CsRank($close, by=sectr)", &["there is no category `sectr`", "give a table of them"]),
        ("Ref($close, -1)", &["looks 1 session ahead", "--> f:1:1"]),
        ("f + 1", &["features use each other in a circle: f -> f"]),
        ("ta.MACD($close, 12, 26, 9)", &["has several outputs", "`.macdsignal`"]),
        ("ta.MACD($close, 12, 26, 9).signal", &["has no output `.signal`", "it has `.macd`"]),
        ("ta.RSI($close, 14).rsi", &["has one output without a name"]),
    ] {
        let message = refused(expression);
        for part in parts {
            assert!(message.contains(part), "{expression}: {message}");
        }
    }
}

#[test]
fn features_that_use_each_other_are_refused_with_the_circle() {
    let place = Workplace::new();
    place.write("mine.yaml", "features: [{name: a, expression: b + 1}, {name: b, expression: 'Mean(a, 5)'}]");
    let (code, message) = place.failure(&[
        "compute",
        "--data",
        "prices.csv",
        "--features",
        "mine.yaml",
        "--out",
        "out.parquet",
    ]);
    assert_eq!(code, STUDY_IS_WRONG);
    assert!(message.contains("features use each other in a circle: a -> b -> a"), "{message}");
}

#[test]
fn what_is_odd_about_computed_columns_is_told() {
    let place = Workplace::new();
    let done = place.json(&[
        "compute",
        "--data",
        "prices.csv",
        "--feature",
        "nothing=0 / 0 * $close",
        "--feature",
        "same=$close * 0 + 3",
        "--feature",
        "young=Mean($close, 252)",
        "--feature",
        "full=Mean($close, 252, min=252)",
        "--out",
        "out.parquet",
    ]);
    let warnings = done["warnings"].as_array().unwrap().iter().map(|text| text.as_str().unwrap());
    let warnings = warnings.collect::<Vec<_>>();
    assert!(warnings.contains(&"no value anywhere: feature `nothing`"), "{warnings:?}");
    assert!(warnings.contains(&"the same value everywhere: feature `same`"), "{warnings:?}");
    assert!(
        warnings
            .iter()
            .any(|text| text.contains("begin before their instrument's first session: feature `young`;")),
        "{warnings:?}"
    );
}

#[test]
fn two_libraries_that_define_a_name_alike_give_one_column() {
    let place = Workplace::new();
    let done = place.json(&[
        "compute",
        "--data",
        "prices.csv",
        "--library",
        "technical",
        "--library",
        "krx",
        "--out",
        "out.parquet",
    ]);
    let names = done["features"].as_array().unwrap();
    assert_eq!(names.iter().filter(|name| **name == "mom_20d").count(), 1);
    let left_out = done["left_out"].as_array().unwrap();
    assert!(
        left_out
            .iter()
            .any(|pair| pair[0] == "value_surprise" && pair[1].as_str().unwrap().contains("$value"))
    );
}
