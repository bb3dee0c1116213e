//! One computation of a plan: its passes, one after the other.

use std::ops::Range;

use backstaff_panel::{Column, Panel};

use super::{
    Plan, Progress, ResumeFrom,
    block::Blocks,
    cost::{Costs, Meter},
    instrument::InstrumentPass,
    kept::{Kept, KeptNodes, RowValues},
    progress::Walk,
    resume::{Courses, Found},
    session::SessionPass,
};
use crate::FeatureError;

/// A plan that is being computed on a panel.
pub(super) struct Computation<'a> {
    plan: &'a Plan,
    panel: &'a Panel,
    /// The blocks in which passes by session walk over the rows.
    blocks: Option<Blocks<'a>>,
    courses: Courses<'a>,
    walk: Walk<'a>,
    meter: Meter<'a>,
}

/// The values and states that the passes before the last one leave.
pub(super) struct Before {
    /// The values that the last pass reads, by node.
    pub(super) kept: Vec<Option<Kept>>,
    /// States of recursions that are wanted and were met.
    pub(super) found: Vec<Found>,
}

/// A pass by instrument.
pub(super) struct ByInstrument<'a> {
    /// The programs of the pass, and the rows of a slice if they run slice by slice.
    parts: Vec<(InstrumentPass<'a>, Option<usize>)>,
    walk: &'a Walk<'a>,
}

impl ByInstrument<'_> {
    /// Compute some instruments: outputs go into columns of their rows. The values that later passes read come back,
    /// in `free` columns as far as there are any, and the states that are wanted.
    pub(super) fn run(
        &self,
        instruments: Range<usize>,
        outputs: &mut [Column],
        free: &mut Vec<RowValues>,
    ) -> (KeptNodes, Vec<Found>) {
        let (mut results, mut found) = (KeptNodes::new(), Vec::new());
        for (n, (pass, slice)) in self.parts.iter().enumerate() {
            let walk = (n + 1 == self.parts.len()).then_some(self.walk);
            let (kept, states) = pass.run(instruments.clone(), *slice, outputs, free, walk);
            results.extend(kept.into_iter().map(|(node, rows)| (node, Kept::Rows(rows))));
            found.extend(states);
        }
        (results, found)
    }
}

impl<'a> Computation<'a> {
    /// # Errors
    ///
    /// If the panel lacks a column that a feature reads, or the states are those of other features.
    pub(super) fn new(
        plan: &'a Plan,
        panel: &'a Panel,
        progress: &'a dyn Progress,
        from: Option<ResumeFrom<'a>>,
        cuts: &[usize],
    ) -> Result<Self, FeatureError> {
        plan.check_columns(panel)?;
        let n_passes = plan.schedule.n_passes;
        Ok(Self {
            plan,
            panel,
            blocks: (n_passes > 1).then(|| Blocks::new(panel.axis())),
            courses: Courses::new(plan, from, cuts)?,
            walk: Walk::new(progress, (panel.axis().n_rows() * n_passes) as u64),
            meter: Meter::new(progress, plan.graph.nodes().len()),
        })
    }

    /// Run the passes before the last one.
    pub(super) fn before_last(&self) -> Before {
        let mut kept = self.plan.graph.nodes().iter().map(|_| None).collect::<Vec<_>>();
        let mut found = Vec::new();
        // Memory that has been touched once is had for less than new one.
        let mut free = Vec::new();
        for pass in 0..self.plan.schedule.last_pass() {
            let dead = self.plan.schedule.read_last_by(pass);
            let results = if pass % 2 == 0 {
                let all = 0..self.panel.axis().n_instruments();
                let (results, states) = self.by_instrument(pass, &kept).run(all, &mut [], &mut free);
                found.extend(states);
                free.extend(dead.filter_map(|node| kept[node].take()?.into_rows()));
                results
            } else {
                let blocks = self.blocks.as_ref().expect("there are blocks if there are passes by session");
                // What nobody reads any more lends its memory to the results.
                let dead = dead.filter_map(|node| Some((node, kept[node].take()?.into_rows()?))).collect();
                let session = SessionPass::new(self.plan, self.panel, pass, &kept, blocks);
                session.run(dead, &mut free, &self.walk, &self.meter)
            };
            for (node, values) in results {
                kept[node] = Some(values);
            }
            for (kept, until) in kept.iter_mut().zip(&self.plan.schedule.kept_until) {
                if until.is_some_and(|until| until <= pass) {
                    *kept = None;
                }
            }
        }
        Before { kept, found }
    }

    /// The last pass, which stores the outputs, over what the others left.
    pub(super) fn last<'b>(&'b self, kept: &'b [Option<Kept>]) -> ByInstrument<'b> {
        self.by_instrument(self.plan.schedule.last_pass(), kept)
    }

    fn by_instrument<'b>(&'b self, pass: usize, kept: &'b [Option<Kept>]) -> ByInstrument<'b> {
        let parts = self.plan.parts(pass, self.panel.axis()).into_iter().map(|(program, slice)| {
            let pass = InstrumentPass::new(self.plan, program, self.panel, kept, &self.courses, &self.meter);
            (pass, slice)
        });
        ByInstrument { parts: parts.collect(), walk: &self.walk }
    }

    /// The time taken so far, by what it went into.
    pub(super) fn costs(&self) -> Costs {
        self.meter.costs(self.plan)
    }
}
