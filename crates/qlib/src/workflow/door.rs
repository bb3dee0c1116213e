//! A workflow's file for who makes its objects: in Python, of the user's own classes too.

use std::path::Path;

use backstaff_study::StudyError;
use serde_json::Value;

use super::{instance::value, text::Document};

/// The values of a workflow's file: rendered, parsed, laid over its base, and not checked further.
///
/// # Errors
///
/// If the file can't be read or is no YAML.
pub fn values(path: &Path) -> Result<Value, StudyError> {
    Ok(value(&Document::read(path)?.root))
}
