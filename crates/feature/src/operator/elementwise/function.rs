//! Functions of one row.

use super::{Documentation, Elementwise, Signature, ValueType, binary, unary};
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
            differences: "",
            samples: &["Abs($close - $open)"],
        },
        signature: ONE,
        output: ValueType::Number,
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
            differences: "",
            samples: &["Sign($close - $open)"],
        },
        signature: ONE,
        output: ValueType::Number,
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
            differences: "",
            samples: &["Log($close)", "Log($volume / Ref($volume, 1) + 1)"],
        },
        signature: ONE,
        output: ValueType::Number,
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
            differences: "",
            samples: &["Exp($close / $open - 1)"],
        },
        signature: ONE,
        output: ValueType::Number,
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
            differences: "",
            samples: &["Sqrt($volume)"],
        },
        signature: ONE,
        output: ValueType::Number,
        work: |inputs, out| unary(inputs, out, f64::sqrt),
    },
    Elementwise {
        documentation: Documentation {
            name: "Positive",
            version: 1,
            meaning: "A number where it is above 0: for denominators, since earnings over a negative equity say nothing.",
            formula: "a where a > 0",
            missing: "missing elsewhere",
            source: "ours; pandas: a.where(a > 0)",
            differences: "",
            samples: &["$volume / Positive($close - $open)"],
        },
        signature: ONE,
        output: ValueType::Number,
        work: |inputs, out| unary(inputs, out, |a| if a > 0.0 { a } else { f64::NAN }),
    },
    Elementwise {
        documentation: Documentation {
            name: "IfMissing",
            version: 1,
            meaning: "A series, and where it is missing another one.",
            formula: "a, or b where a is missing",
            missing: "missing where both are",
            source: "ours; pandas: a.fillna(b)",
            differences: "",
            samples: &["IfMissing($close / Ref($close, 5) - 1, 0)"],
        },
        signature: TWO,
        output: ValueType::Number,
        work: |inputs, out| binary(inputs, out, |a, b| if a.is_nan() { b } else { a }),
    },
    Elementwise {
        documentation: Documentation {
            name: "Greater",
            version: 1,
            meaning: "The greater of two series, row by row (for the greatest of a window see `Max`).",
            formula: "max(a, b)",
            missing: "missing where either is",
            source: "Qlib and NumPy",
            differences: "",
            samples: &["Greater($open, $close)", "Greater($close - Ref($close, 1), 0)"],
        },
        signature: TWO,
        output: ValueType::Number,
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
            differences: "",
            samples: &["Less($open, $close)"],
        },
        signature: TWO,
        output: ValueType::Number,
        work: |inputs, out| binary(inputs, out, less),
    },
    Elementwise {
        documentation: Documentation {
            name: "Noise",
            version: 1,
            meaning: "A number that looks drawn at random and holds no information: a placebo for studies.",
            formula: "the bits of a and of the seed b, mixed, as a fraction from 0 to 1; equal inputs give equal noise",
            missing: "missing where either is",
            source: "mixing: Steele, Lea, Flood (2014), \"Fast splittable pseudorandom number generators\", OOPSLA",
            differences: "",
            samples: &["Noise($close, 1)", "Noise($close * $volume, 2)"],
        },
        signature: TWO,
        output: ValueType::Number,
        work: |inputs, out| binary(inputs, out, noise),
    },
];

fn noise(a: f64, seed: f64) -> f64 {
    if a.is_nan() || seed.is_nan() {
        return f64::NAN;
    }
    let mut state = 0_u64;
    for bits in [seed.to_bits(), a.to_bits()] {
        state = (state ^ bits).wrapping_add(0x9e37_79b9_7f4a_7c15);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^= state >> 31;
    }
    (state >> 11) as f64 / (1_u64 << 53) as f64
}

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

/// The operator `Clip(a, low, high)`.
pub(super) struct Clip;

static CLIP: Documentation = Documentation {
    name: "Clip",
    version: 1,
    meaning: "A series held between two bounds.",
    formula: "min(max(a, low), high)",
    missing: "missing where it is",
    source: "pandas",
    differences: "",
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
    use super::{greater, less, noise, sign};

    #[test]
    fn missing_stays_missing() {
        for f in [greater, less] {
            assert!(f(f64::NAN, 1.0).is_nan());
            assert!(f(1.0, f64::NAN).is_nan());
        }
        assert!(sign(f64::NAN).is_nan());
    }

    #[test]
    fn noise_is_even_and_repeats() {
        let values = (0..10_000).map(|n| noise(100.0 + f64::from(n) / 64.0, 7.0)).collect::<Vec<_>>();
        assert_eq!(values[5].to_bits(), noise(100.0 + 5.0 / 64.0, 7.0).to_bits());
        let mean = values.iter().sum::<f64>() / 1e4;
        let pairs = values.windows(2).map(|pair| (pair[0] - 0.5) * (pair[1] - 0.5)).sum::<f64>() / 1e4;
        assert!((mean - 0.5).abs() < 0.015 && pairs.abs() < 0.004, "{mean} {pairs}");
        assert!(noise(f64::NAN, 1.0).is_nan() && noise(1.0, 1.0) != noise(1.0, 2.0));
    }

    #[test]
    fn signs_have_one_zero() {
        assert_eq!(sign(-0.0).to_bits(), 0.0_f64.to_bits());
        assert_eq!([sign(-3.0), sign(f64::INFINITY)], [-1.0, 1.0]);
    }
}
