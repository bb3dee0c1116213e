//! What kind of market to make, and who watches.

use backstaff_panel::Session;
use serde::Serialize;

use crate::GeneratorError;

/// Funds (exchange-traded, market type `kodex`) for each stock.
const FUNDS: f64 = 0.04;

/// What kind of market to make. Equal specifications give equal bytes.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct SyntheticSpec {
    /// How many companies, 2 to 90,000; there is one fund for 25 of them.
    pub stocks: usize,
    /// How many sessions, 40 to 20,000.
    pub sessions: usize,
    /// The seed of all random numbers.
    pub seed: u64,
    /// How strong a planted relation between what is known and the next return is, 0 (none, the default) to 1.
    ///
    /// Each session's expected return grows by `signal × volatility × (quality − stretch) / √2`, where `quality` is the
    /// company's profitability as a standard score and `stretch` in −1 to 1 how far the last five sessions moved the
    /// price. 0.05 gives a daily rank correlation of a few percent.
    pub signal: f64,
}

impl Default for SyntheticSpec {
    fn default() -> Self {
        Self { stocks: 2500, sessions: 3300, seed: 7, signal: 0.0 }
    }
}

impl SyntheticSpec {
    /// Where the calendar begins: sessions are counted from the first weekday of 2012 on.
    pub fn start() -> Session {
        const DAYS_TO_2012: i32 = 15_340;
        Session::from_number(DAYS_TO_2012)
    }

    /// Whether the figures are within their ranges.
    pub(crate) fn check(&self) -> Result<(), GeneratorError> {
        let within = |name, value: f64, least: f64, most: f64| {
            if (least..=most).contains(&value) {
                Ok(())
            } else {
                Err(GeneratorError::OutOfRange { name, value, least, most })
            }
        };
        within("stocks", self.stocks as f64, 2.0, 90_000.0)?;
        within("sessions", self.sessions as f64, 40.0, 20_000.0)?;
        within("signal", self.signal, 0.0, 1.0)
    }

    /// How many companies and funds there are.
    pub(crate) fn listed(&self) -> usize {
        self.stocks + (self.stocks as f64 * FUNDS).round() as usize
    }

    /// How many sectors: 30, fewer for a handful of companies. The last one has one member.
    pub(crate) fn sectors(&self) -> usize {
        (self.stocks / 3).clamp(2, 30)
    }
}

/// Somebody who watches while a market is made.
pub trait Watcher: Sync {
    /// Notes that `done` of the `steps` of a job are done, and this many rows; `false` stops the work. Called from any
    /// thread.
    fn advanced(&self, job: &'static str, done: usize, steps: usize, rows: usize) -> bool;
}

/// A watcher that lets all work go on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watcher for Unwatched {
    fn advanced(&self, _: &'static str, _: usize, _: usize, _: usize) -> bool {
        true
    }
}
