//! Logic over conditions.

use super::{Documentation, Elementwise, Signature, ValueType, binary, truth, unary};
use crate::operator::{ArgumentFault, Arguments, Binding, Bound, Operator, Parameter};

const VALUE: Signature = Signature::new(&[Parameter::series("a")]);
const ONE: Signature = Signature::new(&[Parameter::condition("a")]);
const TWO: Signature = Signature::new(&[Parameter::condition("a"), Parameter::condition("b")]);
const SWAPPABLE: Signature = Signature { commutative: true, ..TWO };

pub(super) static TABLE: &[Elementwise] = &[
    Elementwise {
        documentation: Documentation {
            name: "And",
            version: 1,
            meaning: "Whether both conditions hold; written `a & b`, which binds tighter than comparisons.",
            formula: "a and b",
            missing: "conditions are never missing",
            source: "Qlib and NumPy",
            differences: "",
            samples: &["($close > $open) & ($volume > 0)"],
        },
        signature: SWAPPABLE,
        output: ValueType::Boolean,
        work: |inputs, out| binary(inputs, out, |a, b| truth(a != 0.0 && b != 0.0)),
    },
    Elementwise {
        documentation: Documentation {
            name: "Or",
            version: 1,
            meaning: "Whether at least one of two conditions holds; written `a | b`, which binds tighter than comparisons.",
            formula: "a or b",
            missing: "conditions are never missing",
            source: "Qlib and NumPy",
            differences: "",
            samples: &["($close > $open) | ($volume > 0)"],
        },
        signature: SWAPPABLE,
        output: ValueType::Boolean,
        work: |inputs, out| binary(inputs, out, |a, b| truth(a != 0.0 || b != 0.0)),
    },
    Elementwise {
        documentation: Documentation {
            name: "Not",
            version: 1,
            meaning: "Whether a condition does not hold; written `~a` or `!a`.",
            formula: "not a",
            missing: "conditions are never missing",
            source: "Qlib and NumPy",
            differences: "",
            samples: &["~($close > $open)"],
        },
        signature: ONE,
        output: ValueType::Boolean,
        work: |inputs, out| unary(inputs, out, |a| truth(a == 0.0)),
    },
    Elementwise {
        documentation: Documentation {
            name: "IsNull",
            version: 1,
            meaning: "Whether a value is missing.",
            formula: "a is NaN",
            missing: "true where it is missing; an infinite value is not missing",
            source: "pandas",
            differences: "",
            samples: &["IsNull($close)", "Mean(IsNull($close), 20)"],
        },
        signature: VALUE,
        output: ValueType::Boolean,
        work: |inputs, out| unary(inputs, out, |a| truth(a.is_nan())),
    },
];

/// The operator `If(condition, a, b)`.
pub(super) struct If;

static IF: Documentation = Documentation {
    name: "If",
    version: 1,
    meaning: "One series where a condition holds, another where it does not.",
    formula: "a where condition != 0, else b",
    missing: "a missing condition (of a number) counts as true, as in NumPy; otherwise missing where the chosen one is",
    source: "Qlib: numpy.where",
    differences: "",
    samples: &[
        "If($close > $open, $high, $low)",
        "If($close > $open, $volume > 1e5, $volume > 2e5)",
        "If($close, 1, 0)",
    ],
};

impl Operator for If {
    fn documentation(&self) -> &Documentation {
        &IF
    }

    fn signature(&self) -> &Signature {
        const SIGNATURE: Signature =
            Signature::new(&[Parameter::series("condition"), Parameter::series("a"), Parameter::series("b")]);
        &SIGNATURE
    }

    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault> {
        let bound = Bound::rows(|inputs, out| {
            let choices = inputs[0].iter().zip(inputs[1]).zip(inputs[2]);
            for (out, ((&condition, &a), &b)) in out.iter_mut().zip(choices) {
                *out = if condition == 0.0 { b } else { a };
            }
        });
        let both = arguments.types()[1..].iter().all(|&chosen| chosen == ValueType::Boolean);
        Ok(if both { bound.boolean() } else { bound }.into())
    }
}
