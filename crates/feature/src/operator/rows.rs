//! The rows that windows count.

use super::{ArgumentFault, Arguments, Binding, Documentation, Operator, Parameter, Signature};

/// The operator `Rows(x, where)`.
pub(super) struct Rows;

/// Also what the canonical text of a view is spelled with that a file asks for by its key `rows`.
pub(crate) static ROWS: Documentation = Documentation {
    name: "Rows",
    version: 1,
    meaning: "An expression over the rows where a condition holds: windows, shifts and recursions in it count these \
              rows only, such as those with a trade.",
    formula: "x of the instrument's rows where the condition holds, as if there were no others; windows reach back over \
              as many sessions as it takes",
    missing: "missing on the rows where the condition does not hold; a comparison with a missing value does not hold. A \
              condition in place of x gives a number: 1, 0 or missing",
    source: "pandas: df[condition].groupby(instrument), put back on the index of df",
    differences: "",
    samples: &[
        "Rows(Mean($close, 20) / $close - 1, $volume > 3e5)",
        "Rows($close / Ref($close, 1) - 1, $close > $open)",
        "Rows(EMA($close, 12) > Mean($close, 20, min=5), $volume > Mean($volume, 5))",
        "Rows(ATRSimple($high, $low, $close, 14) / $close, ($volume > 3e5) & ($close > 20))",
        "Rows(Corr($close, $volume, 10) + Rank($close, 8), $volume > CsMedian($volume))",
        "CsRank(Rows(Std($close, 5), $volume > 3e5), by=sector)",
        "Mean(Rows($close, $volume > 3e5), 5)",
        "Rows(MACDFirst($close, 12, 26, 9).signal, $volume > 0)",
        "Rows($close / $open - 1, $volume > Ref($volume, 1))",
        "Rows(Mean($close > $open, 9), $close > $open)",
        "Rows(2, $volume > 3e5)",
    ],
};

impl Operator for Rows {
    fn documentation(&self) -> &Documentation {
        &ROWS
    }

    fn signature(&self) -> &Signature {
        const SIGNATURE: Signature =
            Signature::new(&[Parameter::over_rows("x"), Parameter::condition("where")]);
        &SIGNATURE
    }

    fn bind(&self, _: &Arguments) -> Result<Binding, ArgumentFault> {
        Ok(Binding::OverRows)
    }
}
