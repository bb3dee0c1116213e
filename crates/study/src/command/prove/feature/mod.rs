//! The proof of single features of a data file: what a value may not depend on is changed, and no bit may move.
//!
//! 1. Each feature is computed from all data (`mod.rs`).
//! 2. The future is changed, history is computed in pieces, its beginning is dropped, threads and instruments vary
//!    (`trial.rs`); each time the values that may not move are compared bit by bit (`tally.rs`).
//! 3. Where something moved, the innermost part of the expression that moves is searched.
//! 4. A feature that depends on all history is computed from later starts, too: how much does that matter
//!    (`warm_up.rs`)?

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
use backstaff_source::Match;

/// The sessions below which a proof would show nothing.
const LEAST_SESSIONS: usize = 10;
/// The values of one computation that are held at a time: half a gigabyte of doubles.
const VALUES_AT_ONCE: usize = 1 << 26;
/// The leaks that these checks can't show.
const NOT_COVERED: [&str; 4] = [
    "values that the data file itself had too early, such as a vendor's score or prices adjusted backwards",
    "categories and names of today that are told to the past",
    "which instruments are in the file at all: a list of survivors looks ahead",
    "whether the feature foresees anything: `backstaff factor` judges that",
];

/// The request for a proof.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The data: a Parquet or CSV file, or a folder of them.
    pub data: PathBuf,
    /// The form of all files that are read.
    pub form: compute::FileForm,
    /// The features of the request: the name and the expression of each.
    pub features: Vec<(String, String)>,
    /// The names of built-in libraries to prove.
    pub libraries: Vec<String>,
    /// A library file of the user to prove.
    pub file: Option<PathBuf>,
    /// The number of dates at which the data are cut.
    pub n_dates: usize,
    /// A store that keeps what is read for the next time; `None` to keep nothing.
    pub store: Option<PathBuf>,
    /// The number of threads.
    pub threads: usize,
}

/// Facts about the data of a proof.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DataFacts {
    /// The path of the data.
    pub path: String,
    /// The number of rows in the panel.
    pub rows: usize,
    /// The number of instruments.
    pub instruments: usize,
    /// The number of sessions.
    pub sessions: usize,
    /// The first session: YYYY-MM-DD.
    pub first: String,
    /// The last session: YYYY-MM-DD.
    pub last: String,
}

/// A feature that is proved.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Subject {
    /// The name of the feature.
    pub name: String,
    /// The expression, as written.
    pub expression: String,
    /// The computation with every parameter and the versions of the operators.
    pub canonical: String,
    /// The look-back in words, as `20 sessions`.
    pub look_back: String,
    /// Whether a value depends on other instruments of its session.
    pub cross_sectional: bool,
}

/// A feature whose values moved, although nothing that they may depend on has changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moved {
    /// The name of the feature.
    pub feature: String,
    /// The expression, as written.
    pub expression: String,
    /// The innermost part of the expression that moves; searched in the first feature of a check only, and `None`
    /// otherwise.
    pub part: Option<String>,
    /// The number of values that moved.
    pub n_moved: usize,
    /// The first session with a value that moved: YYYY-MM-DD.
    pub session: String,
    /// The first instrument that moved in that session.
    pub instrument: String,
    /// The instrument's value in the whole computation; `None` if it is missing or infinite.
    pub value: Option<f64>,
    /// The instrument's value in the check; `None` if it is missing or infinite.
    pub became: Option<f64>,
}

/// A feature of which a check shows nothing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NotCompared {
    /// The name of the feature.
    pub feature: String,
    /// The reason why no value was compared.
    pub why: &'static str,
}

/// One check, over all features that it can be made of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// The kind of thing that may not matter.
    pub kind: Kind,
    /// The change that was made, in words.
    pub what: String,
    /// The number of values that were compared.
    pub values: usize,
    /// The features of which no value was compared, so that the check shows nothing of them.
    pub not_compared: Vec<NotCompared>,
    /// The features that moved, in their order.
    pub moved: Vec<Moved>,
}

/// The outcome of a proof.
#[derive(Clone, Debug, Serialize)]
pub struct FeatureProof {
    /// Whether nothing moved in any check.
    pub holds: bool,
    /// Facts about the data.
    pub data: DataFacts,
    /// The features that were proved.
    pub features: Vec<Subject>,
    /// The checks, in order.
    pub checks: Vec<Check>,
    /// The dependence of each feature on the start of history.
    pub warm_up: Vec<WarmUp>,
    /// How the instruments of each table that is joined meet those of the data.
    pub matches: Vec<Match>,
    /// The entries of libraries that need columns which the data lack: the name and the reason.
    pub left_out: Vec<(String, String)>,
    /// The warnings for the user, in order.
    pub warnings: Vec<String>,
    /// The leaks that the proof can't show.
    pub not_covered: Vec<&'static str>,
    /// The wall time of all checks in seconds.
    pub seconds: f64,
}

/// Prove features of a data file, and measure how much they depend on the start of history.
///
/// # Errors
///
/// If the data can't be read or have too few sessions, or a feature can't be computed from them or looks ahead by what
/// it says itself. A value that moves is no error: the outcome names it.
pub fn prove_features(request: &Request, observer: &dyn Observer) -> Result<FeatureProof, StudyError> {
    let work = |flow: &Flow<'_>, data: &Data, chosen: &Chosen| prove(request, flow, data, chosen, observer);
    let computation = compute::Request {
        data: request.data.clone(),
        form: request.form.clone(),
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
        matches: data.facts().matches.clone(),
        left_out: chosen.left_out.clone(),
        warnings: flow.warnings(),
        not_covered: NOT_COVERED.to_vec(),
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// Make all checks of features over a panel at `n_dates` dates, and measure their warm-up.
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
            observer.observe(&Event::stepped("prove", done, steps, 0));
        }
        warm_up.extend(warm_up::measure(&panel, features, &whole)?);
        done += 1;
        observer.observe(&Event::stepped("prove", done, steps, 0));
    }
    Ok((checks, warm_up))
}

impl Check {
    fn new(trial: &Trial, axis: &Axis) -> Self {
        let (kind, what) = (trial.kind(), trial.words(axis));
        Self { kind, what, values: 0, not_compared: Vec::new(), moved: Vec::new() }
    }

    /// Add more features to the check by running its trial on them.
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

/// The features that a trial can be made of, with their columns.
fn applicable<'a>(
    trial: &Trial,
    features: &[Feature],
    whole: &'a [Column],
) -> (Vec<Feature>, Vec<&'a Column>) {
    let pairs = features.iter().zip(whole).filter(|(feature, _)| trial.kind().applies(feature));
    pairs.map(|(feature, column)| (feature.clone(), column)).unzip()
}

/// Search the innermost part of a feature that a trial moves: parts come before the parts that contain them.
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
