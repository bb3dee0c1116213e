//! The one way to a [`Config`]: from a file, a text, a map or code, with all mistakes at once.

use backstaff_portfolio::regime::Template;
use backstaff_words::nearest;
use serde_json::json;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    Config, FORMAT, Portfolio, Problem,
    document::{self, Entry, Node, Problems, Tree},
    spelling,
};

/// The overrides that ship; a study's own profile of the same name is laid over them.
const SHIPPED_PROFILES: &str = include_str!("profiles.yaml");

/// The longest name: it becomes the name of a folder, with a profile's name and an ending.
const LONGEST_NAME: usize = 100;

/// Why a study can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum ConfigError {
    #[error("cannot read the study {path}: {source}; `backstaff init --data PATH` writes one")]
    Read { path: PathBuf, source: io::Error },

    #[error("{path} is data, and no study; `backstaff init --data {path}` writes a study for it")]
    Data { path: PathBuf },

    #[error(
        "{path} is a workflow of Qlib, and no study: `backstaff qrun {path}` runs it as it is, `backstaff qlib translate {path}` \
         writes a study. {COUNTERPARTS}"
    )]
    Qlib { path: PathBuf },

    #[error("{path}: format {found} is newer than {FORMAT}, which this program reads; update backstaff")]
    Format { path: PathBuf, found: u32 },

    #[error("{path}: there is no profile {name:?}; there are {known}")]
    Profile { path: PathBuf, name: String, known: String },

    /// Everything that is wrong with what the study says.
    #[error(transparent)]
    Problems(#[from] Problems),
}

impl Config {
    /// Read a study's file, with the overrides of a profile if one is named.
    pub fn read(path: &Path, profile: Option<&str>) -> Result<Self, ConfigError> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        if path.is_file() && ending.is_some_and(|ending| DATA.contains(&ending.as_str())) {
            return Err(ConfigError::Data { path: path.to_owned() });
        }
        let text =
            fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        Self::from_yaml(&text, path, profile)
    }

    /// Read a study's text; `path` is for messages, and its folder is what paths in the text are relative to.
    pub fn from_yaml(text: &str, path: &Path, profile: Option<&str>) -> Result<Self, ConfigError> {
        let source = Source { path, text };
        let root = document::read(text).map_err(|problem| source.problems(vec![problem]))?;
        source.config(root, path.parent().unwrap_or(Path::new("")), profile)
    }

    /// Take a study from a map of the same keys; paths in it are relative to `folder`.
    pub fn from_map(
        map: &serde_json::Value,
        folder: &Path,
        profile: Option<&str>,
    ) -> Result<Self, ConfigError> {
        Source { path: Path::new(""), text: "" }.config(Node::from(map), folder, profile)
    }

    /// The study with what it left open filled in, if it makes sense as a whole; else everything that is wrong with it.
    pub fn checked(self) -> Result<Self, ConfigError> {
        Source { path: Path::new(""), text: "" }.checked(self, &Node::empty())
    }

    /// Fill in what one section leaves to another.
    fn settle(&mut self) {
        if self.portfolio.strategy.regimes().is_some() {
            self.regimes.get_or_insert_default();
            self.spread.get_or_insert_default();
        }
    }

    /// Whether folds hold out rows for early stopping and the choice of penalties.
    fn has_validation(&self) -> bool {
        self.folds.as_ref().is_some_and(super::Folds::has_validation)
    }

    /// Everything that is wrong with it, as far as the study alone tells.
    fn problems(&self) -> Vec<Problem> {
        let Self { data, universe, label, folds, weights, models, regimes, portfolio, .. } = self;
        let mut problems = Vec::new();
        let mut wrong = |key: &str, message: &str| problems.push(Problem::of(key, message));
        if self.backstaff == 0 {
            wrong("backstaff", "is the version of the format; write 1");
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if self.name.is_empty() || !self.name.chars().all(plain) {
            wrong("name", &format!("{:?} must be made of letters, digits, _ and -", self.name));
        } else if self.name.len() > LONGEST_NAME {
            wrong("name", &format!("has {} letters; {LONGEST_NAME} are the most", self.name.len()));
        }
        if data.attributes.as_ref().is_some_and(|attributes| !attributes.is_static) {
            wrong(
                "data.attributes.static",
                "tables with history are not read yet; say `static: true` if the table holds today's values, which \
                 the report will then warn of",
            );
        }
        if universe.member_from.is_some() && data.attributes.is_none() {
            wrong("universe.member_from", "needs data.attributes, the table that holds the dates");
        }
        if universe.at_most == Some(0) {
            wrong("universe.at_most", "0 would leave nothing; write 1 or more");
        }
        if let Some(primary) = self.primary.as_ref().filter(|primary| !models.contains_key(*primary)) {
            wrong("primary", &format!("there is no model {primary:?}"));
        }
        self.problems_of_learning(&mut wrong);
        self.problems_of_strategy(&mut wrong);
        let is_held_out = self.has_validation();
        problems.extend(label.iter().flat_map(super::Label::problems));
        problems.extend(folds.iter().flat_map(super::Folds::problems));
        problems.extend(weights.iter().flat_map(super::Weights::problems));
        // Without folds it is said already that they are missing.
        let is_held_out = is_held_out || folds.is_none();
        problems.extend(self.processors.iter().flat_map(super::Processors::problems));
        problems.extend(
            models.iter().flat_map(|(name, model)| model.problems(name, is_held_out, weights.as_ref())),
        );
        problems.extend(super::model::problems_of_names(models));
        problems.extend(regimes.iter().flat_map(super::Followed::problems));
        problems.extend(portfolio.problems());
        problems
    }

    /// What the strategy needs of other sections, and what is of no use to it.
    fn problems_of_strategy(&self, wrong: &mut impl FnMut(&str, &str)) {
        let Self { models, regimes, spread, portfolio, .. } = self;
        let strategy = portfolio.strategy.name();
        match (&portfolio.strategy, models.is_empty()) {
            (of_scores, true) if of_scores.reads_scores() => wrong(
                "models",
                &format!(
                    "{strategy} ranks scores: name a model, or an expression as `models: {{mine: {{expression: ...}}}}`"
                ),
            ),
            (other, false) if !other.reads_scores() => {
                wrong(
                    "models",
                    &format!("{strategy} reads no scores: nothing would be done with those of a model"),
                );
            }
            _ => {}
        }
        if portfolio.strategy.regimes().is_none() {
            let message = format!("{strategy} reads no regimes; `portfolio.strategy` names those that do");
            for (key, is_said) in [("regimes", regimes.is_some()), ("spread", spread.is_some())] {
                if is_said {
                    wrong(key, &message);
                }
            }
        }
        if portfolio.strategy.named().is_none() && portfolio.hold.is_some() {
            wrong(
                "portfolio.hold",
                "is for strategies that name their instruments; data.benchmark is an index",
            );
        }
        if portfolio.cohorts > 1 && !portfolio.strategy.reads_scores() {
            wrong(
                "portfolio.cohorts",
                &format!("are for strategies that rank scores; {strategy} ranks none"),
            );
        }
    }

    /// What models that learn need, and what is of no use without them.
    fn problems_of_learning(&self, wrong: &mut impl FnMut(&str, &str)) {
        let Self { label, folds, weights, models, portfolio, .. } = self;
        if let Some((name, _)) = models.iter().find(|(_, model)| model.learns()) {
            if label.is_none() {
                wrong(
                    "label",
                    &format!(
                        "is missing: the model {name} learns to predict one, as in `label: {{horizon: 5}}`"
                    ),
                );
            }
            if folds.is_none() {
                wrong(
                    "folds",
                    &format!(
                        "is missing: the model {name} learns on some years and is tested on the next, as in `folds: \
                         {{test: {{from: 2015-01-01}}, train: {{years: 3}}, validation: {{months: 6}}}}`"
                    ),
                );
            }
        } else if folds.is_some() && label.is_none() {
            wrong(
                "folds",
                "need a label: folds are purged by what labels look at; without one say portfolio.from and to",
            );
        }
        if self.processors.is_some() && !models.values().any(super::ModelSpec::learns) {
            wrong(
                "processors",
                "change what models see that learn, and no model of the study does; leave them out",
            );
        }
        if label.is_some() && !portfolio.strategy.reads_scores() {
            wrong("label", "judges scores, and a strategy that reads none has none");
        }
        if folds.is_none() && weights.is_some() {
            wrong("weights", "are those of training rows, and without folds nothing is trained");
        }
        if folds.is_some() && !portfolio.strategy.reads_scores() {
            wrong(
                "folds",
                "cut the training of models; a strategy that reads no scores runs from portfolio.from to portfolio.to",
            );
        } else if folds.is_some() && (portfolio.from.is_some() || portfolio.to.is_some()) {
            wrong("portfolio.from", "folds.test says which sessions are tested; say it there");
        }
    }
}

/// The strategy that stands where there is code instead: it is never asked.
fn in_place_of_code() -> serde_json::Value {
    json!({ "weights": { "instruments": {} } })
}

impl Portfolio {
    /// The terms on which a strategy trades that is code: a map of the section's keys, but for the strategy.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the map.
    pub fn around_code(map: &serde_json::Value) -> Result<Self, ConfigError> {
        let source = Source { path: Path::new(""), text: "" };
        let mut root = Node::from(map);
        if root.get("strategy").is_some() {
            let message = "is the code itself; leave it out";
            return Err(source.problems(vec![Problem::of("strategy", message)]).into());
        }
        let strategy = Node::from(&in_place_of_code());
        root.put(Entry { key: "strategy".to_owned(), place: None, value: strategy });
        let portfolio = document::parse::<Self>(&root).map_err(|problems| source.problems(problems))?;
        let problems = portfolio.problems().into_iter().filter_map(|problem| {
            let key = problem.key.strip_prefix("portfolio.").unwrap_or(&problem.key).to_owned();
            (!key.starts_with("strategy")).then_some(Problem { key, ..problem })
        });
        let mut problems = problems.collect::<Vec<_>>();
        if portfolio.cohorts > 1 {
            problems.push(Problem::of("cohorts", "are for strategies that rank scores in a study"));
        }
        if portfolio.rules.is_some() {
            problems.push(Problem::of("rules", "are for the strategies of a study; leave it out"));
        }
        if portfolio.hold.is_some() {
            problems
                .push(Problem::of("hold", "is what a study compares with; run it as a strategy of its own"));
        }
        if problems.is_empty() { Ok(portfolio) } else { Err(source.problems(problems).into()) }
    }
}

/// Under the rules of Qlib orders trade at the close where the study names no price.
fn settle_execution(root: &mut Node) {
    let Some(portfolio) = root.get_mut("portfolio") else { return };
    let Some(rules) = portfolio.get("rules").filter(|rules| rules.value != Tree::Null) else { return };
    if portfolio.get("execution").is_some() {
        return;
    }
    let price = rules.at(["qlib", "deal_price"]).and_then(Node::as_text);
    let price = if price == Some("open") { "open" } else { "close" };
    portfolio.put(Entry { key: "execution".to_owned(), place: None, value: Node::from(&json!(price)) });
}

/// The endings of files that hold data.
const DATA: [&str; 11] =
    ["csv", "tsv", "txt", "parquet", "pq", "feather", "arrow", "gz", "zip", "sqlite", "db"];

/// What the parts of Qlib's workflow are called in a study.
const COUNTERPARTS: &str = "`backstaff init --data FILE` writes a study; what Qlib says is said there as: handler \
(Alpha158) -> `features: {libraries: [alpha158]}`; label -> `label: {horizon: 1}`; segments -> `folds: {test: {from: \
...}, train: {years: 3}, validation: {months: 6}}`; model (LGBModel) -> `models: {trees: {lightgbm: {rounds: 500, \
early_stopping: 50}}}`; TopkDropoutStrategy -> `portfolio: {strategy: {topk_dropout: {k: 50, n_drop: 5}}}`; \
exchange_kwargs -> `portfolio: {rules: {qlib: {open_cost: 0.0005, close_cost: 0.0015, min_cost: 5}}}`; pred.pkl -> `models: {mine: {scores: \
scores.parquet}}`";

/// The sections that every study has, and how each is written.
const NEEDED: [(&str, &str); 4] = [
    ("backstaff", "is missing: the version of the format, `backstaff: 1`"),
    ("name", "is missing: letters, digits, _ and -, as in `name: my_study`"),
    ("data", "is missing: the files to read, as in `data: {prices: {path: prices.parquet}}`"),
    ("portfolio", "is missing: what is held, as in `strategy: {top_n: {n: 20}}`"),
];

/// Say which sections a study lacks, and put something in their place, so that the others can be read all the same.
fn stand_in_for_missing(root: &mut Node) -> Vec<Problem> {
    if !matches!(root.value, Tree::Map(_)) {
        return Vec::new();
    }
    let missing = NEEDED.into_iter().filter(|(key, _)| root.get(key).is_none()).collect::<Vec<_>>();
    // A section under a name with a slip of the pen is told once, where it stands.
    let schema = super::schema();
    let known = schema["properties"].as_object().map_or_else(Vec::new, |keys| keys.keys().collect());
    let is_misspelt = |key: &str| {
        let mut unknown = root.entries().iter().filter(|entry| !known.contains(&&entry.key));
        unknown.any(|entry| nearest(&entry.key, known.iter().map(|known| known.as_str())) == Some(key))
    };
    let told = missing.iter().filter(|(key, _)| !is_misspelt(key));
    let problems = told.map(|(key, message)| Problem::of(*key, *message).placed(root)).collect();
    for (key, _) in missing {
        let value = match key {
            "backstaff" => json!(FORMAT),
            "name" => json!("unnamed"),
            "data" => json!({ "prices": { "path": "" } }),
            _ => json!({ "strategy": in_place_of_code() }),
        };
        root.put(Entry { key: key.to_owned(), place: None, value: Node::from(&value) });
    }
    problems
}

/// Where a study comes from, for messages.
struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Source<'_> {
    fn problems(&self, all: Vec<Problem>) -> Problems {
        Problems::new(self.path.to_owned(), self.text.to_owned(), all)
    }

    fn config(&self, mut root: Node, folder: &Path, profile: Option<&str>) -> Result<Config, ConfigError> {
        if root.get("qlib_init").is_some() {
            return Err(ConfigError::Qlib { path: self.path.to_owned() });
        }
        let version = root.get("backstaff").and_then(Node::as_text).and_then(|text| text.parse::<u32>().ok());
        if let Some(found) = version.filter(|&found| found > FORMAT) {
            return Err(ConfigError::Format { path: self.path.to_owned(), found });
        }
        spelling::modernise(&mut root).map_err(|problem| self.problems(vec![problem]))?;
        if let Some(name) = profile {
            self.lay_over(&mut root, name)?;
        }
        settle_execution(&mut root);
        let mut missing = stand_in_for_missing(&mut root);
        let parsed = document::parse::<Config>(&root);
        if !missing.is_empty() {
            missing.extend(parsed.map_or_else(|problems| problems, |_| Vec::new()));
            return Err(self.problems(missing).into());
        }
        let mut config: Config = parsed.map_err(|problems| self.problems(problems))?;
        folder.clone_into(&mut config.folder);
        config.profile = profile.map(str::to_owned);
        self.checked(config, &root)
    }

    fn checked(&self, mut config: Config, root: &Node) -> Result<Config, ConfigError> {
        let mut problems = config.problems();
        problems.extend(config.portfolio.problems_beside_rules(root));
        if !problems.is_empty() {
            let placed = problems.into_iter().map(|problem| problem.placed(root));
            return Err(self.problems(placed.collect()).into());
        }
        config.settle();
        Ok(config)
    }

    /// Lay a profile over a study: what ships under its name, and over that what the study says itself.
    fn lay_over(&self, root: &mut Node, name: &str) -> Result<(), ConfigError> {
        let shipped = document::read(SHIPPED_PROFILES).map_err(|problem| {
            Problems::new("profiles.yaml".into(), SHIPPED_PROFILES.to_owned(), vec![problem])
        })?;
        let own = root.at(["profiles", name]).cloned();
        if shipped.get(name).is_none() && own.is_none() {
            let profiles = root.get("profiles").map_or(&[][..], Node::entries);
            let mut known =
                profiles.iter().chain(shipped.entries()).map(|entry| entry.key.as_str()).collect::<Vec<_>>();
            known.sort_unstable();
            known.dedup();
            let (path, name, known) = (self.path.to_owned(), name.to_owned(), known.join(", "));
            return Err(ConfigError::Profile { path, name, known });
        }
        if let Some(overrides) = shipped.get(name) {
            apply_shipped(root, overrides);
        }
        if let Some(mut overrides) = own {
            spelling::modernise(&mut overrides).map_err(|problem| self.problems(vec![problem]))?;
            root.overlay(&overrides);
        }
        Ok(())
    }
}

/// A shipped profile speaks of every LightGBM model, whatever its name; of the strategy only if it is top-k or top-n; and
/// it takes fewer instruments only where the strategy doesn't name its own.
fn apply_shipped(root: &mut Node, overrides: &Node) {
    let validation = root.at(["folds", "validation"]).and_then(Node::as_text);
    let has_validation = validation.is_none_or(|validation| validation != "none");
    if let (Some(models), Some(mut boosted)) = (root.get_mut("models"), overrides.get("lightgbm").cloned()) {
        if !has_validation {
            boosted.take("early_stopping");
        }
        if let Tree::Map(models) = &mut models.value {
            for model in models.iter_mut().filter_map(|entry| entry.value.get_mut("lightgbm")) {
                model.overlay(&boosted);
            }
        }
    }
    let strategy = root.get_mut("portfolio").and_then(|portfolio| portfolio.get_mut("strategy"));
    let (mut ranks, mut reads_regimes) = (false, false);
    if let Some(strategy) = strategy {
        reads_regimes = Template::all().iter().any(|template| strategy.get(template.name()).is_some());
        if let (Some(top), Some(small)) = (strategy.get_mut("topk_dropout"), overrides.get("topk_dropout")) {
            top.overlay(small);
            ranks = true;
        }
        if let (Some(top), Some(small)) = (strategy.get_mut("top_n"), overrides.get("top_n")) {
            // A book without a band stays one.
            for entry in
                small.entries().iter().filter(|entry| top.get(&entry.key).is_some()).collect::<Vec<_>>()
            {
                top.put(entry.clone());
            }
            ranks = true;
        }
        ranks |= strategy.get("quantile_long_short").is_some();
        ranks |= strategy.at(["weights", "expression"]).is_some();
    }
    let put = |root: &mut Node, key: &str, value: Node| {
        let mut over = Node::empty();
        over.put(Entry { key: key.to_owned(), place: None, value });
        root.overlay(&over);
    };
    match (ranks, overrides.get("at_most"), overrides.get("spread")) {
        (true, Some(count), _) => {
            let mut universe = Node::empty();
            universe.put(Entry { key: "at_most".to_owned(), place: None, value: count.clone() });
            put(root, "universe", universe);
        }
        (false, _, Some(spread)) if reads_regimes => put(root, "spread", spread.clone()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backstaff_learn::label::{Basis, TargetForm};

    use crate::config::{Every, ModelSpec, Target, TargetPart};

    const STUDY: &str = "
backstaff: 1
name: small
data:
  prices: {path: prices.parquet}
label: {horizon: 5, target: raw}
folds:
  test: {from: 2015-01-01, to: 2016-12-31}
  every: {sessions: 250}
  train: {years: 3}
  validation: {months: 6}
models:
  trees: {lightgbm: {parameters: {num_leaves: 31}}}
  ridge: {ridge: {}}
portfolio:
  strategy: {topk_dropout: {k: 50, n_drop: 5}}
  costs: {commission_bps: 5}
profiles:
  dev: {label: {horizon: 1}}
";

    fn parsed(text: &str, profile: Option<&str>) -> Result<Config, ConfigError> {
        Config::from_yaml(text, Path::new("folder/study.yaml"), profile)
    }

    #[test]
    fn reads_a_study() {
        let config = parsed(STUDY, None).unwrap();
        assert_eq!(config.folds.as_ref().unwrap().every, Every::Sessions(250));
        assert_eq!(
            config.label.clone().unwrap().target,
            Target(vec![TargetPart::new(Basis::Return, TargetForm::Value)])
        );
        assert_eq!(config.primary_model(), Some("trees"));
        assert_eq!(config.folder, Path::new("folder"));
    }

    #[test]
    fn suggests_the_nearest_key_and_shows_the_place() {
        let error = parsed(&STUDY.replace("validation:", "validaton:"), None).unwrap_err().to_string();
        assert!(error.contains("did you mean `validation`?") && error.contains("study.yaml:11:3"), "{error}");
        let error = parsed(&STUDY.replace("lightgbm:", "lightgmb:"), None).unwrap_err().to_string();
        assert!(error.contains("did you mean `lightgbm`?"), "{error}");
    }

    #[test]
    fn lays_profiles_over_the_study() {
        let config = parsed(STUDY, Some("dev")).unwrap();
        assert_eq!(config.universe.at_most, Some(5));
        assert_eq!(config.label.as_ref().unwrap().horizon, 1);
        let ModelSpec::Lightgbm { rounds, parameters, .. } = &config.models["trees"] else { panic!() };
        assert_eq!((*rounds, parameters["num_leaves"].as_i64()), (100, Some(16)));
        let error = parsed(STUDY, Some("debug")).unwrap_err().to_string();
        assert!(error.contains("dev, prod, research, test"), "{error}");
    }

    #[test]
    fn a_shipped_profile_makes_a_top_n_smaller() {
        let study =
            STUDY.replace("topk_dropout: {k: 50, n_drop: 5}", "top_n: {n: 50, keep: 90, max_weight: 0.1}");
        let config = parsed(&study, Some("dev")).unwrap();
        let top = config.portfolio.strategy.top_n().unwrap();
        assert_eq!((top.n, top.keep, top.max_weight), (3, Some(4), 0.1));
        let config = parsed(&study.replace("keep: 90, ", ""), Some("dev")).unwrap();
        let top = config.portfolio.strategy.top_n().unwrap();
        assert_eq!((top.n, top.keep), (3, None));
    }

    #[test]
    fn refuses_what_makes_no_sense() {
        let zero = STUDY.replace("horizon: 5", "horizon: 0");
        assert!(parsed(&zero, None).unwrap_err().to_string().contains("label.horizon"));
        let newer = STUDY.replace("backstaff: 1", "backstaff: 2");
        assert!(matches!(parsed(&newer, None), Err(ConfigError::Format { found: 2, .. })));
    }

    #[test]
    fn reads_targets_by_name_in_full_and_in_parts() {
        let target = |text: &str| parsed(&STUDY.replace("target: raw", &format!("target: {text}")), None);
        let rank = target("rank").unwrap().label.unwrap().target;
        assert_eq!(rank, Target::default());
        let full = "{of: residual, market: median, beta: rolling_beta, as: rank, clip: 0.5}";
        let Target(parts) = target(full).unwrap().label.unwrap().target;
        assert_eq!(
            (parts[0].of, parts[0].beta.as_deref(), parts[0].clip),
            (Basis::Residual, Some("rolling_beta"), Some(0.5))
        );
        let parts = target("[{share: 0.7, of: excess, as: rank}, {share: 0.3, as: rank, within: sector}]");
        assert_eq!(parts.unwrap().label.unwrap().target.0.iter().map(|part| part.share).sum::<f64>(), 1.0);
        for (text, told) in [
            ("rnk", "did you mean `rank`?"),
            ("{of: residual, as: rank}", "a residual needs beta"),
            ("{of: excess, beta: b, as: rank}", "beta is for"),
            ("{market: mean, as: rank}", "market is for"),
            ("{as: value, within: sector}", "neutral takes off"),
            ("{as: rank, clip: -1}", "clip must be a positive number"),
            ("{as: rank, cilp: 1}", "did you mean `clip`?"),
            ("{of: excess}", "the key `as` is missing"),
            ("[]", "the list is empty"),
            ("[{share: 0, as: rank}]", "share is 0"),
        ] {
            let error = target(text).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }

    #[test]
    fn weights_say_one_decay() {
        let weights = |text: &str| parsed(&format!("{STUDY}weights: {text}\n"), None);
        assert_eq!(weights("{decay: 0.7, expression: $volume}").unwrap().weights.unwrap().decay, Some(0.7));
        for text in ["{}", "{validation: true}", "{decay: 0.7, half_life_days: 200}"] {
            assert!(weights(text).unwrap_err().to_string().contains("weights: say"), "{text}");
        }
    }

    #[test]
    fn nothing_is_chosen_without_validation_rows() {
        let without =
            STUDY.replace("{months: 6}", "none").replace("{ridge: {}}", "{ridge: {penalties: [1]}}");
        for profile in [None, Some("dev")] {
            let config = parsed(&without, profile).unwrap();
            let ModelSpec::Lightgbm { early_stopping, seeds, .. } = config.models["trees"] else { panic!() };
            assert_eq!((early_stopping, seeds), (0, 1));
        }
        let error = parsed(&without.replace("[1]", "[1, 2]"), None).unwrap_err().to_string();
        assert!(error.contains("models.ridge.ridge.penalties"), "{error}");
        let patient = without.replace("{parameters:", "{early_stopping: 9, parameters:");
        assert!(parsed(&patient, None).unwrap_err().to_string().contains("folds.validation is none"));
        let none = STUDY.replace("{parameters:", "{seeds: 0, parameters:");
        assert!(parsed(&none, None).unwrap_err().to_string().contains("from 1 to 1000"));
    }
}
