//! A table of daily bars to decoded bars.

use std::collections::BTreeMap;

use backstaff_panel::Column;
use rayon::prelude::*;

use super::{
    database::Database,
    scan::{Cells, Chunk, Role, Scan},
};
use crate::{
    error::SourceError,
    format::{
        coded_texts::CodedTexts,
        decoded::{Block, Blocks},
        untraded::{TRADED_PRICES, unknown_volume, untraded},
    },
    provider::decoded_bars::{ColumnRole, DecodedBars, FoundColumn},
    request::{adjustment::Adjustment, halts::Halts, panel_source::PanelSource, table_layout::PriceTable},
};

/// Read the wanted columns of a table of bars.
pub(crate) fn read(
    database: &Database,
    layout: &PriceTable,
    request: &PanelSource,
) -> Result<DecodedBars, SourceError> {
    let fields = fields(layout, request);
    let mut scan = Scan::new(&layout.table, &layout.keep, layout.dates);
    scan.column(&layout.instrument, Role::Keys);
    scan.column(&layout.date, Role::Days);
    for theirs in fields.keys() {
        scan.column(theirs, Role::Numbers);
    }
    let place = scan.place(database.path());
    let chunks = database.scan(&scan)?;
    if chunks.is_empty() {
        return Err(scan.no_rows(database.path()));
    }
    let names = fields.values().map(|ours| (*ours).to_owned()).collect::<Vec<_>>();
    let blocks = chunks.into_par_iter().map(|chunk| block(chunk, &names, layout.halts)).collect::<Vec<_>>();
    let mut warnings = Vec::new();
    warn(&blocks, &place, &mut warnings);
    let blocks = blocks.into_iter().map(|(block, _)| block).collect();
    let mut found = vec![
        FoundColumn::new(&layout.date, "date", ColumnRole::Date),
        FoundColumn::new(&layout.instrument, "instrument", ColumnRole::Instrument),
    ];
    found.extend(fields.iter().map(|(theirs, ours)| FoundColumn::new(theirs, ours, ColumnRole::Number)));
    Ok(DecodedBars {
        blocks: Blocks::new(vec![place], blocks),
        columns: found,
        ignored: Vec::new(),
        date_format: "as in the table".to_owned(),
        instrument_from: format!("the column {}", layout.instrument),
        unnamed: None,
        warnings,
        resampled: None,
        vendors: Vec::new(),
    })
}

/// The columns to read and our names for them: those asked for, and those that show halts and splits.
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

/// Counts of odd cells, each with the number of the first row that has one.
#[derive(Default)]
struct Odd {
    /// For each column, the number of prices that are not positive although something traded.
    impossible: BTreeMap<String, (usize, u64)>,
    /// The number of rows without a volume, where halts are recognised by it.
    without_volume: Option<(usize, u64)>,
}

/// The rows of a chunk, with prices missing where nothing traded.
fn block(chunk: Chunk, names: &[String], halts: Halts) -> (Block, Odd) {
    let Chunk { rows, columns } = chunk;
    let mut columns = columns.into_iter();
    let instruments = match columns.next() {
        Some(Cells::Texts(texts)) => texts,
        _ => CodedTexts::default(),
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
        (Halts::ZeroVolume, Some((_, volume))) => {
            let halts = untraded(volume.into());
            odd.without_volume = halts.unknown.map(|(count, first)| (count, rows.get(first)));
            halts.rows
        }
        _ => vec![false; days.len()],
    };
    for (name, values) in numbers.iter_mut().filter(|(name, _)| TRADED_PRICES.contains(&name.as_str())) {
        let impossible = match values {
            Column::F32(values) => without_halts(values, &halted, f32::NAN),
            Column::F64(values) => without_halts(values, &halted, f64::NAN),
        };
        if let Some((count, first)) = impossible {
            odd.impossible.insert(name.clone(), (count, rows.get(first)));
        }
    }
    let block = Block {
        file: 0,
        rows,
        instruments,
        days,
        seconds: Vec::new(),
        own_zone: false,
        numbers: numbers.into_iter().map(|(name, column)| (name, column.into())).collect(),
        categories: Vec::new(),
    };
    (block, odd)
}

/// Make prices missing where nothing traded and where they are not positive. Returns the number of traded prices that
/// are not positive, and the place of the first.
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

/// Add sentences about the odd cells of all blocks.
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
        warnings.push(unknown_volume(count, format_args!("{} row {first}", place.display())));
    }
    warnings.extend(all.impossible.into_iter().map(|(name, (count, first))| {
        let values = if count == 1 { "value" } else { "values" };
        format!("{count} {values} of {name} not above 0 where something traded count as missing, the first in {} row {first}", place.display())
    }));
}
