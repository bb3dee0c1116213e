//! Single computations: a data file and expressions in, a Parquet file out.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use backstaff_feature::{Catalog, Feature, FeatureError, Plan, Schema};
use backstaff_panel::{Axis, Column, Encoding, Facts, Panel};
use backstaff_source::read_facts;
use backstaff_stage::{Budget, Store, runner::Done};
use serde::Serialize;

use crate::{
    StudyError,
    check::{check, warnings},
    choice::{Chosen, choose, with_file},
    columns::ColumnHandle,
    flow::{Bridge, Flow},
    output::write_panel,
    panel_handle::PanelHandle,
    progress::{Observer, StageRecord},
    steps::{
        Load, LoadFacts,
        features::{FeatureShard, Features},
        load::LoadOutput,
    },
    study::{on_threads, one},
};

/// What to compute.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// A Parquet or CSV file, a folder of them, or a folder in Qlib's layout.
    pub data: PathBuf,
    /// Published values with the days on which they became known, for expressions over `$$name`: a table, or a folder
    /// in Qlib's layout. Without one those of `data` count, if it is such a folder.
    pub facts: Option<PathBuf>,
    /// Names and expressions.
    pub features: Vec<(String, String)>,
    /// Libraries that ship.
    pub libraries: Vec<String>,
    /// A file of the user's own.
    pub file: Option<PathBuf>,
    /// Where to write.
    pub out: PathBuf,
    /// A store, if results should be kept for the next time.
    pub store: Option<PathBuf>,
    /// Threads.
    pub threads: usize,
    /// How many bytes of computed values are held before they are stored, if they are; a gigabyte if absent.
    pub memory: Option<usize>,
}

/// What was computed.
#[derive(Clone, Debug, Serialize)]
pub struct Computed {
    /// The file that was written.
    pub out: PathBuf,
    /// Its rows.
    pub rows: usize,
    /// Its features, in the order of the columns.
    pub features: Vec<String>,
    /// Entries of libraries that the data don't allow, and why.
    pub left_out: Vec<(String, String)>,
    /// What was read, found and computed.
    pub stages: Vec<StageRecord>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// Compute features of a data file into a Parquet file.
pub fn compute(request: &Request, observer: &dyn Observer) -> Result<Computed, StudyError> {
    request.with_data("compute", observer, |flow, data, chosen| write(request, flow, data, chosen))
}

fn write(request: &Request, flow: &Flow<'_>, data: &Data, chosen: &Chosen) -> Result<Computed, StudyError> {
    let columns = data.columns(flow, &chosen.features)?;
    let checked = chosen.features.iter().zip(&columns);
    let checked = checked.map(|(feature, (name, column))| (name.as_str(), feature.look_back(), &**column));
    let checks = check(data.axis(), &checked.collect::<Vec<_>>());
    for warning in warnings(&checks) {
        flow.warn(warning);
    }
    flow.trace().span("write", || write_panel(&request.out, data.axis(), &columns))?;
    Ok(Computed {
        out: request.out.clone(),
        rows: data.axis().n_rows(),
        features: columns.into_iter().map(|(name, _)| name).collect(),
        left_out: chosen.left_out.clone(),
        stages: flow.stages(),
        warnings: flow.warnings(),
    })
}

/// The plan of a request, for people.
pub fn explain(request: &Request, observer: &dyn Observer) -> Result<String, StudyError> {
    request
        .with_data("compute", observer, |_, _, chosen| Ok(Plan::new(&chosen.features).explain().to_string()))
}

/// The data of a single computation, and where it keeps what it computes.
pub(crate) struct Task<'a> {
    /// The command, as the store's list of runs names it.
    pub name: &'static str,
    /// A store, if results should be kept for the next time.
    pub store: Option<&'a Path>,
    /// Threads.
    pub threads: usize,
    /// How many bytes of computed values are held before they are stored.
    pub memory: usize,
    /// What to read, with these text columns as categories.
    pub load: &'a (dyn Fn(Vec<String>) -> Load + Sync),
    /// A text column that is read as a category where there is one.
    pub category: Option<&'a str>,
    /// Where published values are.
    pub facts: Option<&'a Path>,
}

/// Read the data and resolve the features, then do something with both.
pub(crate) fn with_data<T: Send>(
    task: &Task<'_>,
    choose: &(dyn Fn(&Schema) -> Result<Chosen, FeatureError> + Sync),
    observer: &dyn Observer,
    work: impl FnOnce(&Flow<'_>, &Data, &Chosen) -> Result<T, StudyError> + Send,
) -> Result<T, StudyError> {
    on_threads(task.threads, || {
        let scratch;
        let folder = if let Some(folder) = task.store {
            folder
        } else {
            scratch = tempfile::tempdir()
                .map_err(|source| StudyError::Read { path: std::env::temp_dir(), source })?;
            scratch.path()
        };
        let store = Store::open(folder)?;
        let bridge = Bridge::new(observer);
        let flow =
            Flow::new(&store, task.name, Budget { threads: task.threads, memory: task.memory }, &bridge)?;
        let (data, chosen) = read(task, choose, &flow)?;
        for warning in &data.facts().warnings {
            flow.warn(warning.clone());
        }
        for (name, reason) in &chosen.left_out {
            flow.warn(format!("left out {name}: {reason}"));
        }
        let result = work(&flow, &data, &chosen)?;
        if task.store.is_some() {
            flow.finish(serde_json::Value::Null)?;
        }
        Ok(result)
    })
}

/// Read the data; a second time, with columns of texts, if something is missing that one of them may offer.
fn read(
    task: &Task<'_>,
    choose: &dyn Fn(&Schema) -> Result<Chosen, FeatureError>,
    flow: &Flow<'_>,
) -> Result<(Data, Chosen), StudyError> {
    let load = |categories| Data::load(flow, task, &(task.load)(categories));
    let data = load(Vec::new())?;
    let chosen = choose(&data.schema());
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
    Stored(Arc<PanelHandle>),
}

impl Data {
    fn load(flow: &Flow<'_>, task: &Task<'_>, stage: &Load) -> Result<Self, StudyError> {
        if task.store.is_none() {
            let mut output = flow.trace().span("load", || stage.read())?;
            if let Some(path) = task.facts {
                flow.trace().span("facts", || attach_facts(path, &mut output))?;
            }
            return Ok(Self::Memory(Box::new(output)));
        }
        let manifest = one(flow.stage(stage, &stage.files()?, 0)?)?;
        Ok(Self::Stored(Arc::new(PanelHandle::open(flow.store(), manifest)?)))
    }

    /// The rows.
    pub fn axis(&self) -> &Arc<Axis> {
        match self {
            Self::Memory(output) => output.panel.axis(),
            Self::Stored(panel) => panel.axis(),
        }
    }

    /// Facts about the reading.
    pub fn facts(&self) -> &LoadFacts {
        match self {
            Self::Memory(output) => &output.facts,
            Self::Stored(panel) => panel.facts(),
        }
    }

    /// The columns that expressions may name.
    pub fn schema(&self) -> Schema {
        match self {
            Self::Memory(output) => Schema::of(&output.panel),
            Self::Stored(panel) => panel.schema(),
        }
    }

    /// Text columns of the data that could serve as categories.
    fn text_columns(&self) -> Vec<String> {
        let ignored = self.facts().found["ignored"].as_array().into_iter().flatten();
        let texts = ignored.filter(|column| column["why"].as_str().is_some_and(|why| why.contains("text")));
        let names = texts.filter_map(|column| column["source"].as_str());
        names.map(backstaff_source::field_name).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The panel with the fields and categories among these that there are.
    pub fn panel(&self, fields: &[&str], categories: &[&str]) -> Result<Panel, StudyError> {
        match self {
            Self::Memory(output) => Ok(output.panel.clone()),
            Self::Stored(panel) => panel.panel(
                fields.iter().copied().filter(|name| panel.fields().contains(*name)),
                categories.iter().copied().filter(|name| panel.categories().contains(*name)),
            ),
        }
    }

    /// Compute features at full precision.
    pub fn columns(
        &self,
        flow: &Flow<'_>,
        features: &[Feature],
    ) -> Result<Vec<(String, Arc<Column>)>, StudyError> {
        let panel = match self {
            Self::Memory(output) => {
                let plan = Plan::new(features);
                let columns =
                    flow.trace().span("features", || plan.compute(&output.panel, Encoding::F64, &()))?;
                let names = features.iter().map(|feature| feature.name().to_owned());
                return Ok(names.zip(columns.into_iter().map(Arc::new)).collect());
            }
            Self::Stored(panel) => panel,
        };
        let stage = Features::new(features.to_vec(), Encoding::F64);
        let done = flow.joint_stage(&stage, panel, panel.axis().n_rows() * features.len())?;
        let column = |(feature, years): (&Feature, &[Done<FeatureShard>])| {
            let manifests = years.iter().map(|done| done.manifest.clone()).collect();
            let handle = ColumnHandle::new(feature.name(), flow.store(), panel, manifests);
            Ok((feature.name().to_owned(), handle.column()?))
        };
        features.iter().zip(done.chunks(panel.segments().len())).map(column).collect()
    }
}

/// Read published values into a panel.
fn attach_facts(path: &Path, output: &mut LoadOutput) -> Result<(), StudyError> {
    let facts = read_facts(path)?;
    let axis = output.panel.axis().clone();
    let is_known = |facts: &Facts| {
        facts.all().any(|(about, _)| about.is_none_or(|instrument| axis.find(instrument.name()).is_some()))
    };
    if !facts.values().any(is_known) {
        let message = format!("no instrument of the facts in {} is in the data", path.display());
        output.facts.warnings.push(message);
    }
    for (name, facts) in facts {
        output.panel.insert_facts(&name, facts)?;
    }
    Ok(())
}

impl Request {
    /// Where published values are: where the request says, else in the data if they may hold such.
    fn facts(&self) -> Result<Option<&Path>, StudyError> {
        match (&self.facts, &self.store) {
            (Some(_), Some(_)) => Err(StudyError::Value {
                key: "--facts".to_owned(),
                message: "published facts are not kept in a store; leave out --store".to_owned(),
            }),
            (Some(path), None) => Ok(Some(path)),
            (None, _) => Ok(Some(self.data.as_path()).filter(|data| data.join("financial").is_dir())),
        }
    }

    /// Read the data and resolve the features for a command of this name, then do something with both.
    pub(crate) fn with_data<T: Send>(
        &self,
        name: &'static str,
        observer: &dyn Observer,
        work: impl FnOnce(&Flow<'_>, &Data, &Chosen) -> Result<T, StudyError> + Send,
    ) -> Result<T, StudyError> {
        // Expressions are parsed before the data are read: a slip of the pen shows at once.
        let catalog = catalog(&self.libraries, self.file.as_deref(), &self.features)?;
        let task = Task {
            name,
            store: self.store.as_deref(),
            threads: self.threads,
            memory: self.memory.unwrap_or(Budget::of_threads(1).memory),
            load: &|categories| Load::verbatim(&self.data, categories),
            category: None,
            facts: self.facts()?,
        };
        with_data(&task, &|schema| self.choose(&catalog, schema), observer, work)
    }

    fn choose(&self, catalog: &Catalog, schema: &Schema) -> Result<Chosen, FeatureError> {
        let file = self.file.as_ref().map(|path| path.display().to_string());
        let libraries = self.libraries.iter().map(String::as_str).chain(file.as_deref()).collect::<Vec<_>>();
        let named = self.features.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        choose(catalog, &libraries, &named, schema)
    }
}

/// The catalog of libraries that ship, a file of the user's own, and definitions.
pub(crate) fn catalog(
    libraries: &[String],
    file: Option<&Path>,
    features: &[(String, String)],
) -> Result<Catalog, StudyError> {
    let mut catalog = Catalog::new();
    for name in libraries {
        catalog = catalog.with_library(name)?;
    }
    if let Some(path) = file {
        catalog = with_file(catalog, path)?;
    }
    for (name, expression) in features {
        catalog = catalog.with(name, expression)?;
    }
    Ok(catalog)
}
