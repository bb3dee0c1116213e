//! The portfolio of a record, on the one ledger under Qlib's rules.

use std::{ops::Range, sync::Arc};

use backstaff_feature::Plan;
use backstaff_panel::{Encoding, Panel, Session, Signal, Universe};
use backstaff_portfolio::{
    Backtest, Counting, Exchange, Market, QlibTopkDropout, Side, Strategy, Terms, backtest,
    measure::qlib::{
        Accumulation, DAYS_PER_YEAR, IndicatorMeans, Indicators, ReportRow, RiskAnalysis, indicator_means,
        indicators, report, risk_analysis,
    },
    qlib::{Capacity, Limit, QlibRules, TradeType, VolumeLimit},
};
use backstaff_study::StudyError;
use backstaff_words::did_you_mean;
use serde_json::Value;

use crate::{
    above_least::AboveLeast,
    alpha::Named,
    frame::expressions,
    workflow::{self, ExchangeArguments, PortfolioRecord, Region},
};

/// Scores with the names of their instruments.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// The date of each row.
    pub dates: Vec<Session>,
    /// The instrument of each row.
    pub instruments: Vec<Arc<str>>,
    /// One score a row; NaN is none.
    pub values: Vec<f64>,
}

/// What became of a portfolio.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The account at each close.
    pub report: Vec<ReportRow>,
    /// The return of the benchmark at each of them.
    pub bench: Vec<f64>,
    /// How orders were filled, session by session.
    pub indicators: Vec<Indicators>,
    /// Their means.
    pub means: IndicatorMeans,
    /// The benchmark's risk, and that of the excess return before and after costs.
    pub risks: [RiskAnalysis; 3],
    /// The whole ledger.
    pub backtest: Backtest,
    /// What a reader should know.
    pub warnings: Vec<String>,
}

/// Trade scores by the rules of a record.
///
/// # Errors
///
/// If the dates hold no session, the benchmark or a field is not in the data, or a rule is wrong.
pub fn simulate(
    panel: &Panel,
    region: Region,
    record: &PortfolioRecord,
    scores: &Scores,
    strict: bool,
) -> Result<Outcome, StudyError> {
    let wrong =
        |key: &str, message: String| StudyError::Value { key: format!("{}.{key}", record.key), message };
    let mut panel = panel.clone();
    let mut warnings = Vec::new();
    let rules = rules(&mut panel, region, &record.exchange, &record.key)?;
    stand_in_for_change(&mut panel, &rules, &mut warnings)?;
    let axis = panel.axis().clone();
    let calendar = axis.calendar();
    let sessions = calendar.sessions();
    let (Some(&first), Some(&last)) = (scores.dates.iter().min(), scores.dates.iter().max()) else {
        return Err(wrong("signal", "there is no score".to_owned()));
    };
    let days = days(record, sessions, (first, last), &mut warnings)?;
    let market = Market::new(&panel)?;
    let market = market
        .with_qlib(&panel, &rules, days.clone())
        .map_err(|error| wrong("config.backtest.exchange_kwargs", error.to_string()))?;
    let exchange = Exchange { qlib: Some(rules), ..Exchange::default() };
    let mut strategy = strategy(&record.strategy, strict)
        .map_err(|error| wrong("config.strategy.kwargs", error.to_string()))?;
    let signal = signal(&panel, scores, &mut warnings);
    let universe = Universe::new(vec![true; axis.n_rows()]);
    let terms = Terms::qlib(record.account, days.clone());
    let result = backtest(&market, &universe, &exchange, &terms, &signal, &mut *strategy)
        .map_err(|error| wrong("config.backtest", error.to_string()))?;
    let report = report(&result.days, calendar.session(days.start));
    let bench = benchmark(&panel, &record.benchmark, &report)
        .map_err(|message| wrong("config.backtest.benchmark", message))?;
    let indicators = indicators(&report, &result.orders);
    let excess = |cost: f64| {
        let rows = report.iter().zip(&bench).map(|(row, bench)| row.return_ - bench - cost * row.cost);
        risk_analysis(&rows.collect::<Vec<_>>(), DAYS_PER_YEAR, Accumulation::Sum)
    };
    let risks = [risk_analysis(&bench, DAYS_PER_YEAR, Accumulation::Sum), excess(0.0), excess(1.0)];
    Ok(Outcome {
        means: indicator_means(&indicators),
        report,
        bench,
        indicators,
        risks,
        backtest: result,
        warnings,
    })
}

/// The trading days of a record, as positions in the calendar; those of the scores, and one behind, where it names none.
fn days(
    record: &PortfolioRecord,
    sessions: &[Session],
    (first, last): (Session, Session),
    warnings: &mut Vec<String>,
) -> Result<Range<usize>, StudyError> {
    let wrong =
        |message: String| StudyError::Value { key: format!("{}.config.backtest", record.key), message };
    let start = sessions.partition_point(|&session| session < record.from.unwrap_or(first));
    let end = match record.to {
        Some(to) => sessions.partition_point(|&session| session <= to),
        None => (sessions.partition_point(|&session| session <= last) + 1).min(sessions.len()),
    };
    if start >= end {
        let (first, last) = (sessions.first(), sessions.last());
        let (Some(first), Some(last)) = (first, last) else {
            return Err(wrong("there is no data".to_owned()));
        };
        return Err(wrong(format!("no session lies in these dates; the data go from {first} to {last}")));
    }
    if let Some(to) = record.to
        && sessions.last().is_some_and(|&last| last < to)
    {
        warnings.push(format!(
            "the back-test ends with the data on {}, not on {to}",
            sessions[sessions.len() - 1]
        ));
    }
    if record.from.is_some_and(|from| from < first) {
        warnings.push(format!(
            "the back-test begins on {}, and the scores on {first}: until then the account lies in cash while the benchmark \
             runs",
            sessions[start]
        ));
    }
    Ok(start..end)
}

fn strategy(strategy: &workflow::Strategy, strict: bool) -> Result<Box<dyn Strategy>, StudyError> {
    let topk = match strategy {
        workflow::Strategy::AboveLeast { risk_degree } => {
            return Ok(Box::new(AboveLeast { risk_degree: *risk_degree }));
        }
        workflow::Strategy::Topk(topk) => topk,
    };
    let made = QlibTopkDropout::new(topk.topk, topk.n_drop)?
        .hold_thresh(topk.hold_thresh)
        .risk_degree(topk.risk_degree)?
        .counting(if topk.strict_qlib.unwrap_or(strict) { Counting::Strict } else { Counting::Capped });
    let made = if topk.only_tradable { made.only_tradable() } else { made };
    Ok(Box::new(if topk.forbid_all_trade_at_limit { made } else { made.trade_at_limit() }))
}

/// The rules of the ledger; what they read as expressions becomes columns of the panel.
fn rules(
    panel: &mut Panel,
    region: Region,
    arguments: &ExchangeArguments,
    key: &str,
) -> Result<QlibRules, StudyError> {
    let key = |name: &str| format!("{key}.config.backtest.exchange_kwargs.{name}");
    let limit = match &arguments.limit {
        None => region.limit().map_or(Limit::None, Limit::Change),
        Some(workflow::Limit::Change(limit)) => Limit::Change(*limit),
        Some(workflow::Limit::Expressions(buy, sell)) => {
            let names = ["limit of purchases", "limit of sales"];
            for (name, expression) in names.iter().zip([buy, sell]) {
                add(panel, name, expression)?;
            }
            Limit::Columns(names[0].to_owned(), names[1].to_owned())
        }
    };
    let mut volume_limits = Vec::new();
    if let Some(threshold) = &arguments.volume_threshold {
        let mistaken = || {
            StudyError::Value {
            key: key("volume_threshold"),
            message: "is `[cum, EXPRESSION]` or `[current, EXPRESSION]`, or a mapping of `all`, `buy`, `sell` to these".to_owned(),
        }
        };
        let sides = match threshold {
            Value::Object(map) => map.iter().map(|(side, value)| (side.clone(), value.clone())).collect(),
            value => vec![("all".to_owned(), value.clone())],
        };
        for (n, (side, value)) in sides.into_iter().enumerate() {
            let pair = value.as_array().map(Vec::as_slice);
            let Some([capacity, expression]) = pair else { return Err(mistaken()) };
            let column = format!("limit of volume {n}");
            add(panel, &column, expression.as_str().ok_or_else(mistaken)?)?;
            volume_limits.push(VolumeLimit {
                side: match side.as_str() {
                    "all" => None,
                    "buy" => Some(Side::Buy),
                    "sell" => Some(Side::Sell),
                    _ => return Err(mistaken()),
                },
                capacity: match capacity.as_str() {
                    Some("cum") => Capacity::Cumulative,
                    Some("current") => Capacity::Current,
                    _ => return Err(mistaken()),
                },
                column,
            });
        }
    }
    let deal_price = arguments.deal_price.clone().unwrap_or_else(|| ("close".to_owned(), "close".to_owned()));
    for name in [&deal_price.0, &deal_price.1] {
        if panel.field(name).is_none() {
            let known = panel.fields().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
            let message = format!("the data have no field {name} (they have {known})");
            return Err(StudyError::Value { key: key("deal_price"), message });
        }
    }
    Ok(QlibRules {
        deal_price,
        limit,
        trade_unit: arguments.trade_unit.unwrap_or(Some(region.trade_unit())),
        open_cost: arguments.open_cost,
        close_cost: arguments.close_cost,
        min_cost: arguments.min_cost,
        impact_cost: arguments.impact_cost,
        volume_limits,
        trade_type: if arguments.parallel { TradeType::Parallel } else { TradeType::Serial },
    })
}

/// Data without the field that limits are measured by get it from their closes.
fn stand_in_for_change(
    panel: &mut Panel,
    rules: &QlibRules,
    warnings: &mut Vec<String>,
) -> Result<(), StudyError> {
    if panel.field("change").is_some() || !matches!(rules.limit, Limit::Change(_)) {
        return Ok(());
    }
    warnings.push(
        "the data have no field change: limits are measured by the change of the close (Qlib would see no limit)".to_owned(),
    );
    add(panel, "change", "$close/Ref($close, 1)-1")
}

/// Compute an expression as a column of this name.
fn add(panel: &mut Panel, name: &str, expression: &str) -> Result<(), StudyError> {
    let labels = expressions(panel, &[Named::new("exchange_kwargs", expression)])?;
    let mut columns = Plan::of_labels(&labels).compute(panel, Encoding::F32, &())?;
    panel.insert(name, columns.remove(0))?;
    Ok(())
}

/// Scores as a column of the panel.
fn signal(panel: &Panel, scores: &Scores, warnings: &mut Vec<String>) -> Signal {
    let axis = panel.axis();
    let mut values = vec![f64::NAN; axis.n_rows()];
    let mut lost = 0;
    for ((&date, name), &value) in scores.dates.iter().zip(&scores.instruments).zip(&scores.values) {
        let position = axis.calendar().sessions().binary_search(&date).ok();
        let row = position.zip(axis.find(name)).and_then(|(position, i)| axis.row(i, position));
        match row {
            Some(row) => values[row] = value,
            None => lost += usize::from(!value.is_nan()),
        }
    }
    if lost > 0 {
        warnings
            .push(format!("{lost} scores are of instruments or dates without a bar, and can't be traded"));
    }
    Signal::new("score", values)
}

/// The mean return of the benchmark's instruments at the sessions of a report; 0 where it has none, as in Qlib.
fn benchmark(panel: &Panel, names: &[String], report: &[ReportRow]) -> Result<Vec<f64>, String> {
    let axis = panel.axis();
    let Some(close) = panel.field("close") else { return Err("the data have no close".to_owned()) };
    let mut instruments = Vec::new();
    for name in names {
        let Some(i) = axis.find(name).or_else(|| axis.find(&name.to_uppercase())) else {
            let all = axis.instruments().iter().map(backstaff_panel::Instrument::name);
            let near = did_you_mean(name, all);
            return Err(format!("the data have no instrument {name:?}{near}"));
        };
        instruments.push(i);
    }
    let of = |row: &ReportRow| {
        let position = axis.calendar().sessions().binary_search(&row.session).ok();
        let change = |&i: &usize| {
            let row = axis.row(i, position?)?;
            let before = row.checked_sub(1).filter(|before| axis.rows(i).contains(before))?;
            // As Qlib's expression: each step in 32 bits.
            let ratio = close.get(row) as f32 / close.get(before) as f32 - 1.0;
            (!ratio.is_nan()).then_some(f64::from(ratio))
        };
        let changes = instruments.iter().filter_map(change).collect::<Vec<_>>();
        if changes.is_empty() { 0.0 } else { changes.iter().sum::<f64>() / changes.len() as f64 }
    };
    Ok(report.iter().map(of).collect())
}
