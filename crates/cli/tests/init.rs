//! `init` writes only what runs: whatever the data, the study that it announces ends with a report.

mod support;

use std::fmt::Write as _;

use backstaff_panel::{Session, testing::weekdays_from};
use serde_json::Value;
use support::{Workplace, noise, weekdays};

/// Bars of `n` instruments on these sessions; `columns` says which prices there are.
fn bars(n: usize, sessions: &[Session], columns: &[&str]) -> String {
    let mut text = format!("date,symbol,{}\n", columns.join(","));
    for i in 0..n {
        let mut close = 20.0 + i as f64;
        for (t, session) in sessions.iter().enumerate() {
            let seed = |k: u64| noise(&[i as u64, t as u64, k]) - 0.5;
            let open = close * (1.0 + 0.01 * seed(1));
            close *= 1.0 + 0.02 * (noise(&[t as u64, 99]) - 0.49) + 0.03 * seed(2);
            let _ = write!(text, "{session},S{i:02}");
            for column in columns {
                let value = match *column {
                    "open" => open,
                    "high" => open.max(close) * 1.004,
                    "low" => open.min(close) * 0.996,
                    "volume" => (1e5 * (1.2 + seed(3))).round(),
                    _ => close,
                };
                let _ = write!(text, ",{value:.4}");
            }
            text.push('\n');
        }
    }
    text
}

const ALL: [&str; 5] = ["open", "high", "low", "close", "volume"];

fn days(n: usize) -> Vec<Session> {
    weekdays().take(n).collect()
}

/// Every so many days from Friday 2010-01-08 on.
fn every(step: i32, n: i32) -> Vec<Session> {
    (0..n).map(|k| Session::from_number(14_617 + step * k)).collect()
}

/// The last weekday of each month.
fn months(n: usize) -> Vec<Session> {
    let days = weekdays().take(23 * n + 30).collect::<Vec<_>>();
    let ends = days.windows(2).filter(|pair| pair[0].month() != pair[1].month());
    ends.map(|pair| pair[0]).take(n).collect()
}

/// Write a study for `prices.csv`, and run it as it is and quickly: nothing may fail, and nothing that `init` chose itself
/// may be left out or warned of. What `init` says, its study and the verdict of the run.
fn runs(place: &Workplace, options: &[&str]) -> (Value, String, Value) {
    let written = place.json(&[&["init", "--data", "prices.csv"], options].concat());
    let study = std::fs::read_to_string(place.path("study.yaml")).expect("a study");
    assert!(!study.contains("What this study asks"), "{study}");
    let run = place.json(&["run", "study.yaml"]);
    place.json(&["run", "study.yaml", "--profile", "quick"]);
    let warnings = run["warnings"].to_string();
    for unwanted in [
        "\"left out ",
        "no model scores",
        "half-filled",
        "windows that begin before",
        "same value everywhere",
    ] {
        assert!(!warnings.contains(unwanted), "{warnings}\n{study}");
    }
    (written, study, run)
}

fn place(text: &str) -> Workplace {
    let place = Workplace::empty();
    place.write("prices.csv", text);
    place
}

fn chosen(written: &Value, what: &str) -> String {
    let all = written["chosen"].as_array().expect("a list");
    let found = all.iter().find(|pair| pair[0] == what);
    found.map(|pair| pair[1].as_str().expect("a text").to_owned()).unwrap_or_default()
}

#[test]
fn daily_bars_of_a_dozen_are_learned_from() {
    let (written, study, _) = runs(&place(&bars(12, &days(1300), &ALL)), &[]);
    assert_eq!(written["name"], "prices");
    assert_eq!(
        written["about"],
        "Which of the 12 instruments of prices.csv do better than the others over the next week, 2010–2014?"
    );
    for part in [
        "top_n: {n: 2, keep: 6}",
        "rebalance: weekly",
        "primary: ridge",
        "horizon: 5",
        "a week",
        "volume_surprise",
    ] {
        assert!(study.contains(part), "{part}\n{study}");
    }
}

#[test]
fn closes_alone_trade_at_the_close() {
    let (written, study, _) = runs(&place(&bars(12, &days(1300), &["close"])), &[]);
    assert!(study.contains("execution: close # the next session's close: the data have no open"), "{study}");
    assert!(!study.contains("volume") && !study.contains("$high"), "{study}");
    assert!(
        chosen(&written, "portfolio").contains("at the next close, since the data have no open"),
        "{written}"
    );
}

#[test]
fn one_instrument_follows_a_rule() {
    let (written, study, _) = runs(&place(&bars(1, &days(1000), &ALL)), &[]);
    assert!(
        chosen(&written, "no model").contains("needs 10 of them at a time; here it is 1 instrument"),
        "{written}"
    );
    assert!(
        study.contains("strategy: {weights: {expression: 'Greater(Sign($close / Mean($close, 2"),
        "{study}"
    );
    assert!(study.contains("# No model is fitted: a model ranks instruments"), "{study}");
}

#[test]
fn a_few_instruments_share_the_equity() {
    let text = bars(3, &days(900), &ALL);
    // Two of the three come later.
    let kept = text.lines().filter(|line| {
        let late = |name: &str, from: &str| line.contains(name) && &line[..10] < from;
        !late("S01", "2012-01-01") && !late("S02", "2013-05-01")
    });
    let (written, ..) = runs(&place(&kept.collect::<Vec<_>>().join("\n")), &[]);
    assert!(chosen(&written, "rule").contains("(2 * CsRank($traded) - 1)"), "{written}");
}

#[test]
fn weekly_bars_have_horizons_and_windows_in_weeks() {
    let (written, study, _) = runs(&place(&bars(12, &every(7, 420), &ALL)), &[]);
    assert_eq!(chosen(&written, "label"), "the return of 4 sessions of weekly bars: 4 weeks");
    for part in ["horizon: 4", "rebalance: monthly", "Beta($return, CsMedian($return), 52, min=50) # a year"]
    {
        assert!(study.contains(part), "{part}\n{study}");
    }
}

#[test]
fn monthly_bars_of_seven_years_follow_a_rule() {
    let (written, study, _) = runs(&place(&bars(12, &months(84), &ALL)), &[]);
    assert!(chosen(&written, "no model").contains("of 84 sessions, "), "{written}");
    assert!(
        study.contains("'Ref($close, 1) / Ref($close, 12) - 1'") && study.contains("rebalance: monthly"),
        "{study}"
    );
}

#[test]
fn five_months_follow_a_rule() {
    let (written, study, _) = runs(&place(&bars(30, &days(105), &ALL)), &[]);
    assert_eq!(
        chosen(&written, "no model"),
        "of 105 sessions, 0 are left to train a model on, and it needs 198"
    );
    assert!(study.contains("top_n: {n: 6, keep: 18}"), "{study}");
}

#[test]
fn coins_trade_every_day_of_the_week() {
    let (written, study, _) = runs(&place(&bars(15, &every(1, 1500), &ALL)), &[]);
    assert!(study.contains("horizon: 7") && study.contains("rebalance: weekly"), "{study}");
    assert!(
        chosen(&written, "label").contains("7 sessions of bars of every day of the week: a week"),
        "{written}"
    );
}

#[test]
fn the_test_begins_where_there_is_a_choice() {
    let text = bars(40, &days(1700), &ALL);
    // One more instrument every two months.
    let starts = weekdays_from(Session::from_number(14_613)).step_by(42).take(40).collect::<Vec<_>>();
    let kept = text.lines().filter(|line| {
        let number = line[12..14].parse::<usize>().ok();
        number.is_none_or(|i| line[..10] >= *starts[i].to_string())
    });
    let (_, study, run) = runs(&place(&kept.collect::<Vec<_>>().join("\n")), &[]);
    let warnings = run["warnings"].to_string();
    assert!(!warnings.contains("judged from"), "{warnings}");
    assert!(study.contains("test: {from: 2014-01-01}"), "{study}");
}

#[test]
fn every_rule_runs_on_one_instrument_and_on_many() {
    let one = bars(1, &days(700), &ALL);
    let many = bars(12, &days(700), &ALL);
    for rule in ["momentum", "mean_reversion", "low_volatility", "trend", "equal", "regimes"] {
        for text in [&one, &many] {
            if rule == "low_volatility" && text == &one {
                let (code, error) = place(text).failure(&["init", "--data", "prices.csv", "--rule", rule]);
                assert_eq!(code, 4);
                assert!(error.contains("--rule: one instrument can't be weighed against others"), "{error}");
                continue;
            }
            let (written, ..) = runs(&place(text), &["--rule", rule]);
            assert!(chosen(&written, "rule").starts_with(rule), "{written}");
        }
    }
}

#[test]
fn what_the_command_line_says_of_the_files_stands_in_the_study() {
    let text = bars(12, &days(700), &["open", "close"]);
    let lines = text.lines().enumerate().map(|(at, line)| {
        let cells = line.split(',').collect::<Vec<_>>();
        if at == 0 {
            return "Day;Paper;first_price;last_price".to_owned();
        }
        let (year, rest) = cells[0].split_at(4);
        let (month, day) = (&rest[1..3], &rest[4..6]);
        format!(
            "{day}/{month}/{year};{};{};{}",
            cells[1],
            cells[2].replace('.', ","),
            cells[3].replace('.', ",")
        )
    });
    let place = Workplace::empty();
    place.write("prices.csv", &lines.collect::<Vec<_>>().join("\n"));
    let (_, error) = place.failure(&["init", "--data", "prices.csv"]);
    assert!(error.contains("`--mapping their_name="), "{error}");
    let options = [
        "--mapping",
        "last_price=close,first_price=open",
        "--mapping",
        "Paper=instrument,Day=date",
        "--date-order",
        "day_first",
        "--decimal",
        ",",
        "--calendar",
        "union",
        "--name",
        "mine",
        "--about",
        "Is it so: 'yes' or \"no\"?",
    ];
    let (written, study, run) = runs(&place, &options);
    assert_eq!((written["name"].as_str(), run["study"].as_str()), (Some("mine"), Some("mine")));
    assert_eq!(written["about"], "Is it so: 'yes' or \"no\"?");
    for part in ["\"last_price\":\"close\"", "date_order: \"day_first\"", "decimal: \",\""] {
        assert!(study.contains(part), "{part}\n{study}");
    }
}

#[test]
fn nothing_is_overwritten_and_no_name_taken_twice() {
    let place = place(&bars(1, &days(300), &ALL));
    place.json(&["init", "--data", "prices.csv"]);
    let (code, error) = place.failure(&["init", "--data", "prices.csv"]);
    assert_eq!(code, 4);
    assert!(
        error.contains("study.yaml is not written: it is there already") && error.contains("`--out FILE`"),
        "{error}"
    );
    assert_eq!(place.json(&["init", "--data", "prices.csv", "--out", "trend.yaml"])["name"], "trend");
    std::fs::rename(place.path("study.yaml"), place.path("first.yaml")).expect("a study");
    assert_eq!(place.json(&["init", "--data", "prices.csv"])["name"], "prices_2");
}

#[test]
fn too_little_is_refused_with_what_is_needed() {
    let place = place(&bars(30, &days(1), &ALL));
    let (code, error) = place.failure(&["init", "--data", "prices.csv"]);
    assert_eq!(code, 4);
    assert!(error.contains("--data: the data have 1 session; a study needs 8"), "{error}");
    assert!(!place.path("study.yaml").exists());
}

#[test]
fn a_few_bad_rows_cost_rows_and_a_repeated_one_nothing() {
    let text = bars(12, &days(700), &["close"]);
    let mut lines = text.lines().map(str::to_owned).collect::<Vec<_>>();
    lines[300] = lines[300].rsplit_once(',').map(|(keys, _)| format!("{keys},-5")).expect("a price");
    lines.push(lines[500].clone());
    let (written, study, run) = runs(&place(&lines.join("\n")), &[]);
    assert!(study.contains("on_bad_row: drop # 1 row can't be true"), "{study}");
    assert_eq!(
        (written["found"]["dropped"]["rows"].as_u64(), written["bad"].as_array().map(Vec::len)),
        (Some(1), Some(0))
    );
    assert!(run["warnings"].to_string().contains("-5"), "{}", run["warnings"]);
}

#[test]
fn bars_of_hours_become_sessions() {
    let mut text = String::from("symbol,datetime,close\n");
    for (t, day) in days(300).into_iter().enumerate() {
        for hour in 10..15 {
            let _ = writeln!(text, "A,{day} {hour}:00:00,{:.3}", 50.0 + 5.0 * noise(&[t as u64, hour]));
        }
    }
    let (_, study, _) = runs(&place(&text), &[]);
    assert!(study.contains("resample: session # 1500 bars of minutes or hours"), "{study}");
}

#[test]
fn a_database_is_read_by_its_preset() {
    let place = Workplace::empty();
    place.json(&["bench", "market", "--stocks", "15", "--sessions", "900", "--sqlite", "--out", "market"]);
    std::fs::rename(place.path("market/krx.db"), place.path("prices.csv")).expect("a database");
    let (_, study, _) = runs(&place, &["--preset", "krx"]);
    for part in ["preset: \"krx\"", "sell_tax_bps: krx", "price_limit: krx"] {
        assert!(study.contains(part), "{part}\n{study}");
    }
}
