//! Calls: arguments matched to parameters, checked, and bound.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Context, Purpose, Resolver, Value,
    arguments::{choice, match_arguments, number, text},
    periods::Wanted,
    rows::{By, Counting, TooLong},
    spelling::{MAX_CANONICAL, Spelling},
};
use crate::{
    FeatureError, ValueType,
    expression::{Argument, Call, Fault, Syntax, SyntaxKind, TextSpan, did_you_mean, parse},
    graph::{Node, NodeKind},
    operator::{ArgumentFault, Arguments, Binding, Bound, Operator, Parameter, ParameterKind},
};

/// The checked arguments of a call.
struct Checked {
    arguments: Arguments,
    /// Input nodes: the series in order, then the universe, then the groups.
    inputs: Vec<usize>,
    /// The value of each parameter, by name, for a call that expands into an expression.
    values: BTreeMap<&'static str, Value>,
}

impl Checked {
    fn take_number(&mut self, parameter: &Parameter, number: f64) {
        self.arguments.numbers.push(number);
        self.values.insert(parameter.name, Value::Number(number));
    }
}

impl Resolver<'_> {
    pub(super) fn call(
        &mut self,
        context: &Context<'_>,
        call: &Call,
        span: TextSpan,
        member: Option<(&str, TextSpan)>,
    ) -> Result<usize, FeatureError> {
        let operator = self.operator(call).map_err(|fault| context.error(fault))?;
        let output = output(&*operator, call, member).map_err(|fault| context.error(fault))?;
        let matched = match_arguments(&*operator, call).map_err(|fault| context.error(fault))?;
        if operator.signature().parameters.iter().any(|parameter| parameter.kind == ParameterKind::OverRows) {
            context.check_nesting(call)?;
        }
        let checked = self.check(context, &*operator, call, &matched, output)?;
        let place = |fault: &ArgumentFault| {
            let parameters = operator.signature().parameters;
            let at = parameters.iter().position(|parameter| parameter.name == fault.parameter);
            at.and_then(|at| matched[at]).map_or(span, |argument| argument.value.span)
        };
        match operator.bind(&checked.arguments) {
            Err(fault) => {
                let place = place(&fault);
                Err(context.error(Fault::new(place, fault.message)))
            }
            Ok(Binding::Expand(expansion)) => self.expand(context, &expansion, &checked.values, span),
            Ok(Binding::Compute(bound)) => {
                let bound = Bound { has_universe: checked.arguments.universe, ..bound };
                self.forbid_look_ahead(context, call, span, bound.look_ahead)?;
                context.check_in_view(call, span, &bound)?;
                context.check_in_periods(call, span, &bound)?;
                let spelling = Arc::new(Spelling::new(&*operator, &checked.arguments));
                let node = self.add_call(spelling, Arc::new(bound), checked.inputs);
                node.ok_or_else(|| context.error(TooLong::fault(span)))
            }
            Ok(Binding::OverPeriods { meant, stale }) => {
                let places = ["x", "period"].map(|name| place(&ArgumentFault::new(name, String::new())));
                let spelling = Spelling::new(&*operator, &checked.arguments);
                let wanted = Wanted { meant, stale, call, places };
                self.over_periods(context, &spelling, checked.inputs[0], &wanted, span)
            }
            Ok(Binding::OverRows) => {
                let &[condition, x] = checked.inputs.as_slice() else {
                    unreachable!("a view has one condition and one series")
                };
                self.over_rows(x, condition).map_err(|TooLong| context.error(TooLong::fault(span)))
            }
        }
    }

    fn operator(&self, call: &Call) -> Result<Arc<dyn Operator>, Fault> {
        let registry = self.vocabulary.operators();
        registry.get(&call.name).cloned().ok_or_else(|| {
            let help = if self.vocabulary.entry(&call.name).is_some() {
                Some(format!("`{}` is a feature: write it without parentheses", call.name))
            } else {
                // `RSI` is rather `ta.RSI` than `Resi`.
                let same = |known: &&str| {
                    known.rsplit_once('.').is_some_and(|(_, own)| own.eq_ignore_ascii_case(&call.name))
                };
                let namespaced = registry.names().find(same).map(|known| format!("did you mean `{known}`?"));
                namespaced.or_else(|| did_you_mean("", &call.name, registry.names()))
            };
            Fault::new(call.name_span, format!("there is no operator `{}`", call.name)).maybe_help(help)
        })
    }

    fn forbid_look_ahead(
        &self,
        context: &Context<'_>,
        call: &Call,
        span: TextSpan,
        look_ahead: usize,
    ) -> Result<(), FeatureError> {
        if look_ahead == 0 || self.purpose == Purpose::Label {
            return Ok(());
        }
        let sessions = if look_ahead == 1 { "session" } else { "sessions" };
        let message = format!("`{}` looks {look_ahead} {sessions} ahead", call.name);
        let help = "a feature knows the past only; what looks ahead is a label";
        Err(context.error(Fault::new(span, message).help(help)))
    }

    fn check(
        &mut self,
        context: &Context<'_>,
        operator: &dyn Operator,
        call: &Call,
        matched: &[Option<&Argument>],
        output: usize,
    ) -> Result<Checked, FeatureError> {
        let mut checked = Checked {
            arguments: Arguments {
                numbers: Vec::new(),
                types: Vec::new(),
                instrument: None,
                universe: false,
                groups: false,
                output,
            },
            inputs: Vec::new(),
            values: BTreeMap::new(),
        };
        let (mut universe, mut groups) = (None, None);
        let mut pairs = operator.signature().parameters.iter().zip(matched).collect::<Vec<_>>();
        // A name in a view can only be understood once its rows are known.
        pairs.sort_by_key(|(parameter, _)| parameter.kind == ParameterKind::OverRows);
        for (parameter, argument) in pairs {
            let Some(argument) = argument else {
                parameter.default.into_iter().for_each(|default| checked.take_number(parameter, default));
                continue;
            };
            let value = &argument.value;
            match parameter.kind {
                ParameterKind::Instrument => {
                    let name =
                        text(call, parameter, value).and_then(|name| self.instrument(name, value.span));
                    checked.arguments.instrument = Some(name.map_err(|fault| context.error(fault))?);
                }
                kind if kind.is_series() => {
                    let node = self.input(context, call, kind, value, &checked.inputs)?;
                    checked.values.insert(parameter.name, Value::Node(node));
                    match kind {
                        ParameterKind::Universe => universe = Some(node),
                        ParameterKind::Groups => groups = Some(node),
                        _ => {
                            checked.inputs.push(node);
                            checked.arguments.types.push(self.graph.nodes()[node].value_type);
                        }
                    }
                }
                kind => {
                    let number = match kind {
                        ParameterKind::Choice(words) => choice(call, parameter, words, value),
                        _ => number(context, call, parameter, value),
                    };
                    checked.take_number(parameter, number.map_err(|fault| context.error(fault))?);
                }
            }
        }
        checked.arguments.universe = universe.is_some();
        checked.arguments.groups = groups.is_some();
        checked.inputs.extend(universe.into_iter().chain(groups));
        Ok(checked)
    }

    /// The node of an argument that is a series, a universe or groups; `earlier` are the series in front of it.
    fn input(
        &mut self,
        context: &Context<'_>,
        call: &Call,
        kind: ParameterKind,
        value: &Syntax,
        earlier: &[usize],
    ) -> Result<usize, FeatureError> {
        let inner = match kind {
            ParameterKind::Groups => return self.groups(context, value),
            ParameterKind::OverPeriods => context.over_periods(call)?,
            ParameterKind::OverRows => {
                let rows = earlier.last().map(|&condition| Counting { condition, by: By::Call });
                Context { rows, ..*context }
            }
            _ => *context,
        };
        self.series(&inner, call, kind, value)
    }

    fn series(
        &mut self,
        context: &Context<'_>,
        call: &Call,
        kind: ParameterKind,
        value: &Syntax,
    ) -> Result<usize, FeatureError> {
        let node = self.node(context, value)?;
        let found = self.graph.nodes()[node].value_type;
        let fault = match (kind, found) {
            (_, ValueType::Category) => {
                Fault::new(value.span, format!("`{}` needs a number, not a category", call.name))
                    .help("categories stand behind `by=` only")
            }
            (ParameterKind::Condition, ValueType::Number) => Fault::new(
                value.span,
                format!("`{}` needs a condition, not a number", call.name),
            )
            .help(
                "compare it, as in `$volume > 0`; `&` and `|` bind tighter than comparisons, so put those in \
                     parentheses",
            ),
            (ParameterKind::Universe, ValueType::Number) => {
                Fault::new(value.span, "a universe is a condition, not a number")
                    .help("compare it, as in `$volume > 0`")
            }
            _ => return Ok(node),
        };
        Err(context.error(fault))
    }

    /// The name of an instrument, if it may be one.
    fn instrument(&self, name: &str, span: TextSpan) -> Result<Arc<str>, Fault> {
        match &self.schema.instruments {
            Some(known) if !known.contains(name) => {
                let help = did_you_mean("", name, known.iter().map(String::as_str));
                let fault = Fault::new(span, format!("there is no instrument '{name}'"));
                Err(fault.maybe_help(help).lacks_column())
            }
            _ => Ok(name.into()),
        }
    }

    fn groups(&mut self, context: &Context<'_>, value: &Syntax) -> Result<usize, FeatureError> {
        if let (SyntaxKind::Name(name), Some((arguments, _))) = (&value.kind, context.arguments)
            && let Some(&Value::Node(node)) = arguments.get(name.as_str())
        {
            return Ok(node);
        }
        let known = &self.schema.categories;
        let fault = match &value.kind {
            SyntaxKind::Name(name) | SyntaxKind::Field(name) if known.contains(name) => {
                return Ok(self.categories(name));
            }
            SyntaxKind::Name(name) | SyntaxKind::Field(name) => {
                let is_field = self.schema.fields.contains(name) || self.vocabulary.entry(name).is_some();
                let message = if is_field {
                    format!("`{name}` is a number, not a category")
                } else {
                    format!("there is no category `{name}`")
                };
                let nearest = did_you_mean("", name, known.iter().map(String::as_str));
                let fault = Fault::new(value.span, message)
                    .maybe_help(nearest.or_else(|| Some(self.category_list())));
                if is_field { fault } else { fault.lacks_column() }
            }
            _ => Fault::new(value.span, "`by=` needs the name of a category").help(self.category_list()),
        };
        Err(context.error(fault))
    }

    fn category_list(&self) -> String {
        let names = self.schema.categories.iter().map(String::as_str).collect::<Vec<_>>();
        match names.as_slice() {
            [] => "the data has no categories; give a table of them, for example of sectors".to_owned(),
            names => format!("the categories are {}", names.join(", ")),
        }
    }

    /// Resolve the expression that a call expands into, where its parameters' names are its arguments.
    fn expand(
        &mut self,
        context: &Context<'_>,
        expansion: &str,
        values: &BTreeMap<&'static str, Value>,
        span: TextSpan,
    ) -> Result<usize, FeatureError> {
        let span = context.arguments.map_or(span, |(_, outer)| outer);
        let inner = Context { arguments: Some((values, span)), ..*context };
        let syntax = parse(expansion).map_err(|fault| inner.error(fault))?;
        self.node(&inner, &syntax)
    }

    /// Add the node of a call; `None` if its canonical text would be too long.
    pub(super) fn add_call(
        &mut self,
        spelling: Arc<Spelling>,
        bound: Arc<Bound>,
        mut inputs: Vec<usize>,
    ) -> Option<usize> {
        let nodes = self.graph.nodes();
        if spelling.commutative {
            inputs.sort_by(|&a, &b| nodes[a].canonical.cmp(&nodes[b].canonical));
        }
        let length = inputs.iter().map(|&input| nodes[input].canonical.len() + 1).sum::<usize>();
        if length > MAX_CANONICAL {
            return None;
        }
        let texts = inputs.iter().map(|&input| &*nodes[input].canonical).collect::<Vec<_>>();
        let canonical = spelling.canonical(&texts).into();
        let inner = inputs.iter().map(|&input| nodes[input].look_back).max();
        let ahead = inputs.iter().map(|&input| nodes[input].look_ahead).max();
        let node = self.graph.add(Node {
            look_back: inner.map_or(bound.look_back, |inner| bound.look_back.after(inner)),
            look_ahead: bound.look_ahead + ahead.unwrap_or(0),
            value_type: bound.output,
            inputs,
            canonical,
            kind: NodeKind::Call(bound),
        });
        self.spellings.insert(node, spelling);
        Some(node)
    }
}

fn output(operator: &dyn Operator, call: &Call, member: Option<(&str, TextSpan)>) -> Result<usize, Fault> {
    let outputs = operator.signature().outputs;
    let listed = || outputs.iter().map(|output| format!("`.{output}`")).collect::<Vec<_>>().join(", ");
    match member {
        None if outputs.is_empty() => Ok(0),
        None => Err(Fault::new(call.name_span, format!("`{}` has several outputs", call.name))
            .help(format!("choose one behind the call: {}", listed()))),
        Some((member, span)) if outputs.is_empty() => {
            Err(Fault::new(span, format!("`{}` has one output without a name", call.name))
                .help(format!("leave out `.{member}`")))
        }
        Some((member, span)) => outputs.iter().position(|output| *output == member).ok_or_else(|| {
            Fault::new(span, format!("`{}` has no output `.{member}`", call.name))
                .help(format!("it has {}", listed()))
        }),
    }
}
