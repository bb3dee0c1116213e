//! Quality: what is odd about the data, counted and listed.
//!
//! Nothing here changes the data. What a person wants out goes into the study's `drop_rows`.

use std::sync::Arc;

use backstaff_stage::{Budget, Draft, KeyHasher, Manifest, Stage, StoreError};
use serde::{Deserialize, Serialize};

use crate::{
    StudyError,
    stored::{encoding::read_facts, panel::PanelHandle},
};

/// Findings of one kind that the report lists; all are counted.
const LISTED: usize = 200;

/// Collect what the checks of the data found.
#[derive(Clone, Copy, Debug)]
pub struct CollectQuality;

/// What is odd about the data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QualityFacts {
    /// Each check and how many findings it has.
    pub counts: Vec<(String, usize)>,
    /// The findings, at most two hundred of each check.
    pub findings: Vec<QualityFinding>,
}

/// Something that a person should look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QualityFinding {
    /// What was looked for.
    pub check: String,
    /// The instrument, unless it concerns a whole session.
    pub instrument: Option<String>,
    /// The session: YYYY-MM-DD.
    pub session: Option<String>,
    /// The number that the check speaks of.
    pub value: Option<f64>,
    /// A sentence for people.
    pub detail: String,
}

impl Stage for CollectQuality {
    const NAME: &'static str = "quality";
    const VERSION: u32 = 1;
    type Inputs = Arc<PanelHandle>;
    type Shard = ();
    type Output = QualityFacts;
    type Error = StudyError;

    fn hash_parameters(&self, key: &mut KeyHasher) {
        let Self = self;
        key.u64("listed", LISTED as u64);
    }

    fn hash_inputs(&self, (): &(), panel: &Arc<PanelHandle>, key: &mut KeyHasher) -> Result<(), StudyError> {
        key.str("findings", &panel.facts().quality.to_string());
        Ok(())
    }

    fn shards(&self, _: &Arc<PanelHandle>) -> Vec<()> {
        vec![()]
    }

    fn run(&self, (): &(), panel: &Arc<PanelHandle>, _: Budget) -> Result<QualityFacts, StudyError> {
        let all: QualityFacts = serde_json::from_value(panel.facts().quality.clone())
            .map_err(|error| StudyError::Internal { what: format!("findings about the data: {error}") })?;
        let mut findings = Vec::new();
        for (check, _) in &all.counts {
            findings
                .extend(all.findings.iter().filter(|finding| finding.check == *check).take(LISTED).cloned());
        }
        Ok(QualityFacts { counts: all.counts, findings })
    }

    fn write(&self, facts: &QualityFacts, draft: &mut Draft) -> Result<(), StoreError> {
        draft.info(serde_json::json!({ "quality": facts }));
        Ok(())
    }
}

/// Read the stored findings.
pub fn read_quality(manifest: &Manifest) -> Result<QualityFacts, StudyError> {
    read_facts(manifest, "quality")
}
