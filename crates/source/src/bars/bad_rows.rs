//! Rows that can't be true: two bars for a session, prices that are not positive.

use std::collections::{BTreeMap, BTreeSet};

use backstaff_panel::{Column, Session};
use rayon::prelude::*;

use crate::{
    bars::{
        column_roles::PRICES,
        read::Read,
        reading::Excluded,
        rows::{EXAMPLES, Rows},
    },
    error::{BadPrice, SourceError},
    format::decoded::{Blocks, SourceColumn},
    names::hint,
    request::panel_source::{Adjustment, OnBadInstrument, PanelSource},
};

/// Refuse instruments with impossible rows, or leave them out.
pub(crate) fn exclude_bad(
    rows: &mut Rows,
    columns: &[(String, SourceColumn)],
    read: &Read,
    request: &PanelSource,
) -> Result<Vec<Excluded>, SourceError> {
    let duplicates = rows.duplicates();
    let prices = bad_prices(rows, columns, request.adjustment);
    if duplicates.is_empty() && prices.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(error) = misread(rows, &duplicates, read) {
        return Err(error);
    }
    if request.on_bad_instrument == OnBadInstrument::Stop {
        return Err(if duplicates.is_empty() {
            let examples = prices.iter().take(EXAMPLES).map(|bad| bad.shown(rows, &read.blocks)).collect();
            SourceError::BadPrices { count: prices.len(), examples }
        } else {
            let count = duplicates.iter().map(|&(_, count, _)| count).sum();
            let pairs = duplicates.iter().flat_map(|&(i, ..)| rows.pairs(i).map(move |at| (i, at)));
            let examples = pairs.take(EXAMPLES).map(|(i, at)| rows.duplicate(i, at, &read.blocks)).collect();
            SourceError::Duplicates { count, examples }
        });
    }
    let mut reasons = BTreeMap::new();
    for &(i, count, at) in &duplicates {
        let first = rows.duplicate(i, at, &read.blocks);
        reasons.insert(i, (format!("{count} duplicate bars, e.g. {first}"), first.second));
    }
    for bad in &prices {
        reasons.entry(bad.instrument).or_insert_with(|| {
            let count = prices.iter().filter(|other| other.instrument == bad.instrument).count();
            let first = bad.shown(rows, &read.blocks);
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

/// Duplicates that mean that the files hold something else than one bar a session.
fn misread(rows: &Rows, duplicates: &[(usize, usize, usize)], read: &Read) -> Option<SourceError> {
    let &(i, _, at) = duplicates.first()?;
    let duplicate = rows.duplicate(i, at, &read.blocks);
    let times = read.blocks.time(rows.order[at - 1]).zip(read.blocks.time(rows.order[at]));
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
    let unnamed = read.unnamed.as_ref()?;
    // A file with many repeated dates and no instrument column holds several instruments under a name we don't know.
    let repeats = duplicates.iter().map(|&(_, count, _)| count).max()?;
    if unnamed.file != duplicate.second.file || duplicate.first.file != duplicate.second.file || repeats < 3 {
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

struct Bad<'a> {
    instrument: usize,
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

/// Missing is not bad.
fn is_bad(value: f64, zero_is_fine: bool) -> bool {
    value < 0.0 || value == f64::INFINITY || value == 0.0 && !zero_is_fine
}
