//! Labels: the return of each row over the horizon, from the execution price of the next session.

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

/// Compute labels.
#[derive(Clone, Debug)]
pub struct MakeLabels {
    execution: Execution,
    horizon: NonZeroU32,
    recovery: Recovery,
    /// What was computed in this process.
    made: Arc<OnceLock<Arc<Labels>>>,
}

impl MakeLabels {
    /// What the study's `label` section asks for; entry and recovery are the portfolio's by construction.
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

    /// Sessions that a label spans.
    pub fn horizon(&self) -> NonZeroU32 {
        self.horizon
    }

    /// What a delisting brings, to a label as to the portfolio.
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    fn fields(&self) -> [&'static str; 3] {
        [self.execution.field(), "close", TRADED]
    }

    /// The prices at which the study trades.
    fn prices(&self, panel: &PanelHandle) -> Result<ExecutionPrices, StudyError> {
        for name in self.fields() {
            if !panel.fields().contains(name) {
                let message = format!("labels need the field {name}, which the data lack");
                return Err(StudyError::Value { key: "portfolio.execution".to_owned(), message });
            }
        }
        self.prices_of(&panel.panel(self.fields(), [])?)
    }

    /// The prices at which the study trades, of a panel in memory.
    pub fn prices_of(&self, panel: &Panel) -> Result<ExecutionPrices, StudyError> {
        Ok(ExecutionPrices::new(panel, self.execution)?)
    }

    /// Compute them now; a function of the panel alone.
    pub fn labels(&self, panel: &PanelHandle) -> Result<Labels, StudyError> {
        self.labels_at(&self.prices(panel)?)
    }

    /// The labels at these prices.
    pub fn labels_at(&self, prices: &ExecutionPrices) -> Result<Labels, StudyError> {
        Ok(Labels::forward_return(prices, self.horizon, &recoveries(&self.recovery)?))
    }
}

/// How many rows have a label, and why others don't.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelFacts {
    /// Rows with a label.
    pub labelled: usize,
    /// Those of them whose label ends with a delisting.
    pub delisted: usize,
    /// Rows whose label would end after the data.
    pub at_end: usize,
    /// Rows after which the instrument was not traded any more.
    pub never_entered: usize,
}

/// What the portfolio recovers, as labels end with it.
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

/// What the labels look at: nobody reads it, but folds depend on it.
fn digest_spans(labels: &Labels) -> Digest {
    let positions = |row: usize| {
        let LabelSpan { entry, exit } =
            labels.span(row).unwrap_or(LabelSpan { entry: u32::MAX, exit: u32::MAX });
        (u64::from(entry) << 32 | u64::from(exit)).to_le_bytes()
    };
    let bytes = (0..labels.values().len()).into_par_iter().flat_map_iter(positions).collect::<Vec<_>>();
    digest_bytes(&bytes)
}

/// The handle of labels: their digest at once, themselves when somebody needs them.
#[derive(Debug)]
pub struct LabelsHandle {
    stage: MakeLabels,
    panel: Arc<PanelHandle>,
    manifest: Manifest,
    labels: OnceLock<Arc<Labels>>,
}

impl LabelsHandle {
    /// The labels of this artifact.
    pub fn new(stage: MakeLabels, panel: &Arc<PanelHandle>, manifest: Manifest) -> Self {
        Self { stage, panel: panel.clone(), manifest, labels: OnceLock::new() }
    }

    /// The digest of returns and spans.
    pub fn digest(&self) -> Digest {
        self.manifest.content()
    }

    /// How many rows have one, and why others don't.
    pub fn facts(&self) -> Result<LabelFacts, StudyError> {
        read_facts(&self.manifest, "labels")
    }

    /// The stage that makes them.
    pub fn stage(&self) -> &MakeLabels {
        &self.stage
    }

    /// The prices at which the study trades.
    pub fn prices(&self) -> Result<ExecutionPrices, StudyError> {
        self.stage.prices(&self.panel)
    }

    /// The labels: those that this process has computed, or computed again, which takes less time than reading them.
    pub fn labels(&self) -> Result<&Labels, StudyError> {
        if let Some(labels) = self.labels.get() {
            return Ok(labels);
        }
        // Of another panel they would be others, even if all parameters are the same.
        let is_own = |labels: &&Arc<Labels>| Arc::ptr_eq(labels.axis(), self.panel.axis());
        let labels = match self.stage.made.get().filter(is_own) {
            Some(made) => made.clone(),
            None => Arc::new(self.stage.labels(&self.panel)?),
        };
        Ok(self.labels.get_or_init(|| labels))
    }
}
