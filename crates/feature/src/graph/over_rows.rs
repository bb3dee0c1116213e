//! An expression over some rows of an instrument.

use std::{borrow::Cow, sync::Arc};

use backstaff_panel::Session;

use super::{Node, NodeKind};
use crate::{
    LookBack,
    operator::{Bound, Recursion, Requested, Work},
};

/// An expression that is computed on the rows where a condition holds, as if there were no others.
pub(crate) struct OverRows {
    /// In an order in which operands come first; the last one is the result.
    steps: Vec<Step>,
}

/// Rows that were kept before those at hand.
pub(crate) struct Earlier {
    sessions: Vec<Session>,
    columns: Vec<Vec<f64>>,
}

impl Earlier {
    /// A history without any row.
    pub(crate) fn none(n_columns: usize) -> Self {
        Self { sessions: Vec::new(), columns: vec![Vec::new(); n_columns] }
    }

    /// The rows of a state: of each its session's number, and its value of every column.
    fn of(state: &[f64], n_columns: usize) -> Self {
        let rows = || state.chunks_exact(n_columns + 1);
        let sessions = rows().map(|row| Session::from_number(row[0] as i32)).collect();
        let columns = (1..=n_columns).map(|column| rows().map(|row| row[column]).collect()).collect();
        Self { sessions, columns }
    }
}

/// An expression over the rows where a condition holds, with a bounded look-back: the rows that it looks back on are
/// its state.
pub(crate) struct Windowed {
    pub(crate) expression: OverRows,
    pub(crate) look_back: usize,
}

impl Recursion for Windowed {
    fn start(&self) -> Vec<f64> {
        Vec::new()
    }

    fn run(
        &self,
        state: &mut Vec<f64>,
        inputs: &[&[f64]],
        sessions: &[Session],
        requested: &mut [Requested<'_>],
    ) {
        let n_columns = inputs.len() - 1;
        let earlier = Earlier::of(state, n_columns);
        for Requested { out, .. } in requested {
            self.expression.run(&earlier, inputs, sessions, out);
        }
        let new = (0..sessions.len()).rev().filter(|&row| inputs[0][row] == 1.0).take(self.look_back);
        let new = new.collect::<Vec<_>>();
        for row in new.into_iter().rev() {
            state.push(f64::from(sessions[row].number()));
            state.extend(inputs[1..].iter().map(|column| column[row]));
        }
        let surplus = state.len().saturating_sub(self.look_back * (n_columns + 1));
        state.drain(..surplus);
    }
}

struct Step {
    source: Source,
    /// The earlier steps that no later one reads.
    last_use_of: Vec<usize>,
}

enum Source {
    /// A column, by its place among the inputs.
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

    /// Compute some rows of an instrument behind `earlier` ones that were kept. The first input is the condition, the
    /// others are the columns.
    pub(crate) fn run(&self, earlier: &Earlier, inputs: &[&[f64]], sessions: &[Session], out: &mut [f64]) {
        let (condition, columns) = (inputs[0], &inputs[1..]);
        let kept = (0..out.len()).filter(|&row| condition[row] == 1.0).collect::<Vec<_>>();
        if kept.len() == out.len() && earlier.sessions.is_empty() {
            out.copy_from_slice(&self.evaluate(&|column| Cow::Borrowed(columns[column]), sessions));
            return;
        }
        out.fill(f64::NAN);
        if kept.is_empty() {
            return;
        }
        let kept_sessions = earlier.sessions.iter().copied().chain(kept.iter().map(|&row| sessions[row]));
        let column = |n: usize| {
            let earlier = earlier.columns[n].iter().copied();
            earlier.chain(kept.iter().map(|&row| columns[n][row])).collect::<Vec<_>>().into()
        };
        let values = self.evaluate(&column, &kept_sessions.collect::<Vec<_>>());
        for (&row, &value) in kept.iter().zip(&values[earlier.sessions.len()..]) {
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
