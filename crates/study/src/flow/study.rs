//! A study from its file to its results: the steps in order.

use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use backstaff_feature::Feature;
use backstaff_panel::Encoding;
use backstaff_stage::{Budget, Manifest, runner::Done};

use crate::{
    StudyError,
    config::{self, Asked, Chosen, Config, ModelSpec, choose, per_share},
    flow::{
        Flow,
        results::{FeatureFacts, Results},
    },
    nearest::nearest,
    regime_study::RegimeStudy,
    steps::{
        Load,
        backtest::{BacktestInputs, GuideRole, RunBacktests, read_backtest},
        check::warnings,
        evaluate::{Evaluate, EvaluateInputs, read_evaluation},
        features::{Features, Precomputed},
        folds::{FoldInputs, FoldsHandle, LeftOutFacts, MakeFolds, Use},
        labels::{LabelsHandle, MakeLabels},
        predict::{self, Predict, PredictInputs},
        quality::{CollectQuality, read_quality},
        scores::Scores,
        suspects::{FindSuspects, Found, SuspectInputs, read_found},
        train::{ModelInputs, Train, read_facts},
    },
    stored::{
        column::ColumnHandle,
        panel::{MEMBER, PanelHandle},
    },
};

/// The universe's name among the computed columns.
const UNIVERSE: &str = "universe";
/// The universe without dates of entry.
const UNMASKED: &str = "universe_unmasked";
/// The universe if the study names none: whatever trades.
pub(crate) const TRADES: &str = "$traded > 0";

/// A study: its configuration and where its artifacts live.
#[derive(Clone, Debug)]
pub struct Study {
    pub(crate) config: Config,
    pub(crate) store: PathBuf,
    pub(crate) budget: Budget,
}

/// How a study is opened.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Overrides to lay over the study.
    pub profile: Option<String>,
    /// The store's folder; `.backstaff` beside the study if absent.
    pub store: Option<PathBuf>,
    /// Threads; all cores if absent.
    pub threads: Option<usize>,
    /// How many bytes of computed values are held before they are stored; a gigabyte if absent.
    pub memory: Option<usize>,
}

impl Options {
    /// The store of a study in a folder.
    pub(crate) fn store_of(&self, folder: &Path) -> PathBuf {
        self.store.clone().unwrap_or_else(|| folder.join(".backstaff"))
    }

    /// The threads and the memory that a study may use.
    pub(crate) fn budget(&self) -> Budget {
        let all = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let budget = Budget::of_threads(self.threads.unwrap_or_else(all));
        Budget { memory: self.memory.unwrap_or(budget.memory), ..budget }
    }
}

/// The columns of a study.
#[derive(Debug)]
pub(crate) struct Columns {
    pub(crate) features: Vec<Feature>,
    pub(crate) selected: Vec<Arc<ColumnHandle>>,
    pub(crate) expressions: BTreeMap<String, Arc<ColumnHandle>>,
    pub(crate) universe: Arc<ColumnHandle>,
    pub(crate) unmasked: Option<Arc<ColumnHandle>>,
    pub(crate) training: Vec<(Use, Arc<ColumnHandle>)>,
    pub(crate) guides: Vec<(GuideRole, Arc<ColumnHandle>)>,
}

impl Columns {
    /// All columns, in the order of `features`.
    pub(crate) fn all(&self) -> Vec<Arc<ColumnHandle>> {
        let models = self.expressions.values();
        let universes = std::iter::once(&self.universe).chain(&self.unmasked);
        let training = self.training.iter().map(|(_, handle)| handle);
        let guides = self.guides.iter().map(|(_, guide)| guide);
        let chosen = self.selected.iter().chain(models).chain(universes);
        chosen.chain(training).chain(guides).cloned().collect()
    }

    /// What the search for suspects reads.
    pub(crate) fn suspect_inputs(&self, panel: &Arc<PanelHandle>) -> SuspectInputs {
        let look_backs = self.features.iter().map(Feature::look_back);
        SuspectInputs {
            panel: panel.clone(),
            features: self.selected.iter().cloned().zip(look_backs).collect(),
            universe: self.universe.clone(),
        }
    }
}

/// What was asked for, resolved against the panel.
pub(crate) struct Resolved {
    pub(crate) selected: Vec<Feature>,
    pub(crate) expressions: Vec<(String, Feature)>,
    pub(crate) universe: Feature,
    pub(crate) unmasked: Option<Feature>,
    training: Vec<(Use, Feature)>,
    pub(crate) guides: Vec<(GuideRole, Feature)>,
    left_out: Vec<(String, String)>,
    known_flaws: Vec<(String, Vec<String>)>,
    facts: Vec<FeatureFacts>,
}

impl Study {
    /// Read a study's file.
    pub fn open(path: &Path, options: &Options) -> Result<Self, StudyError> {
        if RegimeStudy::is_one(path) {
            let message =
                "a study of regimes; `run`, `report` and `prove` know what to do with it".to_owned();
            return Err(StudyError::Value { key: path.display().to_string(), message });
        }
        let mut config = config::load(path, options.profile.as_deref())?;
        config.portfolio.recovery.read_table(&config.folder)?;
        Ok(Self { store: options.store_of(&config.folder), budget: options.budget(), config })
    }

    /// Its configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The folder of its store.
    pub fn store_path(&self) -> &Path {
        &self.store
    }

    /// The name under which its runs are remembered: a profile has runs of its own.
    pub fn run_name(&self) -> String {
        match &self.config.profile {
            None => self.config.name.clone(),
            Some(profile) => format!("{}.{profile}", self.config.name),
        }
    }

    /// Where its report goes.
    pub fn report_folder(&self) -> PathBuf {
        self.store.join("reports").join(self.run_name())
    }

    /// Do something on as many threads as the study may use.
    pub(crate) fn on_threads<T: Send>(
        &self,
        work: impl FnOnce() -> Result<T, StudyError> + Send,
    ) -> Result<T, StudyError> {
        on_threads(self.budget.threads, work)
    }

    /// The features, models and universes of the study, resolved against a panel.
    pub(crate) fn resolve(&self, panel: &PanelHandle) -> Result<Resolved, StudyError> {
        let selection = Asked::new(&self.config)?;
        let known_flaws = selection.known_flaws(&self.config);
        let Asked { catalog, libraries, named } = selection;
        let schema = panel.schema();
        let libraries = libraries.iter().map(String::as_str).collect::<Vec<_>>();
        let named = named.iter().map(String::as_str).collect::<Vec<_>>();
        let Chosen { features: selected, left_out, .. } = choose(&catalog, &libraries, &named, &schema)?;
        let mut expressions = Vec::new();
        for (name, model) in &self.config.models {
            if let ModelSpec::Expression(text) = model {
                let column = format!("model {name}");
                let catalog = catalog.clone().with(&column, text)?;
                expressions
                    .extend(catalog.resolve(&[&column], &schema)?.into_iter().map(|f| (name.clone(), f)));
            }
        }
        let mut guides = Vec::new();
        for (role, text) in GuideRole::of(&self.config.portfolio.strategy) {
            let catalog = catalog.clone().with(role.name(), text)?;
            guides
                .extend(catalog.resolve(&[role.name()], &schema)?.into_iter().map(|feature| (role, feature)));
        }
        self.check_categories(panel)?;
        let modelled = expressions.iter().map(|(_, feature)| feature);
        per_share::check(&self.config.data.facts, panel, selected.iter().chain(modelled))?;
        if selected.is_empty() && expressions.len() < self.config.models.len() {
            let message = "no features: name a library, a file or define some".to_owned();
            return Err(StudyError::Value { key: "features".to_owned(), message });
        }
        let own = self.config.universe.expression.as_deref().unwrap_or(TRADES);
        // The user's own text is resolved by itself first, so that an error shows it and nothing else.
        let unmasked = catalog.resolve_universe(UNMASKED, own, &schema)?;
        let masked = self.config.universe.member_from.is_some();
        let universe = if masked { format!("({own}) & (${MEMBER} > 0)") } else { own.to_owned() };
        let universe = catalog.resolve_universe(UNIVERSE, &universe, &schema)?;
        let mut training = Vec::new();
        for (of, key, text) in self.training() {
            let catalog = catalog.clone().with(&key, text)?;
            training.extend(catalog.resolve(&[&key], &schema)?.into_iter().map(|feature| (of, feature)));
        }
        let facts = selected.iter().map(|feature| FeatureFacts {
            name: feature.name().to_owned(),
            library: catalog.definition(feature.name()).map(|d| d.origin.clone()).unwrap_or_default(),
            expression: feature.expression().to_owned(),
            look_back: feature.look_back().to_string(),
            meaning: catalog.definition(feature.name()).map(|d| d.meaning.clone()).unwrap_or_default(),
        });
        Ok(Resolved {
            left_out,
            known_flaws,
            facts: facts.collect(),
            unmasked: masked.then_some(unmasked),
            training,
            universe,
            selected,
            expressions,
            guides,
        })
    }

    /// The strategy's categories must be in the data.
    fn check_categories(&self, panel: &PanelHandle) -> Result<(), StudyError> {
        for (key, name) in self.config.portfolio.strategy.categories() {
            if panel.categories().contains(name) {
                continue;
            }
            let message = match nearest(name, panel.categories().iter().map(String::as_str)) {
                Some(nearest) => format!("the data have no category {name:?}; did you mean {nearest:?}?"),
                None => format!(
                    "the data have no category {name:?}, nor any other; list it in data.attributes.categories"
                ),
            };
            return Err(StudyError::Value { key, message });
        }
        Ok(())
    }

    /// The expressions that targets and weights read: their use, their name, their text.
    fn training(&self) -> Vec<(Use, String, &str)> {
        let parts = self.config.label.target.0.iter().enumerate();
        let betas = parts.filter_map(|(n, part)| {
            let beta = part.beta.as_deref()?;
            Some((Use::Beta(n), format!("label.target beta {}", n + 1), beta))
        });
        let weights = self.config.weights.iter().filter_map(|weights| weights.expression.as_deref());
        betas.chain(weights.map(|text| (Use::Weight, "weights.expression".to_owned(), text))).collect()
    }

    /// The stage that loads the data; of a database only the facts that the study names.
    pub(crate) fn load_stage(&self) -> Result<Load, StudyError> {
        let Config { data, universe, folder, .. } = &self.config;
        let load = Load::new(data, universe, folder)?;
        if !load.reads_tables() {
            return Ok(load);
        }
        let facts = Asked::new(&self.config)?.facts(&self.config)?;
        Ok(load.with_facts_of_tables(facts))
    }

    /// Load the data.
    pub(crate) fn load(&self, flow: &Flow<'_>) -> Result<Arc<PanelHandle>, StudyError> {
        let panel = flow.panel(&self.load_stage()?)?;
        flow.warn_of_data(&panel);
        if let Some((_, undated)) = &panel.facts().membership
            && !undated.is_empty()
        {
            let column = self.config.universe.member_from.as_deref().unwrap_or_default();
            flow.warn(format!(
                "{} instruments have no {column} and count from their first session",
                undated.len()
            ));
        }
        let recovery = &self.config.portfolio.recovery;
        for reason in recovery.idle_reasons(panel.facts().delistings.as_ref())? {
            flow.warn(format!(
                "portfolio.recovery names the reason {reason:?}, which no delisting has: nothing hangs on it"
            ));
        }
        for name in recovery.instruments.keys() {
            if panel.axis().find(name).is_none() {
                flow.warn(format!(
                    "portfolio.recovery names {name}, which the data don't have: nothing hangs on it"
                ));
            }
        }
        Ok(panel)
    }

    /// Compute all columns.
    pub(crate) fn columns(
        &self,
        flow: &Flow<'_>,
        panel: &Arc<PanelHandle>,
        resolved: &Resolved,
    ) -> Result<Columns, StudyError> {
        for (name, reason) in &resolved.left_out {
            flow.warn(format!("left out {name}: {reason}"));
        }
        let mut features = resolved.selected.clone();
        features.extend(resolved.expressions.iter().map(|(_, feature)| feature.clone()));
        features.push(resolved.universe.clone());
        features.extend(resolved.unmasked.clone());
        features.extend(resolved.training.iter().map(|(_, feature)| feature.clone()));
        features.extend(resolved.guides.iter().map(|(_, feature)| feature.clone()));
        let mut stage = Features::new(features.clone(), Encoding::F32);
        if let Some(path) = &self.config.features.precomputed {
            let path = self.config.folder.join(path);
            let (precomputed, told) = Precomputed::open(&path, &resolved.selected, panel)?;
            for text in &told {
                flow.tell(text);
            }
            stage.precomputed = Some(Arc::new(precomputed));
        }
        let handles = flow.columns(&stage, panel, panel.axis().n_rows())?;
        if let Some(damaged) =
            stage.precomputed.map(|precomputed| precomputed.damaged()).filter(|all| !all.is_empty())
        {
            let names = damaged.join(", ");
            flow.tell(&format!(
                "precomputed values of {names} are not those that were written; they were computed"
            ));
        }
        let mut handles = handles.into_iter();
        let selected = handles.by_ref().take(resolved.selected.len()).collect();
        let names = resolved.expressions.iter().map(|(name, _)| name.clone());
        let expressions = names.zip(handles.by_ref().take(resolved.expressions.len())).collect();
        let missing = || StudyError::Internal { what: "the universe was not computed".to_owned() };
        let universe = handles.next().ok_or_else(missing)?;
        let unmasked = if resolved.unmasked.is_some() { handles.next() } else { None };
        let of_training = handles.by_ref().take(resolved.training.len());
        let training = resolved.training.iter().map(|(of, _)| *of).zip(of_training).collect();
        let guides = resolved.guides.iter().map(|(role, _)| *role).zip(handles).collect();
        Ok(Columns { features, selected, expressions, universe, unmasked, training, guides })
    }

    /// All steps up to the portfolios.
    pub(crate) fn results(&self, flow: &Flow<'_>) -> Result<Results, StudyError> {
        // What the file says is checked before anything is computed.
        let train = Train::new(&self.config.models)?;
        if let Err(error) = train.check_libraries() {
            flow.tell(&format!("{error}; without it only models that are in the store already can be had"));
        }
        let panel = self.load(flow)?;
        let make_labels = MakeLabels::new(&self.config, &panel)?;
        let quality = flow.single(&CollectQuality, &panel, panel.axis().n_rows())?;
        let resolved = self.resolve(&panel)?;
        let columns = self.columns(flow, &panel, &resolved)?;
        let learned = self.learn(flow, &panel, &columns, &train, make_labels.clone())?;
        let suspects = columns.suspect_inputs(&panel);
        let found = flow.single(&FindSuspects, &suspects, panel.axis().n_rows())?;
        let Found { suspects, checks } = read_found(&found)?;
        for suspect in &suspects {
            flow.warn(format!(
                "feature {} is beyond belief: rank IC {:.3} with the next return; it has probably seen it",
                suspect.column, suspect.correlation
            ));
        }
        for warning in warnings(&checks) {
            flow.warn(warning);
        }
        let rows = learned.scores.iter().map(|(_, scores)| scores.rows().len()).sum();
        let evaluate = Evaluate { horizon: make_labels.horizon(), recovery: make_labels.recovery().clone() };
        let inputs = EvaluateInputs {
            panel: panel.clone(),
            labels: learned.labels.clone(),
            universe: columns.universe.clone(),
            scores: learned.scores.clone(),
            sessions: learned.sessions.clone(),
        };
        let evaluated = flow.stage(&evaluate, &inputs, rows)?;
        let read =
            |done: &Done<String>| Ok((done.shard.clone(), read_evaluation(flow.store(), &done.manifest)?));
        let evaluations = evaluated.iter().map(read).collect::<Result<BTreeMap<_, _>, StudyError>>()?;
        let stage = RunBacktests::new(&self.config, &panel);
        let inputs = learned.backtest_inputs(&panel, &columns);
        let done = flow.joint_stage(&stage, &inputs, panel.axis().n_rows())?;
        let backtests = done.iter().map(|done| read_backtest(flow.store(), &done.manifest));
        let (gauge, backtests) = backtests
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .partition(|backtest| backtest.variant.whole);
        Ok(Results {
            config: self.config.clone(),
            quality: read_quality(&quality)?,
            features: resolved.facts,
            known_flaws: resolved.known_flaws,
            suspects,
            checks,
            labels: learned.labels.manifest().info.clone(),
            folds: learned.folds.facts().to_vec(),
            left_out: learned.folds.left_out().to_vec(),
            fits: learned.fits,
            evaluations,
            backtests,
            gauge,
            lineage: flow.lineage(),
            warnings: flow.warnings(),
            panel,
        })
    }

    /// Labels, folds, models and their scores.
    pub(crate) fn learn(
        &self,
        flow: &Flow<'_>,
        panel: &Arc<PanelHandle>,
        columns: &Columns,
        train: &Train,
        make_labels: MakeLabels,
    ) -> Result<Learned, StudyError> {
        let rows = panel.axis().n_rows();
        let labels = flow.single(&make_labels, panel, rows)?;
        let labels = Arc::new(LabelsHandle::new(make_labels, panel, labels));
        let inputs = FoldInputs {
            panel: panel.clone(),
            labels: labels.clone(),
            universe: columns.universe.clone(),
            training: columns.training.clone(),
        };
        let folds = flow.single(&MakeFolds::new(&self.config, panel)?, &inputs, rows)?;
        let folds = Arc::new(FoldsHandle::open(flow.store(), folds)?);
        for LeftOutFacts { from, to, why, .. } in folds.left_out() {
            flow.warn(format!("no model scores {from} to {to}: {why}"));
        }
        for warning in train.warnings() {
            flow.warn(warning);
        }
        let inputs =
            ModelInputs { panel: panel.clone(), features: columns.selected.clone(), folds: folds.clone() };
        let n_trained =
            folds.facts().iter().map(|fold| fold.train.rows + fold.validation.rows).sum::<usize>();
        let trained = flow.stage(train, &inputs, n_trained)?;
        let mut fits = BTreeMap::<String, Vec<_>>::new();
        for done in &trained {
            fits.entry(done.shard.model.clone())
                .or_default()
                .push((done.shard.fold, read_facts(&done.manifest)?));
        }
        let inputs = PredictInputs {
            model: inputs,
            trained: trained
                .into_iter()
                .map(|done| (done.shard.model, done.shard.fold, done.manifest))
                .collect(),
            averages: train.averages(),
            expressions: columns.expressions.clone(),
            store: flow.store().clone(),
        };
        let models = inputs.trained.clone();
        let n_tested = folds.facts().iter().map(|fold| fold.test.rows).sum::<usize>();
        let predicted = flow.stage(&Predict, &inputs, n_tested * self.config.models.len())?;
        let scores = predict::join(&inputs, &predicted)?;
        let sessions = tested(panel, &folds)?;
        Ok(Learned { labels, folds, models, fits, scores, sessions })
    }
}

/// Labels, folds, models and their scores.
pub(crate) struct Learned {
    pub(crate) labels: Arc<LabelsHandle>,
    pub(crate) folds: Arc<FoldsHandle>,
    pub(crate) models: Vec<(String, u32, Manifest)>,
    pub(crate) fits: BTreeMap<String, Vec<(u32, crate::steps::train::FitFacts)>>,
    pub(crate) scores: Vec<(String, Scores)>,
    pub(crate) sessions: Range<usize>,
}

impl Learned {
    /// What the portfolios read.
    pub(crate) fn backtest_inputs(&self, panel: &Arc<PanelHandle>, columns: &Columns) -> BacktestInputs {
        BacktestInputs {
            panel: panel.clone(),
            scores: self.scores.clone(),
            universe: columns.universe.clone(),
            unmasked: columns.unmasked.clone(),
            guides: columns.guides.clone(),
            sessions: self.sessions.clone(),
        }
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

/// Do something on so many threads.
pub(crate) fn on_threads<T: Send>(
    threads: usize,
    work: impl FnOnce() -> Result<T, StudyError> + Send,
) -> Result<T, StudyError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| StudyError::Internal { what: format!("no threads: {error}") })?;
    pool.install(work)
}
