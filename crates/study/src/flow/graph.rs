//! The steps of a study in order; the study's settings decide which of them it has.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use backstaff_stage::{Manifest, runner::Done};
use indexmap::IndexMap;

use super::{
    Flow,
    columns::Columns,
    results::{FollowedInstrument, FollowedRegimes, Results},
    rules::{Tested, scores_of_expressions},
    study::Study,
};
use crate::{
    StudyError,
    config::ModelSpec,
    steps::{
        backtest::{BacktestInputs, BacktestResult, Over, RunBacktests, Variant, read_backtest},
        check::warnings,
        evaluate::{Evaluate, EvaluateInputs, Evaluation, read_evaluation},
        folds::{FoldInputs, FoldsHandle, LeftOutFacts, MakeFolds},
        labels::{LabelsHandle, MakeLabels},
        predict::{self, Predict, PredictInputs},
        process::Process,
        quality::{CollectQuality, read_quality},
        regimes::{Follow, FollowInputs, FollowShard, History, Known, Setting, unknown_instrument},
        scores::Scores,
        suspects::{FindSuspects, Found, SuspectInputs, read_found},
        ties::{CountTies, Places, TieFacts, TieInputs, read_ties},
        train::{FitFacts, ModelInputs, Train, read_facts, without_split},
        yardstick::{MeasureYardstick, YardstickFacts, YardstickInputs, read_yardstick},
    },
    stored::panel::PanelHandle,
    words,
};

impl Study {
    /// Take all steps from the data to the portfolios.
    pub(crate) fn results(&self, flow: &Flow<'_>) -> Result<Results, StudyError> {
        // The models' settings are checked before anything is computed.
        let train = Train::new(&self.config, &self.own)?;
        if let Err(error) = train.check_libraries() {
            flow.tell(&format!("{error}; without it only models that are in the store already can be had"));
        }
        let panel = self.load(flow)?;
        let make_labels = self.make_labels(&panel)?;
        let quality = flow.single(&CollectQuality, &panel, panel.axis().n_rows())?;
        let resolved = self.resolve(&panel)?;
        let columns = self.columns(flow, &panel, &resolved)?;
        let (portfolios, warnings) = RunBacktests::new(&self.config, &panel)?;
        for warning in warnings {
            flow.warn(warning);
        }
        let follow = self.config.regimes.as_ref().map(|followed| Follow::new(followed, flow.store()));
        let regimes =
            self.follow(flow, follow.as_ref(), &panel, &columns, Setting::of_study(&self.config))?;
        let judged = self.judge(flow, &panel, &columns, &train, make_labels, regimes)?;
        let found = find_suspects(flow, &judged.suspect_inputs(self, &panel, &columns)?)?;
        let yardstick = self.yardstick(flow, &panel, &columns, &judged)?;
        let ties = self.ties(flow, &panel, &judged)?;
        let evaluations = evaluate(flow, &panel, &columns, &judged)?;
        let inputs = judged.backtest_inputs(&panel, &columns, portfolios.variants())?;
        let backtests = run_backtests(flow, &portfolios, inputs)?;
        let (backtests, rest): (Vec<_>, Vec<_>) =
            backtests.into_iter().partition(|backtest| backtest.variant.over == Over::Tested);
        let (gauge, spread) = rest.into_iter().partition(|backtest| backtest.variant.over == Over::Whole);
        let followed = self.followed(flow, &panel, &judged.regimes, follow.as_ref())?;
        Ok(Results {
            config: self.config.clone(),
            quality: read_quality(&quality)?,
            matches: self.matches(&panel),
            features: resolved.facts,
            known_flaws: resolved.known_flaws,
            suspects: found.suspects,
            checks: found.checks,
            ties,
            without_split: without_split(&self.config.models, &judged.fits),
            yardstick,
            late_start: judged.late_start,
            labels: judged.labels.map(|labels| labels.facts()).transpose()?,
            folds: judged.folds.as_ref().map(|folds| folds.facts().to_vec()).unwrap_or_default(),
            left_out: judged.folds.as_ref().map(|folds| folds.left_out().to_vec()).unwrap_or_default(),
            fits: judged.fits,
            scores: judged.scores,
            evaluations,
            backtests,
            gauge,
            spread,
            regimes: followed,
            lineage: flow.lineage(),
            warnings: flow.warnings(),
            panel,
        })
    }

    /// Measure the equal weight by which the portfolios are judged.
    fn yardstick(
        &self,
        flow: &Flow<'_>,
        panel: &Arc<PanelHandle>,
        columns: &Columns,
        judged: &Judged,
    ) -> Result<YardstickFacts, StudyError> {
        let named = self.config.portfolio.strategy.named();
        let inputs = YardstickInputs {
            panel: panel.clone(),
            universe: columns.universe()?,
            named: named.map(|named| named.into_iter().map(str::to_owned).collect()),
            sessions: judged.sessions.clone(),
        };
        read_yardstick(&flow.single(&MeasureYardstick, &inputs, panel.axis().n_rows())?)
    }

    /// Count the ties of the scores that the strategy chooses by, and warn of scores that choose nobody.
    fn ties(
        &self,
        flow: &Flow<'_>,
        panel: &Arc<PanelHandle>,
        judged: &Judged,
    ) -> Result<BTreeMap<String, TieFacts>, StudyError> {
        let Some(places) = Places::of(&self.config.portfolio.strategy) else { return Ok(BTreeMap::new()) };
        let (scores, sessions) = (judged.scores.clone(), judged.sessions.clone());
        let inputs = TieInputs { panel: panel.clone(), scores, sessions };
        let rows = inputs.scores.iter().map(|(_, scores)| scores.rows().len()).sum();
        let ties = read_ties(&flow.single(&CountTies { places }, &inputs, rows)?)?;
        for (model, TieFacts { all_equal, sessions, .. }) in &ties {
            if *all_equal > 0 {
                flow.warn(format!(
                    "models.{model}: all scores are equal in {all_equal} of {}, in which the book stays as it is",
                    words::count(*sessions, "session")
                ));
            }
        }
        Ok(ties)
    }

    /// The stage that makes labels; `None` for a study without labels.
    pub(crate) fn make_labels(&self, panel: &PanelHandle) -> Result<Option<MakeLabels>, StudyError> {
        let label = self.config.label.as_ref();
        label.map(|label| MakeLabels::new(label, &self.config.portfolio, panel)).transpose()
    }

    /// Follow the regimes of all instruments that the strategy reads, under these settings.
    ///
    /// # Errors
    ///
    /// If the data lack an instrument, or one has too few bars for a look-back.
    pub(crate) fn follow(
        &self,
        flow: &Flow<'_>,
        stage: Option<&Follow>,
        panel: &Arc<PanelHandle>,
        columns: &Columns,
        settings: Vec<Setting>,
    ) -> Result<Vec<Known>, StudyError> {
        let (Some(stage), Some(template)) = (stage, self.config.portfolio.strategy.regimes()) else {
            return Ok(Vec::new());
        };
        let axis = panel.axis();
        let read = template.read();
        let scheduled = self.config.regimes.iter().flat_map(|regimes| regimes.schedules.keys());
        for (key, name) in read
            .iter()
            .map(|name| ("portfolio.strategy", *name))
            .chain(scheduled.map(|name| ("regimes.schedules", name.as_str())))
        {
            if axis.find(name).is_none() {
                return Err(unknown_instrument(axis, key, name));
            }
        }
        let own = settings.first().cloned();
        let shards = settings.into_iter().flat_map(|setting| {
            let shard =
                move |name: &&str| FollowShard { instrument: (*name).to_owned(), setting: setting.clone() };
            read.iter().map(shard).collect::<Vec<_>>()
        });
        let inputs =
            FollowInputs { panel: panel.clone(), observed: columns.observed(), shards: shards.collect() };
        let done = flow.stage(stage, &inputs, 0)?;
        let known = done.into_iter().map(Known::read).collect::<Result<Vec<_>, StudyError>>()?;
        if let Some(Known { instrument: name, setting, .. }) =
            known.iter().find(|known| known.first.is_none())
        {
            let key = if Some(setting) == own.as_ref() { "regimes.look_back" } else { "spread.look_backs" };
            let message = format!(
                "{name} has no regime: its {} bars don't fill the look-back of {}, so that it is never known",
                axis.find(name).map_or(0, |i| axis.rows(i).len()),
                setting.look_back
            );
            return Err(StudyError::Value { key: key.to_owned(), message });
        }
        Ok(known)
    }

    /// Read the regimes under the study's own setting, for the report; `None` for a study without regimes.
    fn followed(
        &self,
        flow: &Flow<'_>,
        panel: &PanelHandle,
        known: &[Known],
        stage: Option<&Follow>,
    ) -> Result<Option<FollowedRegimes>, StudyError> {
        let Some(regimes) = &self.config.regimes else { return Ok(None) };
        let setting = Setting::of(regimes);
        let axis = panel.axis();
        let close = panel.column("close")?;
        let mut instruments = Vec::new();
        for known in known.iter().filter(|known| known.setting == setting) {
            let Some(i) = axis.find(&known.instrument) else { continue };
            let mut values = vec![0.0; axis.rows(i).len()];
            close.decode(axis.rows(i), &mut values);
            instruments.push(FollowedInstrument {
                name: known.instrument.clone(),
                sessions: axis.sessions(i).to_vec(),
                close: values,
                history: History::read(flow.store(), &known.manifest)?,
            });
        }
        // The instrument that the strategy is compared with comes first: the reader knows it best.
        instruments.sort_by_key(|instrument| self.config.portfolio.hold.as_ref() != Some(&instrument.name));
        for instrument in &instruments {
            for (session, reason) in instrument.history.failures.iter().take(1) {
                let n = instrument.history.failures.len();
                flow.warn(format!(
                    "{n} fits of {} failed, the first on {session}: {reason}",
                    instrument.name
                ));
            }
        }
        Ok(Some(FollowedRegimes { setting, instruments, work: stage.map(Follow::work) }))
    }

    /// Take the steps that portfolios depend on: labels, folds, models and their scores, as far as the study has them,
    /// and the sessions to test.
    pub(crate) fn judge(
        &self,
        flow: &Flow<'_>,
        panel: &Arc<PanelHandle>,
        columns: &Columns,
        train: &Train,
        make_labels: Option<MakeLabels>,
        regimes: Vec<Known>,
    ) -> Result<Judged, StudyError> {
        let labels = make_labels.map(|stage| labels(flow, panel, stage)).transpose()?;
        if let (Some(labels), Some(_)) = (&labels, &self.config.folds) {
            return self.learn(flow, panel, columns, train, labels);
        }
        let scores = self.in_order(scores_of_expressions(columns)?);
        let Tested { sessions, common, late_start } = self.sessions(panel, columns, &scores, &regimes)?;
        if let Some(late) = &late_start {
            flow.warn(late.clone());
        }
        let within = |(name, scores): (String, Scores)| (name, scores.within(panel.axis(), &sessions));
        Ok(Judged {
            labels,
            folds: None,
            models: Vec::new(),
            fits: IndexMap::new(),
            scores: scores.into_iter().map(within).collect(),
            regimes,
            sessions,
            late_start,
            common,
        })
    }

    /// The scores of models in the order in which the study names them.
    fn in_order(&self, mut scores: Vec<(String, Scores)>) -> Vec<(String, Scores)> {
        scores.sort_by_key(|(name, _)| self.config.models.get_index_of(name));
        scores
    }

    /// Cut the folds, and warn of those that have too few rows.
    pub(crate) fn folds(
        &self,
        flow: &Flow<'_>,
        panel: &Arc<PanelHandle>,
        columns: &Columns,
        labels: &Arc<LabelsHandle>,
    ) -> Result<Arc<FoldsHandle>, StudyError> {
        let inputs = FoldInputs {
            panel: panel.clone(),
            labels: labels.clone(),
            universe: columns.universe()?,
            training: columns.of_training(),
        };
        let folds = flow.single(&MakeFolds::new(&self.config, panel)?, &inputs, panel.axis().n_rows())?;
        let folds = Arc::new(FoldsHandle::open(flow.store(), folds)?);
        for LeftOutFacts { from, to, why, .. } in folds.left_out() {
            flow.warn(format!("no model scores {from} to {to}: {why}"));
        }
        Ok(folds)
    }

    /// The processors of the study; `None` if it has none.
    ///
    /// # Errors
    ///
    /// If one is to be fitted on other rows than those of a fold's training.
    pub(crate) fn process(&self, folds: &FoldsHandle) -> Result<Option<Process>, StudyError> {
        let Some(processors) = &self.config.processors else { return Ok(None) };
        let process = Process::new(processors)?;
        process.iter().try_for_each(|process| process.check(folds.facts()))?;
        Ok(process)
    }

    /// Cut folds, train models, and predict their tests.
    fn learn(
        &self,
        flow: &Flow<'_>,
        panel: &Arc<PanelHandle>,
        columns: &Columns,
        train: &Train,
        labels: &Arc<LabelsHandle>,
    ) -> Result<Judged, StudyError> {
        let folds = self.folds(flow, panel, columns, labels)?;
        for warning in train.warnings() {
            flow.warn(warning);
        }
        let process = self.process(&folds)?;
        let inputs =
            ModelInputs { panel: panel.clone(), features: columns.features(), folds: folds.clone(), process };
        let n_trained =
            folds.facts().iter().map(|fold| fold.train.rows + fold.validation.rows).sum::<usize>();
        let trained = flow.stage(train, &inputs, n_trained)?;
        let mut fits = IndexMap::<String, Vec<_>>::new();
        for done in &trained {
            let fit = (done.shard.fold, read_facts(&done.manifest)?);
            fits.entry(done.shard.model.clone()).or_default().push(fit);
        }
        for idle in without_split(&self.config.models, &fits) {
            flow.warn(format!("models.{}: {}", idle.model, idle.words()));
        }
        let models = trained.into_iter().map(|done| (done.shard.model, done.shard.fold, done.manifest));
        let inputs = PredictInputs {
            model: inputs,
            trained: models.collect(),
            train: train.clone(),
            expressions: columns.scores(),
            store: flow.store().clone(),
        };
        let models = inputs.trained.clone();
        let n_tested = folds.facts().iter().map(|fold| fold.test.rows).sum::<usize>();
        let predicted = flow.stage(&Predict, &inputs, n_tested * self.config.models.len())?;
        let scores = self.in_order(predict::join(&inputs, &predicted)?);
        let whole = tested(panel, &folds)?;
        let (sessions, late_start) = self.with_a_choice(panel, columns, &scores, whole.clone())?;
        if let Some(late) = &late_start {
            flow.warn(late.clone());
        }
        let common = sessions.clone();
        let within = |(name, scores): (String, Scores)| (name, scores.within(panel.axis(), &sessions));
        let scores = if sessions == whole { scores } else { scores.into_iter().map(within).collect() };
        let (labels, regimes) = (Some(labels.clone()), Vec::new());
        Ok(Judged { labels, folds: Some(folds), models, fits, scores, regimes, sessions, late_start, common })
    }
}

/// Make the labels.
pub(crate) fn labels(
    flow: &Flow<'_>,
    panel: &Arc<PanelHandle>,
    stage: MakeLabels,
) -> Result<Arc<LabelsHandle>, StudyError> {
    let manifest = flow.single(&stage, panel, panel.axis().n_rows())?;
    Ok(Arc::new(LabelsHandle::new(stage, panel, manifest)))
}

/// Search for columns that know the future and columns that tell no rows apart, and warn of them.
fn find_suspects(flow: &Flow<'_>, inputs: &SuspectInputs) -> Result<Found, StudyError> {
    if inputs.features.is_empty() && inputs.scores.is_empty() {
        return Ok(Found::default());
    }
    let found = read_found(&flow.single(&FindSuspects, inputs, inputs.panel.axis().n_rows())?)?;
    for suspect in &found.suspects {
        flow.warn(format!(
            "{} is beyond belief: {}; it has probably seen it",
            suspect.column,
            suspect.measured()
        ));
    }
    for warning in warnings(&found.checks) {
        flow.warn(warning);
    }
    Ok(found)
}

/// Judge the scores of each model; empty if the study has no scores, or no labels to judge them by.
fn evaluate(
    flow: &Flow<'_>,
    panel: &Arc<PanelHandle>,
    columns: &Columns,
    judged: &Judged,
) -> Result<IndexMap<String, Evaluation>, StudyError> {
    let Some(labels) = judged.labels.clone().filter(|_| !judged.scores.is_empty()) else {
        return Ok(IndexMap::new());
    };
    let rows = judged.scores.iter().map(|(_, scores)| scores.rows().len()).sum();
    let evaluate =
        Evaluate { horizon: labels.stage().horizon(), recovery: labels.stage().recovery().clone() };
    let inputs = EvaluateInputs {
        panel: panel.clone(),
        labels,
        universe: columns.universe()?,
        scores: judged.scores.clone(),
        sessions: judged.sessions.clone(),
    };
    let evaluated = flow.stage(&evaluate, &inputs, rows)?;
    let read = |done: &Done<String>| Ok((done.shard.clone(), read_evaluation(flow.store(), &done.manifest)?));
    evaluated.iter().map(read).collect()
}

/// Run all portfolios, and then the one whose weights depend on the results of the others.
fn run_backtests(
    flow: &Flow<'_>,
    stage: &RunBacktests,
    inputs: BacktestInputs,
) -> Result<Vec<BacktestResult>, StudyError> {
    let run = |inputs: &BacktestInputs| {
        let done = flow.joint_stage(stage, inputs, inputs.panel.axis().n_rows())?;
        done.iter().map(|done| read_backtest(flow.store(), &done.manifest)).collect::<Result<Vec<_>, _>>()
    };
    let mut results = run(&inputs)?;
    if let Some(constant) = stage.constant(&results) {
        let of_constant = run(&BacktestInputs { variants: vec![constant], ..inputs })?;
        results.splice(1..1, of_constant);
    }
    Ok(results)
}

/// The results of the steps that portfolios depend on.
pub(crate) struct Judged {
    pub(crate) labels: Option<Arc<LabelsHandle>>,
    pub(crate) folds: Option<Arc<FoldsHandle>>,
    /// The artifact of each trained model: its name, the fold, the manifest.
    pub(crate) models: Vec<(String, u32, Manifest)>,
    pub(crate) fits: IndexMap<String, Vec<(u32, FitFacts)>>,
    pub(crate) scores: Vec<(String, Scores)>,
    pub(crate) regimes: Vec<Known>,
    /// The tested sessions, as positions in the calendar.
    pub(crate) sessions: Range<usize>,
    /// The reason why they begin later than the first fold's test, or the first decision; `None` if they don't.
    pub(crate) late_start: Option<String>,
    /// Those tested sessions in which regimes are known under every setting.
    pub(crate) common: Range<usize>,
}

impl Judged {
    /// The inputs of the search for columns and scores that know the future.
    pub(crate) fn suspect_inputs(
        &self,
        study: &Study,
        panel: &Arc<PanelHandle>,
        columns: &Columns,
    ) -> Result<SuspectInputs, StudyError> {
        // Without features the columns of rules are looked at themselves.
        let scores = if columns.features().is_empty() { Vec::new() } else { self.scores.clone() };
        let models = study.config.models.iter();
        let given = models.filter(|(_, model)| matches!(model, ModelSpec::Scores(_)));
        let given = given.map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        Ok(SuspectInputs {
            panel: panel.clone(),
            features: columns.looked_at(&given),
            scores,
            universe: columns.universe()?,
            labels: self.labels.clone(),
            execution: study.config.portfolio.execution,
        })
    }

    /// The inputs of these portfolios.
    pub(crate) fn backtest_inputs(
        &self,
        panel: &Arc<PanelHandle>,
        columns: &Columns,
        variants: Vec<Variant>,
    ) -> Result<BacktestInputs, StudyError> {
        Ok(BacktestInputs {
            panel: panel.clone(),
            scores: self.scores.clone(),
            universe: columns.universe()?,
            unmasked: columns.unmasked(),
            guides: columns.of_strategy(),
            regimes: self.regimes.clone(),
            sessions: self.sessions.clone(),
            common: self.common.clone(),
            variants,
        })
    }
}

/// The positions from the first tested session to the last.
fn tested(panel: &PanelHandle, folds: &FoldsHandle) -> Result<Range<usize>, StudyError> {
    let sessions = || {
        let (first, last) = (folds.facts().first()?.test.sessions()?, folds.facts().last()?.test.sessions()?);
        Some(panel.axis().calendar().between(first.0, last.1))
    };
    sessions().ok_or_else(|| StudyError::Internal { what: "there is no fold with a test".to_owned() })
}
