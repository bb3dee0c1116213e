//! The proof that nothing looks ahead: change everything after a date, compute again, compare the bytes before it.
//!
//! 1. The study is run; what is in the store is found.
//! 2. At several tested sessions everything after the session is made missing, multiplied by 1000, shuffled, and cut
//!    off at the source.
//! 3. Columns, universe, samples of the folds, scores, regimes and the whole ledger are computed again from the changed data,
//!    without the store, and compared bit by bit up to the session. Models are those of the run: a fold that is tested
//!    before the session was trained before it, which the comparison of its samples shows. Models of the user's own are
//!    fitted once more as well, and asked about the rows up to the session alone.
//! 4. Columns that are too good to be true are named: a leak that sits in the data can't be seen in any code.
//!
//! Single features of a data file are proved without a study (`feature/`).

mod base;
mod compare;
mod feature;
mod perturb;
#[cfg(test)]
mod planted;

use std::{fmt, time::Instant};

use backstaff_source::Match;
use backstaff_stage::{Store, runner::with_repair};
use serde::Serialize;

pub use compare::{Leak, compare_columns};
#[cfg(test)]
pub(crate) use feature::prove_over;
pub use feature::{
    AtLag, Check, DataFacts, FeatureProof, History, Kind, Moved, NotCompared, Request, Subject, WarmUp,
    prove_features,
};
pub use perturb::{Perturbation, perturb};

use crate::{
    Study, StudyError,
    config::ModelSpec,
    flow::{
        Flow, Watch,
        progress::{Event, Observer},
    },
    steps::suspects::{FindSuspects, Found, Suspect, read_found},
};

/// The leaks that no pass over a study can show.
const NOT_COVERED: [&str; 7] = [
    "values that the data files themselves had too early, unless they foresee beyond belief: a column that foresees no \
     better than a good signal, some noisy cells, or what only three columns together tell, is not found",
    "tables without history (static: true): today's sectors and names, told to the past",
    "which instruments are in the file at all: a list of survivors looks ahead",
    "whether an instrument without a row at a date trades again: it is held as one that is halted",
    "which of several delistings of an instrument is its last: its rows count up to that one",
    "prices that the source adjusted backwards: their level knows later splits and dividends",
    "the search of the researcher: trying many studies and keeping the best one",
];
/// The leak that no pass can show of models that learn.
const INSIDE_MODELS: &str = "what happens inside LightGBM while it fits the rows that it was given";
/// The leak that no pass can show of the user's own models.
const BESIDE_MODELS: &str =
    "what a model of one's own reads by itself: a file, a frame that it holds, the network";

/// One pass: a session, and a change of everything after it.
#[derive(Clone, Debug, Serialize)]
pub struct Pass {
    /// The last session that was left as it was: YYYY-MM-DD.
    pub session: String,
    /// The change of everything after it.
    pub perturbation: Perturbation,
    /// The number of values of columns and of decisions about regimes that were compared.
    pub values: usize,
    /// The number of scores that were compared.
    pub scores: usize,
    /// The number of sessions of ledgers that were compared.
    pub ledger_sessions: usize,
    /// The things that moved; empty if the pass holds.
    pub leaks: Vec<Leak>,
    /// The wall time of the pass in seconds.
    pub seconds: f64,
}

/// The outcome of a proof.
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    /// The name of the study.
    pub study: String,
    /// The passes, in order.
    pub passes: Vec<Pass>,
    /// How the instruments of each table that the study joins meet those of its prices.
    pub matches: Vec<Match>,
    /// The columns and scores that foresee a coming return beyond belief, the worst first.
    pub suspects: Vec<Suspect>,
    /// The leaks that the proof can't show.
    pub not_covered: Vec<&'static str>,
    /// The wall time of all passes in seconds.
    pub seconds: f64,
}

impl Proof {
    /// Whether nothing moved, and nothing foresees a coming return beyond belief.
    pub fn holds(&self) -> bool {
        self.suspects.is_empty() && self.passes.iter().all(|pass| pass.leaks.is_empty())
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.matches.iter().try_for_each(|matched| writeln!(f, "joined: {matched}"))?;
        for pass in &self.passes {
            let verdict = if pass.leaks.is_empty() { "nothing moved" } else { "MOVED" };
            writeln!(
                f,
                "{} {:<10} {verdict}: {} values, {} scores, {} ledger sessions ({:.1} s)",
                pass.session, pass.perturbation, pass.values, pass.scores, pass.ledger_sessions, pass.seconds
            )?;
            for leak in &pass.leaks {
                writeln!(f, "  {leak}")?;
            }
        }
        for suspect in &self.suspects {
            writeln!(
                f,
                "suspicious column {}: {}; it has probably seen it",
                suspect.column,
                suspect.measured()
            )?;
        }
        writeln!(f, "{}", if self.holds() { "nothing looks ahead" } else { "something looks ahead" })?;
        writeln!(f, "not covered:")?;
        self.not_covered.iter().try_for_each(|line| writeln!(f, "  - {line}"))
    }
}

impl Study {
    fn not_covered(&self) -> Vec<&'static str> {
        let any = |is: fn(&ModelSpec) -> bool| self.config.models.values().any(is);
        let inside = any(|model| matches!(model, ModelSpec::Lightgbm { .. })).then_some(INSIDE_MODELS);
        let beside = any(|model| matches!(model, ModelSpec::Python(_))).then_some(BESIDE_MODELS);
        NOT_COVERED.into_iter().chain(inside).chain(beside).collect()
    }

    /// Change everything after each of several sessions, and compare everything before it.
    ///
    /// # Errors
    ///
    /// If the study can't be run or computed again. A leak is no error: the proof names it.
    pub fn prove(&self, n_dates: usize, observer: &dyn Observer) -> Result<Proof, StudyError> {
        let store = Store::open(&self.store)?;
        self.on_threads(|| with_repair(&store, || self.prove_once(n_dates, &store, observer)))
    }

    fn prove_once(
        &self,
        n_dates: usize,
        store: &Store,
        observer: &dyn Observer,
    ) -> Result<Proof, StudyError> {
        let watch = Watch::new(observer);
        let flow = Flow::new(store, &self.run_name(), self.budget, &watch)?;
        let base = base::Base::new(self, &flow)?;
        let found = if base.suspects.features.is_empty() && base.suspects.scores.is_empty() {
            Found::default()
        } else {
            read_found(&flow.single(&FindSuspects, &base.suspects, 0)?)?
        };
        let started = Instant::now();
        let cuts = cuts(base.sessions.clone(), n_dates);
        let steps = cuts.len() * Perturbation::ALL.len();
        observer.observe(&Event::Started { stage: "prove", steps });
        let mut passes = Vec::with_capacity(steps);
        for cut in cuts {
            let before = base.before(cut)?;
            for perturbation in Perturbation::ALL {
                flow.check_cancelled()?;
                passes.push(base.pass(&before, perturbation)?);
                observer.observe(&Event::stepped("prove", passes.len(), steps, 0));
            }
        }
        Ok(Proof {
            study: self.run_name(),
            matches: self.matches(&base.suspects.panel),
            passes,
            suspects: found.suspects,
            not_covered: self.not_covered(),
            seconds: started.elapsed().as_secs_f64(),
        })
    }
}

/// Positions spread evenly over the tested sessions; the first and the last are left out: of the one nothing is tested
/// before, of the other nothing follows.
pub(crate) fn cuts(sessions: std::ops::Range<usize>, count: usize) -> Vec<usize> {
    let mut cuts = (1..=count).map(|k| sessions.start + sessions.len() * k / (count + 1)).collect::<Vec<_>>();
    cuts.dedup();
    cuts.retain(|&cut| cut > sessions.start && cut + 1 < sessions.end);
    cuts
}
