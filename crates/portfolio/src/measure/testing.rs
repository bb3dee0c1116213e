//! A backtest with a given equity.

use backstaff_panel::Session;

use crate::{Backtest, Day, NextSession};

/// A backtest on consecutive calendar days from 2020-01-01 on, with this equity and 250 sessions a year.
pub(crate) fn backtest(equity: &[f64]) -> Backtest {
    let session = |n: usize| Session::from_number(18_262 + n as i32);
    let days = equity.iter().enumerate().map(|(n, &equity)| Day { equity, ..Day::empty(session(n)) });
    Backtest {
        strategy: "given".into(),
        signal: "none".into(),
        instruments: Vec::new(),
        days: days.collect(),
        fills: Vec::new(),
        shortfalls: Vec::new(),
        orders: Vec::new(),
        delistings: Vec::new(),
        positions: Vec::new(),
        decisions: Vec::new(),
        wanted: Vec::new(),
        next: NextSession {
            is_due: true,
            equity: f64::NAN,
            cash_after: f64::NAN,
            decided: session(equity.len()),
            orders: Vec::new(),
            conditional: Vec::new(),
            refused: Vec::new(),
            weights_before: std::collections::BTreeMap::new(),
            weights_after: std::collections::BTreeMap::new(),
        },
        ruined: None,
        caveats: Vec::new(),
        sessions_per_year: 250.0,
        cash_returns: vec![0.0; equity.len()],
        notes: Vec::new(),
        cohorts: Vec::new(),
    }
}
