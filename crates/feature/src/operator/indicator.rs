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
    Indicator {
        documentation: Documentation {
            name: "StochasticSimple",
            version: 1,
            meaning: "Where the close lies in the range of the last sessions, and its plain means.",
            formula: "fast = 100 (close - min low) / (max high - min low) over `length` sessions; k = mean of fast over `slow`; d = \
                      mean of k over `smooth`",
            missing: "missing where the range has no width, and before the windows are full; a halt empties the windows that \
                      hold it",
            source: "Lane (1984), Lane's stochastics; pandas rolling",
            differences: "TA-Lib says 0 where the range has no width: `ta.STOCH`",
            samples: &[
                "StochasticSimple($high, $low, $close, 14, 3, 3).k",
                "StochasticSimple($high, $low, $close, 14, 3, 3).d",
                "StochasticSimple($high, $low, $close, 5, 1, 1).fast",
            ],
        },
        signature: Signature {
            outputs: &["fast", "k", "d"],
            ..Signature::new(&[
                Parameter::series("high"),
                Parameter::series("low"),
                Parameter::series("close"),
                length("length"),
                length("slow"),
                length("smooth"),
            ])
        },
        expansions: &[
            "100 * (close - Min(low, length, min=length)) / \
             (Max(high, length, min=length) - Min(low, length, min=length))",
            "Mean(StochasticSimple(high, low, close, length, slow, smooth).fast, slow, min=slow)",
            "Mean(StochasticSimple(high, low, close, length, slow, smooth).k, smooth, min=smooth)",
        ],
    },
    Indicator {
        documentation: Documentation {
            name: "ADXSimple",
            version: 1,
            meaning: "How strong the trend is, whichever its direction, and how far movement goes up and down, with plain means.",
            formula: "plus, minus = 100 mean movement / ATRSimple over `length` sessions; dx = 100 |plus - minus| / (plus + \
                      minus); adx = mean of dx. Upward movement is high - high[t - 1] if that is above 0 and above low[t - 1] - \
                      low, else 0; downward movement is its mirror image",
            missing: "a missing move counts as none, the first session's too; missing before the windows are full, and where \
                      nothing moved",
            source: "Wilder (1978), New concepts in technical trading systems, with plain instead of Wilder's means",
            differences: "TA-Lib smooths as Wilder did: `ta.ADX`, `ta.DX`, `ta.PLUS_DI`, `ta.MINUS_DI`",
            samples: &[
                "ADXSimple($high, $low, $close, 14).adx",
                "ADXSimple($high, $low, $close, 14).plus",
                "ADXSimple($high, $low, $close, 14).minus",
                "ADXSimple($high, $low, $close, 5).dx",
            ],
        },
        signature: Signature {
            outputs: &["adx", "plus", "minus", "dx"],
            ..Signature::new(&[
                Parameter::series("high"),
                Parameter::series("low"),
                Parameter::series("close"),
                length("length"),
            ])
        },
        expansions: &[
            "Mean(ADXSimple(high, low, close, length).dx, length, min=length)",
            "100 * Mean(If((Delta(high, 1) > -Delta(low, 1)) & (Delta(high, 1) > 0), Delta(high, 1), 0), length, min=length) / \
             ATRSimple(high, low, close, length, min=length)",
            "100 * Mean(If((-Delta(low, 1) > Delta(high, 1)) & (-Delta(low, 1) > 0), -Delta(low, 1), 0), length, min=length) / \
             ATRSimple(high, low, close, length, min=length)",
            "100 * Abs(ADXSimple(high, low, close, length).plus - ADXSimple(high, low, close, length).minus) / \
             (ADXSimple(high, low, close, length).plus + ADXSimple(high, low, close, length).minus)",
        ],
    },
    Indicator {
        documentation: Documentation {
            name: "OBVFromChange",
            version: 1,
            meaning: "On-balance volume from the first change on: volume of rising sessions less that of falling ones.",
            formula: "sum of sign(x - x[t - 1]) volume over all sessions so far",
            missing: "missing where the change or the volume is, so on the first session too; the sum goes on after it",
            source: "Granville (1963), New key to stock market profits; pandas (sign(diff) * volume).cumsum()",
            differences: "TA-Lib begins with the first session's volume: `ta.OBV`",
            samples: &["OBVFromChange($close, $volume)"],
        },
        signature: Signature::new(&[Parameter::series("x"), Parameter::series("volume")]),
        expansions: &["Sum(Sign(Delta(x, 1)) * volume, 0) + 0 * (Delta(x, 1) * volume)"],
    },
];

#[cfg(test)]
#[expect(clippy::unreadable_literal, reason = "as pandas prints them")]
mod tests {
    use std::sync::Arc;

    use backstaff_panel::{Axis, Column, Encoding, Instrument, Panel, testing::weekdays};

    use crate::{Catalog, Plan, Schema};

    const NONE: f64 = f64::NAN;

    /// The values on a small market of one instrument.
    fn values(expression: &str) -> Vec<f64> {
        let columns = [
            ("high", [10.0, 11.0, 12.0, 12.0, 13.0, 12.5, 14.0, 15.0, 14.0, 14.5]),
            ("low", [9.0, 9.5, 10.0, 11.0, 11.5, 11.0, 12.0, 13.0, 12.5, 13.0]),
            ("close", [9.5, 10.5, 11.5, 11.5, 12.0, 11.5, 13.5, 13.0, 13.0, 14.0]),
            ("volume", [100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0, 800.0, 900.0, 1000.0]),
        ];
        let mut panel = Panel::new(Arc::new(Axis::new(weekdays(10), vec![(Instrument::new("A"), 0..10)])));
        for (name, values) in columns {
            panel.insert(name, Column::F64(values.to_vec())).unwrap();
        }
        let catalog = Catalog::new().with("x", expression).unwrap();
        let features = catalog.resolve(&["x"], &Schema::of(&panel)).unwrap();
        Plan::new(&features).compute(&panel, Encoding::F64, &()).unwrap()[0].to_f64()
    }

    fn assert_values(expression: &str, expected: [f64; 10]) {
        for (row, (value, expected)) in values(expression).into_iter().zip(expected).enumerate() {
            let close =
                (value - expected).abs() <= 1e-12 * expected.abs() || value.is_nan() && expected.is_nan();
            assert!(close, "{expression}, row {row}: {value} and not {expected}");
        }
    }

    // All numbers: pandas 3.1.1, with rolling(n).mean(), diff() and np.where.

    #[test]
    fn stochastic_is_that_of_pandas() {
        let stochastic = |output| format!("StochasticSimple($high, $low, $close, 3, 2, 2).{output}");
        let k = [
            NONE,
            NONE,
            NONE,
            81.66666666666666,
            73.33333333333334,
            45.833333333333336,
            54.166666666666664,
            66.66666666666666,
            41.66666666666667,
            46.66666666666667,
        ];
        assert_values(&stochastic("k"), k);
        let d = [
            NONE,
            NONE,
            NONE,
            NONE,
            77.5,
            59.58333333333334,
            50.0,
            60.41666666666666,
            54.166666666666664,
            44.16666666666667,
        ];
        assert_values(&stochastic("d"), d);
    }

    #[test]
    fn directional_index_is_that_of_pandas() {
        let directional = |output| format!("ADXSimple($high, $low, $close, 3).{output}");
        let minus = [
            NONE,
            NONE,
            0.0,
            0.0,
            0.0,
            12.499999999999998,
            9.09090909090909,
            8.333333333333332,
            8.333333333333332,
            9.999999999999998,
        ];
        assert_values(&directional("minus"), minus);
        let adx = [
            NONE,
            NONE,
            NONE,
            NONE,
            100.0,
            77.77777777777779,
            66.66666666666667,
            55.55555555555557,
            66.66666666666669,
            61.11111111111112,
        ];
        assert_values(&directional("adx"), adx);
    }

    #[test]
    fn balance_begins_with_the_first_change() {
        let expected = [NONE, 200.0, 500.0, 500.0, 1000.0, 400.0, 1100.0, 300.0, 300.0, 1300.0];
        assert_values("OBVFromChange($close, $volume)", expected);
    }
}
