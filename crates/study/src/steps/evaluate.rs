//! Evaluate: how well each model's scores foresee plain returns, and nothing else.

use std::{num::NonZeroU32, ops::Range, sync::Arc};

use backstaff_learn::evaluate::{
    Cross, SeriesSummary, information_coefficients, quantile_means, quantile_returns, rank_autocorrelation,
    top_turnover,
};
use backstaff_panel::Session;
use backstaff_portfolio::Recovery;
use backstaff_stage::{Budget, Draft, KeyHasher, Manifest, Stage, Store, StoreError, Table};
use serde::{Deserialize, Serialize};

use crate::{
    StudyError,
    steps::{
        backtest::hash_recovery,
        folds::universe,
        labels::{LabelsHandle, recoveries},
        scores::Scores,
    },
    stored::{column::ColumnHandle, encoding::read_facts, panel::PanelHandle},
};

/// The number of quantiles that the scores of a session are cut into.
pub const N_QUANTILES: usize = 5;

/// Judge the scores of each model.
#[derive(Clone, Debug)]
pub struct Evaluate {
    /// The number of sessions that a label spans.
    pub horizon: NonZeroU32,
    /// The share of the last close that a delisting pays.
    pub recovery: Recovery,
}

/// The inputs of the evaluation.
#[derive(Debug)]
pub struct EvaluateInputs {
    /// The panel with the axis and prices.
    pub panel: Arc<PanelHandle>,
    /// The labels: plain returns over the horizon.
    pub labels: Arc<LabelsHandle>,
    /// The universe: 1 where an instrument is eligible.
    pub universe: Arc<ColumnHandle>,
    /// The scores of each model, by the model's name.
    pub scores: Vec<(String, Scores)>,
    /// The tested sessions, as positions in the calendar.
    pub sessions: Range<usize>,
}

/// The evaluation of one model's scores.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The tested sessions, in order.
    pub sessions: Vec<Session>,
    /// Series by name, one value a session, NaN where missing: `ic`, `rank_ic`, `count`, `autocorrelation`,
    /// `top_turnover`, `spread`, `quantile_1` (the lowest scores) to `quantile_5`.
    pub series: Vec<(String, Vec<f64>)>,
    /// The summaries of these series.
    pub facts: EvaluationFacts,
}

/// The evaluation of one model's scores, summed up over the tested sessions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluationFacts {
    /// Pearson's correlation of scores and labels in each session.
    pub ic: Summary,
    /// Spearman's rank correlation of scores and labels in each session.
    pub rank_ic: Summary,
    /// The return of the best quantile less that of the worst, per session, staggered cohorts, before costs.
    pub spread: Summary,
    /// The mean plain label of each quantile, the worst first.
    pub quantile_means: Vec<Option<f64>>,
    /// The mean correlation of the scores' ranks in one session with those in the session before.
    pub autocorrelation: Option<f64>,
    /// The mean share of the best quantile that was not in it the session before.
    pub top_turnover: Option<f64>,
}

/// The summary of a series with one value a session; a number that is not defined is `null`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The number of sessions with a value.
    pub n: usize,
    /// The mean of these sessions.
    pub mean: Option<f64>,
    /// The standard deviation of these sessions (`n − 1`).
    pub deviation: Option<f64>,
    /// The mean divided by the standard deviation; of an IC this is the ICIR, per session.
    pub ratio: Option<f64>,
    /// The mean divided by Newey and West's standard error.
    pub newey_west_t: Option<f64>,
    /// The number of lags that Newey and West's standard error takes in.
    pub lag: usize,
    /// The share of sessions above 0.
    pub share_positive: Option<f64>,
    /// The number of sessions that are left if labels must not overlap: every h-th one. `null`, as the two below, for a
    /// series whose values don't look ahead.
    pub n_apart: Option<usize>,
    /// The mean of such sessions divided by its ordinary standard error: the mean over the h sessions to begin with.
    pub t_apart: Option<f64>,
    /// The least and the greatest of these h numbers.
    pub t_apart_range: Option<[f64; 2]>,
}

impl Summary {
    /// The summary of the returns of staggered cohorts, which are held for `horizon` sessions. Each session has a return
    /// of its own, so there is nothing to keep apart; that neighbours hold nearly the same is what Newey and West's
    /// errors allow for.
    pub(crate) fn of_cohorts(returns: &[f64], horizon: NonZeroU32) -> Self {
        let summary = SeriesSummary::of(returns, horizon).into();
        Self { n_apart: None, t_apart: None, t_apart_range: None, ..summary }
    }
}

impl From<SeriesSummary> for Summary {
    fn from(from: SeriesSummary) -> Self {
        Self {
            n: from.n,
            mean: finite(from.mean),
            deviation: finite(from.deviation),
            ratio: finite(from.ratio),
            newey_west_t: finite(from.newey_west_t),
            lag: from.lag,
            share_positive: finite(from.share_positive),
            n_apart: Some(from.n_apart),
            t_apart: finite(from.t_apart),
            t_apart_range: from.t_apart_range.map(|(least, most)| [least, most]),
        }
    }
}

/// The number if it is finite; `None` for NaN and infinities.
pub(crate) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// The mean of the finite values; `None` without any.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    let present = values.iter().copied().filter(|value| value.is_finite()).collect::<Vec<_>>();
    (!present.is_empty()).then(|| backstaff_statistics::mean(&present))
}

impl Evaluation {
    /// The series of this name, one value a session; empty if there is none.
    pub fn column(&self, name: &str) -> &[f64] {
        self.series.iter().find(|(known, _)| known == name).map_or(&[], |(_, values)| values)
    }
}

impl Evaluate {
    fn judge(&self, scores: &Scores, inputs: &EvaluateInputs) -> Result<Evaluation, StudyError> {
        let axis = inputs.panel.axis();
        let universe = universe(&inputs.universe)?;
        let labels = inputs.labels.labels()?;
        let values = scores.on(axis.n_rows());
        let cross = Cross::new(axis, &values, &universe)?;
        let coefficients = information_coefficients(&cross, labels.values());
        let prices = inputs.labels.prices()?;
        let returns =
            quantile_returns(&cross, &prices, &recoveries(&self.recovery)?, self.horizon, N_QUANTILES);
        let tested = |series: &[f64]| series[inputs.sessions.clone()].to_vec();
        let autocorrelation = tested(&rank_autocorrelation(&cross, NonZeroU32::MIN));
        let top_turnover = tested(&top_turnover(&cross, N_QUANTILES, NonZeroU32::MIN));
        let (ic, rank_ic, spread) =
            (tested(&coefficients.linear), tested(&coefficients.rank), tested(&returns.spread));
        let facts = EvaluationFacts {
            ic: SeriesSummary::of(&ic, self.horizon).into(),
            rank_ic: SeriesSummary::of(&rank_ic, self.horizon).into(),
            spread: Summary::of_cohorts(&spread, self.horizon),
            quantile_means: quantile_means(&cross, labels.values(), N_QUANTILES)
                .into_iter()
                .map(finite)
                .collect(),
            autocorrelation: mean(&autocorrelation),
            top_turnover: mean(&top_turnover),
        };
        let counts = coefficients.counts.iter().map(|&count| f64::from(count)).collect::<Vec<_>>();
        let mut series = vec![
            ("ic".to_owned(), ic),
            ("rank_ic".to_owned(), rank_ic),
            ("count".to_owned(), tested(&counts)),
            ("autocorrelation".to_owned(), autocorrelation),
            ("top_turnover".to_owned(), top_turnover),
            ("spread".to_owned(), spread),
        ];
        let quantiles = returns.returns.iter().enumerate();
        series
            .extend(quantiles.map(|(number, returns)| (format!("quantile_{}", number + 1), tested(returns))));
        Ok(Evaluation {
            sessions: axis.calendar().sessions()[inputs.sessions.clone()].to_vec(),
            series,
            facts,
        })
    }
}

impl Stage for Evaluate {
    const NAME: &'static str = "evaluate";
    const VERSION: u32 = 3;
    type Inputs = EvaluateInputs;
    type Shard = String;
    type Output = Evaluation;
    type Error = StudyError;

    fn hash_parameters(&self, key: &mut KeyHasher) {
        let Self { horizon, recovery } = self;
        key.u64("horizon", horizon.get().into()).u64("quantiles", N_QUANTILES as u64);
        hash_recovery(recovery, key);
    }

    fn hash_inputs(
        &self,
        model: &String,
        inputs: &EvaluateInputs,
        key: &mut KeyHasher,
    ) -> Result<(), StudyError> {
        let EvaluateInputs { panel, labels, universe, scores, sessions } = inputs;
        let name = |position: usize| i64::from(panel.axis().calendar().session(position).number());
        key.i64("first_session", name(sessions.start)).i64("last_session", name(sessions.end - 1));
        key.digest("labels", &labels.digest());
        for (number, segment) in panel.segments().iter().enumerate() {
            key.digest(&format!("universe {}", segment.label), &universe.digest(number));
        }
        if let Some((_, scores)) = scores.iter().find(|(name, _)| name == model) {
            key.digest("scores", &scores.digest(panel.axis()));
        }
        Ok(())
    }

    fn shards(&self, inputs: &EvaluateInputs) -> Vec<String> {
        inputs.scores.iter().map(|(name, _)| name.clone()).collect()
    }

    fn run(&self, model: &String, inputs: &EvaluateInputs, _: Budget) -> Result<Evaluation, StudyError> {
        let missing = || StudyError::Internal { what: format!("model {model} has no scores") };
        let (_, scores) = inputs.scores.iter().find(|(name, _)| name == model).ok_or_else(missing)?;
        self.judge(scores, inputs)
    }

    fn write(&self, output: &Evaluation, draft: &mut Draft) -> Result<(), StoreError> {
        let sessions = output.sessions.iter().map(|session| session.number()).collect();
        let table =
            output.series.iter().fold(Table::new().i32("session", sessions), |table, (name, values)| {
                table.f64(name, values.clone())
            });
        draft.write_part("series.arrow", |file| table.write(file))?;
        draft.info(serde_json::json!({ "evaluation": output.facts }));
        Ok(())
    }
}

/// Read an evaluation from its artifact.
pub fn read_evaluation(store: &Store, manifest: &Manifest) -> Result<Evaluation, StudyError> {
    let facts = read_facts(manifest, "evaluation")?;
    let table = Table::read(&store.open_part(manifest, "series.arrow")?)?;
    let names = table.names().filter(|name| *name != "session").map(str::to_owned).collect::<Vec<_>>();
    let series = names.into_iter().map(|name| Ok((name.clone(), table.f64s(&name)?.to_vec())));
    Ok(Evaluation {
        sessions: table.i32s("session")?.iter().map(|&number| Session::from_number(number)).collect(),
        series: series.collect::<Result<_, StoreError>>()?,
        facts,
    })
}
