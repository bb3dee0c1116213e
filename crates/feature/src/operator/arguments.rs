//! The arguments of a call, and faults in them.

use std::sync::Arc;

use crate::ValueType;

/// The arguments of a call: numbers in the order of the number parameters, and the types of the series.
#[derive(Clone, PartialEq, Debug)]
pub struct Arguments {
    pub(crate) numbers: Vec<f64>,
    pub(crate) types: Vec<ValueType>,
    /// The instrument that was named.
    pub(crate) instrument: Option<Arc<str>>,
    pub(crate) universe: bool,
    pub(crate) groups: bool,
    pub(crate) output: usize,
}

impl Arguments {
    /// The `i`-th number, defaults filled in.
    pub fn number(&self, i: usize) -> f64 {
        self.numbers[i]
    }

    /// The `i`-th number, which the signature says is whole and not negative.
    pub fn count(&self, i: usize) -> usize {
        self.numbers[i] as usize
    }

    /// The instrument that was named, if the signature asks for one.
    pub fn instrument(&self) -> Option<&Arc<str>> {
        self.instrument.as_ref()
    }

    /// The types of the input series, without universe and groups.
    pub fn types(&self) -> &[ValueType] {
        &self.types
    }

    /// Whether `within=` was given.
    pub fn has_universe(&self) -> bool {
        self.universe
    }

    /// The number of the output that was chosen, if there are several.
    pub fn output(&self) -> usize {
        self.output
    }
}

/// Why an operator refuses its arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ArgumentFault {
    /// The parameter at fault; the whole call if there is none of this name.
    pub parameter: &'static str,
    /// The fault, in one line.
    pub message: String,
}

impl ArgumentFault {
    /// A fault of the parameter of this name.
    pub fn new(parameter: &'static str, message: impl Into<String>) -> Self {
        Self { parameter, message: message.into() }
    }
}
