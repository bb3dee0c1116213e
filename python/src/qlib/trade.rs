//! Portfolios by Qlib's rules, and its measures.

use std::sync::Arc;

use backstaff_panel::Session;
use backstaff_portfolio::{
    Backtest, Side,
    measure::qlib::{Accumulation, Indicators, ReportRow, risk_analysis},
};
use backstaff_qlib::{
    analysis::{Series, analyse},
    portfolio::{Scores, simulate},
    workflow::{Analysis, ExchangeArguments, Limit, PortfolioRecord, Region, Strategy, Topk},
};
use backstaff_study::{StudyError, on_threads};
use pyo3::{
    buffer::PyBuffer,
    prelude::*,
    types::{PyByteArray, PyDict},
};
use serde::Deserialize;
use serde_json::Value;

use super::{folder::QlibFolder, numbers, own, whole};
use crate::{
    detached::detached,
    error::{argument, exception},
};

/// What is traded, as a JSON object; dates are days since 1970.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    region: String,
    from: Option<i32>,
    to: Option<i32>,
    account: f64,
    benchmark: Vec<String>,
    strategy: Option<Topk>,
    exchange: AskedExchange,
    strict: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AskedExchange {
    limit_threshold: Option<Value>,
    deal_price: Option<(String, String)>,
    open_cost: Option<f64>,
    close_cost: Option<f64>,
    min_cost: Option<f64>,
    impact_cost: Option<f64>,
    /// Absent: the region's; 0: none.
    trade_unit: Option<f64>,
    volume_threshold: Option<Value>,
    parallel: bool,
}

impl Asked {
    pub(super) fn region(&self) -> Region {
        match self.region.as_str() {
            "us" => Region::Us,
            "tw" => Region::Tw,
            _ => Region::Cn,
        }
    }

    fn record(&self) -> Result<PortfolioRecord, String> {
        let usual = ExchangeArguments::default();
        let asked = &self.exchange;
        let limit = match &asked.limit_threshold {
            None | Some(Value::Null) => None,
            Some(Value::Number(limit)) => Some(Limit::Change(limit.as_f64().unwrap_or(f64::NAN))),
            Some(Value::Array(pair)) => match pair.as_slice() {
                [Value::String(buy), Value::String(sell)] => {
                    Some(Limit::Expressions(buy.clone(), sell.clone()))
                }
                _ => return Err("limit_threshold: must be a number or two expressions".to_owned()),
            },
            Some(_) => return Err("limit_threshold: must be a number or two expressions".to_owned()),
        };
        Ok(PortfolioRecord {
            strategy: Strategy::Topk(self.strategy.clone().unwrap_or_default()),
            idle: Vec::new(),
            from: self.from.map(Session::from_number),
            to: self.to.map(Session::from_number),
            account: self.account,
            benchmark: self.benchmark.clone(),
            exchange: ExchangeArguments {
                limit,
                deal_price: asked.deal_price.clone(),
                open_cost: asked.open_cost.unwrap_or(usual.open_cost),
                close_cost: asked.close_cost.unwrap_or(usual.close_cost),
                min_cost: asked.min_cost.unwrap_or(usual.min_cost),
                impact_cost: asked.impact_cost.unwrap_or(usual.impact_cost),
                trade_unit: asked.trade_unit.map(|unit| (unit > 0.0).then_some(unit)),
                volume_threshold: asked.volume_threshold.clone(),
                parallel: asked.parallel,
            },
            key: "backtest".to_owned(),
        })
    }
}

/// What became of a portfolio, for arrays.
pub(super) struct Traded {
    pub report: Vec<ReportRow>,
    pub bench: Vec<f64>,
    pub indicators: Vec<Indicators>,
    pub backtest: Backtest,
    pub warnings: Vec<String>,
}

/// Scores by the number of their day and the place of their instrument among `names`.
fn scores(
    py: Python<'_>,
    names: Vec<String>,
    (days, instruments, values): (PyBuffer<i32>, PyBuffer<u32>, PyBuffer<f64>),
) -> PyResult<Scores> {
    let names = names.into_iter().map(Arc::<str>::from).collect::<Vec<_>>();
    let named = instruments.to_vec(py)?.into_iter().map(|i| names.get(i as usize).cloned());
    let named = named.collect::<Option<Vec<_>>>();
    Ok(Scores {
        dates: days.to_vec(py)?.into_iter().map(Session::from_number).collect(),
        instruments: named.ok_or_else(|| argument("a score is of no instrument".to_owned()))?,
        values: values.to_vec(py)?,
    })
}

/// Trade scores: with the strategy that `asked` (JSON) has, or, if that is none, with `decide`, which is called at each
/// close with the day, the cash, and the name, shares, price and age of each position, and answers with orders: a name,
/// `weight`, `shares` or `exit`, a number.
#[pyfunction]
#[pyo3(signature = (folder, asked, names, rows, decide=None, threads=1))]
pub(crate) fn qlib_trade<'py>(
    py: Python<'py>,
    folder: &QlibFolder,
    asked: &str,
    names: Vec<String>,
    rows: (PyBuffer<i32>, PyBuffer<u32>, PyBuffer<f64>),
    decide: Option<Py<PyAny>>,
    threads: usize,
) -> PyResult<Bound<'py, PyDict>> {
    let asked = serde_json::from_str::<Asked>(asked).map_err(|error| argument(error.to_string()))?;
    let record = asked.record().map_err(argument)?;
    let scores = scores(py, names, rows)?;
    let mut warnings = Vec::new();
    let traded = match decide {
        None => detached(py, |_| {
            on_threads(threads, || {
                let panel = folder.folder.panel(None, &mut warnings)?;
                let made = simulate(&panel, asked.region(), &record, &scores, asked.strict)?;
                Ok::<_, StudyError>(Traded {
                    report: made.report,
                    bench: made.bench,
                    indicators: made.indicators,
                    backtest: made.backtest,
                    warnings: made.warnings,
                })
            })
        })?,
        Some(decide) => {
            let panel = folder.folder.panel(None, &mut warnings).map_err(|error| exception(&error))?;
            own::trade(py, &panel, &asked, &record, decide)?
        }
    };
    let found = shown(py, &traded)?;
    warnings.extend(traded.warnings);
    found.set_item("warnings", warnings)?;
    Ok(found)
}
/// A column of rows, by its name.
type Named<Row> = (&'static str, fn(&Row) -> f64);

/// The arrays of a portfolio.
fn shown<'py>(py: Python<'py>, traded: &Traded) -> PyResult<Bound<'py, PyDict>> {
    let Traded { report, bench, indicators, backtest, .. } = traded;
    let found = PyDict::new(py);
    let put = |name: &str, array: PyResult<Bound<'py, PyByteArray>>| found.set_item(name, array?);
    put("days", whole(py, report.iter().map(|row| row.session.number())))?;
    let columns: [Named<ReportRow>; 8] = [
        ("account", |row| row.account),
        ("return", |row| row.return_),
        ("total_turnover", |row| row.total_turnover),
        ("turnover", |row| row.turnover),
        ("total_cost", |row| row.total_cost),
        ("cost", |row| row.cost),
        ("value", |row| row.value),
        ("cash", |row| row.cash),
    ];
    for (name, column) in columns {
        put(name, numbers(py, report.iter().map(column)))?;
    }
    put("bench", numbers(py, bench.iter().copied()))?;
    let columns: [Named<Indicators>; 6] = [
        ("ffr", |row| row.ffr),
        ("pa", |row| row.pa),
        ("pos", |row| row.pos),
        ("deal_amount", |row| row.deal_amount),
        ("deal_value", |row| row.value),
        ("count", |row| row.count as f64),
    ];
    for (name, column) in columns {
        put(name, numbers(py, indicators.iter().map(column)))?;
    }
    let positions = &backtest.positions;
    let day = |day: u32| backtest.days[day as usize].session.number();
    put("position_days", whole(py, positions.iter().map(|position| day(position.day))))?;
    put("position_names", whole(py, positions.iter().map(|position| position.instrument.cast_signed())))?;
    put("position_shares", numbers(py, positions.iter().map(|position| position.shares)))?;
    put("position_values", numbers(py, positions.iter().map(|position| position.value)))?;
    let orders = &backtest.orders;
    put("order_days", whole(py, orders.iter().map(|order| order.session.number())))?;
    put("order_names", whole(py, orders.iter().map(|order| order.instrument as i32)))?;
    put("order_sides", whole(py, orders.iter().map(|order| i32::from(order.side == Side::Buy))))?;
    put("order_amounts", numbers(py, orders.iter().map(|order| order.amount)))?;
    put("order_deals", numbers(py, orders.iter().map(|order| order.deal_amount)))?;
    put("order_prices", numbers(py, orders.iter().map(|order| order.price)))?;
    put("order_values", numbers(py, orders.iter().map(|order| order.value)))?;
    put("order_costs", numbers(py, orders.iter().map(|order| order.cost)))?;
    let names = backtest.instruments.iter().map(|instrument| instrument.name().to_owned());
    found.set_item("names", names.collect::<Vec<_>>())?;
    Ok(found)
}

/// Qlib's analysis of risk of some returns: mean, std, annualized return, information ratio, max drawdown.
#[pyfunction]
pub(crate) fn qlib_risk(
    py: Python<'_>,
    returns: PyBuffer<f64>,
    sessions_per_year: f64,
    compounded: bool,
) -> PyResult<[f64; 5]> {
    let mode = if compounded { Accumulation::Product } else { Accumulation::Sum };
    let risk = risk_analysis(&returns.to_vec(py)?, sessions_per_year, mode);
    Ok([risk.mean, risk.std, risk.annualized_return, risk.information_ratio, risk.max_drawdown])
}

/// How scores and labels go together, session by session: a score and a label for each row, which is named by two numbers;
/// the sessions, the coefficients of values and of ranks, the long-short and the mean returns.
#[pyfunction]
pub(crate) fn qlib_signal(
    py: Python<'_>,
    sessions: PyBuffer<u32>,
    instruments: PyBuffer<u32>,
    scores: PyBuffer<f64>,
    labels: PyBuffer<f64>,
) -> PyResult<Bound<'_, PyDict>> {
    let (sessions, instruments) = (sessions.to_vec(py)?, instruments.to_vec(py)?);
    let series =
        |values: Vec<f64>| Series { sessions: sessions.clone(), instruments: instruments.clone(), values };
    let (scores, labels) = (series(scores.to_vec(py)?), series(labels.to_vec(py)?));
    let analysis = Analysis { ana_long_short: true, ..Analysis::default() };
    let found = py.detach(|| analyse(&scores, &labels, &analysis));
    let arrays = PyDict::new(py);
    arrays.set_item("sessions", whole(py, found.sessions.iter().map(|session| session.cast_signed()))?)?;
    let columns = [
        ("ic", &found.ic),
        ("ric", &found.rank_ic),
        ("long_short", &found.long_short),
        ("average", &found.average),
    ];
    for (name, values) in columns {
        arrays.set_item(name, numbers(py, values.iter().copied())?)?;
    }
    Ok(arrays)
}
