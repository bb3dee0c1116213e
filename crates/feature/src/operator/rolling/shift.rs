//! Earlier values.

use backstaff_panel::Session;

use super::{ArgumentFault, Arguments, Binding, Bound, Documentation, Operator, Parameter, Signature};
use crate::{
    LookBack,
    kernel::shift,
    operator::{MAX_LENGTH, Recursion, Requested},
};

const SIGNATURE: Signature =
    Signature::new(&[Parameter::series("x"), Parameter::integer("n", -MAX_LENGTH, MAX_LENGTH)]);

/// The operator `Ref(x, n)`.
pub(super) struct Ref;

static REF: Documentation = Documentation {
    name: "Ref",
    version: 1,
    meaning: "The value of `n` sessions ago; a negative `n` looks ahead, which only labels may.",
    formula: "x[t - n]; for n = 0 the instrument's first value",
    missing: "missing where that session's value is, and before the instrument's first session",
    source: "Qlib",
    differences: "for n = 0 Qlib gives the first value of the query, here that of the instrument",
    samples: &["Ref($close, 1)", "Ref($close, 20)", "Ref($close, 0)"],
};

impl Operator for Ref {
    fn documentation(&self) -> &Documentation {
        &REF
    }

    fn signature(&self) -> &Signature {
        &SIGNATURE
    }

    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault> {
        Ok(shifted(arguments, shift::reference, |_, first| first).into())
    }
}

/// The operator `Delta(x, n)`.
pub(super) struct Delta;

static DELTA: Documentation = Documentation {
    name: "Delta",
    version: 1,
    meaning: "The change over `n` sessions; a negative `n` looks ahead, which only labels may.",
    formula: "x[t] - x[t - n]; for n = 0 the change since the instrument's first session",
    missing: "missing where either value is, and before the instrument's first session",
    source: "Qlib",
    differences: "for n = 0 Qlib counts from the first value of the query, here from that of the instrument",
    samples: &["Delta($close, 1)", "Delta($close, 20)", "Delta($close, 0)"],
};

impl Operator for Delta {
    fn documentation(&self) -> &Documentation {
        &DELTA
    }

    fn signature(&self) -> &Signature {
        &SIGNATURE
    }

    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault> {
        Ok(shifted(arguments, shift::delta, |value, first| value - first).into())
    }
}

/// `kernel` by `n` sessions; for `n` = 0 `from_first` of each value and the instrument's first one.
fn shifted(
    arguments: &Arguments,
    kernel: fn(&[f64], isize, &mut [f64]),
    from_first: fn(f64, f64) -> f64,
) -> Bound {
    let n = arguments.number(0) as isize;
    if n == 0 {
        return Bound::recursive(FromFirst(from_first));
    }
    let look_back = LookBack::Sessions(n.max(0).unsigned_abs());
    let look_ahead = n.min(0).unsigned_abs();
    let bound = Bound::instrument(look_back, move |inputs, _, out| kernel(inputs[0], n, out));
    bound.shift().ahead(look_ahead)
}

/// A function of each value and of the instrument's first one, which is the state.
struct FromFirst(fn(f64, f64) -> f64);

impl Recursion for FromFirst {
    fn start(&self) -> Vec<f64> {
        Vec::new()
    }

    fn run(&self, state: &mut Vec<f64>, inputs: &[&[f64]], _: &[Session], requested: &mut [Requested<'_>]) {
        if state.is_empty() {
            state.extend(inputs[0].first());
        }
        for Requested { out, .. } in requested {
            for (out, &value) in out.iter_mut().zip(inputs[0]) {
                *out = (self.0)(value, state[0]);
            }
        }
    }
}
