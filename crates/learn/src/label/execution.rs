//! The prices at which a study trades.

use std::sync::Arc;

use backstaff_panel::{Axis, Column, Execution, Panel, TRADED};
use rayon::prelude::*;

use crate::LearnError;

/// The prices at which a study trades: one a row, NaN where the instrument can't be traded.
#[derive(Clone, Debug)]
pub struct ExecutionPrices {
    axis: Arc<Axis>,
    execution: Execution,
    values: Vec<f64>,
    last_trades: Vec<f64>,
}

impl ExecutionPrices {
    /// The execution prices of a panel: adjusted prices of sessions in which the instrument traded.
    ///
    /// - NaN: no trade, no price, or a price that is not above 0.
    ///
    /// # Errors
    ///
    /// If the panel lacks the price, the close or the flag of trading.
    pub fn new(panel: &Panel, execution: Execution) -> Result<Self, LearnError> {
        let field =
            |name: &str| panel.field(name).ok_or_else(|| LearnError::MissingField { field: name.to_owned() });
        let (traded, price, close) = (field(TRADED)?, field(execution.field())?, field("close")?);
        let axis = panel.axis();
        let values = (0..axis.n_rows()).into_par_iter().map(|row| tradable(traded, price, row)).collect();
        let last_trades = (0..axis.n_instruments()).map(|i| {
            let mut closes = axis.rows(i).rev().map(|row| tradable(traded, close, row));
            closes.find(|close| !close.is_nan()).unwrap_or(f64::NAN)
        });
        Ok(Self { axis: Arc::clone(axis), execution, last_trades: last_trades.collect(), values })
    }

    /// The axis of the rows.
    pub fn axis(&self) -> &Arc<Axis> {
        &self.axis
    }

    /// Which price of a session the prices are.
    pub fn execution(&self) -> Execution {
        self.execution
    }

    /// The price of each row; NaN where the instrument can't be traded.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The close of the last session in which the `i`-th instrument traded.
    pub fn last_trade(&self, i: usize) -> f64 {
        self.last_trades[i]
    }
}

fn tradable(traded: &Column, price: &Column, row: usize) -> f64 {
    let price = price.get(row);
    if traded.get(row) == 1.0 && price.is_finite() && price > 0.0 { price } else { f64::NAN }
}
