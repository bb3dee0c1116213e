//! The spelling of calls in canonical texts.

use crate::operator::{Arguments, Operator, ParameterKind};

/// The longest canonical text: what names stand for is written out, so that a short text can mean a very long one.
pub(super) const MAX_CANONICAL: usize = 1 << 20;

/// The canonical text of a call without its inputs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Spelling {
    /// `Name@version`, with the output that was chosen.
    head: String,
    /// `parameter=value`: every number, what was chosen, the instrument.
    values: Vec<String>,
    n_series: usize,
    universe: bool,
    groups: bool,
    /// Whether the inputs are put in the order of their texts.
    pub(super) commutative: bool,
}

impl Spelling {
    pub(super) fn new(operator: &dyn Operator, arguments: &Arguments) -> Self {
        let (documentation, signature) = (operator.documentation(), operator.signature());
        let mut head = format!("{}@{}", documentation.name, documentation.version);
        if let Some(output) = signature.outputs.get(arguments.output) {
            head.push('.');
            head.push_str(output);
        }
        let is_number = |kind: ParameterKind| !kind.is_series() && kind != ParameterKind::Instrument;
        let numbers = signature.parameters.iter().filter(|parameter| is_number(parameter.kind));
        let numbers =
            numbers.zip(&arguments.numbers).filter_map(|(parameter, &value)| match parameter.kind {
                // What nobody chose is not spelled: a choice may be added to an operator without changing its keys.
                ParameterKind::Choice(_) if parameter.default == Some(value) => None,
                ParameterKind::Choice(words) => {
                    Some(format!("{}='{}'", parameter.name, words[value as usize]))
                }
                _ => Some(format!("{}={value:?}", parameter.name)),
            });
        let instrument = arguments.instrument.iter().map(|name| format!("instrument={name:?}"));
        Self {
            head,
            values: numbers.chain(instrument).collect(),
            n_series: arguments.types.len(),
            universe: arguments.universe,
            groups: arguments.groups,
            commutative: signature.commutative,
        }
    }

    /// `Name@version.output(inputs,parameter=value,...)`.
    pub(super) fn canonical(&self, inputs: &[&str]) -> String {
        let (series, named) = inputs.split_at(self.n_series);
        let mut parts = series.iter().map(|&input| input.to_owned()).collect::<Vec<_>>();
        parts.extend(self.values.iter().cloned());
        let names = [(self.universe, "within"), (self.groups, "by")];
        let names = names.into_iter().filter(|(given, _)| *given);
        parts.extend(names.zip(named).map(|((_, name), input)| format!("{name}={input}")));
        format!("{}({})", self.head, parts.join(","))
    }
}
