//! What a run of a study found out: everything the report speaks of.

use backstaff_source::quality::Quality;
use std::{collections::BTreeMap, ops::Range, sync::Arc};

use backstaff_panel::Session;
use backstaff_stage::Key;
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
        suspects::Suspect,
        train::FitFacts,
    },
    stored::panel::PanelHandle,
};

/// A feature that the models saw.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FeatureFacts {
    /// Its name.
    pub name: String,
    /// The library or file that defines it.
    pub library: String,
    /// Its expression, as written.
    pub expression: String,
    /// How far back it reads.
    pub look_back: String,
    /// What it means, if its library says so.
    pub meaning: String,
}

/// What a run found out.
#[derive(Debug)]
pub struct Results {
    /// The study.
    pub config: Config,
    /// The data.
    pub panel: Arc<PanelHandle>,
    /// What is odd about the data.
    pub quality: Quality,
    /// What the models saw.
    pub features: Vec<FeatureFacts>,
    /// What is known to be wrong with libraries that the features come from: the library and its flaws.
    pub known_flaws: Vec<(String, Vec<String>)>,
    /// Features beyond belief.
    pub suspects: Vec<Suspect>,
    /// What was counted in the features that the models saw.
    pub checks: Vec<ColumnCheck>,
    /// How many rows have a label, and why others don't; absent for a study without labels.
    pub labels: Option<LabelFacts>,
    /// The folds.
    pub folds: Vec<FoldFacts>,
    /// The folds that have too few rows.
    pub left_out: Vec<LeftOutFacts>,
    /// The fits, by model and fold; those of several seeds follow each other.
    pub fits: BTreeMap<String, Vec<(u32, FitFacts)>>,
    /// How good the scores are, by model.
    pub evaluations: BTreeMap<String, Evaluation>,
    /// What became of the portfolios.
    pub backtests: Vec<BacktestResult>,
    /// Equal weights and the index over all sessions of the data, for the gauge of survivorship.
    pub gauge: Vec<BacktestResult>,
    /// The strategy under all settings of the regimes that it reads, the study's own first, over the sessions that all of
    /// them know.
    pub spread: Vec<BacktestResult>,
    /// The regimes that the strategy reads, if it reads any.
    pub regimes: Option<FollowedRegimes>,
    /// The artifacts behind all this: stage, shard, key.
    pub lineage: Vec<(String, String, Key)>,
    /// What the user was told.
    pub warnings: Vec<String>,
}

/// The regimes of instruments under the study's own setting.
#[derive(Debug)]
pub struct FollowedRegimes {
    /// How they are followed.
    pub setting: Setting,
    /// The instruments, what the strategy is compared with first.
    pub instruments: Vec<FollowedInstrument>,
    /// What the cache of models did in this run; no result depends on it.
    pub work: Option<Work>,
}

/// An instrument and its regimes.
#[derive(Debug)]
pub struct FollowedInstrument {
    /// Its name.
    pub name: String,
    /// The session of each of its rows.
    pub sessions: Vec<Session>,
    /// Its closes.
    pub close: Vec<f64>,
    /// Its regimes.
    pub history: History,
}

impl FollowedInstrument {
    /// Runs of rows with a regime of one kind, within the rows whose regime is known.
    pub fn runs(&self) -> Vec<Range<usize>> {
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
    /// A portfolio, if it was run.
    pub fn backtest(&self, variant: &Variant) -> Option<&BacktestResult> {
        self.backtests.iter().find(|backtest| backtest.variant == *variant)
    }

    /// How good the scores are that it follows, if they were judged.
    pub fn primary_evaluation(&self) -> Option<&Evaluation> {
        self.evaluations.get(self.config.primary_model()?)
    }
}
