//! What a pass by session computes for itself, a block of sessions at a time: values that follow from a few cells around
//! their own row.
//!
//! The pass by instrument before it could compute them too; but then a column of each would lie in memory between the
//! two, and writing and reading it takes longer than computing.
//!
//! A block holds a short run of rows of each instrument. What reads other rows than its own (a shift, a look-up of what was
//! published) is loaded run by run; what follows row by row takes the runs of many instruments at once, so that the steps'
//! own cost is shared by a whole batch.

use std::ops::Range;

use backstaff_panel::{Axis, Fact};
use rayon::prelude::*;

use super::{
    block::{Blocks, Place},
    cost::Stopwatch,
    leaf::Leaves,
    program::{Program, Step},
};
use crate::{graph::NodeKind, operator::Work};

/// So many rows go through all steps together.
const BATCH: usize = 2048;

/// The inputs that a pass by session computes for itself.
pub(super) struct Near<'a> {
    leaves: Leaves<'a>,
    program: &'a Program,
    blocks: &'a Blocks<'a>,
    /// The publications that a step looks up, for each step that does.
    published: Vec<Option<Published<'a>>>,
}

/// The published values that a step looks up.
enum Published<'a> {
    /// Values of the whole market on the calendar's sessions.
    Market(Vec<f64>),
    /// The facts about each instrument.
    Instruments(Publications<'a>),
}

/// A fact of each instrument, of which the newest publication is looked up.
struct Publications<'a> {
    facts: Vec<&'a [Fact]>,
    /// For each instrument, block after block and behind the last one, how many were known by the block's first session.
    known: Vec<u32>,
    n_blocks: usize,
}

impl<'a> Publications<'a> {
    fn new(facts: Vec<&'a [Fact]>, axis: &Axis, blocks: &Blocks<'_>) -> Self {
        // Facts are in the order of publication, so one walk over them finds where each block begins.
        let n_blocks = blocks.n_blocks();
        let sessions = axis.calendar().sessions();
        let mut known = Vec::with_capacity(facts.len() * (n_blocks + 1));
        for facts in &facts {
            let mut read = 0;
            for block in 0..n_blocks {
                let first = sessions[blocks.sessions(block).start];
                read += facts[read..].iter().take_while(|fact| fact.known <= first).count();
                known.push(read as u32);
            }
            known.push(facts.len() as u32);
        }
        Self { facts, known, n_blocks }
    }

    /// The publications that are the newest in some session of a block.
    fn of(&self, instrument: usize, block: usize) -> &'a [Fact] {
        let at = instrument * (self.n_blocks + 1) + block;
        // The last one known by the first session still counts there; earlier ones count nowhere in the block.
        let first = (self.known[at] as usize).saturating_sub(1);
        &self.facts[instrument][first..self.known[at + 1] as usize]
    }
}

/// The memory of a thread.
#[derive(Default)]
pub(super) struct Workspace {
    buffers: Vec<Vec<f64>>,
    runs: Vec<Run>,
    surroundings: Surroundings,
}

/// The rows of an instrument that lie in a block; they follow each other.
struct Run {
    instrument: usize,
    block: usize,
    rows: Range<usize>,
}

/// A run and the rows around it that a shift reaches: the column that is shifted, and its values after that.
#[derive(Default)]
struct Surroundings {
    column: Vec<f64>,
    shifted: Vec<f64>,
}

impl<'a> Near<'a> {
    pub(super) fn new(leaves: Leaves<'a>, program: &'a Program, blocks: &'a Blocks<'a>) -> Self {
        let published = program.steps.par_iter().map(|step| {
            let Step::Load { node, .. } = *step else { return None };
            let NodeKind::Call(bound) = &leaves.nodes[node].kind else { return None };
            let Work::Facts { names, .. } = &bound.work else { return None };
            if let Some(values) = leaves.of_market(node) {
                return Some(Published::Market(values));
            }
            let axis = leaves.panel.axis();
            let facts = (0..axis.n_instruments()).map(|i| match leaves.facts(i, names)[..] {
                [facts] => facts,
                _ => unreachable!("the newest publication is that of one fact"),
            });
            Some(Published::Instruments(Publications::new(facts.collect(), axis, blocks)))
        });
        Self { leaves, program, blocks, published: published.collect() }
    }

    /// Whether it computes a node for the cross-sections.
    pub(super) fn gives(&self, node: usize) -> bool {
        self.program.steps.iter().any(|step| matches!(step, Step::Keep { node: kept, .. } if *kept == node))
    }

    /// Compute the rows of a block, which stand in `order`: each wanted node's values come with their places.
    pub(super) fn run(
        &self,
        block: usize,
        order: &[Place],
        workspace: &mut Workspace,
        stopwatch: &mut Stopwatch<'_>,
        mut put: impl FnMut(usize, &[Place], &[f64]),
    ) {
        if self.program.steps.is_empty() {
            return;
        }
        workspace.buffers.resize_with(self.program.n_buffers, Vec::new);
        let axis = self.leaves.panel.axis();
        // Runs are collected until they fill a batch; `order` has their rows one after the other, as they are collected.
        let mut rest = order;
        let mut n_rows = 0;
        workspace.runs.clear();
        for instrument in 0..axis.n_instruments() {
            let run = self.blocks.run(block, instrument);
            if !run.is_empty() {
                let first = axis.rows(instrument).start;
                n_rows += run.len();
                let rows = first + run.start..first + run.end;
                workspace.runs.push(Run { instrument, block, rows });
            }
            let is_last = n_rows == rest.len();
            if n_rows >= BATCH || n_rows > 0 && is_last {
                let (own, others) = rest.split_at(n_rows);
                self.batch(own, workspace, stopwatch, &mut put);
                workspace.runs.clear();
                (rest, n_rows) = (others, 0);
            }
        }
    }

    /// Take some runs of a block through all steps.
    fn batch(
        &self,
        places: &[Place],
        workspace: &mut Workspace,
        stopwatch: &mut Stopwatch<'_>,
        put: &mut impl FnMut(usize, &[Place], &[f64]),
    ) {
        for (n, step) in self.program.steps.iter().enumerate() {
            match step {
                Step::Load { to, .. } => {
                    let mut buffer = std::mem::take(&mut workspace.buffers[*to]);
                    buffer.resize(places.len(), 0.0);
                    let mut rest = buffer.as_mut_slice();
                    for run in &workspace.runs {
                        let (out, others) = rest.split_at_mut(run.rows.len());
                        self.load(n, run, &mut workspace.surroundings, out);
                        rest = others;
                    }
                    workspace.buffers[*to] = buffer;
                }
                Step::Compute { from, to } => {
                    for &(node, to) in to {
                        let Work::Rows(work) = &self.leaves.bound(node).work else {
                            unreachable!("what reads other rows is loaded")
                        };
                        let mut out = std::mem::take(&mut workspace.buffers[to]);
                        out.resize(places.len(), 0.0);
                        let inputs = from.iter().map(|&from| workspace.buffers[from].as_slice());
                        work(&inputs.collect::<Vec<_>>(), &mut out);
                        workspace.buffers[to] = out;
                    }
                }
                Step::Keep { node, from } => put(*node, places, &workspace.buffers[*from]),
                Step::Store { .. } => unreachable!("outputs are stored by instrument"),
            }
            stopwatch.lap(self.program.nodes[n]);
        }
    }

    /// The values that a step loads in the rows of a run: of a leaf, of a shift of one, or of published values.
    fn load(&self, step: usize, run: &Run, surroundings: &mut Surroundings, out: &mut [f64]) {
        let Leaves { nodes, panel, kept } = self.leaves;
        let Run { instrument, block, rows } = run;
        let (node, axis) = (self.program.nodes[step], panel.axis());
        let (None, NodeKind::Call(bound)) = (&kept[node], &nodes[node].kind) else {
            self.leaves.load(node, *instrument, rows.clone(), out);
            return;
        };
        match (&bound.work, &self.published[step]) {
            (_, Some(Published::Market(values))) => {
                self.leaves.spread(values, *instrument, rows.clone(), out);
            }
            (Work::Facts { work, .. }, Some(Published::Instruments(publications))) => {
                let facts = publications.of(*instrument, *block);
                work(&[facts], self.leaves.sessions(*instrument, rows.clone()), out);
            }
            (Work::Instrument(work), _) => {
                // A shift: the rows that it reaches before and behind the run lie outside the block, but never outside
                // the instrument's life. There the work sees the same end of history as over all rows.
                let life = axis.rows(*instrument);
                let back = bound.look_back.sessions().unwrap_or(0);
                let first = rows.start.saturating_sub(back).max(life.start);
                let reach = first..(rows.end + bound.look_ahead).min(life.end);
                let Surroundings { column, shifted } = surroundings;
                column.resize(reach.len(), 0.0);
                shifted.resize(reach.len(), 0.0);
                self.leaves.load(nodes[node].inputs[0], *instrument, reach.clone(), column);
                let sessions = self.leaves.sessions(*instrument, reach);
                work(&[column], sessions, &mut [bound.request(shifted)]);
                out.copy_from_slice(&shifted[rows.start - first..rows.end - first]);
            }
            _ => unreachable!("other operators take whole batches"),
        }
    }
}
