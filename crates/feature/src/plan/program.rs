//! The steps of a pass by instrument, and the buffers that they share.

use super::schedule::{Origin, Schedule, origin};
use crate::graph::Graph;

/// One thing to do for an instrument.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Step {
    /// Put a leaf, or a column kept from an earlier pass, into a buffer.
    Load { node: usize, to: usize },
    /// Compute a node from buffers into a buffer.
    Compute { node: usize, from: Vec<usize>, to: usize },
    /// Keep a buffer for later passes.
    Keep { node: usize, from: usize },
    /// Store a buffer as an output column.
    Store { output: usize, from: usize },
}

/// The steps of one pass by instrument.
#[derive(Clone, PartialEq, Default, Debug)]
pub(super) struct Program {
    pub(super) steps: Vec<Step>,
    pub(super) n_buffers: usize,
}

impl Program {
    /// The steps of a pass: each buffer is taken when first needed and given back after its last use.
    pub(super) fn new(graph: &Graph, schedule: &Schedule, outputs: &[usize], pass: usize) -> Self {
        let nodes = graph.nodes();
        let computed = |n: usize| origin(&nodes[n]) == Origin::Instrument && schedule.pass[n] == pass;
        let mut uses = vec![0_usize; nodes.len()];
        for n in (0..nodes.len()).filter(|&n| computed(n)) {
            for &input in &nodes[n].inputs {
                uses[input] += 1;
            }
        }
        let stored =
            (0..outputs.len()).filter(|&output| schedule.output_pass[output] == pass).collect::<Vec<_>>();
        for &output in &stored {
            uses[outputs[output]] += 1;
        }
        let mut builder =
            Builder { program: Self::default(), free: Vec::new(), place: vec![None; nodes.len()], uses };
        for (n, node) in nodes.iter().enumerate() {
            if computed(n) {
                builder.compute(n, &node.inputs);
                if schedule.kept_until[n].is_some() {
                    let from = builder.buffer(n);
                    builder.program.steps.push(Step::Keep { node: n, from });
                }
            }
            for &output in stored.iter().filter(|&&output| outputs[output] == n) {
                let from = builder.buffer(n);
                builder.program.steps.push(Step::Store { output, from });
                builder.release(n);
            }
            builder.release_unused(n);
        }
        builder.program
    }
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

    fn compute(&mut self, node: usize, inputs: &[usize]) {
        let from = inputs.iter().map(|&input| self.buffer(input)).collect();
        let to = self.take();
        self.place[node] = Some(to);
        self.program.steps.push(Step::Compute { node, from, to });
        for &input in inputs {
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
