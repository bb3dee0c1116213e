//! Precomputed files: the document that describes them, and the rule by which their values are used.
//!
//! Beside the values lies a document that names, for each feature, the key of what was computed (its expression, the
//! operators' versions, and the digests of the data that it read) and a digest of its values. `read.rs` takes a column
//! back only if both are those of the study at hand; so a file that is out of date or was edited is never used, and the
//! run says so. The verb `precompute` writes them.

mod read;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use backstaff_feature::Feature;
use backstaff_panel::{Column, Encoding};
use backstaff_stage::{Digester, KeyHasher, Stage, shard_key};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use self::read::Precomputed;
use super::Features;
use crate::{StudyError, stored::panel::PanelHandle};

/// The version of the document's format.
pub(crate) const FORMAT: u32 = 1;
/// The document's name in a folder; beside a single file it is the file's name with `.json` behind it.
const DOCUMENT: &str = "precomputed.json";

/// The document beside precomputed files: the study they are of, and the features that they hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) format: u32,
    pub(crate) study: String,
    pub(crate) rows: usize,
    /// The names of the files, in the order of the instruments.
    pub(crate) files: Vec<String>,
    pub(crate) features: BTreeMap<String, Entry>,
}

/// One feature in precomputed files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) expression: String,
    pub(crate) key: String,
    pub(crate) digest: String,
}

pub(crate) fn entries(
    features: &[Feature],
    values: &[(String, Arc<Column>)],
    panel: &PanelHandle,
) -> Result<BTreeMap<String, Entry>, StudyError> {
    let entry = |(feature, (name, column)): (&Feature, &(String, Arc<Column>))| {
        let expression = feature.expression().to_owned();
        Ok((name.clone(), Entry { expression, key: key(feature, panel)?, digest: digest(column) }))
    };
    features.par_iter().zip(values).map(entry).collect::<Vec<_>>().into_iter().collect()
}

/// The key of a whole column: it changes with the key of any of the column's segments.
pub(super) fn key(feature: &Feature, panel: &PanelHandle) -> Result<String, StudyError> {
    let stage = Features::new(vec![feature.clone()], Encoding::F32);
    let keys = stage.shards(panel).into_iter().map(|shard| shard_key(&stage, panel, &shard));
    let mut hasher = KeyHasher::new();
    hasher.list("segments", keys.collect::<Result<Vec<_>, _>>()?, |hasher, key| {
        hasher.key("", &key);
    });
    Ok(hasher.finish().to_string())
}

/// The digest of the values of a column in single precision, as the files hold them.
pub(super) fn digest(column: &Column) -> String {
    let mut digester = Digester::new();
    let mut bytes = Vec::new();
    for start in (0..column.len()).step_by(1 << 16) {
        bytes.clear();
        for row in start..column.len().min(start + (1 << 16)) {
            bytes.extend_from_slice(&(column.get(row) as f32).to_le_bytes());
        }
        digester.update(&bytes);
    }
    digester.finish().to_string()
}

/// The path of the document that describes a file or folder.
pub(crate) fn about(path: &Path) -> PathBuf {
    if path.extension().is_some_and(|extension| extension == "parquet") {
        path.with_file_name(format!("{}.json", file_name(path)))
    } else {
        path.join(DOCUMENT)
    }
}

/// The last part of a path, as text.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
