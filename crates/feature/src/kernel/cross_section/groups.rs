//! The rows of a session, group by group.

use super::neutralize::Complete;
use crate::kernel::present;

/// A value's bits, mapped so that integers compare as the values do, and where the value stands.
pub(super) type Key = (u64, u32);

/// The code of a row that is in no group. Others are numbers from 0 on: memory is taken for each up to the largest.
pub const MISSING_GROUP: u32 = u32::MAX;

/// Memory that is used again from session to session.
#[derive(Default, Debug)]
pub struct Scratch {
    /// The rows that have a group, group by group.
    order: Vec<u32>,
    /// Where each group ends in `order`.
    ends: Vec<u32>,
    /// What the caller calls the groups that it passes, and those that `order` is of.
    named: Option<usize>,
    ordered: Option<usize>,
    rows: Vec<u32>,
    values: Vec<f64>,
    sorted: Vec<f64>,
    keys: Vec<Key>,
    starts: Vec<u32>,
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
            Some(all) => all.iter().for_each(|&row| out[row as usize] = value),
            None => out.fill(value),
        }
    });
}

/// Calls `fill` for every group that has a present member, with all its rows (`None`: every row there is).
fn members(
    values: &[f64],
    groups: Option<&[u32]>,
    scratch: &mut Scratch,
    out: &mut [f64],
    mut fill: impl FnMut(Group, Option<&[u32]>, &mut [f64]),
) {
    assert_eq!(values.len(), out.len(), "one value a row");
    out.fill(f64::NAN);
    if let Some(groups) = groups {
        assert_eq!(groups.len(), values.len(), "each row has a group code");
        if scratch.named.is_none() || scratch.named != scratch.ordered {
            scratch.put_in_order(groups);
        }
    }
    let Scratch { order, ends, rows: present_rows, values: present_values, sorted, keys, starts, .. } =
        scratch;
    let mut visit = |all: Option<&[u32]>, indices: &mut dyn Iterator<Item = usize>, out: &mut [f64]| {
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
    if groups.is_none() {
        visit(None, &mut (0..values.len()), out);
        return;
    }
    let mut start = 0;
    for &end in ends.iter() {
        let all = &order[start..end as usize];
        visit(Some(all), &mut all.iter().map(|&row| row as usize), out);
        start = end as usize;
    }
}
