//! Single computations: from a data file and expressions to a table, as Parquet or CSV, or in memory.

mod data;
mod prices;
mod stream;
mod wanted;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use backstaff_feature::Plan;
use backstaff_panel::Encoding;
use backstaff_source::{Halts, Match, TableLayout};
use backstaff_stage::Budget;
use rayon::prelude::*;
use serde::Serialize;

pub(crate) use self::data::{Data, Origin, Task, with_data};
pub use self::prices::{Prices, Table};
pub(crate) use self::wanted::Taken;
use self::{data::facts_of, stream::stream, wanted::Wanted};
pub use crate::steps::load::{FileForm, OwnColumns};
use crate::{
    StudyError,
    command::output::{PanelWriter, Reads, form_of, write_runs},
    config::Chosen,
    flow::{
        Flow,
        progress::{Observer, StageRecord, peak_anonymous_bytes},
    },
    steps::Load,
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
    let names = chosen.names().collect::<Vec<_>>();
    let headers = names.iter().map(|&name| (name, Encoding::F64));
    let mut written = Duration::ZERO;
    write_runs(&request.out, form_of("--out", &request.out)?, axis, headers, |writer| {
        stream(flow, data, chosen, PanelWriter::ROWS, |run| {
            let start = Instant::now();
            let columns = run.columns.par_iter().map(|column| (column, 0..column.len()));
            writer.write(run.rows, columns)?;
            written += start.elapsed();
            Ok(())
        })
    })?;
    flow.trace().ended("write", written.as_secs_f64());
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

/// Fail if the form says of a database how halts are written; `key` is what the caller says it with.
fn check_halts(key: &str, tables: Option<&TableLayout>, form: &FileForm) -> Result<(), StudyError> {
    if tables.is_none() || form.halts.is_none_or(|halts| halts == Halts::default()) {
        return Ok(());
    }
    let message = "is for files; of a database the preset or the layout says it".to_owned();
    Err(StudyError::Value { key: key.to_owned(), message })
}

impl Request {
    /// The files and folders that are read.
    pub fn reads(&self) -> Reads {
        let optional = [&self.facts, &self.file].into_iter().flatten();
        Reads::of(optional.chain([&self.data]).chain(&self.also_read))
    }

    /// Read the data and resolve the features for a command of this name, then do some work with both.
    pub(crate) fn with_data<T: Send>(
        &self,
        name: &'static str,
        taken: Taken,
        observer: &dyn Observer,
        work: impl Fn(&Flow<'_>, &Data, &Chosen) -> Result<T, StudyError> + Send + Sync,
    ) -> Result<T, StudyError> {
        check_halts("--halts", self.tables.as_ref(), &self.form)?;
        // Expressions are parsed before the data are read, so that a misspelling shows at once.
        let asked = self.wanted().parse(taken, self.store.is_some())?;
        let task = Task {
            name,
            store: self.store.as_deref(),
            threads: self.threads,
            memory: self.memory.unwrap_or(Budget::of_threads(1).memory),
            origin: Origin::Files {
                load: &|categories| match &self.tables {
                    Some(layout) => {
                        Load::verbatim(&self.data, categories).of_tables(layout.clone(), asked.mentioned())
                    }
                    None => Ok(Load::verbatim(&self.data, categories)),
                },
                form: &self.form,
                facts: facts_of(&self.data, self.facts.as_deref()),
            },
            category: None,
            rows: asked.rows(),
        };
        with_data(&task, &|schema| asked.choose(schema), observer, work)
    }

    /// What is to be computed.
    fn wanted(&self) -> Wanted<'_> {
        Wanted { features: &self.features, libraries: &self.libraries, file: self.file.as_deref() }
    }
}
