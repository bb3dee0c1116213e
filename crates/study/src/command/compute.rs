//! Single computations: a data file and expressions in, a Parquet file out.

mod data;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use backstaff_feature::{Catalog, FeatureError, Plan, Schema};
use backstaff_panel::Encoding;
use backstaff_source::TableLayout;
use backstaff_stage::Budget;
use rayon::prelude::*;
use serde::Serialize;

pub(crate) use self::data::{Data, Task, with_data};
use crate::{
    StudyError,
    command::output::{PanelWriter, write_runs},
    config::{Chosen, catalog, choose},
    flow::{
        Flow,
        progress::{Observer, StageRecord, peak_anonymous_bytes},
    },
    steps::{
        Load,
        check::{Checker, warnings},
    },
};

/// What to compute.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// A Parquet or CSV file, a folder of them, or a folder in Qlib's or LEAN's layout.
    pub data: PathBuf,
    /// Published values with the days on which they became known, for expressions over `$$name`: a table, or a folder
    /// in Qlib's layout. Without one those of `data` count, if it is such a folder.
    pub facts: Option<PathBuf>,
    /// What the tables of a database mean, if `data` is one.
    pub tables: Option<TableLayout>,
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

/// What is taken of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// All rows.
    All,
    /// The rows that everything asked for counts, where these are not all, and beside features the libraries' targets.
    Counted,
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
    /// How long each part took.
    pub seconds: Vec<(String, f64)>,
    /// The largest anonymous memory of the process, in bytes.
    pub peak_memory: u64,
    /// A Chrome trace.
    #[serde(skip)]
    pub trace: serde_json::Value,
}

/// Compute features of a data file into a Parquet file.
pub fn compute(request: &Request, observer: &dyn Observer) -> Result<Computed, StudyError> {
    request.with_data("compute", Taken::Counted, observer, |flow, data, chosen| {
        write(request, flow, data, chosen)
    })
}

fn write(request: &Request, flow: &Flow<'_>, data: &Data, chosen: &Chosen) -> Result<Computed, StudyError> {
    let axis = data.axis();
    let mut checkers =
        chosen.features.iter().map(|feature| Checker::new(feature.look_back())).collect::<Vec<_>>();
    let names = chosen.names().collect::<Vec<_>>();
    let headers = names.iter().map(|&name| (name, Encoding::F64));
    let mut written = Duration::ZERO;
    write_runs(&request.out, axis, headers, |writer| {
        data.stream(flow, chosen, PanelWriter::ROWS, |run| {
            let start = Instant::now();
            checkers.par_iter_mut().zip(run.columns).for_each(|(checker, column)| {
                checker.add(axis, run.instruments.clone(), column);
            });
            let columns = run.columns.par_iter().map(|column| (column, 0..column.len()));
            writer.write(run.rows, columns)?;
            written += start.elapsed();
            Ok(())
        })
    })?;
    flow.trace().ended("write", written.as_secs_f64());
    let checks = checkers.into_iter().zip(&names).map(|(checker, name)| checker.finish(name));
    for warning in warnings(&checks.collect::<Vec<_>>()) {
        flow.warn(warning);
    }
    Ok(Computed {
        out: request.out.clone(),
        rows: axis.n_rows(),
        features: names.into_iter().map(str::to_owned).collect(),
        left_out: chosen.left_out.clone(),
        stages: flow.stages(),
        warnings: flow.warnings(),
        seconds: flow.trace().named_seconds(),
        peak_memory: peak_anonymous_bytes(),
        trace: flow.trace().to_chrome(),
    })
}

/// The plan of a request, for people.
pub fn explain(request: &Request, observer: &dyn Observer) -> Result<String, StudyError> {
    request.with_data("compute", Taken::Counted, observer, |_, _, chosen| {
        Ok(Plan::new(&chosen.features).explain().to_string())
    })
}

impl Request {
    /// Where published values are: where the request says, else in the data if they may hold such.
    fn facts(&self) -> Option<&Path> {
        let own = || Some(self.data.as_path()).filter(|data| data.join("financial").is_dir());
        self.facts.as_deref().or_else(own)
    }

    /// Read the data and resolve the features for a command of this name, then do something with both.
    pub(crate) fn with_data<T: Send>(
        &self,
        name: &'static str,
        taken: Taken,
        observer: &dyn Observer,
        work: impl FnOnce(&Flow<'_>, &Data, &Chosen) -> Result<T, StudyError> + Send,
    ) -> Result<T, StudyError> {
        // Expressions are parsed before the data are read: a slip of the pen shows at once.
        let mut catalog = catalog(
            &self.libraries,
            self.file.as_deref(),
            self.features.iter().map(|(name, text)| (name, text)),
        )?;
        let (libraries, named) = self.selection();
        let all = libraries.iter().map(String::as_str).chain(named.iter().copied()).collect::<Vec<_>>();
        let wanted = mentioned(&catalog, &all)?;
        let rows = catalog.common_rows(&all)?.filter(|_| taken == Taken::Counted);
        // Over the counted rows alone the same values are had sooner; a store keeps those of all rows.
        let alone =
            rows.as_deref().map_or_else(|| catalog.clone(), |rows| catalog.clone().over_rows_alone(rows));
        if self.store.is_none() {
            catalog = alone.clone();
        }
        let task = Task {
            name,
            store: self.store.as_deref(),
            threads: self.threads,
            memory: self.memory.unwrap_or(Budget::of_threads(1).memory),
            load: &|categories| match &self.tables {
                Some(layout) => Load::verbatim(&self.data, categories).of_tables(layout.clone(), &wanted),
                None => Ok(Load::verbatim(&self.data, categories)),
            },
            category: None,
            facts: self.facts(),
            rows: rows.as_deref(),
        };
        let choose = |schema: &Schema| {
            let chosen = self.choose(&catalog, schema)?;
            let mut libraries = libraries.iter().filter(|_| taken == Taken::Counted);
            libraries.try_fold(chosen, |chosen, library| chosen.with_targets(&alone, library, schema))
        };
        with_data(&task, &choose, observer, work)
    }

    /// The libraries and files that are computed, and the features that are named one by one.
    fn selection(&self) -> (Vec<String>, Vec<&str>) {
        let file = self.file.as_ref().map(|path| path.display().to_string());
        let libraries = self.libraries.iter().cloned().chain(file).collect();
        (libraries, self.features.iter().map(|(name, _)| name.as_str()).collect())
    }

    fn choose(&self, catalog: &Catalog, schema: &Schema) -> Result<Chosen, FeatureError> {
        let (libraries, named) = self.selection();
        choose(catalog, &libraries.iter().map(String::as_str).collect::<Vec<_>>(), &named, schema)
    }
}

/// The columns that everything together names.
fn mentioned(catalog: &Catalog, all: &[&str]) -> Result<Schema, StudyError> {
    let targets = all.iter().filter_map(|name| catalog.library(name)).flat_map(|library| &library.targets);
    let all = all.iter().copied().chain(targets.map(String::as_str)).collect::<Vec<_>>();
    Ok(catalog.mentioned(&all)?)
}
