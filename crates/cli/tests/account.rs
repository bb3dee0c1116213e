//! Orders for an account that its owner states.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::Value;
use support::{STUDY, Workplace, date, prices};

/// The newest close of each instrument in a table of prices.
fn newest_closes(table: &str) -> BTreeMap<String, f64> {
    let cells = table.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    let last = "2013-06-14";
    cells
        .filter(|cells| cells[0] == last)
        .map(|cells| (cells[1].to_owned(), cells[5].parse().unwrap()))
        .collect()
}

fn numbers(orders: &Value, key: &str) -> BTreeMap<String, f64> {
    let number = |order: &Value| {
        let sign = if order["side"] == "buy" { 1.0 } else { -1.0 };
        (order["instrument"].as_str().unwrap().to_owned(), sign * order[key].as_f64().unwrap())
    };
    orders["orders"].as_array().unwrap().iter().map(number).collect()
}

#[test]
fn what_is_held_is_changed_into_what_is_wanted_in_whole_shares() {
    let place = Workplace::new();
    place.write("my.csv", "Symbol,Quantity\nS04,100\nS05,40\nELSE,7\n");
    let arguments =
        ["orders", "study.yaml", "--holdings", "my.csv", "--cash", "25000", "--out", "orders.csv"];
    let orders = place.json(&arguments);
    let closes = newest_closes(&prices(10, 900, false));
    let equity = 25_000.0 + 100.0 * closes["S04"] + 40.0 * closes["S05"];
    assert!((orders["equity"].as_f64().unwrap() / equity - 1.0).abs() < 1e-12, "{orders}");
    let mut shares = numbers(&orders, "shares");
    assert!(shares.values().all(|shares| shares.fract() == 0.0), "{shares:?}");
    // An independent account: what is held plus the orders gives the weights that are wanted.
    let mut held = BTreeMap::from([("S04".to_owned(), 100.0), ("S05".to_owned(), 40.0)]);
    for (name, change) in &mut shares {
        *held.entry(name.clone()).or_default() += *change;
    }
    let paid = numbers(&orders, "value").values().sum::<f64>();
    let commission = numbers(&orders, "value").values().map(|value| value.abs() * 5e-4).sum::<f64>();
    let cash = 25_000.0 - paid - commission;
    assert!((orders["cash_after"].as_f64().unwrap() - cash).abs() < 1e-6 && cash >= 0.0, "{orders}");
    let value = |name: &String, shares: f64| shares * closes[name];
    let after = cash + held.iter().map(|(name, &shares)| value(name, shares)).sum::<f64>();
    for (name, weight) in orders["target_weights"].as_object().unwrap() {
        let own = value(name, held[name]) / after;
        assert!((own - weight.as_f64().unwrap()).abs() < 1e-9, "{name}: {own} {weight}");
    }
    assert_eq!(orders["unknown_holdings"], serde_json::json!([["ELSE", 7.0]]));
    let told = orders["notes"].to_string();
    assert!(told.contains("1 holding") && told.contains("ELSE"), "{told}");
    let written = std::fs::read_to_string(place.path("orders.csv")).unwrap();
    assert_eq!(written.lines().count(), 1 + orders["orders"].as_array().unwrap().len());
    assert!(written.starts_with("instrument,side,shares,price,value,cost,weight_before,weight_after\n"));
}

#[test]
fn an_account_that_holds_what_is_wanted_has_nothing_to_trade() {
    let place = Workplace::new();
    let first = place.json(&["orders", "study.yaml", "--cash", "1000000"]);
    let mut table = String::from("instrument,shares\n");
    for (name, shares) in numbers(&first, "shares") {
        let _ = writeln!(table, "{name},{shares}");
    }
    place.write("my.csv", &table);
    let cash = first["cash_after"].as_f64().unwrap().to_string();
    let again = place.json(&["orders", "study.yaml", "--holdings", "my.csv", "--cash", &cash]);
    assert_eq!(again["orders"], serde_json::json!([]), "{again}");
    assert_eq!(again["weights"], again["target_weights"]);
}

#[test]
fn shares_and_prices_are_those_that_are_quoted() {
    // Every share was split in two long ago: adjusted prices are half of the quoted ones before, and the same since.
    let place = Workplace::empty();
    let table = prices(10, 900, false);
    let mut adjusted = String::from("date,symbol,open,high,low,close,volume,adj_close\n");
    for line in table.lines().skip(1) {
        let cells = line.split(',').collect::<Vec<_>>();
        let factor = if cells[0] < "2011-01-01" { 0.5 } else { 1.0 };
        let quoted = |at: usize| cells[at].parse::<f64>().unwrap() / factor;
        let prices = [2, 3, 4, 5].map(|at| format!("{:.4}", quoted(at))).join(",");
        let _ =
            writeln!(adjusted, "{},{},{prices},{},{:.4}", cells[0], cells[1], cells[6], quoted(5) * factor);
    }
    place.write("prices.csv", &adjusted);
    place.write("study.yaml", &STUDY.replace("adjustment: as_is", "adjustment: auto"));
    let orders = place.json(&["orders", "study.yaml", "--cash", "100000"]);
    let closes = newest_closes(&table);
    let prices = numbers(&orders, "price");
    assert!(!prices.is_empty());
    for (name, price) in prices {
        assert!((price / (closes[&name] * 1.0005) - 1.0).abs() < 1e-9, "{name}: {price} {}", closes[&name]);
    }
    assert!(numbers(&orders, "shares").values().all(|shares| shares.fract() == 0.0), "{orders}");
}

#[test]
fn positions_come_with_the_orders_that_protect_them() {
    let place = Workplace::new();
    place.write("study.yaml", &STUDY.replace("  costs:", "  stop: 0.1\n  take_profit: 0.2\n  costs:"));
    let orders = place.json(&["orders", "study.yaml", "--cash", "100000"]);
    let closes = newest_closes(&prices(10, 900, false));
    let all = orders["protective"].as_array().unwrap();
    assert_eq!(all.len(), 2 * orders["target_weights"].as_object().unwrap().len(), "{orders}");
    for order in all {
        let close = closes[order["instrument"].as_str().unwrap()];
        let (form, level) = if order["reason"] == "stop" { ("stop", 0.9) } else { ("limit", 1.2) };
        assert!(order["form"] == form && order["side"] == "sell", "{order}");
        assert!((order["price"].as_f64().unwrap() / (close * level) - 1.0).abs() < 1e-6, "{order}");
    }
}

#[test]
fn old_data_are_told_and_refused_where_a_limit_is_set() {
    let place = Workplace::new();
    let orders = place.json(&["orders", "study.yaml"]);
    assert_eq!(orders["ages"]["data"], "2013-06-14");
    assert!(orders["ages"]["data_days"].as_i64().unwrap() > 4_000, "{orders}");
    assert!(orders["ages"]["model"].is_string() && orders["ages"]["eligible"] == 9, "{orders}");
    let (code, text) = place.failure(&["orders", "study.yaml", "--max-age", "5"]);
    assert_eq!(code, 5, "{text}");
    assert!(text.contains("2013-06-14") && text.contains("backstaff update"), "{text}");
}

#[test]
fn fresh_data_pass_the_limit() {
    let place = Workplace::empty();
    let passed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let today = i32::try_from(passed.as_secs() / 86_400).unwrap();
    let mut table = String::from("date,symbol,open,close\n");
    for day in 0..60 {
        for (symbol, level) in [("A", 10 + day % 3), ("B", 20 + day % 5), ("C", 30 - day % 4)] {
            let _ = writeln!(table, "{},{symbol},{level},{level}", date(today - 60 + day));
        }
    }
    place.write("prices.csv", &table);
    place.write(
        "study.yaml",
        "backstaff: 1\nname: fresh\ndata: {prices: {path: prices.csv}, calendar: 24/7}\nmodels: {m: {expression: \
         '$close / Ref($close, 3)'}}\nportfolio: {strategy: {top_n: {n: 1}}, execution: close}\n",
    );
    let orders = place.json(&["orders", "study.yaml", "--max-age", "3", "--cash", "1000"]);
    assert!(orders["ages"]["data_days"].as_i64().unwrap() <= 2, "{orders}");
    assert!(orders["ages"]["model"].is_null(), "{orders}");
}

#[test]
fn mistakes_are_named() {
    let place = Workplace::new();
    place.write("amounts.csv", "symbol,amount\nS04,3\n");
    place.write("letters.csv", "symbol,shares\nS04,many\n");
    let with = |more: &[&str]| place.failure(&[&["orders", "study.yaml"], more].concat());
    for (arguments, code, told) in [
        (&["--holdings", "amounts.csv", "--cash", "1"][..], 4, "call it `shares`"),
        (&["--holdings", "letters.csv", "--cash", "1"], 4, "\"many\" is not a number of shares"),
        (&["--holdings", "letters.csv"], 2, "--cash"),
        (&["--cash=-1"], 4, "write 0 or more"),
        (&["--cash", "1", "--lot", "x"], 2, "a lot is a number of shares"),
        (&["--cash", "1", "--out", "orders.xlsx"], 4, ".csv nor .parquet"),
        (&["--out", "prices.csv"], 4, "prices.csv is not written"),
    ] {
        let (found, text) = with(arguments);
        assert!(found == code && text.contains(told), "{arguments:?}: {found} {text}");
    }
}
