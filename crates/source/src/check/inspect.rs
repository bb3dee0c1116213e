//! A first look at data of which nothing is known.

use std::path::Path;

use super::{
    habits::{FoundChange, FoundHalts},
    quality::{self, Quality, QualityRules},
};
use crate::{
    bars::reading::{Excluded, Found, Loaded},
    error::SourceError,
    request::{
        halts::Halts,
        mapping::Mapping,
        panel_source::{OnBadRow, PanelSource},
        resample::Resample,
    },
};

/// What a first look at data has found.
#[derive(Clone, PartialEq, Debug)]
pub struct Inspection {
    /// The description of the data, read with the habits that were found.
    pub found: Found,
    /// The instruments most of whose rows are impossible, which are left out. Single bad rows stand in `found.dropped`.
    pub excluded: Vec<Excluded>,
    /// The sessions without trade that are written as rows, if any are.
    pub halts: Option<FoundHalts>,
    /// The column of changes against the session's base price, if there is one and nothing else adjusts the prices.
    pub change: Option<FoundChange>,
    /// The findings of the checks of the data.
    pub quality: Quality,
}

/// Read what is at a path as a study would that says nothing but a mapping; then again with the habits of its vendor: how
/// sessions without trade are written, and whether a column tells base prices.
///
/// Bars of minutes or hours are joined to those of sessions, which [`Found::resampled`] says. Impossible rows are left out and returned in [`Found::dropped`], instruments with little else in `excluded`.
pub fn inspect(path: &Path, mapping: &Mapping) -> Result<Inspection, SourceError> {
    let source =
        PanelSource { mapping: mapping.clone(), on_bad_row: OnBadRow::Drop, ..PanelSource::new(path) };
    let (source, mut loaded) = match source.load() {
        Err(SourceError::Intraday { .. }) => {
            let source = PanelSource { resample: Some(Resample::Session), ..source };
            let loaded = source.load()?;
            (source, loaded)
        }
        loaded => (source, loaded?),
    };
    let halts = FoundHalts::of(&loaded.panel);
    let change = FoundChange::of(&loaded);
    if halts.is_some() || change.is_some() {
        let source = PanelSource {
            halts: if halts.is_some() { Halts::ZeroVolume } else { Halts::NoRow },
            change: change.as_ref().map(|change| change.name.clone()),
            ..source
        };
        loaded = source.load()?;
    }
    let quality = quality::check(&loaded, &QualityRules::default());
    let Loaded { found, excluded, .. } = loaded;
    Ok(Inspection { found, excluded, halts, change, quality })
}
