//! Computing many features together.
//!
//! 1. All graphs become one, in which equal nodes are one node.
//! 2. Nodes are laid out in passes, by instrument and by session in turn (`schedule.rs`).
//! 3. A pass by instrument takes one instrument after the other through all its steps, while its rows are in the cache
//!    (`program.rs`, `instrument.rs`); only what a later pass needs is kept for all rows.
//! 4. A pass by session does the same for cross-sections (`session.rs`), a block of sessions after the other
//!    (`block.rs`); inputs that need few other rows it computes itself (`near.rs`), and its results take the memory of
//!    what it is the last to read.
//! 5. Kept columns are freed after their last pass (`computation.rs`); outputs are stored by the last pass, for all
//!    instruments or one run of them after the other.
//!
//! Instruments and sessions are spread over the threads of rayon's current pool. No value depends on how.

mod block;
mod computation;
mod cost;
mod explain;
mod instrument;
mod kept;
mod leaf;
mod near;
mod pieces;
mod program;
mod progress;
mod resume;
mod schedule;
mod session;
#[cfg(test)]
mod tests;

use std::ops::Range;

use backstaff_panel::{Axis, Column, Encoding, Panel};

use self::{
    computation::{Before, Computation},
    program::{Program, Programs},
    resume::{OfFeature, by_cut},
    schedule::Schedule,
};
use crate::{
    Feature, FeatureError, LabelExpression,
    graph::{Graph, NodeKind},
    operator::Work,
};

pub use cost::Costs;
pub use explain::{Explain, Pass};
pub use pieces::Piece;
pub use progress::Progress;
pub use resume::{ResumeFrom, Resumed, States};

/// How many rows of an instrument, with the buffers that a pass computes from them, stay in a core's cache.
const SLICE_ROWS: usize = 16_384;
/// An instrument of more slices than this is cut into them even if there are many instruments.
const LONG: usize = 4;

/// A plan computes a set of features in as few walks over the data as it can.
///
/// # Examples
///
/// ```
/// use backstaff_feature::{Catalog, Plan, Schema};
/// use backstaff_panel::{Encoding, testing};
///
/// let panel = testing::market(testing::MarketSpec::default());
/// let catalog = Catalog::new()
///     .with("mom_5d", "$close / Ref($close, 5) - 1")?
///     .with("mom_5d_rank", "CsRank(mom_5d, by=sector)")?;
/// let plan = Plan::new(&catalog.resolve(&["mom_5d", "mom_5d_rank"], &Schema::of(&panel))?);
/// let columns = plan.compute(&panel, Encoding::F64, &())?;
/// // Nothing is known of the first five sessions of an instrument.
/// assert!(columns[1].get(0).is_nan());
/// # Ok::<(), backstaff_feature::FeatureError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Plan {
    graph: Graph,
    names: Vec<String>,
    /// The node of each feature, and behind them those of labels.
    outputs: Vec<usize>,
    /// How many of them are features.
    n_features: usize,
    schedule: Schedule,
    /// The steps of each pass.
    programs: Vec<Programs>,
    /// How many rows of a long instrument are taken at a time.
    slice: usize,
    /// How many nodes the features would have one by one.
    n_separate: usize,
    /// The recursions of each feature.
    recursions: Vec<OfFeature>,
    /// How many sessions before a cut the features read, if they can go on from one.
    append_reads: Option<usize>,
}

impl Plan {
    /// The plan for these features.
    pub fn new(features: &[Feature]) -> Self {
        let mut graph = Graph::default();
        let mut outputs = Vec::with_capacity(features.len());
        let mut recursions = Vec::with_capacity(features.len());
        for feature in features {
            let places = graph.absorb(feature.graph());
            recursions.push(OfFeature::new(feature, &places));
            outputs.extend(places.last());
        }
        let schedule = Schedule::new(&graph, &outputs);
        let program = |pass| Programs::new(&graph, &schedule, &outputs, pass);
        let programs = (0..schedule.n_passes).map(program).collect();
        let reads = features.iter().map(|feature| Some(feature.carry()?.sessions));
        let append_reads =
            reads.collect::<Option<Vec<_>>>().map(|reads| reads.into_iter().max().unwrap_or(0));
        let names = features.iter().map(|feature| feature.name().to_owned()).collect();
        let n_separate = features.iter().map(|feature| feature.graph().nodes().len()).sum();
        Self {
            graph,
            names,
            n_features: outputs.len(),
            outputs,
            schedule,
            programs,
            n_separate,
            recursions,
            append_reads,
            slice: SLICE_ROWS,
        }
    }

    /// The plan for expressions that may look ahead.
    pub fn of_labels(labels: &[LabelExpression]) -> Self {
        Self::with_labels(&[], labels)
    }

    /// The plan for features and, behind them, expressions that may look ahead.
    pub fn with_labels(features: &[Feature], labels: &[LabelExpression]) -> Self {
        let all = features.iter().cloned().chain(labels.iter().map(|label| label.0.clone()));
        Self { n_features: features.len(), ..Self::new(&all.collect::<Vec<_>>()) }
    }

    /// Compute one column for each feature, in their order.
    ///
    /// # Errors
    ///
    /// If the panel lacks a column that a feature reads.
    pub fn compute(
        &self,
        panel: &Panel,
        encoding: Encoding,
        progress: &dyn Progress,
    ) -> Result<Vec<Column>, FeatureError> {
        Ok(self.resume(panel, encoding, progress, None, &[])?.columns)
    }

    /// Compute one column for each feature, going on from an earlier computation's states, and the states at some
    /// cuts, which are positions of the panel's calendar.
    ///
    /// Values from `from` on have the bits of a computation over all history, if the panel begins so many sessions
    /// earlier as [`Carry::sessions`](crate::Carry) says, or at the beginning of history; earlier values mean nothing.
    ///
    /// # Errors
    ///
    /// If the panel lacks a column that a feature reads, or the states are those of other features.
    pub fn resume(
        &self,
        panel: &Panel,
        encoding: Encoding,
        progress: &dyn Progress,
        from: Option<ResumeFrom<'_>>,
        cuts: &[usize],
    ) -> Result<Resumed<Column>, FeatureError> {
        let computation = Computation::new(self, panel, progress, from, cuts)?;
        let Before { kept, mut found } = computation.before_last();
        let mut columns = self.empty(encoding);
        resize(&mut columns, panel.axis().n_rows());
        let all = 0..panel.axis().n_instruments();
        found.extend(computation.last(&kept).run(all, &mut columns, &mut Vec::new()).1);
        Ok(Resumed { columns, states: by_cut(self, panel.axis(), cuts, found) })
    }

    /// Compute the values that [`Plan::compute`] gives for one run of instruments after the other, so that all
    /// columns together need never be in memory.
    ///
    /// A run has so many whole instruments that it has `least_rows` rows or more; the last one may have fewer.
    ///
    /// # Errors
    ///
    /// If the panel lacks a column that a feature reads; those of `take`.
    pub fn stream<E: From<FeatureError>>(
        &self,
        panel: &Panel,
        encoding: Encoding,
        progress: &dyn Progress,
        least_rows: usize,
        mut take: impl FnMut(InstrumentRun<'_>) -> Result<(), E>,
    ) -> Result<Costs, E> {
        let axis = panel.axis();
        let computation = Computation::new(self, panel, progress, None, &[])?;
        let Before { kept, .. } = computation.before_last();
        let last = computation.last(&kept);
        let mut columns = self.empty(encoding);
        for instruments in axis.runs(least_rows) {
            let rows = axis.rows(instruments.start).start..axis.rows(instruments.end - 1).end;
            resize(&mut columns, rows.len());
            last.run(instruments.clone(), &mut columns, &mut Vec::new());
            take(InstrumentRun { instruments, rows, columns: &columns })?;
        }
        Ok(computation.costs())
    }

    /// A column without rows for each feature.
    fn empty(&self, encoding: Encoding) -> Vec<Column> {
        self.outputs.iter().map(|_| Column::encode(&[], encoding)).collect()
    }

    /// The programs of a pass by instrument, each with the rows of a slice if it runs slice by slice.
    ///
    /// Instruments keep all threads busy if there are enough of them. If there are few, or long ones that no cache
    /// holds, what depends on a bounded number of rows is computed in slices, and the rest by instrument.
    fn parts(&self, pass: usize, axis: &Axis) -> Vec<(&Program, Option<usize>)> {
        // Without features there is no pass.
        let Some(Programs { all, bounded, unbounded, .. }) = self.programs.get(pass) else {
            return Vec::new();
        };
        let longest = (0..axis.n_instruments()).map(|i| axis.rows(i).len()).max().unwrap_or(0);
        let slice = bounded.reach.map(|(back, ahead)| self.slice.max(8 * (back + ahead)));
        let few = axis.n_instruments() < 4 * rayon::current_num_threads();
        match slice {
            Some(slice) if longest > 2 * slice && (few || longest > LONG * slice) => {
                let parts = [(bounded, Some(slice)), (unbounded, None)];
                parts.into_iter().filter(|(program, _)| !program.steps.is_empty()).collect()
            }
            _ => vec![(all, None)],
        }
    }

    fn check_columns(&self, panel: &Panel) -> Result<(), FeatureError> {
        for (n, node) in self.graph.nodes().iter().enumerate() {
            let column = match &node.kind {
                NodeKind::Field(name) if panel.field(name).is_none() => format!("field ${name}"),
                NodeKind::Categories(name) if panel.categories(name).is_none() => format!("category {name}"),
                NodeKind::Call(bound) => match &bound.work {
                    Work::Facts { names, .. } => {
                        match names.iter().find(|name| panel.facts(name).is_none()) {
                            Some(name) => format!("fact $${name}"),
                            None => continue,
                        }
                    }
                    _ => continue,
                },
                _ => continue,
            };
            let feature = self.first_that_uses(n).unwrap_or_default();
            return Err(FeatureError::MissingColumn { feature, column });
        }
        Ok(())
    }

    /// The first feature that a node is part of.
    fn first_that_uses(&self, node: usize) -> Option<String> {
        let uses = |output: usize| {
            let mut needed = vec![false; output + 1];
            needed[output] = true;
            for n in (0..=output).rev().filter(|&n| n >= node) {
                if needed[n] {
                    self.graph.nodes()[n].inputs.iter().for_each(|&input| needed[input] = true);
                }
            }
            needed.get(node).copied().unwrap_or(false)
        };
        let at = self.outputs.iter().position(|&output| uses(output))?;
        Some(self.names[at].clone())
    }
}

/// The values of the features for some instruments that follow each other.
#[derive(Clone, Debug)]
pub struct InstrumentRun<'a> {
    /// The instruments, by their numbers in the panel.
    pub instruments: Range<usize>,
    /// The rows of these instruments in the panel.
    pub rows: Range<usize>,
    /// The columns of these rows, one for each feature, in their order.
    pub columns: &'a [Column],
}

fn resize(columns: &mut [Column], n_rows: usize) {
    for column in columns {
        match column {
            Column::F32(values) => values.resize(n_rows, 0.0),
            Column::F64(values) => values.resize(n_rows, 0.0),
        }
    }
}
