//! Volume that comes with rising and falling prices.

use super::{CLOSE, Entry, HIGH, LOW, Signature, VOLUME, X, boxed, page, period};
use crate::kernel::talib::{Accumulation, AccumulationOscillator, OnBalance, money_flow};

pub(super) static TABLE: &[Entry] = &[
    Entry {
        documentation: page(
            "ta.OBV",
            "On-balance volume: the volume of rows with a rising price less that of rows with a falling one.",
            "y = y[t - 1] + sign(x - x[t - 1]) volume, from the first row's volume on",
            "TA-Lib 0.8.1, TA_OBV; Granville (1963), New key to stock market profits",
            &["ta.OBV($close, $volume)", "ta.OBV($high, $volume)"],
        ),
        signature: Signature::new(&[X, VOLUME]),
        make: |_| boxed(OnBalance::default()),
    },
    Entry {
        documentation: page(
            "ta.AD",
            "Chaikin's accumulation and distribution line: volume, weighted by where the close lies in the range.",
            "y = y[t - 1] + ((close - low) - (high - close)) / (high - low) volume, from 0 on; a row without range adds 0",
            "TA-Lib 0.8.1, TA_AD",
            &["ta.AD($high, $low, $close, $volume)"],
        ),
        signature: Signature::new(&[HIGH, LOW, CLOSE, VOLUME]),
        make: |_| boxed(Accumulation::default()),
    },
    Entry {
        documentation: page(
            "ta.ADOSC",
            "Chaikin's oscillator: the momentum of the accumulation and distribution line.",
            "fast - slow exponential mean of ta.AD, weights 2 / (period + 1), both from its first value on; missing until the \
             longer period is full",
            "TA-Lib 0.8.1, TA_ADOSC",
            &[
                "ta.ADOSC($high, $low, $close, $volume, 3, 10)",
                "ta.ADOSC($high, $low, $close, $volume, 7, slowperiod=2)",
            ],
        ),
        signature: Signature::new(&[
            HIGH,
            LOW,
            CLOSE,
            VOLUME,
            period("fastperiod", 2, 3),
            period("slowperiod", 2, 10),
        ]),
        make: |arguments| boxed(AccumulationOscillator::new(arguments.count(0), arguments.count(1))),
    },
    Entry {
        documentation: page(
            "ta.MFI",
            "Money flow index: the share, in percent, of the money that was traded at rising prices.",
            "100 up / (up + down), sums of p volume over the last `timeperiod` rows on which p = (high + low + close) / 3 rose, or \
             fell; 0 where both are 0",
            "TA-Lib 0.8.1, TA_MFI; Quong, Soudack (1989), Volume-weighted RSI: money flow",
            &["ta.MFI($high, $low, $close, $volume, 14)", "ta.MFI($high, $low, $close, $volume, 2)"],
        ),
        signature: Signature::new(&[HIGH, LOW, CLOSE, VOLUME, period("timeperiod", 2, 14)]),
        make: |arguments| boxed(money_flow(arguments.count(0))),
    },
];
