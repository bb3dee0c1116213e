//! Order statistics of a window.

use backstaff_panel::Session;

use super::{
    ArgumentFault, Arguments, Binding, Bound, Documentation, EXPANDING, Operator, Parameter, Rolling,
    Signature, look_back, window,
};
use crate::kernel::rolling;

pub(super) static TABLE: &[Rolling] = &[
    Rolling {
        documentation: Documentation {
            name: "Med",
            version: 1,
            meaning: "The median of the last `length` sessions.",
            formula: "median x",
            missing: "missing values are skipped; missing where fewer than `min` are present",
            source: "Qlib; pandas rolling",
            differences: EXPANDING,
            samples: &["Med($close, 20)"],
        },
        shortest: 1,
        kernel: rolling::median,
    },
    Rolling {
        documentation: Documentation {
            name: "Rank",
            version: 1,
            meaning: "The place of the newest value among those of the last `length` sessions, from above 0 to 1.",
            formula: "average rank of the newest value / number of present values",
            missing: "missing where the newest value is; other missing values are skipped",
            source: "Qlib: pandas rolling.rank(pct=True)",
            differences: EXPANDING,
            samples: &["Rank($close, 20)", "Rank($close > $open, 10)"],
        },
        shortest: 1,
        kernel: rolling::rank,
    },
];

/// `Quantile(x, length, quantile, min=1)`.
pub(super) struct Quantile;

static QUANTILE: Documentation = Documentation {
    name: "Quantile",
    version: 1,
    meaning: "A quantile of the last `length` sessions.",
    formula: "linear between the two nearest of the ordered values, at (n - 1) quantile",
    missing: "missing values are skipped; missing where fewer than `min` are present",
    source: "Qlib; pandas rolling.quantile",
    differences: EXPANDING,
    samples: &["Quantile($close, 20, 0.8)", "Quantile($close, 60, 0)"],
};

impl Operator for Quantile {
    fn documentation(&self) -> &Documentation {
        &QUANTILE
    }

    fn signature(&self) -> &Signature {
        const SIGNATURE: Signature = Signature::new(&[
            Parameter::series("x"),
            Parameter::window(),
            Parameter::number("quantile", 0.0, 1.0),
            Parameter::min(),
        ]);
        &SIGNATURE
    }

    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault> {
        let quantile = arguments.number(1);
        let window = window(arguments.count(0), arguments.count(2))?;
        let work = move |inputs: &[&[f64]], sessions: &[Session], out: &mut [f64]| {
            rolling::quantile(inputs[0], sessions, window, quantile, out);
        };
        Ok(Bound::instrument(look_back(window), work).into())
    }
}
