//! Comparisons: conditions, which are never missing.

use super::{Documentation, Elementwise, Signature, ValueType, binary, truth};
use crate::operator::Parameter;

const TWO: Signature = Signature::new(&[Parameter::series("a"), Parameter::series("b")]);
const SWAPPABLE: Signature = Signature { commutative: true, ..TWO };

pub(super) static TABLE: &[Elementwise] = &[
    Elementwise {
        documentation: Documentation {
            name: "Gt",
            version: 1,
            meaning: "Whether one series is greater than another; written `a > b`.",
            formula: "a > b",
            missing: "false where either is missing",
            source: "Qlib and NumPy",
            differences: "",
            samples: &["$close > $open", "Gt($volume, Ref($volume, 1))"],
        },
        signature: TWO,
        output: ValueType::Boolean,
        work: |inputs, out| binary(inputs, out, |a, b| truth(a > b)),
    },
    Elementwise {
        documentation: Documentation {
            name: "Ge",
            version: 1,
            meaning: "Whether one series is at least another; written `a >= b`.",
            formula: "a >= b",
            missing: "false where either is missing",
            source: "Qlib and NumPy",
            differences: "",
            samples: &["$close >= $open", "Ge($volume, Ref($volume, 1))"],
        },
        signature: TWO,
        output: ValueType::Boolean,
        work: |inputs, out| binary(inputs, out, |a, b| truth(a >= b)),
    },
    Elementwise {
        documentation: Documentation {
            name: "Lt",
            version: 1,
            meaning: "Whether one series is less than another; written `a < b`.",
            formula: "a < b",
            missing: "false where either is missing",
            source: "Qlib and NumPy",
            differences: "",
            samples: &["$close < $open", "Lt($volume, Ref($volume, 1))"],
        },
        signature: TWO,
        output: ValueType::Boolean,
        work: |inputs, out| binary(inputs, out, |a, b| truth(a < b)),
    },
    Elementwise {
        documentation: Documentation {
            name: "Le",
            version: 1,
            meaning: "Whether one series is at most another; written `a <= b`.",
            formula: "a <= b",
            missing: "false where either is missing",
            source: "Qlib and NumPy",
            differences: "",
            samples: &["$close <= $open", "Le($volume, Ref($volume, 1))"],
        },
        signature: TWO,
        output: ValueType::Boolean,
        work: |inputs, out| binary(inputs, out, |a, b| truth(a <= b)),
    },
    Elementwise {
        documentation: Documentation {
            name: "Eq",
            version: 1,
            meaning: "Whether one series is equal to another; written `a == b`.",
            formula: "a == b",
            missing: "false where either is missing",
            source: "Qlib and NumPy",
            differences: "",
            samples: &["$close == $open", "Eq($volume, Ref($volume, 1))"],
        },
        signature: SWAPPABLE,
        output: ValueType::Boolean,
        work: |inputs, out| binary(inputs, out, |a, b| truth(a == b)),
    },
    Elementwise {
        documentation: Documentation {
            name: "Ne",
            version: 1,
            meaning: "Whether one series is different from another; written `a != b`.",
            formula: "a != b",
            missing: "true where either is missing",
            source: "Qlib and NumPy",
            differences: "",
            samples: &["$close != $open", "Ne($volume, Ref($volume, 1))"],
        },
        signature: SWAPPABLE,
        output: ValueType::Boolean,
        work: |inputs, out| binary(inputs, out, |a, b| truth(a != b)),
    },
];
