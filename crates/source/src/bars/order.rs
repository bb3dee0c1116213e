//! Decoded rows to the order of a panel: by instrument and session, without what is impossible.

use super::{
    align::Alignment,
    bad_rows::{LeftOut, settle_bad},
    calendar_remarks::Remarks,
    first_look::FirstLook,
    merge::merge_repeated,
    reading::{DroppedRows, Excluded},
    rows::{Rows, Stale},
    sessions,
    unpriced::{leave_out_halts, leave_out_zeros},
};
use crate::{
    error::SourceError,
    format::decoded::{Blocks, SourceColumn},
    names::hint,
    provider::{decoded_bars::DecodedBars, tables::delistings::Delistings},
    request::panel_source::PanelSource,
};

/// The rows of a source in the order of a panel, and what was lost on the way.
pub(super) struct Ordered {
    /// The number of rows in the files, of the instruments wanted.
    pub n_rows: usize,
    pub columns: Vec<(String, SourceColumn)>,
    pub alignment: Alignment,
    pub excluded: Vec<Excluded>,
    pub dropped: DroppedRows,
    pub remarks: Remarks,
    /// Sentences about prices that are none; they are among the warnings too.
    pub unpriced: Vec<String>,
}

/// Bring rows into the order of a panel, leave out what is impossible, and choose the sessions.
pub(super) fn order(
    request: &PanelSource,
    decoded: &mut DecodedBars,
    delistings: Option<&Delistings>,
    warnings: &mut Vec<String>,
) -> Result<Ordered, SourceError> {
    let (mut rows, unused) = Rows::new(&decoded.blocks, request)?;
    check_instruments(&rows, &decoded.blocks, request)?;
    let stale = delistings.and_then(|delistings| rows.end(delistings));
    let n_rows = rows.order.len();
    let names = decoded.blocks.number_names().into_iter();
    let mut columns = names.map(|name| (name.clone(), decoded.blocks.take_column(&name))).collect::<Vec<_>>();
    let merged = merge_repeated(&mut rows, &columns, &decoded.blocks);
    let mut unpriced = leave_out_halts(&mut columns, &decoded.blocks, request)?;
    let look = FirstLook::at(&columns, request);
    unpriced.extend(leave_out_zeros(&rows, &mut columns, &decoded.blocks, request, look));
    let LeftOut { dropped, mut excluded } = settle_bad(&mut rows, &columns, decoded, request, look)?;
    let dropped = DroppedRows::of(dropped);
    let chosen = sessions::choose(&rows, &request.calendar)?;
    let remarks = Remarks::new(&rows, &chosen, &request.calendar);
    let (alignment, homeless) = Alignment::new(&rows, &chosen);
    excluded.extend(homeless.iter().map(|name| Excluded {
        instrument: name.as_str().into(),
        reason: "none of its dates is a session".to_owned(),
        place: None,
    }));
    if alignment.axis.n_instruments() == 0 {
        return Err(SourceError::NothingLeft { path: request.path.clone() });
    }
    // From here on the alignment says which instrument and session a row has, so the keys give their memory back.
    drop(rows);
    decoded.blocks.drop_keys();
    warnings
        .extend(unused.iter().map(|row| format!("the row {row} of the list drop_rows is not in the data")));
    warnings.extend(merged);
    warnings.extend(dropped.sentence(n_rows));
    warnings.extend(delistings.and_then(Delistings::warning));
    warnings.extend(stale.as_ref().map(Stale::warning));
    warnings.append(&mut decoded.warnings);
    warnings.extend_from_slice(&unpriced);
    warnings.extend(remarks.warnings(alignment.dropped_rows));
    warnings.extend(warn_partial(decoded));
    Ok(Ordered { n_rows, columns, alignment, excluded, dropped, remarks, unpriced })
}

/// Fail for a wanted instrument that is not there.
fn check_instruments(rows: &Rows, blocks: &Blocks, request: &PanelSource) -> Result<(), SourceError> {
    let known = || blocks.parts.iter().flat_map(|block| block.instruments.names.iter().map(String::as_str));
    let is_known = |name: &&String| rows.instruments.binary_search(&name.as_str().into()).is_ok();
    let is_missing = |name: &&String| request.wants_instrument(name) && !is_known(name);
    let missing = request.instruments.iter().flatten().find(is_missing);
    match missing {
        Some(name) => Err(SourceError::NoInstrument {
            path: request.path.clone(),
            name: name.clone(),
            hint: hint(name, known()),
        }),
        None if rows.instruments.is_empty() => Err(SourceError::NothingLeft { path: request.path.clone() }),
        None => Ok(()),
    }
}

/// Sentences about columns that are half missing, because only some files have numbers in them.
fn warn_partial(decoded: &DecodedBars) -> Vec<String> {
    let used = |source: &str| decoded.columns.iter().any(|column| column.source == source);
    let partial = decoded.ignored.iter().filter(|ignored| used(&ignored.source));
    partial
        .map(|ignored| format!("the column {} is missing for some files: {}", ignored.source, ignored.why))
        .collect()
}
