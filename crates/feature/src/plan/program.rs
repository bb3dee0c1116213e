//! The steps of a pass, and the buffers that they share.

use std::collections::HashMap;

use super::schedule::Schedule;
use crate::{
    graph::{Graph, NodeKind},
    operator::{Bound, Work},
};

/// A step of a program, done for the rows at hand.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Step {
    /// Put a leaf, or a column kept from an earlier pass, into a buffer.
    Load { node: usize, to: usize },
    /// Compute a node, and others of its family, from buffers into buffers: each node and its buffer.
    Compute { from: Vec<usize>, to: Vec<(usize, usize)> },
    /// Keep a buffer for later passes.
    Keep { node: usize, from: usize },
    /// Store a buffer as an output column.
    Store { output: usize, from: usize },
}

/// The steps of one pass by instrument.
#[derive(Clone, PartialEq, Default, Debug)]
pub(super) struct Program {
    pub(super) steps: Vec<Step>,
    /// The node that each step is about.
    pub(super) nodes: Vec<usize>,
    pub(super) n_buffers: usize,
    /// How many rows before and behind those wanted the steps read, if there is a bound.
    pub(super) reach: Option<(usize, usize)>,
}

/// The programs of one pass: by instrument all of it, or in two parts.
#[derive(Clone, PartialEq, Default, Debug)]
pub(super) struct Programs {
    pub(super) all: Program,
    /// The part that depends on a bounded number of rows, so that it can be computed slice by slice.
    pub(super) bounded: Program,
    /// The part that depends on all rows of an instrument.
    pub(super) unbounded: Program,
    /// The inputs that a pass by session computes for itself.
    pub(super) near: Program,
}

impl Programs {
    pub(super) fn new(graph: &Graph, schedule: &Schedule, outputs: &[usize], pass: usize) -> Self {
        if pass % 2 == 1 {
            return Self { near: Program::near(graph, schedule, pass), ..Self::default() };
        }
        let reach = reach(graph, schedule, pass);
        let program = |wanted: &dyn Fn(usize) -> bool| {
            let mut program = Program::of_instruments(graph, schedule, outputs, pass, wanted);
            let stored = (0..graph.nodes().len()).filter(|&n| wanted(n));
            let reaches = stored.map(|n| reach[n]);
            program.reach = reaches
                .reduce(|a, b| {
                    let ((back, ahead), (more_back, more_ahead)) = (a?, b?);
                    Some((back.max(more_back), ahead.max(more_ahead)))
                })
                .flatten();
            program
        };
        Self {
            all: program(&|_| true),
            bounded: program(&|n| reach[n].is_some()),
            unbounded: program(&|n| reach[n].is_none()),
            near: Program::default(),
        }
    }
}

/// For each node how many rows before and behind its own it reads of what the pass finds; `None` without bound.
fn reach(graph: &Graph, schedule: &Schedule, pass: usize) -> Vec<Option<(usize, usize)>> {
    let mut reach = vec![Some((0, 0)); graph.nodes().len()];
    for (n, node) in graph.nodes().iter().enumerate() {
        let NodeKind::Call(bound) = &node.kind else { continue };
        if !schedule.computes(graph, n, pass) {
            continue;
        }
        let inputs = node.inputs.iter().try_fold((0, 0), |(back, ahead), &input| {
            let (more_back, more_ahead): (usize, usize) = reach[input]?;
            Some((more_back.max(back), more_ahead.max(ahead)))
        });
        let own = bound.look_back.sessions();
        reach[n] = inputs.zip(own).map(|((back, ahead), own)| (back + own, ahead + bound.look_ahead));
    }
    reach
}

impl Program {
    /// How many operators are computed.
    pub(super) fn n_operators(&self) -> usize {
        let of_step = |step: &Step| if let Step::Compute { to, .. } = step { to.len() } else { 0 };
        self.steps.iter().map(of_step).sum()
    }

    /// How many times the rows of an instrument are walked over to compute something.
    pub(super) fn n_walks(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, Step::Compute { .. })).count()
    }

    /// The steps of a pass by instrument that lead to the outputs and kept nodes that are wanted.
    fn of_instruments(
        graph: &Graph,
        schedule: &Schedule,
        outputs: &[usize],
        pass: usize,
        wanted: &dyn Fn(usize) -> bool,
    ) -> Self {
        let computes = |n: usize| schedule.computes(graph, n, pass);
        let keeps = |n: usize| {
            computes(n) && schedule.pass[n] == pass && schedule.kept_until[n].is_some() && wanted(n)
        };
        let stored = |output: &usize| schedule.last_pass() == pass && wanted(outputs[*output]);
        let stored = (0..outputs.len()).filter(stored).collect::<Vec<_>>();
        Self::new(graph, outputs, &stored, computes, keeps)
    }

    /// The steps that lead to the inputs which a pass by session computes for itself. What reads other rows is loaded.
    fn near(graph: &Graph, schedule: &Schedule, pass: usize) -> Self {
        let inputs = schedule.inputs_by_session(graph, pass);
        let computes = |n: usize| {
            let is_rows = |bound: &Bound| matches!(bound.work, Work::Rows(_));
            schedule.near[n] && matches!(&graph.nodes()[n].kind, NodeKind::Call(bound) if is_rows(bound))
        };
        Self::new(graph, &[], &[], computes, |n| schedule.near[n] && inputs.contains(&n))
    }

    /// The steps that lead to the outputs of these numbers and what else is kept: each buffer is taken when first needed
    /// and given back after its last use. What is not computed is loaded.
    fn new(
        graph: &Graph,
        outputs: &[usize],
        stored: &[usize],
        computes: impl Fn(usize) -> bool,
        keeps: impl Fn(usize) -> bool,
    ) -> Self {
        let nodes = graph.nodes();
        let mut computed = vec![false; nodes.len()];
        for &output in stored {
            computed[outputs[output]] = true;
        }
        let mut uses = vec![0_usize; nodes.len()];
        for n in (0..nodes.len()).rev() {
            computed[n] = (computed[n] || uses[n] > 0 || keeps(n)) && computes(n);
            if computed[n] {
                nodes[n].inputs.iter().for_each(|&input| uses[input] += 1);
            }
        }
        for &output in stored {
            uses[outputs[output]] += 1;
        }
        let mut builder =
            Builder { program: Self::default(), free: Vec::new(), place: vec![None; nodes.len()], uses };
        let families = families(graph, |n| computed[n]);
        for (n, &computed) in computed.iter().enumerate() {
            if computed && builder.place[n].is_none() {
                builder.compute(graph, families.get(&n).map_or(&[n], Vec::as_slice));
            }
            if keeps(n) {
                let from = builder.buffer(n);
                builder.program.steps.push(Step::Keep { node: n, from });
            }
            for &output in stored.iter().filter(|&&output| outputs[output] == n) {
                let from = builder.buffer(n);
                builder.program.steps.push(Step::Store { output, from });
                builder.release(n);
            }
            builder.release_unused(n);
        }
        let about = |step: &Step| match step {
            Step::Load { node, .. } | Step::Keep { node, .. } => *node,
            Step::Compute { to, .. } => to[0].0,
            Step::Store { output, .. } => outputs[*output],
        };
        builder.program.nodes = builder.program.steps.iter().map(about).collect();
        builder.program
    }
}

/// The nodes that are computed together, by the first of them: members of one family with the same inputs.
fn families(graph: &Graph, computed: impl Fn(usize) -> bool) -> HashMap<usize, Vec<usize>> {
    let mut first = HashMap::<(&str, &[usize]), usize>::new();
    let mut families = HashMap::<usize, Vec<usize>>::new();
    for (n, node) in graph.nodes().iter().enumerate().filter(|&(n, _)| computed(n)) {
        let NodeKind::Call(bound) = &node.kind else { continue };
        if let Some(family) = &bound.family {
            let first = *first.entry((&family.name, &node.inputs)).or_insert(n);
            families.entry(first).or_default().push(n);
        }
    }
    families
}

struct Builder {
    program: Program,
    free: Vec<usize>,
    place: Vec<Option<usize>>,
    uses: Vec<usize>,
}

impl Builder {
    fn take(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.program.n_buffers += 1;
            self.program.n_buffers - 1
        })
    }

    /// The buffer that holds a node; it is loaded if it isn't there yet.
    fn buffer(&mut self, node: usize) -> usize {
        if let Some(buffer) = self.place[node] {
            return buffer;
        }
        let to = self.take();
        self.place[node] = Some(to);
        self.program.steps.push(Step::Load { node, to });
        to
    }

    /// Compute nodes with the same inputs in one step.
    fn compute(&mut self, graph: &Graph, nodes: &[usize]) {
        let inputs = &graph.nodes()[nodes[0]].inputs;
        let from = inputs.iter().map(|&input| self.buffer(input)).collect();
        let mut to = Vec::with_capacity(nodes.len());
        for &node in nodes {
            let buffer = self.take();
            self.place[node] = Some(buffer);
            to.push((node, buffer));
        }
        self.program.steps.push(Step::Compute { from, to });
        for &input in nodes.iter().flat_map(|_| inputs) {
            self.release(input);
        }
    }

    fn release(&mut self, node: usize) {
        self.uses[node] -= 1;
        self.release_unused(node);
    }

    fn release_unused(&mut self, node: usize) {
        if self.uses[node] == 0 {
            self.free.extend(self.place[node].take());
        }
    }
}
