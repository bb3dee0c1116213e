//! Ranges of prices.

use super::{CLOSE, Entry, HIGH, LOW, Signature, boxed, page, period};
use crate::kernel::talib::{AverageRange, true_range};

pub(super) static TABLE: &[Entry] = &[
    Entry {
        documentation: page(
            "ta.ATR",
            "The average true range, by Wilder's smoothing.",
            "atr = atr[t - 1] + (TRANGE - atr[t - 1]) / timeperiod, from the mean of the first `timeperiod` true ranges on",
            "TA-Lib 0.8.1, TA_ATR; Wilder (1978), New concepts in technical trading systems",
            &["ta.ATR($high, $low, $close, 14)", "ta.ATR($high, $low, $close, 1)"],
        ),
        signature: Signature::new(&[HIGH, LOW, CLOSE, period("timeperiod", 1, 14)]),
        make: |arguments| boxed(AverageRange::absolute(arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.NATR",
            "The average true range in percent of the close, which compares instruments of different prices.",
            "100 ATR / close, 0 where the close is 0; the plain true range for a timeperiod of 1",
            "TA-Lib 0.8.1, TA_NATR; Forman (2006), Cross-market evaluations with normalized average true range",
            &["ta.NATR($high, $low, $close, 14)", "ta.NATR($high, $low, $close, 5)"],
        ),
        signature: Signature::new(&[HIGH, LOW, CLOSE, period("timeperiod", 1, 14)]),
        make: |arguments| boxed(AverageRange::in_percent(arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.TRANGE",
            "The range of a row, the gap from the close before included.",
            "max(high - low, |high - close[t - 1]|, |low - close[t - 1]|)",
            "TA-Lib 0.8.1, TA_TRANGE; Wilder (1978), New concepts in technical trading systems",
            &["ta.TRANGE($high, $low, $close)"],
        ),
        signature: Signature::new(&[HIGH, LOW, CLOSE]),
        make: |_| boxed(true_range()),
    },
];
