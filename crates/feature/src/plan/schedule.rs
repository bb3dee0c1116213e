//! Which node is computed in which pass, and which columns are kept between passes.
//!
//! Passes alternate: pass 0 by instrument, pass 1 by session, pass 2 by instrument, and so on. A cross-section waits
//! for its inputs over all instruments; a time series that builds on it waits for the cross-section over all sessions.
//! All outputs are stored by the last pass, which is one by instrument: so they can be taken some instruments at a time.
//!
//! A kept column costs memory, and writing and reading it costs more than a few additions. So a node that takes only these
//! is computed again by each pass that reads it (by session only where it needs few other rows), and a value that all rows
//! of a session have in common is kept once a session.

use std::collections::BTreeSet;

use crate::{
    graph::{Graph, Node, NodeKind},
    operator::{Form, Work},
};

/// How many operators a node may take to be computed again rather than kept.
const LIGHT: usize = 10;

/// How many rows away a block of sessions may read: more would cost more than to keep what is read.
const REACH: usize = 512;

/// The passes in which the nodes of a graph are computed and kept.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    /// The pass of each node; for columns of the panel and constants, which are read where needed, 0.
    pub(super) pass: Vec<usize>,
    /// The last pass that reads a node's kept values; `None` if it isn't kept beyond its own pass.
    pub(super) kept_until: Vec<Option<usize>>,
    /// Whether passes by instrument after its own compute a node again.
    pub(super) again: Vec<bool>,
    /// Whether passes by session after its own compute a node for themselves, block by block.
    pub(super) near: Vec<bool>,
    /// Whether a node has a value of its own for each row, or one for a session or a group of it.
    by_row: Vec<bool>,
    pub(super) n_passes: usize,
}

/// The kind of pass that a node comes from.
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
        let again = light(nodes);
        let near = near(nodes, &again);
        let mut kept_until = vec![None; nodes.len()];
        // The passes that compute each node: its own, and those that do it again.
        let mut computed = pass.iter().map(|&pass| BTreeSet::from([pass])).collect::<Vec<_>>();
        let mut read = |computed: &mut Vec<BTreeSet<usize>>, n: usize, reader: usize| {
            // The panel has leaves at any time, and a pass has what it computes itself.
            if origin(&nodes[n]) == Origin::Leaf || pass[n] == reader {
                return;
            }
            let can_compute_again = if reader.is_multiple_of(2) { again[n] } else { near[n] };
            if can_compute_again {
                computed[n].insert(reader);
            } else {
                kept_until[n] = kept_until[n].max(Some(reader));
            }
        };
        for &output in outputs {
            read(&mut computed, output, last);
        }
        // Readers come before what they read, so that all passes which compute a node are known when it is its turn: each
        // of them reads the node's inputs, which it may compute again in turn, and so on down to what is kept.
        for n in (0..nodes.len()).rev() {
            for reader in computed[n].clone() {
                nodes[n].inputs.iter().for_each(|&input| read(&mut computed, input, reader));
            }
        }
        let by_row = nodes.iter().map(|node| !is_common(node)).collect();
        Self { n_passes: if nodes.is_empty() { 0 } else { last + 1 }, pass, kept_until, again, near, by_row }
    }

    /// The pass that stores the outputs.
    pub(super) fn last_pass(&self) -> usize {
        self.n_passes.saturating_sub(1)
    }

    /// Whether a pass by instrument may compute a node: for the first time, or again.
    pub(super) fn computes(&self, graph: &Graph, n: usize, pass: usize) -> bool {
        origin(&graph.nodes()[n]) == Origin::Instrument
            && (self.pass[n] == pass || self.again[n] && self.pass[n] < pass)
    }

    /// The nodes that the cross-sections of a pass read, each once and in order.
    pub(super) fn inputs_by_session(&self, graph: &Graph, pass: usize) -> Vec<usize> {
        let nodes = graph.nodes();
        let targets = (0..nodes.len()).filter(|&n| self.is_cross_section(graph, n, pass));
        let inputs = targets.flat_map(|n| nodes[n].inputs.iter().copied());
        inputs.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Whether a node is a cross-section of a pass.
    pub(super) fn is_cross_section(&self, graph: &Graph, n: usize, pass: usize) -> bool {
        origin(&graph.nodes()[n]) == Origin::Session && self.pass[n] == pass
    }

    /// The columns that no pass after this one reads.
    pub(super) fn read_last_by(&self, pass: usize) -> impl Iterator<Item = usize> {
        let last = self.kept_until.iter().enumerate();
        last.filter(move |&(n, until)| self.by_row[n] && *until == Some(pass)).map(|(n, _)| n)
    }

    /// How many columns a pass adds to the kept ones.
    fn kept_first_by(&self, pass: usize) -> usize {
        let kept = |&n: &usize| self.by_row[n] && self.pass[n] == pass && self.kept_until[n].is_some();
        (0..self.pass.len()).filter(kept).count()
    }

    /// How many columns are there at most, each of eight bytes a row: those that nobody reads any more take what is kept
    /// next.
    pub(super) fn peak_columns(&self) -> usize {
        let (mut all, mut free) = (0, 0);
        for pass in 0..self.n_passes {
            let (new, dead) = (self.kept_first_by(pass), self.read_last_by(pass).count());
            // A pass by session writes into the memory of what it reads last.
            free += if pass % 2 == 1 { dead } else { 0 };
            all += new.saturating_sub(free);
            free = free.saturating_sub(new) + if pass % 2 == 1 { 0 } else { dead };
        }
        all
    }
}

/// Whether all rows of a session, or of a group of it, have one value of a node.
pub(super) fn is_common(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Call(bound) if bound.form == Form::Common)
}

/// Whether each node is a time series of a few operators over columns of the panel and over values kept once a session.
///
/// Operators are counted as often as they stand in the expression, shared or not: that is what computing it again costs
/// where nothing else needs the parts.
fn light(nodes: &[Node]) -> Vec<bool> {
    let mut steps = Vec::<Option<usize>>::with_capacity(nodes.len());
    for node in nodes {
        let own = match &node.kind {
            NodeKind::Field(_) | NodeKind::Constant(_) => Some(0),
            NodeKind::Call(bound) if bound.form == Form::Common => Some(0),
            // Publications are a few in a year: to look the newest up costs no more than an addition.
            NodeKind::Call(bound)
                if matches!(bound.work, Work::Rows(_) | Work::Facts { .. }) || bound.form == Form::Shift =>
            {
                let inputs = node.inputs.iter().map(|&input| steps[input]);
                inputs.sum::<Option<usize>>().map(|inputs| inputs + 1)
            }
            _ => None,
        };
        steps.push(own.filter(|&steps| steps <= LIGHT));
    }
    let is_light =
        |(node, steps): (&Node, &Option<usize>)| origin(node) == Origin::Instrument && steps.is_some();
    nodes.iter().zip(&steps).map(is_light).collect()
}

/// Whether each node is light and follows from a few cells around its own row, so that a block of sessions is enough to
/// compute it.
///
/// Only a shift of a column of the panel counts: a shift of something computed would need that on rows outside the block,
/// and a shift of a kept column would read rows that another thread may be writing its results over.
fn near(nodes: &[Node], light: &[bool]) -> Vec<bool> {
    let mut near = Vec::<bool>::with_capacity(nodes.len());
    for (node, &light) in nodes.iter().zip(light) {
        let is_near =
            |&input: &usize| origin(&nodes[input]) == Origin::Leaf || is_common(&nodes[input]) || near[input];
        let is_field = |&input: &usize| matches!(nodes[input].kind, NodeKind::Field(_));
        near.push(
            light
                && match &node.kind {
                    NodeKind::Call(bound) => match (bound.form, &bound.work) {
                        (Form::Shift, _) => {
                            let reach = bound.look_back.sessions().map(|back| back + bound.look_ahead);
                            node.inputs.iter().all(is_field) && reach.is_some_and(|reach| reach <= REACH)
                        }
                        (Form::Newest, _) => true,
                        (_, Work::Rows(_)) => node.inputs.iter().all(is_near),
                        _ => false,
                    },
                    _ => false,
                },
        );
    }
    near
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
