//! Rows that can't be true: two bars for a session, negative prices.

use std::collections::{BTreeMap, BTreeSet};

use backstaff_panel::Session;
use rayon::prelude::*;

use crate::{
    bars::{
        first_look::{Checked, FirstLook},
        reading::Excluded,
        rows::{EXAMPLES, Repeated, Rows},
    },
    error::{BadPrice, SourceError},
    format::decoded::{Blocks, SourceColumn},
    names::hint,
    provider::decoded_bars::DecodedBars,
    request::{
        adjustment::Adjustment,
        panel_source::{OnBadInstrument, PanelSource},
    },
};

/// Refuse instruments with impossible rows, or leave them out and return them.
pub(super) fn exclude_bad(
    rows: &mut Rows,
    columns: &[(String, SourceColumn)],
    decoded: &DecodedBars,
    request: &PanelSource,
    look: FirstLook,
) -> Result<Vec<Excluded>, SourceError> {
    let repeated = rows.repeated();
    let prices = if look.has_bad { bad_prices(rows, columns, request.adjustment) } else { Vec::new() };
    if repeated.is_empty() && prices.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(error) = misread(rows, &repeated, decoded) {
        return Err(error);
    }
    let blocks = &decoded.blocks;
    if request.on_bad_instrument == OnBadInstrument::Stop {
        return Err(if repeated.is_empty() {
            let examples = prices.iter().take(EXAMPLES).map(|bad| bad.shown(rows, blocks)).collect();
            SourceError::BadPrices { count: prices.len(), examples }
        } else {
            let count = repeated.iter().map(|repeated| repeated.n_pairs).sum();
            let pairs = repeated.iter().map(|repeated| repeated.instrument);
            let pairs = pairs.flat_map(|i| rows.pairs(i).map(move |at| (i, at)));
            let examples = pairs.take(EXAMPLES).map(|(i, at)| rows.duplicate(i, at, blocks)).collect();
            SourceError::Duplicates { count, examples }
        });
    }
    let mut reasons = BTreeMap::new();
    for &Repeated { instrument, n_pairs, first } in &repeated {
        let first = rows.duplicate(instrument, first, blocks);
        reasons.insert(instrument, (format!("{n_pairs} duplicate bars, e.g. {first}"), first.second));
    }
    for bad in &prices {
        reasons.entry(bad.instrument).or_insert_with(|| {
            let count = prices.iter().filter(|other| other.instrument == bad.instrument).count();
            let first = bad.shown(rows, blocks);
            (format!("{count} impossible values, e.g. {first}"), first.place)
        });
    }
    let excluded = reasons.iter().map(|(&i, (reason, place))| Excluded {
        instrument: rows.instruments[i].clone(),
        reason: reason.clone(),
        place: Some(place.clone()),
    });
    let excluded = excluded.collect();
    rows.exclude(&reasons.keys().copied().collect::<BTreeSet<_>>());
    Ok(excluded)
}

/// The error for repeated dates that mean that the files hold something else than one bar a session.
fn misread(rows: &Rows, repeated: &[Repeated], decoded: &DecodedBars) -> Option<SourceError> {
    let &Repeated { instrument, first: at, .. } = repeated.first()?;
    let blocks = &decoded.blocks;
    let duplicate = rows.duplicate(instrument, at, blocks);
    let times = blocks.time(rows.order[at - 1]).zip(blocks.time(rows.order[at]));
    if let Some((first_time, second_time)) = times.filter(|(first, second)| first != second) {
        return Some(SourceError::Intraday {
            instrument: duplicate.instrument,
            session: duplicate.session,
            first: Box::new(duplicate.first),
            first_time,
            second: Box::new(duplicate.second),
            second_time,
        });
    }
    let unnamed = decoded.unnamed.as_ref()?;
    // A file with many repeated dates and no instrument column holds several instruments under a name we don't know.
    let n_pairs = repeated.iter().map(|repeated| repeated.n_pairs).max()?;
    if unnamed.file != duplicate.second.file || duplicate.first.file != duplicate.second.file || n_pairs < 3 {
        return None;
    }
    let hint = hint("symbol", unnamed.found.iter().map(String::as_str));
    Some(SourceError::NoColumn {
        path: unnamed.file.clone(),
        what: "instrument",
        found: unnamed.found.clone(),
        hint: format!("{hint} ({duplicate})"),
    })
}

/// An impossible value.
struct Bad<'a> {
    /// The number of its instrument.
    instrument: usize,
    /// The place of its row.
    at: usize,
    field: &'a str,
    value: f64,
}

impl Bad<'_> {
    fn shown(&self, rows: &Rows, blocks: &Blocks) -> BadPrice {
        BadPrice {
            instrument: rows.instruments[self.instrument].clone(),
            session: Session::from_number(rows.days[self.at]),
            field: self.field.to_owned(),
            value: self.value,
            place: blocks.place(rows.order[self.at]),
        }
    }
}

/// Negative or infinite prices and volumes, and factors that are not above zero; by instrument, then session.
fn bad_prices<'a>(
    rows: &Rows,
    columns: &'a [(String, SourceColumn)],
    adjustment: Adjustment,
) -> Vec<Bad<'a>> {
    let checked = columns
        .iter()
        .filter_map(|(name, column)| Some((name.as_str(), column, Checked::of(name, adjustment)?)));
    let checked = checked.collect::<Vec<_>>();
    let of_instrument = |i: usize| {
        let mut bad = Vec::new();
        for at in rows.range(i) {
            for &(field, column, kind) in &checked {
                let value = column.get(rows.order[at] as usize);
                if kind.is_bad(value) {
                    bad.push(Bad { instrument: i, at, field, value });
                }
            }
        }
        bad
    };
    (0..rows.instruments.len()).into_par_iter().flat_map_iter(of_instrument).collect()
}
