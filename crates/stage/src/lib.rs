//! Stages, keys, artifacts, the store and runners.
