//! One bar after the other.

use std::sync::Arc;

use backstaff_panel::{Instrument, Session};

use super::{CacheUse, Decision, FitFailure, FitRecord, Refit, Walk, WalkOptions};
use crate::{
    Filter, Fit, FitOptions, FitRequest, GaussianHmm, ModelCache, Observations, RegimeError, RegimeLabel,
    Start, fit, forecast,
    profile::{REGIME_UPDATE, TRAINING},
};

/// A follower of one instrument's regimes that takes one bar after the other, so that no decision can know the next.
#[derive(Debug)]
pub struct Walker<'a> {
    instrument: Instrument,
    pub(super) options: &'a WalkOptions,
    cache: &'a ModelCache,
    /// At least the bars of the look-back.
    pub(super) bars: Observations,
    pub(super) sessions: Vec<Session>,
    /// How many bars the walker has taken.
    pub(super) n_bars: usize,
    pub(super) last_session: Option<Session>,
    /// Whether a bar was observed yet: before, the series has not begun.
    pub(super) has_begun: bool,
    /// The bars since a fit was tried.
    pub(super) since_fit: usize,
    pub(super) current: Option<Current>,
    fits: Vec<FitRecord>,
    failures: Vec<FitFailure>,
}

/// The model in force, and what it believes.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) model: GaussianHmm,
    pub(super) labels: Vec<RegimeLabel>,
    pub(super) filter: Filter,
    /// How many models there were, this one included.
    pub(super) n_fits: usize,
    /// The likeliest state at the last bar, and for how many bars it has been so; 0 before the first decision.
    pub(super) state: usize,
    pub(super) age: usize,
}

impl<'a> Walker<'a> {
    /// A walker that has taken no bar yet.
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
            has_begun: false,
            since_fit: 0,
            current: None,
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
        self.has_begun |= self.bars.n_present() > 0;
        if !self.has_begun {
            self.keep_last(0);
            return Ok(None);
        }
        let is_due = match before {
            _ if self.current.is_none() => self.bars.n_rows() >= self.options.look_back,
            Some(before) => self.options.schedule.is_due(session, before, self.since_fit),
            None => false,
        };
        if !(is_due && self.refit(row, session)?)
            && let Some(current) = &mut self.current
        {
            current.filter.step(observation)?;
        }
        self.keep_last(self.options.look_back);
        self.current.as_mut().map(|current| current.decide(session)).transpose()
    }

    /// The fits up to the last bar.
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
        let model = match &self.current {
            Some(last) => fit.model.matched_to(&last.model)?,
            None => fit.model.clone(),
        };
        let mut filter = Filter::new(&model);
        let missing = vec![f64::NAN; bars.n_series()];
        for t in 0..bars.n_rows() {
            filter.step(bars.row(t).unwrap_or(&missing))?;
        }
        let labels = model.labels(self.options.labels);
        let (n_fits, state, age) =
            self.current.as_ref().map_or((0, 0, 0), |last| (last.n_fits, last.state, last.age));
        self.current = Some(Current {
            model: model.clone(),
            labels: labels.clone(),
            filter,
            n_fits: n_fits + 1,
            state,
            age,
        });
        self.fits.push(FitRecord { row, session, fit, model, labels });
        Ok(true)
    }

    fn fit(&self, sessions: &[Session], observations: &Observations) -> Result<Arc<Fit>, RegimeError> {
        let warm;
        let options = match (&self.options.refit, &self.current) {
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

    /// Forgets what no fit will see, now and then.
    fn keep_last(&mut self, count: usize) {
        let n = self.bars.n_rows();
        if n > 2 * count {
            self.bars = self.bars.rows(n - count..n);
            self.sessions.drain(..n - count);
        }
    }
}

impl Current {
    fn decide(&mut self, session: Session) -> Result<Decision, RegimeError> {
        let probabilities = self.filter.probabilities();
        let state = probabilities.likeliest();
        self.age = if self.age > 0 && self.state == state { self.age + 1 } else { 1 };
        self.state = state;
        let next = forecast(&self.model, &probabilities, 1)?;
        Ok(Decision {
            session,
            state,
            label: self.labels[state],
            confidence: probabilities[state],
            probabilities,
            age: self.age,
            fit: self.n_fits - 1,
            expected_return: next.means[0],
            expected_volatility: next.variances[0].sqrt(),
        })
    }
}
