//! The data of a single computation: read into memory, or through a store that keeps what is computed.

use backstaff_source::{Unused, field_name};
use std::{
    collections::BTreeSet,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use backstaff_feature::{Feature, FeatureError, InstrumentRun, LabelExpression, Plan, Progress, Schema};
use backstaff_panel::{Axis, Calendar, Column, Encoding, Panel, kept_ranges};
use backstaff_stage::{Budget, Store, runner::with_repair};
use rayon::prelude::*;

use crate::{
    StudyError,
    config::{Chosen, operators::catalog},
    flow::{Flow, Watch, progress::Observer, threads::on_threads},
    steps::{
        Load,
        features::Features,
        load::{FileForm, LoadOutput},
    },
    stored::{column::ColumnHandle, facts::LoadFacts, panel::PanelHandle},
};

/// The data of a single computation, and the store for its results.
pub(crate) struct Task<'a> {
    /// The command, as the store's list of runs names it.
    pub name: &'static str,
    /// A store that keeps the results for the next time; `None` to keep none.
    pub store: Option<&'a Path>,
    /// The number of threads.
    pub threads: usize,
    /// The bytes of computed values that are held before they are stored.
    pub memory: usize,
    /// Where the data are.
    pub origin: Origin<'a>,
    /// A text column that is read as a category if the data have it.
    pub category: Option<&'a str>,
    /// The condition of the rows to take, as if there were no others; `None` for all rows.
    pub rows: Option<&'a str>,
}

/// Where the data of a computation are.
pub(crate) enum Origin<'a> {
    /// In files.
    Files {
        /// Makes the stage that reads the data, with these text columns as categories.
        load: &'a (dyn Fn(Vec<String>) -> Result<Load, StudyError> + Sync),
        /// The form of all files that are read.
        form: &'a FileForm,
        /// The place of published values, if there are any.
        facts: Option<&'a Path>,
    },
    /// In memory: they were read before, all of their text columns as categories.
    Memory(&'a ReadBefore),
}

/// Data in memory, and what was found out about their files.
#[derive(Debug)]
pub(crate) struct ReadBefore {
    /// The data.
    pub panel: Panel,
    /// What was found out.
    pub facts: LoadFacts,
}

/// Read the data and resolve the features, then do some work with both. Artifacts of the store that turn out to be damaged
/// are computed anew.
///
/// # Errors
///
/// If the data can't be read, a feature can't be resolved, or none is left, and those of the work.
pub(crate) fn with_data<T: Send>(
    task: &Task<'_>,
    choose: &(dyn Fn(&Schema) -> Result<Chosen, FeatureError> + Sync),
    observer: &dyn Observer,
    work: impl Fn(&Flow<'_>, &Data, &Chosen) -> Result<T, StudyError> + Send + Sync,
) -> Result<T, StudyError> {
    on_threads(task.threads, || {
        let store = match task.store {
            Some(folder) => Store::open(folder)?,
            None => Store::nowhere(),
        };
        with_repair(&store, || {
            let watch = Watch::new(observer);
            let budget = Budget { threads: task.threads, memory: task.memory };
            let flow = Flow::new(&store, task.name, budget, &watch)?;
            let (data, chosen) = read(task, choose, &flow)?;
            for warning in &data.facts().warnings {
                flow.warn(warning.clone());
            }
            chosen.check_some_left()?;
            for (name, reason) in &chosen.left_out {
                flow.warn(format!("left out {name}: {reason}"));
            }
            flow.check_cancelled()?;
            let result = work(&flow, &data, &chosen)?;
            if task.store.is_some() {
                flow.finish(serde_json::Value::Null, &[])?;
            }
            Ok(result)
        })
    })
}

/// Read the data. If a feature needs a column that they lack, read them again with their text columns as categories.
fn read(
    task: &Task<'_>,
    choose: &dyn Fn(&Schema) -> Result<Chosen, FeatureError>,
    flow: &Flow<'_>,
) -> Result<(Data, Chosen), StudyError> {
    let load = |categories| match &task.origin {
        Origin::Memory(ReadBefore { panel, facts }) => {
            Data::Memory(Box::new(LoadOutput::of(panel.clone(), facts.clone()))).taken(flow, task)
        }
        Origin::Files { load, form, facts } => {
            let stage = load(categories)?;
            let stage = match facts {
                Some(path) => stage.with_facts(path),
                None => stage,
            };
            Data::load(flow, task, &stage.in_form(form)?)
        }
    };
    let data = load(Vec::new())?;
    let chosen = choose(&data.schema());
    if chosen.is_err() {
        // What was noticed on the way often says why a field is missing.
        data.facts().warnings.iter().for_each(|warning| flow.warn(warning.clone()));
    }
    let mut texts = data.text_columns();
    if chosen.as_ref().is_ok_and(|chosen| chosen.left_out.is_empty()) {
        texts.retain(|name| Some(name.as_str()) == task.category);
    }
    if texts.is_empty() {
        return Ok((data, chosen?));
    }
    let data = load(texts)?;
    let chosen = choose(&data.schema())?;
    Ok((data, chosen))
}

/// The data of a computation: read into memory, or through a store that keeps what is computed.
pub(crate) enum Data {
    Memory(Box<LoadOutput>),
    Stored(Arc<PanelHandle>, Option<Rows>),
}

/// The rows that are taken of a panel: their axis, and whether each row of the panel is one.
pub(crate) struct Rows {
    axis: Arc<Axis>,
    kept: Vec<bool>,
}

impl Data {
    fn load(flow: &Flow<'_>, task: &Task<'_>, stage: &Load) -> Result<Self, StudyError> {
        let data = if task.store.is_none() {
            let mut output = flow.trace().span("load", || stage.read())?;
            flow.trace().laps(output.seconds());
            output.give_up_source();
            Self::Memory(Box::new(output))
        } else {
            Self::Stored(flow.panel(stage)?, None)
        };
        data.taken(flow, task)
    }

    /// The rows of the data that a computation takes.
    fn taken(self, flow: &Flow<'_>, task: &Task<'_>) -> Result<Self, StudyError> {
        match task.rows {
            Some(condition) => flow.trace().span("rows", || self.where_holds(condition)),
            None => Ok(self),
        }
    }

    /// Take the rows where a condition holds, as if there were no others.
    fn where_holds(self, condition: &str) -> Result<Self, StudyError> {
        let condition = catalog().resolve_universe("rows", condition, &self.schema())?;
        let fields = condition.fields().into_iter().collect::<Vec<_>>();
        let categories = condition.categories().into_iter().collect::<Vec<_>>();
        let panel = self.panel(&fields, &categories)?;
        let holds = Plan::new(std::slice::from_ref(&condition)).compute(&panel, Encoding::F32, &())?;
        // Columns that nobody else holds are cut in place, without a copy.
        drop(panel);
        let kept = (0..holds[0].len()).map(|row| holds[0].get(row) == 1.0).collect::<Vec<_>>();
        Ok(match self {
            Self::Memory(mut output) => {
                let empty = Panel::new(Arc::new(Axis::new(Calendar::new(Vec::new()), Vec::new())));
                output.panel = std::mem::replace(&mut output.panel, empty).select(&kept);
                Self::Memory(output)
            }
            Self::Stored(panel, _) => {
                let axis = Arc::new(panel.axis().select(&kept));
                Self::Stored(panel, Some(Rows { axis, kept }))
            }
        })
    }

    /// The axis of the rows that are taken.
    pub(crate) fn axis(&self) -> &Arc<Axis> {
        match self {
            Self::Memory(output) => output.panel.axis(),
            Self::Stored(_, Some(rows)) => &rows.axis,
            Self::Stored(panel, None) => panel.axis(),
        }
    }

    /// Facts about the files that were read.
    pub(crate) fn facts(&self) -> &LoadFacts {
        match self {
            Self::Memory(output) => &output.facts,
            Self::Stored(panel, _) => panel.facts(),
        }
    }

    /// The names that expressions may use.
    pub(crate) fn schema(&self) -> Schema {
        match self {
            Self::Memory(output) => Schema::of(&output.panel),
            Self::Stored(panel, _) => panel.schema(),
        }
    }

    /// The text columns of the data, which could serve as categories.
    fn text_columns(&self) -> Vec<String> {
        text_columns(self.facts())
    }

    /// The panel with all published values, and those of these fields and categories that the data have.
    pub(crate) fn panel(&self, fields: &[&str], categories: &[&str]) -> Result<Panel, StudyError> {
        let (panel, rows) = match self {
            Self::Memory(output) => return Ok(output.panel.clone()),
            Self::Stored(panel, rows) => (panel, rows),
        };
        let panel = panel.part(
            0..panel.axis().n_sessions(),
            fields.iter().copied().filter(|name| panel.fields().contains(*name)),
            categories.iter().copied().filter(|name| panel.categories().contains(*name)),
            panel.facts().published.iter().map(|facts| facts.name.as_str()),
        )?;
        Ok(match rows {
            Some(rows) => panel.select(&rows.kept),
            None => panel,
        })
    }

    /// Compute features in double precision, one column for each.
    pub(crate) fn columns(
        &self,
        flow: &Flow<'_>,
        features: &[Feature],
    ) -> Result<Vec<Arc<Column>>, StudyError> {
        let (panel, rows) = match self {
            Self::Memory(output) => {
                let compute = || Plan::new(features).compute(&output.panel, Encoding::F64, &());
                let columns = flow.trace().span("features", compute)?;
                return Ok(columns.into_iter().map(Arc::new).collect());
            }
            Self::Stored(panel, rows) => (panel, rows),
        };
        let kept = rows.as_ref().map(|rows| kept_ranges(&rows.kept));
        let stage = Features::new(features.to_vec(), Encoding::F64);
        let column = |handle: &Arc<ColumnHandle>| {
            let column = handle.column()?;
            Ok(kept.as_ref().map_or_else(|| column.clone(), |kept| Arc::new(column.select(kept))))
        };
        flow.columns(&stage, panel, panel.axis().n_rows() * features.len())?.iter().map(column).collect()
    }

    /// Compute features in double precision, and after them the targets, which may look ahead. `take` gets one run of
    /// instruments after the other, each of at least `least_rows` rows but for the last.
    pub(crate) fn stream(
        &self,
        flow: &Flow<'_>,
        chosen: &Chosen,
        least_rows: usize,
        mut take: impl FnMut(InstrumentRun<'_>) -> Result<(), StudyError>,
    ) -> Result<(), StudyError> {
        let Chosen { features, targets, .. } = chosen;
        if let Self::Memory(output) = self {
            let (start, mut taking) = (Instant::now(), Duration::ZERO);
            let plan = Plan::with_labels(features, targets);
            let costs = plan.stream(&output.panel, Encoding::F64, &SinceStart(start), least_rows, |run| {
                let start = Instant::now();
                let result = take(run);
                taking += start.elapsed();
                result
            })?;
            let seconds = start.elapsed().saturating_sub(taking).as_secs_f64();
            flow.trace().ended("features", seconds);
            flow.trace().laps(&costs.shares().map(|(name, share)| (name, share * seconds)));
            return Ok(());
        }
        let mut columns = self.columns(flow, features)?;
        columns.extend(self.targets(flow, targets)?.into_iter().map(Arc::new));
        let axis = self.axis();
        for instruments in axis.runs(least_rows) {
            let rows = axis.rows(instruments.start).start..axis.rows(instruments.end - 1).end;
            let columns = columns.par_iter().map(|column| column.select(std::slice::from_ref(&rows)));
            take(InstrumentRun { instruments, rows: rows.clone(), columns: &columns.collect::<Vec<_>>() })?;
        }
        Ok(())
    }
}

impl Data {
    /// Compute targets, which may look ahead. No store keeps them, since every new session would change them.
    fn targets(&self, flow: &Flow<'_>, targets: &[LabelExpression]) -> Result<Vec<Column>, StudyError> {
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let fields = targets.iter().flat_map(LabelExpression::fields).collect::<Vec<_>>();
        let categories = targets.iter().flat_map(LabelExpression::categories).collect::<Vec<_>>();
        let panel = self.panel(&fields, &categories)?;
        let compute = || Plan::of_labels(targets).compute(&panel, Encoding::F64, &());
        Ok(flow.trace().span("targets", compute)?)
    }
}

/// The place of published values: the named one, or else the data, if they are a folder that may hold some.
pub(super) fn facts_of<'a>(data: &'a Path, named: Option<&'a Path>) -> Option<&'a Path> {
    named.or_else(|| Some(data).filter(|data| data.join("financial").is_dir()))
}

/// The text columns of data that were read without them, which could serve as categories.
pub(super) fn text_columns(facts: &LoadFacts) -> Vec<String> {
    let texts = facts.found.ignored.iter().filter(|column| column.why == Unused::Text);
    texts.map(|column| field_name(&column.source)).collect::<BTreeSet<_>>().into_iter().collect()
}

/// A clock that counts from an instant.
struct SinceStart(Instant);

impl Progress for SinceStart {
    fn advance(&self, _: u64, _: u64) {}

    fn clock(&self) -> Duration {
        self.0.elapsed()
    }
}
