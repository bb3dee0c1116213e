//! The market: everything that was drawn, ready to be written.

use std::{
    fmt,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use backstaff_panel::Session;
use rayon::prelude::*;

use crate::{
    GeneratorError, SyntheticSpec, Watcher, calendar,
    factors::Factors,
    filings::{Filing, filings},
    prices::{Bars, bars},
    profile::Profile,
};

/// A stock with all that is known of it.
pub(crate) struct Stock {
    pub(crate) profile: Profile,
    pub(crate) bars: Bars,
    pub(crate) filings: Vec<Filing>,
}

/// A synthetic market in memory: about 24 bytes a row.
pub struct SyntheticMarket {
    pub(crate) spec: SyntheticSpec,
    pub(crate) sessions: Vec<Session>,
    pub(crate) factors: Factors,
    /// The stocks in the order of their codes.
    pub(crate) stocks: Vec<Stock>,
}

impl fmt::Debug for SyntheticMarket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyntheticMarket")
            .field("spec", &self.spec)
            .field("rows", &self.rows())
            .finish_non_exhaustive()
    }
}

impl SyntheticMarket {
    /// Draw a market.
    ///
    /// # Errors
    ///
    /// If a figure of the specification is out of its range, or the watcher says stop.
    ///
    /// # Examples
    ///
    /// ```
    /// use backstaff_generator::{SyntheticMarket, SyntheticSpec, Unwatched};
    ///
    /// let spec = SyntheticSpec { stocks: 25, sessions: 60, ..SyntheticSpec::default() };
    /// assert!(SyntheticMarket::new(&spec, &Unwatched)?.rows() > 60 * 20);
    /// # Ok::<(), backstaff_generator::GeneratorError>(())
    /// ```
    pub fn new(spec: &SyntheticSpec, progress: &dyn Watcher) -> Result<Self, GeneratorError> {
        spec.check()?;
        let sessions = calendar::sessions(spec);
        let factors = Factors::new(spec, sessions.len());
        let (done, rows, stopped) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
        let draw = |number| {
            if stopped.load(Ordering::Relaxed) {
                return None;
            }
            let profile = Profile::new(spec, number, sessions.len());
            let bars = bars(spec, &profile, &factors);
            let is_company = number < spec.stocks;
            let filings = if is_company { filings(spec, &profile, &sessions) } else { Vec::new() };
            let rows = rows.fetch_add(profile.life.len(), Ordering::Relaxed) + profile.life.len();
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            if !progress.advanced("draw", done, spec.listed(), rows) {
                stopped.store(true, Ordering::Relaxed);
            }
            Some(Stock { profile, bars, filings })
        };
        let drawn = (0..spec.listed()).into_par_iter().map(draw).collect::<Option<Vec<_>>>();
        let mut stocks = drawn.ok_or(GeneratorError::Interrupted)?;
        stocks.sort_by(|a, b| a.profile.code.cmp(&b.profile.code));
        Ok(Self { spec: *spec, sessions, factors, stocks })
    }

    /// How many rows the price table has: a row for each listed stock and fund and session, halts included.
    pub fn rows(&self) -> usize {
        self.stocks.iter().map(|stock| stock.profile.life.len()).sum()
    }
}
