//! Stages, keys, artifacts, the store and runners. Knows no finance.
//!
//! A [`Stage`] is a pure function whose results are kept. Each of its shards has a [`Key`], made from the stage's
//! name, version and parameters and from the digests of the bytes the shard reads. What it gives is an *artifact*: a
//! folder of files with a [`Manifest`], found by its key, never by times. A second run with equal keys computes
//! nothing; one whose keys differ can say which field differs ([`explain`]).
//!
//! # A store's folder
//!
//! ```text
//! VERSION                                   "backstaff store 1"
//! artifacts/<stage>/<2 hex>/<key>/          one artifact
//!     manifest.json                         its parts with lengths and digests, key fields, lineage, facts
//!     values.arrow ...                      the parts
//! runs/<study>/<number>.json                one finished run: which artifacts it used, found or computed, seconds
//! locks/<key>                               there while the artifact is being computed
//! tmp/<run>/                                what a living process prepares
//! ```
//!
//! # What holds at any time
//!
//! - An artifact is prepared in `tmp` and published by one rename: it is there as a whole or not at all. A process
//!   that dies at any point leaves only things in `tmp`, which the next one sweeps, and a lock file without its lock.
//! - Artifacts never change. Manifests carry their own digest and those of the parts; what differs from what was
//!   written is removed, and the run that stumbles over it computes it anew ([`runner::with_repair`]).
//! - No file is flushed to the disk by force. After a power failure digests show what survived.
//! - Two processes that need the same artifact: one computes, the other waits and finds it. Should the locks fail,
//!   both compute, and the first to publish wins.

mod claim;
mod column;
mod digest;
mod draft;
mod earlier;
mod error;
mod field;
mod key;
mod layout;
mod lock;
mod manifest;
mod map;
mod record;
pub mod runner;
mod stage;
mod store;
pub mod upkeep;
mod version;
mod witness;
mod workshop;

pub use claim::{Claim, Claiming};
pub use column::Table;
pub use digest::{Digest, Digester, ParseDigestError, digest_bytes, digest_file};
pub use draft::Draft;
pub use error::StoreError;
pub use field::{Change, Field, FieldValue, explain};
pub use key::{Key, KeyHasher};
pub use manifest::{Ancestor, Manifest, Origin, Part};
pub use map::Mapped;
pub use record::{Outcome, RunEntry, RunRecord};
pub use stage::{Budget, Stage, shard_key};
pub use store::{Damage, Store};
