//! The results of a study's run, from which the report is made.

use backstaff_source::{Match, quality::Quality};
use std::{collections::BTreeMap, ops::Range, sync::Arc};

use backstaff_panel::Session;
use backstaff_stage::Key;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::{
    config::Config,
    steps::{
        backtest::{BacktestResult, Variant},
        check::ColumnCheck,
        evaluate::Evaluation,
        folds::{FoldFacts, LeftOutFacts},
        labels::LabelFacts,
        regimes::{History, Setting, Work},
        scores::Scores,
        suspects::Suspect,
        ties::TieFacts,
        train::{FitFacts, WithoutSplit},
        yardstick::YardstickFacts,
    },
    stored::panel::PanelHandle,
};

/// Facts about a feature that the models see.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FeatureFacts {
    /// The name of the feature.
    pub name: String,
    /// The library or file that defines the feature; `the study` for a definition in the study's own file.
    pub library: String,
    /// The expression, as written.
    pub expression: String,
    /// The look-back in words, as `20 sessions`.
    pub look_back: String,
    /// The meaning of the feature in its library's words; empty if the library gives none.
    pub meaning: String,
}

/// The results of a run.
#[derive(Debug)]
pub(crate) struct Results {
    /// The settings of the study.
    pub config: Config,
    /// The panel of the study's data.
    pub panel: Arc<PanelHandle>,
    /// The findings of the checks of the data.
    pub quality: Quality,
    /// How the instruments of each table that is joined meet those of the prices.
    pub matches: Vec<Match>,
    /// The features that the models see.
    pub features: Vec<FeatureFacts>,
    /// The known flaws of libraries that the features come from: the library and its flaws.
    pub known_flaws: Vec<(String, Vec<String>)>,
    /// The features that foresee the next return beyond belief, the worst first.
    pub suspects: Vec<Suspect>,
    /// The counts of the check of each feature.
    pub checks: Vec<ColumnCheck>,
    /// The ties of each model's scores, by its name; empty for a strategy that does not choose by scores.
    pub ties: BTreeMap<String, TieFacts>,
    /// The models that grew no split, and where.
    pub without_split: Vec<WithoutSplit>,
    /// The equal weight that everything is judged by, and what one instrument makes of it.
    pub yardstick: YardstickFacts,
    /// The reason why the test begins later than its first session; `None` if it doesn't.
    pub late_start: Option<String>,
    /// The number of rows with a label, and without one by reason; `None` for a study without labels.
    pub labels: Option<LabelFacts>,
    /// The folds; none for a study that learns nothing.
    pub folds: Vec<FoldFacts>,
    /// The folds that are left out since they have too few rows.
    pub left_out: Vec<LeftOutFacts>,
    /// The facts of the fits, by model, each with the number of its fold; those of several seeds follow each other.
    pub fits: IndexMap<String, Vec<(u32, FitFacts)>>,
    /// The scores of each model over the tested sessions, by its name.
    pub scores: Vec<(String, Scores)>,
    /// The evaluation of the scores of each model, by its name.
    pub evaluations: IndexMap<String, Evaluation>,
    /// The results of the portfolios over the tested sessions.
    pub backtests: Vec<BacktestResult>,
    /// The equal weight and the index over all sessions of the data, to gauge survivorship.
    pub gauge: Vec<BacktestResult>,
    /// The strategy under all settings of the regimes that it reads, the study's own first, over the sessions in which
    /// regimes are known under all of them.
    pub spread: Vec<BacktestResult>,
    /// The regimes that the strategy reads; `None` if it reads none.
    pub regimes: Option<FollowedRegimes>,
    /// The artifacts behind these results: the stage, the shard and the key.
    pub lineage: Vec<(String, String, Key)>,
    /// The warnings of the run, in order, each once.
    pub warnings: Vec<String>,
}

/// The regimes of instruments under the study's own setting.
#[derive(Debug)]
pub(crate) struct FollowedRegimes {
    /// The setting under which they are followed.
    pub setting: Setting,
    /// The instruments; the one that the strategy is compared with comes first.
    pub instruments: Vec<FollowedInstrument>,
    /// The work of following in this run; no result depends on it.
    pub work: Option<Work>,
}

/// An instrument and its regimes.
#[derive(Debug)]
pub(crate) struct FollowedInstrument {
    /// The name of the instrument.
    pub name: String,
    /// The session of each row of the instrument.
    pub sessions: Vec<Session>,
    /// The closing price of each row; NaN where missing.
    pub close: Vec<f64>,
    /// The regime of each row.
    pub history: History,
}

impl FollowedInstrument {
    /// Split the rows whose regime is known into runs of one kind of regime.
    pub(crate) fn runs(&self) -> Vec<Range<usize>> {
        let mut runs = Vec::<Range<usize>>::new();
        for row in self.history.first().unwrap_or(self.sessions.len())..self.sessions.len() {
            match runs.last_mut() {
                Some(run) if self.history.kind[run.start] == self.history.kind[row] => run.end = row + 1,
                _ => runs.push(row..row + 1),
            }
        }
        runs
    }
}

impl Results {
    /// The result of a variant of the portfolio; `None` if it was not run.
    pub(crate) fn backtest(&self, variant: &Variant) -> Option<&BacktestResult> {
        self.backtests.iter().find(|backtest| backtest.variant == *variant)
    }

    /// The evaluation of the primary model's scores; `None` if there are no scores, or they were not judged.
    pub(crate) fn primary_evaluation(&self) -> Option<&Evaluation> {
        self.evaluations.get(self.config.primary_model()?)
    }
}
