//! Operators that carry a state from an instrument's first session on.
//!
//! To add one: an entry in the table.

use std::sync::Arc;

use backstaff_panel::Session;

use super::{
    ArgumentFault, Arguments, Binding, Bound, Documentation, Operator, Parameter, Recursion, Requested,
    Signature,
};
use crate::{
    LookBack,
    kernel::recursive::{self, Ema},
};

type Expanding = fn(&[f64], &mut [f64]);

/// An exponential mean, at the beginning of history.
impl Recursion for Ema {
    fn start(&self) -> Vec<f64> {
        self.parts().to_vec()
    }

    fn run(&self, state: &mut Vec<f64>, inputs: &[&[f64]], _: &[Session], requested: &mut [Requested<'_>]) {
        let &[mean, weight] = state.as_slice() else { unreachable!("the state of a mean has two numbers") };
        let mut ema = self.with_parts([mean, weight]);
        let [requested] = requested else { unreachable!("a mean has one output") };
        Ema::run(&mut ema, inputs[0], requested.out);
        state.copy_from_slice(&ema.parts());
    }
}

/// An exponential mean: `Name(x, length)`.
#[derive(Clone, Copy)]
struct Exponential {
    documentation: Documentation,
    /// The mean of this weight, at the beginning of history.
    mean: fn(f64) -> Ema,
    /// The meaning of length 0, if it has one.
    expanding: Option<Expanding>,
}

impl Operator for Exponential {
    fn documentation(&self) -> &Documentation {
        &self.documentation
    }

    fn signature(&self) -> &Signature {
        const SIGNATURE: Signature = Signature::new(&[Parameter::series("x"), Parameter::window_or_weight()]);
        &SIGNATURE
    }

    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault> {
        let length = arguments.number(0);
        if length == 0.0 {
            let message =
                format!("`{}` has no expanding form; give a length or a weight", self.documentation.name);
            let expanding = self.expanding.ok_or_else(|| ArgumentFault::new("length", message))?;
            let bound =
                Bound::instrument(LookBack::Recursive, move |inputs, _, out| expanding(inputs[0], out));
            return Ok(bound.into());
        }
        let weight = if length < 1.0 { length } else { 2.0 / (length + 1.0) };
        Ok(Bound::recursive((self.mean)(weight)).into())
    }
}

pub(super) fn operators() -> Vec<Arc<dyn Operator>> {
    TABLE.iter().map(|&entry| Arc::new(entry) as Arc<dyn Operator>).collect()
}

static TABLE: &[Exponential] = &[
    Exponential {
        documentation: Documentation {
            name: "EMA",
            version: 1,
            meaning: "The exponential mean of all sessions so far, weights made to sum to 1.",
            formula: "sum (1 - a)^k x[t - k] / sum (1 - a)^k, a = 2 / (length + 1), or the weight given; for length 0 \
                      weights (1 - 2 / (1 + n))^k over the n sessions so far",
            missing: "a missing value is skipped but ages the weights; missing before the first value",
            source: "Qlib; pandas ewm(adjust=True)",
            differences: "Qlib reads one span of history before the first day of a query, so that its values depend on that day; here the instrument's whole history counts. TA-Lib begins with a simple mean, as `ta.EMA` does",
            samples: &["EMA($close, 12)", "EMA($close, 0.1)", "EMA($close, 0)"],
        },
        mean: Ema::adjusted,
        expanding: Some(recursive::ema_expanding),
    },
    Exponential {
        documentation: Documentation {
            name: "EMAFirst",
            version: 1,
            meaning: "The exponential mean that starts at the first value.",
            formula: "y = (1 - a) y[t - 1] + a x, a = 2 / (length + 1), or the weight given; y = x at the first value",
            missing: "a missing value is skipped but ages the weight of the mean so far; missing before the first value",
            source: "pandas ewm(adjust=False)",
            differences: "Qlib's EMA and pandas by default weigh what there is (`EMA`); TA-Lib begins with a simple mean (`ta.EMA`)",
            samples: &["EMAFirst($close, 12)", "EMAFirst($close, 0.1)"],
        },
        mean: Ema::first,
        expanding: None,
    },
];
