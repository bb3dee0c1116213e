//! The syntax of an expression, as written.

use super::TextSpan;

/// A node of the syntax tree with its place in the text.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Syntax {
    pub(crate) kind: SyntaxKind,
    pub(crate) span: TextSpan,
    /// The longest path to a leaf; the parser bounds it, so that walking the tree cannot overflow the stack.
    pub(crate) depth: usize,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum SyntaxKind {
    Number(f64),
    Field(String),
    Fact(String),
    Text(String),
    Name(String),
    /// `Name(positional, key=value)`; operator signs are calls of the operator that they stand for.
    Call(Call),
    /// One output of a call: `call.member`.
    Member {
        of: Box<Syntax>,
        member: String,
        member_span: TextSpan,
    },
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Call {
    /// With its namespace: `ta.RSI`.
    pub(crate) name: String,
    pub(crate) name_span: TextSpan,
    pub(crate) arguments: Vec<Argument>,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Argument {
    /// The key of `key=value`.
    pub(crate) key: Option<(String, TextSpan)>,
    pub(crate) value: Syntax,
}
