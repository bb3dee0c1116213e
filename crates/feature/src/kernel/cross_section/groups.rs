//! The rows of a session, group by group.

use super::neutralize::Complete;
use crate::kernel::present;

/// A value's bits, mapped so that integers compare as the values do, and where the value stands.
pub(super) type Key = (u64, u32);

/// The code of a row that is in no group.
pub const MISSING_GROUP: u32 = u32::MAX;

/// Memory that is used again from session to session.
#[derive(Default, Debug)]
pub struct Scratch {
    /// Group code above, row below; ascending.
    order: Vec<u64>,
    rows: Vec<u32>,
    values: Vec<f64>,
    sorted: Vec<f64>,
    keys: Vec<Key>,
    starts: Vec<u32>,
    pub(super) complete: Complete,
}

/// The members of one group.
pub(super) struct Group<'a> {
    /// The rows with a value, ascending.
    pub rows: &'a [u32],
    /// Their values.
    pub values: &'a [f64],
    /// For sorted copies of the values.
    pub sorted: &'a mut Vec<f64>,
    /// For sorted values with their position in `values`.
    pub keys: &'a mut Vec<Key>,
    /// For where buckets of values start.
    pub starts: &'a mut Vec<u32>,
}

impl Group<'_> {
    /// Sets each member's result from its value.
    pub fn map(&self, out: &mut [f64], result: impl Fn(f64) -> f64) {
        for (&row, &value) in self.rows.iter().zip(self.values) {
            out[row as usize] = result(value);
        }
    }
}

/// Sets the results of the rows that have a value, one group after the other; all others are NaN.
pub(super) fn each(
    values: &[f64],
    groups: Option<&[u32]>,
    scratch: &mut Scratch,
    out: &mut [f64],
    mut fill: impl FnMut(Group, &mut [f64]),
) {
    members(values, groups, scratch, out, |group, _, out| fill(group, out));
}

/// Sets the results of all rows of a group to one value, which its present members give.
pub(super) fn describe(
    values: &[f64],
    groups: Option<&[u32]>,
    scratch: &mut Scratch,
    out: &mut [f64],
    mut statistic: impl FnMut(Group) -> f64,
) {
    members(values, groups, scratch, out, |group, all, out| {
        let value = statistic(group);
        match all {
            Some(all) => all.iter().for_each(|&packed| out[row_of(packed)] = value),
            None => out.fill(value),
        }
    });
}

fn row_of(packed: u64) -> usize {
    (packed & u64::from(u32::MAX)) as usize
}

/// Calls `fill` for every group that has a present member, with all its rows (`None`: every row there is).
fn members(
    values: &[f64],
    groups: Option<&[u32]>,
    scratch: &mut Scratch,
    out: &mut [f64],
    mut fill: impl FnMut(Group, Option<&[u64]>, &mut [f64]),
) {
    assert_eq!(values.len(), out.len(), "one value a row");
    out.fill(f64::NAN);
    let Scratch { order, rows: present_rows, values: present_values, sorted, keys, starts, .. } = scratch;
    let mut visit = |all: Option<&[u64]>, indices: &mut dyn Iterator<Item = usize>, out: &mut [f64]| {
        present_rows.clear();
        present_values.clear();
        for row in indices {
            if let Some(value) = present(values[row]) {
                present_rows.push(row as u32);
                present_values.push(value);
            }
        }
        if !present_values.is_empty() {
            fill(Group { rows: present_rows, values: present_values, sorted, keys, starts }, all, out);
        }
    };
    let Some(groups) = groups else {
        visit(None, &mut (0..values.len()), out);
        return;
    };
    assert_eq!(groups.len(), values.len(), "each row has a group code");
    order.clear();
    let coded = groups.iter().enumerate().filter(|(_, code)| **code != MISSING_GROUP);
    order.extend(coded.map(|(row, &code)| u64::from(code) << 32 | row as u64));
    order.sort_unstable();
    for all in order.chunk_by(|a, b| a >> 32 == b >> 32) {
        visit(Some(all), &mut all.iter().map(|&packed| row_of(packed)), out);
    }
}
