//! The text of expressions: tokens, grammar, and faults shown in the user's own words.

mod error;
mod parser;
mod same;
mod suggestion;
mod syntax;
mod text_span;
mod token;

pub(crate) use error::Fault;
pub(crate) use parser::parse;
pub(crate) use same::same_tokens;
pub(crate) use suggestion::{did_you_mean, nearest};
pub(crate) use syntax::{Argument, Call, Syntax, SyntaxKind};
pub(crate) use token::is_name;

pub use error::ExpressionError;
pub use text_span::TextSpan;
