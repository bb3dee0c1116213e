//! What Qlib 0.9.7 says, beside what we say. `README.md` tells where the numbers are from.

#![expect(clippy::unwrap_used, reason = "this crate is a test")]

mod base64;
mod boosted;
mod double_ensemble;
mod linear;
mod models;
mod processors;
