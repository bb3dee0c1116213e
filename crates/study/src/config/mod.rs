//! A study as its file says it: parsed and checked once, here.
//!
//! The file is YAML. Unknown keys are refused (with the nearest known one), a profile overrides parts of it, and what
//! comes out is [`Config`], whose values the steps take as they are.

mod calendar;
mod data;
pub mod document;
mod double_ensemble;
mod features;
mod fold;
mod given;
mod label;
mod linear;
mod load;
mod model;
pub mod operators;
mod outputs;
mod paths;
pub mod per_share;
mod portfolio;
mod process;
mod published;
mod python;
mod regimes;
mod role;
mod schema;
mod spelling;
mod text_or_keys;
mod weight;

use std::{borrow::Cow, collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use backstaff_panel::Execution;
pub use backstaff_source::{
    CalendarRule, DateOrder, Decimal, Halts, Hours, Mapping, Match, NameRule, Resample, TextEncoding,
    Written, Zone,
};
pub use calendar::CalendarSpec;
pub use data::{Attributes, Benchmark, Data, DropRow, Prices, layout};
pub use document::{Place, Problem, Problems};
pub use double_ensemble::DoubleEnsembleSpec;
pub use features::Features;
pub(crate) use features::{Chosen, Selection, catalog, choose};
pub use fold::{Every, Folds, MinRows, TestRange, TrainSpan, Validation};
pub use given::GivenTable;
pub use label::{Among, Label, Target, TargetPart};
pub use linear::{EstimatorSpec, LinearSpec};
pub use load::ConfigError;
pub use model::{ModelSpec, Models};
pub use outputs::Outputs;
pub use portfolio::{
    CapacitySpec, CashRate, CostModel, DatedRate, DealPrice, ExposureSpec, GivenWeights, LimitSpec,
    MethodBuySpec, MethodSellSpec, NoLimit, Portfolio, QlibSpec, RebalanceSpec, RecoverySpec, RegionSpec,
    RiskSpec, RulesSpec, ScoreStrategy, SideSpec, Sides, StrategySpec, TopNSpec, TopkDropoutSpec,
    TradeTypeSpec, VolumeLimitSpec, WeightSpec,
};
pub use process::{
    CsMethod, CsZscoreSpec, FillSpec, FitSpan, FittedSpec, NoKeys, Of, OfSpec, ProcessorSpec, Processors,
    RobustSpec,
};
pub use published::{FactTable, PeriodLength, SeriesLag, SeriesTable};
pub use python::{PythonModel, TableForm};
pub use regimes::{Begin, Followed, Spread};
pub(crate) use role::{Asked, Role};
pub use schema::{page, schema};
pub use weight::Weights;

/// The version of the study file's format that this program reads.
pub const FORMAT: u32 = 1;

/// One study: from data to report.
///
/// What a study is follows from the sections that it has. With models that learn it needs a label and folds; a rule (an
/// expression, given weights, a strategy that reads regimes) needs none of them.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The format's version; 1.
    pub backstaff: u32,
    /// The study's name: letters, digits, `_` and `-`.
    pub name: String,
    /// What the study asks, in a sentence or two; printed at the top of the report.
    #[serde(default)]
    pub about: String,
    /// The files that the study reads.
    pub data: Data,
    /// The instruments that are eligible, session by session.
    #[serde(default)]
    pub universe: UniverseSpec,
    /// The features that models see.
    #[serde(default)]
    pub features: Features,
    /// The return that models predict and scores are judged by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// The sessions that train, validate and test, walking forward.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folds: Option<Folds>,
    /// The weights of training rows; all rows count the same if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Weights>,
    /// What becomes of features and targets before models that learn see them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processors: Option<Processors>,
    /// The models that give scores, by name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, ModelSpec>")]
    pub models: Models,
    /// The model whose portfolio the report is about; the first of the file if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<String>,
    /// The hidden Markov models of market regimes, for a strategy that reads them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regimes: Option<Followed>,
    /// The strategy, and the market that it trades in.
    pub portfolio: Portfolio,
    /// Other settings of the regimes under which the strategy is run as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spread: Option<Spread>,
    /// The form of the tables that a run writes beside its report: `parquet`, or `csv`.
    #[serde(default)]
    pub outputs: Outputs,
    /// Named changes of the study: `--profile NAME` lays one over it.
    #[serde(default)]
    pub profiles: BTreeMap<String, serde_json::Value>,
    /// The folder of the file: paths in it are relative to this.
    #[serde(skip)]
    pub folder: PathBuf,
    /// The profile that was applied.
    #[serde(skip)]
    pub profile: Option<String>,
}

/// The instruments that are eligible, session by session.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UniverseSpec {
    /// A boolean expression of features, evaluated per session. If absent: everything that trades
    /// (`$traded > 0`), or all rows if the strategy names its instruments.
    #[serde(default)]
    pub expression: Option<String>,
    /// An attribute that holds the date from which an instrument counts; rows before it are left out. Instruments
    /// without the date stay and are counted.
    #[serde(default)]
    pub member_from: Option<String>,
    /// The only instruments that are read; all if absent.
    #[serde(default)]
    pub instruments: Option<Vec<String>>,
    /// The number of instruments that are read, the first by name: for a quick try.
    #[serde(default)]
    pub at_most: Option<usize>,
}

impl Config {
    /// A study of these data and this portfolio, and nothing else yet; [`Config::checked`] says whether it makes sense.
    pub fn new(name: &str, data: Data, portfolio: Portfolio) -> Self {
        Self {
            backstaff: FORMAT,
            name: name.to_owned(),
            about: String::new(),
            data,
            universe: UniverseSpec::default(),
            features: Features::default(),
            label: None,
            folds: None,
            weights: None,
            processors: None,
            models: Models::new(),
            primary: None,
            regimes: None,
            portfolio,
            spread: None,
            outputs: Outputs::default(),
            profiles: BTreeMap::new(),
            folder: PathBuf::new(),
            profile: None,
        }
    }

    /// The name under which runs of the study are remembered: a profile has runs of its own.
    pub fn run_name(&self) -> String {
        match &self.profile {
            None => self.name.clone(),
            Some(profile) => format!("{}.{profile}", self.name),
        }
    }

    /// The name of the model whose portfolio the report is about, if any model gives scores.
    pub fn primary_model(&self) -> Option<&str> {
        let named = self.primary.as_ref().or_else(|| self.models.keys().next());
        named.map(String::as_str)
    }

    /// The expressions that the study holds beside its features: of models, the universe, targets and weights, the
    /// strategy, the regimes.
    pub(crate) fn expressions<'a>(&'a self) -> Vec<Asked<'a>> {
        let mut all = Vec::new();
        for (place, (name, model)) in self.models.iter().enumerate() {
            let (kind, text) = match model {
                ModelSpec::Expression(text) => ("expression", Cow::from(text)),
                ModelSpec::Scores(_) => ("scores", Cow::from(format!("${}", own_scores(place)))),
                ModelSpec::Lightgbm { .. }
                | ModelSpec::Ridge { .. }
                | ModelSpec::Linear(_)
                | ModelSpec::DoubleEnsemble(_)
                | ModelSpec::Python(_) => continue,
            };
            all.push(Asked { role: Role::Score(name.clone()), key: format!("models.{name}.{kind}"), text });
        }
        let mut ask = |role, key, text: &'a str| all.push(Asked { role, key, text: Cow::from(text) });
        let universe = self.universe.expression.as_deref();
        let usual = if self.portfolio.strategy.named().is_some() { ALL_ROWS } else { TRADES };
        ask(Role::Universe, "universe.expression".to_owned(), universe.unwrap_or(usual));
        let parts = self.label.iter().flat_map(|label| label.target.0.iter().enumerate());
        for (place, beta) in parts.filter_map(|(place, part)| Some((place, part.beta.as_deref()?))) {
            ask(Role::Beta(place), "label.target".to_owned(), beta);
        }
        if let Some(text) = self.weights.as_ref().and_then(|weights| weights.expression.as_deref()) {
            ask(Role::Weight, "weights.expression".to_owned(), text);
        }
        for (role, key, text) in self.portfolio.strategy.expressions() {
            ask(role, key, text);
        }
        for (role, key, text) in self.portfolio.rules.iter().flat_map(RulesSpec::expressions) {
            ask(role, key, text);
        }
        let observed = self.regimes.iter().flat_map(|regimes| regimes.observe.iter().enumerate());
        for (place, text) in observed {
            ask(Role::Observed(place), format!("regimes.observe[{place}]"), text);
        }
        all
    }
}

/// The field of a study's own weights.
pub(crate) const OWN_WEIGHTS: &str = "own_weights";
/// The expression of that field.
pub(crate) const OWN_WEIGHTS_EXPRESSION: &str = "$own_weights";

/// The field of a study's own scores, by the place of their model.
pub(crate) fn own_scores(place: usize) -> String {
    format!("own_scores_{}", place + 1)
}

/// The universe if the study names none: whatever trades.
pub(crate) const TRADES: &str = "$traded > 0";
/// The universe of a strategy that names its instruments: a halt sells nothing.
const ALL_ROWS: &str = "1 > 0";
