//! Single computations: a data file and expressions in, a Parquet file out.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use backstaff_feature::{Catalog, Feature, FeatureError, Plan, Schema};
use backstaff_panel::{Axis, Column, Encoding};
use backstaff_stage::{Store, runner::Done};
use serde::Serialize;

use crate::{
    StudyError,
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
    /// A Parquet or CSV file, or a folder of them.
    pub data: PathBuf,
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
    on_threads(request.threads, || {
        with_data(request, observer, |flow, data, chosen| write(request, flow, data, chosen))
    })
}

fn write(request: &Request, flow: &Flow<'_>, data: &Data, chosen: &Chosen) -> Result<Computed, StudyError> {
    let columns = data.columns(flow, &chosen.features)?;
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
    let plan = |chosen: &Chosen| Plan::new(&chosen.features).explain().to_string();
    on_threads(request.threads, || with_data(request, observer, |_, _, chosen| Ok(plan(chosen))))
}

/// Read the data and resolve the features, then do something with both.
fn with_data<T>(
    request: &Request,
    observer: &dyn Observer,
    work: impl FnOnce(&Flow<'_>, &Data, &Chosen) -> Result<T, StudyError>,
) -> Result<T, StudyError> {
    // Expressions are parsed before the data are read: a slip of the pen shows at once.
    let catalog = catalog(request)?;
    let scratch;
    let folder = if let Some(folder) = &request.store {
        folder.as_path()
    } else {
        scratch =
            tempfile::tempdir().map_err(|source| StudyError::Read { path: std::env::temp_dir(), source })?;
        scratch.path()
    };
    let store = Store::open(folder)?;
    let bridge = Bridge::new(observer);
    let flow = Flow::new(&store, "compute", request.threads, &bridge)?;
    let kept = request.store.is_some();
    let mut data = Data::load(&flow, &request.data, Vec::new(), kept)?;
    let mut chosen = request.choose(&catalog, &data.schema());
    let texts = data.text_columns();
    if !texts.is_empty() && chosen.as_ref().map_or(true, |chosen| !chosen.left_out.is_empty()) {
        // Something is missing that a column of texts may offer.
        data = Data::load(&flow, &request.data, texts, kept)?;
        chosen = request.choose(&catalog, &data.schema());
    }
    let chosen = chosen?;
    for warning in &data.facts().warnings {
        flow.warn(warning.clone());
    }
    for (name, reason) in &chosen.left_out {
        flow.warn(format!("left out {name}: {reason}"));
    }
    let result = work(&flow, &data, &chosen)?;
    if kept {
        flow.finish(serde_json::Value::Null)?;
    }
    Ok(result)
}

/// The data of a computation: read into memory, or through a store that keeps what is computed.
enum Data {
    Memory(Box<LoadOutput>),
    Stored(Arc<PanelHandle>),
}

impl Data {
    fn load(flow: &Flow<'_>, path: &Path, categories: Vec<String>, kept: bool) -> Result<Self, StudyError> {
        let stage = Load::verbatim(path, categories);
        if !kept {
            return Ok(Self::Memory(Box::new(flow.trace().span("load", || stage.read())?)));
        }
        let manifest = one(flow.stage(&stage, &stage.files()?, 0)?)?;
        Ok(Self::Stored(Arc::new(PanelHandle::open(flow.store(), manifest)?)))
    }

    fn axis(&self) -> &Arc<Axis> {
        match self {
            Self::Memory(output) => output.panel.axis(),
            Self::Stored(panel) => panel.axis(),
        }
    }

    fn facts(&self) -> &LoadFacts {
        match self {
            Self::Memory(output) => &output.facts,
            Self::Stored(panel) => panel.facts(),
        }
    }

    fn schema(&self) -> Schema {
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

    /// Compute features at full precision.
    fn columns(
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
        let stage = Features { features: features.to_vec(), encoding: Encoding::F64 };
        let done = flow.joint_stage(&stage, panel, panel.axis().n_rows() * features.len())?;
        let column = |(feature, years): (&Feature, &[Done<FeatureShard>])| {
            let manifests = years.iter().map(|done| done.manifest.clone()).collect();
            let handle = ColumnHandle::new(feature.name(), flow.store(), panel, manifests);
            Ok((feature.name().to_owned(), handle.column()?))
        };
        features.iter().zip(done.chunks(panel.segments().len())).map(column).collect()
    }
}

impl Request {
    fn choose(&self, catalog: &Catalog, schema: &Schema) -> Result<Chosen, FeatureError> {
        let file = self.file.as_ref().map(|path| path.display().to_string());
        let libraries = self.libraries.iter().map(String::as_str).chain(file.as_deref()).collect::<Vec<_>>();
        let named = self.features.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        choose(catalog, &libraries, &named, schema)
    }
}

fn catalog(request: &Request) -> Result<Catalog, StudyError> {
    let mut catalog = Catalog::new();
    for name in &request.libraries {
        catalog = catalog.with_library(name)?;
    }
    if let Some(path) = &request.file {
        catalog = with_file(catalog, path)?;
    }
    for (name, expression) in &request.features {
        catalog = catalog.with(name, expression)?;
    }
    Ok(catalog)
}
