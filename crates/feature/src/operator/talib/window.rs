//! Sums and extremes of a window.

use super::{Entry, HIGH, LOW, Signature, X, boxed, page, period, several};
use crate::kernel::talib::{Extreme, extreme, extremes, middle, sum};

const ONE: Signature = Signature::new(&[X, period("timeperiod", 2, 30)]);

pub(super) static TABLE: &[Entry] = &[
    Entry {
        documentation: page(
            "ta.SUM",
            "The sum of the last values.",
            "sum x over `timeperiod` values",
            "TA-Lib 0.8.1, TA_SUM",
            &["ta.SUM($volume, 20)", "ta.SUM($close, 2)"],
        ),
        signature: ONE,
        make: |arguments| boxed(sum(arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.MIN",
            "The lowest of the last values.",
            "min x over `timeperiod` values",
            "TA-Lib 0.8.1, TA_MIN",
            &["ta.MIN($low, 20)", "ta.MIN($low)"],
        ),
        signature: ONE,
        make: |arguments| boxed(extreme(Extreme::Lowest, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.MAX",
            "The highest of the last values.",
            "max x over `timeperiod` values",
            "TA-Lib 0.8.1, TA_MAX",
            &["ta.MAX($high, 20)", "ta.MAX($high)"],
        ),
        signature: ONE,
        make: |arguments| boxed(extreme(Extreme::Highest, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.MINMAX",
            "The lowest and the highest of the last values.",
            "min x and max x over `timeperiod` values",
            "TA-Lib 0.8.1, TA_MINMAX",
            &["ta.MINMAX($close, 20).min", "ta.MINMAX($close, 20).max"],
        ),
        signature: several(&[X, period("timeperiod", 2, 30)], &["min", "max"]),
        make: |arguments| boxed(extremes(arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.MIDPOINT",
            "The middle between the lowest and the highest of the last values.",
            "(max x + min x) / 2 over `timeperiod` values",
            "TA-Lib 0.8.1, TA_MIDPOINT",
            &["ta.MIDPOINT($close, 14)", "ta.MIDPOINT($close, 2)"],
        ),
        signature: Signature::new(&[X, period("timeperiod", 2, 14)]),
        make: |arguments| boxed(middle(arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.MIDPRICE",
            "The middle between the lowest low and the highest high of the last rows.",
            "(max high + min low) / 2 over `timeperiod` rows",
            "TA-Lib 0.8.1, TA_MIDPRICE",
            &["ta.MIDPRICE($high, $low, 14)", "ta.MIDPRICE($high, $low, 2)"],
        ),
        signature: Signature::new(&[HIGH, LOW, period("timeperiod", 2, 14)]),
        make: |arguments| boxed(middle(arguments.count(0))),
    },
];
