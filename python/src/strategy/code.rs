//! A strategy in Python: asked by the ledger, its answers taken for decisions.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use backstaff_portfolio::{
    Decision, Order as Asked, OrderType, Quantity, Reason, Strategy, View, rebalance_to,
};
use pyo3::{
    exceptions::{PyKeyboardInterrupt, PySystemExit},
    prelude::*,
    types::{PyDict, PyList, PyTuple},
};

use super::{
    market::{Market, find},
    order::Order,
};
use crate::{
    error::argument,
    model::{raised, told},
};

/// What rounding may add to weights that are to be 1 in sum.
const ROUNDING: f64 = 1e-6;

/// A strategy in Python, as the ledger asks it.
pub(super) struct Code {
    pub(super) name: String,
    pub(super) warm_up: usize,
    pub(super) on_start: Option<Py<PyAny>>,
    pub(super) on_session: Py<PyAny>,
    pub(super) on_end: Option<Py<PyAny>>,
    pub(super) market: Py<Market>,
    pub(super) places: Arc<HashMap<String, usize>>,
    /// What the code raised; it is not asked again.
    pub(super) raised: Arc<Mutex<Option<PyErr>>>,
}

impl Code {
    fn has_failed(&self) -> bool {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn fail(&self, error: PyErr) {
        *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    /// Call a method with the market as a view shows it.
    fn call<'py>(&self, py: Python<'py>, method: &Py<PyAny>, view: &View<'_>) -> PyResult<Bound<'py, PyAny>> {
        self.market.bind(py).try_borrow_mut()?.show(view);
        method.bind(py).call1((&self.market,)).map_err(|error| self.failed(py, view, error))
    }

    /// What the user's code raised, with its place.
    fn failed(&self, py: Python<'_>, view: &View<'_>, error: PyErr) -> PyErr {
        if error.is_instance_of::<PyKeyboardInterrupt>(py) || error.is_instance_of::<PySystemExit>(py) {
            return error;
        }
        let text = told(py, error);
        let error = argument(format!("{} at the close of {}: {text}", self.name, view.session()));
        error.set_cause(py, raised());
        error
    }

    fn decided(&self, py: Python<'_>, view: &View<'_>) -> PyResult<Decision> {
        let asked = self.call(py, &self.on_session, view)?;
        let decision = self.decision(&asked, view);
        let mut decision = decision.map_err(|error| {
            argument(format!("{} at the close of {}: {}", self.name, view.session(), error.value(py)))
        })?;
        let mut market = self.market.bind(py).try_borrow_mut()?;
        decision.cancel.append(&mut market.cancelled);
        Ok(decision)
    }

    fn decision(&self, asked: &Bound<'_, PyAny>, view: &View<'_>) -> PyResult<Decision> {
        if asked.is_none() {
            return Ok(Decision::nothing());
        }
        if let Ok(weights) = asked.cast::<PyDict>() {
            let mut targets = BTreeMap::new();
            for (name, weight) in weights {
                let i = self.place(&name)?;
                let weight: f64 = weight.extract().map_err(|_| {
                    argument(format!("the weight of {name} is {}, which is no number", shown(&weight)))
                })?;
                if !weight.is_finite() {
                    return Err(argument(format!("the weight of {name} is {weight}")));
                }
                if weight != 0.0 {
                    targets.insert(i, weight);
                }
            }
            let sum = targets.values().sum::<f64>();
            if sum > 1.0 + ROUNDING {
                let sum = (sum * 1e6).round() / 1e6;
                return Err(argument(format!(
                    "the weights add up to {sum}, but nothing is borrowed: the equity is 1"
                )));
            }
            return Ok(rebalance_to(view, &targets, 0.0));
        }
        let nonsense = || {
            argument(format!(
                "gave {}, which is neither weights by instrument, as in {{\"SPY\": 0.6}}, nor a list of bs.Order, nor None",
                shown(asked)
            ))
        };
        if !asked.is_instance_of::<PyList>() && !asked.is_instance_of::<PyTuple>() {
            return Err(nonsense());
        }
        let order = |order: Bound<'_, PyAny>| {
            let order = order.cast::<Order>().map_err(|_| nonsense())?.get();
            let instrument = find(&self.places, &order.instrument)?;
            let asked = Asked::new(instrument, order.quantity, order.at);
            // What protects a position is no order that failed when the position is gone.
            let asked = match (order.quantity, order.at) {
                (Quantity::Exit, OrderType::Stop(_)) => asked.because(Reason::Stop),
                (Quantity::Exit, OrderType::Limit(_)) => asked.because(Reason::TakeProfit),
                _ => asked,
            };
            Ok(if order.until_cancelled { asked.until_cancelled() } else { asked })
        };
        let orders = asked.try_iter()?.map(|asked| order(asked?));
        Ok(orders.collect::<PyResult<Vec<_>>>()?.into())
    }

    fn place(&self, name: &Bound<'_, PyAny>) -> PyResult<usize> {
        let text: Cow<'_, str> =
            name.extract().map_err(|_| argument(format!("{} is no name of an instrument", shown(name))))?;
        find(&self.places, &text)
    }
}

/// A value as a message shows it.
fn shown(value: &Bound<'_, PyAny>) -> String {
    let text = value.repr().map_or_else(|_| "something".to_owned(), |text| text.to_string());
    if text.chars().count() > 60 { format!("{}…", text.chars().take(60).collect::<String>()) } else { text }
}

impl Strategy for Code {
    fn name(&self) -> &str {
        &self.name
    }

    fn warm_up(&self) -> usize {
        self.warm_up
    }

    fn on_start(&mut self, view: &View<'_>) {
        if let Some(method) = &self.on_start {
            Python::attach(|py| {
                if let Err(error) = self.call(py, method, view) {
                    self.fail(error);
                }
            });
        }
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        if self.has_failed() {
            return Decision::nothing();
        }
        Python::attach(|py| {
            self.decided(py, view).unwrap_or_else(|error| {
                self.fail(error);
                Decision::nothing()
            })
        })
    }

    fn on_end(&mut self, view: &View<'_>) {
        if self.has_failed() {
            return;
        }
        if let Some(method) = &self.on_end {
            Python::attach(|py| {
                if let Err(error) = self.call(py, method, view) {
                    self.fail(error);
                }
            });
        }
    }
}
