//! A trial: the cheap part of a run, which shows whether the rest can be done.

use backstaff_stage::Store;

use super::{Flow, Watch, graph::labels, progress::Silent, resolve::Resolved, study::Study};
use crate::{
    StudyError,
    config::Role,
    steps::{backtest::RunBacktests, train::Train},
};

impl Study {
    /// Load the data, resolve all expressions and cut the folds, or find the sessions to test; nothing is trained or
    /// simulated. What is computed lies in the store for a run. The warnings that a run would begin with.
    ///
    /// # Errors
    ///
    /// Those of a run up to there.
    pub fn tried(&self) -> Result<Vec<String>, StudyError> {
        let store = Store::open(&self.store)?;
        self.on_threads(|| {
            let watch = Watch::new(&Silent);
            let flow = Flow::new(&store, &self.run_name(), self.budget, &watch)?;
            self.try_on(&flow)?;
            Ok(flow.warnings())
        })
    }

    fn try_on(&self, flow: &Flow<'_>) -> Result<(), StudyError> {
        let train = Train::new(&self.config, &self.own)?;
        let panel = self.load(flow)?;
        let make_labels = self.make_labels(&panel)?;
        let resolved = self.resolve(&panel)?;
        for (name, reason) in &resolved.left_out {
            flow.warn(format!("left out {name}: {reason}"));
        }
        RunBacktests::new(&self.config, &panel)?;
        let is_decisive = |role: &Role| *role != Role::Feature && !role.is_observed();
        let all = resolved.all.into_iter().filter(|(role, _)| is_decisive(role)).collect();
        let decisive = Resolved { all, ..Resolved::default() };
        let columns = self.columns(flow, &panel, &decisive)?;
        if self.config.folds.is_none() {
            self.judge(flow, &panel, &columns, &train, make_labels, Vec::new())?;
        } else if let Some(stage) = make_labels {
            let labels = labels(flow, &panel, stage)?;
            self.folds(flow, &panel, &columns, &labels)?;
        }
        Ok(())
    }
}
