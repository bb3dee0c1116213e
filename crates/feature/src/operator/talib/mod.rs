//! TA-Lib's indicators under TA-Lib's names, in the namespace `ta.`.
//!
//! To add one: an entry in the table of its file; `volatility.rs` is the one to imitate. Inputs and parameters have the
//! order, names, ranges and defaults of TA-Lib's Python package; what computes is in `kernel/talib/`.

mod average;
mod directional;
mod momentum;
mod oscillator;
mod price;
mod statistic;
mod stochastic;
#[cfg(test)]
mod tests;
mod volatility;
mod volume;
mod window;

use std::{fmt, sync::Arc};

use backstaff_panel::Session;

use super::{
    ArgumentFault, Arguments, Binding, Bound, Documentation, Family, Member, Operator, Parameter, Recursion,
    Requested, Signature,
};
use crate::kernel::talib::{self, AverageKind, State};

type Indicator = Box<dyn talib::Indicator>;
type Make = fn(&Arguments) -> Result<Indicator, ArgumentFault>;

/// An indicator of TA-Lib.
#[derive(Clone, Copy)]
struct Entry {
    documentation: Documentation,
    signature: Signature,
    /// The indicator before the first row.
    make: Make,
}

impl Operator for Entry {
    fn documentation(&self) -> &Documentation {
        &self.documentation
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault> {
        (self.make)(arguments)?;
        let Documentation { name, version, .. } = self.documentation;
        let family = Family {
            name: format!("{name}@{version} {:?}", arguments.numbers),
            member: Member { index: arguments.output(), parameter: 0.0 },
        };
        let bound = Bound::recursive(OverPresent { arguments: arguments.clone(), make: self.make });
        Ok(if self.signature.outputs.is_empty() { bound } else { bound.in_family(family) }.into())
    }
}

/// An indicator with its arguments, over the rows on which all inputs are present.
struct OverPresent {
    arguments: Arguments,
    make: Make,
}

impl Recursion for OverPresent {
    fn start(&self) -> Vec<f64> {
        let mut state = Vec::new();
        self.indicator().carry(&mut State::Save(&mut state));
        state
    }

    fn run(&self, state: &mut Vec<f64>, inputs: &[&[f64]], _: &[Session], requested: &mut [Requested<'_>]) {
        let mut indicator = self.indicator();
        indicator.carry(&mut State::Restore(state.iter()));
        let outputs = requested.iter_mut().map(|requested| (requested.member.index, &mut *requested.out));
        talib::over_present(&mut *indicator, inputs, &mut outputs.collect::<Vec<_>>());
        state.clear();
        indicator.carry(&mut State::Save(state));
    }
}

impl OverPresent {
    fn indicator(&self) -> Indicator {
        (self.make)(&self.arguments).expect("the arguments were checked when they were bound")
    }
}

impl fmt::Debug for OverPresent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OverPresent").field("arguments", &self.arguments).finish_non_exhaustive()
    }
}

pub(super) fn operators() -> Vec<Arc<dyn Operator>> {
    let tables = [
        average::TABLE,
        directional::TABLE,
        momentum::TABLE,
        oscillator::TABLE,
        statistic::TABLE,
        stochastic::TABLE,
        volatility::TABLE,
        volume::TABLE,
        window::TABLE,
    ];
    let entries = tables.into_iter().flatten().map(|&entry| Arc::new(entry) as Arc<dyn Operator>);
    entries.chain(price::operators()).collect()
}

/// The rule of every indicator for missing inputs.
const MISSING: &str = "a row on which an input is missing or infinite has no value and does not count: windows and means \
                       go on over the other rows; missing until the look-back is full";

/// The differences of every indicator from TA-Lib.
const DIFFERENCES: &str = "TA-Lib's values after a missing one are missing for ever, ours go on; its windows are running \
                           sums that keep the rounding of all that passed through them, ours are summed afresh; both \
                           agree to 1e-9 where nothing is missing";

/// The entry of the handbook.
const fn page(
    name: &'static str,
    meaning: &'static str,
    formula: &'static str,
    source: &'static str,
    samples: &'static [&'static str],
) -> Documentation {
    Documentation {
        name,
        version: 1,
        meaning,
        formula,
        missing: MISSING,
        source,
        differences: DIFFERENCES,
        samples,
    }
}

const X: Parameter = Parameter::series("real");
const OPEN: Parameter = Parameter::series("open");
const HIGH: Parameter = Parameter::series("high");
const LOW: Parameter = Parameter::series("low");
const CLOSE: Parameter = Parameter::series("close");
const VOLUME: Parameter = Parameter::series("volume");

/// A number of rows, as TA-Lib limits it.
const fn period(name: &'static str, least: i64, default: i64) -> Parameter {
    Parameter::integer(name, least, 100_000).or(default as f64)
}

/// A kind of moving average.
const fn kind(name: &'static str, default: i64) -> Parameter {
    Parameter::integer(name, 0, 8).or(default as f64)
}

/// A number without limits of its own.
const fn factor(name: &'static str, least: f64, default: f64) -> Parameter {
    Parameter::number(name, least, 3e37).or(default)
}

const fn several(parameters: &'static [Parameter], outputs: &'static [&'static str]) -> Signature {
    Signature { outputs, ..Signature::new(parameters) }
}

/// The moving average that the `i`-th number stands for.
fn average_kind(
    arguments: &Arguments,
    i: usize,
    parameter: &'static str,
) -> Result<AverageKind, ArgumentFault> {
    Ok(match arguments.count(i) {
        0 => AverageKind::Simple,
        1 => AverageKind::Exponential,
        2 => AverageKind::Weighted,
        3 => AverageKind::DoubleExponential,
        4 => AverageKind::TripleExponential,
        5 => AverageKind::Triangular,
        6 => AverageKind::Adaptive,
        8 => AverageKind::Tillson,
        other => {
            let message = format!(
                "`{parameter}` {other} is not available (7, MAMA, has no length); choose 0 SMA, 1 EMA, 2 WMA, 3 DEMA, \
                 4 TEMA, 5 TRIMA, 6 KAMA or 8 T3"
            );
            return Err(ArgumentFault::new(parameter, message));
        }
    })
}

#[expect(clippy::unnecessary_wraps, reason = "some constructors in the tables refuse their arguments")]
fn boxed(indicator: impl talib::Indicator + 'static) -> Result<Indicator, ArgumentFault> {
    Ok(Box::new(indicator))
}
