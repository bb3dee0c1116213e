//! What becomes of features and targets before a model sees them.

mod settings;

use backstaff_learn::process::{Processor, TableColumn, make};
use backstaff_panel::Session;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Problem;
pub use settings::{CsMethod, CsZscoreSpec, FillSpec, FittedSpec, NoKeys, Of, OfSpec, RobustSpec};

/// What becomes of features and targets between their computing and a model, in the order in which it is written.
///
/// Everything that is fitted is fitted on the training rows of each fold alone.
///
/// - Source: Qlib 0.9.7, `DataHandlerLP` with `process_type: append`. DIFFERENCE: a group that isn't named is that of the
///   features under `infer` and that of the target under `learn`, where Qlib takes both; what is fitted can't reach beyond the
///   training; a session's rows are those of its part of the fold, where Qlib takes all that the handler holds.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Processors {
    /// What changes the features of all rows: those of training, validation and test.
    #[schemars(with = "Vec<super::schema::NamedProcessor>")]
    pub infer: Vec<ProcessorSpec>,
    /// What then changes the rows that are learned from, those of training and validation: the same processors as under
    /// `infer`. Measures are of the returns as they are.
    #[schemars(with = "Vec<super::schema::NamedProcessor>")]
    pub learn: Vec<ProcessorSpec>,
}

/// One of the processors, by its name or by Qlib's.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProcessorSpec {
    /// `(x − mean) / deviation`, both fitted; Qlib's `ZScoreNorm`.
    #[serde(alias = "ZScoreNorm")]
    Zscore(FittedSpec),
    /// `(x − median) / (1.4826 · median deviation)`, both fitted; Qlib's `RobustZScoreNorm`.
    #[serde(alias = "RobustZScoreNorm")]
    RobustZscore(RobustSpec),
    /// `(x − min) / (max − min)`, both fitted; Qlib's `MinMaxNorm`.
    #[serde(alias = "MinMaxNorm")]
    MinMax(FittedSpec),
    /// A constant where a value is missing; Qlib's `Fillna`.
    #[serde(alias = "Fillna")]
    FillMissing(FillSpec),
    /// `(x − mean) / deviation` of the rows of each session; Qlib's `CSZScoreNorm`.
    #[serde(alias = "CSZScoreNorm")]
    CsZscore(CsZscoreSpec),
    /// The rank among the rows of each session, from −1.73 to 1.73; Qlib's `CSRankNorm`.
    #[serde(alias = "CSRankNorm")]
    CsRank(OfSpec),
    /// The mean of the rows of each session where a value is missing; Qlib's `CSZFillna`.
    #[serde(alias = "CSZFillna")]
    CsFillMissing(OfSpec),
    /// `tanh(x − 1)` of features; Qlib's `TanhProcess`.
    #[serde(alias = "TanhProcess")]
    Tanh(NoKeys),
    /// The mean of the session's other rows where a value is infinite, which no feature of a study is; Qlib's `ProcessInf`.
    #[serde(alias = "ProcessInf")]
    ReplaceInfinite(NoKeys),
    /// Rows that miss a value are left out, and get no score; Qlib's `DropnaProcessor`.
    #[serde(alias = "DropnaProcessor")]
    DropMissing(OfSpec),
    /// Rows without a target are left out, as they always are; Qlib's `DropnaLabel`.
    #[serde(alias = "DropnaLabel")]
    DropMissingLabel(NoKeys),
}

/// The dates that a processor is fitted on, where they are stated.
pub type FitSpan = (Option<Session>, Option<Session>);

impl Processors {
    /// All of them: whether each is for learning alone, its key in the study, itself.
    pub fn all(&self) -> impl Iterator<Item = (bool, String, &ProcessorSpec)> {
        let named = |is_learn: bool, list| {
            let section = if is_learn { "learn" } else { "infer" };
            let entries = <[ProcessorSpec]>::iter(list).enumerate();
            entries.map(move |(place, spec)| {
                (is_learn, format!("processors.{section}[{place}].{}", spec.name()), spec)
            })
        };
        named(false, &self.infer).chain(named(true, &self.learn))
    }

    /// What is wrong with them.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (is_learn, key, spec) in self.all() {
            let mut wrong =
                |at: &str, message: String| problems.push(Problem::of(format!("{key}{at}"), message));
            if !is_learn
                && (spec.of() == Some(Of::Target) || matches!(spec, ProcessorSpec::DropMissingLabel(_)))
            {
                wrong(
                    "",
                    "reads the target, which nobody knows when a row is scored; write it under `learn`"
                        .to_owned(),
                );
            }
            match spec.fit_span() {
                Err((at, message)) => wrong(at, message),
                Ok((Some(from), Some(to))) if to < from => {
                    wrong(".fit_to", "lies before fit_from".to_owned());
                }
                Ok(_) => {}
            }
        }
        problems
    }
}

impl ProcessorSpec {
    /// All names, and Qlib's.
    pub(crate) const NAMES: [(&str, &str); 11] = [
        ("zscore", "ZScoreNorm"),
        ("robust_zscore", "RobustZScoreNorm"),
        ("min_max", "MinMaxNorm"),
        ("fill_missing", "Fillna"),
        ("cs_zscore", "CSZScoreNorm"),
        ("cs_rank", "CSRankNorm"),
        ("cs_fill_missing", "CSZFillna"),
        ("tanh", "TanhProcess"),
        ("replace_infinite", "ProcessInf"),
        ("drop_missing", "DropnaProcessor"),
        ("drop_missing_label", "DropnaLabel"),
    ];

    /// Its name in a study.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Zscore(_) => "zscore",
            Self::RobustZscore(_) => "robust_zscore",
            Self::MinMax(_) => "min_max",
            Self::FillMissing(_) => "fill_missing",
            Self::CsZscore(_) => "cs_zscore",
            Self::CsRank(_) => "cs_rank",
            Self::CsFillMissing(_) => "cs_fill_missing",
            Self::Tanh(_) => "tanh",
            Self::ReplaceInfinite(_) => "replace_infinite",
            Self::DropMissing(_) => "drop_missing",
            Self::DropMissingLabel(_) => "drop_missing_label",
        }
    }

    fn of(&self) -> Option<Of> {
        match self {
            Self::Zscore(spec) | Self::MinMax(spec) => spec.of,
            Self::RobustZscore(spec) => spec.of,
            Self::FillMissing(spec) => spec.of,
            Self::CsZscore(spec) => spec.of,
            Self::CsRank(spec) | Self::CsFillMissing(spec) | Self::DropMissing(spec) => spec.of,
            Self::DropMissingLabel(_) => Some(Of::Target),
            Self::Tanh(_) | Self::ReplaceInfinite(_) => Some(Of::Features),
        }
    }

    /// What it changes, under `learn` or under `infer`.
    pub fn changes(&self, is_learn: bool) -> Of {
        self.of().unwrap_or(if is_learn { Of::Target } else { Of::Features })
    }

    /// Whether it is fitted.
    pub fn is_fitted(&self) -> bool {
        matches!(self, Self::Zscore(_) | Self::RobustZscore(_) | Self::MinMax(_))
    }

    /// The dates that it is fitted on, or what is wrong with which of them.
    pub fn fit_span(&self) -> Result<FitSpan, (&'static str, String)> {
        let (from, to) = match self {
            Self::Zscore(spec) | Self::MinMax(spec) => (&spec.fit_from, &spec.fit_to),
            Self::RobustZscore(spec) => (&spec.fit_from, &spec.fit_to),
            _ => return Ok((None, None)),
        };
        let date = |at: &'static str, text: &Option<String>| {
            let parsed = text.as_deref().map(str::parse::<Session>).transpose();
            parsed.map_err(|_| {
                (at, format!("{:?} is not a date; write YYYY-MM-DD", text.as_deref().unwrap_or_default()))
            })
        };
        Ok((date(".fit_from", from)?, date(".fit_to", to)?))
    }

    /// The processor and all that shapes it, as a text.
    ///
    /// # Panics
    ///
    /// If a processor does not take the keywords that it has in Qlib.
    pub fn processor(&self, is_learn: bool) -> (Box<dyn Processor>, String) {
        let group = match self.changes(is_learn) {
            Of::Features => TableColumn::FEATURE,
            Of::Target => TableColumn::LABEL,
        };
        let of = || json!({ "fields_group": group });
        let (class, kwargs) = match self {
            Self::Zscore(_) => ("ZScoreNorm", of()),
            Self::RobustZscore(spec) => {
                ("RobustZScoreNorm", json!({ "fields_group": group, "clip_outlier": spec.clip }))
            }
            Self::MinMax(_) => ("MinMaxNorm", of()),
            Self::FillMissing(spec) => ("Fillna", json!({ "fields_group": group, "fill_value": spec.value })),
            Self::CsZscore(CsZscoreSpec { method, .. }) => {
                let method = if *method == CsMethod::Robust { "robust" } else { "zscore" };
                ("CSZScoreNorm", json!({ "fields_group": group, "method": method }))
            }
            Self::CsRank(_) => ("CSRankNorm", of()),
            Self::CsFillMissing(_) => ("CSZFillna", of()),
            Self::Tanh(_) => ("TanhProcess", Value::Null),
            Self::ReplaceInfinite(_) => ("ProcessInf", Value::Null),
            Self::DropMissing(_) => ("DropnaProcessor", of()),
            Self::DropMissingLabel(_) => ("DropnaLabel", of()),
        };
        let made = make(class, &kwargs);
        (
            made.unwrap_or_else(|error| panic!("{class} takes these keywords: {error}")),
            format!("{class} {kwargs}"),
        )
    }
}
