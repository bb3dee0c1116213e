//! A study: opened from its file, with the ways to load its data and compute its columns.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use backstaff_feature::Feature;
use backstaff_panel::Encoding;
use backstaff_source::Match;
use backstaff_stage::Budget;

use super::{Flow, columns::Columns, resolve::Resolved, threads::on_threads};
use crate::{
    StudyError,
    config::{Config, Role, Selection},
    steps::{
        Load,
        features::{Features, Precomputed},
        own::OwnModels,
    },
    stored::panel::PanelHandle,
};

/// A study: its settings, the folder of its artifacts, and the threads and memory that it may use.
#[derive(Clone, Debug)]
pub struct Study {
    pub(crate) config: Config,
    /// The file of the study; `None` for one that was made in memory.
    pub(crate) file: Option<PathBuf>,
    pub(crate) store: PathBuf,
    /// The folder of the folders of reports; `reports` beside the study if `None`.
    pub(crate) reports: Option<PathBuf>,
    pub(crate) budget: Budget,
    /// The models of the user's own that were handed over as objects.
    pub(crate) own: OwnModels,
}

/// The options with which a study is opened.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The name of the profile whose settings replace those of the file; `None` for none.
    pub profile: Option<String>,
    /// The folder of the store; `.backstaff` beside the study if `None`.
    pub store: Option<PathBuf>,
    /// The folder of reports; `reports` beside the study if `None`.
    pub reports: Option<PathBuf>,
    /// The number of threads; all cores if `None`.
    pub threads: Option<usize>,
    /// The bytes of computed values that are held before they are stored; a gigabyte if `None`.
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

impl Study {
    /// Read a study's file, with the settings of the options' profile.
    pub fn open(path: &Path, options: &Options) -> Result<Self, StudyError> {
        let study = Self::of(Config::read(path, options.profile.as_deref())?, options)?;
        Ok(Self { file: Some(path.to_owned()), ..study })
    }

    /// Make a study of its settings, which are checked as a whole. The options' profile is ignored: a profile replaces
    /// settings of a file or a map ([`Config::from_yaml`], [`Config::from_map`]).
    pub fn new(config: Config, options: &Options) -> Result<Self, StudyError> {
        Self::of(config.checked()?, options)
    }

    fn of(mut config: Config, options: &Options) -> Result<Self, StudyError> {
        config.portfolio.recovery.read_table(&config.folder)?;
        Ok(Self {
            file: None,
            store: options.store_of(&config.folder),
            reports: options.reports.clone(),
            budget: options.budget(),
            own: OwnModels::new(),
            config,
        })
    }

    /// The same study, in which these models are the user's own objects: for models that its settings call `python`.
    #[must_use]
    pub fn with_models(self, own: OwnModels) -> Self {
        Self { own, ..self }
    }

    /// The settings of the study.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The folder of the study's store.
    pub fn store_path(&self) -> &Path {
        &self.store
    }

    /// The name under which runs are recorded; each profile has a name of its own.
    pub fn run_name(&self) -> String {
        self.config.run_name()
    }

    /// The folder for the report and the files beside it: `reports/NAME` beside the study, if the options say no other.
    pub fn report_folder(&self) -> PathBuf {
        let all = self.reports.clone().unwrap_or_else(|| self.config.folder.join("reports"));
        all.join(self.run_name())
    }

    /// Do some work on as many threads as the study may use.
    pub(crate) fn on_threads<T: Send>(
        &self,
        work: impl FnOnce() -> Result<T, StudyError> + Send,
    ) -> Result<T, StudyError> {
        on_threads(self.budget.threads, work)
    }

    /// The stage that loads the data; of a database only the published quantities that the study names.
    pub(crate) fn load_stage(&self) -> Result<Load, StudyError> {
        let Config { data, universe, folder, .. } = &self.config;
        let load = Load::new(data, universe, folder)?.with_given(&self.config);
        if !load.reads_tables() {
            return Ok(load);
        }
        let facts = Selection::new(&self.config)?.facts(&self.config)?;
        Ok(load.with_facts_of_tables(facts))
    }

    /// Load the data, and warn of settings about instruments and delistings that have no effect on them.
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
        if let Some(matched) = recovery.matched(&self.config.folder, &panel) {
            matched.check()?;
            if matched.is_doubtful() {
                flow.warn(matched.to_string());
            }
        }
        for name in recovery.stated_names() {
            if panel.axis().find(name).is_none() {
                flow.warn(format!(
                    "portfolio.recovery names {name}, which the data don't have: nothing hangs on it"
                ));
            }
        }
        Ok(panel)
    }

    /// How the instruments of each table that the study joins meet those of its prices.
    pub(crate) fn matches(&self, panel: &PanelHandle) -> Vec<Match> {
        let recovery = self.config.portfolio.recovery.matched(&self.config.folder, panel);
        panel.facts().matches.iter().cloned().chain(recovery).collect()
    }

    /// Compute all columns of the study.
    pub(crate) fn columns(
        &self,
        flow: &Flow<'_>,
        panel: &Arc<PanelHandle>,
        resolved: &Resolved,
    ) -> Result<Columns, StudyError> {
        for (name, reason) in &resolved.left_out {
            flow.warn(format!("left out {name}: {reason}"));
        }
        let (observed, others): (Vec<_>, Vec<_>) =
            resolved.all.iter().cloned().partition(|(role, _)| role.is_observed());
        let mut stage = Features::new(features_of(&others), Encoding::F32);
        if let Some(path) = &self.config.features.precomputed {
            let path = self.config.folder.join(path);
            let (precomputed, told) = Precomputed::open(&path, &resolved.features(), panel)?;
            for text in &told {
                flow.tell(text);
            }
            stage.precomputed = Some(Arc::new(precomputed));
        }
        let handles = flow.columns(&stage, panel, panel.axis().n_rows())?;
        let damaged = stage.precomputed.as_ref().map(|precomputed| precomputed.damaged()).unwrap_or_default();
        if !damaged.is_empty() {
            let names = damaged.join(", ");
            flow.tell(&format!(
                "precomputed values of {names} are not those that were written; they were computed"
            ));
        }
        let mut columns = Columns::new(others, handles);
        if !observed.is_empty() {
            // Models of regimes are fitted at full precision.
            let stage = Features::new(features_of(&observed), Encoding::F64);
            let handles = flow.columns(&stage, panel, panel.axis().n_rows() * observed.len())?;
            columns.extend(observed, handles);
        }
        Ok(columns)
    }
}

/// The features of these columns, in their order.
fn features_of(columns: &[(Role, Feature)]) -> Vec<Feature> {
    columns.iter().map(|(_, feature)| feature.clone()).collect()
}
