//! The inputs of a pass's steps: columns of the panel, values that earlier passes kept, and published values.

use std::{ops::Range, sync::Arc};

use backstaff_panel::{Column, Fact, Panel, Session};

use super::kept::Kept;
use crate::{
    graph::{Node, NodeKind},
    operator::{Bound, Work},
};

/// A graph's nodes, and where the values of some of them lie.
#[derive(Clone, Copy)]
pub(super) struct Leaves<'a> {
    pub(super) nodes: &'a [Node],
    pub(super) panel: &'a Panel,
    pub(super) kept: &'a [Option<Kept>],
}

impl<'a> Leaves<'a> {
    /// The operator of a node that is one.
    pub(super) fn bound(&self, node: usize) -> &'a Bound {
        match &self.nodes[node].kind {
            NodeKind::Call(bound) => bound,
            _ => unreachable!("only operators are computed"),
        }
    }

    /// A node's values in some rows, where they lie in memory as they are needed.
    pub(super) fn lend(&self, node: usize, rows: Range<usize>) -> Option<&'a [f64]> {
        match (&self.kept[node], &self.nodes[node].kind) {
            (Some(Kept::Rows(values)), _) => Some(&values[rows]),
            (None, NodeKind::Field(name)) => match &**self.panel.field(name)? {
                Column::F64(values) => Some(&values[rows]),
                Column::F32(_) => None,
            },
            _ => None,
        }
    }

    /// Write a leaf's values in some rows of an instrument into `out`.
    pub(super) fn load(&self, node: usize, instrument: usize, rows: Range<usize>, out: &mut [f64]) {
        let axis = self.panel.axis();
        match (&self.kept[node], &self.nodes[node].kind) {
            (None, NodeKind::Constant(value)) => out.fill(*value),
            (None, NodeKind::Field(name)) => {
                self.panel.field(name).expect("columns are checked first").decode(rows, out);
            }
            (Some(Kept::Rows(values)), _) => out.copy_from_slice(&values[rows]),
            (Some(Kept::Sessions(values)), _) => self.spread(values, instrument, rows, out),
            (Some(Kept::Groups(kept)), _) => {
                for ((out, row), &code) in out.iter_mut().zip(rows.clone()).zip(&kept.groups().codes()[rows])
                {
                    *out = kept.get(code, axis.position_in(instrument, row));
                }
            }
            (None, NodeKind::Categories(_) | NodeKind::Fact(_) | NodeKind::Call(_)) => {
                unreachable!("only numbers of the panel and of earlier passes are loaded")
            }
        }
    }

    /// Write values of the calendar's sessions into `out`, for some rows of an instrument.
    pub(super) fn spread(&self, values: &[f64], instrument: usize, rows: Range<usize>, out: &mut [f64]) {
        for (out, row) in out.iter_mut().zip(rows) {
            *out = values[self.panel.axis().position_in(instrument, row)];
        }
    }

    /// The sessions of some rows of an instrument.
    pub(super) fn sessions(&self, instrument: usize, rows: Range<usize>) -> &'a [Session] {
        let first = self.panel.axis().rows(instrument).start;
        &self.panel.axis().sessions(instrument)[rows.start - first..rows.end - first]
    }

    /// The publications of each of these facts about an instrument.
    pub(super) fn facts(&self, instrument: usize, names: &[Arc<str>]) -> Vec<&'a [Fact]> {
        let instrument = &self.panel.axis().instruments()[instrument];
        let of = |name| self.panel.facts(name).expect("facts are checked first").of(instrument);
        names.iter().map(|name| of(name)).collect()
    }

    /// The values of a node on the calendar's sessions, if all facts that it reads are about the whole market.
    pub(super) fn of_market(&self, node: usize) -> Option<Vec<f64>> {
        let NodeKind::Call(bound) = &self.nodes[node].kind else { return None };
        let Work::Facts { names, work } = &bound.work else { return None };
        let facts =
            names.iter().map(|name| self.panel.facts(name)?.of_market()).collect::<Option<Vec<_>>>()?;
        let sessions = self.panel.axis().calendar().sessions();
        let mut values = vec![0.0; sessions.len()];
        work(&facts, sessions, &mut values);
        Some(values)
    }
}
