//! Studies that trade by the rules of Qlib have the accounts that Microsoft Qlib has: the cases of the ledger's own tests,
//! from a folder in Qlib's layout to the tables of a run.

#![allow(clippy::unwrap_used, reason = "what a test can't have is its failure")]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use backstaff_study::{Options, Study, StudyError, progress::Silent, results::QlibRisk};
use serde_json::{Value, json};

fn cases() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../portfolio/tests/qlib")
}

/// The cells of rows, by instrument.
type Rows = BTreeMap<String, Vec<Vec<String>>>;

/// The rows of a market, the names of its columns, its sessions.
fn market(name: &str) -> (Rows, Vec<String>, Vec<String>) {
    let text = fs::read_to_string(cases().join(format!("{name}.csv"))).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let mut rows = Rows::new();
    for row in lines {
        rows.entry(row[0].clone()).or_default().push(row);
    }
    let mut sessions = rows.values().flatten().map(|row| row[1].clone()).collect::<Vec<_>>();
    sessions.sort();
    sessions.dedup();
    (rows, header, sessions)
}

/// Write a market as a folder of Qlib's, and its scores as a table.
fn write(folder: &Path, name: &str) -> Vec<String> {
    let (rows, header, sessions) = market(name);
    let data = folder.join("data");
    fs::create_dir_all(data.join("calendars")).unwrap();
    fs::write(data.join("calendars/day.txt"), sessions.join("\n")).unwrap();
    let mut scores = "instrument,date,score\n".to_owned();
    for (instrument, rows) in &rows {
        let place = |row: &Vec<String>| sessions.binary_search(&row[1]).unwrap();
        let (first, last) = (place(&rows[0]), place(rows.last().unwrap()));
        let features = data.join("features").join(instrument.to_lowercase());
        fs::create_dir_all(&features).unwrap();
        for column in 2..header.len() - 1 {
            let mut values = vec![f32::NAN; last + 1 - first];
            for row in rows {
                values[place(row) - first] = row[column].parse().unwrap_or(f32::NAN);
            }
            let numbers = std::iter::once(first as f32).chain(values);
            let bytes = numbers.flat_map(f32::to_le_bytes).collect::<Vec<_>>();
            fs::write(features.join(format!("{}.day.bin", header[column])), bytes).unwrap();
        }
        for row in rows.iter().filter(|row| !row[header.len() - 1].is_empty()) {
            writeln!(scores, "{},{},{}", row[0], row[1], row[header.len() - 1]).unwrap();
        }
    }
    fs::write(folder.join("scores.csv"), scores).unwrap();
    sessions
}

/// Qlib's arguments of the exchange as a study says them.
fn rules(case: &Value) -> Value {
    let mut rules = json!({ "region": case["region"] });
    let sides = |pair: &Value| json!({ "buy": pair[0], "sell": pair[1] });
    let volume = |side: Option<&str>, pair: &Value| {
        let mut limit = json!({ "capacity": pair[0], "expression": pair[1] });
        if let Some(side) = side.filter(|side| *side != "all") {
            limit["side"] = json!(side);
        }
        limit
    };
    for (key, value) in case["exchange"].as_object().unwrap() {
        let (key, value) = match key.as_str() {
            "deal_price" if value.is_array() => {
                let plain = |n: usize| json!(value[n].as_str().unwrap().trim_start_matches('$'));
                ("deal_price", json!({ "buy": plain(0), "sell": plain(1) }))
            }
            "limit_threshold" if value.is_array() => ("limit", sides(value)),
            "limit_threshold" => ("limit", value.clone()),
            "trade_unit" if value.is_null() => ("trade_unit", json!(0)),
            "volume_threshold" if value.is_array() => ("volume_limits", json!([volume(None, value)])),
            "volume_threshold" => {
                let limits = value.as_object().unwrap().iter();
                ("volume_limits", limits.map(|(side, pair)| volume(Some(side), pair)).collect())
            }
            key => (key, value.clone()),
        };
        rules[key] = value;
    }
    if case["other"]["trade_type"] == "parallel" {
        rules["trade_type"] = json!("parallel");
    }
    rules
}

/// The weights of the best by rank, as a table: n, n − 1, … 1 times the risk degree.
fn write_weights(folder: &Path, case: &Value, n: usize) {
    let (rows, header, _) = market(case["market"].as_str().unwrap());
    let mut by_session = BTreeMap::<&str, Vec<(f64, &str)>>::new();
    for row in rows.values().flatten() {
        if let Ok(score) = row[header.len() - 1].parse::<f64>() {
            by_session.entry(&row[1]).or_default().push((score, &row[0]));
        }
    }
    let risk_degree = case["strategy"]["risk_degree"].as_f64().unwrap_or(0.95);
    let mut text = "date,instrument,weight\n".to_owned();
    for (session, mut scored) in by_session {
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        scored.truncate(n);
        let total = (scored.len() * (scored.len() + 1) / 2) as f64;
        for (rank, (_, instrument)) in scored.iter().enumerate() {
            let weight = (scored.len() - rank) as f64 / total * risk_degree;
            writeln!(text, "{session},{instrument},{weight}").unwrap();
        }
    }
    fs::write(folder.join("weights.csv"), text).unwrap();
}

/// Qlib's strategy as a study says it.
fn strategy(case: &Value) -> Value {
    if !case["strategy"]["weights"].is_null() {
        return json!({ "weights": { "file": "weights.csv" }});
    }
    let mut dropout = json!({ "strict": true });
    for (key, value) in case["strategy"].as_object().unwrap() {
        let key = match key.as_str() {
            "topk" => "k",
            "hold_thresh" => "hold_sessions",
            key => key,
        };
        dropout[key] = value.clone();
    }
    json!({ "topk_dropout": dropout })
}

fn study(case: &Value, from: &str, adjustment: &str) -> Value {
    let mut study = json!({
        "backstaff": 1,
        "name": "as_qlib",
        "data": { "prices": { "path": "data", "adjustment": adjustment }},
        "universe": { "expression": "1 > 0" },
        "models": { "mine": { "scores": { "path": "scores.csv", "max_age_days": 0 }}},
        "portfolio": {
            "from": from,
            "to": case["end"],
            "initial_cash": case["other"].get("account").unwrap_or(&json!(1e6)),
            "rules": { "qlib": rules(case) },
            "strategy": strategy(case),
        },
        "outputs": "csv",
    });
    if !case["strategy"]["weights"].is_null() {
        study.as_object_mut().unwrap().remove("models");
    }
    study
}

fn open(folder: &Path, study: &Value) -> Result<Study, StudyError> {
    let path = folder.join("study.yaml");
    fs::write(&path, study.to_string()).unwrap();
    Study::open(&path, &Options { threads: Some(2), ..Options::default() })
}

/// The account of the plain portfolio: date, equity, cash, costs, traded value.
fn account(folder: &Path) -> Vec<(String, [f64; 4])> {
    let text = fs::read_to_string(folder.join("reports/as_qlib/equity.csv")).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let place = |name: &str| header.iter().position(|known| *known == name).unwrap();
    let names =
        ["portfolio", "cost_multiple", "delay", "date", "equity", "cash", "commission", "bought", "sold"];
    let [portfolio, costs, delay, date, equity, cash, commission, bought, sold] = names.map(place);
    let is_plain = |row: &Vec<&str>| {
        let number = |place: usize| row[place].parse::<f64>().unwrap();
        ["mine", "strategy"].contains(&row[portfolio]) && number(costs) == 1.0 && number(delay) == 0.0
    };
    let rows = lines.filter(is_plain).map(|row| {
        let number = |place: usize| row[place].parse::<f64>().unwrap();
        (
            row[date].to_owned(),
            [number(equity), number(cash), number(commission), number(bought) + number(sold)],
        )
    });
    rows.collect()
}

fn assert_account(name: &str, case: &Value, found: &[(String, [f64; 4])]) {
    let expected = case["report"].as_array().unwrap();
    assert_eq!(found.len(), expected.len() + 1, "{name}: sessions");
    // A study keeps weights in four bytes, by which a single share more or less may be bought.
    let is_rounded = !case["strategy"]["weights"].is_null() && case["region"] == "us";
    let near = if is_rounded { 1e-5 } else { 1e-9 };
    let mut last = [0.0; 2];
    for ((date, values), row) in found[1..].iter().zip(expected) {
        let number = |n: usize| row[n].as_f64().unwrap();
        assert_eq!(*date, row[0], "{name}");
        // Qlib reports turnover and costs since the beginning.
        let total = [number(5), number(3)];
        let day = [number(1), number(8), total[0] - last[0], total[1] - last[1]];
        last = total;
        for (n, (found, expected)) in values.iter().zip(day).enumerate() {
            // Differences of sums that have twelve digits.
            let scale = match n {
                _ if is_rounded => number(1),
                0 | 1 => expected.abs().max(1.0),
                _ => total[n - 2].max(1.0),
            };
            assert!(
                (found - expected).abs() <= near * scale,
                "{name} {date}: number {n} is {found}, Qlib has {expected}"
            );
        }
    }
}

/// Qlib's analysis of the returns after costs.
fn assert_risk(name: &str, case: &Value, found: &[QlibRisk]) {
    let QlibRisk { mean, std, annualized_return, information_ratio, max_drawdown, .. } =
        found.iter().find(|risk| risk.series == "return_with_cost").unwrap();
    let found = [mean, std, annualized_return, information_ratio, max_drawdown];
    for (found, expected) in found.iter().zip(case["risk_sum"].as_array().unwrap()) {
        let (found, expected) = (found.unwrap(), expected.as_f64().unwrap());
        let near = if case["region"] == "us" && !case["strategy"]["weights"].is_null() { 1e-4 } else { 1e-9 };
        assert!(
            (found - expected).abs() <= near * expected.abs().max(1.0),
            "{name}: {found}, Qlib has {expected}"
        );
    }
}

#[test]
fn accounts_are_those_of_qlib() {
    let mut files = fs::read_dir(cases()).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    // A study begins where its places can be filled: the market `few` has too few scores.
    let folders = ["halts", "holes", "main"].map(|name| (name, tempfile::tempdir().unwrap()));
    let markets = folders.iter().map(|(name, folder)| (*name, (folder.path(), write(folder.path(), name))));
    let markets = markets.collect::<BTreeMap<_, _>>();
    let mut n_run = 0;
    for path in files {
        let case = serde_json::from_str::<Value>(&fs::read_to_string(&path).unwrap()).unwrap();
        let Some((folder, sessions)) = markets.get(case["market"].as_str().unwrap()) else { continue };
        let start = sessions.iter().position(|session| *session == case["start"]).unwrap();
        // An account opens at the close before its first day, which the first session of all has not.
        if start == 0 {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if let Some(n) = case["strategy"]["weights"].as_u64() {
            write_weights(folder, &case, n as usize);
        }
        let study = study(&case, &sessions[start - 1], "as_is");
        let opened = open(folder, &study).unwrap_or_else(|error| panic!("{name}: {error}"));
        let outcome = opened.run(&Silent).unwrap();
        assert_account(&name, &case, &account(folder));
        assert_risk(&name, &case, &outcome.result.measures.qlib);
        n_run += 1;
    }
    assert!(n_run >= 35, "{n_run}");
}

fn case(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(cases().join(format!("{name}.json"))).unwrap()).unwrap()
}

#[test]
fn prices_that_are_adjusted_from_the_first_session_on_give_the_same_account() {
    let folder = tempfile::tempdir().unwrap();
    let sessions = write(folder.path(), "main");
    for name in ["cn_default", "cn_impact"] {
        let case = case(name);
        let start = sessions.iter().position(|session| *session == case["start"]).unwrap();
        open(folder.path(), &study(&case, &sessions[start - 1], "auto")).unwrap().run(&Silent).unwrap();
        assert_account(name, &case, &account(folder.path()));
    }
}

#[test]
fn nothing_looks_ahead_and_each_rule_is_part_of_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let sessions = write(folder.path(), "main");
    let case = case("cn_limit_columns");
    let start = sessions.iter().position(|session| *session == case["start"]).unwrap();
    let mut first = study(&case, &sessions[start - 1], "as_is");
    let proof = open(folder.path(), &first).unwrap().prove(2, &Silent).unwrap();
    assert!(proof.holds(), "{proof}");
    let computed = |study: &Value| {
        let outcome = open(folder.path(), study).unwrap().run(&Silent).unwrap();
        outcome.stages.iter().filter(|stage| stage.computed > 0).map(|stage| stage.name).collect::<Vec<_>>()
    };
    computed(&first);
    assert_eq!(computed(&first), Vec::<&str>::new());
    for (key, value) in [
        ("/rules/qlib/open_cost", json!(0.001)),
        ("/rules/qlib/close_cost", json!(0.001)),
        ("/rules/qlib/min_cost", json!(1)),
        ("/rules/qlib/impact_cost", json!(0.01)),
        ("/rules/qlib/trade_unit", json!(10)),
        ("/rules/qlib/trade_type", json!("parallel")),
        ("/rules/qlib/deal_price", json!("vwap")),
        ("/rules/qlib/limit", json!(0.05)),
        ("/rules/qlib/limit", json!("none")),
        ("/strategy/topk_dropout/hold_sessions", json!(3)),
        ("/strategy/topk_dropout/risk_degree", json!(0.5)),
        ("/strategy/topk_dropout/only_tradable", json!(true)),
        ("/strategy/topk_dropout/forbid_all_trade_at_limit", json!(false)),
        ("/strategy/topk_dropout/method_sell", json!("random")),
        ("/strategy/topk_dropout/method_buy", json!("random")),
        ("/strategy/topk_dropout/seed", json!(3)),
        ("/strategy/topk_dropout/strict", json!(false)),
    ] {
        let (parent, name) = key.rsplit_once('/').unwrap();
        first["portfolio"].pointer_mut(parent).unwrap()[name] = value;
        let stages = computed(&first);
        assert!(stages.contains(&"backtest") && !stages.contains(&"load"), "{key}: {stages:?}");
    }
}

#[test]
fn orders_are_in_trade_units() {
    let folder = tempfile::tempdir().unwrap();
    let sessions = write(folder.path(), "main");
    let case = case("cn_default");
    let mut study = study(&case, &sessions[1], "as_is");
    study["portfolio"].as_object_mut().unwrap().remove("to");
    let request = backstaff_study::orders::OrdersRequest::default();
    let orders = open(folder.path(), &study).unwrap().orders(&request, &Silent).unwrap();
    let text = serde_json::to_value(&orders).unwrap();
    assert!(!text["orders"].as_array().unwrap().is_empty(), "{text}");
}

#[test]
fn what_means_nothing_under_these_rules_is_refused_with_the_words_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let sessions = write(folder.path(), "main");
    let case = case("cn_default");
    let plain = study(&case, &sessions[1], "as_is");
    for (key, value, words) in [
        ("costs", json!({}), "open_cost: 0.0005"),
        ("lot", json!(0), "trade_unit: 100"),
        ("price_limit", json!(0.1), "limit: 0.095"),
        ("volume_cap", json!(0.1), "volume_limits: [{capacity: current"),
        ("volume_cap_of", json!("session"), "volume_limits"),
        ("liquidity_sessions", json!(5), "volume_limits"),
        ("stop", json!(0.1), "no stops"),
        ("take_profit", json!(0.1), "no stops"),
        ("trailing_stop", json!(0.1), "no stops"),
        ("max_holding", json!(5), "no stops"),
        ("cash_rate", json!(0.01), "earns nothing"),
        ("recovery", json!({ "usual": 0.5 }), "stays at its last price"),
        ("short_selling", json!(true), "sells nothing short"),
        ("sell_outside_universe", json!(true), "nothing but the strategy sells"),
        ("execution", json!("open"), ""),
        ("strategy", json!({ "quantile_long_short": { "quantile": 0.1 }}), "write `topk_dropout`"),
    ] {
        let mut study = plain.clone();
        study["portfolio"][key] = value;
        let opened = open(folder.path(), &study);
        if words.is_empty() {
            assert!(opened.is_ok(), "{key}");
            continue;
        }
        let error = opened.unwrap_err().to_string();
        assert!(error.contains(&format!("portfolio.{key}")) && error.contains(words), "{key}: {error}");
    }
    let mut ours = plain.clone();
    ours["portfolio"].as_object_mut().unwrap().remove("rules");
    let error = open(folder.path(), &ours).unwrap_err().to_string();
    assert!(error.contains("topk_dropout.strict") && error.contains("`rules: qlib`"), "{error}");
    let mut unknown = plain.clone();
    unknown["portfolio"]["rules"] = json!("qlb");
    assert!(open(folder.path(), &unknown).unwrap_err().to_string().contains("qlib"));
    let mut price = plain;
    price["portfolio"]["rules"]["qlib"]["deal_price"] = json!("twap");
    let error = open(folder.path(), &price).unwrap().run(&Silent).unwrap_err().to_string();
    assert!(error.contains("portfolio.rules.qlib.deal_price") && error.contains("vwap"), "{error}");
}
