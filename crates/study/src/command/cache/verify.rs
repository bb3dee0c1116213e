//! Whether a store is sound.

use std::{fmt, path::Path};

use serde::Serialize;

use super::open_existing;
use crate::StudyError;

/// The outcome of a check of all digests.
#[derive(Clone, Debug, Serialize)]
pub struct Verified {
    /// The number of artifacts that were checked.
    pub artifacts: u64,
    /// The bytes of these artifacts.
    pub bytes: u64,
    /// The damaged artifacts: the stage, the key and the reason.
    pub damaged: Vec<(String, String, String)>,
    /// The number of damaged artifacts that were removed.
    pub removed: usize,
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} artifacts, {:.1} MB: {} damaged",
            self.artifacts,
            self.bytes as f64 / 1e6,
            self.damaged.len()
        )?;
        for (stage, key, reason) in &self.damaged {
            writeln!(f, "  {stage} {key}: {reason}")?;
        }
        if !self.damaged.is_empty() && self.removed == 0 {
            writeln!(f, "`backstaff cache verify --remove` removes them; the next run computes them again")?;
        }
        Ok(())
    }
}

/// Check the digest of every artifact, and remove the damaged ones if asked to.
pub fn verify(store: &Path, remove: bool) -> Result<Verified, StudyError> {
    let store = open_existing(store)?;
    let found = store.verify()?;
    let removed = if remove { store.remove_damaged(&found.damaged)? } else { 0 };
    let damaged = found.damaged.into_iter().map(|d| (d.stage, d.key.to_string(), d.reason)).collect();
    Ok(Verified { artifacts: found.n_artifacts, bytes: found.bytes, damaged, removed })
}
