//! Sums and moments of a window.

use super::{Documentation, EXPANDING, RUNNING, Rolling, Shape, Spread, Statistic, Total};
use crate::kernel::rolling;

pub(super) static TABLE: &[Rolling] = &[
    Rolling {
        documentation: Documentation {
            name: "Sum",
            version: 2,
            meaning: "The sum over the last `length` sessions.",
            formula: "sum x",
            missing: "missing values are skipped; missing where fewer than `min` are present",
            source: "Qlib; pandas rolling",
            differences: RUNNING,
            samples: &["Sum($volume, 20)", "Sum($close > $open, 10)", "Sum($volume, 0)"],
        },
        shortest: 1,
        statistic: Statistic::Total(Total::Sum),
    },
    Rolling {
        documentation: Documentation {
            name: "Count",
            version: 1,
            meaning: "How many of the last `length` sessions have a value.",
            formula: "number of present values",
            missing: "never missing unless `min` asks for more than are present",
            source: "Qlib; pandas rolling",
            differences: EXPANDING,
            samples: &["Count($close, 20)"],
        },
        shortest: 1,
        statistic: Statistic::Alone(rolling::count),
    },
    Rolling {
        documentation: Documentation {
            name: "Std",
            version: 2,
            meaning: "The standard deviation over the last `length` sessions.",
            formula: "sqrt(sum (x - mean)^2 / (n - 1))",
            missing: "missing values are skipped; missing where fewer than `min` are present; needs two",
            source: "Qlib; pandas rolling",
            differences: RUNNING,
            samples: &["Std($close, 20)", "Std($close / Ref($close, 1) - 1, 60, min=30)", "Std($close, 0)"],
        },
        shortest: 1,
        statistic: Statistic::Spread(Spread::Std),
    },
    Rolling {
        documentation: Documentation {
            name: "Var",
            version: 2,
            meaning: "The variance over the last `length` sessions.",
            formula: "sum (x - mean)^2 / (n - 1)",
            missing: "missing values are skipped; missing where fewer than `min` are present; needs two",
            source: "Qlib; pandas rolling",
            differences: RUNNING,
            samples: &["Var($close, 20)"],
        },
        shortest: 1,
        statistic: Statistic::Spread(Spread::Variance),
    },
    Rolling {
        documentation: Documentation {
            name: "Skew",
            version: 2,
            meaning: "The skewness over the last `length` sessions: positive if the large moves are upwards.",
            formula: "n / ((n - 1)(n - 2)) sum ((x - mean) / std)^3",
            missing: "missing values are skipped; missing where fewer than `min` are present; needs three",
            source: "Qlib; pandas rolling",
            differences: RUNNING,
            samples: &["Skew($close, 20)"],
        },
        shortest: 3,
        statistic: Statistic::Shape(Shape::Skew),
    },
    Rolling {
        documentation: Documentation {
            name: "Kurt",
            version: 2,
            meaning: "The excess kurtosis over the last `length` sessions: how far the tails exceed those of a normal distribution.",
            formula: "n (n + 1) / ((n - 1)(n - 2)(n - 3)) sum ((x - mean) / std)^4 - 3 (n - 1)^2 / ((n - 2)(n - 3))",
            missing: "missing values are skipped; missing where fewer than `min` are present; needs four",
            source: "Qlib; pandas rolling",
            differences: RUNNING,
            samples: &["Kurt($close, 20)"],
        },
        shortest: 4,
        statistic: Statistic::Shape(Shape::Kurt),
    },
    Rolling {
        documentation: Documentation {
            name: "Mad",
            version: 2,
            meaning: "The mean distance from the mean over the last `length` sessions.",
            formula: "mean |x - mean|",
            missing: "missing values are skipped; missing where fewer than `min` are present",
            source: "Qlib",
            differences: EXPANDING,
            samples: &["Mad($close, 20)"],
        },
        shortest: 1,
        statistic: Statistic::Alone(rolling::mad),
    },
];
