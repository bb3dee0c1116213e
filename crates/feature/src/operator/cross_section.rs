//! Operators over the instruments of a session.
//!
//! To add one: an entry in the table.

use std::sync::Arc;

use super::{
    ArgumentFault, Arguments, Binding, Bound, CrossSection, Documentation, Operator, Parameter, Signature,
};
use crate::kernel::cross_section::{self, MISSING_GROUP, Scratch, Ties};

/// A value of each instrument among those of its session: `Name(x, min=1, within=..., by=...)`.
#[derive(Clone, Copy)]
struct CrossSectional {
    documentation: Documentation,
    kernel: Kernel,
}

#[derive(Clone, Copy)]
enum Kernel {
    /// A kernel that compares each row with its session or group.
    Compare(Compare),
    /// A kernel that describes a session or its groups.
    Describe(Describe),
}

/// A kernel's function from values and groups.
type Compare = fn(&[f64], Option<&[u32]>, &mut Scratch, &mut [f64]);

/// A kernel's function from values, groups, and how many members each group needs.
type Describe = fn(&[f64], Option<&[u32]>, usize, &mut Scratch, &mut [f64]);

impl Operator for CrossSectional {
    fn documentation(&self) -> &Documentation {
        &self.documentation
    }

    fn signature(&self) -> &Signature {
        const SIGNATURE: Signature =
            Signature::new(&[Parameter::series("x"), MIN, Parameter::within(), Parameter::by()]);
        &SIGNATURE
    }

    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault> {
        let min = arguments.count(0);
        Ok(match self.kernel {
            Kernel::Compare(kernel) => bound(min, kernel).into(),
            Kernel::Describe(kernel) => {
                let work = move |&CrossSection { inputs, groups, .. }: &CrossSection<'_>,
                                 scratch: &mut Scratch,
                                 out: &mut [f64]| {
                    kernel(inputs[0], groups, min, scratch, out);
                };
                Bound::session(work).common().into()
            }
        })
    }
}

/// How many present members a session or group needs.
const MIN: Parameter = Parameter::min();

/// The operator `CsRank(x, ties='average')`.
struct Rank;

/// The words for how equal values are ranked, in the order of [`Ties`].
const TIES: &[&str] = &["average", "min", "max", "first", "dense"];

impl Operator for Rank {
    fn documentation(&self) -> &Documentation {
        &RANK
    }

    fn signature(&self) -> &Signature {
        const SIGNATURE: Signature = Signature::new(&[
            Parameter::series("x"),
            MIN,
            Parameter::choice("ties", TIES),
            Parameter::within(),
            Parameter::by(),
        ]);
        &SIGNATURE
    }

    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault> {
        let ties = [Ties::Average, Ties::Min, Ties::Max, Ties::First, Ties::Dense][arguments.count(1)];
        let rank = move |values: &[f64], groups: Option<&[u32]>, scratch: &mut Scratch, out: &mut [f64]| {
            cross_section::rank_with(values, groups, ties, scratch, out);
        };
        Ok(bound(arguments.count(0), rank).into())
    }
}

/// The operator `CsWinsorize(x, tail)`.
struct Winsorize;

impl Operator for Winsorize {
    fn documentation(&self) -> &Documentation {
        &WINSORIZE
    }

    fn signature(&self) -> &Signature {
        const SIGNATURE: Signature = Signature::new(&[
            Parameter::series("x"),
            Parameter::number("tail", 0.0, 0.5),
            MIN,
            Parameter::within(),
            Parameter::by(),
        ]);
        &SIGNATURE
    }

    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault> {
        let tail = arguments.number(0);
        let winsorize =
            move |values: &[f64], groups: Option<&[u32]>, scratch: &mut Scratch, out: &mut [f64]| {
                cross_section::winsorize(values, groups, tail, scratch, out);
            };
        Ok(bound(arguments.count(1), winsorize).into())
    }
}

/// The operator `CsQuantile(x, n)`.
struct QuantileBucket;

impl Operator for QuantileBucket {
    fn documentation(&self) -> &Documentation {
        &QUANTILE
    }

    fn signature(&self) -> &Signature {
        const SIGNATURE: Signature = Signature::new(&[
            Parameter::series("x"),
            Parameter::integer("n", 2, 1000),
            MIN,
            Parameter::within(),
            Parameter::by(),
        ]);
        &SIGNATURE
    }

    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault> {
        let n = arguments.count(0);
        let bucket = move |values: &[f64], groups: Option<&[u32]>, scratch: &mut Scratch, out: &mut [f64]| {
            cross_section::quantile_bucket(values, groups, n, scratch, out);
        };
        Ok(bound(arguments.count(1), bucket).into())
    }
}

/// A kernel over the members of a session or of its groups, of which `min` must be present.
fn bound(
    min: usize,
    kernel: impl Fn(&[f64], Option<&[u32]>, &mut Scratch, &mut [f64]) + Send + Sync + 'static,
) -> Bound {
    Bound::session(move |CrossSection { inputs, groups, .. }, scratch, out| {
        kernel(inputs[0], *groups, scratch, out);
        if min > 1 {
            blank_small_groups(inputs[0], *groups, min, out);
        }
    })
}

/// Make the values of sessions or groups missing that have fewer than `min` present members.
pub(super) fn blank_small_groups(values: &[f64], groups: Option<&[u32]>, min: usize, out: &mut [f64]) {
    let Some(groups) = groups else {
        if values.iter().filter(|value| value.is_finite()).count() < min {
            out.fill(f64::NAN);
        }
        return;
    };
    let most = groups.iter().filter(|&&group| group != MISSING_GROUP).max();
    let mut counts = vec![0_usize; most.map_or(0, |&most| most as usize + 1)];
    for (value, &group) in values.iter().zip(groups) {
        if let Some(count) = counts.get_mut(group as usize) {
            *count += usize::from(value.is_finite());
        }
    }
    for (out, &group) in out.iter_mut().zip(groups) {
        if counts.get(group as usize).is_none_or(|&count| count < min) {
            *out = f64::NAN;
        }
    }
}

pub(super) fn operators() -> Vec<Arc<dyn Operator>> {
    let mut all = TABLE.iter().map(|&entry| Arc::new(entry) as Arc<dyn Operator>).collect::<Vec<_>>();
    all.extend([Arc::new(Rank) as Arc<dyn Operator>, Arc::new(Winsorize), Arc::new(QuantileBucket)]);
    all
}

const OWN: &str = "missing where the own value is, outside `within`, without a group, and in a session or group of fewer \
                   than `min` present members";
const SPREAD: &str = "missing where the own value is, outside `within`, without a group, in a session or group of fewer \
                      than `min` present members, and where all are equal or there is only one";
const ALL: &str = "given to every instrument of the session or group, also where its own value is missing or outside \
                   `within`; missing without a group, and below `min` present members";

static TABLE: &[CrossSectional] = &[
    CrossSectional {
        documentation: Documentation {
            name: "CsZScore",
            version: 1,
            meaning: "How many standard deviations an instrument lies above the mean of its session.",
            formula: "(x - mean) / std, ddof 1",
            missing: SPREAD,
            source: "Qlib CSZScoreNorm",
            differences: "",
            samples: &[
                "CsZScore($close)",
                "CsZScore($close / Ref($close, 5) - 1, by=sector)",
                "CsZScore($close, within=$volume > 3e5, min=4)",
            ],
        },
        kernel: Kernel::Compare(cross_section::zscore),
    },
    CrossSectional {
        documentation: Documentation {
            name: "CsRobustZScore",
            version: 1,
            meaning: "How far an instrument lies above the median of its session, in robust standard deviations.",
            formula: "(x - median) / (1.4826 median |x - median|)",
            missing: SPREAD,
            source: "Qlib CSZScoreNorm(method=robust), without its clipping",
            differences: "",
            samples: &[
                "CsRobustZScore($close)",
                "CsRobustZScore($close / Ref($close, 5) - 1, by=sector)",
                "CsRobustZScore($close, within=$volume > 3e5, min=4)",
            ],
        },
        kernel: Kernel::Compare(cross_section::robust_zscore),
    },
    CrossSectional {
        documentation: Documentation {
            name: "CsDemean",
            version: 1,
            meaning: "How far an instrument lies above the mean of its session.",
            formula: "x - mean",
            missing: OWN,
            source: "pandas groupby.transform",
            differences: "",
            samples: &[
                "CsDemean($close)",
                "CsDemean($close / Ref($close, 5) - 1, by=sector)",
                "CsDemean($close, within=$volume > 3e5, min=4)",
            ],
        },
        kernel: Kernel::Compare(cross_section::demean),
    },
    CrossSectional {
        documentation: Documentation {
            name: "CsMedian",
            version: 1,
            meaning: "The median of a session: for a return, the market's move.",
            formula: "median x",
            missing: ALL,
            source: "pandas groupby.transform",
            differences: "",
            samples: &[
                "CsMedian($close)",
                "CsMedian($close / Ref($close, 5) - 1, by=sector)",
                "CsMedian($close, within=$volume > 3e5, min=4)",
            ],
        },
        kernel: Kernel::Describe(cross_section::median),
    },
    CrossSectional {
        documentation: Documentation {
            name: "CsMean",
            version: 1,
            meaning: "The mean of a session.",
            formula: "sum x / n",
            missing: ALL,
            source: "pandas groupby.transform",
            differences: "",
            samples: &[
                "CsMean($close)",
                "CsMean($close / Ref($close, 5) - 1, by=sector)",
                "CsMean($close, within=$volume > 3e5, min=4)",
            ],
        },
        kernel: Kernel::Describe(cross_section::mean),
    },
    CrossSectional {
        documentation: Documentation {
            name: "CsStd",
            version: 1,
            meaning: "The standard deviation of a session: its dispersion.",
            formula: "sqrt(sum (x - mean)^2 / (n - 1))",
            missing: ALL,
            source: "pandas groupby.transform",
            differences: "",
            samples: &[
                "CsStd($close)",
                "CsStd($close / Ref($close, 5) - 1, by=sector)",
                "CsStd($close, within=$volume > 3e5, min=4)",
            ],
        },
        kernel: Kernel::Describe(cross_section::std),
    },
];

static RANK: Documentation = Documentation {
    name: "CsRank",
    version: 1,
    meaning: "The place of an instrument among those of its session, from above 0 to 1.",
    formula: "rank / number of present values; equal values get the `ties` of their ranks: their average, min or max, \
              their own in the order of the instruments (first), or one rank (dense: / number of different values)",
    missing: OWN,
    source: "pandas groupby.rank(method=ties, pct=True)",
    differences: "pandas ranks infinite values too; here they are missing",
    samples: &[
        "CsRank($close)",
        "CsRank($close / Ref($close, 5) - 1, by=sector)",
        "CsRank($close, within=$volume > 3e5, min=4)",
        "CsRank(CsQuantile($close, 3), ties='min')",
        "CsRank(Sign($close - $open), ties='dense', by=sector)",
        "CsRank(Sign($close - $open), ties='first')",
    ],
};

static WINSORIZE: Documentation = Documentation {
    name: "CsWinsorize",
    version: 1,
    meaning: "A value drawn in to the quantiles `tail` and 1 - `tail` of its session.",
    formula: "min(max(x, quantile(tail)), quantile(1 - tail)), quantiles linear between the two nearest values",
    missing: OWN,
    source: "Barnett, Lewis (1994), Outliers in statistical data",
    differences: "",
    samples: &["CsWinsorize($close, 0.05)", "CsWinsorize($close, 0.1, by=sector)"],
};

static QUANTILE: Documentation = Documentation {
    name: "CsQuantile",
    version: 1,
    meaning: "Which of `n` equally filled parts of its session an instrument falls into, from 1 (lowest) to `n`.",
    formula: "ceil(n average rank / number of present values): equal values share a part",
    missing: OWN,
    source: "the portfolio sorts of Fama, French (1992), The cross-section of expected stock returns",
    differences: "",
    samples: &["CsQuantile($close, 5)", "CsQuantile($close, 3, by=sector, min=3)"],
};
