//! Backtest: from scores to a ledger, for every model, for the benchmarks, and for other costs and delays.

mod cash;
mod detail;
mod ground;
mod guides;
mod key;
mod qlib;
mod result;
mod simulate;
mod variant;

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use backstaff_stage::{
    Budget, Digest, Draft, KeyHasher, Stage, StoreError,
    runner::local::{JointStage, Sink},
};
use rayon::prelude::*;

use self::{key::Settled, result::write_backtest};
use crate::{
    StudyError,
    config::{Portfolio, Role},
    steps::{
        regimes::{Known, Setting},
        scores::Scores,
    },
    stored::{column::ColumnHandle, panel::PanelHandle},
};

pub use detail::{Detail, GroupShare, Held, TradeFacts};
pub use ground::Ground;
pub use guides::Guides;
pub(crate) use key::hash_recovery;
pub use result::{BacktestResult, Shortfall, StoredMeasure, read_backtest};
pub(crate) use result::{measures, summary, unfilled, value_of};
pub(crate) use simulate::exchange;
pub use simulate::{Told, primary};
pub use variant::{CONSTANT, EQUAL, Holder, Over, Variant, holder_name, variant_name};

/// Run one variant of the portfolio after the other.
#[derive(Clone, Debug)]
pub struct RunBacktests {
    portfolio: Portfolio,
    settled: Settled,
    models: Vec<String>,
    primary: Holder,
    /// The settings under which the strategy's regimes are followed, the study's own first.
    settings: Vec<Setting>,
    /// The instruments that the strategy names and that the data have.
    traded: Vec<String>,
    hold: Option<String>,
    has_index: bool,
    has_mask: bool,
    index_name: String,
}

/// The inputs of a backtest.
#[derive(Debug)]
pub struct BacktestInputs {
    /// The panel with prices, categories and the benchmark.
    pub panel: Arc<PanelHandle>,
    /// The scores of each model over the tested sessions, by the model's name.
    pub scores: Vec<(String, Scores)>,
    /// The universe: 1 where an instrument may be held.
    pub universe: Arc<ColumnHandle>,
    /// The universe without regard to dates of entry; `None` if the study has no dates of entry.
    pub unmasked: Option<Arc<ColumnHandle>>,
    /// The columns of the strategy's expressions, by role.
    pub guides: Vec<(Role, Arc<ColumnHandle>)>,
    /// The regimes that the strategy reads, for each instrument and setting.
    pub regimes: Vec<Known>,
    /// The tested sessions, as positions in the calendar.
    pub sessions: Range<usize>,
    /// Those tested sessions in which regimes are known under every setting.
    pub common: Range<usize>,
    /// The portfolios to run, with their costs, delays and sessions.
    pub variants: Vec<Variant>,
}

impl BacktestInputs {
    /// The positions of the calendar that a variant runs over.
    fn sessions_of(&self, variant: &Variant) -> Range<usize> {
        match variant.over {
            Over::Tested => self.sessions.clone(),
            Over::Whole => 0..self.panel.axis().n_sessions(),
            Over::Common => self.common.clone(),
        }
    }
}

impl Stage for RunBacktests {
    const NAME: &'static str = "backtest";
    const VERSION: u32 = 9;
    type Inputs = BacktestInputs;
    type Shard = Variant;
    type Output = BacktestResult;
    type Error = StudyError;

    fn hash_parameters(&self, key: &mut KeyHasher) {
        // The shard says which portfolio is run; names and comparisons change no ledger.
        let Self {
            portfolio,
            settled,
            models: _,
            primary: _,
            settings: _,
            traded: _,
            hold: _,
            has_index: _,
            has_mask: _,
            index_name,
        } = self;
        key::hash_portfolio(portfolio, settled, key);
        key.str("index", index_name);
    }

    fn hash_inputs(
        &self,
        variant: &Variant,
        inputs: &BacktestInputs,
        key: &mut KeyHasher,
    ) -> Result<(), StudyError> {
        let BacktestInputs { panel, scores, universe, unmasked, guides, regimes, .. } = inputs;
        let sessions = inputs.sessions_of(variant);
        let calendar = panel.axis().calendar();
        let name = |position: usize| i64::from(calendar.session(position).number());
        key.i64("first_session", name(sessions.start)).i64("last_session", name(sessions.end - 1));
        let mask = match variant.holder {
            Holder::EqualWeightUnmasked => unmasked.as_ref().unwrap_or(universe),
            _ => universe,
        };
        if variant.holder == Holder::Index {
            let part = |name: &str| panel.manifest().part(name).map(|part| part.digest);
            for name in ["benchmark.open", "benchmark.close"] {
                key.list(name, part(name), |key, digest: Digest| {
                    key.digest("", &digest);
                });
            }
            key.group("calendar", |key| {
                for (number, _) in panel.segments().iter().enumerate() {
                    key.digest("axis", panel.axis_digest(number));
                }
            });
            return Ok(());
        }
        for (number, segment) in panel.segments().iter().enumerate() {
            if segment.positions.start >= sessions.end {
                continue;
            }
            let fields = self.fields(panel);
            panel.hash_segment(key, number, fields.iter().map(String::as_str), |key| {
                key.digest("universe", &mask.digest(number));
            });
        }
        match &variant.holder {
            Holder::Model(name) => {
                if let Some((_, scores)) = scores.iter().find(|(known, _)| known == name) {
                    key.digest("scores", &scores.digest(panel.axis()));
                }
            }
            Holder::Strategy(Some(setting)) => {
                for known in regimes.iter().filter(|known| known.setting == *setting) {
                    key.str("instrument", &known.instrument).digest("decisions", &known.decisions()?);
                }
            }
            Holder::Strategy(None) => {}
            _ => return Ok(()),
        }
        let read = panel.segments().iter().enumerate();
        for (number, _) in read.filter(|(_, segment)| segment.positions.start < sessions.end) {
            for (role, column) in guides {
                key.digest(&role.column(), &column.digest(number));
            }
            for name in self.categories(panel) {
                key.str("category", &name).digest("codes", &panel.digest(&name, number));
            }
        }
        Ok(())
    }

    fn shards(&self, inputs: &BacktestInputs) -> Vec<Variant> {
        inputs.variants.clone()
    }

    fn run(
        &self,
        variant: &Variant,
        inputs: &BacktestInputs,
        _: Budget,
    ) -> Result<BacktestResult, StudyError> {
        let ground = self.ground_of(std::slice::from_ref(variant), inputs)?;
        self.result(variant, inputs, &ground)
    }

    fn write(&self, result: &BacktestResult, draft: &mut Draft) -> Result<(), StoreError> {
        write_backtest(result, draft)
    }
}

impl JointStage for RunBacktests {
    fn run_jointly(
        &self,
        variants: &[Variant],
        inputs: &BacktestInputs,
        _: Budget,
        sink: &dyn Sink<BacktestResult>,
    ) -> Result<(), StudyError> {
        // A market in memory is large, so variants that end together share one.
        let mut by_ground = BTreeMap::<(usize, bool), Vec<usize>>::new();
        for (place, variant) in variants.iter().enumerate() {
            let ground = (inputs.sessions_of(variant).end, variant.holder == Holder::Index);
            by_ground.entry(ground).or_default().push(place);
        }
        for places in by_ground.into_values() {
            let ours = places.iter().map(|&place| variants[place].clone()).collect::<Vec<_>>();
            let ground = self.ground_of(&ours, inputs)?;
            let run = |(place, variant): (usize, Variant)| {
                if !sink.is_closed() {
                    sink.put(place, &self.result(&variant, inputs, &ground)?);
                }
                Ok(())
            };
            let done = places.into_par_iter().zip(ours).map(run).collect::<Vec<_>>();
            done.into_iter().collect::<Result<(), StudyError>>()?;
        }
        Ok(())
    }
}
