//! Numbers that are known before any data: lengths of windows, thresholds.

use std::collections::BTreeMap;

use super::Value;
use crate::expression::{Syntax, SyntaxKind};

/// The value of an expression of numbers only.
pub(super) fn constant(syntax: &Syntax, arguments: Option<&BTreeMap<&'static str, Value>>) -> Option<f64> {
    match &syntax.kind {
        SyntaxKind::Number(value) => Some(*value),
        SyntaxKind::Name(name) => match arguments?.get(name.as_str()) {
            Some(Value::Number(value)) => Some(*value),
            _ => None,
        },
        SyntaxKind::Field(_) | SyntaxKind::Fact(_) | SyntaxKind::Text(_) | SyntaxKind::Member { .. } => None,
        SyntaxKind::Call(call) => {
            let values = call
                .arguments
                .iter()
                .map(|argument| constant(&argument.value, arguments))
                .collect::<Option<Vec<_>>>()?;
            match (call.name.as_str(), values.as_slice()) {
                ("Neg", [a]) => Some(-a),
                ("Add", [a, b]) => Some(a + b),
                ("Sub", [a, b]) => Some(a - b),
                ("Mul", [a, b]) => Some(a * b),
                ("Div", [a, b]) => Some(a / b),
                ("Power", [a, b]) => Some(libm::pow(*a, *b)),
                _ => None,
            }
        }
    }
}
