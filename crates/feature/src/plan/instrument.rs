//! A pass by instrument.

use std::{collections::BTreeSet, mem, ops::Range};

use backstaff_panel::{Column, Panel};
use rayon::prelude::*;

use super::{
    Plan,
    cost::Meter,
    kept::{Kept, RowValues},
    leaf::Leaves,
    program::{Program, Step},
    progress::Walk,
    resume::{Course, Courses, Found},
};
use crate::{
    graph::{Node, NodeKind},
    operator::Work,
};

/// How many rows are worth a task of their own.
const TASK_ROWS: usize = 4096;

/// Everything that a pass by instrument reads.
pub(super) struct InstrumentPass<'a> {
    leaves: Leaves<'a>,
    program: &'a Program,
    /// The course of each step that is a recursion.
    courses: Vec<Option<Course<'a>>>,
    /// The values on the calendar's sessions of each step whose facts are all about the whole market.
    of_market: Vec<Option<Vec<f64>>>,
    meter: &'a Meter<'a>,
}

/// Some rows of an instrument, computed together; those that only lead up to others are computed and not wanted.
#[derive(Clone, Debug)]
struct Slice {
    instrument: usize,
    /// The rows of the panel that are computed.
    rows: Range<usize>,
    wanted: Range<usize>,
}

/// Slices that follow each other, and their part of every column that the pass writes.
struct Task<'a> {
    slices: Vec<Slice>,
    outputs: Vec<Option<Part<'a>>>,
    kept: Vec<(usize, &'a mut [f64])>,
    states: Vec<Found>,
}

/// The course of a recursion, if the step is one, and what collects the states that are wanted along it.
struct Journey<'a> {
    course: Option<&'a Course<'a>>,
    states: &'a mut Vec<Found>,
}

/// A part of an output column.
enum Part<'a> {
    F32(&'a mut [f32]),
    F64(&'a mut [f64]),
}

impl<'a> InstrumentPass<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        program: &'a Program,
        panel: &'a Panel,
        kept: &'a [Option<Kept>],
        courses: &Courses<'a>,
        meter: &'a Meter<'a>,
    ) -> Self {
        let nodes = plan.graph.nodes();
        let course = |step: &Step| match step {
            Step::Compute { to, .. } if is_recursive(&nodes[to[0].0]) => {
                Some(courses.of(to.iter().map(|&(node, _)| node)))
            }
            _ => None,
        };
        let courses = program.steps.iter().map(course).collect();
        let leaves = Leaves { nodes, panel, kept };
        let of_market = program.steps.par_iter().map(|step| match step {
            Step::Compute { to, .. } => leaves.of_market(to[0].0),
            _ => None,
        });
        Self { leaves, program, courses, of_market: of_market.collect(), meter }
    }

    /// Compute some instruments, those of more rows than a slice in slices; outputs are columns of their rows. What is to
    /// be kept for later passes comes back, in `free` columns of all rows as far as there are any, and the states that are
    /// wanted.
    pub(super) fn run(
        &self,
        instruments: Range<usize>,
        slice_rows: Option<usize>,
        outputs: &mut [Column],
        free: &mut Vec<RowValues>,
        walk: Option<&Walk<'_>>,
    ) -> (Vec<(usize, RowValues)>, Vec<Found>) {
        let axis = self.leaves.panel.axis();
        let n_rows = instruments.clone().map(|i| axis.rows(i).len()).sum::<usize>();
        let mut columns = Vec::new();
        for step in &self.program.steps {
            if let Step::Keep { node, .. } = step {
                // Every row is written.
                columns.push((*node, free.pop().unwrap_or_else(|| vec![0.0; n_rows])));
            }
        }
        let tasks = self.tasks(instruments, slice_rows, outputs, &mut columns);
        let states = tasks.into_par_iter().map_init(
            || vec![Vec::new(); self.program.n_buffers],
            |buffers, mut task| {
                let first_row = task.slices[0].wanted.start;
                for slice in mem::take(&mut task.slices) {
                    self.slice(&slice, first_row, buffers, &mut task);
                    if let Some(walk) = walk {
                        walk.advance(slice.wanted.len());
                    }
                }
                task.states
            },
        );
        let states = states.flatten_iter().collect();
        (columns, states)
    }

    /// The slices of an instrument: all of its rows in one, unless slices have a number of rows.
    fn slices(&self, i: usize, slice_rows: Option<usize>) -> Vec<Slice> {
        let all = self.leaves.panel.axis().rows(i);
        let (Some(slice_rows), Some((back, ahead))) = (slice_rows, self.program.reach) else {
            return vec![Slice { instrument: i, rows: all.clone(), wanted: all }];
        };
        let starts = all.clone().step_by(slice_rows);
        let slice = |start: usize| {
            let wanted = start..(start + slice_rows).min(all.end);
            let rows = start.saturating_sub(back).max(all.start)..(wanted.end + ahead).min(all.end);
            Slice { instrument: i, rows, wanted }
        };
        starts.map(slice).collect()
    }

    /// Cut the rows into tasks, and the columns that the pass writes into their parts.
    fn tasks<'b>(
        &self,
        instruments: Range<usize>,
        slice_rows: Option<usize>,
        outputs: &'b mut [Column],
        columns: &'b mut [(usize, RowValues)],
    ) -> Vec<Task<'b>> {
        let mut tasks = Vec::<Task<'_>>::new();
        for slice in instruments.flat_map(|i| self.slices(i, slice_rows)) {
            match tasks.last_mut() {
                Some(task) if task.n_rows() < TASK_ROWS => task.slices.push(slice),
                _ => tasks.push(Task::of(slice)),
            }
        }
        let stored = self.program.steps.iter().filter_map(|step| match step {
            Step::Store { output, .. } => Some(*output),
            _ => None,
        });
        let stored = stored.collect::<BTreeSet<_>>();
        for (output, column) in outputs.iter_mut().enumerate() {
            let mut rest = stored.contains(&output).then(|| Part::of(column));
            for task in &mut tasks {
                let (own, others) = rest.map(|part| part.split(task.n_rows())).unzip();
                task.outputs.push(own);
                rest = others;
            }
        }
        for (node, values) in columns {
            let mut rest = values.as_mut_slice();
            for task in &mut tasks {
                let (own, others) = rest.split_at_mut(task.n_rows());
                task.kept.push((*node, own));
                rest = others;
            }
        }
        tasks
    }

    /// Take a slice through all steps.
    fn slice(&self, slice: &Slice, first_row: usize, buffers: &mut [Vec<f64>], task: &mut Task<'_>) {
        let Slice { rows, wanted, .. } = slice;
        let own = wanted.start - first_row..wanted.end - first_row;
        let right = wanted.start - rows.start..wanted.end - rows.start;
        let mut lent = vec![None; buffers.len()];
        let mut stopwatch = self.meter.start();
        for (n, step) in self.program.steps.iter().enumerate() {
            match step {
                Step::Load { node, to } => {
                    lent[*to] = self.leaves.lend(*node, rows.clone());
                    if lent[*to].is_none() {
                        buffers[*to].resize(rows.len(), 0.0);
                        self.leaves.load(*node, slice.instrument, rows.clone(), &mut buffers[*to]);
                    }
                }
                Step::Compute { from, to } => {
                    let mut outs = to.iter().map(|&(_, to)| mem::take(&mut buffers[to])).collect::<Vec<_>>();
                    for (&(_, to), out) in to.iter().zip(&mut outs) {
                        lent[to] = None;
                        out.resize(rows.len(), 0.0);
                    }
                    if let Some(values) = &self.of_market[n] {
                        for out in &mut outs {
                            self.leaves.spread(values, slice.instrument, rows.clone(), out);
                        }
                    } else {
                        let inputs = from.iter().map(|&from| lent[from].unwrap_or(&buffers[from]));
                        let inputs = inputs.collect::<Vec<_>>();
                        let mut journey =
                            Journey { course: self.courses[n].as_ref(), states: &mut task.states };
                        self.compute(to, slice, &mut journey, &inputs, &mut outs);
                    }
                    for (&(_, to), out) in to.iter().zip(outs) {
                        buffers[to] = out;
                    }
                }
                Step::Keep { node, from } => {
                    let column = task.kept.iter_mut().find(|(kept, _)| kept == node);
                    let (_, column) = column.expect("every kept node has a column");
                    let values = lent[*from].unwrap_or(&buffers[*from]);
                    column[own.clone()].copy_from_slice(&values[right.clone()]);
                }
                Step::Store { output, from } => {
                    let part = task.outputs[*output].as_mut();
                    let part = part.expect("every stored output has a column");
                    let values = lent[*from].unwrap_or(&buffers[*from]);
                    part.store(own.clone(), &values[right.clone()]);
                }
            }
            stopwatch.lap(self.program.nodes[n]);
        }
    }

    /// Compute nodes that share one walk.
    fn compute(
        &self,
        nodes: &[(usize, usize)],
        slice: &Slice,
        journey: &mut Journey<'_>,
        inputs: &[&[f64]],
        outs: &mut [Vec<f64>],
    ) {
        let bound = |node| self.leaves.bound(node);
        let i = slice.instrument;
        let sessions = self.leaves.sessions(i, slice.rows.clone());
        let nodes = nodes.iter().map(|&(node, _)| node);
        let Some(first) = nodes.clone().next().map(bound) else { return };
        let mut requested = nodes.zip(outs).map(|(node, out)| bound(node).request(out)).collect::<Vec<_>>();
        match &first.work {
            Work::Rows(work) => {
                for requested in requested {
                    work(inputs, requested.out);
                }
            }
            Work::Instrument(work) => work(inputs, sessions, &mut requested),
            Work::Recursive(work) => {
                let course = journey.course.expect("every recursion has a course");
                course.run(&**work, self.leaves.panel.axis(), i, inputs, &mut requested, journey.states);
            }
            Work::Facts { names, work } => {
                let facts = self.leaves.facts(i, names);
                for requested in requested {
                    work(&facts, sessions, requested.out);
                }
            }
            Work::Session(_) => unreachable!("cross-sections have their own passes"),
        }
    }
}

fn is_recursive(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Call(bound) if matches!(bound.work, Work::Recursive(_)))
}

impl Task<'_> {
    fn of(slice: Slice) -> Self {
        Self { slices: vec![slice], outputs: Vec::new(), kept: Vec::new(), states: Vec::new() }
    }

    /// How many rows it writes.
    fn n_rows(&self) -> usize {
        self.slices.iter().map(|slice| slice.wanted.len()).sum()
    }
}

impl<'a> Part<'a> {
    /// The whole column as one part.
    fn of(column: &'a mut Column) -> Self {
        match column {
            Column::F32(values) => Self::F32(values),
            Column::F64(values) => Self::F64(values),
        }
    }

    fn split(self, at: usize) -> (Self, Self) {
        match self {
            Self::F32(values) => {
                let (head, tail) = values.split_at_mut(at);
                (Self::F32(head), Self::F32(tail))
            }
            Self::F64(values) => {
                let (head, tail) = values.split_at_mut(at);
                (Self::F64(head), Self::F64(tail))
            }
        }
    }

    /// Encode values as [`Column::encode`] does: with one NaN.
    fn store(&mut self, rows: Range<usize>, values: &[f64]) {
        match self {
            Self::F32(column) => {
                for (out, &value) in column[rows].iter_mut().zip(values) {
                    *out = if value.is_nan() { f32::NAN } else { value as f32 };
                }
            }
            Self::F64(column) => {
                for (out, &value) in column[rows].iter_mut().zip(values) {
                    *out = if value.is_nan() { f64::NAN } else { value };
                }
            }
        }
    }
}
