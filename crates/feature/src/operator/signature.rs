//! The inputs and parameters of an operator.

/// The inputs and parameters that an operator takes, and the outputs that it gives.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Signature {
    /// The inputs and parameters, in the order in which they are written.
    pub parameters: &'static [Parameter],
    /// The names of its outputs, one of which is chosen by `.name`; empty if there is only one without a name.
    pub outputs: &'static [&'static str],
    /// Whether its two inputs may be swapped without changing a bit; the canonical form then orders them.
    pub commutative: bool,
}

impl Signature {
    /// The signature of an operator with one output and these parameters.
    pub const fn new(parameters: &'static [Parameter]) -> Self {
        Self { parameters, outputs: &[], commutative: false }
    }
}

/// An input series or a parameter of an operator.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Parameter {
    /// The name, for `name=value`.
    pub name: &'static str,
    /// The kind of argument that it takes.
    pub kind: ParameterKind,
    /// The value of a number that is not written.
    pub default: Option<f64>,
}

/// The kind of argument that a parameter takes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum ParameterKind {
    /// A series of numbers or conditions.
    Series,
    /// A series of conditions.
    Condition,
    /// A series that is computed on the rows where the operator's condition holds, as if there were no others.
    OverRows,
    /// A condition that says who takes part in a cross-section; only by name, may be left out.
    Universe,
    /// A category column; only by name, may be left out.
    Groups,
    /// A further series that may be left out.
    FurtherSeries,
    /// An expression over published facts, period by period.
    OverPeriods,
    /// The name of an instrument, in quotes.
    Instrument,
    /// A word in quotes, one of these; as a number, its place among them.
    Choice(&'static [&'static str]),
    /// The length of a window: a whole number of sessions, 0 for all sessions so far.
    Window,
    /// The length of a window, or a number between 0 and 1: the weight of the newest value of an exponential mean.
    WindowOrWeight,
    /// A whole number in a range, both ends included.
    Integer {
        /// The least number that it may be.
        least: i64,
        /// The greatest number that it may be.
        most: i64,
    },
    /// A number in a range, both ends included.
    Number {
        /// The least number that it may be.
        least: f64,
        /// The greatest number that it may be.
        most: f64,
    },
}

impl ParameterKind {
    /// Whether a series, not a number, stands here.
    pub fn is_series(self) -> bool {
        match self {
            Self::Series
            | Self::FurtherSeries
            | Self::Condition
            | Self::OverRows
            | Self::OverPeriods
            | Self::Universe
            | Self::Groups => true,
            Self::Window
            | Self::WindowOrWeight
            | Self::Integer { .. }
            | Self::Number { .. }
            | Self::Choice(_)
            | Self::Instrument => false,
        }
    }

    /// Whether nothing need be written for it, though it has no default.
    fn may_be_left_out(self) -> bool {
        self.only_by_name() || self == Self::FurtherSeries
    }

    /// Whether it may only be given by its name.
    pub fn only_by_name(self) -> bool {
        matches!(self, Self::Universe | Self::Groups)
    }
}

impl Parameter {
    /// A parameter that is an input series.
    pub const fn series(name: &'static str) -> Self {
        Self { name, kind: ParameterKind::Series, default: None }
    }

    /// An input condition.
    pub const fn condition(name: &'static str) -> Self {
        Self { name, kind: ParameterKind::Condition, default: None }
    }

    /// An input series that is computed on the rows where the operator's condition holds.
    pub const fn over_rows(name: &'static str) -> Self {
        Self { name, kind: ParameterKind::OverRows, default: None }
    }

    /// A further input series, which may be left out.
    pub const fn further_series(name: &'static str) -> Self {
        Self { name, kind: ParameterKind::FurtherSeries, default: None }
    }

    /// An input expression over published facts.
    pub const fn over_periods(name: &'static str) -> Self {
        Self { name, kind: ParameterKind::OverPeriods, default: None }
    }

    /// The name of an instrument.
    pub const fn instrument() -> Self {
        Self { name: "instrument", kind: ParameterKind::Instrument, default: None }
    }

    /// A parameter that is one of some words, the first unless another is written.
    pub const fn choice(name: &'static str, words: &'static [&'static str]) -> Self {
        Self { name, kind: ParameterKind::Choice(words), default: Some(0.0) }
    }

    /// The length of a window.
    pub const fn window() -> Self {
        Self { name: "length", kind: ParameterKind::Window, default: None }
    }

    /// The length of a window, or a weight.
    pub const fn window_or_weight() -> Self {
        Self { name: "length", kind: ParameterKind::WindowOrWeight, default: None }
    }

    /// How many observations a window needs: 1 unless given by `min=`.
    pub const fn min() -> Self {
        Self { name: "min", kind: ParameterKind::Integer { least: 1, most: MAX_LENGTH }, default: Some(1.0) }
    }

    /// A parameter that is a whole number.
    pub const fn integer(name: &'static str, least: i64, most: i64) -> Self {
        Self { name, kind: ParameterKind::Integer { least, most }, default: None }
    }

    /// A parameter that is a number.
    pub const fn number(name: &'static str, least: f64, most: f64) -> Self {
        Self { name, kind: ParameterKind::Number { least, most }, default: None }
    }

    /// The value that counts if nothing is written.
    pub const fn or(self, default: f64) -> Self {
        Self { default: Some(default), ..self }
    }

    /// `within=`: who takes part in a cross-section.
    pub const fn within() -> Self {
        Self { name: "within", kind: ParameterKind::Universe, default: None }
    }

    /// `by=`: the groups of a cross-section.
    pub const fn by() -> Self {
        Self { name: "by", kind: ParameterKind::Groups, default: None }
    }

    /// Whether something must be written for it.
    pub fn is_required(&self) -> bool {
        self.default.is_none() && !self.kind.may_be_left_out()
    }
}

/// The longest window and the farthest shift.
pub const MAX_LENGTH: i64 = 1_000_000;
