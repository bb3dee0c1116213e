//! Changes of a price, and the strength of its gains.

use super::{Entry, Signature, X, boxed, page, period};
use crate::kernel::talib::{Change, Scale, Strength, change, triple_smoothed_change};

const CHANGE: Signature = Signature::new(&[X, period("timeperiod", 1, 10)]);
const STRENGTH: Signature = Signature::new(&[X, period("timeperiod", 2, 14)]);

pub(super) static TABLE: &[Entry] = &[
    Entry {
        documentation: page(
            "ta.MOM",
            "Momentum: how far the price moved.",
            "x - x[t - timeperiod]",
            "TA-Lib 0.8.1, TA_MOM",
            &["ta.MOM($close, 10)", "ta.MOM($close, 1)"],
        ),
        signature: CHANGE,
        make: |arguments| boxed(change(Change::Momentum, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.ROC",
            "Rate of change, in percent.",
            "100 (x / x[t - timeperiod] - 1); 0 where the earlier value is 0",
            "TA-Lib 0.8.1, TA_ROC",
            &["ta.ROC($close, 10)", "ta.ROC($close)"],
        ),
        signature: CHANGE,
        make: |arguments| boxed(change(Change::Percent, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.ROCP",
            "Rate of change: the return over `timeperiod` rows.",
            "x / x[t - timeperiod] - 1; 0 where the earlier value is 0",
            "TA-Lib 0.8.1, TA_ROCP",
            &["ta.ROCP($close, 10)", "ta.ROCP($volume, 1)"],
        ),
        signature: CHANGE,
        make: |arguments| boxed(change(Change::Rate, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.ROCR",
            "Ratio of a price to an earlier one.",
            "x / x[t - timeperiod]; 0 where the earlier value is 0",
            "TA-Lib 0.8.1, TA_ROCR",
            &["ta.ROCR($close, 10)", "ta.ROCR($volume, 1)"],
        ),
        signature: CHANGE,
        make: |arguments| boxed(change(Change::Ratio, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.ROCR100",
            "Ratio of a price to an earlier one, in percent.",
            "100 x / x[t - timeperiod]; 0 where the earlier value is 0",
            "TA-Lib 0.8.1, TA_ROCR100",
            &["ta.ROCR100($close, 10)", "ta.ROCR100($volume, 3)"],
        ),
        signature: CHANGE,
        make: |arguments| boxed(change(Change::Ratio100, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.RSI",
            "The relative strength index: 100 if all recent moves were up, 0 if down, by Wilder's smoothing.",
            "100 gain / (gain + loss), where gain and loss are smoothed as y = y[t - 1] + (x - y[t - 1]) / timeperiod, from \
             the mean of the first `timeperiod` changes on; 0 where nothing moves",
            "TA-Lib 0.8.1, TA_RSI; Wilder (1978), New concepts in technical trading systems",
            &["ta.RSI($close, 14)", "ta.RSI($close, timeperiod=2)", "ta.RSI($close)"],
        ),
        signature: STRENGTH,
        make: |arguments| boxed(Strength::new(Scale::FromZero, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.CMO",
            "Chande's momentum oscillator: gains less losses, in percent of both, by Wilder's smoothing.",
            "100 (gain - loss) / (gain + loss), smoothed as in ta.RSI; 0 where nothing moves",
            "TA-Lib 0.8.1, TA_CMO, which smooths where Chande, Kroll (1994), The new technical trader, sums",
            &["ta.CMO($close, 14)", "ta.CMO($close, 3)"],
        ),
        signature: STRENGTH,
        make: |arguments| boxed(Strength::new(Scale::AroundZero, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.TRIX",
            "The change, in percent, of a price that is smoothed three times.",
            "100 (e / e[t - 1] - 1), with e = EMA(EMA(EMA(x)))",
            "TA-Lib 0.8.1, TA_TRIX; Hutson (1983), Good TRIX",
            &["ta.TRIX($close, 15)", "ta.TRIX($close, 2)"],
        ),
        signature: Signature::new(&[X, period("timeperiod", 1, 30)]),
        make: |arguments| boxed(triple_smoothed_change(arguments.count(0))),
    },
];
