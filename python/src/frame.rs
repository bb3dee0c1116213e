//! Frames in place of files: what a file of the same cells means is what a frame means.

use std::path::{Path, PathBuf};

use arrow_array::RecordBatchReader;
use arrow_schema::{DataType, Schema};
use backstaff_study::{MemoryTable, StudyError, compute::OwnColumns, progress::Observer};
use pyo3::prelude::*;

use crate::{
    arrow::reader,
    detached::detached,
    error::{DataError, exception},
    form::form,
};

/// Data that are read: a file or folder, or a table in memory.
#[derive(Debug)]
pub(crate) enum Data {
    File(PathBuf),
    /// A table, and what messages call it.
    Frame(MemoryTable, &'static str),
}

impl Data {
    /// The data behind an argument: a path, or a table that speaks Arrow's protocol, which messages call `called`.
    ///
    /// # Errors
    ///
    /// If the argument is neither, or no columns of prices could come from the table.
    pub(crate) fn of(py: Python<'_>, data: &Bound<'_, PyAny>, called: &'static str) -> PyResult<Self> {
        if !data.hasattr("__arrow_c_stream__")? {
            return data.extract::<PathBuf>().map(Self::File);
        }
        let reader = reader(data, called)?;
        let schema = reader.schema();
        check(&schema).map_err(|fault| DataError::new_err(format!("{called} {fault}")))?;
        // The other library may compute the rows only now.
        let table = py.detach(|| MemoryTable::new(schema, reader)).map_err(StudyError::from);
        table.map(|table| Self::Frame(table, called)).map_err(|error| exception(&error))
    }

    /// The path, or the name that a table has in place of one.
    pub(crate) fn place(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Frame(table, _) => table.name(),
        }
    }

    /// What messages call the data.
    pub(crate) fn called(&self) -> Called {
        match self {
            Self::File(_) => Called(None),
            Self::Frame(table, called) => Called(Some((table.name().display().to_string(), called))),
        }
    }
}

/// What messages call some data: a file by its path, but a table in memory by no name that nobody has given it.
#[derive(Clone, Debug)]
pub(crate) struct Called(Option<(String, &'static str)>);

impl Called {
    /// A text that speaks of the frame where it names a table in memory, and of arguments where it names keys of a study.
    pub(crate) fn tell(&self, text: String) -> String {
        match &self.0 {
            Some((name, called)) if text.contains(name) => in_python(&text.replace(name, called)),
            _ => text,
        }
    }

    /// A text for programs, or a page, with what the data are called in place of the name of a table.
    pub(crate) fn name(&self, text: String) -> String {
        match &self.0 {
            Some((name, called)) => text.replace(name, called),
            None => text,
        }
    }

    /// The same exception, speaking of the frame.
    fn tell_error(&self, py: Python<'_>, error: PyErr) -> PyErr {
        let text = error.value(py).to_string();
        let told = self.tell(text.clone());
        if told == text { error } else { PyErr::from_type(error.get_type(py), told) }
    }
}

/// Do some work that reads some data. Messages speak of the frame where data are one.
///
/// # Errors
///
/// Those of the work.
pub(crate) fn with_data<T: Send>(
    py: Python<'_>,
    data: &[Data],
    work: impl FnOnce(&dyn Observer) -> Result<T, StudyError> + Send,
) -> PyResult<T> {
    let told = |error, data: &Data| data.called().tell_error(py, error);
    detached(py, work).map_err(|error| data.iter().fold(error, told))
}

/// The tables of a user's own columns, each with a JSON object that says its form; they are added to what is read.
///
/// # Errors
///
/// Those of [`Data::of`], or if a form makes no sense.
pub(crate) fn own_columns(
    py: Python<'_>,
    columns: Vec<(Bound<'_, PyAny>, String)>,
    read: &mut Vec<Data>,
) -> PyResult<Vec<OwnColumns>> {
    let own = columns.into_iter().map(|(table, keywords)| {
        let table = Data::of(py, &table, "the frame of columns")?;
        let own = OwnColumns::new(table.place(), &form(&keywords)?);
        read.push(table);
        Ok(own)
    });
    own.collect()
}

/// A text that speaks of frames.
pub(crate) fn told(read: &[Data], text: &str) -> String {
    read.iter().fold(text.to_owned(), |text, data| data.called().tell(text))
}

/// Fail with the end of a sentence if a table has columns of which nothing could be read.
pub(crate) fn check(schema: &Schema) -> Result<(), String> {
    let fields = schema.fields();
    if fields.is_empty() {
        return Err(
            "has no columns; give it one of dates, one of instruments and one for each field".to_owned()
        );
    }
    for (place, field) in fields.iter().enumerate() {
        let name = field.name();
        if fields[..place].iter().any(|other| other.name() == name) {
            return Err(format!("has the column {name:?} twice; rename or drop one of the two"));
        }
        if is_nested(field.data_type()) {
            let kind = field.data_type();
            return Err(format!(
                "has a column {name:?} of {kind}, which is neither numbers, texts nor dates; drop it, or make numbers or texts of it"
            ));
        }
    }
    Ok(())
}

/// Whether a value of a type is more than one number, text or time, or bytes that may be anything.
fn is_nested(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => is_nested(values),
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_)
        | DataType::Union(..) => true,
        kind => kind.is_nested(),
    }
}

/// A message in the words of a call: `key: value` of a study is `key="value"`, and options of the command line are left
/// out.
fn in_python(text: &str) -> String {
    const OPTION: (&str, &str) = (" (`--", " where no study says it)");
    let mut said = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPTION.0) {
        said.push_str(before);
        match after.split_once(OPTION.1) {
            Some((option, after)) if !option.contains('\n') => rest = after,
            _ => {
                said.push_str(OPTION.0);
                rest = after;
            }
        }
    }
    said.push_str(rest);
    let said = said
        .replace(", or say `on_bad_row: drop` in the study's `data.prices`, which leaves both out", "")
        .replace(", or say `on_bad_row: drop` in the study's `data.prices`, which leaves these bars out", "")
        .replace(" in `data.prices`", "");
    let mut parts = said.split('`').map(str::to_owned).collect::<Vec<_>>();
    // What stands between two marks is code.
    for code in parts.iter_mut().skip(1).step_by(2) {
        if let Some((key, value)) = code.split_once(": ")
            && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        {
            let argument = match value.strip_prefix("{ ").and_then(|entry| entry.strip_suffix(" }")) {
                Some(entry) => {
                    entry.split_once(": ").map(|(theirs, ours)| format!("{{{theirs:?}: {ours:?}}}"))
                }
                None => Some(format!("{:?}", value.trim_matches('"'))),
            };
            if let Some(argument) = argument {
                *code = format!("{key}={argument}");
            }
        }
    }
    parts.join("`")
}
