//! Expressions after checking: a graph in which equal parts are one node.

mod carry;
mod known;
mod latest;
mod mixed;
mod over_periods;
mod over_rows;
mod publications;

use std::{collections::HashMap, sync::Arc};

pub use carry::Carry;
pub(crate) use carry::{Recursive, carried};
pub(crate) use latest::Latest;
pub(crate) use mixed::mixed;
pub(crate) use over_periods::OverPeriods;
pub(crate) use over_rows::{Earlier, OverRows, Windowed, needed};
pub(crate) use publications::Validity;

use crate::{LookBack, ValueType, operator::Bound};

/// A node: a column of the panel, a constant, or an operator over earlier nodes.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: NodeKind,
    pub(crate) inputs: Vec<usize>,
    pub(crate) value_type: ValueType,
    pub(crate) look_back: LookBack,
    pub(crate) look_ahead: usize,
    /// Equal texts, equal values: it spells out everything that the node computes, with the operators' versions.
    pub(crate) canonical: Arc<str>,
}

#[derive(Clone, Debug)]
pub(crate) enum NodeKind {
    Field(Arc<str>),
    Categories(Arc<str>),
    /// A published quantity over its periods; it stands only in what [`OverPeriods`] computes.
    Fact(Arc<str>),
    Constant(f64),
    Call(Arc<Bound>),
}

/// Nodes in an order in which inputs come before what uses them; no two have the same canonical text.
#[derive(Clone, Default, Debug)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    by_canonical: HashMap<Arc<str>, usize>,
}

impl Graph {
    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Add a node unless an equal one is there; its number either way.
    pub(crate) fn add(&mut self, node: Node) -> usize {
        if let Some(&found) = self.by_canonical.get(&node.canonical) {
            return found;
        }
        debug_assert!(node.inputs.iter().all(|&input| input < self.nodes.len()), "inputs come first");
        self.by_canonical.insert(node.canonical.clone(), self.nodes.len());
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// Add all nodes of another graph; where each of them is now.
    pub(crate) fn absorb(&mut self, other: &Self) -> Vec<usize> {
        let mut places = Vec::with_capacity(other.nodes.len());
        for node in &other.nodes {
            let inputs = node.inputs.iter().map(|&input| places[input]).collect();
            places.push(self.add(Node { inputs, ..node.clone() }));
        }
        places
    }

    /// The part of the graph that a node needs; the node itself is the last one.
    pub(crate) fn part(&self, root: usize) -> Self {
        let mut part = Self::default();
        let mut places = vec![usize::MAX; root + 1];
        for n in needed(root, |n| &self.nodes[n].inputs) {
            let inputs = self.nodes[n].inputs.iter().map(|&input| places[input]).collect();
            places[n] = part.add(Node { inputs, ..self.nodes[n].clone() });
        }
        part
    }
}
