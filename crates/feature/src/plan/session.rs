//! A pass by session.

use std::{mem, ops::Range, sync::Arc};

use backstaff_panel::{Categories, Column, Panel};
use rayon::prelude::*;

use super::{
    Plan,
    block::{Blocks, Place, SESSIONS},
    cost::{Meter, Stopwatch},
    kept::{GroupValues, Kept, KeptNodes, RowValues},
    leaf::Leaves,
    near::{Near, Workspace},
    progress::Walk,
    schedule::is_common,
};
use crate::{
    ValueType,
    graph::NodeKind,
    kernel::cross_section::Scratch,
    operator::{CrossSection, Work},
};

/// Everything that a pass by session reads.
pub(super) struct SessionPass<'a> {
    leaves: Leaves<'a>,
    blocks: &'a Blocks<'a>,
    /// The cross-sections that this pass computes: what each row has its own of, and what rows have in common.
    by_row: Vec<usize>,
    common: Vec<usize>,
    /// The inputs of both, each once and in order.
    sources: Vec<usize>,
    /// The inputs that the pass computes for itself.
    near: Near<'a>,
}

/// A block of sessions, and its part of what the pass writes: of every column the instruments' runs of rows, and of what
/// rows have in common the sessions' values.
struct Task<'a> {
    block: usize,
    columns: Vec<Runs<'a>>,
    common: Vec<&'a mut [f64]>,
}

type Runs<'a> = Vec<&'a mut [f64]>;

/// The rows of a block, session by session.
#[derive(Default)]
struct Tile {
    /// The rows of the panel and their places in the tile, instrument by instrument.
    order: Vec<Place>,
    /// The inputs, in the order of [`SessionPass::sources`]: numbers, or codes of categories.
    numbers: Vec<Vec<f64>>,
    codes: Vec<Vec<u32>>,
    /// The results that each row has its own of, in the order of the targets.
    results: Vec<Vec<f64>>,
    /// Inputs of the cross-section at hand without what is outside the universe.
    masked: Vec<Vec<f64>>,
    scratch: Scratch,
    workspace: Workspace,
}

impl<'a> SessionPass<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        panel: &'a Panel,
        pass: usize,
        kept: &'a [Option<Kept>],
        blocks: &'a Blocks<'a>,
    ) -> Self {
        let nodes = plan.graph.nodes();
        let targets = (0..nodes.len()).filter(|&n| plan.schedule.is_cross_section(&plan.graph, n, pass));
        let (common, by_row) = targets.partition(|&target| is_common(&nodes[target]));
        let sources = plan.schedule.inputs_by_session(&plan.graph, pass);
        let leaves = Leaves { nodes, panel, kept };
        let near = Near::new(leaves, &plan.programs[pass].near, blocks);
        Self { leaves, blocks, by_row, common, sources, near }
    }

    /// Compute all sessions; the results come back. Columns that this pass is the last to read are given to it, and
    /// results written over them; what is left of them becomes `free`.
    pub(super) fn run(
        &self,
        dead: Vec<(usize, RowValues)>,
        free: &mut Vec<RowValues>,
        walk: &Walk<'_>,
        meter: &Meter<'_>,
    ) -> KeptNodes {
        let (dead, mut columns): (Vec<usize>, Vec<RowValues>) = dead.into_iter().unzip();
        while columns.len() < self.by_row.len() {
            columns.push(free.pop().unwrap_or_else(|| vec![0.0; self.leaves.panel.axis().n_rows()]));
        }
        let n_sessions = self.leaves.panel.axis().n_sessions();
        let room = |&target: &usize| vec![f64::NAN; n_sessions * self.n_groups(target)];
        let mut values = self.common.iter().map(room).collect::<Vec<_>>();
        let tasks = self.tasks(&mut columns, &mut values);
        tasks.into_par_iter().for_each_init(Tile::default, |tile, mut task| {
            let mut stopwatch = meter.start();
            self.gather(&task, &dead, tile, &mut stopwatch);
            self.compute(&mut task, tile, &mut stopwatch);
            walk.advance(self.blocks.n_rows(task.block));
        });
        free.extend(columns.drain(self.by_row.len()..));
        let columns = self.by_row.iter().copied().zip(columns.into_iter().map(Kept::Rows));
        let common = self.common.iter().zip(values).map(|(&target, values)| match self.categories(target) {
            Some(groups) => (target, Kept::Groups(GroupValues::new(&values, groups.clone()))),
            None => (target, Kept::Sessions(values)),
        });
        columns.chain(common).collect()
    }

    /// Compute a block whose inputs are in the tile.
    fn compute(&self, task: &mut Task<'_>, tile: &mut Tile, stopwatch: &mut Stopwatch<'_>) {
        let n_rows = self.blocks.n_rows(task.block);
        let mut results = mem::take(&mut tile.results);
        results.resize_with(self.by_row.len(), Vec::new);
        for result in &mut results {
            result.resize(n_rows, 0.0);
        }
        // Session by session: what all cross-sections read of it stays in the cache.
        for (session, position) in self.blocks.sessions(task.block).enumerate() {
            let own = self.blocks.in_tile(task.block, position);
            tile.scratch.begin_session();
            for (&target, result) in self.by_row.iter().zip(&mut results) {
                self.cross_section(target, position, own.clone(), tile, &mut result[own.clone()]);
                stopwatch.lap(target);
            }
            for (&target, values) in self.common.iter().zip(&mut task.common) {
                let n_groups = self.n_groups(target);
                let values = &mut values[session * n_groups..(session + 1) * n_groups];
                self.cross_section(target, position, own.clone(), tile, values);
                stopwatch.lap(target);
            }
        }
        for ((&target, column), result) in self.by_row.iter().zip(&mut task.columns).zip(&results) {
            let mut order = tile.order.as_slice();
            for run in column {
                let (own, rest) = order.split_at(run.len());
                for (out, place) in run.iter_mut().zip(own) {
                    *out = result[place.in_tile as usize];
                }
                order = rest;
            }
            stopwatch.lap(target);
        }
        tile.results = results;
    }

    /// The categories by which a cross-section groups its rows.
    fn categories(&self, target: usize) -> Option<&'a Arc<Categories>> {
        match &self.leaves.nodes[*self.leaves.nodes[target].inputs.last()?].kind {
            NodeKind::Categories(name) => self.leaves.panel.categories(name),
            _ => None,
        }
    }

    /// How many values the rows of a session have in common.
    fn n_groups(&self, target: usize) -> usize {
        self.categories(target).map_or(1, |groups| groups.names().len())
    }

    /// The place of an input among the columns of a tile.
    fn source(&self, input: usize) -> usize {
        self.sources.binary_search(&input).expect("every input is gathered")
    }

    /// Cut the columns and the sessions' values into blocks.
    fn tasks<'b>(&self, columns: &'b mut [RowValues], common: &'b mut [Vec<f64>]) -> Vec<Task<'b>> {
        let blocks = 0..self.blocks.n_blocks();
        let task = |block| Task { block, columns: Vec::new(), common: Vec::new() };
        let mut tasks = blocks.map(task).collect::<Vec<_>>();
        for (&target, values) in self.common.iter().zip(common) {
            let mut blocks = values.chunks_mut(SESSIONS * self.n_groups(target).max(1));
            for task in &mut tasks {
                task.common.push(blocks.next().unwrap_or_default());
            }
        }
        let cut = columns.par_iter_mut().map(|column| self.blocks.cut(column));
        for column in cut.collect::<Vec<_>>() {
            for (task, runs) in tasks.iter_mut().zip(column) {
                task.columns.push(runs);
            }
        }
        tasks
    }

    /// Put the inputs of a block into the tile: what the pass reads first, then what it computes for itself.
    fn gather(&self, task: &Task<'_>, dead: &[usize], tile: &mut Tile, stopwatch: &mut Stopwatch<'_>) {
        let n_rows = self.blocks.n_rows(task.block);
        self.blocks.order(task.block, &mut tile.order);
        let Tile { order, numbers, codes, workspace, .. } = tile;
        numbers.resize_with(self.sources.len(), Vec::new);
        codes.resize_with(self.sources.len(), Vec::new);
        for ((&source, numbers), codes) in self.sources.iter().zip(&mut *numbers).zip(codes) {
            if let Some(categories) = self.read_categories(source) {
                codes.resize(n_rows, 0);
                scatter(categories.codes(), order, codes);
            }
            if self.leaves.nodes[source].value_type != ValueType::Category {
                numbers.resize(n_rows, 0.0);
                match dead.iter().position(|&node| node == source) {
                    // Its column was given to the task, which reads it before it writes over it.
                    Some(at) => put_runs(&task.columns[at], order, numbers),
                    None if self.near.gives(source) => continue,
                    None => self.read(source, task.block, order, codes, numbers),
                }
            }
            stopwatch.lap(source);
        }
        self.near.run(task.block, order, workspace, stopwatch, |node, places, values| {
            put(values, places, &mut numbers[self.source(node)]);
        });
    }

    /// The categories whose codes an input needs: those that it is, or those whose groups its kept values belong to.
    fn read_categories(&self, source: usize) -> Option<&'a Categories> {
        let Leaves { nodes, panel, kept } = self.leaves;
        match (&kept[source], &nodes[source].kind) {
            (Some(Kept::Groups(values)), _) => Some(values.groups()),
            (None, NodeKind::Categories(name)) => {
                Some(panel.categories(name).expect("columns are checked first"))
            }
            _ => None,
        }
    }

    /// Put the numbers of an input, which the panel or an earlier pass holds, where the tile of a block has its rows.
    /// The tile has the `codes` of its groups already.
    fn read(&self, source: usize, block: usize, order: &[Place], codes: &[u32], numbers: &mut [f64]) {
        let Leaves { nodes, panel, kept } = self.leaves;
        match (&kept[source], &nodes[source].kind) {
            (Some(Kept::Rows(values)), _) => scatter(values, order, numbers),
            (Some(Kept::Sessions(values)), _) => {
                for position in self.blocks.sessions(block) {
                    numbers[self.blocks.in_tile(block, position)].fill(values[position]);
                }
            }
            (Some(Kept::Groups(values)), _) => {
                for position in self.blocks.sessions(block) {
                    let own = self.blocks.in_tile(block, position);
                    for (number, &code) in numbers[own.clone()].iter_mut().zip(&codes[own]) {
                        *number = values.get(code, position);
                    }
                }
            }
            (None, NodeKind::Constant(value)) => numbers.fill(*value),
            (None, NodeKind::Field(name)) => match &**panel.field(name).expect("columns are checked first") {
                Column::F32(values) => scatter(values, order, numbers),
                Column::F64(values) => scatter(values, order, numbers),
            },
            (None, NodeKind::Categories(_) | NodeKind::Fact(_) | NodeKind::Call(_)) => {
                unreachable!("a pass reads only columns, what an earlier one kept, and what it computes")
            }
        }
    }

    /// Compute one cross-section of the session at a position, whose rows have the places `own` in the tile: the
    /// results of the rows, or those that they have in common.
    fn cross_section(
        &self,
        target: usize,
        position: usize,
        own: Range<usize>,
        tile: &mut Tile,
        out: &mut [f64],
    ) {
        let node = &self.leaves.nodes[target];
        let bound = self.leaves.bound(target);
        let Work::Session(work) = &bound.work else { unreachable!("time series have their own passes") };
        let at = |input: usize| self.source(input);
        let Tile { numbers, codes, masked, scratch, .. } = tile;
        let is_groups = |input: usize| self.leaves.nodes[input].value_type == ValueType::Category;
        let groups = node.inputs.last().copied().filter(|&input| is_groups(input));
        scratch.name_groups(groups);
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
        let axis = self.leaves.panel.axis();
        work(&CrossSection { inputs: &inputs, groups, axis, position }, scratch, out);
    }
}

/// Put the values of a block's rows where its tile has them.
fn scatter<T: Copy + Into<U>, U>(column: &[T], order: &[Place], tile: &mut [U]) {
    for place in order {
        tile[place.in_tile as usize] = column[place.row as usize].into();
    }
}

/// Put the values of the instruments' runs in a block where its tile has them.
fn put_runs(runs: &[&mut [f64]], mut order: &[Place], tile: &mut [f64]) {
    for run in runs {
        let (own, rest) = order.split_at(run.len());
        put(run, own, tile);
        order = rest;
    }
}

/// Put a value for each place where the tile has it.
fn put(values: &[f64], places: &[Place], tile: &mut [f64]) {
    for (place, &value) in places.iter().zip(values) {
        tile[place.in_tile as usize] = value;
    }
}
