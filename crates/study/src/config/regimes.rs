//! Regimes: how they are followed through time, and under which other settings.

use std::collections::BTreeMap;

use backstaff_regime::{
    CovarianceForm, FitOptions, Missing, Refit, Schedule, Start, WalkOptions, fit::Search,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;

/// The hidden Markov models of market regimes, and when they are fitted.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Followed {
    /// The expressions that are observed; the first one should be a return.
    pub observe: Vec<String>,
    /// The number of states.
    pub states: usize,
    /// The form of the covariances.
    pub covariance: CovarianceForm,
    /// The number of bars that a fit sees.
    pub look_back: usize,
    /// The times at which models are fitted again: `never`, `monthly`, `weekly`, `daily` or `every N bars`.
    pub schedule: String,
    /// The schedules of single instruments, where they differ.
    pub schedules: BTreeMap<String, String>,
    /// The point at which later fits begin.
    pub refit: Begin,
    /// The number of starts that a fit tries.
    pub starts: usize,
    /// The number of starts, the likeliest after 15 iterations, that are followed to the end.
    pub keep: usize,
    /// The largest number of iterations of a search.
    pub max_iterations: usize,
    /// The gain in log-likelihood per observation below which a search ends.
    pub tolerance: f64,
    /// The seed of random starts.
    pub seed: u64,
    /// The treatment of a bar with a missing value.
    pub missing: Missing,
}

/// Where later fits begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Begin {
    /// At all starts: each fit depends on its own look-back alone.
    Cold,
    /// At the last model, and at two starts besides.
    Warm,
}

impl Begin {
    /// Its name in a study, and in keys.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
        }
    }
}

impl Default for Followed {
    fn default() -> Self {
        let fit = FitOptions::new(3);
        Self {
            observe: vec!["Log($close / Ref($close, 1))".to_owned()],
            states: 3,
            covariance: CovarianceForm::Diagonal,
            look_back: 252,
            schedule: "monthly".to_owned(),
            schedules: BTreeMap::new(),
            refit: Begin::Cold,
            starts: 8,
            keep: 2,
            max_iterations: fit.max_iterations,
            tolerance: 1e-6,
            seed: 0,
            missing: Missing::Skip,
        }
    }
}

/// Other settings of the regimes that the results are compared with; an empty list leaves one out.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Spread {
    /// The numbers of states.
    pub states: Vec<usize>,
    /// The look-backs, in bars.
    pub look_backs: Vec<usize>,
    /// Delays of fits every 21 bars, in bars: they show how much hangs on the day of the month.
    pub offsets: Vec<usize>,
}

impl Default for Spread {
    fn default() -> Self {
        Self { states: vec![2, 3, 4, 5], look_backs: vec![90, 180, 252, 500], offsets: vec![0, 5, 10, 15] }
    }
}

impl Followed {
    /// How an instrument is followed with so many states over so many bars.
    pub fn options(&self, states: usize, look_back: usize, schedule: Schedule) -> WalkOptions {
        let fit = FitOptions {
            covariance: self.covariance,
            max_iterations: self.max_iterations,
            tolerance: self.tolerance,
            seed: self.seed,
            search: Search::Screened { iterations: 15, keep: self.keep },
            ..FitOptions::new(states).with_starts(Start::first(self.starts))
        };
        WalkOptions {
            schedule,
            look_back,
            refit: match self.refit {
                Begin::Cold => Refit::Cold,
                Begin::Warm => Refit::Warm { fresh: Start::first(2) },
            },
            missing: self.missing,
            ..WalkOptions::new(fit)
        }
    }

    /// When an instrument's models are fitted again; else what is wrong with the text of the schedule.
    pub fn schedule_of(&self, instrument: &str) -> Result<Schedule, String> {
        let text = self.schedules.get(instrument).unwrap_or(&self.schedule);
        text.parse().map_err(|error: backstaff_regime::RegimeError| error.to_string())
    }

    /// What is wrong with it.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.observe.is_empty() {
            problems.push(Problem::of("regimes.observe", "name at least one expression"));
        }
        for (key, count) in [("starts", self.starts), ("keep", self.keep)] {
            if count == 0 {
                problems.push(Problem::of(format!("regimes.{key}"), "must be 1 or more"));
            }
        }
        let own = self.schedules.iter().map(|(name, text)| (format!("regimes.schedules.{name}"), text));
        for (key, text) in std::iter::once(("regimes.schedule".to_owned(), &self.schedule)).chain(own) {
            if let Err(error) = text.parse::<Schedule>() {
                problems.push(Problem::of(key, error.to_string()));
            }
        }
        problems
    }
}
