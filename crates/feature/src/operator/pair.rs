//! Operators over the last sessions of two series of an instrument.
//!
//! To add one: an entry in the table.

use std::sync::Arc;

use super::{
    ArgumentFault, Arguments, Binding, Bound, Documentation, Operator, Parameter, Signature,
    rolling::{asked, look_back, member, window},
};
use crate::kernel::pair::{self, Statistic};

/// A statistic of two series over a window: `Name(x, y, length, min=1)`.
#[derive(Clone, Copy)]
struct Pair {
    documentation: Documentation,
    statistic: Statistic,
}

impl Operator for Pair {
    fn documentation(&self) -> &Documentation {
        &self.documentation
    }

    fn signature(&self) -> &Signature {
        const SIGNATURE: Signature = Signature::new(&[
            Parameter::series("x"),
            Parameter::series("y"),
            Parameter::window(),
            Parameter::min(),
        ]);
        &SIGNATURE
    }

    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault> {
        let window = window(arguments.count(0), arguments.count(1))?;
        let family = member(NAME, &ALL, self.statistic, window);
        let bound = Bound::family(look_back(window), family, move |inputs, sessions, requested| {
            pair::statistics(inputs[0], inputs[1], sessions, &mut asked(&ALL, window, requested));
        });
        Ok(bound.into())
    }
}

/// The name of their families.
const NAME: &str = "pair";

/// Whether a computation is one of these.
pub(crate) fn is_pair(bound: &Bound) -> bool {
    bound.family.as_ref().is_some_and(|family| family.name.split([' ', ',']).any(|word| word == NAME))
}

const ALL: [Statistic; 6] = [
    Statistic::Covariance,
    Statistic::Correlation,
    Statistic::Beta,
    Statistic::Alpha,
    Statistic::ResidualVolatility,
    Statistic::GuardedBeta,
];

pub(super) fn operators() -> Vec<Arc<dyn Operator>> {
    TABLE.iter().map(|&entry| Arc::new(entry) as Arc<dyn Operator>).collect()
}

const MISSING: &str =
    "sessions that lack either value are left out; missing below `min` pairs, and below two";

static TABLE: &[Pair] = &[
    Pair {
        documentation: Documentation {
            name: "Corr",
            version: 2,
            meaning: "How closely two series move together over the last `length` sessions, from -1 to 1.",
            formula: "cov(x, y) / (std x std y)",
            missing: "sessions that lack either value are left out; missing below `min` pairs, and where either \
                      standard deviation is at most 2e-5",
            source: "Qlib; pandas rolling.corr",
            differences: "pandas has values where a standard deviation is at most 2e-5; here, as in Qlib, they are missing. pandas, and so Qlib, moves running sums along; here a window is computed by itself",
            samples: &["Corr($close, $volume, 20)", "Corr($close, $volume, 60, min=30)"],
        },
        statistic: Statistic::Correlation,
    },
    Pair {
        documentation: Documentation {
            name: "Cov",
            version: 2,
            meaning: "The covariance of two series over the last `length` sessions.",
            formula: "sum (x - mean x)(y - mean y) / (n - 1)",
            missing: MISSING,
            source: "Qlib; pandas rolling.cov",
            differences: "pandas, and so Qlib, moves running sums along, which keep the rounding of what has left the window; here a window is computed by itself",
            samples: &["Cov($close, $open, 20)", "Cov($close, $open, 0)"],
        },
        statistic: Statistic::Covariance,
    },
    Pair {
        documentation: Documentation {
            name: "Beta",
            version: 2,
            meaning: "How much `x` moves when `y` moves by one, over the last `length` sessions.",
            formula: "cov(x, y) / var(y)",
            missing: "sessions that lack either value are left out; missing below `min` pairs, and where y is constant",
            source: "Sharpe (1964), Capital asset prices",
            differences: "",
            samples: &["Beta($close / Ref($close, 1) - 1, $volume / Ref($volume, 1) - 1, 60, min=30)"],
        },
        statistic: Statistic::Beta,
    },
    Pair {
        documentation: Documentation {
            name: "BetaGuarded",
            version: 1,
            meaning: "`Beta` where a market that hardly moves must not make it explode.",
            formula: "cov(x, y) / max(var(y), 1e-8), both with the divisor n",
            missing: MISSING,
            source: "the common pipeline for Korean stocks",
            differences: "",
            samples: &["BetaGuarded($close / Ref($close, 1) - 1, $open / Ref($open, 1) - 1, 60, min=30)"],
        },
        statistic: Statistic::GuardedBeta,
    },
    Pair {
        documentation: Documentation {
            name: "Alpha",
            version: 2,
            meaning: "What is left of the mean of `x` after its share in `y`, over the last `length` sessions.",
            formula: "mean x - beta mean y",
            missing: "sessions that lack either value are left out; missing below `min` pairs, and where y is constant",
            source: "Jensen (1968), The performance of mutual funds",
            differences: "",
            samples: &["Alpha($close, $open, 60, min=30)"],
        },
        statistic: Statistic::Alpha,
    },
    Pair {
        documentation: Documentation {
            name: "ResidualVol",
            version: 2,
            meaning: "How much `x` varies apart from its share in `y`, over the last `length` sessions.",
            formula: "sqrt(sum (x - alpha - beta y)^2 / (n - 2))",
            missing: "sessions that lack either value are left out; missing below `min` pairs, below three, and \
                      where y is constant",
            source: "Ang, Hodrick, Xing, Zhang (2006), The cross-section of volatility and expected returns",
            differences: "",
            samples: &["ResidualVol($close, $open, 60, min=30)"],
        },
        statistic: Statistic::ResidualVolatility,
    },
];
