//! A pass by session.

use std::{mem, ops::Range};

use backstaff_panel::{Axis, BySession, Panel};
use rayon::prelude::*;

use super::{
    Kept, Plan, Results,
    progress::Walk,
    schedule::{Origin, origin},
};
use crate::{
    Type,
    graph::{Node, NodeKind},
    kernel::cross_section::Scratch,
    operator::{Bound, CrossSection, Work},
};

/// How many sessions a task takes: neighbours in a column of the panel share its cache lines.
const TASK_SESSIONS: usize = 16;

/// Everything that a pass by session reads.
pub(super) struct SessionPass<'a> {
    nodes: &'a [Node],
    panel: &'a Panel,
    kept: &'a [Option<Kept>],
    /// The cross-sections that this pass computes.
    targets: Vec<usize>,
    /// Their inputs, each once.
    sources: Vec<usize>,
}

/// A run of sessions, and their part of every column that the pass writes.
struct Task<'a> {
    sessions: Range<usize>,
    columns: Vec<&'a mut [f64]>,
}

/// The inputs of a run of sessions, in the order of [`SessionPass::sources`].
#[derive(Default)]
struct Tile {
    numbers: Vec<Vec<f64>>,
    codes: Vec<Vec<u32>>,
    /// Inputs of the cross-section at hand without what is outside the universe.
    masked: Vec<Vec<f64>>,
    scratch: Scratch,
}

impl<'a> SessionPass<'a> {
    pub(super) fn new(plan: &'a Plan, panel: &'a Panel, pass: usize, kept: &'a [Option<Kept>]) -> Self {
        let nodes = plan.graph.nodes();
        let is_target = |n: &usize| origin(&nodes[*n]) == Origin::Session && plan.schedule.pass[*n] == pass;
        let targets = (0..nodes.len()).filter(is_target).collect::<Vec<_>>();
        let mut sources = targets.iter().flat_map(|&n| nodes[n].inputs.iter().copied()).collect::<Vec<_>>();
        sources.sort_unstable();
        sources.dedup();
        Self { nodes, panel, kept, targets, sources }
    }

    /// Compute all sessions; the results come back.
    pub(super) fn run(&self, walk: &Walk<'_>) -> Results {
        let axis = self.panel.axis();
        let by_session = axis.by_session();
        let mut columns = self.targets.iter().map(|_| vec![0.0; axis.n_rows()]).collect::<Vec<_>>();
        let tasks = tasks(axis, by_session, &mut columns);
        tasks.into_par_iter().for_each_init(Tile::default, |tile, mut task| {
            let places = places(by_session, &task.sessions);
            self.gather(by_session, places.clone(), tile);
            for position in task.sessions.clone() {
                let own = places_of(by_session, position);
                let own = own.start - places.start..own.end - places.start;
                for (target, column) in self.targets.iter().zip(&mut task.columns) {
                    self.cross_section(*target, own.clone(), tile, &mut column[own.clone()]);
                }
            }
            walk.advance(places.len());
        });
        let columns = columns.into_iter().map(Kept::BySession);
        Results(self.targets.iter().copied().zip(columns).collect())
    }

    /// Put the inputs of a run of sessions into the tile, session by session.
    fn gather(&self, by_session: &BySession, places: Range<usize>, tile: &mut Tile) {
        let rows = &by_session.all_rows()[places.clone()];
        tile.numbers.resize_with(self.sources.len(), Vec::new);
        tile.codes.resize_with(self.sources.len(), Vec::new);
        for ((&source, numbers), codes) in self.sources.iter().zip(&mut tile.numbers).zip(&mut tile.codes) {
            numbers.clear();
            codes.clear();
            match (&self.kept[source], &self.nodes[source].kind) {
                (Some(Kept::ByInstrument(values)), _) => {
                    numbers.extend(rows.iter().map(|&row| values[row as usize]));
                }
                (Some(Kept::BySession(values)), _) => numbers.extend_from_slice(&values[places.clone()]),
                (None, NodeKind::Constant(value)) => numbers.resize(rows.len(), *value),
                (None, NodeKind::Field(name)) => {
                    let column = self.panel.field(name).expect("columns are checked first");
                    numbers.extend(rows.iter().map(|&row| column.get(row as usize)));
                }
                (None, NodeKind::Categories(name)) => {
                    let column = self.panel.categories(name).expect("columns are checked first").codes();
                    codes.extend(rows.iter().map(|&row| column[row as usize]));
                }
                (None, NodeKind::Call(_)) => unreachable!("a pass reads only what an earlier one kept"),
            }
        }
    }

    /// One cross-section of one session.
    fn cross_section(&self, target: usize, own: Range<usize>, tile: &mut Tile, out: &mut [f64]) {
        let node = &self.nodes[target];
        let NodeKind::Call(bound) = &node.kind else { unreachable!("only operators are computed") };
        let Bound { work: Work::Session(work), .. } = &**bound else {
            unreachable!("time series have their own passes")
        };
        let at = |input: usize| self.sources.binary_search(&input).expect("every input is gathered");
        let Tile { numbers, codes, masked, scratch } = tile;
        let is_groups = |input: usize| self.nodes[input].value_type == Type::Category;
        let groups = node.inputs.last().copied().filter(|&input| is_groups(input));
        let groups = groups.map(|input| &codes[at(input)][own.clone()]);
        let series = &node.inputs[..node.inputs.len() - usize::from(groups.is_some())];
        let (series, universe) = match series {
            [series @ .., universe] if bound.has_universe => (series, Some(*universe)),
            series => (series, None),
        };
        if let Some(universe) = universe {
            let members = &numbers[at(universe)][own.clone()];
            masked.resize_with(series.len().max(masked.len()), Vec::new);
            for (masked, &input) in masked.iter_mut().zip(series) {
                let values = numbers[at(input)][own.clone()].iter().zip(members);
                masked.clear();
                masked.extend(values.map(|(&value, &member)| if member == 1.0 { value } else { f64::NAN }));
            }
        }
        let masked = &*masked;
        let inputs = series.iter().enumerate().map(|(n, &input)| match universe {
            Some(_) => masked[n].as_slice(),
            None => &numbers[at(input)][own.clone()],
        });
        let inputs = inputs.collect::<Vec<_>>();
        work(&CrossSection { inputs: &inputs, groups }, scratch, out);
    }
}

/// Cut the columns into runs of sessions.
fn tasks<'a>(axis: &Axis, by_session: &BySession, columns: &'a mut [Vec<f64>]) -> Vec<Task<'a>> {
    let starts = (0..axis.n_sessions()).step_by(TASK_SESSIONS);
    let ranges = starts.map(|start| start..axis.n_sessions().min(start + TASK_SESSIONS));
    let mut tasks = ranges.map(|sessions| Task { sessions, columns: Vec::new() }).collect::<Vec<_>>();
    for column in columns {
        let mut rest = &mut column[..];
        for task in &mut tasks {
            let (head, tail) = mem::take(&mut rest).split_at_mut(places(by_session, &task.sessions).len());
            task.columns.push(head);
            rest = tail;
        }
    }
    tasks
}

/// The places of a run of sessions in columns that are ordered by session.
fn places(by_session: &BySession, sessions: &Range<usize>) -> Range<usize> {
    by_session.offsets()[sessions.start]..by_session.offsets()[sessions.end]
}

fn places_of(by_session: &BySession, position: usize) -> Range<usize> {
    places(by_session, &(position..position + 1))
}
