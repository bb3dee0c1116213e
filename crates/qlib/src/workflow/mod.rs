//! A workflow as its file says it: rendered, parsed and checked once, with all mistakes and their places.

mod dates;
mod door;
mod handler;
mod instance;
mod loader;
mod model;
mod processor;
mod quantlab;
mod record;
mod text;
mod universe;

use std::{
    env,
    path::{Path, PathBuf},
};

use backstaff_study::{
    StudyError,
    config::{
        Problem,
        document::{Node, Tree},
    },
};
use backstaff_words::did_you_mean;
use indexmap::IndexMap;

pub use dates::Span;
pub use door::values;
pub use handler::Handler;
pub use loader::{Group, Loader};
pub use model::{Linear, Model};
pub use processor::ProcessorSpec;
pub use record::{Analysis, ExchangeArguments, Limit, PortfolioRecord, Record, Strategy, Topk};
pub use universe::{Filter, Listed, Universe};

use self::{instance::Place, text::Document};

/// A workflow of Qlib's.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// The file.
    pub path: PathBuf,
    /// The name of the experiment, if the file names it.
    pub experiment: Option<String>,
    /// The folder of the data.
    pub provider: PathBuf,
    /// The market's rules where the file says none.
    pub region: Region,
    /// The columns and their processing.
    pub handler: Handler,
    /// The spans of dates by name: `train`, `valid`, `test`.
    pub segments: IndexMap<String, Span>,
    /// The model.
    pub model: Model,
    /// The records in order.
    pub records: Vec<Record>,
    /// What the file says that changes nothing here, in words.
    pub ignored: Vec<String>,
    /// The file as plain values.
    pub config: serde_json::Value,
}

/// The rules of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// China: units of 100 shares, a limit of 9.5 %.
    Cn,
    /// The United States: single shares, no limit.
    Us,
    /// Taiwan: units of 1000 shares, a limit of 10 %.
    Tw,
}

impl Region {
    /// The unit of trading in shares.
    pub fn trade_unit(self) -> f64 {
        match self {
            Self::Cn => 100.0,
            Self::Us => 1.0,
            Self::Tw => 1000.0,
        }
    }

    /// The limit of the session's change.
    pub fn limit(self) -> Option<f64> {
        match self {
            Self::Cn => Some(0.095),
            Self::Us => None,
            Self::Tw => Some(0.1),
        }
    }
}

/// Keys of `qlib_init` that steer Qlib's own machinery: caches, processes, servers.
const OF_QLIB: [&str; 22] = [
    "kernels",
    "expression_cache",
    "dataset_cache",
    "local_cache_path",
    "calendar_cache",
    "maxtasksperchild",
    "joblib_backend",
    "default_disk_cache",
    "mem_cache_size_limit",
    "mem_cache_limit_type",
    "mem_cache_expire",
    "redis_host",
    "redis_port",
    "redis_task_db",
    "redis_password",
    "logging_level",
    "logging_config",
    "exp_manager",
    "mount_path",
    "auto_mount",
    "clear_mem_cache",
    "skip_if_reg",
];
/// Keys of `qlib_init` that would change what is computed.
const REFUSED: [(&str, &str); 6] = [
    ("custom_ops", "operators of your own are Python code; features of your own are expressions here"),
    ("dataset_provider", "data come from the folder alone"),
    ("expression_provider", "data come from the folder alone"),
    ("feature_provider", "data come from the folder alone"),
    ("calendar_provider", "data come from the folder alone"),
    ("instrument_provider", "data come from the folder alone"),
];

/// Whether a file is a workflow of Qlib's: it has `qlib_init` or a `task` with model and dataset.
pub fn is_workflow(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("qlib_init:"))
        && text.lines().any(|line| line.starts_with("task:"))
}

impl Workflow {
    /// Read a workflow's file.
    ///
    /// # Errors
    ///
    /// If it can't be read, is no workflow, or says what this program does not know.
    pub fn read(path: &Path) -> Result<Self, StudyError> {
        Self::read_with(path, None)
    }

    /// Read a workflow's file, with another folder of data than it names.
    ///
    /// # Errors
    ///
    /// As [`Workflow::read`].
    pub fn read_with(path: &Path, provider: Option<&Path>) -> Result<Self, StudyError> {
        let document = Document::read(path)?;
        let top = Place { key: String::new(), node: &document.root };
        Self::of(path, &top, provider).map_err(|problems| document.problems(problems))
    }

    fn of(path: &Path, top: &Place<'_>, provider: Option<&Path>) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut ignored = Vec::new();
        let init = init(path, top, provider, &mut ignored);
        if top.get("sys").is_some() {
            ignored.push("sys: classes of one's own run in Python, by `backstaff.qlib`".to_owned());
        }
        let task = top.get("task");
        if task.is_none() {
            problems.push(top.problem("is missing: `task` with `model`, `dataset` and `record`"));
        }
        let at = |keys: &[&str]| keys.iter().try_fold(task.clone()?, |place, key| place.get(key));
        let one = |problem: Problem| vec![problem];
        let missing = |key: &str| vec![Problem::of(format!("task.{key}"), "is missing")];
        let dataset = at(&["dataset"]).ok_or_else(|| missing("dataset")).and_then(|place| dataset(&place));
        let model = at(&["model"]).ok_or_else(|| missing("model")).and_then(|place| model::model(&place));
        let records = match at(&["record"]) {
            None => Ok(Vec::new()),
            Some(place) => place.items().iter().map(record::record).collect::<Result<Vec<_>, _>>(),
        };
        let experiment = top.node.get("experiment_name").and_then(Node::as_text).map(str::to_owned);
        let (init, dataset, model, records) = match (init.map_err(one), dataset, model, records) {
            (Ok(init), Ok(dataset), Ok(model), Ok(records)) if problems.is_empty() => {
                (init, dataset, model, records)
            }
            (init, dataset, model, records) => {
                problems.extend(init.err().into_iter().flatten());
                problems.extend(dataset.err().into_iter().flatten());
                problems.extend(model.err().into_iter().flatten());
                problems.extend(records.err().into_iter().flatten());
                return Err(problems);
            }
        };
        Ok(Self {
            path: path.to_owned(),
            experiment,
            provider: init.0,
            region: init.1,
            handler: dataset.0,
            segments: dataset.1,
            model,
            records,
            ignored,
            config: instance::value(top.node),
        })
    }

    /// The span of a segment.
    pub fn segment(&self, name: &str) -> Option<Span> {
        self.segments.get(name).copied()
    }
}

/// The folder of the data and the region.
fn init(
    path: &Path,
    top: &Place<'_>,
    other: Option<&Path>,
    ignored: &mut Vec<String>,
) -> Result<(PathBuf, Region), Problem> {
    let Some(init) = top.get("qlib_init") else {
        return Err(top.problem("is missing: `qlib_init: {provider_uri: FOLDER, region: cn}`"));
    };
    for entry in init.node.entries() {
        let key = entry.key.as_str();
        let problem = |message: String| Problem { key: init.below(key), message, place: entry.place.clone() };
        if matches!(key, "provider_uri" | "region") {
            continue;
        }
        if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == key) {
            return Err(problem((*why).to_owned()));
        }
        if OF_QLIB.contains(&key) {
            ignored.push(format!("qlib_init.{key} steers Qlib's own machinery"));
            continue;
        }
        let known = OF_QLIB.iter().copied().chain(["provider_uri", "region"]);
        let near = did_you_mean(key, known);
        return Err(problem(format!("there is no argument `{key}` of qlib.init{near}")));
    }
    let uri = init
        .get("provider_uri")
        .ok_or_else(|| init.problem("needs `provider_uri`: the folder of the data"))?;
    let text = match &uri.node.value {
        Tree::Map(_) => {
            uri.node.get("day").or_else(|| uri.node.get("__DEFAULT_FREQ")).and_then(Node::as_text)
        }
        _ => uri.node.as_text(),
    };
    let text = text.ok_or_else(|| uri.problem("must be the path of a folder, or `{day: FOLDER}`"))?;
    let provider = other.map_or_else(|| found(path, text), Path::to_owned);
    if !provider.is_file() && !provider.join("calendars").join("day.txt").is_file() {
        let message = format!(
            "{} is no folder of Qlib's data: it has no calendars/day.txt; a table of bars (Parquet or CSV) may stand \
             here too, and `backstaff qlib dump --data FILE --out FOLDER` makes a folder of one",
            provider.display()
        );
        return Err(uri.problem(message));
    }
    let region = match init.get("region") {
        None => Region::Cn,
        Some(place) => match place.node.as_text().unwrap_or_default() {
            "cn" | "REG_CN" => Region::Cn,
            "us" | "REG_US" => Region::Us,
            "tw" | "REG_TW" => Region::Tw,
            other => return Err(place.problem(format!("there is no region {other:?} (known: cn, us, tw)"))),
        },
    };
    Ok((provider, region))
}

/// A path as Qlib reads it, from the working directory; else beside the workflow.
fn found(workflow: &Path, text: &str) -> PathBuf {
    let home = env::var("HOME").unwrap_or_default();
    let path = match text.strip_prefix("~/") {
        Some(rest) => Path::new(&home).join(rest),
        None => PathBuf::from(text.strip_prefix("file://").unwrap_or(text)),
    };
    let beside = workflow.parent().unwrap_or(Path::new("")).join(&path);
    if !path.exists() && beside.exists() { beside } else { path }
}

fn dataset(place: &Place<'_>) -> Result<(Handler, IndexMap<String, Span>), Vec<Problem>> {
    let one = |problem: Problem| vec![problem];
    let instance = place.instance().map_err(one)?;
    if !["DatasetH", "TSDatasetH", "MTSDatasetH"].contains(&instance.class) {
        return Err(vec![instance.unknown(
            "dataset",
            &["DatasetH", "TSDatasetH", "MTSDatasetH"],
            "; a dataset of your own runs in Python",
        )]);
    }
    let handler =
        instance.argument("handler").ok_or_else(|| vec![place.problem("needs `kwargs: {handler: ...}`")])?;
    let segments = instance
        .argument("segments")
        .ok_or_else(|| vec![place.problem("needs `kwargs: {segments: ...}`")])?;
    let spans = segments
        .node
        .entries()
        .iter()
        .map(|entry| {
            let place = Place { key: segments.below(&entry.key), node: &entry.value };
            Ok((entry.key.clone(), dates::span(&place)?))
        })
        .collect::<Result<IndexMap<_, _>, Problem>>();
    match (handler::handler(&handler), spans) {
        (Ok(handler), Ok(spans)) => Ok((handler, spans)),
        (handler, spans) => Err(handler.err().into_iter().chain(spans.err()).collect()),
    }
}
