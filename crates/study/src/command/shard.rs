//! One shard of a stage by itself, so that several processes can share the work of a stage.

use backstaff_stage::{Store, runner::with_repair};
use serde::Serialize;

use crate::{
    Study, StudyError,
    flow::{Flow, Until, Watch, progress::Observer},
};

/// A shard whose artifact is in the store now.
#[derive(Clone, Debug, Serialize)]
pub struct ShardDone {
    /// The label of the shard.
    pub shard: String,
    /// The key of the artifact, in hexadecimal digits.
    pub key: String,
}

impl Study {
    /// Bring one shard of a stage into the store, or all of them, with all that they need.
    ///
    /// # Errors
    ///
    /// If the study has no such stage before the report, or the stage has no such shard.
    pub fn shard(
        &self,
        stage: &str,
        number: Option<usize>,
        observer: &dyn Observer,
    ) -> Result<Vec<ShardDone>, StudyError> {
        let store = Store::open(&self.store)?;
        self.on_threads(|| {
            with_repair(&store, || {
                let watch = Watch::new(observer);
                let until = Until { stage: stage.to_owned(), shard: number };
                let flow = Flow::new(&store, &self.run_name(), self.budget, &watch)?.until(until);
                match self.results(&flow) {
                    Err(StudyError::Stopped) => {}
                    Err(error) => return Err(error),
                    Ok(_) => {
                        let message = format!("there is no stage {stage:?} before the report");
                        return Err(StudyError::Value { key: "STAGE".to_owned(), message });
                    }
                }
                let done = flow.lineage().into_iter().filter(|(known, _, _)| known == stage);
                Ok(done.map(|(_, shard, key)| ShardDone { shard, key: key.to_string() }).collect())
            })
        })
    }
}
