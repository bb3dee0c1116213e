//! An expression over some rows of an instrument.

use std::{borrow::Cow, sync::Arc};

use backstaff_panel::Session;

use super::{LookBack, Node, NodeKind};
use crate::operator::{Bound, Work};

/// An expression that is computed on the rows where a condition holds, as if there were no others.
pub(crate) struct OverRows {
    /// In an order in which operands come first; the last one is the result.
    steps: Vec<Step>,
}

struct Step {
    source: Source,
    /// The earlier steps that no later one reads.
    last_use_of: Vec<usize>,
}

enum Source {
    /// A column.
    Column(usize),
    Constant(f64),
    Call(Arc<Bound>, Vec<usize>),
}

impl OverRows {
    /// The part of a graph that ends at `root` and begins at `columns` and constants, and its look-back in rows.
    ///
    /// # Panics
    ///
    /// If the part begins at another column.
    pub(crate) fn new(nodes: &[Node], root: usize, columns: &[usize]) -> (Self, LookBack) {
        let column = |n: usize| columns.iter().position(|&column| column == n);
        let needed = needed(root, |n| if column(n).is_some() { &[] } else { nodes[n].inputs.as_slice() });
        let mut places = vec![usize::MAX; root + 1];
        let mut steps = Vec::<Step>::new();
        let mut look_backs = Vec::<LookBack>::new();
        for n in needed {
            let (source, look_back) = match (column(n), &nodes[n].kind) {
                (Some(column), _) => (Source::Column(column), LookBack::Sessions(0)),
                (None, NodeKind::Constant(value)) => (Source::Constant(*value), LookBack::Sessions(0)),
                (None, NodeKind::Call(bound)) => {
                    let from = nodes[n].inputs.iter().map(|&input| places[input]).collect::<Vec<_>>();
                    let inner = from.iter().map(|&step| look_backs[step]).max();
                    let look_back = inner.map_or(bound.look_back, |inner| bound.look_back.after(inner));
                    (Source::Call(bound.clone(), from), look_back)
                }
                (None, NodeKind::Field(_) | NodeKind::Categories(_) | NodeKind::Fact(_)) => {
                    panic!("every column is named")
                }
            };
            places[n] = steps.len();
            steps.push(Step { source, last_use_of: Vec::new() });
            look_backs.push(look_back);
        }
        mark_last_uses(&mut steps);
        let look_back = look_backs.last().copied().unwrap_or(LookBack::Sessions(0));
        (Self { steps }, look_back)
    }

    /// Compute one instrument. The first input is the condition, the others are the columns.
    pub(crate) fn run(&self, inputs: &[&[f64]], sessions: &[Session], out: &mut [f64]) {
        let (condition, columns) = (inputs[0], &inputs[1..]);
        let kept = (0..out.len()).filter(|&row| condition[row] == 1.0).collect::<Vec<_>>();
        if kept.len() == out.len() {
            out.copy_from_slice(&self.evaluate(&|column| Cow::Borrowed(columns[column]), sessions));
            return;
        }
        out.fill(f64::NAN);
        if kept.is_empty() {
            return;
        }
        let kept_sessions = kept.iter().map(|&row| sessions[row]).collect::<Vec<_>>();
        let column = |column: usize| kept.iter().map(|&row| columns[column][row]).collect::<Vec<_>>().into();
        let values = self.evaluate(&column, &kept_sessions);
        for (&row, &value) in kept.iter().zip(values.iter()) {
            out[row] = value;
        }
    }

    /// The result on the rows of these sessions, where the columns have these values.
    fn evaluate<'a>(&self, column: &dyn Fn(usize) -> Cow<'a, [f64]>, sessions: &[Session]) -> Cow<'a, [f64]> {
        let mut values = Vec::<Cow<'a, [f64]>>::with_capacity(self.steps.len());
        let mut free = Vec::<Vec<f64>>::new();
        for step in &self.steps {
            let mut buffer = || {
                let mut buffer = free.pop().unwrap_or_default();
                buffer.resize(sessions.len(), 0.0);
                buffer
            };
            let value = match &step.source {
                Source::Column(n) => column(*n),
                Source::Constant(value) => {
                    let mut out = buffer();
                    out.fill(*value);
                    out.into()
                }
                Source::Call(bound, from) => {
                    let mut out = buffer();
                    let operands = from.iter().map(|&step| &*values[step]).collect::<Vec<_>>();
                    match &bound.work {
                        Work::Rows(work) => work(&operands, &mut out),
                        Work::Instrument(work) => work(&operands, sessions, &mut [bound.request(&mut out)]),
                        Work::Recursive(work) => {
                            work.run(&mut work.start(), &operands, sessions, &mut [bound.request(&mut out)]);
                        }
                        Work::Session(_) | Work::Facts { .. } => {
                            unreachable!("what reads more than the instrument's rows is a column")
                        }
                    }
                    out.into()
                }
            };
            values.push(value);
            for &done in &step.last_use_of {
                if let Cow::Owned(buffer) = std::mem::take(&mut values[done]) {
                    free.push(buffer);
                }
            }
        }
        values.pop().unwrap_or_default()
    }
}

/// The nodes that a node needs, in order, itself the last, where `inputs` gives what each one reads.
pub(crate) fn needed<'a>(root: usize, inputs: impl Fn(usize) -> &'a [usize]) -> Vec<usize> {
    let mut needed = vec![false; root + 1];
    needed[root] = true;
    for n in (0..=root).rev() {
        if needed[n] {
            for &input in inputs(n) {
                needed[input] = true;
            }
        }
    }
    (0..=root).filter(|&n| needed[n]).collect()
}

fn mark_last_uses(steps: &mut [Step]) {
    let mut last = vec![None; steps.len()];
    for (n, step) in steps.iter().enumerate() {
        if let Source::Call(_, from) = &step.source {
            for &from in from {
                last[from] = Some(n);
            }
        }
    }
    for (n, last) in last.into_iter().enumerate() {
        if let Some(last) = last {
            steps[last].last_use_of.push(n);
        }
    }
}
