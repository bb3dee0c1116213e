//! Processed columns on an axis that has their rows alone.

use std::sync::Arc;

use backstaff_learn::process::TableColumn;
use backstaff_panel::{Axis, Column};
use rayon::prelude::*;

use super::{Named, table::PartTable};

/// Columns of some rows of a panel, by instrument as the panel has them.
#[derive(Debug)]
pub struct Compact {
    /// The axis of the rows.
    pub axis: Axis,
    /// The columns by name.
    pub columns: Vec<(String, Arc<Column>)>,
}

/// The tables of parts as one, where `rows` are the panel's rows of each table; the numbers of each part's rows on the new
/// axis, and the targets of those that have some.
pub(super) fn compact(
    axis: &Axis,
    features: &Named,
    tables: Vec<PartTable>,
    rows: &[Vec<u32>],
) -> (Compact, Vec<Vec<u32>>, Vec<Vec<f64>>) {
    let mut is_kept = vec![false; axis.n_rows()];
    rows.iter().flatten().for_each(|&row| is_kept[row as usize] = true);
    let own_axis = axis.select(&is_kept);
    let mut number_of = vec![0_u32; axis.n_rows()];
    let mut n = 0;
    for (number, is_kept) in number_of.iter_mut().zip(is_kept) {
        *number = n;
        n += u32::from(is_kept);
    }
    let numbers = rows.iter().map(|rows| rows.iter().map(|&row| number_of[row as usize]).collect());
    let numbers = numbers.collect::<Vec<Vec<u32>>>();
    drop(number_of);
    let mut by_feature = features.iter().map(|_| Vec::with_capacity(tables.len())).collect::<Vec<_>>();
    let mut targets = Vec::new();
    for part in tables {
        let mut of_part = Vec::new();
        let mut place = 0;
        for column in part.table.into_columns() {
            if &*column.group == TableColumn::LABEL {
                of_part = column.values.to_f64();
            } else {
                by_feature[place].push(column.values);
                place += 1;
            }
        }
        targets.push(of_part);
    }
    let n_rows = own_axis.n_rows();
    let columns = by_feature.into_par_iter().zip(features);
    let columns =
        columns.map(|(parts, (name, _))| (name.clone(), Arc::new(scattered(&parts, &numbers, n_rows))));
    (Compact { axis: own_axis, columns: columns.collect() }, numbers, targets)
}

/// The values of the parts at their numbers; in eight bytes each if any part has them so.
fn scattered(parts: &[Arc<Column>], numbers: &[Vec<u32>], n_rows: usize) -> Column {
    if parts.iter().all(|part| matches!(**part, Column::F32(_))) {
        let mut all = vec![f32::NAN; n_rows];
        for (part, numbers) in parts.iter().zip(numbers) {
            if let Column::F32(values) = &**part {
                numbers.iter().zip(values).for_each(|(&number, &value)| all[number as usize] = value);
            }
        }
        return Column::F32(all);
    }
    let mut all = vec![f64::NAN; n_rows];
    for (part, numbers) in parts.iter().zip(numbers) {
        numbers.iter().enumerate().for_each(|(n, &number)| all[number as usize] = part.get(n));
    }
    Column::F64(all)
}
