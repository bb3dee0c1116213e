//! The position of a price in its range.

use super::{CLOSE, Entry, HIGH, LOW, Signature, X, average_kind, boxed, kind, page, period, several};
use crate::kernel::talib::{
    Average, Position, Stochastic, aroon, aroon_oscillator, commodity_channel, of_strength,
    position_in_range, ultimate,
};

const FAST: &[&str] = &["fastk", "fastd"];

pub(super) static TABLE: &[Entry] = &[
    Entry {
        documentation: page(
            "ta.STOCH",
            "The slow stochastic: where the close lies in the range of the last rows, smoothed, and smoothed again.",
            "k = 100 (close - lowest low) / (highest high - lowest low) over fastk_period rows, 0 without range; slowk = \
             ta.MA(k, slowk_period, slowk_matype); slowd = ta.MA(slowk, slowd_period, slowd_matype)",
            "TA-Lib 0.8.1, TA_STOCH; Lane (1984), Lane's stochastics",
            &[
                "ta.STOCH($high, $low, $close, 14, 3, slowd_period=3).slowk",
                "ta.STOCH($high, $low, $close, 14, 3, slowd_period=3).slowd",
                "ta.STOCH($high, $low, $close, 5, 3, 1, 4, 2).slowd",
            ],
        ),
        signature: several(
            &[
                HIGH,
                LOW,
                CLOSE,
                period("fastk_period", 1, 5),
                period("slowk_period", 1, 3),
                kind("slowk_matype", 0),
                period("slowd_period", 1, 3),
                kind("slowd_matype", 0),
            ],
            &["slowk", "slowd"],
        ),
        make: |arguments| {
            let first = Average::new(average_kind(arguments, 2, "slowk_matype")?, arguments.count(1));
            let second = Average::new(average_kind(arguments, 4, "slowd_matype")?, arguments.count(3));
            boxed(Stochastic::slow(arguments.count(0), first, second))
        },
    },
    Entry {
        documentation: page(
            "ta.STOCHF",
            "The fast stochastic: where the close lies in the range of the last rows, and that smoothed.",
            "fastk = 100 (close - lowest low) / (highest high - lowest low) over fastk_period rows, 0 without range; fastd = \
             ta.MA(fastk, fastd_period, fastd_matype)",
            "TA-Lib 0.8.1, TA_STOCHF; Lane (1984), Lane's stochastics",
            &["ta.STOCHF($high, $low, $close, 5, 3).fastk", "ta.STOCHF($high, $low, $close, 14, 4, 1).fastd"],
        ),
        signature: several(
            &[
                HIGH,
                LOW,
                CLOSE,
                period("fastk_period", 1, 5),
                period("fastd_period", 1, 3),
                kind("fastd_matype", 0),
            ],
            FAST,
        ),
        make: |arguments| {
            let second = Average::new(average_kind(arguments, 2, "fastd_matype")?, arguments.count(1));
            boxed(Stochastic::fast(arguments.count(0), second))
        },
    },
    Entry {
        documentation: page(
            "ta.STOCHRSI",
            "The fast stochastic of the relative strength index.",
            "ta.STOCHF of ta.RSI(x, timeperiod) in place of high, low and close",
            "TA-Lib 0.8.1, TA_STOCHRSI; Chande, Kroll (1994), The new technical trader",
            &["ta.STOCHRSI($close, 14, 5, 3).fastk", "ta.STOCHRSI($close, 7, 9, 3, 1).fastd"],
        ),
        signature: several(
            &[
                X,
                period("timeperiod", 2, 14),
                period("fastk_period", 1, 5),
                period("fastd_period", 1, 3),
                kind("fastd_matype", 0),
            ],
            FAST,
        ),
        make: |arguments| {
            let second = Average::new(average_kind(arguments, 3, "fastd_matype")?, arguments.count(2));
            boxed(of_strength(arguments.count(0), Stochastic::fast(arguments.count(1), second)))
        },
    },
    Entry {
        documentation: page(
            "ta.WILLR",
            "Williams' %R: how far the close lies below the highest high, in percent of the range.",
            "-100 (highest high - close) / (highest high - lowest low) over `timeperiod` rows; 0 without range",
            "TA-Lib 0.8.1, TA_WILLR; Williams (1973), How I made one million dollars",
            &["ta.WILLR($high, $low, $close, 14)", "ta.WILLR($high, $low, $close, 2)"],
        ),
        signature: Signature::new(&[HIGH, LOW, CLOSE, period("timeperiod", 2, 14)]),
        make: |arguments| boxed(position_in_range(Position::FromHigh, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.CCI",
            "Commodity channel index: how unusual the typical price is, in mean deviations.",
            "(p - mean p) / (0.015 mean |p - mean p|) over `timeperiod` rows, p = (high + low + close) / 3; 0 without deviation",
            "TA-Lib 0.8.1, TA_CCI; Lambert (1980), Commodity channel index",
            &["ta.CCI($high, $low, $close, 14)", "ta.CCI($high, $low, $close, 5)"],
        ),
        signature: Signature::new(&[HIGH, LOW, CLOSE, period("timeperiod", 2, 14)]),
        make: |arguments| boxed(commodity_channel(arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.AROON",
            "How recent the lowest low and the highest high are: 100 for the newest row, 0 for the oldest.",
            "100 (timeperiod - rows since the lowest low, or highest high) / timeperiod over timeperiod + 1 rows; of equal ones \
             the newest counts",
            "TA-Lib 0.8.1, TA_AROON; Chande (1995), A time price oscillator",
            &["ta.AROON($high, $low, 14).aroondown", "ta.AROON($high, $low, 5).aroonup"],
        ),
        signature: several(&[HIGH, LOW, period("timeperiod", 2, 14)], &["aroondown", "aroonup"]),
        make: |arguments| boxed(aroon(arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.AROONOSC",
            "The Aroon oscillator: above 0 where the high is more recent than the low.",
            "aroonup - aroondown of ta.AROON",
            "TA-Lib 0.8.1, TA_AROONOSC; Chande (1995), A time price oscillator",
            &["ta.AROONOSC($high, $low, 14)", "ta.AROONOSC($high, $low, 3)"],
        ),
        signature: Signature::new(&[HIGH, LOW, period("timeperiod", 2, 14)]),
        make: |arguments| boxed(aroon_oscillator(arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.ULTOSC",
            "Williams' ultimate oscillator: how far closes lie above the true low, in three windows.",
            "100 (4 a + 2 b + c) / 7; a, b, c = sum of close - min(low, close[t - 1]) over sum of true ranges, in the shortest, \
             middle and longest window; a window without range adds 0",
            "TA-Lib 0.8.1, TA_ULTOSC; Williams (1985), The ultimate oscillator",
            &["ta.ULTOSC($high, $low, $close, 7, 14, 28)", "ta.ULTOSC($high, $low, $close, 6, 2, 4)"],
        ),
        signature: Signature::new(&[
            HIGH,
            LOW,
            CLOSE,
            period("timeperiod1", 1, 7),
            period("timeperiod2", 1, 14),
            period("timeperiod3", 1, 28),
        ]),
        make: |arguments| boxed(ultimate([0, 1, 2].map(|i| arguments.count(i)))),
    },
];
