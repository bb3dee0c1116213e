//! Wilder's directional movement system, and his stop.

use super::{CLOSE, Entry, HIGH, LOW, Signature, boxed, factor, page, period};
use crate::kernel::talib::{Direction, DirectionalMovement, Index, Parabolic, TrendIndex};

const MOVEMENT: Signature = Signature::new(&[HIGH, LOW, period("timeperiod", 1, 14)]);
const INDICATOR: Signature = Signature::new(&[HIGH, LOW, CLOSE, period("timeperiod", 1, 14)]);
const INDEX: Signature = Signature::new(&[HIGH, LOW, CLOSE, period("timeperiod", 2, 14)]);

pub(super) static TABLE: &[Entry] = &[
    Entry {
        documentation: page(
            "ta.PLUS_DM",
            "Plus directional movement: how far the highs rose beyond those before, where they rose more than the lows fell.",
            "s = s[t - 1] - s[t - 1] / timeperiod + m, from the sum of the first timeperiod - 1 movements m on; m = high - \
             high[t - 1] if that is above 0 and above low[t - 1] - low, else 0; for a timeperiod of 1, m itself",
            "TA-Lib 0.8.1, TA_PLUS_DM; Wilder (1978), New concepts in technical trading systems",
            &["ta.PLUS_DM($high, $low, 14)", "ta.PLUS_DM($high, $low, 1)"],
        ),
        signature: MOVEMENT,
        make: |arguments| boxed(DirectionalMovement::new(Direction::Plus, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.MINUS_DM",
            "Minus directional movement: how far the lows fell beyond those before, where they fell more than the highs rose.",
            "as ta.PLUS_DM, with m = low[t - 1] - low if that is above 0 and above high - high[t - 1], else 0",
            "TA-Lib 0.8.1, TA_MINUS_DM; Wilder (1978), New concepts in technical trading systems",
            &["ta.MINUS_DM($high, $low, 14)", "ta.MINUS_DM($high, $low, 1)"],
        ),
        signature: MOVEMENT,
        make: |arguments| boxed(DirectionalMovement::new(Direction::Minus, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.PLUS_DI",
            "Plus directional indicator: upward movement in percent of the true range.",
            "100 PLUS_DM / TR, both smoothed as in ta.PLUS_DM, from one row later on; 0 where the range is 0; for a \
             timeperiod of 1 movement / range, without 100",
            "TA-Lib 0.8.1, TA_PLUS_DI; Wilder (1978), New concepts in technical trading systems",
            &["ta.PLUS_DI($high, $low, $close, 14)", "ta.PLUS_DI($high, $low, $close, 1)"],
        ),
        signature: INDICATOR,
        make: |arguments| boxed(Index::new(Direction::Plus, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.MINUS_DI",
            "Minus directional indicator: downward movement in percent of the true range.",
            "as ta.PLUS_DI, of MINUS_DM",
            "TA-Lib 0.8.1, TA_MINUS_DI; Wilder (1978), New concepts in technical trading systems",
            &["ta.MINUS_DI($high, $low, $close, 14)", "ta.MINUS_DI($high, $low, $close, 1)"],
        ),
        signature: INDICATOR,
        make: |arguments| boxed(Index::new(Direction::Minus, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.DX",
            "Directional movement index: how one-sided movement is, from 0 to 100.",
            "100 |PLUS_DI - MINUS_DI| / (PLUS_DI + MINUS_DI); without range or movement the value before, at first 0",
            "TA-Lib 0.8.1, TA_DX; Wilder (1978), New concepts in technical trading systems",
            &["ta.DX($high, $low, $close, 14)", "ta.DX($high, $low, $close, 2)"],
        ),
        signature: INDEX,
        make: |arguments| boxed(TrendIndex::raw(arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.ADX",
            "Average directional movement index: how strong the trend is, whichever its direction.",
            "adx = adx[t - 1] + (DX - adx[t - 1]) / timeperiod, from the mean of the first `timeperiod` DX on; a row without \
             range or movement counts as 0 in that mean, and leaves ADX as it is later",
            "TA-Lib 0.8.1, TA_ADX; Wilder (1978), New concepts in technical trading systems",
            &["ta.ADX($high, $low, $close, 14)", "ta.ADX($high, $low, $close, 2)"],
        ),
        signature: INDEX,
        make: |arguments| boxed(TrendIndex::averaged(arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.ADXR",
            "Average directional movement index rating: ADX, steadied by an earlier one.",
            "(ADX + ADX[t - timeperiod + 1]) / 2",
            "TA-Lib 0.8.1, TA_ADXR; Wilder (1978), New concepts in technical trading systems",
            &["ta.ADXR($high, $low, $close, 14)", "ta.ADXR($high, $low, $close, 3)"],
        ),
        signature: INDEX,
        make: |arguments| boxed(TrendIndex::rated(arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.SAR",
            "Parabolic stop and reverse: a stop that follows the trend ever faster and turns where the price meets it.",
            "stop[t + 1] = stop + a (extreme - stop), not beyond the lows (of a short position highs) of the rows t and t - 1; a \
             starts at `acceleration` and grows by it with every new extreme up to `maximum`; where the price meets the stop, \
             the extreme becomes the stop of the opposite position; short at first if the second row's low falls, and by more \
             than its high rises",
            "TA-Lib 0.8.1, TA_SAR; Wilder (1978), New concepts in technical trading systems",
            &["ta.SAR($high, $low, 0.02, 0.2)", "ta.SAR($high, $low, acceleration=0.1, maximum=0.3)"],
        ),
        signature: Signature::new(&[
            HIGH,
            LOW,
            factor("acceleration", 0.0, 0.02),
            factor("maximum", 0.0, 0.2),
        ]),
        make: |arguments| boxed(Parabolic::new(arguments.number(0), arguments.number(1))),
    },
];
