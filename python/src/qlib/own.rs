//! Strategies of the user's own, written for Qlib, on the ledger under Qlib's rules.

use std::sync::{Arc, Mutex, PoisonError};

use backstaff_panel::{Panel, Signal, Universe};
use backstaff_portfolio::{
    Decision, Exchange, Market, Order, Quantity, Strategy, Terms, View, backtest,
    measure::qlib::{indicators, report},
    qlib::{Limit, QlibRules, TradeType},
};
use backstaff_qlib::workflow::{self, PortfolioRecord};
use backstaff_study::StudyError;
use pyo3::prelude::*;

use super::trade::{Asked, Traded};
use crate::error::{argument, exception};

/// A strategy in Python.
struct Code {
    decide: Py<PyAny>,
    /// What the code raised; it is not asked again.
    raised: Arc<Mutex<Option<PyErr>>>,
}

/// A position as the code sees it: name, shares, price, closes since it was opened.
type Held = (String, f64, f64, usize);
/// An order as the code gives it: name, kind, number.
type Given = (String, String, f64);

impl Code {
    fn decided(&self, py: Python<'_>, view: &View<'_>) -> PyResult<Decision> {
        let held = view.held().map(|(i, holding)| {
            let age = view.position() + 1 - holding.since.min(view.position());
            (view.instrument(i).name().to_owned(), holding.shares, holding.price, age)
        });
        let arguments = (view.session().number(), view.cash(), held.collect::<Vec<Held>>());
        let given: Vec<Given> = self.decide.bind(py).call1(arguments)?.extract()?;
        let order = |(name, kind, number): Given| {
            let i = view.find(&name);
            let i = i.ok_or_else(|| argument(format!("the strategy trades {name:?}, which has no bars")))?;
            let quantity = match kind.as_str() {
                "exit" => Quantity::Exit,
                "weight" => Quantity::Weight(number),
                _ => Quantity::Shares(number),
            };
            Ok(Order::market(i, quantity))
        };
        Ok(given.into_iter().map(order).collect::<PyResult<Vec<_>>>()?.into())
    }
}

impl Strategy for Code {
    fn name(&self) -> &'static str {
        "own"
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        let mut raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        if raised.is_some() {
            return Decision::nothing();
        }
        Python::attach(|py| {
            self.decided(py, view).unwrap_or_else(|error| {
                *raised = Some(error);
                Decision::nothing()
            })
        })
    }
}

fn rules(asked: &Asked, record: &PortfolioRecord) -> PyResult<QlibRules> {
    let exchange = &record.exchange;
    let limit = match &exchange.limit {
        None => asked.region().limit().map_or(Limit::None, Limit::Change),
        Some(workflow::Limit::Change(limit)) => Limit::Change(*limit),
        Some(workflow::Limit::Expressions(..)) => {
            return Err(argument(
                "limit_threshold: beside a strategy of your own it is a number; expressions are read for TopkDropoutStrategy"
                    .to_owned(),
            ));
        }
    };
    if exchange.volume_threshold.is_some() {
        return Err(argument(
            "volume_threshold: is read for TopkDropoutStrategy, not beside a strategy of your own".to_owned(),
        ));
    }
    Ok(QlibRules {
        deal_price: exchange.deal_price.clone().unwrap_or_else(|| ("close".to_owned(), "close".to_owned())),
        limit,
        trade_unit: exchange.trade_unit.unwrap_or(Some(asked.region().trade_unit())),
        open_cost: exchange.open_cost,
        close_cost: exchange.close_cost,
        min_cost: exchange.min_cost,
        impact_cost: exchange.impact_cost,
        volume_limits: Vec::new(),
        trade_type: if exchange.parallel { TradeType::Parallel } else { TradeType::Serial },
    })
}

/// Trade what a strategy of the user's own decides.
pub(super) fn trade(
    py: Python<'_>,
    panel: &Panel,
    asked: &Asked,
    record: &PortfolioRecord,
    decide: Py<PyAny>,
) -> PyResult<Traded> {
    let rules = rules(asked, record)?;
    let axis = panel.axis();
    let sessions = axis.calendar().sessions();
    let start = record.from.map_or(0, |from| sessions.partition_point(|&session| session < from));
    let end = record.to.map_or(sessions.len(), |to| sessions.partition_point(|&session| session <= to));
    if start >= end {
        return Err(argument("backtest: there is no session in its dates".to_owned()));
    }
    let raised = Arc::new(Mutex::new(None));
    let mut code = Code { decide, raised: Arc::clone(&raised) };
    let mut run = || {
        let market = Market::new(panel)?.with_qlib(panel, &rules, start..end)?;
        let exchange = Exchange { qlib: Some(rules.clone()), ..Exchange::default() };
        let universe = Universe::new(vec![true; axis.n_rows()]);
        let signal = Signal::new("own", vec![f64::NAN; axis.n_rows()]);
        let terms = Terms::qlib(record.account, start..end);
        Ok::<_, StudyError>(backtest(&market, &universe, &exchange, &terms, &signal, &mut code)?)
    };
    let result = run().map_err(|error| exception(&error));
    if let Some(error) = raised.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(error);
    }
    py.check_signals()?;
    let backtest = result?;
    let report = report(&backtest.days, sessions[start]);
    let indicators = indicators(&report, &backtest.orders);
    let bench = vec![0.0; report.len()];
    Ok(Traded { report, bench, indicators, backtest, warnings: Vec::new() })
}
