//! Greatest and least of a window.

use super::{Documentation, EXPANDING, Rolling, Statistic};
use crate::kernel::rolling;

pub(super) static TABLE: &[Rolling] = &[
    Rolling {
        documentation: Documentation {
            name: "Max",
            version: 1,
            meaning: "The greatest value of the last `length` sessions.",
            formula: "max x",
            missing: "missing values are skipped; missing where fewer than `min` are present",
            source: "Qlib; pandas rolling",
            differences: EXPANDING,
            samples: &["Max($high, 20)", "Max($high, 252, min=126)", "Max($high, 0)"],
        },
        shortest: 1,
        statistic: Statistic::Alone(rolling::max),
    },
    Rolling {
        documentation: Documentation {
            name: "Min",
            version: 1,
            meaning: "The least value of the last `length` sessions.",
            formula: "min x",
            missing: "missing values are skipped; missing where fewer than `min` are present",
            source: "Qlib; pandas rolling",
            differences: EXPANDING,
            samples: &["Min($low, 20)", "Min($low, 252, min=126)", "Min($low, 0)"],
        },
        shortest: 1,
        statistic: Statistic::Alone(rolling::min),
    },
    Rolling {
        documentation: Documentation {
            name: "IdxMax",
            version: 1,
            meaning: "How long ago the greatest value was, counted from the window's oldest session.",
            formula: "1 + position of the first greatest value; the oldest session of the window is 1",
            missing: "a missing value inside the window wins: the position of the first one, as in Qlib",
            source: "Qlib: pandas rolling.apply(argmax)",
            differences: EXPANDING,
            samples: &["IdxMax($high, 20)"],
        },
        shortest: 1,
        statistic: Statistic::Alone(rolling::idx_max),
    },
    Rolling {
        documentation: Documentation {
            name: "IdxMin",
            version: 1,
            meaning: "How long ago the least value was, counted from the window's oldest session.",
            formula: "1 + position of the first least value; the oldest session of the window is 1",
            missing: "a missing value inside the window wins: the position of the first one, as in Qlib",
            source: "Qlib: pandas rolling.apply(argmin)",
            differences: EXPANDING,
            samples: &["IdxMin($low, 20)"],
        },
        shortest: 1,
        statistic: Statistic::Alone(rolling::idx_min),
    },
];
