//! A safe layer over LightGBM's C API.
//!
//! The shared library of LightGBM 4.7 is opened when it is first needed ([`Library::open`]); nothing is linked or
//! built. From there on:
//!
//! - [`Parameters`] are LightGBM's own, by name or alias; an unknown name is refused. Results never depend on the
//!   number of threads: `deterministic`, `force_col_wise` and a seed are always set (the seed but for
//!   [`Parameters::as_given`]).
//! - A [`Dataset`] holds binned rows. It reads any rows of any columns ([`Matrix`]) through a bounded buffer: the
//!   matrix itself is never copied.
//! - [`train`] gives a [`Trained`]: a [`Booster`] cut at its best round, and the history of its metrics. A booster
//!   is always the one its text describes, so that a model read back predicts the same bits.
//!   [`train_watched`] evaluates the training rows, too.
//! - [`Threads`] says how a call runs. Many calls on one thread each may run at once; a call on several threads runs
//!   alone, on the one thread of ours that ever opens an OpenMP team.

mod booster;
mod dataset;
mod early_stopping;
mod error;
mod ffi;
mod kind;
mod library;
mod matrix;
mod metric;
mod parameters;
mod places;
mod threads;
mod train;

pub use booster::{Booster, ImportanceBy};
pub use dataset::{Dataset, Targets};
pub use error::LightGbmError;
pub use library::Library;
pub use matrix::{Matrix, MatrixValues};
pub use metric::Metric;
pub use parameters::Parameters;
pub use threads::Threads;
pub use train::{AfterRound, Round, Trained, Watched, train, train_watched};
