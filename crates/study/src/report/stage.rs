//! Report: the results as one page and as numbers.

use backstaff_report::Body;
use backstaff_stage::{Budget, Draft, KeyHasher, Manifest, Stage, Store, StoreError, digest_bytes};

use super::study::{self, numbers::StudyResult};
use crate::{StudyError, flow::results::Results, stored::encoding::read_facts};

/// The part of an artifact that holds the page's body.
const BODY: &str = "body.json";

/// Write the report of a study.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WriteReport;

/// The body of the page, and the numbers.
#[derive(Clone, Debug)]
pub(crate) struct ReportOutput {
    /// The part of the page that depends on the results alone.
    pub body: Body,
    /// The results as numbers, which `results.json` holds.
    pub result: StudyResult,
}

impl Stage for WriteReport {
    const NAME: &'static str = "report";
    const VERSION: u32 = 6;
    type Inputs = Results;
    type Shard = ();
    type Output = ReportOutput;
    type Error = StudyError;

    fn hash_parameters(&self, key: &mut KeyHasher) {
        let Self = self;
        // The words of the report are part of the program.
        key.str("program", env!("CARGO_PKG_VERSION"));
    }

    fn hash_inputs(&self, (): &(), results: &Results, key: &mut KeyHasher) -> Result<(), StudyError> {
        let study = serde_json::to_vec(&results.config)
            .map_err(|error| StudyError::Internal { what: format!("the study as text: {error}") })?;
        key.digest("study", &digest_bytes(&study)).str("name", &results.config.run_name());
        key.list("known_flaws", &results.known_flaws, |key, (library, flaws)| {
            key.str("library", library).list("flaws", flaws, |key, flaw| {
                key.str("", flaw);
            });
        });
        key.list("warnings", &results.warnings, |key, warning| {
            key.str("", warning);
        });
        key.list("artifacts", &results.lineage, |key, (stage, shard, artifact)| {
            key.key(&format!("{stage} {shard}"), artifact);
        });
        Ok(())
    }

    fn shards(&self, _: &Results) -> Vec<()> {
        vec![()]
    }

    fn run(&self, (): &(), results: &Results, _: Budget) -> Result<ReportOutput, StudyError> {
        Ok(ReportOutput { body: study::compose(results).body()?, result: StudyResult::of(results) })
    }

    fn write(&self, output: &ReportOutput, draft: &mut Draft) -> Result<(), StoreError> {
        draft.write_part(BODY, |file| {
            serde_json::to_writer(file, &output.body).map_err(std::io::Error::from)
        })?;
        draft.info(serde_json::json!({ "result": output.result }));
        Ok(())
    }
}

/// Read a report from its artifact.
pub(crate) fn read_report(store: &Store, manifest: &Manifest) -> Result<ReportOutput, StudyError> {
    let bytes = store.open_part(manifest, BODY)?;
    let body = serde_json::from_slice(&bytes)
        .map_err(|error| StudyError::Internal { what: format!("the stored report: {error}") })?;
    Ok(ReportOutput { body, result: read_facts(manifest, "result")? })
}
