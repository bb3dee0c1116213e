//! Arithmetic, as IEEE 754 has it.

use super::{Documentation, Elementwise, Signature, ValueType, binary, unary};
use crate::operator::Parameter;

const ONE: Signature = Signature::new(&[Parameter::series("a")]);
const TWO: Signature = Signature::new(&[Parameter::series("a"), Parameter::series("b")]);
/// Sums and products are the same to the bit whichever operand comes first.
const SWAPPABLE: Signature = Signature { commutative: true, ..TWO };

pub(super) static TABLE: &[Elementwise] = &[
    Elementwise {
        documentation: Documentation {
            name: "Add",
            version: 1,
            meaning: "The sum of two series; written `a + b`.",
            formula: "a + b",
            missing: "missing where either is",
            source: "Qlib and NumPy",
            differences: "",
            samples: &["$open + $close", "Add($close, 1)"],
        },
        signature: SWAPPABLE,
        output: ValueType::Number,
        work: |inputs, out| binary(inputs, out, |a, b| a + b),
    },
    Elementwise {
        documentation: Documentation {
            name: "Sub",
            version: 1,
            meaning: "The difference of two series; written `a - b`.",
            formula: "a - b",
            missing: "missing where either is",
            source: "Qlib and NumPy",
            differences: "",
            samples: &["$close - $open", "Sub(1, $close)"],
        },
        signature: TWO,
        output: ValueType::Number,
        work: |inputs, out| binary(inputs, out, |a, b| a - b),
    },
    Elementwise {
        documentation: Documentation {
            name: "Mul",
            version: 1,
            meaning: "The product of two series; written `a * b`.",
            formula: "a * b",
            missing: "missing where either is",
            source: "Qlib and NumPy",
            differences: "",
            samples: &["$close * $volume", "Mul($close, 0.5)"],
        },
        signature: SWAPPABLE,
        output: ValueType::Number,
        work: |inputs, out| binary(inputs, out, |a, b| a * b),
    },
    Elementwise {
        documentation: Documentation {
            name: "Div",
            version: 1,
            meaning: "The ratio of two series; written `a / b`.",
            formula: "a / b",
            missing: "missing where either is, and for 0 / 0; another number over 0 is infinite, which windows and cross-sections take as missing",
            source: "Qlib and NumPy",
            differences: "",
            samples: &["$close / $open", "Div($close, $volume - $volume)"],
        },
        signature: TWO,
        output: ValueType::Number,
        work: |inputs, out| binary(inputs, out, |a, b| a / b),
    },
    Elementwise {
        documentation: Documentation {
            name: "Power",
            version: 1,
            meaning: "A series to a power; written `a ** b`.",
            formula: "a^b",
            missing: "missing where either is (but x ** 0 and 1 ** x are 1), and for a fraction of a negative number",
            source: "Qlib and NumPy",
            differences: "",
            samples: &["$close ** 2", "Power($close / $open, 0.5)", "($close - $open) ** -1"],
        },
        signature: TWO,
        output: ValueType::Number,
        work: |inputs, out| binary(inputs, out, power),
    },
    Elementwise {
        documentation: Documentation {
            name: "Neg",
            version: 1,
            meaning: "A series with its sign changed; written `-a`.",
            formula: "-a",
            missing: "missing where it is",
            source: "Qlib and NumPy",
            differences: "",
            samples: &["-$close"],
        },
        signature: ONE,
        output: ValueType::Number,
        work: |inputs, out| unary(inputs, out, |a| -a),
    },
];

/// Squares and reciprocals are exact to half a unit in the last place; every other power is `libm`'s.
fn power(a: f64, b: f64) -> f64 {
    if b == 2.0 {
        a * a
    } else if b == -1.0 {
        1.0 / a
    } else {
        libm::pow(a, b)
    }
}

#[cfg(test)]
mod tests {
    use super::power;

    #[test]
    fn powers_of_edge_cases() {
        assert_eq!(power(-2.0, 3.0), -8.0);
        assert_eq!(power(-3.0, 2.0), 9.0);
        assert_eq!(power(0.0, -1.0), f64::INFINITY);
        assert!(power(-2.0, 0.5).is_nan());
        assert!(power(f64::NAN, 2.0).is_nan());
        assert_eq!(power(f64::NAN, 0.0), 1.0);
    }
}
