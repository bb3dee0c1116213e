//! Small markets and regimes written by hand, for the tests of the strategies.

#![expect(clippy::unnecessary_wraps, reason = "a row may have no regime")]

use std::sync::Arc;

use backstaff_panel::{Axis, Column, Panel, Signal, Universe, testing::weekdays};

use super::{Guide, Regime, RegimeInput, Regimes};
use crate::{Backtest, Exchange, Leavers, Market, Rebalance, Terms, backtest, strategy::Strategy};

pub(super) fn bull(confidence: f64) -> Option<RegimeInput> {
    Some(reading(Regime::Bull, confidence))
}

pub(super) fn sideways(confidence: f64) -> Option<RegimeInput> {
    Some(reading(Regime::Sideways, confidence))
}

pub(super) fn bear(confidence: f64) -> Option<RegimeInput> {
    Some(reading(Regime::Bear, confidence))
}

pub(super) fn crisis(confidence: f64) -> Option<RegimeInput> {
    Some(reading(Regime::Crisis, confidence))
}

fn reading(regime: Regime, confidence: f64) -> RegimeInput {
    RegimeInput { regime, confidence, age: 1, leaving: f64::NAN }
}

/// Instruments that live through all sessions.
pub(super) struct Scene {
    panel: Panel,
}

impl Scene {
    /// All of them at 100.
    pub(super) fn flat(names: &[&str], n_sessions: usize) -> Self {
        let bars = vec![[100.0; 4]; n_sessions];
        Self::of(&names.iter().map(|&name| (name, bars.as_slice())).collect::<Vec<_>>())
    }

    /// Open, high, low and close of each session, by instrument, in the order of their names.
    pub(super) fn of(bars: &[(&str, &[[f64; 4]])]) -> Self {
        let n_sessions = bars[0].1.len();
        let lives = bars.iter().map(|&(name, _)| (name.into(), 0..n_sessions)).collect();
        let mut panel = Panel::new(Arc::new(Axis::new(weekdays(n_sessions), lives)));
        for (at, field) in ["open", "high", "low", "close"].into_iter().enumerate() {
            let values = bars.iter().flat_map(|(_, bars)| bars.iter().map(move |bar| bar[at]));
            panel.insert(field, Column::F64(values.collect())).unwrap();
        }
        Self { panel }
    }

    /// One instrument whose sessions are flat at these prices.
    pub(super) fn closes(name: &str, closes: &[f64]) -> Self {
        Self::of(&[(name, &closes.iter().map(|&close| [close; 4]).collect::<Vec<_>>())])
    }

    /// The regimes of these instruments; the others have none.
    pub(super) fn regimes(&self, readings: &[(&str, &[Option<RegimeInput>])]) -> Regimes {
        let axis = self.panel.axis();
        let mut values = vec![None; axis.n_rows()];
        for (name, readings) in readings {
            values[axis.rows(axis.find(name).unwrap())].copy_from_slice(readings);
        }
        Guide::new(axis, values).unwrap()
    }

    /// Free of costs, at the next open, from 1,000 of cash.
    pub(super) fn run(&self, strategy: &mut dyn Strategy) -> Backtest {
        let n_rows = self.panel.axis().n_rows();
        let terms = Terms {
            initial_cash: 1000.0,
            rebalance: Rebalance::EverySessions(1),
            signal_delay: 0,
            leavers: Leavers::Sell,
            sessions: 0..self.panel.axis().n_sessions(),
        };
        let (universe, signal) =
            (Universe::new(vec![true; n_rows]), Signal::new("none", vec![f64::NAN; n_rows]));
        let market = Market::new(&self.panel).unwrap();
        backtest(&market, &universe, &Exchange::default(), &terms, &signal, strategy).unwrap()
    }

    /// The weight of an instrument at each close.
    pub(super) fn weights(&self, strategy: &mut dyn Strategy, name: &str) -> Vec<f64> {
        let i = self.panel.axis().find(name).unwrap();
        let result = self.run(strategy);
        let weight = |(number, day): (usize, &crate::Day)| {
            let mut held = result.positions.iter();
            let held = held.find(|held| held.day as usize == number && held.instrument as usize == i);
            held.map_or(0.0, |held| held.value / day.equity)
        };
        result.days.iter().enumerate().map(weight).collect()
    }
}
