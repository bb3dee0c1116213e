//! From syntax to a checked graph.

mod arguments;
mod call;
mod constant;
mod periods;
mod rows;
mod spelling;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use self::{
    rows::{By, Counting, TooLong, View},
    spelling::Spelling,
};
use crate::{
    FeatureError, LookBack, Schema, ValueType,
    definition::Entry,
    expression::{Fault, Syntax, SyntaxKind, TextSpan, did_you_mean, is_name},
    graph::{Graph, Node, NodeKind},
    vocabulary::Vocabulary,
};

/// The use of an expression: only a label may look ahead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    Feature,
    Label,
}

/// Turns named expressions into nodes of one graph.
pub(crate) struct Resolver<'a> {
    vocabulary: &'a Vocabulary,
    schema: &'a Schema,
    purpose: Purpose,
    graph: Graph,
    named: HashMap<String, usize>,
    /// The spelling of each node that is a call.
    spellings: HashMap<usize, Arc<Spelling>>,
    /// The nodes that are views of rows.
    views: HashMap<usize, View>,
}

/// The text that is being resolved.
#[derive(Clone, Copy)]
struct Context<'a> {
    feature: &'a str,
    text: &'a str,
    /// The arguments of an operator that expands into this text, and the call that it stands for.
    arguments: Option<(&'a BTreeMap<&'static str, Value>, TextSpan)>,
    /// The rows that windows count, if not all.
    rows: Option<Counting>,
    /// Whether windows count the periods of published facts, not sessions.
    periods: bool,
}

/// The value of a parameter's name in an expansion.
#[derive(Clone, Copy, Debug)]
enum Value {
    Node(usize),
    Number(f64),
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(vocabulary: &'a Vocabulary, schema: &'a Schema, purpose: Purpose) -> Self {
        Self {
            vocabulary,
            schema,
            purpose,
            graph: Graph::default(),
            named: HashMap::new(),
            spellings: HashMap::new(),
            views: HashMap::new(),
        }
    }

    pub(crate) fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The node of a feature by its name. What it uses by name is resolved first, without recursion, so that
    /// long chains of names cannot overflow the stack.
    pub(crate) fn feature(&mut self, name: &str) -> Result<usize, FeatureError> {
        let mut path = vec![(name.to_owned(), self.uses(name))];
        while let Some((current, pending)) = path.last_mut() {
            if let Some(next) = pending.pop() {
                if self.named.contains_key(&next) {
                    continue;
                }
                if let Some(start) = path.iter().position(|(on_path, _)| *on_path == next) {
                    let mut circle = path[start..].iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
                    circle.push(next);
                    return Err(FeatureError::Cycle { path: circle });
                }
                let uses = self.uses(&next);
                path.push((next, uses));
            } else {
                let current = current.clone();
                let node = self.definition(&current)?;
                self.named.insert(current, node);
                path.pop();
            }
        }
        Ok(self.named[name])
    }

    fn definition(&mut self, name: &str) -> Result<usize, FeatureError> {
        let vocabulary = self.vocabulary;
        let Some(Entry { definition, syntax, rows }) = vocabulary.entry(name) else {
            return Err(FeatureError::unknown_feature(name, vocabulary.names()));
        };
        let text = &definition.expression;
        let Some(rows) = rows else { return self.expression(name, text, syntax) };
        let condition = self.condition(&rows.place, &rows.text, &rows.syntax)?;
        let counting = Counting { condition, by: By::Entry };
        let node = self.expression_over(name, text, syntax, Some(counting))?;
        self.over_rows(node, condition)
            .map_err(|TooLong| TooLong::fault(syntax.span).within(name, text).into())
    }

    /// The node of an expression, whose names must have been resolved or be resolvable.
    pub(crate) fn expression(
        &mut self,
        name: &str,
        text: &str,
        syntax: &Syntax,
    ) -> Result<usize, FeatureError> {
        self.expression_over(name, text, syntax, None)
    }

    /// The node of an expression whose windows count these rows; it is no view of them yet.
    fn expression_over(
        &mut self,
        name: &str,
        text: &str,
        syntax: &Syntax,
        rows: Option<Counting>,
    ) -> Result<usize, FeatureError> {
        for used in names(syntax) {
            if used != name && self.vocabulary.entry(&used).is_some() && !self.named.contains_key(&used) {
                self.feature(&used)?;
            }
        }
        let context = Context { feature: name, text, arguments: None, rows, periods: false };
        let node = self.node(&context, syntax)?;
        if self.graph.nodes()[node].value_type == ValueType::Category {
            let fault = Fault::new(syntax.span, "a category is not a value of a feature")
                .help("categories stand behind `by=` only");
            return Err(context.error(fault));
        }
        Ok(node)
    }

    /// The features that a feature uses by name, last first.
    fn uses(&self, name: &str) -> Vec<String> {
        let Some(entry) = self.vocabulary.entry(name) else { return Vec::new() };
        let mut used = names(&entry.syntax);
        used.extend(entry.rows.iter().flat_map(|rows| names(&rows.syntax)));
        used.retain(|name| self.vocabulary.entry(name).is_some());
        used.reverse();
        used
    }

    fn node(&mut self, context: &Context<'_>, syntax: &Syntax) -> Result<usize, FeatureError> {
        match &syntax.kind {
            SyntaxKind::Number(value) => Ok(self.constant(*value)),
            SyntaxKind::Field(name) => self.field(context, name, syntax.span),
            SyntaxKind::Fact(name) => self.fact(context, name, syntax.span),
            SyntaxKind::Text(text) => Err(context.error(
                Fault::new(syntax.span, format!("'{text}' in quotes is not a value"))
                    .help("an instrument is named in quotes: `ChangeInstrument('SPY', $close)`; a field is `$close`"),
            )),
            SyntaxKind::Name(name) => self.name(context, name, syntax.span),
            SyntaxKind::Call(call) => self.call(context, call, syntax.span, None),
            SyntaxKind::Member { of, member, member_span } => match &of.kind {
                SyntaxKind::Call(call) => self.call(context, call, syntax.span, Some((member, *member_span))),
                _ => Err(context.error(
                    Fault::new(*member_span, format!("`.{member}` does not follow an operator"))
                        .help("an output is chosen from a call: `MACDFirst($close, 12, 26, 9).signal`"),
                )),
            },
        }
    }

    fn constant(&mut self, value: f64) -> usize {
        self.leaf(NodeKind::Constant(value), ValueType::Number, format!("{value:?}"))
    }

    fn leaf(&mut self, kind: NodeKind, value_type: ValueType, canonical: String) -> usize {
        self.graph.add(Node {
            kind,
            inputs: Vec::new(),
            value_type,
            look_back: LookBack::Sessions(0),
            look_ahead: 0,
            canonical: canonical.into(),
        })
    }

    fn field(&mut self, context: &Context<'_>, name: &str, span: TextSpan) -> Result<usize, FeatureError> {
        if context.periods {
            return Err(context.error(periods::no_sessions(&format!("`${name}` has sessions"), span)));
        }
        if self.schema.fields.contains(name) {
            return Ok(self.leaf(NodeKind::Field(name.into()), ValueType::Number, spelled("$", name)));
        }
        if self.schema.categories.contains(name) {
            return Ok(self.categories(name));
        }
        let known = self.schema.fields.iter().map(String::as_str);
        let fault = Fault::new(span, format!("there is no field `${name}`"))
            .maybe_help(did_you_mean("$", name, known).or_else(|| self.field_list()))
            .lacks_column();
        Err(context.error(fault))
    }

    fn field_list(&self) -> Option<String> {
        let names = self.schema.fields.iter().take(12).map(|name| format!("${name}")).collect::<Vec<_>>();
        let more = if self.schema.fields.len() > 12 { ", ..." } else { "" };
        (!names.is_empty()).then(|| format!("the fields are {}{more}", names.join(", ")))
    }

    fn categories(&mut self, name: &str) -> usize {
        self.leaf(NodeKind::Categories(Arc::from(name)), ValueType::Category, spelled("%", name))
    }

    /// A bare name: an argument of an expansion, else a feature.
    fn name(&mut self, context: &Context<'_>, name: &str, span: TextSpan) -> Result<usize, FeatureError> {
        if let Some((arguments, _)) = context.arguments {
            match arguments.get(name) {
                Some(&Value::Node(node)) => return Ok(node),
                Some(&Value::Number(value)) => return Ok(self.constant(value)),
                None => {}
            }
        }
        if let Some(&node) = self.named.get(name) {
            self.check_name_in_periods(context, name, node, span)?;
            return self.named_in_view(context, name, node, span);
        }
        if name == context.feature && self.vocabulary.entry(name).is_some() {
            return Err(FeatureError::Cycle { path: vec![name.to_owned(), name.to_owned()] });
        }
        let help = if self.schema.fields.contains(name) {
            Some(format!("a field is written with `$`: `${name}`"))
        } else if self.schema.categories.contains(name) {
            Some(format!("a category stands behind `by=`: `by={name}`"))
        } else if self.vocabulary.operators().get(name).is_some() {
            Some(format!("an operator is called: `{name}(...)`"))
        } else {
            did_you_mean("", name, self.vocabulary.names())
        };
        Err(context.error(Fault::new(span, format!("there is no feature `{name}`")).maybe_help(help)))
    }
}

impl Context<'_> {
    fn error(&self, fault: Fault) -> FeatureError {
        // A fault inside an expansion is shown at the call in the user's text.
        let fault = match self.arguments {
            Some((_, span)) => Fault { span, ..fault },
            None => fault,
        };
        fault.within(self.feature, self.text).into()
    }
}

/// A column's name in canonical texts.
fn spelled(sigil: &str, name: &str) -> String {
    if is_name(name) { format!("{sigil}{name}") } else { format!("{sigil}{{{name}}}") }
}

/// The bare names in an expression, in the order of the text, each once.
fn names(syntax: &Syntax) -> Vec<String> {
    fn collect(syntax: &Syntax, found: &mut Vec<String>) {
        match &syntax.kind {
            SyntaxKind::Number(_) | SyntaxKind::Field(_) | SyntaxKind::Fact(_) | SyntaxKind::Text(_) => {}
            SyntaxKind::Name(name) if found.contains(name) => {}
            SyntaxKind::Name(name) => found.push(name.clone()),
            SyntaxKind::Member { of, .. } => collect(of, found),
            SyntaxKind::Call(call) => {
                for argument in &call.arguments {
                    collect(&argument.value, found);
                }
            }
        }
    }
    let mut found = Vec::new();
    collect(syntax, &mut found);
    found
}
