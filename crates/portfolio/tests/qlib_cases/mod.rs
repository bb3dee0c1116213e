//! The markets and cases in `tests/qlib/`.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};

use backstaff_panel::{Axis, Calendar, Column, Instrument, Panel, Session, Signal};
use backstaff_portfolio::{
    Counting, DropoutRules, MethodBuy, MethodSell, QlibRules, Side,
    measure::qlib::ReportRow,
    qlib::{Capacity, Limit, TradeType, VolumeLimit},
};
use serde_json::Value;

/// A market and the settings under which it is traded.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) panel: Panel,
    pub(crate) signal: Signal,
    pub(crate) rules: QlibRules,
    pub(crate) account: f64,
    pub(crate) start: Session,
    pub(crate) end: Session,
    /// The rules of a dropout; `None`: target weights for the best `ladder`.
    pub(crate) dropout: Option<DropoutRules>,
    pub(crate) ladder: usize,
    pub(crate) risk_degree: f64,
}

/// What Qlib made of a case.
pub(crate) struct QlibAccount {
    pub(crate) orders: Vec<ExpectedOrder>,
    pub(crate) report: Vec<ReportRow>,
    pub(crate) indicators: Vec<Vec<f64>>,
    pub(crate) indicator_means: Vec<f64>,
    pub(crate) risk_sum: Vec<f64>,
    pub(crate) risk_product: Vec<f64>,
}

pub(crate) struct ExpectedOrder {
    pub(crate) session: Session,
    pub(crate) instrument: String,
    pub(crate) side: Side,
    pub(crate) amount: f64,
    pub(crate) deal_amount: f64,
    pub(crate) price: f64,
    pub(crate) value: f64,
    pub(crate) cost: f64,
}

pub(crate) fn all() -> Vec<(Case, QlibAccount)> {
    let mut files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut markets = BTreeMap::new();
    let read = |path: PathBuf| {
        let json = serde_json::from_str::<Value>(&fs::read_to_string(&path).unwrap()).unwrap();
        let market = json["market"].as_str().unwrap().to_owned();
        let (panel, signal) = markets.entry(market.clone()).or_insert_with(|| read_market(&market)).clone();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (case(name, panel, signal, &json), account(&json))
    };
    files.into_iter().map(read).collect()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/qlib")
}

fn read_market(name: &str) -> (Panel, Signal) {
    let text = fs::read_to_string(folder().join(format!("{name}.csv"))).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let rows = lines.collect::<Vec<_>>();
    let session = |row: &[&str]| row[1].parse::<Session>().unwrap();
    let mut sessions = rows.iter().map(|row| session(row)).collect::<Vec<_>>();
    sessions.sort_unstable();
    sessions.dedup();
    let calendar = Calendar::new(sessions);
    let mut lives = Vec::<(Instrument, std::ops::Range<usize>)>::new();
    for row in &rows {
        let position = calendar.position(session(row)).unwrap();
        match lives.last_mut().filter(|(instrument, _)| instrument.name() == row[0]) {
            Some((_, life)) => life.end = position + 1,
            None => lives.push((row[0].into(), position..position + 1)),
        }
    }
    let mut panel = Panel::new(Arc::new(Axis::new(calendar, lives)));
    for (number, column) in header.iter().enumerate().take(header.len() - 1).skip(2) {
        let values = rows.iter().map(|row| row[number].parse::<f32>().unwrap_or(f32::NAN)).collect();
        panel.insert(column, Column::F32(values)).unwrap();
    }
    let scores = rows.iter().map(|row| row[header.len() - 1].parse::<f64>().unwrap_or(f64::NAN));
    (panel, Signal::new("score", scores.collect()))
}

fn session(json: &Value) -> Session {
    json.as_str().unwrap().parse().unwrap()
}

fn numbers(json: &Value) -> Vec<f64> {
    json.as_array().unwrap().iter().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect()
}

/// The name of a column, without the sign that Qlib writes before it.
fn column(json: &Value) -> String {
    json.as_str().unwrap().trim_start_matches('$').to_owned()
}

fn case(name: String, panel: Panel, signal: Signal, json: &Value) -> Case {
    let strategy = &json["strategy"];
    let count = |key: &str, default: u64| strategy[key].as_u64().unwrap_or(default) as usize;
    let risk_degree = strategy["risk_degree"].as_f64().unwrap_or(0.95);
    let dropout = DropoutRules {
        topk: count("topk", 0),
        n_drop: count("n_drop", 0),
        method_sell: MethodSell::Bottom,
        method_buy: MethodBuy::Top,
        hold_thresh: count("hold_thresh", 1),
        only_tradable: strategy["only_tradable"].as_bool().unwrap_or(false),
        forbid_all_trade_at_limit: strategy["forbid_all_trade_at_limit"].as_bool().unwrap_or(true),
        risk_degree,
        counting: Counting::Strict,
        seed: 0,
    };
    Case {
        name,
        panel,
        signal,
        rules: rules(json),
        account: json["other"]["account"].as_f64().unwrap_or(1e6),
        start: session(&json["start"]),
        end: session(&json["end"]),
        dropout: strategy["weights"].is_null().then_some(dropout),
        ladder: count("weights", 0),
        risk_degree,
    }
}

fn rules(json: &Value) -> QlibRules {
    let exchange = &json["exchange"];
    let mut rules = if json["region"] == "cn" { QlibRules::china() } else { QlibRules::united_states() };
    for (key, value) in exchange.as_object().unwrap() {
        let number = value.as_f64();
        match key.as_str() {
            "deal_price" if value.is_array() => rules.deal_price = (column(&value[0]), column(&value[1])),
            "deal_price" => rules.deal_price = (column(value), column(value)),
            "limit_threshold" if value.is_array() => {
                rules.limit = Limit::Columns(column(&value[0]), column(&value[1]));
            }
            "limit_threshold" => rules.limit = Limit::Change(number.unwrap()),
            "trade_unit" => rules.trade_unit = number,
            "open_cost" => rules.open_cost = number.unwrap(),
            "close_cost" => rules.close_cost = number.unwrap(),
            "min_cost" => rules.min_cost = number.unwrap(),
            "impact_cost" => rules.impact_cost = number.unwrap(),
            "volume_threshold" if value.is_array() => rules.volume_limits = vec![volume_limit(None, value)],
            "volume_threshold" => {
                let limits = value.as_object().unwrap().iter();
                rules.volume_limits = limits.map(|(key, value)| volume_limit(side(key), value)).collect();
            }
            other => panic!("{other} is not read"),
        }
    }
    if json["other"]["trade_type"] == "parallel" {
        rules.trade_type = TradeType::Parallel;
    }
    rules
}

fn side(name: &str) -> Option<Side> {
    match name {
        "buy" => Some(Side::Buy),
        "sell" => Some(Side::Sell),
        _ => None,
    }
}

fn volume_limit(side: Option<Side>, json: &Value) -> VolumeLimit {
    let capacity = if json[0] == "cum" { Capacity::Cumulative } else { Capacity::Current };
    VolumeLimit { side, capacity, column: column(&json[1]) }
}

fn account(json: &Value) -> QlibAccount {
    let order = |json: &Value| {
        let [amount, deal_amount, price, value, cost] = numbers(json)[3..] else { panic!("{json}") };
        let instrument = json[1].as_str().unwrap().to_owned();
        let side = side(json[2].as_str().unwrap()).unwrap();
        let session = session(&json[0]);
        ExpectedOrder { session, instrument, side, amount, deal_amount, price, value, cost }
    };
    let row = |json: &Value| {
        let [account, return_, total_turnover, turnover, total_cost, cost, value, cash] = numbers(json)[1..]
        else {
            panic!("{json}")
        };
        let session = session(&json[0]);
        ReportRow { session, account, return_, total_turnover, turnover, total_cost, cost, value, cash }
    };
    QlibAccount {
        orders: json["orders"].as_array().unwrap().iter().map(order).collect(),
        report: json["report"].as_array().unwrap().iter().map(row).collect(),
        indicators: json["indicators"].as_array().unwrap().iter().map(numbers).collect(),
        indicator_means: numbers(&json["indicator_means"]),
        risk_sum: numbers(&json["risk_sum"]),
        risk_product: numbers(&json["risk_product"]),
    }
}
