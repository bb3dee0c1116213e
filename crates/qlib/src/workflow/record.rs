//! Records: what is computed from the scores and written.

use backstaff_panel::Session;
use backstaff_study::config::{
    Problem,
    document::{Node, Tree},
};
use backstaff_words::did_you_mean;
use serde::Deserialize;

use super::{
    dates::date_of,
    instance::{Instance, Place, value},
    quantlab,
};

/// What a workflow writes about its scores.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// The scores and labels of the test segment.
    Signal,
    /// How scores and labels go together, session by session.
    Analysis(Analysis),
    /// A portfolio by the scores.
    Portfolio(Box<PortfolioRecord>),
    /// Several portfolios, from first days with shuffled scores.
    MultiPass {
        /// The portfolio.
        portfolio: Box<PortfolioRecord>,
        /// How many there are.
        passes: u32,
        /// Whether the scores of the first day are shuffled.
        shuffle: bool,
    },
}

/// The arguments of `SigAnaRecord`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default)]
pub struct Analysis {
    /// Whether the long-short return is computed.
    pub ana_long_short: bool,
    /// The sessions of a year.
    pub ann_scaler: f64,
    /// The label, by its place.
    pub label_col: usize,
}

impl Default for Analysis {
    fn default() -> Self {
        Self { ana_long_short: false, ann_scaler: 252.0, label_col: 0 }
    }
}

/// The arguments of `PortAnaRecord`.
#[derive(Clone, Debug, PartialEq)]
pub struct PortfolioRecord {
    /// The strategy.
    pub strategy: Strategy,
    /// The first date; from the scores if absent.
    pub from: Option<Session>,
    /// The last date; from the scores if absent.
    pub to: Option<Session>,
    /// The money at the start.
    pub account: f64,
    /// The instrument that returns are compared with, or several whose mean counts.
    pub benchmark: Vec<String>,
    /// The exchange.
    pub exchange: ExchangeArguments,
    /// Arguments of the strategy that change nothing, in the original neither.
    pub idle: Vec<String>,
    /// Where the record stands in the file.
    pub key: String,
}

/// How scores become a portfolio.
#[derive(Clone, Debug, PartialEq)]
pub enum Strategy {
    /// The best of them.
    Topk(Topk),
    /// Weights as the scores above the least one, none below a hundredth: quantlab's `SentimentMomentumStrategy`.
    AboveLeast {
        /// The share of the account that is invested.
        risk_degree: f64,
    },
}

/// `TopkDropoutStrategy`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default)]
pub struct Topk {
    /// The number of instruments that are held.
    pub topk: usize,
    /// The number that is replaced at most.
    pub n_drop: usize,
    /// `bottom` or `random`.
    pub method_sell: String,
    /// `top` or `random`.
    pub method_buy: String,
    /// The bars for which an instrument is held at least.
    pub hold_thresh: usize,
    /// Whether only what can be traded is chosen.
    pub only_tradable: bool,
    /// Whether what reaches a limit trades in neither direction.
    pub forbid_all_trade_at_limit: bool,
    /// The share of the cash that is spent.
    pub risk_degree: f64,
    /// Whether Qlib's negative slices are followed, by which the book may outgrow `topk`; absent: as the run says. A key of
    /// ours.
    pub strict_qlib: Option<bool>,
}

impl Default for Topk {
    fn default() -> Self {
        Self {
            topk: 50,
            n_drop: 5,
            method_sell: "bottom".to_owned(),
            method_buy: "top".to_owned(),
            hold_thresh: 1,
            only_tradable: false,
            forbid_all_trade_at_limit: true,
            risk_degree: 0.95,
            strict_qlib: None,
        }
    }
}

/// `exchange_kwargs`.
#[derive(Clone, Debug, PartialEq)]
pub struct ExchangeArguments {
    /// The limit of the session's change; absent: the region's.
    pub limit: Option<Limit>,
    /// The prices of purchases and of sales, as fields without `$`; absent: the region's.
    pub deal_price: Option<(String, String)>,
    /// The cost of a purchase, as a share of its value.
    pub open_cost: f64,
    /// The cost of a sale.
    pub close_cost: f64,
    /// The least cost of an order.
    pub min_cost: f64,
    /// The factor of the square of an order's share of the volume.
    pub impact_cost: f64,
    /// The unit of trading in shares; absent: the region's. Null: any number of shares.
    pub trade_unit: Option<Option<f64>>,
    /// The limit of volumes.
    pub volume_threshold: Option<serde_json::Value>,
    /// Whether all orders of a session are placed at once.
    pub parallel: bool,
}

/// A limit of prices.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// A bound of the session's change.
    Change(f64),
    /// Conditions under which purchases and sales are blocked.
    Expressions(String, String),
}

impl Default for ExchangeArguments {
    fn default() -> Self {
        Self {
            limit: None,
            deal_price: None,
            open_cost: 0.0015,
            close_cost: 0.0025,
            min_cost: 5.0,
            impact_cost: 0.0,
            trade_unit: None,
            volume_threshold: None,
            parallel: false,
        }
    }
}

const RECORDS: [&str; 4] = ["SignalRecord", "SigAnaRecord", "PortAnaRecord", "MultiPassPortAnaRecord"];
const STRATEGIES: [&str; 4] =
    ["TopkDropoutStrategy", quantlab::TOPK[0], quantlab::TOPK[1], quantlab::WEIGHTS];

/// The record that stands somewhere.
pub(super) fn record(place: &Place<'_>) -> Result<Record, Vec<Problem>> {
    let one = |problem: Problem| vec![problem];
    let instance = place.instance().map_err(one)?;
    match instance.class {
        "SignalRecord" => Ok(Record::Signal),
        "SigAnaRecord" => {
            let known = [
                "model",
                "dataset",
                "ana_long_short",
                "ann_scaler",
                "label_col",
                "skip_existing",
                "recorder",
            ];
            check(&instance, &known).map_err(one)?;
            Ok(Record::Analysis(instance.arguments::<Analysis>()?))
        }
        "PortAnaRecord" => Ok(Record::Portfolio(Box::new(portfolio(&instance)?))),
        "MultiPassPortAnaRecord" => {
            let number = instance.argument("pass_num").and_then(|place| place.node.as_text()?.parse().ok());
            let shuffle = instance
                .argument("shuffle_init_score")
                .and_then(|place| Some(place.node.as_text()? != "false"));
            Ok(Record::MultiPass {
                portfolio: Box::new(portfolio(&instance)?),
                passes: number.unwrap_or(10),
                shuffle: shuffle.unwrap_or(true),
            })
        }
        _ => Err(vec![instance.unknown("record", &RECORDS, "")]),
    }
}

fn check(instance: &Instance<'_>, known: &[&str]) -> Result<(), Problem> {
    instance.kwargs.as_ref().map_or(Ok(()), |kwargs| check_keys(kwargs, known))
}

fn check_keys(place: &Place<'_>, known: &[&str]) -> Result<(), Problem> {
    for entry in place.node.entries() {
        if !known.contains(&entry.key.as_str()) {
            let near = did_you_mean(&entry.key, known.iter().copied());
            let message =
                format!("there is no argument `{}` here{near} (known: {})", entry.key, known.join(", "));
            return Err(Problem { key: place.below(&entry.key), message, place: entry.place.clone() });
        }
    }
    Ok(())
}

fn portfolio(instance: &Instance<'_>) -> Result<PortfolioRecord, Vec<Problem>> {
    let one = |problem: Problem| vec![problem];
    let known = [
        "config",
        "model",
        "dataset",
        "risk_analysis_freq",
        "indicator_analysis_freq",
        "indicator_analysis_method",
        "pass_num",
        "shuffle_init_score",
        "skip_existing",
        "recorder",
    ];
    check(instance, &known).map_err(one)?;
    let Some(config) = instance.argument("config") else {
        return Ok(usual(instance.place.key.clone()));
    };
    check_keys(&config, &["strategy", "executor", "backtest"]).map_err(one)?;
    if let Some(executor) = config.get("executor") {
        let executor = executor.instance().map_err(one)?;
        if executor.class != "SimulatorExecutor" {
            return Err(vec![executor.unknown(
                "executor",
                &["SimulatorExecutor"],
                "; executors within the day are not run",
            )]);
        }
        let known = [
            "time_per_step",
            "generate_portfolio_metrics",
            "verbose",
            "track_data",
            "trade_type",
            "indicator_config",
            "settle_type",
        ];
        check(&executor, &known).map_err(one)?;
    }
    let strategy_place = config.get("strategy").ok_or_else(|| vec![config.problem("needs `strategy`")])?;
    let mut record = usual(instance.place.key.clone());
    (record.strategy, record.idle) = strategy(&strategy_place)?;
    if let Some(trade_type) = config.get("executor").and_then(|place| place.get("kwargs")?.get("trade_type"))
    {
        record.exchange.parallel = trade_type.node.as_text() == Some("parallel");
    }
    let Some(backtest) = config.get("backtest") else { return Ok(record) };
    check_keys(&backtest, &["start_time", "end_time", "account", "benchmark", "exchange_kwargs", "pos_type"])
        .map_err(one)?;
    record.from = date_of(&backtest, "start_time").map_err(one)?;
    record.to = date_of(&backtest, "end_time").map_err(one)?;
    if let Some(place) = backtest.get("account") {
        record.account = number(&place).map_err(one)?;
    }
    if let Some(place) = backtest.get("benchmark") {
        let names = place.items().into_iter().filter_map(|item| item.node.as_text().map(str::to_owned));
        record.benchmark = names.collect();
    }
    if let Some(place) = backtest.get("exchange_kwargs") {
        let parallel = record.exchange.parallel;
        record.exchange = ExchangeArguments { parallel, ..exchange(&place).map_err(one)? };
    }
    Ok(record)
}

/// The portfolio of a record that says nothing.
fn usual(key: String) -> PortfolioRecord {
    PortfolioRecord {
        strategy: Strategy::Topk(Topk::default()),
        idle: Vec::new(),
        from: None,
        to: None,
        account: 1e8,
        benchmark: vec!["SH000300".to_owned()],
        exchange: ExchangeArguments {
            limit: Some(Limit::Change(0.095)),
            deal_price: Some(("close".to_owned(), "close".to_owned())),
            open_cost: 0.0005,
            close_cost: 0.0015,
            ..ExchangeArguments::default()
        },
        key,
    }
}

fn strategy(place: &Place<'_>) -> Result<(Strategy, Vec<String>), Vec<Problem>> {
    let instance = place.instance().map_err(|problem| vec![problem])?;
    if !STRATEGIES.contains(&instance.class) {
        let otherwise = "; in Python the module `backstaff.qlib` runs strategies of your own";
        return Err(vec![instance.unknown("strategy", &STRATEGIES, otherwise)]);
    }
    let of_quantlab = instance.class != STRATEGIES[0];
    let mut idle = Vec::new();
    if of_quantlab {
        let entries = instance.kwargs.iter().flat_map(|kwargs| kwargs.node.entries());
        let own = entries.map(|entry| entry.key.clone()).filter(|key| quantlab::IDLE.contains(&key.as_str()));
        idle.extend(own);
    }
    let known = TOPK_ARGUMENTS.iter().chain(if of_quantlab { &quantlab::IDLE[..] } else { &[] }).copied();
    let known = known.chain(of_quantlab.then_some("min_hold_days")).collect::<Vec<_>>();
    check(&instance, &known).map_err(|problem| vec![problem])?;
    let mut topk = instance.arguments::<Topk>()?;
    if instance.class == quantlab::WEIGHTS {
        return Ok((Strategy::AboveLeast { risk_degree: topk.risk_degree }, idle));
    }
    if let Some(days) =
        instance.argument("min_hold_days").and_then(|place| place.node.as_text()?.parse().ok())
    {
        topk.hold_thresh = days;
    }
    for (key, text, known) in
        [("method_sell", &topk.method_sell, "bottom"), ("method_buy", &topk.method_buy, "top")]
    {
        if text != known {
            let place = instance.argument(key).unwrap_or_else(|| place.clone());
            let message =
                format!("only `{known}` runs here: {text:?} draws at random without a seed in Qlib");
            return Err(vec![place.problem(message)]);
        }
    }
    Ok((Strategy::Topk(topk), idle))
}

/// The arguments of `TopkDropoutStrategy`.
const TOPK_ARGUMENTS: [&str; 15] = [
    "signal",
    "model",
    "dataset",
    "topk",
    "n_drop",
    "method_sell",
    "method_buy",
    "hold_thresh",
    "only_tradable",
    "forbid_all_trade_at_limit",
    "risk_degree",
    "strict_qlib",
    "trade_exchange",
    "level_infra",
    "common_infra",
];

fn number(place: &Place<'_>) -> Result<f64, Problem> {
    let number = place.node.as_text().and_then(|text| text.replace('_', "").parse::<f64>().ok());
    number.filter(|number| number.is_finite()).ok_or_else(|| place.problem("must be a number"))
}

fn exchange(place: &Place<'_>) -> Result<ExchangeArguments, Problem> {
    let known = [
        "freq",
        "limit_threshold",
        "deal_price",
        "open_cost",
        "close_cost",
        "min_cost",
        "impact_cost",
        "trade_unit",
        "volume_threshold",
        "subscribe_fields",
        "codes",
        "start_time",
        "end_time",
    ];
    check_keys(place, &known)?;
    let of = |key: &str, usual: f64| place.get(key).map_or(Ok(usual), |place| number(&place));
    let usual = ExchangeArguments::default();
    let limit = match place.get("limit_threshold") {
        None => None,
        Some(place) => Some(match &place.node.value {
            Tree::List(items) => match items.as_slice() {
                [buy, sell] => {
                    let text = |node: &Node| node.as_text().map(str::to_owned);
                    let pair =
                        text(buy).zip(text(sell)).ok_or_else(|| place.problem("must be two expressions"))?;
                    Limit::Expressions(pair.0, pair.1)
                }
                _ => {
                    return Err(
                        place.problem("must be a number, or two expressions: of purchases and of sales")
                    );
                }
            },
            _ => Limit::Change(number(&place)?),
        }),
    };
    let deal_price = match place.get("deal_price") {
        None => None,
        Some(place) => {
            let field = |node: &Node| node.as_text().map(|text| text.trim_start_matches('$').to_owned());
            let pair = match &place.node.value {
                Tree::List(items) => match items.as_slice() {
                    [buy, sell] => field(buy).zip(field(sell)),
                    _ => None,
                },
                _ => field(place.node).map(|price| (price.clone(), price)),
            };
            Some(pair.ok_or_else(|| {
                place.problem("must be a field such as `close`, or two: of purchases and of sales")
            })?)
        }
    };
    let trade_unit = match place.node.get("trade_unit") {
        None => None,
        Some(node) if node.value == Tree::Null => Some(None),
        Some(node) => Some(Some(number(&Place { key: place.below("trade_unit"), node })?)),
    };
    Ok(ExchangeArguments {
        limit,
        deal_price,
        open_cost: of("open_cost", usual.open_cost)?,
        close_cost: of("close_cost", usual.close_cost)?,
        min_cost: of("min_cost", usual.min_cost)?,
        impact_cost: of("impact_cost", usual.impact_cost)?,
        trade_unit,
        volume_threshold: place.get("volume_threshold").map(|place| value(place.node)),
        parallel: false,
    })
}
