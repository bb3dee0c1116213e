//! Rows that can't be true: two bars for a session, negative prices, a high below the low.

use std::collections::{BTreeMap, BTreeSet};

use backstaff_panel::Session;
use rayon::prelude::*;

use crate::{
    bars::{
        first_look::{Checked, FirstLook, drops_crossed, is_crossed},
        reading::{DroppedRow, Excluded},
        rows::{EXAMPLES, Repeated, Rows},
    },
    error::{BadPrice, SourceError},
    format::decoded::{Blocks, SourceColumn},
    names::hint,
    provider::decoded_bars::DecodedBars,
    request::panel_source::{OnBadRow, PanelSource},
};

/// The rows and instruments that were left out because they can't be true.
#[derive(Default)]
pub(super) struct LeftOut {
    pub dropped: Vec<DroppedRow>,
    pub excluded: Vec<Excluded>,
}

/// The places of the bad rows of an instrument, and why each is bad.
type Reasons = BTreeMap<usize, String>;

/// Refuse rows that can't be true, or leave them or their instruments out and return these.
pub(super) fn settle_bad(
    rows: &mut Rows,
    columns: &[(String, SourceColumn)],
    decoded: &DecodedBars,
    request: &PanelSource,
    look: FirstLook,
) -> Result<LeftOut, SourceError> {
    let repeated = rows.repeated();
    let prices = if look.has_bad { bad_prices(rows, columns, request) } else { Vec::new() };
    if repeated.is_empty() && prices.is_empty() {
        return Ok(LeftOut::default());
    }
    if let Some(error) = misread(rows, &repeated, decoded) {
        return Err(error);
    }
    let blocks = &decoded.blocks;
    if request.on_bad_row == OnBadRow::Stop {
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
    let bad = reasons(rows, &repeated, &prices, blocks);
    let mut left_out = LeftOut::default();
    let mut numbers = BTreeSet::new();
    for (&i, reasons) in &bad {
        let n_rows = rows.range(i).len();
        let is_mostly_bad = reasons.len() as f64 > MOST_BAD * n_rows as f64;
        let place = |at: usize| blocks.place(rows.order[at]);
        if request.on_bad_row == OnBadRow::ExcludeInstrument || is_mostly_bad {
            let (&first, why) = reasons.iter().next().expect("an instrument is listed for a row");
            left_out.excluded.push(Excluded {
                instrument: rows.instruments[i].clone(),
                reason: format!("{} of its {n_rows} rows can't be true, e.g. {why}", reasons.len()),
                place: Some(place(first)),
            });
            numbers.insert(i);
        } else {
            left_out.dropped.extend(reasons.iter().map(|(&at, why)| DroppedRow {
                instrument: rows.instruments[i].clone(),
                session: Session::from_number(rows.days[at]),
                reason: why.clone(),
                place: place(at),
            }));
        }
    }
    let dropped = bad.iter().filter(|(i, _)| !numbers.contains(i)).flat_map(|(_, reasons)| reasons.keys());
    let places = dropped.copied().collect::<Vec<_>>();
    rows.leave_out(&places);
    rows.exclude(&numbers);
    Ok(left_out)
}

/// The share of an instrument's rows above which it is left out as a whole.
const MOST_BAD: f64 = 0.5;

/// The bad rows of each instrument that has any. Of two rows for one date neither is trusted.
fn reasons(
    rows: &Rows,
    repeated: &[Repeated],
    prices: &[Bad<'_>],
    blocks: &Blocks,
) -> BTreeMap<usize, Reasons> {
    let mut reasons = BTreeMap::<usize, Reasons>::new();
    for &Repeated { instrument, .. } in repeated {
        let of_instrument = reasons.entry(instrument).or_default();
        for at in rows.pairs(instrument) {
            let why = rows.duplicate(instrument, at, blocks).to_string();
            of_instrument.entry(at - 1).or_insert_with(|| why.clone());
            of_instrument.insert(at, why);
        }
    }
    for bad in prices {
        let why = || bad.shown(rows, blocks).to_string();
        reasons.entry(bad.instrument).or_default().entry(bad.at).or_insert_with(why);
    }
    reasons
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
    /// The low that a high lies below.
    low: Option<f64>,
}

impl Bad<'_> {
    fn shown(&self, rows: &Rows, blocks: &Blocks) -> BadPrice {
        BadPrice {
            instrument: rows.instruments[self.instrument].clone(),
            session: Session::from_number(rows.days[self.at]),
            field: self.field.to_owned(),
            value: self.value,
            low: self.low,
            place: blocks.place(rows.order[self.at]),
        }
    }
}

/// Negative or infinite prices and volumes, factors that are not above zero, and highs below the low where these are
/// dropped; by instrument, then session.
fn bad_prices<'a>(rows: &Rows, columns: &'a [(String, SourceColumn)], request: &PanelSource) -> Vec<Bad<'a>> {
    let checked = columns
        .iter()
        .filter_map(|(name, column)| Some((name.as_str(), column, Checked::of(name, request.adjustment)?)));
    let checked = checked.collect::<Vec<_>>();
    let column = |wanted: &str| columns.iter().find(|(name, _)| name == wanted).map(|(_, column)| column);
    let range = column("high").zip(column("low")).filter(|_| drops_crossed(request));
    let of_instrument = |i: usize| {
        let mut bad = Vec::new();
        for at in rows.range(i) {
            for &(field, column, kind) in &checked {
                let value = column.get(rows.order[at] as usize);
                if kind.is_bad(value) {
                    bad.push(Bad { instrument: i, at, field, value, low: None });
                }
            }
            let Some((high, low)) = range else { continue };
            let (value, low) = (high.get(rows.order[at] as usize), low.get(rows.order[at] as usize));
            if is_crossed(value, low) {
                bad.push(Bad { instrument: i, at, field: "high", value, low: Some(low) });
            }
        }
        bad
    };
    (0..rows.instruments.len()).into_par_iter().flat_map_iter(of_instrument).collect()
}
