//! The sessions and states that an expression needs of the past to go on from a cut of the calendar.

use super::{Graph, NodeKind};
use crate::{LookBack, operator::Work};

/// What a feature needs of the past to go on from a cut of the calendar: with it, the sessions from the cut on have
/// the bits of a computation over all history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Carry {
    /// How many sessions before the cut are read.
    pub sessions: usize,
    /// How many recursions have a state; [`States`](crate::States) holds these.
    pub recursions: usize,
}

/// A recursion of an expression.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Recursive {
    /// The node that is a recursion.
    pub(crate) node: usize,
    /// How many sessions before the cut its state must be taken, since operators over its values look back on them.
    pub(crate) behind: usize,
}

/// The recursions of a graph whose last node is the result, and how many sessions before a cut its columns are read;
/// `None` if something in it depends on all history and keeps no state.
pub(crate) fn carried(graph: &Graph) -> Option<(Vec<Recursive>, usize)> {
    let nodes = graph.nodes();
    let mut behind = vec![0; nodes.len()];
    let mut recursions = Vec::new();
    for (n, node) in nodes.iter().enumerate().rev() {
        let own = match &node.kind {
            NodeKind::Call(bound) => match (&bound.work, bound.look_back) {
                (Work::Recursive(_), _) => {
                    recursions.push(Recursive { node: n, behind: behind[n] });
                    0
                }
                (_, LookBack::Sessions(sessions)) => sessions,
                (_, LookBack::Recursive) => return None,
            },
            _ => 0,
        };
        for &input in &node.inputs {
            behind[input] = behind[input].max(behind[n] + own);
        }
    }
    recursions.reverse();
    Some((recursions, behind.into_iter().max().unwrap_or(0)))
}
