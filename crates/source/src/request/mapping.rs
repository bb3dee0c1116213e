//! The user's names for columns.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use crate::{error::SourceError, names::folded};

/// Our name for columns of the user's files: their name to ours.
///
/// Ours are `date`, `instrument`, the prices and any further name. A column that is not mapped is recognised by its
/// name.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mapping(pub BTreeMap<String, String>);

impl Mapping {
    /// Give the columns of a file our names. A mapped column that the file does not have is an error.
    pub(crate) fn rename(&self, file: &Path, names: &mut [String]) -> Result<(), SourceError> {
        for (theirs, ours) in &self.0 {
            let Some(place) = names.iter().position(|name| folded(name) == folded(theirs)) else {
                return Err(SourceError::unknown_column(file, theirs, names.to_vec()));
            };
            names[place].clone_from(ours);
        }
        Ok(())
    }
}
