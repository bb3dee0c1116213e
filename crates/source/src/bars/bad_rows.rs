//! Rows that can't be true: two bars for a session, prices that are not positive.

use std::collections::{BTreeMap, BTreeSet};

use backstaff_panel::{Column, Session};
use rayon::prelude::*;

use crate::{
    bars::{
        column_roles::PRICES,
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
pub(crate) fn exclude_bad(
    rows: &mut Rows,
    columns: &[(String, SourceColumn)],
    decoded: &DecodedBars,
    request: &PanelSource,
) -> Result<Vec<Excluded>, SourceError> {
    let repeated = rows.repeated();
    let prices = bad_prices(rows, columns, request.adjustment);
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

/// Prices that are zero, negative or infinite, and negative or infinite volumes; by instrument, then session.
fn bad_prices<'a>(
    rows: &Rows,
    columns: &'a [(String, SourceColumn)],
    adjustment: Adjustment,
) -> Vec<Bad<'a>> {
    // Where nothing is adjusted, a column of that name may be anything.
    let is_price = |name: &str| {
        PRICES.contains(&name) && (adjustment != Adjustment::Verbatim || !name.ends_with("factor"))
    };
    let prices = columns
        .iter()
        .filter(|(name, _)| is_price(name) || name == "volume")
        .map(|(name, column)| (name.as_str(), column, name == "volume"))
        .collect::<Vec<_>>();
    // Mostly nothing is wrong: then one pass over each column in the order of the file is enough.
    let suspicious = prices.par_iter().any(|(_, column, zero_is_fine)| {
        column.parts.par_iter().flatten().any(|part| match part {
            // Without a branch for each value this takes a fraction of the time.
            Column::F32(values) => {
                values.iter().fold(false, |any, &value| any | is_bad(f64::from(value), *zero_is_fine))
            }
            Column::F64(values) => {
                values.iter().fold(false, |any, &value| any | is_bad(value, *zero_is_fine))
            }
        })
    });
    if !suspicious {
        return Vec::new();
    }
    let of_instrument = |i: usize| {
        let mut bad = Vec::new();
        for at in rows.range(i) {
            for &(field, column, zero_is_fine) in &prices {
                let value = column.get(rows.order[at] as usize);
                if is_bad(value, zero_is_fine) {
                    bad.push(Bad { instrument: i, at, field, value });
                }
            }
        }
        bad
    };
    (0..rows.instruments.len()).into_par_iter().flat_map_iter(of_instrument).collect()
}

/// Whether a value is impossible; a missing one is not.
fn is_bad(value: f64, zero_is_fine: bool) -> bool {
    value < 0.0 || value == f64::INFINITY || value == 0.0 && !zero_is_fine
}
