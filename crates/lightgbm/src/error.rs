//! What can go wrong between us and LightGBM.

use std::path::PathBuf;

/// Why LightGBM could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum LightGbmError {
    /// The shared library is in none of the usual places.
    #[error(
        "LightGBM's shared library was not found; `pip install lightgbm==4.7.0` in a Python that is on the PATH, run \
         `make setup` in a checkout, or set BACKSTAFF_LIGHTGBM to the file or its folder (looked for {})",
        list(.searched)
    )]
    NotFound { searched: Vec<PathBuf> },

    /// The file is no library, or lacks something it needs (often libgomp).
    #[error("cannot load LightGBM from {path}: {message}")]
    Load { path: PathBuf, message: String },

    /// The library's parameters differ from those of the version this program was written for.
    #[error(
        "{path} is not LightGBM 4.7: they disagree on the parameter {parameter}; install lightgbm==4.7.0"
    )]
    Version { path: PathBuf, parameter: String },

    /// A call into the library failed.
    #[error("LightGBM refused ({call}): {message}")]
    Call { call: &'static str, message: String },

    /// The one thread for OpenMP could not be started.
    #[error("cannot start the thread that runs LightGBM: {message}")]
    Thread { message: String },

    /// No parameter and no alias has this name.
    #[error("LightGBM has no parameter {name:?}{}", suggest(.nearest.as_deref()))]
    UnknownParameter { name: String, nearest: Option<String> },

    /// One parameter was given under two of its names.
    #[error("{first} and {second} are the same parameter of LightGBM; give one")]
    DuplicateParameter { first: String, second: String },

    /// A parameter that would break a promise, or has no meaning here.
    #[error("LightGBM's parameter {name} can't be {value}: {reason}")]
    ForbiddenParameter { name: String, value: String, reason: &'static str },

    /// A value that can't be written as LightGBM reads it.
    #[error("{value:?} is no value for LightGBM's parameter {name}: expected {expected}")]
    ParameterValue { name: String, value: String, expected: &'static str },

    /// Two inputs that belong together differ in length.
    #[error("{what}: {found} given where {expected} are needed")]
    Length { what: &'static str, expected: usize, found: usize },

    /// A label, weight or initial score must be a number.
    #[error("{what} {position} is not finite")]
    NotFinite { what: &'static str, position: usize },

    /// A row index outside the columns.
    #[error("row {row} does not exist: the columns have {n_rows} rows")]
    Row { row: u32, n_rows: usize },

    /// LightGBM counts rows and columns in 32 bits.
    #[error("{what} must be between 1 and 2147483647, not {found}")]
    Size { what: &'static str, found: usize },

    /// Two features have the same name.
    #[error("two features are named {name}")]
    DuplicateFeature { name: String },

    /// Early stopping needs something to look at.
    #[error("early stopping needs a validation set and a metric")]
    NothingToStopOn,

    /// A model text that doesn't begin as LightGBM's do.
    #[error("this is not the text of a LightGBM model (version v4)")]
    NotAModel,
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn suggest(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!("; did you mean {name}?"))
}
