//! What can be traded, at which price.

use std::{ops::Range, sync::Arc};

use backstaff_panel::{Axis, Column, Panel, TRADED};

use crate::{
    Execution, PortfolioError, Unfilled,
    qlib::{QlibRules, Quotes},
};

/// The prices of a panel as the exchange sees them.
///
/// Fields used: `close` (needed); `open`, `high`, `low`, `traded`, `volume`, `raw_close`, `raw_volume` (used where they
/// are there). Without a field `open` nothing trades at the open, and a session's prices begin with its close. A price counts only if the instrument traded in that session and the price is above zero; without a `traded` field an
/// instrument traded where it has a closing price.
///
/// `raw_close` are the prices as quoted: with them, lots and volume caps are counted in true shares although the ledger
/// holds shares of the adjusted prices.
#[derive(Clone, Debug)]
pub struct Market {
    axis: Arc<Axis>,
    /// The instrument of each row.
    instruments: Vec<u32>,
    /// The opening prices; `None` if the panel has no such field.
    open: Option<Vec<f64>>,
    close: Vec<f64>,
    /// How many closing prices the instrument has had, this row's included.
    n_closes: Vec<u32>,
    high: Option<Arc<Column>>,
    low: Option<Arc<Column>>,
    volume: Option<Arc<Column>>,
    raw_close: Option<Arc<Column>>,
    raw_volume: Option<Arc<Column>>,
    /// The quotes of Qlib's exchange, where its rules apply.
    qlib: Option<Arc<Quotes>>,
}

/// The prices of an instrument in one session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// The first price.
    pub open: f64,
    /// The highest price.
    pub high: f64,
    /// The lowest price.
    pub low: f64,
    /// The last price.
    pub close: f64,
}

impl Market {
    /// The market of a panel's prices, volumes and factors.
    pub fn new(panel: &Panel) -> Result<Self, PortfolioError> {
        let field = |name| panel.field(name).ok_or(PortfolioError::MissingField { field: name });
        let traded = panel.field(TRADED);
        let usable = |column: &Column| {
            let mut prices = column.to_f64();
            for (row, price) in prices.iter_mut().enumerate() {
                let is_traded = traded.is_none_or(|traded| traded.get(row) > 0.0);
                if !is_traded || !price.is_finite() || *price <= 0.0 {
                    *price = f64::NAN;
                }
            }
            prices
        };
        let axis = panel.axis();
        let numbers = 0..axis.n_instruments();
        let close = usable(field("close")?);
        let open = panel.field("open").map(|column| usable(column));
        Ok(Self {
            instruments: numbers.flat_map(|i| std::iter::repeat_n(i as u32, axis.rows(i).len())).collect(),
            axis: Arc::clone(axis),
            open,
            n_closes: numbers_of_closes(axis, &close),
            close,
            high: panel.field("high").cloned(),
            low: panel.field("low").cloned(),
            volume: panel.field("volume").cloned(),
            raw_close: panel.field("raw_close").cloned(),
            raw_volume: panel.field("raw_volume").cloned(),
            qlib: None,
        })
    }

    /// The market with the columns that an exchange of [`QlibRules`] reads, from the panel that it was made of: `change`
    /// (where a limit asks for it), `factor`, `volume`, deal prices, limits.
    ///
    /// `days` are the positions in the calendar of the trading days of the backtest, as for
    /// [`Terms::qlib`](crate::Terms::qlib).
    ///
    /// # Errors
    ///
    /// If the rules name a column that the panel lacks, or a number that makes no sense.
    pub fn with_qlib(
        self,
        panel: &Panel,
        rules: &QlibRules,
        days: Range<usize>,
    ) -> Result<Self, PortfolioError> {
        let quotes = Quotes::new(panel, &self.close, rules, days)?;
        Ok(Self { qlib: Some(Arc::new(quotes)), ..self })
    }

    /// The quotes of Qlib's exchange, if the market has them.
    pub(crate) fn qlib(&self) -> Option<&Quotes> {
        self.qlib.as_deref()
    }

    /// The axis of the rows.
    pub fn axis(&self) -> &Arc<Axis> {
        &self.axis
    }

    /// The number of the instrument that owns a row.
    pub(crate) fn instrument(&self, row: usize) -> usize {
        self.instruments[row] as usize
    }

    /// The row of an instrument in a session, or why it has none.
    pub(crate) fn row(&self, i: usize, position: usize) -> Result<usize, Unfilled> {
        let life = self.axis.life(i);
        if position >= life.end {
            return Err(Unfilled::Delisted);
        }
        self.axis.row(i, position).ok_or(Unfilled::NoRow)
    }

    /// The price at which a row's session executes, if it trades.
    pub(crate) fn price(&self, row: usize, execution: Execution) -> Option<f64> {
        let price = match execution {
            Execution::Open => self.open.as_ref().map_or(f64::NAN, |open| open[row]),
            Execution::Close => self.close[row],
        };
        (!price.is_nan()).then_some(price)
    }

    /// What an instrument's session was like, if it traded and has an opening and a closing price.
    ///
    /// A high below the open or close counts as the higher of them, a low above as the lower; so does a missing one.
    pub fn bar(&self, i: usize, position: usize) -> Option<Bar> {
        let row = self.axis.row(i, position)?;
        let close = self.close[row];
        let open = self.open.as_ref().map_or(close, |open| open[row]);
        if open.is_nan() || close.is_nan() {
            return None;
        }
        let extreme = |column: &Option<Arc<Column>>| {
            let price = column.as_ref().map_or(f64::NAN, |column| column.get(row));
            Some(price).filter(|price| price.is_finite() && *price > 0.0)
        };
        // The larger and the smaller of prices that are numbers: the order of the operands changes no bit.
        let high = extreme(&self.high).map_or(open.max(close), |high| high.max(open).max(close));
        let low = extreme(&self.low).map_or(open.min(close), |low| low.min(open).min(close));
        Some(Bar { open, high, low, close })
    }

    /// How many closing prices an instrument has had up to the session at `position`.
    pub fn n_closes(&self, i: usize, position: usize) -> usize {
        match self.axis.rows_before(i, position + 1) {
            0 => 0,
            n => self.n_closes[self.axis.rows(i).start + n - 1] as usize,
        }
    }

    /// Whether opening prices are known.
    pub fn has_open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether highs and lows are known.
    pub fn has_range(&self) -> bool {
        self.high.is_some() && self.low.is_some()
    }

    /// The closing price of an instrument in a session, if it traded.
    pub fn close(&self, i: usize, position: usize) -> Option<f64> {
        let close = self.close[self.axis.row(i, position)?];
        (!close.is_nan()).then_some(close)
    }

    /// The closing price of a row; NaN if it did not trade.
    pub(crate) fn price_of_close(&self, row: usize) -> f64 {
        self.close[row]
    }

    /// The row of an instrument's newest session with a closing price, up to the session at `position`.
    pub(crate) fn newest_traded(&self, i: usize, position: usize) -> Option<usize> {
        let start = self.axis.rows(i).start;
        let end = start + self.axis.rows_before(i, position + 1);
        (start..end).rev().find(|&row| !self.close[row].is_nan())
    }

    /// The sessions before a position in which an instrument traded, newest first: row and closing price.
    pub(crate) fn traded_before(&self, i: usize, position: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let start = self.axis.rows(i).start;
        let end = start + self.axis.rows_before(i, position);
        (start..end).rev().map(|row| (row, self.close[row])).filter(|(_, close)| !close.is_nan())
    }

    /// The newest closing price of an instrument before a session.
    pub fn close_before(&self, i: usize, position: usize) -> Option<f64> {
        position.checked_sub(1).and_then(|before| self.newest_traded(i, before)).map(|row| self.close[row])
    }

    /// The volume of a row in shares of the market's prices, if known.
    pub(crate) fn volume(&self, row: usize) -> Option<f64> {
        let volume = match (&self.raw_close, &self.raw_volume, &self.volume) {
            (Some(_), Some(raw_volume), _) => raw_volume.get(row) / self.factor(row),
            (_, _, Some(volume)) => volume.get(row),
            _ => f64::NAN,
        };
        (volume.is_finite() && volume >= 0.0).then_some(volume)
    }

    /// How many shares as quoted make one share at the market's prices in this row; 1 where it is unknown.
    pub(crate) fn factor(&self, row: usize) -> f64 {
        let factor = self.raw_close.as_ref().map_or(1.0, |raw| self.close[row] / raw.get(row));
        if factor.is_finite() && factor > 0.0 { factor } else { 1.0 }
    }

    /// Whether there is any volume.
    pub fn has_volume(&self) -> bool {
        self.volume.is_some() || (self.raw_volume.is_some() && self.raw_close.is_some())
    }

    /// Whether prices as quoted are known.
    pub fn knows_quoted_prices(&self) -> bool {
        self.raw_close.is_some()
    }

    /// Whether volume as quoted is known.
    pub fn knows_quoted_volume(&self) -> bool {
        self.raw_close.is_some() && self.raw_volume.is_some()
    }
}

/// For each row the number of closing prices that its instrument has had by then.
fn numbers_of_closes(axis: &Axis, close: &[f64]) -> Vec<u32> {
    let of = |i: usize| {
        close[axis.rows(i)].iter().scan(0, |count, close| {
            *count += u32::from(!close.is_nan());
            Some(*count)
        })
    };
    (0..axis.n_instruments()).flat_map(of).collect()
}
