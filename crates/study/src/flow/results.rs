//! What a run of a study found out: everything the report speaks of.

use std::{collections::BTreeMap, sync::Arc};

use backstaff_stage::Key;
use serde::Serialize;

use crate::{
    config::Config,
    steps::{
        backtest::{BacktestResult, Holder, Variant},
        check::ColumnCheck,
        evaluate::Evaluation,
        folds::{FoldFacts, LeftOutFacts},
        quality::QualityFacts,
        suspects::Suspect,
        train::FitFacts,
    },
    stored::panel::PanelHandle,
};

/// A feature that the models saw.
#[derive(Clone, Debug, Serialize)]
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
    pub quality: QualityFacts,
    /// What the models saw.
    pub features: Vec<FeatureFacts>,
    /// What is known to be wrong with libraries that the features come from: the library and its flaws.
    pub known_flaws: Vec<(String, Vec<String>)>,
    /// Features beyond belief.
    pub suspects: Vec<Suspect>,
    /// What was counted in the features that the models saw.
    pub checks: Vec<ColumnCheck>,
    /// Facts about the labels: how many rows have one, and why others don't.
    pub labels: serde_json::Value,
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
    /// The artifacts behind all this: stage, shard, key.
    pub lineage: Vec<(String, String, Key)>,
    /// What the user was told.
    pub warnings: Vec<String>,
}

impl Results {
    /// A portfolio, if it was run.
    pub fn backtest(&self, variant: &Variant) -> Option<&BacktestResult> {
        self.backtests.iter().find(|backtest| backtest.variant == *variant)
    }

    /// The primary model's portfolio at the stated costs.
    pub fn primary(&self) -> Option<&BacktestResult> {
        self.backtest(&Variant::plain(Holder::Model(self.config.primary_model().to_owned())))
    }

    /// The equal weight of the universe under the same costs: the first benchmark.
    pub fn equal_weight(&self) -> Option<&BacktestResult> {
        self.backtest(&Variant::plain(Holder::EqualWeight))
    }

    /// The index, bought once.
    pub fn index(&self) -> Option<&BacktestResult> {
        self.backtest(&Variant::plain(Holder::Index))
    }
}
