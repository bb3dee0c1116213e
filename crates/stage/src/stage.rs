//! Stages: named, versioned, pure functions whose results are kept.

use serde::{Serialize, de::DeserializeOwned};

use crate::{Draft, Key, KeyHasher, StoreError};

/// Names how this program computes numbers: part of every key, raised when a change of compiler, library or platform
/// rules changes the bytes of stages whose own code stayed the same.
pub(crate) const NUMERICS: u32 = 1;

/// What one shard, or the shards that are computed together, may use.
///
/// It bounds time and memory, never the result: a shard gives the same bytes with any budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Number of threads, at least 1.
    pub threads: usize,
    /// About how many bytes of results may be held before they are published.
    pub memory: usize,
}

impl Budget {
    /// A budget of this many threads and a gigabyte.
    pub fn of_threads(threads: usize) -> Self {
        Self { threads, memory: 1 << 30 }
    }
}

/// A pure function with a name, a version, parameters and shards.
///
/// What a shard gives is stored under a key of all of these and of the digests of the bytes it reads
/// ([`shard_key`]). A member that is added must be hashed, or it must not change the output.
pub trait Stage: Sync {
    /// Part of every key, never reused for another meaning.
    const NAME: &'static str;
    /// Raised whenever the same key could give other bytes.
    const VERSION: u32;
    /// What the shards read: handles of artifacts rather than what they hold.
    type Inputs: Sync + ?Sized;
    /// One piece of the work, described by data alone, small. Its JSON is part of the key: use ordered maps only.
    type Shard: Clone + Send + Sync + Serialize + DeserializeOwned;
    /// The result of a shard.
    type Output: Send;
    /// The reason why a shard fails.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Hashes all parameters. Take them apart without `..`, so that one that is forgotten doesn't compile.
    fn hash_parameters(&self, key: &mut KeyHasher);

    /// Hashes the digests of exactly the bytes that the shard reads.
    ///
    /// # Errors
    ///
    /// If one of the inputs can't be read: a key without it would name the result of other data.
    fn hash_inputs(
        &self,
        shard: &Self::Shard,
        inputs: &Self::Inputs,
        key: &mut KeyHasher,
    ) -> Result<(), Self::Error>;

    /// The pieces of the whole work, in the order in which their results are joined.
    fn shards(&self, inputs: &Self::Inputs) -> Vec<Self::Shard>;

    /// About how much work a shard is beside the others: larger ones are begun first, so that all threads end
    /// together. Without an opinion shards are begun in their order.
    fn effort(&self, _: &Self::Shard, _: &Self::Inputs) -> usize {
        0
    }

    /// Computes one shard.
    ///
    /// # Errors
    ///
    /// If the world is wrong: nothing is stored then.
    fn run(
        &self,
        shard: &Self::Shard,
        inputs: &Self::Inputs,
        budget: Budget,
    ) -> Result<Self::Output, Self::Error>;

    /// Computes one shard and says how far it is: `advanced` takes the share of the shard's work that is done, from any
    /// thread. A stage whose shards take long gives this in place of the default, which says nothing; what is computed is
    /// the same.
    ///
    /// # Errors
    ///
    /// Those of [`Stage::run`].
    fn run_watched(
        &self,
        shard: &Self::Shard,
        inputs: &Self::Inputs,
        budget: Budget,
        _advanced: &(dyn Fn(f64) + Sync),
    ) -> Result<Self::Output, Self::Error> {
        self.run(shard, inputs, budget)
    }

    /// Writes what a shard gave as the parts of an artifact, with its lineage and facts.
    ///
    /// # Errors
    ///
    /// What the draft says.
    fn write(&self, output: &Self::Output, draft: &mut Draft) -> Result<(), StoreError>;
}

/// The fields of a shard's key: name, version, numerics, parameters, shard, inputs.
///
/// # Errors
///
/// Those of [`Stage::hash_inputs`].
pub(crate) fn shard_fields<S: Stage>(
    stage: &S,
    inputs: &S::Inputs,
    shard: &S::Shard,
) -> Result<KeyHasher, S::Error> {
    let mut key = KeyHasher::new();
    key.str("stage", S::NAME)
        .u64("stage version", S::VERSION.into())
        .u64("numerics", NUMERICS.into())
        .group("parameters", |key| stage.hash_parameters(key))
        .str("shard", &shard_json(shard).to_string())
        .try_group("inputs", |key| stage.hash_inputs(shard, inputs, key))?;
    Ok(key)
}

/// The key of a shard.
///
/// # Errors
///
/// Those of [`Stage::hash_inputs`].
pub fn shard_key<S: Stage>(stage: &S, inputs: &S::Inputs, shard: &S::Shard) -> Result<Key, S::Error> {
    shard_fields(stage, inputs, shard).map(|key| key.finish())
}

/// A shard as text for people: a string is itself, anything else its JSON.
///
/// # Panics
///
/// If the shard can't be written as JSON, for instance because it holds a map whose keys aren't texts.
pub(crate) fn shard_label(shard: &impl Serialize) -> String {
    match shard_json(shard) {
        serde_json::Value::String(text) => text,
        value => value.to_string(),
    }
}

fn shard_json(shard: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(shard).unwrap_or_else(|error| panic!("a shard must be plain data: {error}"))
}
