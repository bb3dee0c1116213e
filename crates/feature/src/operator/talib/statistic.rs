//! Spreads, lines and dependence.

use super::{Documentation, Entry, Parameter, Signature, X, boxed, factor, page, period};
use crate::kernel::talib::{Line, beta, correlation, line, spread};

const LINE: Signature = Signature::new(&[X, period("timeperiod", 2, 14)]);
const FIRST: Parameter = Parameter::series("real0");
const SECOND: Parameter = Parameter::series("real1");

const SMALL: &str = "TA-Lib subtracts the square of a mean from a mean of squares, which loses small variances beside a large \
                     level; ours hold to 1e-12. Otherwise as for all of its indicators: \
                     values after a missing one go on";

pub(super) static TABLE: &[Entry] = &[
    Entry {
        documentation: Documentation {
            differences: SMALL,
            ..page(
                "ta.STDDEV",
                "Standard deviation, of a population.",
                "nbdev sqrt(mean (x - mean x)^2) over `timeperiod` values",
                "TA-Lib 0.8.1, TA_STDDEV",
                &["ta.STDDEV($close, 20, 1)", "ta.STDDEV($close, nbdev=2)"],
            )
        },
        signature: Signature::new(&[X, period("timeperiod", 2, 5), factor("nbdev", -3e37, 1.0)]),
        make: |arguments| {
            let nbdev = arguments.number(1);
            boxed(spread(arguments.count(0), move |variance| nbdev * variance.sqrt()))
        },
    },
    Entry {
        documentation: Documentation {
            differences: SMALL,
            ..page(
                "ta.VAR",
                "Variance, of a population.",
                "mean (x - mean x)^2 over `timeperiod` values; nbdev changes nothing",
                "TA-Lib 0.8.1, TA_VAR",
                &["ta.VAR($close, 20)", "ta.VAR($close, 2, nbdev=3)"],
            )
        },
        signature: Signature::new(&[X, period("timeperiod", 1, 5), factor("nbdev", -3e37, 1.0)]),
        make: |arguments| boxed(spread(arguments.count(0), |variance| variance)),
    },
    Entry {
        documentation: Documentation {
            differences: SMALL,
            ..page(
                "ta.CORREL",
                "Pearson's correlation.",
                "cov(real0, real1) / (std(real0) std(real1)) over `timeperiod` rows; 0 where one of them is constant",
                "TA-Lib 0.8.1, TA_CORREL",
                &["ta.CORREL($high, $low, 30)", "ta.CORREL($close, $volume, 5)"],
            )
        },
        signature: Signature::new(&[FIRST, SECOND, period("timeperiod", 1, 30)]),
        make: |arguments| boxed(correlation(arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.BETA",
            "Beta of two prices: what the second one's return moves when the first one's moves by 1.",
            "cov(r0, r1) / var(r0) over `timeperiod` returns r = real / real[t - 1] - 1; 0 where the first one's returns are constant",
            "TA-Lib 0.8.1, TA_BETA",
            &["ta.BETA($high, $low, 5)", "ta.BETA($open, $close, 20)"],
        ),
        signature: Signature::new(&[FIRST, SECOND, period("timeperiod", 1, 5)]),
        make: |arguments| boxed(beta(arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.LINEARREG",
            "The least-squares line through the last values, at the newest row.",
            "a + b (timeperiod - 1), a and b the intercept and slope over positions 0, 1, ..",
            "TA-Lib 0.8.1, TA_LINEARREG",
            &["ta.LINEARREG($close, 14)", "ta.LINEARREG($close, 2)"],
        ),
        signature: LINE,
        make: |arguments| boxed(line(Line::Newest, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.LINEARREG_SLOPE",
            "The slope of the least-squares line through the last values, per row.",
            "b, the slope over positions 0, 1, ..",
            "TA-Lib 0.8.1, TA_LINEARREG_SLOPE",
            &["ta.LINEARREG_SLOPE($close, 14)", "ta.LINEARREG_SLOPE($close, 3)"],
        ),
        signature: LINE,
        make: |arguments| boxed(line(Line::Slope, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.LINEARREG_INTERCEPT",
            "The least-squares line through the last values, at the oldest row.",
            "a, the intercept over positions 0, 1, ..",
            "TA-Lib 0.8.1, TA_LINEARREG_INTERCEPT",
            &["ta.LINEARREG_INTERCEPT($close, 14)", "ta.LINEARREG_INTERCEPT($close, 3)"],
        ),
        signature: LINE,
        make: |arguments| boxed(line(Line::Oldest, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.LINEARREG_ANGLE",
            "The angle of the least-squares line through the last values, in degrees.",
            "atan(b) 180 / pi, b the slope over positions 0, 1, ..; it depends on the unit of the values",
            "TA-Lib 0.8.1, TA_LINEARREG_ANGLE",
            &["ta.LINEARREG_ANGLE($close, 14)", "ta.LINEARREG_ANGLE($close, 3)"],
        ),
        signature: LINE,
        make: |arguments| boxed(line(Line::Angle, arguments.count(0))),
    },
    Entry {
        documentation: page(
            "ta.TSF",
            "Time series forecast: the least-squares line through the last values, at the next row.",
            "a + b timeperiod, a and b the intercept and slope over positions 0, 1, ..",
            "TA-Lib 0.8.1, TA_TSF",
            &["ta.TSF($close, 14)", "ta.TSF($close, 3)"],
        ),
        signature: LINE,
        make: |arguments| boxed(line(Line::Next, arguments.count(0))),
    },
];
