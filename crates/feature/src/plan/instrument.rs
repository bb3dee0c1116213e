//! A pass by instrument.

use std::{mem, ops::Range};

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
    /// Of each step that is a recursion.
    courses: Vec<Option<Course<'a>>>,
    /// Of each step whose facts are all about the whole market: its values on the calendar's sessions.
    of_market: Vec<Option<Vec<f64>>>,
    meter: &'a Meter<'a>,
}

/// Some rows of an instrument: those that are computed, and those of them that are right and wanted.
#[derive(Clone, Debug)]
struct Span {
    instrument: usize,
    /// Rows of the panel.
    rows: Range<usize>,
    wanted: Range<usize>,
}

/// A run of spans, and their part of every column that the pass writes.
struct Task<'a> {
    spans: Vec<Span>,
    outputs: Vec<Option<Part<'a>>>,
    kept: Vec<(usize, &'a mut [f64])>,
    states: Vec<Found>,
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
        slice: Option<usize>,
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
        let tasks = self.tasks(instruments, slice, outputs, &mut columns);
        let states = tasks.into_par_iter().map_init(
            || vec![Vec::new(); self.program.n_buffers],
            |buffers, mut task| {
                let first_row = task.spans[0].wanted.start;
                for span in mem::take(&mut task.spans) {
                    self.span(&span, first_row, buffers, &mut task);
                    if let Some(walk) = walk {
                        walk.advance(span.wanted.len());
                    }
                }
                task.states
            },
        );
        let states = states.flatten_iter().collect();
        (columns, states)
    }

    /// The spans of an instrument.
    fn spans(&self, i: usize, slice: Option<usize>) -> Vec<Span> {
        let all = self.leaves.panel.axis().rows(i);
        let (Some(slice), Some((back, ahead))) = (slice, self.program.reach) else {
            return vec![Span { instrument: i, rows: all.clone(), wanted: all }];
        };
        let starts = all.clone().step_by(slice);
        let span = |start: usize| {
            let wanted = start..(start + slice).min(all.end);
            let rows = start.saturating_sub(back).max(all.start)..(wanted.end + ahead).min(all.end);
            Span { instrument: i, rows, wanted }
        };
        starts.map(span).collect()
    }

    /// Cut the columns that the pass writes into runs of spans.
    fn tasks<'b>(
        &self,
        instruments: Range<usize>,
        slice: Option<usize>,
        outputs: &'b mut [Column],
        columns: &'b mut [(usize, Vec<f64>)],
    ) -> Vec<Task<'b>> {
        let mut tasks = Vec::new();
        let mut spans = Vec::<Span>::new();
        let mut flush = |spans: &mut Vec<Span>| {
            let spans = mem::take(spans);
            tasks.push(Task { spans, outputs: Vec::new(), kept: Vec::new(), states: Vec::new() });
        };
        for i in instruments {
            for span in self.spans(i, slice) {
                spans.push(span);
                if spans.iter().map(|span| span.wanted.len()).sum::<usize>() >= TASK_ROWS {
                    flush(&mut spans);
                }
            }
        }
        if !spans.is_empty() {
            flush(&mut spans);
        }
        let length = |task: &Task<'_>| task.spans.iter().map(|span| span.wanted.len()).sum::<usize>();
        let mut written = vec![false; outputs.len()];
        for step in &self.program.steps {
            if let Step::Store { output, .. } = step {
                written[*output] = true;
            }
        }
        for (column, written) in outputs.iter_mut().zip(written) {
            let mut rest = Some(match column {
                Column::F32(values) => Part::F32(values),
                Column::F64(values) => Part::F64(values),
            })
            .filter(|_| written);
            for task in &mut tasks {
                let (head, tail) = match rest {
                    Some(part) => part.split(length(task)),
                    None => (None, None),
                };
                task.outputs.push(head);
                rest = tail;
            }
        }
        for (node, values) in columns {
            let mut rest = &mut values[..];
            for task in &mut tasks {
                let (head, tail) = mem::take(&mut rest).split_at_mut(length(task));
                task.kept.push((*node, head));
                rest = tail;
            }
        }
        tasks
    }

    /// Take a span through all steps.
    fn span(&self, span: &Span, first_row: usize, buffers: &mut [Vec<f64>], task: &mut Task<'_>) {
        let Span { rows, wanted, .. } = span;
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
                        self.leaves.load(*node, span.instrument, rows.clone(), &mut buffers[*to]);
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
                            self.leaves.spread(values, span.instrument, rows.clone(), out);
                        }
                    } else {
                        let walk = (span, self.courses[n].as_ref(), &mut task.states);
                        let inputs = from.iter().map(|&from| lent[from].unwrap_or(&buffers[from]));
                        self.compute(to, walk, &inputs.collect::<Vec<_>>(), &mut outs);
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
        (span, course, states): (&Span, Option<&Course<'_>>, &mut Vec<Found>),
        inputs: &[&[f64]],
        outs: &mut [Vec<f64>],
    ) {
        let bound = |node| self.leaves.bound(node);
        let i = span.instrument;
        let sessions = self.leaves.sessions(i, span.rows.clone());
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
                let course = course.expect("every recursion has a course");
                course.run(&**work, (self.leaves.panel.axis(), i), inputs, &mut requested, states);
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

impl Part<'_> {
    fn split(self, at: usize) -> (Option<Self>, Option<Self>) {
        match self {
            Self::F32(values) => {
                let (head, tail) = values.split_at_mut(at);
                (Some(Self::F32(head)), Some(Self::F32(tail)))
            }
            Self::F64(values) => {
                let (head, tail) = values.split_at_mut(at);
                (Some(Self::F64(head)), Some(Self::F64(tail)))
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
