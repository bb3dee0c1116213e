//! Indicators that are short for expressions, in the conventions of pandas; their names say so.
//!
//! To add one: an entry in the table; in its expansions the names of the parameters stand for the arguments.

use std::sync::Arc;

use super::{ArgumentFault, Arguments, Binding, Documentation, MAX_LENGTH, Operator, Parameter, Signature};

/// An operator that stands for an expression; several outputs have one each.
#[derive(Clone, Copy)]
struct Indicator {
    documentation: Documentation,
    signature: Signature,
    expansions: &'static [&'static str],
}

impl Operator for Indicator {
    fn documentation(&self) -> &Documentation {
        &self.documentation
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault> {
        Ok(Binding::Expand(self.expansions[arguments.output()].to_owned()))
    }
}

pub(super) fn operators() -> Vec<Arc<dyn Operator>> {
    TABLE.iter().map(|&entry| Arc::new(entry) as Arc<dyn Operator>).collect()
}

const fn length(name: &'static str) -> Parameter {
    Parameter::integer(name, 1, MAX_LENGTH)
}

static TABLE: &[Indicator] = &[
    Indicator {
        documentation: Documentation {
            name: "RSISimple",
            version: 1,
            meaning: "The relative strength index with plain means: 100 if all of the last moves were up, 0 if down.",
            formula: "100 - 100 / (1 + mean gain / mean loss) over `length` sessions",
            missing: "a missing change counts as no move, the first session's too; missing before `length` sessions, \
                      and where nothing moved",
            source: "Wilder (1978), New concepts in technical trading systems, with plain instead of Wilder's means",
            differences: "TA-Lib smooths gains and losses as Wilder did: `ta.RSI`",
            samples: &["RSISimple($close, 14)"],
        },
        signature: Signature::new(&[Parameter::series("x"), length("length")]),
        expansions: &["100 - 100 / (1 + \
                       Mean(If(IsNull(Delta(x, 1)), 0, Greater(Delta(x, 1), 0)), length, min=length) / \
                       Mean(If(IsNull(Delta(x, 1)), 0, Greater(-Delta(x, 1), 0)), length, min=length))"],
    },
    Indicator {
        documentation: Documentation {
            name: "TrueRange",
            version: 1,
            meaning: "The range of a session, the gap from the close before included.",
            formula: "max(high - low, |high - close[t - 1]|, |low - close[t - 1]|); high - low without a close before",
            missing: "missing where high or low is",
            source: "Wilder (1978), New concepts in technical trading systems",
            differences: "TA-Lib has no value for the first session: `ta.TRANGE`",
            samples: &["TrueRange($high, $low, $close)"],
        },
        signature: Signature::new(&[
            Parameter::series("high"),
            Parameter::series("low"),
            Parameter::series("close"),
        ]),
        expansions: &["If(IsNull(Ref(close, 1)), high - low, \
                       Greater(high - low, Greater(Abs(high - Ref(close, 1)), Abs(low - Ref(close, 1)))))"],
    },
    Indicator {
        documentation: Documentation {
            name: "ATRSimple",
            version: 1,
            meaning: "The mean true range, by a plain mean.",
            formula: "mean of TrueRange over `length` sessions",
            missing: "missing values are skipped; missing where fewer than `min` are present",
            source: "Wilder (1978), New concepts in technical trading systems, with a plain instead of Wilder's mean",
            differences: "TA-Lib smooths the true range as Wilder did and has no value for the first session: `ta.ATR`",
            samples: &["ATRSimple($high, $low, $close, 14)"],
        },
        signature: Signature::new(&[
            Parameter::series("high"),
            Parameter::series("low"),
            Parameter::series("close"),
            length("length"),
            Parameter::min(),
        ]),
        expansions: &["Mean(TrueRange(high, low, close), length, min=min)"],
    },
    Indicator {
        documentation: Documentation {
            name: "MACDFirst",
            version: 1,
            meaning: "The distance of a fast from a slow exponential mean, and its own exponential mean.",
            formula: "line = EMAFirst(x, fast) - EMAFirst(x, slow); signal = EMAFirst(line, smooth); histogram = line - \
                      signal",
            missing: "as `EMAFirst`",
            source: "Appel (1979), The moving average convergence divergence method; means as pandas ewm(adjust=False)",
            differences: "TA-Lib begins both means with simple ones, at the same session: `ta.MACD`",
            samples: &[
                "MACDFirst($close, 12, 26, 9).line",
                "MACDFirst($close, 12, 26, 9).signal",
                "MACDFirst($close, 12, 26, 9).histogram",
            ],
        },
        signature: Signature {
            outputs: &["line", "signal", "histogram"],
            ..Signature::new(&[Parameter::series("x"), length("fast"), length("slow"), length("smooth")])
        },
        expansions: &[
            "EMAFirst(x, fast) - EMAFirst(x, slow)",
            "EMAFirst(MACDFirst(x, fast, slow, smooth).line, smooth)",
            "MACDFirst(x, fast, slow, smooth).line - MACDFirst(x, fast, slow, smooth).signal",
        ],
    },
    Indicator {
        documentation: Documentation {
            name: "BandsSample",
            version: 1,
            meaning: "Bollinger bands: a mean and lines a number of standard deviations above and below it.",
            formula: "middle = mean; upper, lower = middle +- deviations std (ddof 1); width = (upper - lower) / middle",
            missing: "missing before `length` sessions have a value",
            source: "Bollinger (2001), Bollinger on Bollinger bands, with the standard deviation of a sample",
            differences: "TA-Lib takes the standard deviation of a population (ddof 0): `ta.BBANDS`",
            samples: &["BandsSample($close, 20, 2).upper", "BandsSample($close, 20, 2).width"],
        },
        signature: Signature {
            outputs: &["upper", "middle", "lower", "width"],
            ..Signature::new(&[
                Parameter::series("x"),
                length("length"),
                Parameter::number("deviations", 0.0, 1e6),
            ])
        },
        expansions: &[
            "Mean(x, length, min=length) + deviations * Std(x, length, min=length)",
            "Mean(x, length, min=length)",
            "Mean(x, length, min=length) - deviations * Std(x, length, min=length)",
            "(BandsSample(x, length, deviations).upper - BandsSample(x, length, deviations).lower) / \
             BandsSample(x, length, deviations).middle",
        ],
    },
];
