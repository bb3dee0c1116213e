//! A computed column as its artifacts, one for each segment: digests are known at once, values are read when needed.

use std::sync::{Arc, OnceLock};

use backstaff_panel::{Axis, Column};
use backstaff_stage::{Digest, Manifest, Store};
use rayon::prelude::*;

use crate::{
    StudyError,
    stored::{
        encoding::StoredColumn,
        panel::PanelHandle,
        segment::{Segment, join},
    },
};

/// The part of a segment's artifact that holds the column's values.
pub(crate) const VALUES: &str = "values.arrow";

/// The handle of a computed column: its artifacts, and its values once they were read.
#[derive(Debug)]
pub struct ColumnHandle {
    name: String,
    store: Store,
    axis: Arc<Axis>,
    segments: Vec<Segment>,
    parts: Vec<Manifest>,
    column: OnceLock<Arc<Column>>,
}

impl ColumnHandle {
    /// The column whose segments are these artifacts, in the order of the panel's.
    ///
    /// # Panics
    ///
    /// If the number of artifacts is not the number of the panel's segments.
    pub fn new(name: &str, store: &Store, panel: &PanelHandle, parts: Vec<Manifest>) -> Self {
        assert_eq!(parts.len(), panel.segments().len(), "one artifact a segment");
        Self {
            name: name.to_owned(),
            store: store.clone(),
            axis: panel.axis().clone(),
            segments: panel.segments().to_vec(),
            parts,
            column: OnceLock::new(),
        }
    }

    /// The column's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The digest of the column's values in a segment.
    ///
    /// # Panics
    ///
    /// If the segment's artifact has no values.
    pub fn digest(&self, segment: usize) -> Digest {
        self.parts[segment]
            .part(VALUES)
            .map_or_else(|| panic!("an artifact of features has no values"), |p| p.digest)
    }

    /// The values of all rows in the panel's order, NaN where missing; read from the store once.
    pub fn column(&self) -> Result<Arc<Column>, StudyError> {
        if let Some(column) = self.column.get() {
            return Ok(column.clone());
        }
        let parts = self
            .parts
            .par_iter()
            .zip(&self.segments)
            .map(|(part, segment)| Ok((segment, StoredColumn::open(&self.store, part, VALUES)?)))
            .collect::<Result<Vec<_>, StudyError>>()?;
        let parts = parts.iter().map(|(segment, part)| ((*segment).clone(), part.values()));
        let parts = parts.collect::<Vec<_>>();
        Ok(self.column.get_or_init(|| Arc::new(join(&self.axis, &parts))).clone())
    }
}
