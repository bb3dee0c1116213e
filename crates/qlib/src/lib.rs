//! Qlib's workflows on the engine: their files as they are, their numbers.
//!
//! | module | holds |
//! |---|---|
//! | `workflow` | a workflow's file as a value: rendered, parsed, checked with all mistakes |
//! | `alpha` | the sets of features Alpha158 and Alpha360 |
//! | `folder`, `dump`, `check` | a folder of `.bin` files: read, written, checked |
//! | `frame`, `dataset` | from a handler's loader to rows and columns, and through its processors |
//! | `fit`, `analysis`, `portfolio` | the model, and what the records compute |
//! | `run`, `cautions`, `output` | a workflow from its file to its records, what it does wrong, what it leaves |
//!
//! Source of the behaviour: Microsoft Qlib 0.9.7 (MIT).

mod above_least;
pub mod alpha;
pub mod analysis;
pub mod cautions;
pub mod check;
pub mod dataset;
pub mod dump;
mod fields;
pub mod fit;
pub mod folder;
pub mod frame;
pub mod given;
pub mod output;
pub mod portfolio;
pub mod run;
pub mod study;
pub mod translate;
pub mod workflow;
