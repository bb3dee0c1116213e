//! The rows of a session, group by group.

use super::complete::Complete;
use crate::kernel::{present, sum::Sum};

/// A value's bits, mapped so that integers compare as the values do, and the value's row.
pub(super) type Key = (u64, u32);

/// The code of a row that is in no group. Others are numbers from 0 on: memory is taken for each up to the largest.
pub const MISSING_GROUP: u32 = u32::MAX;

/// Memory that is used again from session to session.
#[derive(Default, Debug)]
pub struct Scratch {
    /// The rows that have a group, group by group.
    order: Vec<u32>,
    /// The end of each group in `order`.
    ends: Vec<u32>,
    /// The caller's name for the groups that it passes next; `ordered` is the name of those that `order` is of.
    named: Option<usize>,
    ordered: Option<usize>,
    rows: Vec<u32>,
    values: Vec<f64>,
    sorted: Vec<f64>,
    keys: Vec<Key>,
    starts: Vec<u32>,
    pub(super) sums: Vec<Sum>,
    pub(super) squares: Vec<Sum>,
    pub(super) means: Vec<f64>,
    pub(super) complete: Complete,
}

impl Scratch {
    /// Other groups may follow under the names of earlier ones.
    pub(crate) fn begin_session(&mut self) {
        self.ordered = None;
    }

    /// The rows, group by group.
    fn put_in_order(&mut self, groups: &[u32]) {
        let Self { order, ends, .. } = self;
        let coded = || groups.iter().enumerate().filter(|(_, code)| **code != MISSING_GROUP);
        let n_groups = coded().map(|(_, &code)| code as usize + 1).max().unwrap_or(0);
        ends.clear();
        ends.resize(n_groups, 0);
        coded().for_each(|(_, &code)| ends[code as usize] += 1);
        let mut n_rows = 0;
        for end in ends.iter_mut() {
            (*end, n_rows) = (n_rows, n_rows + *end);
        }
        order.clear();
        order.resize(n_rows as usize, 0);
        for (row, &code) in coded() {
            let next = &mut ends[code as usize];
            order[*next as usize] = row as u32;
            *next += 1;
        }
        self.ordered = self.named;
    }

    /// Call the groups that are passed next by a name, so that they are put in order once; `None` if they have none.
    pub(crate) fn name_groups(&mut self, name: Option<usize>) {
        self.named = name;
    }
}

/// The members of one group.
pub(super) struct Group<'a> {
    /// The rows with a value, ascending.
    pub rows: &'a [u32],
    /// The values of these rows.
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
    pub(super) fn map(&self, out: &mut [f64], result: impl Fn(f64) -> f64) {
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
    assert_eq!(values.len(), out.len(), "one value a row");
    out.fill(f64::NAN);
    members(values, groups, scratch, |_, group| fill(group, out));
}

/// Sets one value for each group, by its code, from its present members; NaN where there are fewer than `min`. Without
/// groups, all rows are group 0.
pub(super) fn describe(
    values: &[f64],
    groups: Option<&[u32]>,
    min: usize,
    scratch: &mut Scratch,
    out: &mut [f64],
    mut statistic: impl FnMut(Group) -> f64,
) {
    out.fill(f64::NAN);
    members(values, groups, scratch, |code, group| {
        if group.values.len() >= min {
            out[code] = statistic(group);
        }
    });
}

/// Calls `visit` with the code of every group that has a present member, and its members.
fn members(
    values: &[f64],
    groups: Option<&[u32]>,
    scratch: &mut Scratch,
    mut visit: impl FnMut(usize, Group),
) {
    if let Some(groups) = groups {
        assert_eq!(groups.len(), values.len(), "each row has a group code");
        if scratch.named.is_none() || scratch.named != scratch.ordered {
            scratch.put_in_order(groups);
        }
    }
    let Scratch { order, ends, rows, values: found, sorted, keys, starts, .. } = scratch;
    if groups.is_none() {
        gather(values, 0..values.len(), rows, found);
        if !found.is_empty() {
            visit(0, Group { rows, values: found, sorted, keys, starts });
        }
        return;
    }
    let mut start = 0;
    for (code, &end) in ends.iter().enumerate() {
        let all = order[start..end as usize].iter();
        gather(values, all.map(|&row| row as usize), rows, found);
        if !found.is_empty() {
            visit(code, Group { rows, values: found, sorted, keys, starts });
        }
        start = end as usize;
    }
}

/// The rows that have a value, and their values. Each is written, and counts if it is present: which are missing can't be
/// guessed, and a wrong guess costs more than a write.
fn gather(
    values: &[f64],
    all: impl ExactSizeIterator<Item = usize>,
    rows: &mut Vec<u32>,
    found: &mut Vec<f64>,
) {
    rows.resize(all.len(), 0);
    found.resize(all.len(), 0.0);
    let mut count = 0;
    for row in all {
        let value = present(values[row]);
        (rows[count], found[count]) = (row as u32, value.unwrap_or(0.0));
        count += usize::from(value.is_some());
    }
    rows.truncate(count);
    found.truncate(count);
}
