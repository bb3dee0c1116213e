//! Quality: the oddities of the data, counted and listed.
//!
//! Nothing here changes the data. Rows that a person wants to leave out go into the study's `drop_rows`.

use std::sync::Arc;

use backstaff_source::quality::{Check, Quality};
use backstaff_stage::{Budget, Draft, KeyHasher, Manifest, Stage, StoreError};

use crate::{
    StudyError,
    stored::{encoding::read_facts, panel::PanelHandle},
};

/// The number of findings of one kind that are kept for the report; all of them are counted.
const LISTED: usize = 200;

/// Collect the findings of the checks of the data.
#[derive(Clone, Copy, Debug)]
pub struct CollectQuality;

impl Stage for CollectQuality {
    const NAME: &'static str = "quality";
    const VERSION: u32 = 2;
    type Inputs = Arc<PanelHandle>;
    type Shard = ();
    type Output = Quality;
    type Error = StudyError;

    fn hash_parameters(&self, key: &mut KeyHasher) {
        let Self = self;
        key.u64("listed", LISTED as u64);
    }

    fn hash_inputs(&self, (): &(), panel: &Arc<PanelHandle>, key: &mut KeyHasher) -> Result<(), StudyError> {
        let findings = serde_json::to_string(&panel.facts().quality)
            .map_err(|error| StudyError::Internal { what: format!("findings about the data: {error}") })?;
        key.str("findings", &findings);
        Ok(())
    }

    fn shards(&self, _: &Arc<PanelHandle>) -> Vec<()> {
        vec![()]
    }

    fn run(&self, (): &(), panel: &Arc<PanelHandle>, _: Budget) -> Result<Quality, StudyError> {
        let all = &panel.facts().quality;
        let listed = |&(check, _): &(Check, usize)| {
            all.findings.iter().filter(move |finding| finding.check == check).take(LISTED).cloned()
        };
        Ok(Quality {
            counts: all.counts.clone(),
            findings: all.counts.iter().flat_map(listed).collect(),
            broken: all.broken.clone(),
        })
    }

    fn write(&self, facts: &Quality, draft: &mut Draft) -> Result<(), StoreError> {
        draft.info(serde_json::json!({ "quality": facts }));
        Ok(())
    }
}

/// Read the findings from their artifact.
pub fn read_quality(manifest: &Manifest) -> Result<Quality, StudyError> {
    read_facts(manifest, "quality")
}
