//! Forward returns: the only thing that looks ahead.
//!
//! A signal of session t is traded at the study's execution price of a later session, so that is where its return
//! begins. There is one [`ExecutionPrices`] for a study: labels are built from nothing else, and a label that enters
//! at another price than the portfolio trades at can't be built.

mod execution;
mod target;

use std::{collections::BTreeMap, num::NonZeroU32, sync::Arc};

use backstaff_panel::{Axis, Instrument, split_at_offsets};
use rayon::prelude::*;

use crate::LearnError;

pub use backstaff_panel::Execution;
pub use execution::ExecutionPrices;
pub use target::{Basis, Known, MarketReturn, Target, TargetForm};

/// How many sessions a position is held, from its entry.
pub type Horizon = NonZeroU32;

/// What holders got for instruments that ceased to trade, as a share of the last price; 1 where nothing is stated.
#[derive(Clone, PartialEq, Debug)]
pub struct Recoveries {
    usual: f64,
    stated: BTreeMap<Instrument, f64>,
}

impl Default for Recoveries {
    fn default() -> Self {
        Self { usual: 1.0, stated: BTreeMap::new() }
    }
}

impl Recoveries {
    /// A table of recoveries.
    ///
    /// # Errors
    ///
    /// If an instrument comes twice, or a share is negative or not finite.
    pub fn new(table: impl IntoIterator<Item = (Instrument, f64)>) -> Result<Self, LearnError> {
        let mut recoveries = BTreeMap::new();
        for (instrument, recovery) in table {
            if !recovery.is_finite() || recovery < 0.0 {
                return Err(LearnError::Recovery { instrument, recovery });
            }
            if recoveries.insert(instrument.clone(), recovery).is_some() {
                return Err(LearnError::DuplicateRecovery { instrument });
            }
        }
        Ok(Self { stated: recoveries, ..Self::default() })
    }

    /// The table with this share for all instruments that it does not name.
    ///
    /// # Errors
    ///
    /// If it is negative or not finite.
    pub fn otherwise(self, usual: f64) -> Result<Self, LearnError> {
        if !usual.is_finite() || usual < 0.0 {
            let instrument = Instrument::new("all others");
            return Err(LearnError::Recovery { instrument, recovery: usual });
        }
        Ok(Self { usual, ..self })
    }

    /// The share of the last price that holders of an instrument get.
    pub fn of(&self, instrument: &Instrument) -> f64 {
        self.stated.get(instrument).copied().unwrap_or(self.usual)
    }
}

/// The sessions that a label looks at, as positions in the calendar.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct LabelSpan {
    /// The session in which the position is entered.
    pub entry: u32,
    /// The last session that the label depends on: where the position is left. A label that ends with the
    /// instrument's life is known no sooner than its planned exit, and than the first session without the instrument.
    pub exit: u32,
}

impl LabelSpan {
    const NONE: Self = Self { entry: u32::MAX, exit: u32::MAX };
}

/// How many rows have a label, and why the others have none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LabelCounts {
    /// The number of rows with a label.
    pub n_labelled: usize,
    /// The number of rows with a label that ends at the instrument's last trade.
    pub n_delisted: usize,
    /// The number of rows without a label because the panel ends before their exit.
    pub n_at_end: usize,
    /// The number of rows without a label because the instrument never traded again.
    pub n_never_entered: usize,
}

/// The raw forward return of each row, with the span it looks at. P&L and information coefficients use these values,
/// never a [`Target`] made from them.
#[derive(Clone, Debug)]
pub struct Labels {
    axis: Arc<Axis>,
    execution: Execution,
    horizon: Horizon,
    values: Vec<f64>,
    spans: Vec<LabelSpan>,
    counts: LabelCounts,
}

impl Labels {
    /// The return over `horizon` sessions from the first price at which a decision can be carried out.
    ///
    /// `label[t] = price[exit] / price[entry] − 1`, where the entry is the first session after t in which the
    /// instrument can be traded, and the exit the first such session at or after `entry + horizon`. A delisting ends
    /// the label at the close of the last trade times the recovery. That an instrument's rows end before the panel
    /// does counts as a delisting.
    ///
    /// - Shape: one value a row of the axis.
    /// - Unit: a simple return, 0.01 is one percent.
    /// - NaN: the panel ends before the exit, or the instrument never trades again.
    /// - Look-ahead: to [`LabelSpan::exit`]; this is the one place where it is wanted.
    pub fn forward_return(prices: &ExecutionPrices, horizon: Horizon, recoveries: &Recoveries) -> Self {
        let axis = prices.axis();
        let mut values = vec![0.0; axis.n_rows()];
        let mut spans = vec![LabelSpan::default(); axis.n_rows()];
        let instruments = split_at_offsets(&mut values, axis.offsets()).into_par_iter();
        let instruments = instruments.zip(split_at_offsets(&mut spans, axis.offsets()));
        let counts = instruments.enumerate().map(|(i, (values, spans))| {
            let recovery = recoveries.of(&axis.instruments()[i]);
            let mut counts = LabelCounts::default();
            let outcomes = one_instrument(prices, i, horizon.get() as usize, recovery);
            for ((value, span), outcome) in values.iter_mut().zip(spans).zip(outcomes) {
                (*value, *span) = counts.take(outcome);
            }
            counts
        });
        let counts = counts.reduce(LabelCounts::default, LabelCounts::plus);
        Self { axis: Arc::clone(axis), execution: prices.execution(), horizon, values, spans, counts }
    }

    /// The axis of the rows.
    pub fn axis(&self) -> &Arc<Axis> {
        &self.axis
    }

    /// The price of a session at which positions are entered and left.
    pub fn execution(&self) -> Execution {
        self.execution
    }

    /// How many sessions positions are held.
    pub fn horizon(&self) -> Horizon {
        self.horizon
    }

    /// One return a row; NaN where there is none.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The sessions that a row's label looks at, if the row has one.
    pub fn span(&self, row: usize) -> Option<LabelSpan> {
        Some(self.spans[row]).filter(|span| *span != LabelSpan::NONE)
    }

    /// How many rows have a label, and why the others have none.
    pub fn counts(&self) -> LabelCounts {
        self.counts
    }
}

impl LabelCounts {
    /// Count an outcome; what it is as a label.
    fn take(&mut self, outcome: Outcome) -> (f64, LabelSpan) {
        match outcome {
            Outcome::Left(value, span) => {
                self.n_labelled += 1;
                (value, span)
            }
            Outcome::Delisted(value, span) => {
                self.n_labelled += 1;
                self.n_delisted += 1;
                (value, span)
            }
            Outcome::PanelEnds => {
                self.n_at_end += 1;
                (f64::NAN, LabelSpan::NONE)
            }
            Outcome::NeverEntered => {
                self.n_never_entered += 1;
                (f64::NAN, LabelSpan::NONE)
            }
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            n_labelled: self.n_labelled + other.n_labelled,
            n_delisted: self.n_delisted + other.n_delisted,
            n_at_end: self.n_at_end + other.n_at_end,
            n_never_entered: self.n_never_entered + other.n_never_entered,
        }
    }
}

#[derive(Clone, Copy)]
enum Outcome {
    Left(f64, LabelSpan),
    Delisted(f64, LabelSpan),
    PanelEnds,
    NeverEntered,
}

/// The outcome of each of an instrument's rows.
fn one_instrument(
    prices: &ExecutionPrices,
    i: usize,
    horizon: usize,
    recovery: f64,
) -> impl Iterator<Item = Outcome> {
    let axis = prices.axis();
    let (life, own) = (axis.life(i), axis.rows(i));
    let price = &prices.values()[own.clone()];
    let (n_rows, n_sessions) = (own.len(), axis.n_sessions());
    let is_delisted = life.end < n_sessions;
    // For each of the instrument's sessions, the first at or after it with a price; they count from its first row.
    let mut next = vec![usize::MAX; n_rows + 1];
    for t in (0..n_rows).rev() {
        next[t] = if price[t].is_nan() { next[t + 1] } else { t };
    }
    let rows = 0..n_rows;
    // Behind the last row, sessions are those of the calendar.
    let position = move |t: usize| {
        if t < n_rows { axis.position_in(i, own.start + t) } else { life.end + t - n_rows }
    };
    let outcome = move |t: usize| {
        let entry = next[t + 1];
        if entry == usize::MAX {
            return if is_delisted { Outcome::NeverEntered } else { Outcome::PanelEnds };
        }
        let planned = entry + horizon;
        if position(planned) >= n_sessions {
            return Outcome::PanelEnds;
        }
        let span = |exit: usize| LabelSpan { entry: position(entry) as u32, exit: position(exit) as u32 };
        match next.get(planned).copied().filter(|&exit| exit != usize::MAX) {
            Some(exit) => Outcome::Left(price[exit] / price[entry] - 1.0, span(exit)),
            None if is_delisted => {
                let value = prices.last_trade(i) * recovery / price[entry] - 1.0;
                Outcome::Delisted(value, span(planned.max(n_rows)))
            }
            None => Outcome::PanelEnds,
        }
    };
    rows.map(outcome)
}

#[cfg(test)]
mod target_tests;
#[cfg(test)]
mod tests;
