//! Operators over the rows of another instrument.

use std::sync::Arc;

use super::{ArgumentFault, Arguments, Binding, Bound, Documentation, Operator, Parameter, Signature};
use crate::ValueType;

/// A series of one instrument, given to all: `ChangeInstrument('SPY', x)` and `Mask(x, 'SPY')`.
struct Other {
    documentation: &'static Documentation,
    signature: Signature,
}

impl Operator for Other {
    fn documentation(&self) -> &Documentation {
        self.documentation
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault> {
        let Some(name) = arguments.instrument().cloned() else {
            return Err(ArgumentFault::new("instrument", "an instrument must be named"));
        };
        let is_condition = arguments.types() == [ValueType::Boolean];
        let absent = if is_condition { 0.0 } else { f64::NAN };
        let bound = Bound::session(move |section, _, out| {
            out.fill(section.row_of(&name).map_or(absent, |row| section.inputs[0][row]));
        })
        .common();
        Ok(if is_condition { bound.boolean() } else { bound }.into())
    }
}

pub(super) fn operators() -> Vec<Arc<dyn Operator>> {
    const CHANGE: Signature = Signature::new(&[Parameter::instrument(), Parameter::series("x")]);
    const SWAPPED: Signature = Signature::new(&[Parameter::series("x"), Parameter::instrument()]);
    vec![
        Arc::new(Other { documentation: &CHANGE_INSTRUMENT, signature: CHANGE }),
        Arc::new(Other { documentation: &MASK, signature: SWAPPED }),
    ]
}

const FORMULA: &str = "the value of x on the row of the instrument in the same session";
const MISSING: &str =
    "missing (a condition: false) in sessions in which the instrument has no row, and where its x is";
const DIFFERENCES: &str = "windows around it count the sessions of the row's own instrument, where Qlib's reach back before its \
                           listing; where Qlib's series of the two are of unequal length, its pair operators fail";

static CHANGE_INSTRUMENT: Documentation = Documentation {
    name: "ChangeInstrument",
    version: 1,
    meaning: "A series of another instrument, such as an index or a sector fund, beside every instrument.",
    formula: FORMULA,
    missing: MISSING,
    source: "Qlib",
    differences: DIFFERENCES,
    samples: &[
        "ChangeInstrument('S0000', $close / Ref($close, 1) - 1)",
        "Beta($close / Ref($close, 1) - 1, ChangeInstrument('S0002', $close / Ref($close, 1) - 1), 20)",
        "CsRank($close / ChangeInstrument('S0001', Mean($close, 5)))",
        "If(ChangeInstrument('S0003', $close > Mean($close, 20)), $high, $low)",
    ],
};

static MASK: Documentation = Documentation {
    name: "Mask",
    version: 1,
    meaning: "A series of another instrument beside every instrument; `ChangeInstrument` with its inputs swapped.",
    formula: FORMULA,
    missing: MISSING,
    source: "Qlib",
    differences: DIFFERENCES,
    samples: &["Mask($close, 'S0000')", "Corr($close, Mask(Mean($close, 3), 'S0001'), 10)"],
};
