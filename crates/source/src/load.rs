//! From files to a panel.

use std::path::Path;

use crate::{Found, Loaded, Mapping, PanelSource, SourceError};

impl PanelSource {
    /// Read, check, align and adjust.
    pub fn load(&self) -> Result<Loaded, SourceError> {
        Err(SourceError::NoRows { path: self.path.clone() })
    }
}

/// What is at a path.
pub fn inspect(path: &Path, mapping: &Mapping) -> Result<(Found, Vec<crate::Excluded>), SourceError> {
    let _ = mapping;
    Err(SourceError::NoRows { path: path.to_owned() })
}
