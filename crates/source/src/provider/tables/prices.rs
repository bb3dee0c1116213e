//! A table of daily bars to rows of a panel.

use std::collections::BTreeMap;

use backstaff_panel::{Axis, Column, split_at_offsets};
use rayon::prelude::*;

use super::{
    Tables,
    scan::{Cells, Chunk, Role, Scan},
};
use crate::{
    bars::{adjust::Fields, read::Read, reading::FoundColumn},
    error::SourceError,
    format::decoded::{Block, Blocks, Coded},
    request::{
        panel_source::{Adjustment, PanelSource},
        table_layout::{Halts, PriceTable},
    },
};

/// Prices that a session without trade does not have.
const PRICES: [&str; 5] = ["open", "high", "low", "close", "vwap"];

/// Read the bars that are wanted.
pub(crate) fn read_prices(
    tables: &Tables,
    layout: &PriceTable,
    request: &PanelSource,
) -> Result<Read, SourceError> {
    let fields = fields(layout, request);
    let mut columns = vec![(layout.instrument.as_str(), Role::Keys), (layout.date.as_str(), Role::Days)];
    columns.extend(fields.keys().map(|theirs| (*theirs, Role::Numbers)));
    let scan =
        Scan { table: &layout.table, columns, keep: &layout.keep, dates: layout.dates, any_order: false };
    let place = scan.place(tables.path());
    let chunks = tables.scan(&scan)?;
    if chunks.is_empty() {
        return Err(scan.no_rows(tables.path()));
    }
    let names = fields.values().map(|ours| (*ours).to_owned()).collect::<Vec<_>>();
    let blocks = chunks.into_par_iter().map(|chunk| block(chunk, &names, layout.halts)).collect::<Vec<_>>();
    let mut warnings = Vec::new();
    warn(&blocks, &place, &mut warnings);
    let blocks = blocks.into_iter().map(|(block, _)| block).collect();
    let key = |source: &str, name: &str, role| FoundColumn {
        source: source.to_owned(),
        name: name.to_owned(),
        role,
    };
    let mut found =
        vec![key(&layout.date, "date", "date"), key(&layout.instrument, "instrument", "instrument")];
    found.extend(fields.iter().map(|(theirs, ours)| key(theirs, ours, "number")));
    Ok(Read {
        blocks: Blocks::new(vec![place], blocks),
        columns: found,
        ignored: Vec::new(),
        date_format: "as in the table".to_owned(),
        instrument_from: format!("the column {}", layout.instrument),
        unnamed: None,
        warnings,
    })
}

/// The columns to read and what they become: what was asked for, and what telling halts and splits needs.
fn fields<'a>(layout: &'a PriceTable, request: &PanelSource) -> BTreeMap<&'a str, &'a str> {
    let adjusts = matches!(request.adjustment, Adjustment::Auto | Adjustment::Factor);
    let needed = |ours: &str| match &request.fields {
        None => true,
        Some(wanted) => {
            wanted.contains(ours)
                || matches!(ours, "close" | "volume")
                || ours == "change" && wanted.contains("return")
                || adjusts && layout.change.as_deref() == Some(ours)
        }
    };
    let columns = layout.columns.iter().filter(|(_, ours)| needed(ours));
    columns.map(|(theirs, ours)| (theirs.as_str(), ours.as_str())).collect()
}

/// How many prices were not positive although something traded, by column, and how many rows told no volume where that
/// is needed; with the number of the first such row.
#[derive(Default)]
struct Odd {
    impossible: BTreeMap<String, (usize, u64)>,
    without_volume: Option<(usize, u64)>,
}

/// The rows of a chunk, with prices missing where nothing traded.
fn block(chunk: Chunk, names: &[String], halts: Halts) -> (Block, Odd) {
    let Chunk { rows, columns } = chunk;
    let mut columns = columns.into_iter();
    let instruments = match columns.next() {
        Some(Cells::Texts(texts)) => texts,
        _ => Coded::default(),
    };
    let days = match columns.next() {
        Some(Cells::Days(days)) => days,
        _ => Vec::new(),
    };
    let numbers = columns.zip(names).filter_map(|(cells, name)| match cells {
        Cells::Numbers(values) => Some((name.clone(), values)),
        _ => None,
    });
    let mut numbers = numbers.collect::<Vec<_>>();
    let mut odd = Odd::default();
    let halted = match (halts, numbers.iter().find(|(name, _)| name == "volume")) {
        // Trade that nobody counted is no trade: what the row says of prices can't be told from a halt's.
        (Halts::ZeroVolume, Some((_, volume))) => {
            let (halted, unknown) = match volume {
                Column::F32(volumes) => without_trade(volumes),
                Column::F64(volumes) => without_trade(volumes),
            };
            odd.without_volume = unknown.map(|(count, first)| (count, rows.get(first)));
            halted
        }
        _ => vec![false; days.len()],
    };
    for (name, values) in numbers.iter_mut().filter(|(name, _)| PRICES.contains(&name.as_str())) {
        let impossible = match values {
            Column::F32(values) => without_halts(values, &halted, f32::NAN),
            Column::F64(values) => without_halts(values, &halted, f64::NAN),
        };
        if let Some((count, first)) = impossible {
            odd.impossible.insert(name.clone(), (count, rows.get(first)));
        }
    }
    let block =
        Block { file: 0, rows, instruments, days, seconds: Vec::new(), numbers, categories: Vec::new() };
    (block, odd)
}

/// Which rows have no volume above zero; and how many of them tell none, with the place of the first.
fn without_trade<T: Copy + Into<f64>>(volumes: &[T]) -> (Vec<bool>, Option<(usize, usize)>) {
    let is_unknown = |volume: T| volume.into().is_nan();
    let halted = volumes.iter().map(|&volume| (volume.into() == 0.0) | is_unknown(volume)).collect();
    let count = volumes.iter().fold(0, |count, &volume| count + usize::from(is_unknown(volume)));
    let first = (count > 0).then(|| volumes.iter().position(|&volume| is_unknown(volume))).flatten();
    (halted, first.map(|first| (count, first)))
}

/// Make prices missing where nothing traded and where they are not positive; returns how many of the latter there were,
/// and the place of the first.
fn without_halts<T: Copy + PartialOrd + Default>(
    prices: &mut [T],
    halted: &[bool],
    missing: T,
) -> Option<(usize, usize)> {
    let is_impossible = |(price, halted): (&T, &bool)| *price <= T::default() && !halted;
    let both = || prices.iter().zip(halted);
    let count = both().fold(0, |count, row| count + usize::from(is_impossible(row)));
    let first = (count > 0).then(|| both().position(is_impossible)).flatten();
    for (price, &halted) in prices.iter_mut().zip(halted) {
        let is_missing = halted | (*price <= T::default());
        *price = if is_missing { missing } else { *price };
    }
    first.map(|first| (count, first))
}

fn warn(blocks: &[(Block, Odd)], place: &std::path::Path, warnings: &mut Vec<String>) {
    let mut all = Odd::default();
    for (_, odd) in blocks {
        for (name, &(count, first)) in &odd.impossible {
            all.impossible.entry(name.clone()).or_insert((0, first)).0 += count;
        }
        if let Some((count, first)) = odd.without_volume {
            all.without_volume.get_or_insert((0, first)).0 += count;
        }
    }
    if let Some((count, first)) = all.without_volume {
        let rows = if count == 1 { "row without a volume counts" } else { "rows without a volume count" };
        let place = place.display();
        warnings.push(format!("{count} {rows} as sessions without trade, the first in {place} row {first}"));
    }
    warnings.extend(all.impossible.into_iter().map(|(name, (count, first))| {
        let values = if count == 1 { "value" } else { "values" };
        format!("{count} {values} of {name} not above 0 where something traded count as missing, the first in {} row {first}", place.display())
    }));
}

/// The cumulative factor that makes quoted prices comparable, from each session's change against its base price.
///
/// The base is close − change. Where it differs from the last close, shares were split, or rights or bonus shares were
/// given: the factor is multiplied by last close / base. 1 at the first session; a session without trade keeps it.
///
/// - Look-ahead: none.
/// - NaN: never; a session whose change is missing counts as one without an event.
pub(crate) fn factor(fields: &Fields, change: &str, axis: &Axis) -> Option<Column> {
    let (close, change) = (fields.get("close")?, fields.get(change)?);
    let mut factors = vec![1.0; axis.n_rows()];
    split_at_offsets(&mut factors, axis.offsets()).into_par_iter().enumerate().for_each(|(i, factors)| {
        let start = axis.rows(i).start;
        let (mut factor, mut last) = (1.0, f64::NAN);
        for (t, out) in factors.iter_mut().enumerate() {
            let close = close.get(start + t);
            if !close.is_nan() {
                let base = close - change.get(start + t);
                if base > 0.0 && last > 0.0 && base != last {
                    factor *= last / base;
                }
                last = close;
            }
            *out = factor;
        }
    });
    Some(Column::F64(factors))
}
