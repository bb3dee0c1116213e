//! Which node is computed in which pass, and which columns are kept between passes.
//!
//! Passes alternate: pass 0 by instrument, pass 1 by session, pass 2 by instrument, and so on. A cross-section waits
//! for its inputs over all instruments; a time series that builds on it waits for the cross-section over all sessions.
//! All outputs are stored by the last pass, which is one by instrument: so they can be taken some instruments at a time.

use crate::{
    graph::{Graph, Node, NodeKind},
    operator::Work,
};

/// Where and when the nodes of a graph are computed.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    /// The pass of each node; for columns of the panel and constants, which are read where needed, 0.
    pub(super) pass: Vec<usize>,
    /// The last pass that reads a node's kept column; `None` if it isn't kept beyond its own pass.
    pub(super) kept_until: Vec<Option<usize>>,
    pub(super) n_passes: usize,
}

/// How a node comes about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Origin {
    Leaf,
    Instrument,
    Session,
}

pub(super) fn origin(node: &Node) -> Origin {
    match &node.kind {
        NodeKind::Call(bound) if matches!(bound.work, Work::Session(_)) => Origin::Session,
        NodeKind::Call(_) => Origin::Instrument,
        _ => Origin::Leaf,
    }
}

impl Schedule {
    pub(super) fn new(graph: &Graph, outputs: &[usize]) -> Self {
        let nodes = graph.nodes();
        let mut pass = earliest(nodes);
        // What a pass by session computed is stored by a pass by instrument that follows.
        let last = pass.iter().map(|pass| pass + pass % 2).max().unwrap_or(0);
        delay(nodes, outputs, last, &mut pass);
        let mut kept_until = vec![None; nodes.len()];
        let mut keep = |n: usize, reader: usize| {
            if origin(&nodes[n]) != Origin::Leaf && pass[n] < reader {
                kept_until[n] = kept_until[n].max(Some(reader));
            }
        };
        for (n, node) in nodes.iter().enumerate() {
            node.inputs.iter().for_each(|&input| keep(input, pass[n]));
        }
        for &output in outputs {
            keep(output, last);
        }
        Self { n_passes: if nodes.is_empty() { 0 } else { last + 1 }, pass, kept_until }
    }

    /// The pass that stores the outputs.
    pub(super) fn last_pass(&self) -> usize {
        self.n_passes.saturating_sub(1)
    }

    /// The nodes whose kept columns no pass after this one reads.
    pub(super) fn read_last_by(&self, pass: usize) -> impl Iterator<Item = usize> {
        let last = self.kept_until.iter().enumerate();
        last.filter(move |(_, until)| **until == Some(pass)).map(|(node, _)| node)
    }

    /// How many kept columns are alive at most at once: each takes eight bytes a row.
    pub(super) fn peak_columns(&self) -> usize {
        let alive = |at: usize| {
            let spans = self.pass.iter().zip(&self.kept_until);
            let spans = spans.filter_map(|(&from, &until)| Some((from, until?)));
            let count = |of: &dyn Fn(usize, usize) -> bool| spans.clone().filter(|&(f, u)| of(f, u)).count();
            let new = count(&|from, _| from == at);
            let dead = count(&|from, until| from < at && until == at);
            // A pass by session writes into the memory of what it reads last.
            let beside = if at % 2 == 1 { new.max(dead) } else { new + dead };
            beside + count(&|from, until| from < at && at < until)
        };
        (0..self.n_passes).map(alive).max().unwrap_or(0)
    }
}

/// The first pass in which each node can be computed.
fn earliest(nodes: &[Node]) -> Vec<usize> {
    let mut pass = vec![0; nodes.len()];
    for (n, node) in nodes.iter().enumerate() {
        let ready = node.inputs.iter().map(|&input| pass[input]).max().unwrap_or(0);
        pass[n] = match origin(node) {
            Origin::Leaf => 0,
            // An even pass at or after that of the inputs; an odd one after it.
            Origin::Instrument => ready + ready % 2,
            Origin::Session => ready + 1 + ready % 2,
        };
    }
    pass
}

/// Move time series that only later passes use to the first of these, so that they need not be kept.
fn delay(nodes: &[Node], outputs: &[usize], last: usize, pass: &mut [usize]) {
    let mut first_use = vec![None::<usize>; nodes.len()];
    for &output in outputs {
        first_use[output] = Some(last);
    }
    for n in (0..nodes.len()).rev() {
        if let (Origin::Instrument, Some(used)) = (origin(&nodes[n]), first_use[n]) {
            // A pass by session needs its inputs from the pass by instrument in front of it.
            pass[n] = pass[n].max(used - used % 2);
        }
        for &input in &nodes[n].inputs {
            first_use[input] = Some(first_use[input].map_or(pass[n], |found| found.min(pass[n])));
        }
    }
}
