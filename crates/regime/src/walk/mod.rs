//! Decisions along a history: a model fitted on the past again and again, and filtered from fit to fit.

mod decision;
mod state;
mod walker;

use std::collections::BTreeMap;

use backstaff_panel::{Instrument, Session};
use backstaff_words::{nearest, some_of};
use rayon::prelude::*;

pub use decision::{Decision, FitFailure, FitRecord, Walk};
pub use walker::Walker;

use crate::{FitOptions, Missing, ModelCache, Observations, RegimeError, Schedule, Start, model::LabelRules};

/// The beginning of the searches of a later fit.
#[derive(Debug, Clone, PartialEq)]
pub enum Refit {
    /// At the starts of the fit's options: each fit depends on its own look-back alone.
    Cold,
    /// At the last model, and at these starts besides, so that it can get away from an old maximum. Faster by far, but
    /// a model then depends on all fits before it.
    Warm {
        /// The starts that are tried besides.
        fresh: Vec<Start>,
    },
}

/// Whether the fits of an instrument are kept and found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheUse {
    /// Fits are kept and found in the cache of the walk.
    Shared,
    /// Fits are neither kept nor found.
    Off,
}

/// The options for following the regimes of one instrument; several instruments share none.
#[derive(Debug, Clone, PartialEq)]
pub struct WalkOptions {
    /// When the model is fitted again.
    pub schedule: Schedule,
    /// How many bars a fit sees, the present one included; bars before the first observation don't count.
    pub look_back: usize,
    /// The options of each fit.
    pub fit: FitOptions,
    /// The beginning of later fits.
    pub refit: Refit,
    /// The rules that name the states.
    pub labels: LabelRules,
    /// The rule for missing bars.
    pub missing: Missing,
    /// Whether fits are kept and found.
    pub cache: CacheUse,
}

impl WalkOptions {
    /// Monthly fits over 252 bars, each from the starts of `fit`.
    pub fn new(fit: FitOptions) -> Self {
        Self {
            schedule: Schedule::Monthly,
            look_back: 252,
            fit,
            refit: Refit::Cold,
            labels: LabelRules::default(),
            missing: Missing::Skip,
            cache: CacheUse::Shared,
        }
    }

    fn check(&self, series: usize) -> Result<(), RegimeError> {
        self.fit.check()?;
        let needed = self.fit.needed(series).max(2);
        if self.look_back < needed {
            let (look_back, states) = (self.look_back, self.fit.n_states);
            return Err(RegimeError::LookBack { look_back, needed, states, series });
        }
        Ok(())
    }
}

/// The bars of an instrument, and the options for following its regimes.
#[derive(Debug, Clone, Copy)]
pub struct WalkRequest<'a> {
    /// Whose bars they are.
    pub instrument: &'a Instrument,
    /// The session of each bar, in order; several bars may be of one session.
    pub sessions: &'a [Session],
    /// The observations at these sessions.
    pub observations: &'a Observations,
    /// The options for following the regimes.
    pub options: &'a WalkOptions,
}

/// The decisions at every bar of a history, each made of that bar and those before it.
///
/// - Shape: a decision a bar, none before the first fit.
/// - Look-ahead: none, in no part: not in the models, their labels, the numbers of the states or the probabilities. A
///   longer history gives the same bits on its common part.
/// - NaN: see [`WalkOptions::missing`]; a missing bar has a decision, one transition on from the bar before.
///
/// # Errors
///
/// Options that can't be, sessions that don't belong to the bars or run backwards. A fit that fails is no error:
/// [`Walk::failures`] holds it, and the last model stays.
pub fn walk(request: WalkRequest<'_>, cache: &ModelCache) -> Result<Walk, RegimeError> {
    let WalkRequest { instrument, sessions, observations, options } = request;
    if sessions.len() != observations.n_rows() {
        return Err(RegimeError::Sessions { sessions: sessions.len(), rows: observations.n_rows() });
    }
    let mut walker = Walker::new(instrument, observations.n_series(), options, cache)?;
    let missing = vec![f64::NAN; observations.n_series()];
    let mut decisions = Vec::with_capacity(sessions.len());
    for (t, &session) in sessions.iter().enumerate() {
        decisions.push(walker.step(session, observations.row(t).unwrap_or(&missing))?);
    }
    Ok(walker.finish(decisions))
}

/// The history of an instrument.
#[derive(Debug, Clone)]
pub struct InstrumentHistory {
    /// The session of each bar.
    pub sessions: Vec<Session>,
    /// The observations at these sessions.
    pub observations: Observations,
    /// The options for following the regimes.
    pub options: WalkOptions,
}

/// The walks of all requested instruments, in parallel on rayon's current pool.
///
/// Every requested instrument is in the answer, in the order of the request, with its walk or its own reason why there
/// is none. The bits are those of one walk after the other, whatever the number of threads. Install a pool of fewer
/// threads to limit the workers.
pub fn walk_each(
    requested: &[Instrument],
    histories: &BTreeMap<Instrument, InstrumentHistory>,
    cache: &ModelCache,
) -> Vec<(Instrument, Result<Walk, RegimeError>)> {
    let one = |instrument: &Instrument| {
        let InstrumentHistory { sessions, observations, options } =
            histories.get(instrument).ok_or_else(|| unknown(instrument, histories))?;
        walk(WalkRequest { instrument, sessions, observations, options }, cache)
    };
    requested.par_iter().map(|instrument| (instrument.clone(), one(instrument))).collect()
}

/// Names that an error lists where none is near.
const NAMED: usize = 5;

fn unknown(instrument: &Instrument, histories: &BTreeMap<Instrument, InstrumentHistory>) -> RegimeError {
    let names = || histories.keys().map(Instrument::name);
    let hint = match nearest(instrument.name(), names()) {
        Some(known) => format!("the nearest name is {known}"),
        None if histories.is_empty() => "there are none at all".to_owned(),
        None => format!("there are {}", some_of(names(), NAMED)),
    };
    RegimeError::UnknownInstrument { instrument: instrument.clone(), hint }
}

#[cfg(test)]
mod tests;
