//! Labels: the return of each row over the horizon, from the execution price of the next session on.

use std::{
    num::NonZeroU32,
    sync::{Arc, OnceLock},
};

use backstaff_learn::{
    LearnError,
    label::{Execution, ExecutionPrices, LabelSpan, Labels, Recoveries},
};
use backstaff_panel::{Column, Panel, TRADED};
use backstaff_portfolio::Recovery;
use backstaff_stage::{Budget, Digest, Draft, KeyHasher, Manifest, Stage, StoreError, Table, digest_bytes};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    StudyError,
    config::{Label, Portfolio},
    steps::backtest::hash_recovery,
    stored::{
        encoding::{MakeTable, column_table, read_facts, write_tables},
        panel::PanelHandle,
    },
};

/// Compute the label of each row.
#[derive(Clone, Debug)]
pub struct MakeLabels {
    execution: Execution,
    horizon: NonZeroU32,
    recovery: Recovery,
    /// The labels that this process has computed.
    made: Arc<OnceLock<Arc<Labels>>>,
}

impl MakeLabels {
    /// The labels that the study's `label` section asks for. Entry and recovery are those of the portfolio, so that a
    /// model learns the returns that can be had.
    pub fn new(label: &Label, portfolio: &Portfolio, panel: &PanelHandle) -> Result<Self, StudyError> {
        let zero =
            || StudyError::Value { key: "label.horizon".to_owned(), message: "must be 1 or more".to_owned() };
        Ok(Self {
            execution: portfolio.execution,
            horizon: NonZeroU32::new(label.horizon).ok_or_else(zero)?,
            recovery: portfolio.recovery.on(panel),
            made: Arc::default(),
        })
    }

    /// The number of sessions that a label spans.
    pub fn horizon(&self) -> NonZeroU32 {
        self.horizon
    }

    /// The share of the last close that a delisting pays, to a label as to the portfolio.
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    fn fields(&self) -> [&'static str; 3] {
        [self.execution.field(), "close", TRADED]
    }

    /// The execution prices of a stored panel.
    ///
    /// # Errors
    ///
    /// If the data lack a field that execution reads.
    fn prices(&self, panel: &PanelHandle) -> Result<ExecutionPrices, StudyError> {
        for name in self.fields() {
            if !panel.fields().contains(name) {
                let message = lacking(name);
                return Err(StudyError::Value { key: "portfolio.execution".to_owned(), message });
            }
        }
        self.prices_of(&panel.panel(self.fields(), [])?)
    }

    /// The execution prices of a panel in memory.
    pub fn prices_of(&self, panel: &Panel) -> Result<ExecutionPrices, StudyError> {
        Ok(ExecutionPrices::new(panel, self.execution)?)
    }

    /// Compute the labels: a function of the panel and the study's settings alone.
    pub fn labels(&self, panel: &PanelHandle) -> Result<Labels, StudyError> {
        self.labels_at(&self.prices(panel)?)
    }

    /// Compute the labels at these prices.
    pub fn labels_at(&self, prices: &ExecutionPrices) -> Result<Labels, StudyError> {
        Ok(Labels::forward_return(prices, self.horizon, &recoveries(&self.recovery)?))
    }
}

/// The number of rows with a label, and of rows without one by reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelFacts {
    /// The number of rows with a label.
    pub labelled: usize,
    /// The number of those rows whose label ends with a delisting.
    pub delisted: usize,
    /// The number of rows whose label would end after the data.
    pub at_end: usize,
    /// The number of rows after which the instrument did not trade any more.
    pub never_entered: usize,
}

/// The recoveries of the portfolio, in the form that labels read.
pub(crate) fn recoveries(recovery: &Recovery) -> Result<Recoveries, LearnError> {
    let Recovery { usual, stated } = recovery;
    Recoveries::new(stated.clone())?.otherwise(*usual)
}

impl Stage for MakeLabels {
    const NAME: &'static str = "labels";
    const VERSION: u32 = 3;
    type Inputs = Arc<PanelHandle>;
    type Shard = ();
    type Output = Arc<Labels>;
    type Error = StudyError;

    fn hash_parameters(&self, key: &mut KeyHasher) {
        let Self { execution, horizon, recovery, made: _ } = self;
        key.str("execution", execution.field()).u64("horizon", horizon.get().into());
        hash_recovery(recovery, key);
    }

    fn hash_inputs(&self, (): &(), panel: &Arc<PanelHandle>, key: &mut KeyHasher) -> Result<(), StudyError> {
        let names =
            self.fields().into_iter().filter(|name| panel.fields().contains(*name)).collect::<Vec<_>>();
        for number in 0..panel.segments().len() {
            panel.hash_segment(key, number, names.iter().copied(), |_| {});
        }
        Ok(())
    }

    fn shards(&self, _: &Arc<PanelHandle>) -> Vec<()> {
        vec![()]
    }

    fn run(&self, (): &(), panel: &Arc<PanelHandle>, _: Budget) -> Result<Arc<Labels>, StudyError> {
        let labels = Arc::new(self.labels(panel)?);
        self.made.get_or_init(|| labels.clone());
        Ok(labels)
    }

    fn write(&self, labels: &Arc<Labels>, draft: &mut Draft) -> Result<(), StoreError> {
        let tables: [(&str, MakeTable<'_>); 2] = [
            ("return.arrow", Box::new(|| column_table(Column::F64(labels.values().to_vec())))),
            ("spans.arrow", Box::new(|| Table::new().str("digest", [digest_spans(labels).to_string()]))),
        ];
        write_tables(draft, tables.into_iter().map(|(name, table)| (name.to_owned(), table)))?;
        let counts = labels.counts();
        let facts = LabelFacts {
            labelled: counts.n_labelled,
            delisted: counts.n_delisted,
            at_end: counts.n_at_end,
            never_entered: counts.n_never_entered,
        };
        draft.info(serde_json::json!({ "labels": facts }));
        Ok(())
    }
}

/// The digest of the sessions that labels span: no stage reads the spans from the store, but the keys of folds need
/// them.
fn digest_spans(labels: &Labels) -> Digest {
    let positions = |row: usize| {
        let LabelSpan { entry, exit } =
            labels.span(row).unwrap_or(LabelSpan { entry: u32::MAX, exit: u32::MAX });
        (u64::from(entry) << 32 | u64::from(exit)).to_le_bytes()
    };
    let bytes = (0..labels.values().len()).into_par_iter().flat_map_iter(positions).collect::<Vec<_>>();
    digest_bytes(&bytes)
}

/// The handle of the labels: their digest at once, the labels when needed.
#[derive(Debug)]
pub struct LabelsHandle {
    stage: MakeLabels,
    panel: Arc<PanelHandle>,
    manifest: Manifest,
    labels: OnceLock<Arc<Labels>>,
}

impl LabelsHandle {
    /// The labels of this artifact; nothing is read or computed yet.
    pub fn new(stage: MakeLabels, panel: &Arc<PanelHandle>, manifest: Manifest) -> Self {
        Self { stage, panel: panel.clone(), manifest, labels: OnceLock::new() }
    }

    /// The digest of the labels and their spans.
    pub fn digest(&self) -> Digest {
        self.manifest.content()
    }

    /// The number of rows with a label, and of rows without one by reason.
    pub fn facts(&self) -> Result<LabelFacts, StudyError> {
        read_facts(&self.manifest, "labels")
    }

    /// The stage that computes the labels.
    pub fn stage(&self) -> &MakeLabels {
        &self.stage
    }

    /// The execution prices of the panel.
    pub fn prices(&self) -> Result<ExecutionPrices, StudyError> {
        self.stage.prices(&self.panel)
    }

    /// The labels: those that this process has computed, or else computed again, which takes less time than reading
    /// them.
    pub fn labels(&self) -> Result<&Labels, StudyError> {
        if let Some(labels) = self.labels.get() {
            return Ok(labels);
        }
        // Labels of another panel are others, even if all parameters are the same.
        let is_own = |labels: &&Arc<Labels>| Arc::ptr_eq(labels.axis(), self.panel.axis());
        let labels = match self.stage.made.get().filter(is_own) {
            Some(made) => made.clone(),
            None => Arc::new(self.stage.labels(&self.panel)?),
        };
        Ok(self.labels.get_or_init(|| labels))
    }
}
/// Why prices of execution can't be had without a field, and what to write instead.
pub(crate) fn lacking(field: &str) -> String {
    match field {
        "open" => {
            "the data have no field open, at which orders are filled; say `execution: close`, or map a column: \
             `mapping: {THEIR_NAME: open}`"
                .to_owned()
        }
        other => format!("the data have no field {other}; map a column to it: `mapping: {{THEIR_NAME: {other}}}`"),
    }
}
