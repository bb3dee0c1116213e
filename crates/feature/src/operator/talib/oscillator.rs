//! Distances of averages from each other, and bands around one.

use super::{
    Arguments, Entry, Indicator, Signature, X, average_kind, boxed, factor, kind, page, period, several,
};
use crate::{
    kernel::talib::{Average, AverageKind, Bands, Convergence, Difference, Smoothed},
    operator::ArgumentFault,
};

const LINES: &[&str] = &["macd", "macdsignal", "macdhist"];
const OSCILLATOR: Signature =
    Signature::new(&[X, period("fastperiod", 2, 12), period("slowperiod", 2, 26), kind("matype", 1)]);

pub(super) static TABLE: &[Entry] = &[
    Entry {
        documentation: page(
            "ta.MACD",
            "The distance of a fast from a slow exponential mean, its own mean (the signal), and their difference.",
            "macd = EMA(x, fastperiod) - EMA(x, slowperiod), both starting where the slower can; macdsignal = EMA(macd, \
             signalperiod); macdhist = macd - macdsignal; periods in the wrong order are exchanged",
            "TA-Lib 0.8.1, TA_MACD; Appel (1979), The moving average convergence divergence method",
            &[
                "ta.MACD($close, 12, 26, 9).macd",
                "ta.MACD($close, 12, 26, 9).macdsignal",
                "ta.MACD($close, 12, 26, 9).macdhist",
                "ta.MACD($close, 9, 4, signalperiod=1).macdsignal",
            ],
        ),
        signature: several(
            &[X, period("fastperiod", 2, 12), period("slowperiod", 2, 26), period("signalperiod", 1, 9)],
            LINES,
        ),
        make: |arguments| {
            let (fast, slow) = (arguments.count(0), arguments.count(1));
            let average = |length| Average::new(AverageKind::Exponential, length);
            boxed(Convergence::new(
                average(fast.min(slow)),
                average(fast.max(slow)),
                average(arguments.count(2)),
            ))
        },
    },
    Entry {
        documentation: page(
            "ta.MACDFIX",
            "MACD with the weights of its inventor.",
            "as ta.MACD(x, 12, 26, signalperiod), with weights 0.15 and 0.075 instead of 2 / 13 and 2 / 27",
            "TA-Lib 0.8.1, TA_MACDFIX; Appel (1979), The moving average convergence divergence method",
            &["ta.MACDFIX($close, 9).macd", "ta.MACDFIX($close).macdhist"],
        ),
        signature: several(&[X, period("signalperiod", 1, 9)], LINES),
        make: |arguments| {
            let average = |length, weight| Average::smoothed(Smoothed::with_weight(length, weight));
            let signal = Average::new(AverageKind::Exponential, arguments.count(0));
            boxed(Convergence::new(average(12, 0.15), average(26, 0.075), signal))
        },
    },
    Entry {
        documentation: page(
            "ta.MACDEXT",
            "MACD of moving averages of any kind.",
            "as ta.MACD, with ta.MA(.., matype) for each mean; periods in the wrong order are exchanged with their kinds",
            "TA-Lib 0.8.1, TA_MACDEXT",
            &[
                "ta.MACDEXT($close, 12, 1, 26, 1, 9, 1).macdsignal",
                "ta.MACDEXT($close, fastperiod=5, slowperiod=10, slowmatype=2, signalperiod=4).macdhist",
            ],
        ),
        signature: several(
            &[
                X,
                period("fastperiod", 2, 12),
                kind("fastmatype", 0),
                period("slowperiod", 2, 26),
                kind("slowmatype", 0),
                period("signalperiod", 1, 9),
                kind("signalmatype", 0),
            ],
            LINES,
        ),
        make: |arguments| {
            let fast = (average_kind(arguments, 1, "fastmatype")?, arguments.count(0));
            let slow = (average_kind(arguments, 3, "slowmatype")?, arguments.count(2));
            let signal = Average::new(average_kind(arguments, 5, "signalmatype")?, arguments.count(4));
            let (fast, slow) = averages(fast, slow);
            boxed(Convergence::new(fast, slow, signal))
        },
    },
    Entry {
        documentation: page(
            "ta.APO",
            "The absolute price oscillator: the distance of a fast from a slow moving average.",
            "ta.MA(x, fastperiod, matype) - ta.MA(x, slowperiod, matype), each from where it can start",
            "TA-Lib 0.8.1, TA_APO",
            &["ta.APO($close, 12, 26, 1)", "ta.APO($close, 5, 10, matype=0)"],
        ),
        signature: OSCILLATOR,
        make: |arguments| difference(arguments, Difference::absolute),
    },
    Entry {
        documentation: page(
            "ta.PPO",
            "The percentage price oscillator: the distance of a fast from a slow moving average, in percent of the latter.",
            "100 (ta.MA(x, fastperiod, matype) / ta.MA(x, slowperiod, matype) - 1); 0 where the slow one is 0",
            "TA-Lib 0.8.1, TA_PPO",
            &["ta.PPO($close, 12, 26, 1)", "ta.PPO($close, 10, 5, 3)"],
        ),
        signature: OSCILLATOR,
        make: |arguments| difference(arguments, Difference::in_percent),
    },
    Entry {
        documentation: page(
            "ta.BBANDS",
            "Bollinger bands: a moving average and lines a number of standard deviations above and below it.",
            "middleband = ta.MA(x, timeperiod, matype); upperband, lowerband = middleband + nbdevup s, middleband - nbdevdn s; \
             s = standard deviation of the last `timeperiod` values around their mean, of a population (ddof 0)",
            "TA-Lib 0.8.1, TA_BBANDS; Bollinger (2001), Bollinger on Bollinger bands",
            &[
                "ta.BBANDS($close, 20, 2, 2).upperband",
                "ta.BBANDS($close, 20, 2, 2).middleband",
                "ta.BBANDS($close, 20, 2, 2).lowerband",
                "ta.BBANDS($close, timeperiod=5, nbdevdn=1.5, matype=1).lowerband",
            ],
        ),
        signature: several(
            &[
                X,
                period("timeperiod", 2, 20),
                factor("nbdevup", -3e37, 2.0),
                factor("nbdevdn", -3e37, 2.0),
                kind("matype", 0),
            ],
            &["upperband", "middleband", "lowerband"],
        ),
        make: |arguments| {
            let kind = average_kind(arguments, 3, "matype")?;
            boxed(Bands::new(kind, arguments.count(0), arguments.number(1), arguments.number(2)))
        },
    },
];

fn difference(
    arguments: &Arguments,
    make: fn(Average, Average) -> Difference,
) -> Result<Indicator, ArgumentFault> {
    let kind = average_kind(arguments, 2, "matype")?;
    let (fast, slow) = averages((kind, arguments.count(0)), (kind, arguments.count(1)));
    boxed(make(fast, slow))
}

/// Two averages; the one with fewer rows is the fast one.
fn averages(a: (AverageKind, usize), b: (AverageKind, usize)) -> (Average, Average) {
    let (fast, slow) = if b.1 < a.1 { (b, a) } else { (a, b) };
    (Average::new(fast.0, fast.1), Average::new(slow.0, slow.1))
}
