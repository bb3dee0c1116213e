//! Features are expressions; libraries of features are data.
//!
//! A [`Catalog`] holds named expressions, from libraries and from the user. It resolves a selection of them against
//! the [`Schema`] of a panel into [`Feature`]s: checked, with their look-back, and with a canonical text that names
//! what they compute. A [`Plan`] computes any set of features together: equal parts once, time series instrument by
//! instrument, cross-sections session by session.
//!
//! ```
//! use backstaff_feature::{Catalog, Plan, Schema};
//! use backstaff_panel::{Encoding, testing};
//!
//! let panel = testing::market(testing::MarketSpec::default());
//! let catalog = Catalog::new()
//!     .with_library("technical")?
//!     .with("reversal", "-CsRank(Mean(return_1d, 5), by=sector)")?;
//! let features = catalog.resolve(&["technical", "reversal"], &Schema::of(&panel))?;
//! let columns = Plan::new(&features).compute(&panel, Encoding::F32, &())?;
//! assert_eq!(columns.len(), features.len());
//!
//! let error = catalog.with("typo", "Mean($clsoe, 20)")?.resolve(&["typo"], &Schema::of(&panel)).unwrap_err();
//! assert!(error.to_string().contains("did you mean `$close`?"));
//! # Ok::<(), backstaff_feature::FeatureError>(())
//! ```
//!
//! Windows count the sessions of an instrument. Where they should count, say, its traded rows only, `Rows(x, $volume >
//! 0)` computes `x` on these rows, and the key `rows` of a file does so for its entries:
//!
//! ```
//! use backstaff_feature::{Catalog, Plan, Schema};
//! use backstaff_panel::{Encoding, testing};
//!
//! let file = "
//! rows: $volume > 0
//! features:
//!   - name: mom_5d
//!     expression: $close / Ref($close, 5) - 1
//!   - name: mom_5d_sessions
//!     expression: $close / Ref($close, 5) - 1
//!     rows: all
//!   - name: mom_5d_rank
//!     expression: CsRank(mom_5d)
//! ";
//! let panel = testing::market(testing::MarketSpec::default());
//! let catalog = Catalog::new().with_file_text("mine.yaml", file)?;
//! let features = catalog.resolve(&["mine.yaml"], &Schema::of(&panel))?;
//! let columns = Plan::new(&features).compute(&panel, Encoding::F64, &())?;
//! let missing = |n: usize| columns[n].to_f64().iter().filter(|value| value.is_nan()).count();
//! // Without a trade on one of two sessions there is no return between them; over traded rows there is.
//! assert!(missing(0) < missing(1));
//! # Ok::<(), backstaff_feature::FeatureError>(())
//! ```
//!
//! What the crate promises, and tests over every operator and every library entry: a value never depends on what is
//! later than its session; nor, beyond the look-back, on what is earlier; nor on the number of threads, on the other
//! features of a plan, or (time series) on other instruments.

mod catalog;
mod definition;
mod error;
mod expression;
mod feature;
mod graph;
pub mod handbook;
pub mod kernel;
mod library;
mod look_back;
pub mod operator;
mod plan;
#[cfg(test)]
mod reference;
mod resolve;
mod schema;
mod value_type;
mod vocabulary;

pub use catalog::{Available, Catalog, Description};
pub use definition::{Definition, Library};
pub use error::FeatureError;
pub use expression::{ExpressionError, TextSpan};
pub use feature::{Feature, LabelExpression};
pub use graph::Carry;
pub use look_back::LookBack;
pub use plan::{Costs, Explain, InstrumentRun, Pass, Piece, Plan, Progress, ResumeFrom, Resumed, States};
pub use schema::Schema;
pub use value_type::ValueType;
