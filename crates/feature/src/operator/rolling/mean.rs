//! Means of a window.

use super::{
    ArgumentFault, Arguments, Binding, Bound, Documentation, Operator, Parameter, RUNNING, Rolling,
    Signature, Statistic, Total, family, window,
};
use crate::kernel::{recursive::Ema, rolling};

pub(super) static TABLE: &[Rolling] = &[Rolling {
    documentation: Documentation {
        name: "WMA",
        version: 2,
        meaning: "The mean of the last `length` sessions, newer ones weighted more, over their number.",
        formula: "mean of w x, with weights w = 1, 2, ... divided by their sum",
        missing: "missing values are skipped; missing where fewer than `min` are present",
        source: "Qlib, which divides the weighted mean once more by the number of values",
        differences: "none from Qlib; elsewhere a weighted mean is not divided by the number of values again, as `ta.WMA`",
        samples: &["WMA($close, 20)"],
    },
    shortest: 1,
    statistic: Statistic::Alone(rolling::wma),
}];

/// The operator `Mean(x, length, min=1)`.
pub(super) struct Mean;

static MEAN: Documentation = Documentation {
    name: "Mean",
    version: 2,
    meaning: "The mean of the last `length` sessions; a length below 1 is the weight of an exponential mean.",
    formula: "sum x / n; with a weight, that of `EMA`",
    missing: "missing values are skipped; missing where fewer than `min` are present",
    source: "Qlib; pandas rolling.mean and ewm(alpha).mean",
    differences: RUNNING,
    samples: &["Mean($close, 20)", "Mean($close, 60, min=30)", "Mean($close, 0)", "Mean($close, 0.1)"],
};

impl Operator for Mean {
    fn documentation(&self) -> &Documentation {
        &MEAN
    }

    fn signature(&self) -> &Signature {
        const SIGNATURE: Signature =
            Signature::new(&[Parameter::series("x"), Parameter::window_or_weight(), Parameter::min()]);
        &SIGNATURE
    }

    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault> {
        let length = arguments.number(0);
        if length > 0.0 && length < 1.0 {
            if arguments.count(1) > 1 {
                return Err(ArgumentFault::new("min", "`min` needs a window, not a weight"));
            }
            return Ok(Bound::recursive(Ema::adjusted(length)).into());
        }
        let window = window(arguments.count(0), arguments.count(1))?;
        Ok(family("total", &[Total::Sum, Total::Mean], Total::Mean, window, rolling::totals).into())
    }
}
