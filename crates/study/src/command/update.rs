//! Update: bring the data and the features of a study up to date, without training and portfolios.

use std::{collections::BTreeSet, fmt};

use backstaff_stage::{Manifest, RunRecord, Stage as _, Store, runner::with_repair};
use serde::Serialize;

use crate::{
    Study, StudyError,
    flow::{
        Flow, Watch,
        progress::{Observer, StageRecord},
    },
    steps::Load,
    stored::panel::PanelHandle,
};

/// The number of names in a list; the count before it is of all.
const LISTED: usize = 12;

/// The outcome of an update.
#[derive(Clone, Debug, Serialize)]
pub struct Updated {
    /// The name of the study, its profile included.
    pub study: String,
    /// The changes of the data since the last run or update; `None` if they had not been read before.
    pub changes: Option<Changes>,
    /// The newest session of the data: YYYY-MM-DD.
    pub last_session: String,
    /// The lines of the stages that were run.
    pub stages: Vec<StageRecord>,
    /// The warnings for the user, in order.
    pub warnings: Vec<String>,
    /// The wall time of the update in seconds.
    pub seconds: f64,
}

/// The changes of the data since the run or update before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// The sessions that were added, oldest first.
    pub new_sessions: Vec<String>,
    /// The sessions that are gone, oldest first.
    pub gone_sessions: Vec<String>,
    /// The instruments that were added.
    pub new_instruments: Vec<String>,
    /// The instruments that are gone.
    pub gone_instruments: Vec<String>,
    /// The months, quarters or years whose sessions are the same and whose values are others: the label and the
    /// columns.
    pub corrected: Vec<(String, Vec<String>)>,
}

impl Changes {
    /// The changes from `before` to `now`.
    fn between(before: &PanelHandle, now: &PanelHandle) -> Self {
        let sessions = |panel: &PanelHandle| {
            let sessions = panel.axis().calendar().sessions().iter();
            sessions.map(ToString::to_string).collect::<BTreeSet<_>>()
        };
        let instruments = |panel: &PanelHandle| {
            let instruments = panel.axis().instruments().iter();
            instruments.map(ToString::to_string).collect::<BTreeSet<_>>()
        };
        let but = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<Vec<_>>();
        let (old_sessions, new_sessions) = (sessions(before), sessions(now));
        let (old_instruments, new_instruments) = (instruments(before), instruments(now));
        Self {
            new_sessions: but(&new_sessions, &old_sessions),
            gone_sessions: but(&old_sessions, &new_sessions),
            new_instruments: but(&new_instruments, &old_instruments),
            gone_instruments: but(&old_instruments, &new_instruments),
            corrected: corrected(before, now),
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The segments with the same rows in both panels whose values differ.
fn corrected(before: &PanelHandle, now: &PanelHandle) -> Vec<(String, Vec<String>)> {
    let names = now.fields().iter().chain(now.categories()).collect::<Vec<_>>();
    let mut corrected = Vec::new();
    for (new, segment) in now.segments().iter().enumerate() {
        let old = before.segments().iter().position(|known| known.label == segment.label);
        let Some(old) = old.filter(|&old| before.axis_digest(old) == now.axis_digest(new)) else { continue };
        let known = |name: &str| before.fields().contains(name) || before.categories().contains(name);
        let differs =
            |name: &&&String| known(name.as_str()) && before.digest(name, old) != now.digest(name, new);
        let columns = names.iter().filter(differs).map(|&name| name.clone()).collect::<Vec<_>>();
        if !columns.is_empty() {
            corrected.push((segment.label.clone(), columns));
        }
    }
    corrected
}

impl Study {
    /// The name under which updates of the study are recorded.
    pub(crate) fn update_name(&self) -> String {
        format!("{}.update", self.run_name())
    }

    /// Read the data, and compute the features that are missing.
    pub fn update(&self, observer: &dyn Observer) -> Result<Updated, StudyError> {
        let store = Store::open(&self.store)?;
        self.on_threads(|| with_repair(&store, || self.update_once(&store, observer)))
    }

    fn update_once(&self, store: &Store, observer: &dyn Observer) -> Result<Updated, StudyError> {
        let before = self.last_load(store)?;
        let watch = Watch::new(observer);
        let flow = Flow::new(store, &self.update_name(), self.budget, &watch)?;
        let panel = self.load(&flow)?;
        let resolved = self.resolve(&panel)?;
        self.columns(&flow, &panel, &resolved)?;
        let changes = match before {
            // If parts have left the store since, there is nothing to compare with.
            Some(manifest) => PanelHandle::open(store, manifest).ok(),
            None => None,
        };
        let record = flow.finish(serde_json::Value::Null, &[])?;
        let last = panel.axis().calendar().sessions().last();
        Ok(Updated {
            study: self.run_name(),
            changes: changes.map(|before| Changes::between(&before, &panel)),
            last_session: last.map(ToString::to_string).unwrap_or_default(),
            stages: flow.stages(),
            warnings: flow.warnings(),
            seconds: record.seconds,
        })
    }

    /// The panel that the newest run or update of the study read; `None` if it is not in the store.
    fn last_load(&self, store: &Store) -> Result<Option<Manifest>, StudyError> {
        let mut runs = Vec::<RunRecord>::new();
        for name in [self.run_name(), self.update_name()] {
            runs.extend(store.last_runs(&name, 1)?);
        }
        let newest = runs.iter().max_by_key(|run| run.started_unix);
        let entry = newest.and_then(|run| run.entries.iter().find(|entry| entry.stage == Load::NAME));
        Ok(entry.map(|entry| store.find(Load::NAME, &entry.key)).transpose()?.flatten())
    }
}

impl fmt::Display for Updated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.changes {
            None => writeln!(f, "{}: read for the first time, up to {}", self.study, self.last_session),
            Some(changes) if changes.is_empty() => {
                writeln!(f, "{}: nothing new, up to {}", self.study, self.last_session)
            }
            Some(changes) => {
                writeln!(f, "{}: up to {}", self.study, self.last_session)?;
                list(f, "new sessions", &changes.new_sessions)?;
                list(f, "sessions that are gone", &changes.gone_sessions)?;
                list(f, "new instruments", &changes.new_instruments)?;
                list(f, "instruments that are gone", &changes.gone_instruments)?;
                changes.corrected.iter().try_for_each(|(segment, columns)| {
                    writeln!(f, "  corrected in {segment}: {}", columns.join(", "))
                })
            }
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, what: &str, names: &[String]) -> fmt::Result {
    if names.is_empty() {
        return Ok(());
    }
    let few = names[names.len().saturating_sub(LISTED)..].join(", ");
    let dots = if names.len() > LISTED { "..., " } else { "" };
    writeln!(f, "  {what}: {} ({dots}{few})", names.len())
}
