//! Prices that stand for a row, and the balance of its open and close.

use std::sync::Arc;

use super::{
    ArgumentFault, Arguments, Binding, Bound, CLOSE, Documentation, HIGH, LOW, OPEN, Operator, Signature,
};

/// A number of each row alone.
#[derive(Clone, Copy)]
struct Price {
    documentation: Documentation,
    signature: Signature,
    /// From the inputs of a row, all of which are present.
    of: fn(&[f64]) -> f64,
}

impl Operator for Price {
    fn documentation(&self) -> &Documentation {
        &self.documentation
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn bind(&self, _: &Arguments) -> Result<Binding, ArgumentFault> {
        let of = self.of;
        let work = move |inputs: &[&[f64]], out: &mut [f64]| {
            for (row, out) in out.iter_mut().enumerate() {
                let mut bar = [0.0; 4];
                for (value, input) in bar.iter_mut().zip(inputs) {
                    *value = input[row];
                }
                let value = if bar.iter().all(|value| value.is_finite()) { of(&bar) } else { f64::NAN };
                *out = if value.is_nan() { f64::NAN } else { value };
            }
        };
        Ok(Bound::rows(work).into())
    }
}

pub(super) fn operators() -> impl Iterator<Item = Arc<dyn Operator>> {
    TABLE.iter().map(|&entry| Arc::new(entry) as Arc<dyn Operator>)
}

/// The entry of the handbook.
const fn page(
    name: &'static str,
    meaning: &'static str,
    formula: &'static str,
    source: &'static str,
    samples: &'static [&'static str],
) -> Documentation {
    Documentation {
        missing: "missing where an input is missing or infinite",
        differences: "",
        ..super::page(name, meaning, formula, source, samples)
    }
}

static TABLE: &[Price] = &[
    Price {
        documentation: page(
            "ta.AVGPRICE",
            "The mean of the four prices of a row.",
            "(open + high + low + close) / 4",
            "TA-Lib 0.8.1, TA_AVGPRICE",
            &["ta.AVGPRICE($open, $high, $low, $close)"],
        ),
        signature: Signature::new(&[OPEN, HIGH, LOW, CLOSE]),
        of: |bar| (bar[0] + bar[1] + bar[2] + bar[3]) / 4.0,
    },
    Price {
        documentation: page(
            "ta.MEDPRICE",
            "The middle of a row's range.",
            "(high + low) / 2",
            "TA-Lib 0.8.1, TA_MEDPRICE",
            &["ta.MEDPRICE($high, $low)"],
        ),
        signature: Signature::new(&[HIGH, LOW]),
        of: |bar| bar[0].midpoint(bar[1]),
    },
    Price {
        documentation: page(
            "ta.TYPPRICE",
            "The typical price of a row.",
            "(high + low + close) / 3",
            "TA-Lib 0.8.1, TA_TYPPRICE",
            &["ta.TYPPRICE($high, $low, $close)"],
        ),
        signature: Signature::new(&[HIGH, LOW, CLOSE]),
        of: |bar| (bar[0] + bar[1] + bar[2]) / 3.0,
    },
    Price {
        documentation: page(
            "ta.WCLPRICE",
            "The typical price of a row, the close weighted twice.",
            "(high + low + 2 close) / 4",
            "TA-Lib 0.8.1, TA_WCLPRICE",
            &["ta.WCLPRICE($high, $low, $close)"],
        ),
        signature: Signature::new(&[HIGH, LOW, CLOSE]),
        of: |bar| (bar[0] + bar[1] + 2.0 * bar[2]) / 4.0,
    },
    Price {
        documentation: page(
            "ta.BOP",
            "Balance of power: where in its range a row moved to, from -1 to 1.",
            "(close - open) / (high - low); 0 without range",
            "TA-Lib 0.8.1, TA_BOP",
            &["ta.BOP($open, $high, $low, $close)"],
        ),
        signature: Signature::new(&[OPEN, HIGH, LOW, CLOSE]),
        of: |bar| if bar[1] - bar[2] <= 0.0 { 0.0 } else { (bar[3] - bar[0]) / (bar[1] - bar[2]) },
    },
];
