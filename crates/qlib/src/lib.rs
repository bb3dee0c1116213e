//! Qlib's workflows on the engine: their files as they are, their numbers.
//!
//! | module | holds |
//! |---|---|
//! | `workflow` | a workflow's file as a value: rendered, parsed, checked with all mistakes |
//! | `alpha` | the sets of features Alpha158 and Alpha360 |
//! | `folder` | a folder of `.bin` files: calendar, markets, bars |
//! | `frame` | from a handler's loader to rows and columns |
//!
//! Source of the behaviour: Microsoft Qlib 0.9.7 (MIT).

pub mod alpha;
pub mod analysis;
pub mod cautions;
pub mod check;
pub mod dataset;
pub mod dump;
pub mod fit;
pub mod folder;
pub mod frame;
pub mod given;
pub mod output;
pub mod portfolio;
pub mod run;
pub mod workflow;
