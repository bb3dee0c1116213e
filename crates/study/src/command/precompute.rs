//! The features of a study as Parquet files for other programs, which a later run can read back.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use backstaff_panel::{Axis, Calendar, Column};
use backstaff_stage::{Store, runner::with_repair};
use rayon::prelude::*;
use serde::Serialize;

use crate::{
    Study, StudyError,
    command::output::{OutputError, write_json, write_panel},
    flow::{Flow, Watch, progress::Observer},
    steps::features::precomputed::{Document, FORMAT, about, entries, file_name},
    stored::column::ColumnHandle,
};

/// The outcome of precomputing.
#[derive(Clone, Debug, Serialize)]
pub struct Written {
    /// The file or folder that was written.
    pub out: PathBuf,
    /// The number of Parquet files.
    pub files: usize,
    /// The number of rows in all files together.
    pub rows: usize,
    /// The features, in the order of the columns.
    pub features: Vec<String>,
    /// The wall time in seconds.
    pub seconds: f64,
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { out, files, rows, features, seconds } = self;
        let files = if *files == 1 { "1 file".to_owned() } else { format!("{files} files") };
        let n = features.len();
        writeln!(f, "{}: {files}, {rows} rows, {n} features ({seconds:.2} s)", out.display())
    }
}

impl Study {
    /// Write the features of the study: into one long file if `out` ends in `.parquet`, else into a folder with one
    /// file for each instrument.
    pub fn precompute(&self, out: &Path, observer: &dyn Observer) -> Result<Written, StudyError> {
        let store = Store::open(&self.store)?;
        self.on_threads(|| with_repair(&store, || self.precompute_once(out, &store, observer)))
    }

    fn precompute_once(
        &self,
        out: &Path,
        store: &Store,
        observer: &dyn Observer,
    ) -> Result<Written, StudyError> {
        let watch = Watch::new(observer);
        let flow = Flow::new(store, &self.update_name(), self.budget, &watch)?;
        let panel = self.load(&flow)?;
        let resolved = self.resolve(&panel)?;
        let columns = self.columns(&flow, &panel, &resolved)?;
        if columns.features().is_empty() {
            let message =
                "the study has none, so there is nothing to write; name libraries, files or definitions";
            return Err(StudyError::Value { key: "features".to_owned(), message: message.to_owned() });
        }
        let values = |handle: &Arc<ColumnHandle>| Ok((handle.name().to_owned(), handle.column()?));
        let values = columns.features().par_iter().map(values).collect::<Result<Vec<_>, StudyError>>()?;
        let long = out.extension().is_some_and(|extension| extension == "parquet");
        let files = if long { vec![file_name(out)] } else { names(panel.axis()) };
        let document = Document {
            format: FORMAT,
            study: self.run_name(),
            rows: panel.axis().n_rows(),
            files,
            features: entries(&resolved.features(), &values, &panel)?,
        };
        write(out, long, panel.axis(), &values, &document)?;
        Ok(Written {
            out: out.to_owned(),
            files: document.files.len(),
            rows: document.rows,
            features: values.into_iter().map(|(name, _)| name).collect(),
            seconds: flow.finish(serde_json::Value::Null)?.seconds,
        })
    }
}

/// A file name for each instrument: its own, with characters that file systems may refuse written as numbers.
fn names(axis: &Axis) -> Vec<String> {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let name = |name: &str| {
        let text = |c: char| if safe(c) { c.to_string() } else { format!("%{:x}", u32::from(c)) };
        format!("{}.parquet", name.chars().map(text).collect::<String>())
    };
    axis.instruments().iter().map(|instrument| name(instrument.name())).collect()
}

/// Write the files, and their document last: files without it are never read back.
fn write(
    out: &Path,
    long: bool,
    axis: &Arc<Axis>,
    values: &[(String, Arc<Column>)],
    document: &Document,
) -> Result<(), StudyError> {
    let about = about(out);
    let failed = |path: &Path| {
        let path = path.to_owned();
        |source| OutputError::Write { path, source }
    };
    if !long {
        let occupied =
            out.is_dir() && !about.is_file() && fs::read_dir(out).is_ok_and(|mut all| all.next().is_some());
        if occupied {
            let message = format!("{} holds other files; name a new folder", out.display());
            return Err(StudyError::Value { key: "--out".to_owned(), message });
        }
        fs::create_dir_all(out).map_err(failed(out))?;
    }
    if about.is_file() {
        fs::remove_file(&about).map_err(failed(&about))?;
    }
    if long {
        write_panel(out, axis, values)?;
    } else {
        let instruments = (0..axis.n_instruments()).into_par_iter();
        instruments.try_for_each(|i| {
            let sessions = axis.sessions(i).to_vec();
            let life = 0..sessions.len();
            let own = Axis::new(Calendar::new(sessions), vec![(axis.instruments()[i].clone(), life)]);
            let cut = |(name, column): &(String, Arc<Column>)| {
                (name.clone(), Arc::new(column.select(&[axis.rows(i)])))
            };
            write_panel(&out.join(&document.files[i]), &own, &values.iter().map(cut).collect::<Vec<_>>())
        })?;
    }
    Ok(write_json(&about, document)?)
}
