//! The features of a study as Parquet files for other programs, which a later run can read back.

mod folder;

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use backstaff_panel::{Axis, Column};
use backstaff_stage::{
    Store,
    runner::{Observer as _, with_repair},
};
use rayon::prelude::*;
use serde::Serialize;

use self::folder::Folder;
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
    ///
    /// A folder that is written again keeps what others have put there. Files of instruments that are gone are removed
    /// from it, and what was stopped in the middle is completed.
    ///
    /// # Errors
    ///
    /// If `out` may not be written, or the study can't be computed.
    pub fn precompute(&self, out: &Path, observer: &dyn Observer) -> Result<Written, StudyError> {
        self.may_precompute(out)?;
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
        let long = is_long(out);
        let files = if long { vec![file_name(out)] } else { names(panel.axis()) };
        let document = Document {
            format: FORMAT,
            study: self.run_name(),
            rows: panel.axis().n_rows(),
            files,
            features: entries(&resolved.features(), &values, &panel)?,
        };
        if long {
            write_long(out, panel.axis(), &values, &document)?;
        } else {
            let folder = Folder { path: out, reads: self.reads() };
            folder.fill(panel.axis(), &values, &document, &|| watch.is_cancelled())?;
        }
        Ok(Written {
            out: out.to_owned(),
            files: document.files.len(),
            rows: document.rows,
            features: values.into_iter().map(|(name, _)| name).collect(),
            seconds: flow.finish(serde_json::Value::Null, &[])?.seconds,
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

/// Whether one long file is asked for.
fn is_long(out: &Path) -> bool {
    out.extension().is_some_and(|extension| extension == "parquet")
}

impl Study {
    /// Check before anything is computed that neither the file or folder nor its document is something else.
    fn may_precompute(&self, out: &Path) -> Result<(), StudyError> {
        let reads = self.reads();
        let is_file =
            out.extension().is_some_and(|ending| ["csv", "pq"].iter().any(|known| ending == *known));
        if is_file && !out.is_dir() {
            let (path, known) = (out.to_owned(), &[".parquet", "no ending at all, as a folder does"][..]);
            return Err(OutputError::Ending { option: "--out", path, known }.into());
        }
        if is_long(out) {
            reads.allow("--out", out)?;
        } else {
            reads.allow_folder("--out", out)?;
            let folder = Folder { path: out, reads: reads.clone() };
            folder.check_ours()?;
        }
        if about(out).parent().is_some_and(Path::is_dir) {
            reads.allow("--out", &about(out))?;
        }
        Ok(())
    }
}

/// Write one file, and its document last: a file without it is never read back.
fn write_long(
    out: &Path,
    axis: &Arc<Axis>,
    values: &[(String, Arc<Column>)],
    document: &Document,
) -> Result<(), StudyError> {
    remove(&about(out))?;
    write_panel(out, axis, values)?;
    Ok(write_json(&about(out), document)?)
}

fn remove(path: &Path) -> Result<(), OutputError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(OutputError::Write { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}
