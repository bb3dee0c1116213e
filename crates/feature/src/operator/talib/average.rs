//! Moving averages.

use super::{Entry, Signature, X, average_kind, boxed, kind, page, period};
use crate::{
    kernel::talib::{Average, AverageKind, Smoothed},
    operator::Parameter,
};

const ONE: Signature = Signature::new(&[X, period("timeperiod", 1, 30)]);

pub(super) static TABLE: &[Entry] = &[
    Entry {
        documentation: page(
            "ta.SMA",
            "The simple moving average.",
            "mean of the last `timeperiod` values",
            "TA-Lib 0.8.1, TA_SMA",
            &["ta.SMA($close, 20)", "ta.SMA($close, 1)", "ta.SMA($close)"],
        ),
        signature: ONE,
        make: |arguments| boxed(Average::new(AverageKind::Simple, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.EMA",
            "The exponential moving average, which starts from a simple one.",
            "y = y[t - 1] + 2 / (timeperiod + 1) (x - y[t - 1]), from the mean of the first `timeperiod` values on",
            "TA-Lib 0.8.1, TA_EMA, its default compatibility",
            &["ta.EMA($close, 12)", "ta.EMA($close, 1)", "ta.EMA(ta.EMA($close, 5), 5)"],
        ),
        signature: ONE,
        make: |arguments| boxed(Average::smoothed(Smoothed::exponential(arguments.count(0)))),
    },
    Entry {
        documentation: page(
            "ta.WMA",
            "The moving average whose weights rise evenly to the newest value.",
            "sum k x / sum k, with k = 1 for the oldest value of the window and `timeperiod` for the newest",
            "TA-Lib 0.8.1, TA_WMA; not Qlib's `WMA`, which divides once more",
            &["ta.WMA($close, 10)", "ta.WMA($close, 2)"],
        ),
        signature: ONE,
        make: |arguments| boxed(Average::new(AverageKind::Weighted, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.DEMA",
            "The double exponential moving average, which lags less than a single one.",
            "2 e1 - e2, with e1 = EMA(x), e2 = EMA(e1)",
            "TA-Lib 0.8.1, TA_DEMA; Mulloy (1994), Smoothing data with faster moving averages",
            &["ta.DEMA($close, 10)", "ta.DEMA($close, 3)"],
        ),
        signature: ONE,
        make: |arguments| boxed(Average::new(AverageKind::DoubleExponential, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.TEMA",
            "The triple exponential moving average, which lags less than a single one.",
            "3 e1 - 3 e2 + e3, with e1 = EMA(x), e2 = EMA(e1), e3 = EMA(e2)",
            "TA-Lib 0.8.1, TA_TEMA; Mulloy (1994), Smoothing data with faster moving averages",
            &["ta.TEMA($close, 10)", "ta.TEMA($close, 3)"],
        ),
        signature: ONE,
        make: |arguments| boxed(Average::new(AverageKind::TripleExponential, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.TRIMA",
            "The triangular moving average, whose weights rise to the middle of the window and fall again.",
            "SMA(SMA(x, m), timeperiod + 1 - m), with m half of timeperiod, rounded up",
            "TA-Lib 0.8.1, TA_TRIMA",
            &["ta.TRIMA($close, 10)", "ta.TRIMA($close, 7)"],
        ),
        signature: ONE,
        make: |arguments| boxed(Average::new(AverageKind::Triangular, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.KAMA",
            "Kaufman's adaptive moving average: fast where the price goes straight, slow where it goes to and fro.",
            "y = y[t - 1] + w^2 (x - y[t - 1]); w = e 2/3 + (1 - e) 2/31; e = |x - x[t - timeperiod]| / sum |x - x[t - 1]|; \
             from the value before the first result on; x itself for a timeperiod of 1",
            "TA-Lib 0.8.1, TA_KAMA; Kaufman (1995), Smarter trading",
            &["ta.KAMA($close, 10)", "ta.KAMA($close, 2)"],
        ),
        signature: ONE,
        make: |arguments| boxed(Average::new(AverageKind::Adaptive, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.T3",
            "Tillson's moving average: smooth, and with little lag.",
            "g(g(g(x))), with g(x) = (1 + vfactor) EMA(x) - vfactor EMA(EMA(x))",
            "TA-Lib 0.8.1, TA_T3; Tillson (1998), Smoothing techniques for more accurate signals",
            &["ta.T3($close, 5, 0.7)", "ta.T3($close, 4, vfactor=0.2)"],
        ),
        signature: Signature::new(&[
            X,
            period("timeperiod", 1, 5),
            Parameter::number("vfactor", 0.0, 1.0).or(0.7),
        ]),
        make: |arguments| boxed(Average::tillson(arguments.count(0), arguments.number(1))),
    },
    Entry {
        documentation: page(
            "ta.MA",
            "A moving average, its kind chosen by number.",
            "0 SMA, 1 EMA, 2 WMA, 3 DEMA, 4 TEMA, 5 TRIMA, 6 KAMA, 8 T3; the value itself for a timeperiod of 1",
            "TA-Lib 0.8.1, TA_MA, without 7, MAMA",
            &["ta.MA($close, 10, 0)", "ta.MA($close, 10, matype=1)", "ta.MA($close, 5, 8)"],
        ),
        signature: Signature::new(&[X, period("timeperiod", 1, 30), kind("matype", 0)]),
        make: |arguments| boxed(Average::new(average_kind(arguments, 1, "matype")?, arguments.count(0))),
    },
];
