//! A regime study as its file says it.

use std::{collections::BTreeMap, fs, path::Path, path::PathBuf};

use backstaff_panel::Session;
use backstaff_portfolio::regime::Template;
use backstaff_regime::{
    CovarianceForm, FitOptions, Missing, Refit, Schedule, Start, WalkOptions, fit::Search,
};
use serde::{Deserialize, Serialize};

use crate::config::{
    ConfigError, CostModel, Data, DatedRate, ExecutionPrice, FORMAT, check_name, parse_yaml,
};

/// One regime study: from prices to regimes, to what a strategy makes of them.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RegimeConfig {
    /// The format's version; 1.
    pub backstaff: u32,
    /// The study's name: letters, digits, `_` and `-`.
    pub name: String,
    /// What the study asks, in a sentence or two; printed at the top of the report.
    #[serde(default)]
    pub about: String,
    /// Where the data come from.
    pub data: Data,
    /// How regimes are followed.
    pub regimes: Followed,
    /// What trades on them.
    pub strategy: Template,
    /// Where, and at what cost.
    #[serde(default)]
    pub trading: Trading,
    /// Which other settings the results are compared with.
    #[serde(default)]
    pub spread: Spread,
    /// The folder of the file: paths in it are relative to this.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// How regimes are followed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Followed {
    /// Expressions of what is observed; the first one should be a return.
    pub observe: Vec<String>,
    /// How many states.
    pub states: usize,
    /// `diagonal` or `full`.
    pub covariance: Form,
    /// How many bars a fit sees.
    pub look_back: usize,
    /// When models are fitted again: `never`, `monthly`, `weekly`, `daily` or `every N bars`.
    pub schedule: String,
    /// Schedules of single instruments.
    pub schedules: BTreeMap<String, String>,
    /// Where later fits begin: `cold` at all starts, `warm` at the last model and two starts besides.
    pub refit: From,
    /// How many starts a fit tries.
    pub starts: usize,
    /// How many of them, the likeliest after 15 iterations, are followed to the end.
    pub keep: usize,
    /// The most iterations of a search.
    pub max_iterations: usize,
    /// What an iteration must add to the log-likelihood per observation for a search to go on.
    pub tolerance: f64,
    /// The seed of random starts.
    pub seed: u64,
    /// What a missing bar is: `skip` (a transition without observation) or `refuse`.
    pub missing: Gap,
}

/// The form of covariances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Series are independent within a state.
    Diagonal,
    /// Any covariance.
    Full,
}

/// Where later fits begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// At all starts: each fit depends on its own look-back alone.
    Cold,
    /// At the last model, and at two starts besides.
    Warm,
}

/// What a missing bar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// A transition without observation.
    Skip,
    /// An error.
    Refuse,
}

impl Default for Followed {
    fn default() -> Self {
        let fit = FitOptions::new(3);
        Self {
            observe: vec!["Log($close / Ref($close, 1))".to_owned()],
            states: 3,
            covariance: Form::Diagonal,
            look_back: 252,
            schedule: "monthly".to_owned(),
            schedules: BTreeMap::new(),
            refit: From::Cold,
            starts: 8,
            keep: 2,
            max_iterations: fit.max_iterations,
            tolerance: 1e-6,
            seed: 0,
            missing: Gap::Skip,
        }
    }
}

/// Where a strategy trades, and at what cost.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trading {
    /// The first date at whose close the strategy decides, YYYY-MM-DD; absent: the first one on which all regimes that it
    /// reads are known.
    pub from: Option<String>,
    /// The last date; absent: the last one of the data.
    pub to: Option<String>,
    /// At which price of the next session market orders are filled.
    pub execution: ExecutionPrice,
    /// What trading costs.
    pub costs: CostModel,
    /// Cash at the start.
    pub initial_cash: f64,
    /// What cash earns.
    pub cash: Cash,
    /// Shares come in multiples of this; 0 allows fractions.
    pub lot: f64,
    /// What is bought once and held, to compare with; absent: the first instrument whose regime is read.
    pub hold: Option<String>,
}

impl Default for Trading {
    fn default() -> Self {
        Self {
            from: None,
            to: None,
            execution: ExecutionPrice::Open,
            costs: CostModel::default(),
            initial_cash: 100_000.0,
            cash: Cash::Rate(DatedRate::default()),
            lot: 0.0,
            hold: None,
        }
    }
}

/// What cash earns a year.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Cash {
    /// What a series of `data.series` says, in percent, from the day on which it was known.
    Series {
        /// Its name, as in `$$name_d`.
        series: String,
    },
    /// A fraction; may be dated.
    Rate(DatedRate),
}

/// Which other settings the results are compared with; an empty list leaves one out.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spread {
    /// Numbers of states.
    pub states: Vec<usize>,
    /// Look-backs.
    pub look_backs: Vec<usize>,
    /// Fits every 21 bars that begin so many bars later: what hangs on the day of the month.
    pub offsets: Vec<usize>,
}

impl Default for Spread {
    fn default() -> Self {
        Self { states: vec![2, 3, 4, 5], look_backs: vec![90, 180, 252, 500], offsets: vec![0, 5, 10, 15] }
    }
}

impl RegimeConfig {
    /// Read a study's file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text =
            fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// Parse a study's text; `path` is for messages, and its folder is what paths in the text are relative to.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let mut config: Self = parse_yaml(text, path)?;
        if config.backstaff > FORMAT {
            return Err(ConfigError::Format { path: path.to_owned(), found: config.backstaff });
        }
        config.folder = path.parent().map(Path::to_owned).unwrap_or_default();
        config.check().map_err(|(key, message)| ConfigError::Value {
            path: path.to_owned(),
            key,
            message,
        })?;
        Ok(config)
    }

    /// Whether a study's text is of this kind: it has regimes and no models.
    pub fn is_one(text: &str) -> bool {
        let keys = serde_saphyr::from_str::<BTreeMap<String, serde_json::Value>>(text).unwrap_or_default();
        keys.contains_key("regimes") && !keys.contains_key("models")
    }

    fn check(&self) -> Result<(), (String, String)> {
        let at = |key: &str, message: String| (key.to_owned(), message);
        check_name(&self.name).map_err(|(key, message)| at(key, message))?;
        if self.regimes.observe.is_empty() {
            return Err(at("regimes.observe", "name at least one expression".to_owned()));
        }
        for (key, count) in [("regimes.starts", self.regimes.starts), ("regimes.keep", self.regimes.keep)] {
            if count == 0 {
                return Err(at(key, "must be 1 or more".to_owned()));
            }
        }
        for (key, text) in self.schedules() {
            text.parse::<Schedule>().map_err(|error| (key, error.to_string()))?;
        }
        if !(self.trading.initial_cash.is_finite() && self.trading.initial_cash > 0.0) {
            return Err(at("trading.initial_cash", "must be above 0".to_owned()));
        }
        if let Cash::Rate(rate) = &self.trading.cash {
            rate.rates(&[]).map_err(|message| at("trading.cash", message))?;
        }
        self.trading.costs.costs().map_err(|message| at("trading.costs", message))?;
        let (from, to) = self.trading.dates().map_err(|(key, message)| at(key, message))?;
        if from.zip(to).is_some_and(|(from, to)| to <= from) {
            return Err(at("trading.to", "lies before trading.from".to_owned()));
        }
        Ok(())
    }

    /// The schedules that are named, and where.
    fn schedules(&self) -> impl Iterator<Item = (String, &str)> {
        let own = self.regimes.schedules.iter();
        let own = own.map(|(name, text)| (format!("regimes.schedules.{name}"), text.as_str()));
        std::iter::once(("regimes.schedule".to_owned(), self.regimes.schedule.as_str())).chain(own)
    }
}

/// The first and the last date, where they are stated.
type Dates = (Option<Session>, Option<Session>);

impl Trading {
    /// The first and the last date; else which key is wrong, and why.
    pub fn dates(&self) -> Result<Dates, (&'static str, String)> {
        let date = |key, text: &Option<String>| {
            text.as_deref().map(str::parse).transpose().map_err(|_| {
                let text = text.as_deref().unwrap_or_default();
                (key, format!("{text:?} is not a date; write YYYY-MM-DD"))
            })
        };
        Ok((date("trading.from", &self.from)?, date("trading.to", &self.to)?))
    }
}

impl Followed {
    /// How an instrument is followed with so many states over so many bars.
    pub fn options(&self, states: usize, look_back: usize, schedule: Schedule) -> WalkOptions {
        let fit = FitOptions {
            covariance: match self.covariance {
                Form::Diagonal => CovarianceForm::Diagonal,
                Form::Full => CovarianceForm::Full,
            },
            max_iterations: self.max_iterations,
            tolerance: self.tolerance,
            seed: self.seed,
            search: Search::Screened { iterations: 15, keep: self.keep },
            ..FitOptions::new(states).with_starts(Start::first(self.starts))
        };
        WalkOptions {
            schedule,
            look_back,
            refit: match self.refit {
                From::Cold => Refit::Cold,
                From::Warm => Refit::Warm { fresh: Start::first(2) },
            },
            missing: match self.missing {
                Gap::Skip => Missing::Skip,
                Gap::Refuse => Missing::Refuse,
            },
            ..WalkOptions::new(fit)
        }
    }

    /// When an instrument's models are fitted again.
    pub fn schedule_of(&self, instrument: &str) -> Schedule {
        let text = self.schedules.get(instrument).unwrap_or(&self.schedule);
        text.parse().unwrap_or(Schedule::Monthly)
    }
}
