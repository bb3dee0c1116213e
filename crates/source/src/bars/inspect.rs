//! A first look at data of which nothing is known.

use std::path::Path;

use super::reading::{Excluded, Found, Loaded};
use crate::{
    error::SourceError,
    request::{
        mapping::Mapping,
        panel_source::{OnBadInstrument, PanelSource},
    },
};

/// Read what is at a path as a study would that says nothing but a mapping.
///
/// Instruments with impossible rows are left out and returned.
pub fn inspect(path: &Path, mapping: &Mapping) -> Result<(Found, Vec<Excluded>), SourceError> {
    let source = PanelSource {
        mapping: mapping.clone(),
        on_bad_instrument: OnBadInstrument::Exclude,
        ..PanelSource::new(path)
    };
    let Loaded { found, excluded, .. } = source.load()?;
    Ok((found, excluded))
}
