//! Which sessions train, validate and test.

use backstaff_panel::Session;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;

/// The walk-forward folds of a study.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Folds {
    /// The sessions that are tested, cut into folds.
    pub test: TestRange,
    /// The length of each fold's test.
    #[serde(default)]
    pub every: Every,
    /// The history that each fold trains on, its validation included.
    #[serde(default)]
    pub train: TrainSpan,
    /// The end of that history, held out for early stopping and the choice of penalties.
    #[serde(default)]
    pub validation: Validation,
    /// Sessions left out before each validation and test, beside what the label's span already removes.
    #[serde(default)]
    pub embargo: u32,
    /// The fewest rows that make a fold; one with fewer is left out, and the report says so.
    #[serde(default)]
    pub min_rows: MinRows,
}

/// The fewest rows that make a fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MinRows {
    /// The fewest training rows, after purging.
    pub train: usize,
    /// The fewest test rows.
    pub test: usize,
}

impl Default for MinRows {
    fn default() -> Self {
        Self { train: 1000, test: 100 }
    }
}

/// A range of dates, both inclusive.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestRange {
    /// The first date, YYYY-MM-DD.
    pub from: String,
    /// The last date; the end of the data if absent.
    #[serde(default)]
    pub to: Option<String>,
}

/// The length of a fold's test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// A calendar year.
    #[default]
    Year,
    /// A calendar quarter.
    Quarter,
    /// This many sessions.
    Sessions(u32),
}

/// The history that a fold trains on, its validation included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrainSpan {
    /// Everything before the test.
    #[default]
    Expanding,
    /// This many calendar years before the test.
    Years(u32),
    /// This many sessions before the test.
    Sessions(u32),
}

/// The end of the training span that is held out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Validation {
    /// Nothing: no early stopping, and one penalty.
    #[default]
    None,
    /// This many calendar months.
    Months(u32),
    /// This many sessions.
    Sessions(u32),
}

impl Folds {
    /// Whether some rows are held out for early stopping and the choice of penalties.
    pub fn has_validation(&self) -> bool {
        self.validation != Validation::None
    }

    /// What is wrong with it.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong =
            |key: &str, message: String| problems.push(Problem::of(format!("folds.{key}"), message));
        for (key, text) in [("test.from", Some(&self.test.from)), ("test.to", self.test.to.as_ref())] {
            if let Some(text) = text.filter(|text| text.parse::<Session>().is_err()) {
                wrong(key, format!("{text:?} is not a date; write YYYY-MM-DD"));
            }
        }
        let zero = "must be 1 or more";
        if matches!(self.every, Every::Sessions(0)) {
            wrong("every", zero.to_owned());
        }
        if matches!(self.train, TrainSpan::Years(0) | TrainSpan::Sessions(0)) {
            wrong("train", zero.to_owned());
        }
        if matches!(self.validation, Validation::Months(0) | Validation::Sessions(0)) {
            wrong("validation", format!("{zero}; write `validation: none` for none"));
        }
        problems
    }
}
