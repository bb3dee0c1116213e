//! Instruments that stand side by side in a file, brought below each other.

use backstaff_panel::Column;

use super::{coded_texts::CodedTexts, decoded::Block, row_numbers::RowNumbers};

/// The block of each instrument, whose columns follow each other in the given numbers. Rows in which an instrument has no
/// value at all are those of days on which only others have one.
pub(super) fn split(block: Block, instruments: &[(String, usize)]) -> Vec<Block> {
    let Block { file, rows, days, seconds, own_zone, numbers, .. } = block;
    let mut numbers = numbers.into_iter();
    let of_instrument = |(name, n_columns): &(String, usize)| {
        let own = numbers.by_ref().take(*n_columns);
        let mut own = own.map(|(name, numbers)| (name, numbers.into_column())).collect::<Vec<_>>();
        let is_kept = (0..days.len())
            .map(|row| own.iter().any(|(_, column)| !column.get(row).is_nan()))
            .collect::<Vec<_>>();
        for (_, column) in &mut own {
            keep(column, &is_kept);
        }
        let days = kept(&days, &is_kept);
        Block {
            file,
            rows: rows
                .iter()
                .zip(&is_kept)
                .filter(|(_, kept)| **kept)
                .map(|(row, _)| row)
                .collect::<RowNumbers>(),
            instruments: CodedTexts::constant(name.clone(), days.len()),
            seconds: if seconds.is_empty() { Vec::new() } else { kept(&seconds, &is_kept) },
            days,
            own_zone,
            numbers: own.into_iter().map(|(name, column)| (name, column.into())).collect(),
            categories: Vec::new(),
        }
    };
    instruments.iter().map(of_instrument).collect()
}

fn keep(column: &mut Column, is_kept: &[bool]) {
    match column {
        Column::F32(values) => *values = kept(values, is_kept),
        Column::F64(values) => *values = kept(values, is_kept),
    }
}

fn kept<T: Copy>(values: &[T], is_kept: &[bool]) -> Vec<T> {
    values.iter().zip(is_kept).filter(|(_, kept)| **kept).map(|(&value, _)| value).collect()
}
