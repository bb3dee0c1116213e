//! A first look at data of which nothing is known.

use backstaff_panel::Panel;

use super::{
    habits::{FoundChange, FoundHalts},
    quality::{self, Quality, QualityRules},
};
use crate::{
    bars::reading::{Excluded, Found, Loaded},
    error::SourceError,
    request::{
        halts::Halts,
        panel_source::{OnBadRow, PanelSource},
        resample::Resample,
    },
};

/// What a first look at data has found.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The data themselves, read with the habits that were found.
    pub panel: Panel,
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

/// Read data as a study would that says of them what `source` says; then again with the habits of its vendor: whether a
/// column tells base prices, and how sessions without trade are written, unless `halts` states it.
///
/// Bars of minutes or hours are joined to those of sessions, which [`Found::resampled`] says. Impossible rows are left
/// out and returned in [`Found::dropped`], instruments with little else in `excluded`.
pub fn inspect(source: &PanelSource, halts: Option<Halts>) -> Result<Inspection, SourceError> {
    let source =
        PanelSource { on_bad_row: OnBadRow::Drop, halts: halts.unwrap_or_default(), ..source.clone() };
    let (source, mut loaded) = match source.load() {
        Err(SourceError::Intraday { .. }) => {
            let source = PanelSource { resample: Some(Resample::Session), ..source };
            let loaded = source.load()?;
            (source, loaded)
        }
        loaded => (source, loaded?),
    };
    // A database's layout says how it writes both.
    let is_files = source.tables.is_none();
    let found_halts = FoundHalts::of(&loaded.panel).filter(|_| halts.is_none() && is_files);
    let change = FoundChange::of(&loaded).filter(|_| is_files);
    if found_halts.is_some() || change.is_some() {
        let source = PanelSource {
            halts: if found_halts.is_some() { Halts::ZeroVolume } else { source.halts },
            change: change.as_ref().map(|change| change.name.clone()),
            ..source
        };
        loaded = source.load()?;
    }
    let quality = quality::check(&loaded, &QualityRules::default());
    let Loaded { panel, found, excluded, .. } = loaded;
    Ok(Inspection { panel, found, excluded, halts: found_halts, change, quality })
}
