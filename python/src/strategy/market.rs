//! The market, as a strategy in Python sees it at a session's close.

use std::{collections::HashMap, sync::Arc};

use backstaff_panel::Session;
use backstaff_portfolio::{Fill, Holding, OrderId, Side, TimeInForce, View, Waiting};
use backstaff_study::backtest::Simulation;
use pyo3::{
    prelude::*,
    types::{PyByteArray, PyDate, PyDict, PyTuple},
};

use super::order::{Order, Trade};
use crate::error::argument;

/// What a strategy sees at a session's close: nothing of later sessions can be reached through it.
///
/// It is the same object in all sessions; what it says is of the close at which it is asked. Shares and prices are in the
/// units of adjusted prices.
#[pyclass(module = "backstaff")]
#[derive(Debug)]
pub(crate) struct Market {
    pub(super) simulation: Arc<Simulation>,
    pub(super) places: Arc<HashMap<String, usize>>,
    pub(super) names: Py<PyTuple>,
    pub(super) position: usize,
    pub(super) session: Session,
    pub(super) cash: f64,
    pub(super) equity: f64,
    pub(super) held: Vec<(usize, Holding)>,
    pub(super) fills: Vec<Fill>,
    pub(super) waiting: Vec<Waiting>,
    pub(super) cancelled: Vec<OrderId>,
}

impl Market {
    /// Show what there is at a close.
    pub(super) fn show(&mut self, view: &View<'_>) {
        self.position = view.position();
        self.session = view.session();
        self.cash = view.cash();
        self.equity = view.equity();
        self.held.clear();
        self.held.extend(view.held());
        self.fills.clear();
        self.fills.extend_from_slice(view.fills());
        self.waiting.clear();
        self.waiting.extend_from_slice(view.waiting());
        self.cancelled.clear();
    }

    fn name(&self, i: usize) -> &str {
        self.simulation.panel().axis().instruments()[i].name()
    }

    fn find(&self, name: &str) -> PyResult<usize> {
        find(&self.places, name)
    }

    fn by_name<'py>(
        &self,
        py: Python<'py>,
        pairs: impl Iterator<Item = (usize, f64)>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let by_name = PyDict::new(py);
        let names = self.names.bind(py);
        for (i, value) in pairs {
            by_name.set_item(names.get_item(i)?, value)?;
        }
        Ok(by_name)
    }

    /// The values of a field in the last `n` rows of an instrument, the oldest first.
    fn last(&self, i: usize, field: &str, n: usize) -> PyResult<Vec<f64>> {
        let panel = self.simulation.panel();
        let column = panel.field(field).ok_or_else(|| self.unknown_field(field))?;
        let rows = panel.axis().rows(i);
        let behind = rows.start + panel.axis().rows_before(i, self.position + 1).min(rows.len());
        let from = behind.saturating_sub(n).max(rows.start);
        let mut values = vec![0.0; behind - from];
        column.decode(from..behind, &mut values);
        Ok(values)
    }

    fn unknown_field(&self, field: &str) -> PyErr {
        let known = self.simulation.panel().fields().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
        argument(format!("the data have no {field:?}; they have {known}"))
    }
}

/// The number of an instrument.
pub(super) fn find(places: &HashMap<String, usize>, name: &str) -> PyResult<usize> {
    places.get(name).copied().ok_or_else(|| {
        let near = backstaff_words::nearest(name, places.keys().map(String::as_str));
        let hint = near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
        argument(format!("the data have no instrument {name:?}{hint}"))
    })
}

#[pymethods]
impl Market {
    /// The session at whose close the strategy decides.
    #[getter]
    fn date<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDate>> {
        let (date, unsigned) = (self.session.date(), |number: i8| number.unsigned_abs());
        PyDate::new(py, date.year().into(), unsigned(date.month()), unsigned(date.day()))
    }

    /// The number of sessions before this one in the data.
    #[getter]
    fn position(&self) -> usize {
        self.position
    }

    /// The names of all instruments of the data, listed or not.
    #[getter]
    fn instruments(&self, py: Python<'_>) -> Py<PyTuple> {
        self.names.clone_ref(py)
    }

    /// The cash of the account.
    #[getter]
    fn cash(&self) -> f64 {
        self.cash
    }

    /// The value of cash and positions at this close.
    #[getter]
    fn equity(&self) -> f64 {
        self.equity
    }

    /// The shares that are held, by instrument; negative if short.
    #[getter]
    fn positions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.by_name(py, self.held.iter().map(|&(i, holding)| (i, holding.shares)))
    }

    /// The share of equity of each position; negative if short.
    #[getter]
    fn weights<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.by_name(py, self.held.iter().map(|&(i, holding)| (i, holding.value() / self.equity)))
    }

    /// The scores of the instruments that have one at this close.
    #[getter]
    fn scores<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let axis = self.simulation.panel().axis();
        let scores = self.simulation.scores().scores();
        let of = |i: usize| Some((i, scores[axis.newest_row(i, self.position)?]));
        self.by_name(py, (0..axis.n_instruments()).filter_map(of).filter(|(_, score)| score.is_finite()))
    }

    /// The closing prices of the instruments that traded in this session.
    #[getter]
    fn prices<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let market = self.simulation.market();
        let n = market.axis().n_instruments();
        self.by_name(py, (0..n).filter_map(|i| Some((i, market.close(i, self.position)?))))
    }

    /// The closing price of an instrument, if it traded in this session.
    fn price(&self, instrument: &str) -> PyResult<Option<f64>> {
        Ok(self.simulation.market().close(self.find(instrument)?, self.position))
    }

    /// The shares of an instrument that are held: 0 without a position, negative if short.
    fn shares(&self, instrument: &str) -> PyResult<f64> {
        let i = self.find(instrument)?;
        let held = self.held.iter().find(|(held, _)| *held == i);
        Ok(held.map_or(0.0, |(_, holding)| holding.shares))
    }

    /// The last `n` values of a field, the oldest first; fewer while there are no more. A missing value is NaN.
    #[pyo3(signature = (instrument, n, field="close"))]
    fn history(&self, instrument: &str, n: usize, field: &str) -> PyResult<Vec<f64>> {
        self.last(self.find(instrument)?, field, n)
    }

    /// The last `n` sessions of a field as an array of numpy, sessions by ``instruments``, the oldest first; NaN where an
    /// instrument has no value.
    #[pyo3(signature = (n, field="close"))]
    fn history_of_all<'py>(&self, py: Python<'py>, n: usize, field: &str) -> PyResult<Bound<'py, PyAny>> {
        let panel = self.simulation.panel();
        let column = panel.field(field).ok_or_else(|| self.unknown_field(field))?;
        let axis = panel.axis();
        let n_instruments = axis.n_instruments();
        let first = (self.position + 1).saturating_sub(n);
        let sessions = self.position + 1 - first;
        let values = PyByteArray::new_with(py, sessions * n_instruments * size_of::<f64>(), |room| {
            let (cells, _) = room.as_chunks_mut();
            for (k, row) in cells.chunks_exact_mut(n_instruments.max(1)).enumerate() {
                for (i, cell) in row.iter_mut().enumerate() {
                    let value = axis.row(i, first + k).map_or(f64::NAN, |row| column.get(row));
                    *cell = value.to_ne_bytes();
                }
            }
            Ok(())
        })?;
        let array = py.import("numpy")?.call_method1("frombuffer", (values,))?;
        array.call_method1("reshape", ((sessions, n_instruments),))
    }

    /// What was traded in this session, in order: ``instrument``, ``shares`` (negative if sold), ``price``, ``fees``.
    #[getter]
    fn trades(&self) -> Vec<Trade> {
        let trade = |fill: &Fill| Trade {
            instrument: self.name(fill.instrument).to_owned(),
            shares: if fill.side == Side::Buy { fill.shares } else { -fill.shares },
            price: fill.price,
            fees: fill.commission + fill.tax,
        };
        self.fills.iter().map(trade).collect()
    }

    /// The orders that wait, the oldest first.
    #[getter]
    fn waiting(&self) -> Vec<Order> {
        let order = |waiting: &Waiting| Order {
            instrument: self.name(waiting.order.instrument).to_owned(),
            quantity: waiting.order.quantity,
            at: waiting.order.order_type,
            until_cancelled: waiting.order.time_in_force == TimeInForce::UntilCancelled,
            id: Some(waiting.id.0),
        };
        self.waiting.iter().map(order).collect()
    }

    /// Withdraw an order that waits.
    fn cancel(&mut self, order: &Order) -> PyResult<()> {
        let id = order.id.filter(|id| self.waiting.iter().any(|waiting| waiting.id.0 == *id));
        let id = id.ok_or_else(|| argument(format!("{} does not wait", order.__repr__())))?;
        self.cancelled.push(OrderId(id));
        Ok(())
    }

    fn __repr__(&self) -> String {
        format!("Market at {}: equity {:.2}, {} positions", self.session, self.equity, self.held.len())
    }
}
