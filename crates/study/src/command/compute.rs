//! Single computations: from a data file and expressions to a table, as Parquet or CSV.

mod data;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use backstaff_feature::{Catalog, FeatureError, Plan, Schema};
use backstaff_panel::Encoding;
use backstaff_source::{Halts, Match, TableLayout};
use backstaff_stage::Budget;
use rayon::prelude::*;
use serde::Serialize;

pub(crate) use self::data::{Data, Task, with_data};
pub use crate::steps::load::FileForm;
use crate::{
    StudyError,
    command::output::{PanelWriter, Reads, form_of, write_runs},
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

/// The request for a computation.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The data: a Parquet or CSV file, a folder of them, or a folder in Qlib's or LEAN's layout.
    pub data: PathBuf,
    /// Published values with the days on which they became known, for expressions over `$$name`: a table, or a folder
    /// in Qlib's layout. If `None`, those in `data` are read, if `data` is such a folder.
    pub facts: Option<PathBuf>,
    /// The form of all files that are read.
    pub form: FileForm,
    /// The layout of the tables, if `data` is a database.
    pub tables: Option<TableLayout>,
    /// The features of the request: the name and the expression of each.
    pub features: Vec<(String, String)>,
    /// The names of built-in libraries to compute.
    pub libraries: Vec<String>,
    /// A library file of the user to compute.
    pub file: Option<PathBuf>,
    /// Further files that the request was made from, such as that of the layout; none of them is written over.
    pub also_read: Vec<PathBuf>,
    /// The file to write: CSV if its name ends in `.csv`, else Parquet.
    pub out: PathBuf,
    /// A store that keeps the results for the next time; `None` to keep none.
    pub store: Option<PathBuf>,
    /// The number of threads.
    pub threads: usize,
    /// The bytes of computed values that are held before they are stored; a gigabyte if `None`.
    pub memory: Option<usize>,
}

/// The rows that a computation takes of its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// All rows, and features only.
    All,
    /// The rows that every requested feature counts, if that is a part of all rows; and the libraries' targets beside
    /// features.
    Counted,
}

/// The outcome of a computation.
#[derive(Clone, Debug, Serialize)]
pub struct Computed {
    /// The file that was written.
    pub out: PathBuf,
    /// The number of rows in the file.
    pub rows: usize,
    /// The features in the file, in the order of the columns.
    pub features: Vec<String>,
    /// The entries of libraries that need columns which the data lack: the name and the reason.
    pub left_out: Vec<(String, String)>,
    /// How the instruments of each table that is joined meet those of the data.
    pub matches: Vec<Match>,
    /// The lines of the stages that were run.
    pub stages: Vec<StageRecord>,
    /// The warnings for the user, in order.
    pub warnings: Vec<String>,
    /// The seconds of each part, by name.
    pub seconds: Vec<(String, f64)>,
    /// The largest anonymous memory of the process, in bytes; 0 where the system does not say.
    pub peak_memory: u64,
    /// The times in the format of Chrome's tracing.
    #[serde(skip)]
    pub trace: serde_json::Value,
}

/// Compute features of a data file and write them into a table.
pub fn compute(request: &Request, observer: &dyn Observer) -> Result<Computed, StudyError> {
    request.reads().allow("--out", &request.out)?;
    form_of("--out", &request.out)?;
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
    write_runs(&request.out, form_of("--out", &request.out)?, axis, headers, |writer| {
        data.stream(flow, chosen, PanelWriter::ROWS, |run| {
            flow.check_cancelled()?;
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
        matches: data.facts().matches.clone(),
        stages: flow.stages(),
        warnings: flow.warnings(),
        seconds: flow.trace().named_seconds(),
        peak_memory: peak_anonymous_bytes(),
        trace: flow.trace().to_chrome(),
    })
}

/// The plan of a computation as text for people; nothing is computed.
pub fn explain(request: &Request, observer: &dyn Observer) -> Result<String, StudyError> {
    request.with_data("compute", Taken::Counted, observer, |_, _, chosen| {
        Ok(Plan::new(&chosen.features).explain().to_string())
    })
}

impl Request {
    /// The files and folders that are read.
    pub fn reads(&self) -> Reads {
        let optional = [&self.facts, &self.file].into_iter().flatten();
        Reads::of(optional.chain([&self.data]).chain(&self.also_read))
    }

    /// The place of published values: the request's own, or else the data, if they are a folder that may hold some.
    fn facts(&self) -> Option<&Path> {
        let own = || Some(self.data.as_path()).filter(|data| data.join("financial").is_dir());
        self.facts.as_deref().or_else(own)
    }

    /// Read the data and resolve the features for a command of this name, then do some work with both.
    pub(crate) fn with_data<T: Send>(
        &self,
        name: &'static str,
        taken: Taken,
        observer: &dyn Observer,
        work: impl Fn(&Flow<'_>, &Data, &Chosen) -> Result<T, StudyError> + Send + Sync,
    ) -> Result<T, StudyError> {
        if self.tables.is_some() && self.form.halts.is_some_and(|halts| halts != Halts::default()) {
            let message = "is for files; of a database the preset or the layout says it".to_owned();
            return Err(StudyError::Value { key: "--halts".to_owned(), message });
        }
        // Expressions are parsed before the data are read, so that a misspelling shows at once.
        let mut catalog = catalog(
            &self.libraries,
            self.file.as_deref(),
            self.features.iter().map(|(name, text)| (name, text)),
        )?;
        let (libraries, named) = self.selection();
        let all = libraries.iter().map(String::as_str).chain(named.iter().copied()).collect::<Vec<_>>();
        let wanted = mentioned(&catalog, &all)?;
        let rows = catalog.common_rows(&all)?.filter(|_| taken == Taken::Counted);
        // A panel of the counted rows alone gives the same values sooner. A store keeps the values of all rows.
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
            form: &self.form,
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

    /// The libraries and the file to compute, and the names of the single features.
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

/// The columns that the named features and libraries mention together.
fn mentioned(catalog: &Catalog, all: &[&str]) -> Result<Schema, StudyError> {
    let targets = all.iter().filter_map(|name| catalog.library(name)).flat_map(|library| &library.targets);
    let all = all.iter().copied().chain(targets.map(String::as_str)).collect::<Vec<_>>();
    Ok(catalog.mentioned(&all)?)
}
