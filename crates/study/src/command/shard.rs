//! One shard by itself: how several processes share the work of one stage.

use backstaff_stage::{Store, runner::with_repair};
use serde::Serialize;

use crate::{
    Study, StudyError,
    flow::{Flow, Until, Watch, progress::Observer},
};

/// A shard that is in the store now.
#[derive(Clone, Debug, Serialize)]
pub struct ShardDone {
    /// Its label.
    pub shard: String,
    /// Its key.
    pub key: String,
}

impl Study {
    /// Bring one shard of a stage into the store, or all of them, and whatever they need.
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
