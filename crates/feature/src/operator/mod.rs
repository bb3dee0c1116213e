//! Operators: what can stand in an expression.
//!
//! To add one: a file in the folder of its family with an entry of that family's table, and its line in the family's
//! `operators`; `elementwise/function.rs` is the smallest to imitate. Contract tests, the handbook and the keys of
//! the cache then cover it without further work.

mod arguments;
mod bound;
mod cross_section;
mod documentation;
mod elementwise;
mod indicator;
mod neutralize;
mod other;
mod pair;
mod point_in_time;
mod recursive;
mod registry;
mod rolling;
mod rows;
mod signature;
mod talib;

pub use arguments::{ArgumentFault, Arguments};
pub(crate) use bound::Form;
pub use bound::{Bound, CrossSection, Family, Member, Recursion, Requested, Work};
pub use documentation::Documentation;
pub(crate) use pair::is_pair;
pub use registry::Registry;
pub(crate) use rows::ROWS;
pub use signature::{MAX_LENGTH, Parameter, ParameterKind, Signature};

/// Something that can be called in an expression.
///
/// An operator describes itself and, given its arguments, returns a [`Binding`]: what to compute, how far back it
/// reads, and whether it reads ahead.
pub trait Operator: Send + Sync {
    /// The operator's entry in the handbook. Name and version are part of the canonical text of expressions.
    fn documentation(&self) -> &Documentation;

    /// The operator's inputs and parameters, in order.
    fn signature(&self) -> &Signature;

    /// Check the arguments and fix them in a computation.
    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault>;
}

/// An operator with its parameters fixed.
#[derive(Debug)]
pub enum Binding {
    /// A computation over the input series.
    Compute(Bound),
    /// Another expression, in which the names of the parameters stand for the arguments.
    Expand(String),
    /// The expression that [`ParameterKind::OverPeriods`] takes, as it was known.
    OverPeriods {
        /// The value of the expression that is meant.
        meant: Meant,
        /// After how many calendar days without a publication it is missing, if ever.
        stale: Option<u32>,
    },
    /// The series that [`ParameterKind::OverRows`] takes, as it is on the rows where the one condition holds.
    OverRows,
}

/// The value that is meant of an expression over periods.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meant {
    /// The value of the newest period.
    Newest,
    /// The value of the period with this code.
    At(u32),
    /// The newest publication, whichever period it is about; the expression is a single fact.
    LastPublished,
}

impl Binding {
    /// A value over periods, missing this many calendar days after the newest publication; 0 is never.
    pub(crate) fn over_periods(meant: Meant, stale: u32) -> Self {
        Self::OverPeriods { meant, stale: (stale > 0).then_some(stale) }
    }
}

impl From<Bound> for Binding {
    fn from(bound: Bound) -> Self {
        Self::Compute(bound)
    }
}

/// The form in which an operator is written: `Mean(x, length, min=1)`.
pub fn usage(operator: &dyn Operator) -> String {
    let parameters = operator.signature().parameters.iter().map(|parameter| match parameter.default {
        Some(default) => match parameter.kind {
            ParameterKind::Choice(words) => {
                let words = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>();
                format!("{}={}", parameter.name, words.join("|"))
            }
            _ => format!("{}={default}", parameter.name),
        },
        None if parameter.kind == ParameterKind::Instrument => format!("'{}'", parameter.name),
        None if parameter.kind == ParameterKind::FurtherSeries => format!("[{}]", parameter.name),
        None if parameter.kind.only_by_name() => format!("{}=...", parameter.name),
        None => parameter.name.to_owned(),
    });
    let outputs = operator.signature().outputs;
    let output = if outputs.is_empty() { String::new() } else { format!(".{}", outputs.join("|")) };
    format!("{}({}){output}", operator.documentation().name, parameters.collect::<Vec<_>>().join(", "))
}
