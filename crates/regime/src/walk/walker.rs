//! One bar after the other.

use std::sync::Arc;

use backstaff_panel::{Instrument, Session};

use super::{CacheUse, Decision, FitFailure, FitRecord, Refit, Walk, WalkOptions};
use crate::{
    Filter, Fit, FitOptions, FitRequest, ModelCache, Observations, Probabilities, RegimeError, Start, fit,
    forecast,
    profile::{REGIME_UPDATE, TRAINING},
};

/// A follower of one instrument's regimes that is told one bar after the other: nothing it decides can know the next.
#[derive(Debug)]
pub struct Walker<'a> {
    instrument: Instrument,
    options: &'a WalkOptions,
    cache: &'a ModelCache,
    /// At least the bars of the look-back.
    bars: Observations,
    sessions: Vec<Session>,
    /// How many bars it was told.
    n_bars: usize,
    last_session: Option<Session>,
    /// The bars since a fit was tried.
    since_fit: usize,
    filter: Option<Filter>,
    previous: Option<Decision>,
    fits: Vec<FitRecord>,
    failures: Vec<FitFailure>,
}

impl<'a> Walker<'a> {
    /// A walker that was told nothing yet.
    ///
    /// # Errors
    ///
    /// Options out of their range; a look-back with fewer bars than the states need.
    pub fn new(
        instrument: &Instrument,
        n_series: usize,
        options: &'a WalkOptions,
        cache: &'a ModelCache,
    ) -> Result<Self, RegimeError> {
        options.check(n_series)?;
        Ok(Self {
            instrument: instrument.clone(),
            options,
            cache,
            bars: Observations::empty(n_series),
            sessions: Vec::new(),
            n_bars: 0,
            last_session: None,
            since_fit: 0,
            filter: None,
            previous: None,
            fits: Vec::new(),
            failures: Vec::new(),
        })
    }

    /// Takes in the bar of a session and decides; `None` before the first fit.
    ///
    /// # Errors
    ///
    /// A session before that of the last bar, an infinite value, another number of series, a missing value where the
    /// options refuse one. The walker is then as it was before.
    pub fn step(&mut self, session: Session, observation: &[f64]) -> Result<Option<Decision>, RegimeError> {
        let _span = self.cache.profiler().span(REGIME_UPDATE);
        let row = self.n_bars;
        if let Some(previous) = self.last_session.filter(|&previous| session < previous) {
            return Err(RegimeError::Order { row, session, previous });
        }
        self.bars.push(observation, self.options.missing)?;
        self.sessions.push(session);
        self.n_bars += 1;
        self.since_fit += 1;
        let before = self.last_session.replace(session);
        if self.bars.n_present() == 0 {
            // The series has not begun.
            self.keep_last(0);
            return Ok(None);
        }
        let is_due = match before {
            _ if self.filter.is_none() => self.bars.n_rows() >= self.options.look_back,
            Some(before) => self.options.schedule.is_due(session, before, self.since_fit),
            None => false,
        };
        if !(is_due && self.refit(row, session)?)
            && let Some(filter) = &mut self.filter
        {
            filter.step(observation)?;
        }
        self.keep_last(self.options.look_back);
        self.previous = match &self.filter {
            Some(filter) => Some(self.decide(session, filter.probabilities())?),
            None => None,
        };
        Ok(self.previous)
    }

    /// The fits so far.
    pub fn fits(&self) -> &[FitRecord] {
        &self.fits
    }

    /// The fits that failed so far.
    pub fn failures(&self) -> &[FitFailure] {
        &self.failures
    }

    pub(super) fn finish(self, decisions: Vec<Option<Decision>>) -> Walk {
        let n_states = self.options.fit.n_states;
        Walk { decisions, fits: self.fits, failures: self.failures, n_states }
    }

    /// Fits to the look-back and brings the new model's filter to its last bar; `false` if the fit failed.
    fn refit(&mut self, row: usize, session: Session) -> Result<bool, RegimeError> {
        self.since_fit = 0;
        let n = self.bars.n_rows();
        let window = n - self.options.look_back..n;
        let bars = self.bars.rows(window.clone());
        let fit = match self.fit(&self.sessions[window], &bars) {
            Ok(fit) => fit,
            Err(reason) => {
                self.failures.push(FitFailure { row, session, reason });
                return Ok(false);
            }
        };
        let model = match self.fits.last() {
            Some(last) => fit.model.matched_to(&last.model)?,
            None => fit.model.clone(),
        };
        let mut filter = Filter::new(&model);
        let missing = vec![f64::NAN; bars.n_series()];
        for t in 0..bars.n_rows() {
            filter.step(bars.row(t).unwrap_or(&missing))?;
        }
        self.filter = Some(filter);
        let labels = model.labels(self.options.labels);
        self.fits.push(FitRecord { row, session, fit, model, labels });
        Ok(true)
    }

    fn fit(&self, sessions: &[Session], observations: &Observations) -> Result<Arc<Fit>, RegimeError> {
        let warm;
        let options = match (&self.options.refit, self.fits.last()) {
            (Refit::Warm { fresh }, Some(last)) => {
                let given = Start::Given(Box::new(last.model.clone()));
                let starts = std::iter::once(given).chain(fresh.iter().cloned()).collect();
                warm = FitOptions { starts, ..self.options.fit.clone() };
                &warm
            }
            _ => &self.options.fit,
        };
        match self.options.cache {
            CacheUse::Off => {
                let _span = self.cache.profiler().span(TRAINING);
                fit(observations, options).map(Arc::new)
            }
            CacheUse::Shared => {
                let instrument = &self.instrument;
                self.cache.fit(FitRequest { instrument, sessions, observations, options })
            }
        }
    }

    fn decide(&self, session: Session, probabilities: Probabilities) -> Result<Decision, RegimeError> {
        let fit = self.fits.len() - 1;
        let record = &self.fits[fit];
        let state = probabilities.likeliest();
        let age = match &self.previous {
            Some(previous) if previous.state == state => previous.age + 1,
            _ => 1,
        };
        let next = forecast(&record.model, &probabilities, 1)?;
        Ok(Decision {
            session,
            state,
            label: record.labels[state],
            confidence: probabilities[state],
            probabilities,
            age,
            fit,
            expected_return: next.means[0],
            expected_volatility: next.variances[0].sqrt(),
        })
    }

    /// Forgets what no fit will see, now and then.
    fn keep_last(&mut self, count: usize) {
        let n = self.bars.n_rows();
        if n > 2 * count {
            self.bars = self.bars.rows(n - count..n);
            self.sessions.drain(..n - count);
        }
    }
}
