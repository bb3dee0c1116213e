//! Prices that are none: those of sessions without trade, and those of 0.
//!
//! Vendors write 0 for a price that they don't know (an open before opens were recorded) or that was never made (a
//! session of a halt). Neither is a reason to distrust the rest of the row, so such a price is missing, and counted.

use std::collections::{BTreeMap, BTreeSet};

use backstaff_panel::Column;
use backstaff_words::{count, some_of};
use rayon::prelude::*;

use super::{
    first_look::{Checked, FirstLook},
    rows::Rows,
};
use crate::{
    error::{Place, SourceError},
    format::{
        decoded::{Blocks, SourceColumn},
        untraded::{Untraded, leave_out, unknown_volume, untraded},
    },
    request::{halts::Halts, panel_source::PanelSource},
};

/// The number of instruments that a sentence names.
const NAMED: usize = 3;

/// Make prices missing in sessions without trade, where the request says how files write these. Returns sentences about
/// rows that don't tell.
pub(super) fn leave_out_halts(
    columns: &mut [(String, SourceColumn)],
    blocks: &Blocks,
    request: &PanelSource,
) -> Result<Vec<String>, SourceError> {
    // A database's reader knows the halts of its layout.
    if request.halts == Halts::NoRow || request.tables.is_some() {
        return Ok(Vec::new());
    }
    let volume = columns.iter().find(|(name, _)| name == "volume").map(|(_, column)| column);
    let volume = volume.ok_or_else(|| {
        let found = columns.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        SourceError::no_column(&request.path, &found, "volume")
    })?;
    // Of files without a column of volumes nothing is known.
    let parts = volume
        .parts
        .par_iter()
        .map(|part| part.as_ref().map(|part| untraded(part.values())))
        .collect::<Vec<_>>();
    for (_, column) in columns.iter_mut().filter(|(name, _)| is_price(name, request)) {
        column.parts.par_iter_mut().zip(&parts).for_each(|(prices, halts)| {
            if let (Some(prices), Some(Untraded { rows, .. })) = (prices, halts)
                && rows.contains(&true)
            {
                leave_out(prices.to_mut(), rows);
            }
        });
    }
    let mut unknown = None::<(usize, Place)>;
    let mut start = 0;
    for (part, block) in parts.iter().zip(&blocks.parts) {
        if let Some((n, first)) = part.as_ref().and_then(|halts| halts.unknown) {
            let place = || blocks.place((start + first) as u32);
            unknown = Some(unknown.map_or_else(|| (n, place()), |(before, place)| (before + n, place)));
        }
        start += block.len();
    }
    Ok(unknown.map(|(n, first)| unknown_volume(n, first)).into_iter().collect())
}

fn is_price(name: &str, request: &PanelSource) -> bool {
    Checked::of(name, request.adjustment) == Some(Checked::Price)
}

/// Prices of 0.
#[derive(Default)]
struct Zeros {
    /// The number of them in each field.
    fields: BTreeMap<String, usize>,
    /// The numbers of the instruments that have any.
    instruments: BTreeSet<usize>,
    /// The number of rows with a close above 0 and a volume of 0 among those that have any: halts as vendors write them.
    halts: usize,
    /// The place of the first row that has any.
    first: Option<usize>,
}

/// Make prices of 0 missing. Returns a sentence about them, if a first look saw any in rows that are wanted.
pub(super) fn leave_out_zeros(
    rows: &Rows,
    columns: &mut [(String, SourceColumn)],
    blocks: &Blocks,
    request: &PanelSource,
    look: FirstLook,
) -> Option<String> {
    if !look.has_zeros {
        return None;
    }
    let zeros = Zeros::of(rows, columns, request);
    for (_, column) in columns.iter_mut().filter(|(name, _)| is_price(name, request)) {
        column.parts.par_iter_mut().flatten().for_each(|part| match part.to_mut() {
            Column::F32(values) => without_zeros(values, f32::NAN),
            Column::F64(values) => without_zeros(values, f64::NAN),
        });
    }
    zeros.sentence(rows, blocks, request)
}

fn without_zeros<T: Copy + PartialEq + Default>(prices: &mut [T], missing: T) {
    for price in prices {
        *price = if *price == T::default() { missing } else { *price };
    }
}

impl Zeros {
    fn of(rows: &Rows, columns: &[(String, SourceColumn)], request: &PanelSource) -> Self {
        let prices = columns.iter().filter(|(name, _)| is_price(name, request)).collect::<Vec<_>>();
        let column = |wanted: &str| columns.iter().find(|(name, _)| name == wanted).map(|(_, column)| column);
        let (close, volume) = (column("close"), column("volume"));
        let of_instrument = |i: usize| {
            let mut zeros = Self::default();
            for at in rows.range(i) {
                let row = rows.order[at] as usize;
                let mut any = false;
                for (name, prices) in &prices {
                    if prices.get(row) == 0.0 {
                        *zeros.fields.entry(name.clone()).or_default() += 1;
                        any = true;
                    }
                }
                if any {
                    zeros.instruments.insert(i);
                    zeros.first.get_or_insert(at);
                    let value =
                        |column: Option<&SourceColumn>| column.map_or(f64::NAN, |column| column.get(row));
                    zeros.halts += usize::from(value(close) > 0.0 && value(volume) == 0.0);
                }
            }
            zeros
        };
        let zeros = (0..rows.instruments.len()).into_par_iter().map(of_instrument).collect::<Vec<_>>();
        zeros.into_iter().fold(Self::default(), Self::and)
    }

    fn and(mut self, other: Self) -> Self {
        for (name, n) in other.fields {
            *self.fields.entry(name).or_default() += n;
        }
        self.instruments.extend(other.instruments);
        self.halts += other.halts;
        self.first = self.first.or(other.first);
        self
    }

    fn sentence(&self, rows: &Rows, blocks: &Blocks, request: &PanelSource) -> Option<String> {
        let place = blocks.place(rows.order[self.first?]);
        let n = self.fields.values().sum::<usize>();
        let counts = if n == 1 { "counts" } else { "count" };
        let fields = self.fields.iter().map(|(name, n)| format!("{name} {n}")).collect::<Vec<_>>().join(", ");
        let names = self.instruments.iter().map(|&i| rows.instruments[i].name());
        let may_be_halts = self.halts > 0 && request.halts == Halts::NoRow && request.tables.is_none();
        let halts = may_be_halts.then(|| {
            format!(
                "; {} of them carried the close on with a volume of 0: where that is how halts are written, say \
                 `halts: zero_volume` in `data.prices` (`--halts zero_volume` where no study says it)",
                count(self.halts, "row")
            )
        });
        Some(format!(
            "{} of 0 {counts} as missing ({fields}) in {}, the first in {place}{}",
            count(n, "price"),
            some_of(names, NAMED),
            halts.unwrap_or_default()
        ))
    }
}
