//! The straight line through a window.

use super::{Documentation, LINES, Line, Rolling, Statistic};

pub(super) static TABLE: &[Rolling] = &[
    Rolling {
        documentation: Documentation {
            name: "Slope",
            version: 2,
            meaning: "The slope of the straight line through the last `length` sessions.",
            formula: "least squares of x on the session's place in the window",
            missing: "missing values are left out but keep their places; needs two",
            source: "Qlib: the newest session has place `length`",
            differences: LINES,
            samples: &["Slope($close, 20)", "Slope($close, 60, min=30)"],
        },
        shortest: 1,
        statistic: Statistic::Line(Line::Slope),
    },
    Rolling {
        documentation: Documentation {
            name: "Rsquare",
            version: 2,
            meaning: "How well a straight line fits the last `length` sessions.",
            formula: "squared correlation of x with the session's place in the window",
            missing: "missing values are left out but keep their places; needs two",
            source: "Qlib; missing where the standard deviation is at most 2e-5, as there",
            differences: LINES,
            samples: &["Rsquare($close, 20)"],
        },
        shortest: 1,
        statistic: Statistic::Line(Line::Rsquare),
    },
    Rolling {
        documentation: Documentation {
            name: "Resi",
            version: 2,
            meaning: "How far the newest value lies above the straight line through the last `length` sessions.",
            formula: "x - fitted x, at the newest session",
            missing: "missing where the newest value is; other missing values are left out but keep their places",
            source: "Qlib",
            differences: LINES,
            samples: &["Resi($close, 20)"],
        },
        shortest: 1,
        statistic: Statistic::Line(Line::Residual),
    },
];
