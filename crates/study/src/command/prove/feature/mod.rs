//! The proof for single features of a data file: what a value may not depend on is changed, and no bit may move.
//!
//! 1. Each feature is computed from all data (`mod.rs`).
//! 2. The future is changed, history is computed in pieces, its beginning is dropped, threads and instruments vary
//!    (`trial.rs`); each time the values that may not move are compared bit by bit (`tally.rs`).
//! 3. Where something moved, the part of the expression that moves first is looked for.
//! 4. What depends on all history is computed from later starts as well: by how much does that matter (`warm_up.rs`)?

mod tally;
#[cfg(test)]
mod tests;
mod text;
mod trial;
mod warm_up;

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use backstaff_feature::{Feature, Plan};
use backstaff_panel::{Axis, Column, Encoding, Panel};
use serde::Serialize;

use self::{
    tally::{Place, Tally},
    trial::{Trial, date, narrowed},
};
pub use self::{
    trial::Kind,
    warm_up::{AtLag, History, WarmUp},
};
use crate::{
    StudyError,
    command::compute::{self, Data, Taken},
    config::Chosen,
    flow::{
        Flow,
        progress::{Event, Observer},
    },
};

/// A proof over fewer sessions would say nothing.
const LEAST_SESSIONS: usize = 10;
/// Values of one computation that are held at a time: half a gigabyte.
const VALUES_AT_ONCE: usize = 1 << 26;
/// What the checks can't show.
const NOT_COVERED: [&str; 4] = [
    "values that the data file itself had too early, such as a vendor's score or prices adjusted backwards",
    "categories and names of today that are told to the past",
    "which instruments are in the file at all: a list of survivors looks ahead",
    "whether the feature foresees anything: `backstaff factor` judges that",
];

/// What to prove.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// A Parquet or CSV file, or a folder of them.
    pub data: PathBuf,
    /// Names and expressions.
    pub features: Vec<(String, String)>,
    /// Libraries that ship.
    pub libraries: Vec<String>,
    /// A file of the user's own.
    pub file: Option<PathBuf>,
    /// At how many dates data are cut.
    pub n_dates: usize,
    /// A store, if what is read should be kept for the next time.
    pub store: Option<PathBuf>,
    /// Threads.
    pub threads: usize,
}

/// The data of a proof.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DataFacts {
    /// Where they are.
    pub path: String,
    /// Rows.
    pub rows: usize,
    /// Instruments.
    pub instruments: usize,
    /// Sessions.
    pub sessions: usize,
    /// The first session: YYYY-MM-DD.
    pub first: String,
    /// The last session.
    pub last: String,
}

/// A feature under proof.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Subject {
    /// Its name.
    pub name: String,
    /// Its expression, as written.
    pub expression: String,
    /// What it computes, spelled out.
    pub canonical: String,
    /// How far back a value reads, in words.
    pub look_back: String,
    /// Whether a value depends on other instruments of its session.
    pub cross_sectional: bool,
}

/// A feature whose values moved though nothing that they may depend on did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moved {
    /// The feature.
    pub feature: String,
    /// Its expression, as written.
    pub expression: String,
    /// The innermost part of it that moves, spelled out; looked for in the first feature of a check only.
    pub part: Option<String>,
    /// How many values moved.
    pub n_moved: usize,
    /// The first session that moved: YYYY-MM-DD.
    pub session: String,
    /// The first instrument that moved in it.
    pub instrument: String,
    /// Its value in the whole computation; `None` if it is missing or infinite.
    pub value: Option<f64>,
    /// Its value in the check.
    pub became: Option<f64>,
}

/// A feature that a check shows nothing of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NotCompared {
    /// The feature.
    pub feature: String,
    /// Why.
    pub why: &'static str,
}

/// One check over all features it can be made of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// What may not matter.
    pub kind: Kind,
    /// What was done.
    pub what: String,
    /// Values that were compared.
    pub values: usize,
    /// Features of which no value was compared, so that the check shows nothing of them.
    pub not_compared: Vec<NotCompared>,
    /// What moved, in the order of the features.
    pub moved: Vec<Moved>,
}

/// The outcome of a proof.
#[derive(Clone, Debug, Serialize)]
pub struct FeatureProof {
    /// Whether nothing moved.
    pub holds: bool,
    /// The data.
    pub data: DataFacts,
    /// The features.
    pub features: Vec<Subject>,
    /// The checks, in order.
    pub checks: Vec<Check>,
    /// How far each feature depends on where history starts.
    pub warm_up: Vec<WarmUp>,
    /// Entries of libraries that the data don't allow, and why.
    pub left_out: Vec<(String, String)>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// What was not covered.
    pub not_covered: Vec<&'static str>,
    /// Wall time of all checks.
    pub seconds: f64,
}

/// Prove features of a data file, and tell by how much they depend on where history starts.
///
/// # Errors
///
/// If the data can't be read or have too few sessions, or a feature can't be computed from them or looks ahead by what
/// it says itself. A value that moves is no error: the outcome names it.
pub fn prove_features(request: &Request, observer: &dyn Observer) -> Result<FeatureProof, StudyError> {
    let work = |flow: &Flow<'_>, data: &Data, chosen: &Chosen| prove(request, flow, data, chosen, observer);
    let computation = compute::Request {
        data: request.data.clone(),
        features: request.features.clone(),
        libraries: request.libraries.clone(),
        file: request.file.clone(),
        store: request.store.clone(),
        threads: request.threads,
        ..compute::Request::default()
    };
    computation.with_data("prove", Taken::All, observer, work)
}

fn prove(
    request: &Request,
    flow: &Flow<'_>,
    data: &Data,
    chosen: &Chosen,
    observer: &dyn Observer,
) -> Result<FeatureProof, StudyError> {
    let features = &chosen.features;
    if features.is_empty() {
        let message = "no feature is left to prove: the data allow none of those that were asked for";
        return Err(StudyError::Value { key: "--data".to_owned(), message: message.to_owned() });
    }
    let fields = features.iter().flat_map(Feature::fields).collect::<Vec<_>>();
    let categories = features.iter().flat_map(Feature::categories).collect::<Vec<_>>();
    let panel = data.panel(&fields, &categories)?;
    let started = Instant::now();
    let (checks, warm_up) = prove_over(&panel, features, request.n_dates, observer)?;
    Ok(FeatureProof {
        holds: checks.iter().all(|check| check.moved.is_empty()),
        data: data_facts(&request.data, panel.axis()),
        features: features.iter().map(Subject::of).collect(),
        checks,
        warm_up,
        left_out: chosen.left_out.clone(),
        warnings: flow.warnings(),
        not_covered: NOT_COVERED.to_vec(),
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// All checks and the warm-up of features over a panel, at so many dates.
pub(crate) fn prove_over(
    panel: &Panel,
    features: &[Feature],
    n_dates: usize,
    observer: &dyn Observer,
) -> Result<(Vec<Check>, Vec<WarmUp>), StudyError> {
    let n_sessions = panel.axis().n_sessions();
    if n_sessions < LEAST_SESSIONS {
        let message = format!(
            "a proof needs {LEAST_SESSIONS} sessions or more, and there are {n_sessions}; give more history"
        );
        return Err(StudyError::Value { key: "--data".to_owned(), message });
    }
    let trials = Trial::all(n_sessions, n_dates);
    let mut checks = trials.iter().map(|trial| Check::new(trial, panel.axis())).collect::<Vec<_>>();
    let mut warm_up = Vec::with_capacity(features.len());
    let at_once = (VALUES_AT_ONCE / panel.axis().n_rows().max(1)).max(1);
    let steps = features.len().div_ceil(at_once) * (trials.len() + 1);
    observer.observe(&Event::Started { stage: "prove", steps });
    let mut done = 0;
    for features in features.chunks(at_once) {
        let panel = narrowed(panel, features)?;
        let whole = Plan::new(features).compute(&panel, Encoding::F64, &())?;
        for (trial, check) in trials.iter().zip(&mut checks) {
            if observer.is_cancelled() {
                return Err(StudyError::Interrupted);
            }
            check.add(trial, &panel, features, &whole)?;
            done += 1;
            observer.observe(&Event::Advanced { stage: "prove", done, rows: 0 });
        }
        warm_up.extend(warm_up::measure(&panel, features, &whole)?);
        done += 1;
        observer.observe(&Event::Advanced { stage: "prove", done, rows: 0 });
    }
    Ok((checks, warm_up))
}

impl Check {
    fn new(trial: &Trial, axis: &Axis) -> Self {
        let (kind, what) = (trial.kind(), trial.words(axis));
        Self { kind, what, values: 0, not_compared: Vec::new(), moved: Vec::new() }
    }

    /// Take more features through a trial.
    fn add(
        &mut self,
        trial: &Trial,
        panel: &Panel,
        features: &[Feature],
        whole: &[Column],
    ) -> Result<(), StudyError> {
        let (chosen, columns) = applicable(trial, features, whole);
        let mut tallies = trial.run(panel, &chosen, &columns)?.into_iter();
        for feature in features {
            let tally = if self.kind.applies(feature) { tallies.next() } else { None };
            let Tally { values, n_moved, first } = tally.unwrap_or_default();
            self.values += values;
            if values == 0 {
                let why = self.kind.why_nothing(feature);
                self.not_compared.push(NotCompared { feature: feature.name().to_owned(), why });
            }
            if let Some(place) = first {
                let part = if self.moved.is_empty() { culprit(trial, panel, feature)? } else { None };
                self.moved.push(Moved::new(feature, part, n_moved, &place, panel.axis()));
            }
        }
        Ok(())
    }
}

/// The features that a trial can be made of, and their columns.
fn applicable<'a>(
    trial: &Trial,
    features: &[Feature],
    whole: &'a [Column],
) -> (Vec<Feature>, Vec<&'a Column>) {
    let pairs = features.iter().zip(whole).filter(|(feature, _)| trial.kind().applies(feature));
    pairs.map(|(feature, column)| (feature.clone(), column)).unzip()
}

/// The innermost part of a feature that a trial moves.
fn culprit(trial: &Trial, panel: &Panel, feature: &Feature) -> Result<Option<String>, StudyError> {
    let parts = feature.parts();
    let columns = Plan::new(&parts).compute(panel, Encoding::F64, &())?;
    let (parts, columns) = applicable(trial, &parts, &columns);
    let tallies = trial.run(panel, &parts, &columns)?;
    let moved = parts.iter().zip(&tallies).find(|(_, tally)| tally.n_moved > 0);
    Ok(moved.map(|(part, _)| part.canonical().to_owned()))
}

impl Moved {
    fn new(feature: &Feature, part: Option<String>, n_moved: usize, place: &Place, axis: &Axis) -> Self {
        let finite = |value: f64| Some(value).filter(|value| value.is_finite());
        Self {
            feature: feature.name().to_owned(),
            expression: feature.expression().trim().to_owned(),
            part,
            n_moved,
            session: date(axis, place.position).to_string(),
            instrument: axis.instruments()[place.instrument].to_string(),
            value: finite(place.whole),
            became: finite(place.again),
        }
    }
}

impl Subject {
    fn of(feature: &Feature) -> Self {
        Self {
            name: feature.name().to_owned(),
            expression: feature.expression().trim().to_owned(),
            canonical: feature.canonical().to_owned(),
            look_back: feature.look_back().to_string(),
            cross_sectional: feature.is_cross_sectional(),
        }
    }
}

fn data_facts(path: &Path, axis: &Axis) -> DataFacts {
    DataFacts {
        path: path.display().to_string(),
        rows: axis.n_rows(),
        instruments: axis.n_instruments(),
        sessions: axis.n_sessions(),
        first: date(axis, 0).to_string(),
        last: date(axis, axis.n_sessions() - 1).to_string(),
    }
}
