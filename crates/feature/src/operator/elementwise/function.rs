//! Functions of one row.

use super::{Documentation, Elementwise, Signature, Type, binary, unary};
use crate::operator::{ArgumentFault, Arguments, Binding, Bound, Operator, Parameter};

const ONE: Signature = Signature::new(&[Parameter::series("a")]);
const TWO: Signature = Signature::new(&[Parameter::series("a"), Parameter::series("b")]);

pub(super) static TABLE: &[Elementwise] = &[
    Elementwise {
        documentation: Documentation {
            name: "Abs",
            version: 1,
            meaning: "The size of a number without its sign.",
            formula: "|a|",
            missing: "missing where it is",
            source: "Qlib and NumPy",
            samples: &["Abs($close - $open)"],
        },
        signature: ONE,
        output: Type::Number,
        work: |inputs, out| unary(inputs, out, f64::abs),
    },
    Elementwise {
        documentation: Documentation {
            name: "Sign",
            version: 1,
            meaning: "The direction of a number: 1, 0 or -1.",
            formula: "1 if a > 0, -1 if a < 0, 0 if a = 0",
            missing: "missing where it is",
            source: "Qlib and NumPy",
            samples: &["Sign($close - $open)"],
        },
        signature: ONE,
        output: Type::Number,
        work: |inputs, out| unary(inputs, out, sign),
    },
    Elementwise {
        documentation: Documentation {
            name: "Log",
            version: 1,
            meaning: "The natural logarithm.",
            formula: "ln a",
            missing: "missing where it is, and for a negative number; minus infinity for 0",
            source: "Qlib and NumPy",
            samples: &["Log($close)", "Log($volume / Ref($volume, 1) + 1)"],
        },
        signature: ONE,
        output: Type::Number,
        work: |inputs, out| unary(inputs, out, libm::log),
    },
    Elementwise {
        documentation: Documentation {
            name: "Exp",
            version: 1,
            meaning: "The exponential function.",
            formula: "e^a",
            missing: "missing where it is",
            source: "NumPy",
            samples: &["Exp($close / $open - 1)"],
        },
        signature: ONE,
        output: Type::Number,
        work: |inputs, out| unary(inputs, out, libm::exp),
    },
    Elementwise {
        documentation: Documentation {
            name: "Sqrt",
            version: 1,
            meaning: "The square root.",
            formula: "sqrt(a)",
            missing: "missing where it is, and for a negative number",
            source: "NumPy",
            samples: &["Sqrt($volume)"],
        },
        signature: ONE,
        output: Type::Number,
        work: |inputs, out| unary(inputs, out, f64::sqrt),
    },
    Elementwise {
        documentation: Documentation {
            name: "Greater",
            version: 1,
            meaning: "The greater of two series, row by row (for the greatest of a window see `Max`).",
            formula: "max(a, b)",
            missing: "missing where either is",
            source: "Qlib and NumPy",
            samples: &["Greater($open, $close)", "Greater($close - Ref($close, 1), 0)"],
        },
        signature: TWO,
        output: Type::Number,
        work: |inputs, out| binary(inputs, out, greater),
    },
    Elementwise {
        documentation: Documentation {
            name: "Less",
            version: 1,
            meaning: "The lesser of two series, row by row (for the least of a window see `Min`).",
            formula: "min(a, b)",
            missing: "missing where either is",
            source: "Qlib and NumPy",
            samples: &["Less($open, $close)"],
        },
        signature: TWO,
        output: Type::Number,
        work: |inputs, out| binary(inputs, out, less),
    },
];

fn sign(a: f64) -> f64 {
    if a > 0.0 {
        1.0
    } else if a < 0.0 {
        -1.0
    } else {
        a + 0.0
    }
}

fn greater(a: f64, b: f64) -> f64 {
    if a >= b || a.is_nan() { a } else { b }
}

fn less(a: f64, b: f64) -> f64 {
    if a <= b || a.is_nan() { a } else { b }
}

/// `Clip(a, low, high)`.
pub(super) struct Clip;

static CLIP: Documentation = Documentation {
    name: "Clip",
    version: 1,
    meaning: "A series held between two bounds.",
    formula: "min(max(a, low), high)",
    missing: "missing where it is",
    source: "pandas",
    samples: &["Clip($close / $open - 1, -0.02, 0.02)"],
};

impl Operator for Clip {
    fn documentation(&self) -> &Documentation {
        &CLIP
    }

    fn signature(&self) -> &Signature {
        const BOUND: f64 = f64::INFINITY;
        const SIGNATURE: Signature = Signature::new(&[
            Parameter::series("a"),
            Parameter::number("low", -BOUND, BOUND),
            Parameter::number("high", -BOUND, BOUND),
        ]);
        &SIGNATURE
    }

    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault> {
        let (low, high) = (arguments.number(0), arguments.number(1));
        if low > high {
            return Err(ArgumentFault::new(
                "high",
                format!("the upper bound {high} is below the lower one {low}"),
            ));
        }
        Ok(Bound::rows(move |inputs, out| unary(inputs, out, |a| a.clamp(low, high))).into())
    }
}

#[cfg(test)]
mod tests {
    use super::{greater, less, sign};

    #[test]
    fn missing_stays_missing() {
        for f in [greater, less] {
            assert!(f(f64::NAN, 1.0).is_nan());
            assert!(f(1.0, f64::NAN).is_nan());
        }
        assert!(sign(f64::NAN).is_nan());
    }

    #[test]
    fn signs_have_one_zero() {
        assert_eq!(sign(-0.0).to_bits(), 0.0_f64.to_bits());
        assert_eq!([sign(-3.0), sign(f64::INFINITY)], [-1.0, 1.0]);
    }
}
