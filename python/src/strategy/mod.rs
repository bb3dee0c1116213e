//! Strategies in Python: what they may see (`market.rs`), what they ask for (`order.rs`), how they are asked (`code.rs`),
//! and the backtest that asks them.

mod code;
mod market;
mod order;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use backstaff_panel::Instrument;
use backstaff_study::{
    backtest::{Outcome as Ended, Request, Simulation},
    config::{GivenTable, Portfolio},
};
use pyo3::{
    intern,
    prelude::*,
    types::{PyString, PyTuple},
};
use serde::Deserialize;

use self::code::Code;
pub(crate) use self::{
    market::Market,
    order::{Order, Trade},
};
use crate::{
    arrow::Table,
    error::{argument, exception},
    form::form,
    frame::{Data, own_columns, told, with_data},
};

/// What is asked, as a JSON object.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    terms: serde_json::Value,
    change: Option<String>,
    scores: Option<PathBuf>,
}

/// Run a strategy, given by its name, its look-back and its methods, over prices.
#[pyfunction]
pub(crate) fn backtest(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    keywords: &str,
    asked: &str,
    strategy: &Bound<'_, PyAny>,
    columns: Vec<(Bound<'_, PyAny>, String)>,
    threads: usize,
) -> PyResult<(Outcome, Vec<String>)> {
    let form = form(keywords)?;
    let asked = serde_json::from_str::<Asked>(asked).map_err(|error| argument(error.to_string()))?;
    let Asked { terms, change, scores } = asked;
    let portfolio = Portfolio::around_code(&terms).map_err(|error| exception(&error.into()))?;
    let mut read = vec![Data::of(py, data, "the frame")?];
    let columns = own_columns(py, columns, &mut read)?;
    let simulation = with_data(py, &read, |_| {
        let data = read[0].place().to_owned();
        Simulation::load(&Request {
            data,
            form,
            change,
            portfolio,
            columns,
            scores: scores.map(GivenTable::new),
            threads,
        })
    })?;
    let simulation = Arc::new(simulation);
    let instruments = simulation.panel().axis().instruments();
    let names = PyTuple::new(py, instruments.iter().map(Instrument::name))?;
    let places = instruments.iter().enumerate().map(|(i, instrument)| (instrument.name().to_owned(), i));
    let places = Arc::new(places.collect::<HashMap<_, _>>());
    let first = simulation.panel().axis().calendar().session(0);
    let market = Market {
        simulation: simulation.clone(),
        places: places.clone(),
        names: names.unbind(),
        position: 0,
        session: first,
        cash: 0.0,
        equity: 0.0,
        held: Vec::new(),
        fills: Vec::new(),
        waiting: Vec::new(),
        cancelled: Vec::new(),
    };
    let market = Bound::new(py, market)?.unbind();
    let fault = Arc::new(Mutex::new(None));
    let method = |name: &Bound<'_, PyString>| {
        strategy.getattr_opt(name).map(|method| method.filter(|method| !method.is_none()).map(Bound::unbind))
    };
    let name: String = strategy.getattr(intern!(py, "name"))?.extract()?;
    let code = Code {
        name: name.clone(),
        warm_up: strategy.getattr(intern!(py, "warm_up"))?.extract()?,
        on_start: method(intern!(py, "on_start"))?,
        on_session: strategy.getattr(intern!(py, "on_session"))?.unbind(),
        on_end: method(intern!(py, "on_end"))?,
        market,
        places,
        raised: fault.clone(),
    };
    let ledger = simulation.run(Box::new(code)).map_err(|error| exception(&error))?;
    if let Some(error) = fault.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(error);
    }
    let outcome = py.detach(|| simulation.outcome(&name, ledger));
    let warnings = outcome.warnings().iter().map(|warning| told(&read, warning)).collect();
    Ok((Outcome(outcome), warnings))
}

/// What became of a strategy.
#[pyclass(frozen, module = "backstaff._native")]
#[derive(Debug)]
pub(crate) struct Outcome(Ended);

#[pymethods]
impl Outcome {
    /// The measures with their meanings, and the orders that were not filled, by reason: a JSON object.
    fn facts(&self) -> PyResult<String> {
        let facts = serde_json::json!({ "measures": self.0.measures(), "unfilled": self.0.unfilled() });
        serde_json::to_string(&facts).map_err(|error| argument(error.to_string()))
    }

    /// The sessions and the equity at the close of each.
    fn curve(&self) -> (Vec<String>, Vec<f64>) {
        self.0.ledger().days.iter().map(|day| (day.session.to_string(), day.equity)).unzip()
    }

    /// A table of the ledger: `equity`, `trades`, `orders`, `positions` or `weights`.
    fn table(&self, py: Python<'_>, name: &str) -> PyResult<Table> {
        let table = py.detach(|| self.0.table(name)).map_err(|error| exception(&error))?;
        let known = Ended::tables().join(", ");
        let (schema, batches) =
            table.ok_or_else(|| argument(format!("no table {name:?}; there are {known}")))?;
        Ok(Table { schema, batches })
    }
}
