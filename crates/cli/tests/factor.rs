//! One feature judged without a model.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fmt::Write as _;

use serde_json::Value;
use support::{Workplace, prices};

const REVERSAL: &str = "-CsRank($close / Ref($close, 5) - 1)";

fn near(found: &Value, wanted: f64) {
    let found = found.as_f64().unwrap();
    assert!((found - wanted).abs() < 1e-9 * wanted.abs().max(1e-3), "{found} is not {wanted}");
}

/// Made from `prices.csv` with pandas, instrument by instrument and session by session: one instrument is listed late,
/// one leaves, one halts.
#[test]
fn the_numbers_are_those_of_pandas() {
    let place = Workplace::new();
    let found = place.json(&["factor", REVERSAL, "--data", "prices.csv"]);
    assert_eq!((&found["factor"], &found["horizon"]), (&Value::from(2), &Value::from(5)));
    let at = &found["horizons"][1];
    assert_eq!((&at["horizon"], &at["rank_ic"]["n"]), (&Value::from(5), &Value::from(889)));
    near(&at["ic"]["mean"], 0.003_322_763_193_354_24);
    near(&at["rank_ic"]["mean"], 0.005_654_974_946_313_49);
    near(&at["rank_ic"]["newey_west_t"], 0.294_665_929_765_449);
    let means = [
        -0.001_165_629_176_451_17,
        -0.000_631_716_505_925_107,
        -0.000_961_352_904_055_706,
        -0.000_885_913_311_315_676,
        -0.000_779_396_113_269_366,
    ];
    for (quantile, mean) in means.into_iter().enumerate() {
        near(&at["quantile_means"][quantile], mean);
    }
    let range = [0, 1].map(|end| at["rank_ic"]["t_apart_range"][end].as_f64().unwrap());
    assert!(
        range[0] < range[1] && (range[0]..range[1]).contains(&at["rank_ic"]["t_apart"].as_f64().unwrap())
    );
    assert!(at["spread"]["t_apart"].is_null() && at["label_spread"]["t_apart"].is_f64());
    near(&at["label_spread"]["newey_west_t"], 0.361_920_998_107_827);
    near(&at["spread"]["mean"], 6.680_638_494_886_46e-5);
    near(&at["spread"]["newey_west_t"], 0.284_735_819_439_297);
    near(&at["top_turnover"], 0.805_617_977_528_09);
    near(&at["bottom_turnover"], 0.811_797_752_808_989);
    near(&at["breakeven_bps"], 1.032_609_979_237_4);
    near(&found["horizons"][3]["rank_ic"]["mean"], 0.004_049_081_884_133_43);
    near(&found["decay"][0]["rank_ic"], 0.005_916_386_711_459_51);
    near(&found["decay"][7]["rank_ic"], -0.006_265_818_455_434_71);
    near(&found["autocorrelation"][0]["mean"], 0.732_780_828_418_412);
    near(&found["years"][2]["rank_ic"], 0.008_562_637_872_982_7);
    assert_eq!(found["verdict"]["level"], "chance");
}

#[test]
fn text_and_page_say_that_it_may_be_chance() {
    let place = Workplace::new();
    let output = place.output(&["factor", REVERSAL, "--data", "prices.csv", "--out", "page.html"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("t 0.3: not distinguishable from chance"), "{text}");
    assert!(text.lines().count() < 48, "one screen");
    let page = std::fs::read_to_string(place.path("page.html")).unwrap();
    assert!(page.contains("not distinguishable from chance") && page.contains("Growth of the quantiles"));
}

#[test]
fn threads_a_store_and_the_order_of_horizons_change_no_byte() {
    let place = Workplace::new();
    let run = |more: &[&str]| place.json(&[&["factor", REVERSAL, "--data", "prices.csv"], more].concat());
    let one = run(&["--threads", "1"]);
    assert_eq!(one, run(&["--threads", "4"]), "threads");
    assert_eq!(one, run(&["--store", "kept"]), "cold store");
    assert_eq!(one, run(&["--store", "kept"]), "warm store");
    assert_eq!(one, run(&["--horizons", "21,1,5,10,5"]), "horizons");
}

#[test]
fn names_of_libraries_and_files_can_be_judged_and_used() {
    let place = Workplace::new();
    place.write(
        "mine.yaml",
        "features:\n  - name: five\n    expression: $close / Ref($close, 5) - 1\n    meaning: A week.\n",
    );
    let data = ["--data", "prices.csv", "--features", "mine.yaml"];
    let by_name = place.json(&[&["factor", "five"][..], &data].concat());
    assert_eq!(
        (&by_name["feature"]["name"], &by_name["feature"]["meaning"]),
        (&"five".into(), &"A week.".into())
    );
    let used = place.json(&[&["factor", "CsRank(five)"][..], &data].concat());
    assert_eq!(by_name["horizons"][1]["rank_ic"], used["horizons"][1]["rank_ic"]);
    let shipped = place.json(&["factor", "mom_20d", "--library", "technical", "--data", "prices.csv"]);
    assert_eq!(shipped["feature"]["name"], "mom_20d");
}

/// `prices.csv` with a column of sectors: even and odd instruments.
fn with_sectors(place: &Workplace) {
    let text = std::fs::read_to_string(place.path("prices.csv")).unwrap();
    let mut out = String::new();
    for (number, line) in text.lines().enumerate() {
        let sector = match (number, line.split(',').nth(1).unwrap().ends_with(['0', '2', '4', '6', '8'])) {
            (0, _) => "sector",
            (_, true) => "Energy",
            (_, false) => "Health",
        };
        let _ = writeln!(out, "{line},{sector}");
    }
    place.write("sectors.csv", &out);
    let mut table = String::from("symbol,industry\n");
    for i in 0..10 {
        let _ = writeln!(table, "S{i:02},{}", if i % 2 == 0 { "Energy" } else { "Health" });
    }
    place.write("table.csv", &table);
}

#[test]
fn a_sector_of_the_data_or_of_a_table_neutralises() {
    let place = Workplace::new();
    with_sectors(&place);
    let own = place.json(&["factor", REVERSAL, "--data", "sectors.csv"]);
    assert_eq!(own["by"], "sector");
    let told = ["--by", "industry", "--attributes", "table.csv"];
    let told = place.json(&[&["factor", REVERSAL, "--data", "prices.csv"], &told[..]].concat());
    let neutral = &own["horizons"][1]["neutral_rank_ic"];
    assert!(neutral["mean"].is_f64());
    assert_eq!(neutral, &told["horizons"][1]["neutral_rank_ic"]);
    assert!(told["data"]["warnings"].to_string().contains("without history"), "{}", told["data"]);
    assert!(place.json(&["factor", REVERSAL, "--data", "prices.csv"])["by"].is_null());
    let within = "CsRank($close / Ref($close, 5) - 1, by=sector)";
    assert!(place.json(&["factor", within, "--data", "sectors.csv"])["horizons"][0]["ic"]["mean"].is_f64());
    let (code, message) = place.failure(&["factor", REVERSAL, "--data", "prices.csv", "--by", "sector"]);
    assert!(code == 4 && message.contains("no column sector"), "{message}");
}

#[test]
fn what_looks_ahead_or_does_not_exist_is_refused_with_the_place() {
    let place = Workplace::new();
    let fails = |text: &str| place.failure(&["factor", text, "--data", "prices.csv"]);
    let (code, message) = fails("Ref($close, -1) / $close - 1");
    assert!(code == 4 && message.contains("looks 1 session ahead") && message.contains("^^^"), "{message}");
    let (code, message) = fails("Mean($clsoe, 5)");
    assert!(code == 4 && message.contains("did you mean `$close`?"), "{message}");
    let (code, message) =
        place.failure(&["factor", "$close", "--data", "prices.csv", "--universe", "$volme > 0"]);
    assert!(code == 4 && message.contains("did you mean `$volume`?"), "{message}");
}

#[test]
fn too_little_data_is_told_apart() {
    let place = Workplace::new();
    let text = std::fs::read_to_string(place.path("prices.csv")).unwrap();
    let some = |keep: &dyn Fn(&str) -> bool| {
        let lines = text.lines().enumerate().filter(|(number, line)| *number == 0 || keep(line));
        lines.map(|(_, line)| [line, "\n"].concat()).collect::<Vec<_>>().concat()
    };
    place.write("two.csv", &some(&|line| line.contains(",S00,") || line.contains(",S04,")));
    place.write("short.csv", &some(&|line| line.starts_with("2010-01-0")));
    place.write("empty.csv", &some(&|_| false));
    let fails = |data: &str| place.failure(&["factor", "$close", "--data", data]);
    let (code, message) = fails("two.csv");
    assert!(code == 4 && message.contains("3 at least") && message.contains("2 instruments"), "{message}");
    let (code, message) = fails("short.csv");
    assert!(
        code == 4 && message.contains("--horizons") && message.contains("needs 23 sessions"),
        "{message}"
    );
    assert_eq!(fails("empty.csv").0, 5);
    assert_eq!(fails("absent.csv").0, 5);
    let more = place.failure(&["factor", "$close", "--data", "prices.csv", "--quantiles", "11"]);
    assert!(more.0 == 4 && more.1.contains("10 instruments"), "{}", more.1);
}

#[test]
fn a_constant_and_nothing_are_not_judged() {
    let place = Workplace::new();
    for (text, warning) in [("$close * 0", "constant"), ("Ref($close, 5000)", "no value on any")] {
        let found = place.json(&["factor", text, "--data", "prices.csv"]);
        assert_eq!(found["verdict"]["level"], "not_judged", "{text}");
        assert!(found["warnings"][0].as_str().unwrap().contains(warning), "{found:#}");
        assert!(
            place.output(&["factor", text, "--data", "prices.csv", "--out", "page.html"]).status.success()
        );
    }
}

#[test]
fn a_column_that_knows_the_next_return_is_not_credible() {
    let place = Workplace::new();
    let text = std::fs::read_to_string(place.path("prices.csv")).unwrap();
    let lines = text.lines().collect::<Vec<_>>();
    let cell = |line: &str, at: usize| line.split(',').nth(at).unwrap().to_owned();
    let mut out = format!("{},vendor\n", lines[0]);
    for pair in lines[1..].windows(2).filter(|pair| cell(pair[0], 1) == cell(pair[1], 1)) {
        let close = |line: &str| cell(line, 5).parse::<f64>().unwrap();
        let _ = writeln!(out, "{},{}", pair[0], close(pair[1]) / close(pair[0]) - 1.0);
    }
    place.write("leaky.csv", &out);
    let found = place.json(&["factor", "$vendor", "--data", "leaky.csv"]);
    assert_eq!(found["verdict"]["level"], "not_credible");
    assert!(found["warnings"].to_string().contains("probably seen it"));
}

#[test]
fn closes_alone_are_judged_from_close_to_close() {
    let place = Workplace::empty();
    let rows = prices(10, 400, false);
    let closes = rows.lines().enumerate().map(|(n, line)| {
        let cells = line.split(',').collect::<Vec<_>>();
        if n == 0 {
            "date,symbol,close\n".to_owned()
        } else {
            format!("{},{},{}\n", cells[0], cells[1], cells[5])
        }
    });
    place.write("closes.csv", &closes.collect::<String>());
    let factor = "factor -($close/Ref($close,5)-1) --data closes.csv --quantiles 3";
    let factor = factor.split(' ').collect::<Vec<_>>();
    let (code, message) = place.failure(&factor);
    assert!(code == 4 && message.contains("--execution close"), "{message}");
    let judged = place.json(&[&factor[..], &["--execution", "close"]].concat());
    assert_eq!(judged["execution"], "close");
}
