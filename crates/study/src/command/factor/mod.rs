//! One feature judged without a model: whether it ranks the returns that follow, how fast that fades, and what trading
//! on it would cost.
//!
//! The flow: `mod.rs` reads the data and computes the feature, and `measure.rs` makes a [`Judgement`] of it
//! (`coverage.rs`: which values there are, `horizon.rs`: the returns that they foresee, `year.rs`: in which years).
//! `verdict.rs` puts it in words, `text.rs` and `page.rs` show it.

mod coverage;
mod horizon;
pub mod judgement;
mod measure;
mod page;
mod text;
pub mod verdict;
mod year;

use std::{
    collections::BTreeSet,
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use backstaff_feature::{Catalog, Definition, FeatureError, Schema};
use backstaff_panel::{Execution, TRADED};
use backstaff_stage::Budget;

use self::measure::{Subject, judge_subject};
pub use self::{
    coverage::{Coverage, YearCoverage},
    horizon::AtHorizon,
    judgement::{AtAge, Autocorrelation, DataFacts, FeatureFacts, Judgement, Series, Turnover},
    verdict::{Level, Verdict},
    year::Year,
};
use crate::{
    StudyError,
    command::{
        compute::{Data, FileForm, Origin, Task, with_data},
        output::{Reads, write_bytes},
    },
    config::{Chosen, TRADES, catalog},
    flow::progress::Observer,
    steps::{Load, folds::members, load::OwnColumns},
};

/// The category that is looked for in the data if the request names none.
const SECTOR: &str = "sector";
/// The fields that a judgement reads beside those of the feature.
const FIELDS: [&str; 3] = ["open", "close", TRADED];
/// The name of the universe's column.
const UNIVERSE: &str = "universe";

/// The request for a judgement.
#[derive(Clone, Debug)]
pub struct Request {
    /// The data: a Parquet or CSV file, or a folder of them.
    pub data: PathBuf,
    /// The form of all files that are read.
    pub form: FileForm,
    /// The column of changes against base prices by which prices are adjusted, if there is one.
    pub change: Option<String>,
    /// The price of the next session from which returns are taken.
    pub execution: Execution,
    /// The feature: an expression, or a name from a library or a file.
    pub feature: String,
    /// The names of built-in libraries whose features may be named.
    pub libraries: Vec<String>,
    /// A library file of the user whose features may be named.
    pub file: Option<PathBuf>,
    /// Published values with the days on which they became known, for expressions over `$$name`.
    pub facts: Option<PathBuf>,
    /// A table of today's categories, with one row for each instrument.
    pub attributes: Option<PathBuf>,
    /// A user's own columns, which expressions may name.
    pub columns: Vec<OwnColumns>,
    /// The category within which values are ranked as well. If `None`, `sector`, where the data have it.
    pub by: Option<String>,
    /// The condition for the rows that are judged; if `None`, those that trade.
    pub universe: Option<String>,
    /// The horizons of returns, in sessions.
    pub horizons: Vec<NonZeroU32>,
    /// The number of quantiles that the values of a session are cut into.
    pub n_quantiles: usize,
    /// The HTML file to write; `None` to write no page.
    pub out: Option<PathBuf>,
    /// A store that keeps the results for the next time; `None` to keep none.
    pub store: Option<PathBuf>,
    /// The number of threads.
    pub threads: usize,
}

/// Judge a feature, and write its page if one is asked for.
///
/// # Errors
///
/// If the data can't be read, the feature or the universe can't be computed from them or looks ahead, or there are too
/// few sessions or instruments for what is asked.
pub fn judge(request: &Request, observer: &dyn Observer) -> Result<Judgement, StudyError> {
    let horizons = horizons(request)?;
    if let Some(out) = &request.out {
        request.reads().allow("--out", out)?;
    }
    // Expressions are parsed before the data are read, so that a misspelling shows at once.
    let catalog = catalog(&request.libraries, request.file.as_deref(), [])?;
    let named = catalog.definition(request.feature.trim()).cloned();
    let (catalog, name) = with_feature(catalog, named.as_ref(), &request.feature)?;
    let category = request.by.as_deref().unwrap_or(SECTOR);
    let task = Task {
        name: "factor",
        store: request.store.as_deref(),
        threads: request.threads,
        memory: Budget::of_threads(1).memory,
        origin: Origin::Files {
            load: &|categories| Ok(request.load(category, categories)),
            form: &request.form,
            facts: request.facts.as_deref(),
        },
        category: Some(category),
        rows: None,
    };
    let universe = request.universe.as_deref().unwrap_or(TRADES);
    let choose = |schema: &Schema| choose(&catalog, &name, universe, schema);
    with_data(&task, &choose, observer, |flow, data, chosen| {
        let by = group(request, data, category)?;
        let mut columns = data.columns(flow, &chosen.features)?.into_iter();
        flow.check_cancelled()?;
        let (Some(values), Some(eligible)) = (columns.next(), columns.next()) else {
            return Err(StudyError::Internal { what: "the feature was not computed".to_owned() });
        };
        let subject = Subject {
            feature: facts(chosen, named.as_ref()),
            panel: data.panel(&FIELDS, by.as_slice())?,
            path: &request.data,
            reading: data.facts(),
            values: &values,
            universe: members(&eligible),
            universe_text: universe,
            by,
            horizons: &horizons,
            execution: request.execution,
            n_quantiles: request.n_quantiles,
        };
        let judgement = flow.trace().span("judge", || judge_subject(&subject))?;
        if let Some(out) = &request.out {
            write_page(&judgement, out)?;
        }
        Ok(judgement)
    })
}

fn write_page(judgement: &Judgement, out: &Path) -> Result<(), StudyError> {
    let run = backstaff_report::Section::new("run", "Run")
        .text(format!("Written by backstaff {}.", env!("CARGO_PKG_VERSION")));
    let page = page::page(judgement).body()?.page(&run)?;
    Ok(write_bytes(out, page.as_bytes())?)
}

/// The horizons in ascending order, each once.
fn horizons(request: &Request) -> Result<Vec<NonZeroU32>, StudyError> {
    let horizons = request.horizons.iter().copied().collect::<BTreeSet<_>>();
    if horizons.is_empty() {
        let message = "name at least one horizon, as in `--horizons 1,5,10,21`".to_owned();
        return Err(StudyError::Value { key: "--horizons".to_owned(), message });
    }
    if request.n_quantiles < 2 {
        let message = "values must be cut into 2 parts or more".to_owned();
        return Err(StudyError::Value { key: "--quantiles".to_owned(), message });
    }
    Ok(horizons.into_iter().collect())
}

/// The catalog with the feature in it, and the feature's name there: its own, or else `factor`.
fn with_feature(
    catalog: Catalog,
    named: Option<&Definition>,
    text: &str,
) -> Result<(Catalog, String), FeatureError> {
    if let Some(named) = named {
        return Ok((catalog, named.name.clone()));
    }
    let mut name = "factor".to_owned();
    while catalog.definition(&name).is_some() {
        name.push('_');
    }
    Ok((catalog.with(&name, text)?, name))
}

fn choose(catalog: &Catalog, name: &str, universe: &str, schema: &Schema) -> Result<Chosen, FeatureError> {
    let mut features = catalog.resolve(&[name], schema)?;
    features.push(catalog.resolve_universe(UNIVERSE, universe, schema)?);
    Ok(Chosen { features, targets: Vec::new(), left_out: Vec::new() })
}

/// The category to rank within; `None` if the data lack it. One that the request names must be there.
fn group<'a>(request: &Request, data: &Data, category: &'a str) -> Result<Option<&'a str>, StudyError> {
    let schema = data.schema();
    if schema.categories.contains(category) {
        return Ok(Some(category));
    }
    if request.by.is_none() {
        return Ok(None);
    }
    let hint = "name a column of texts, or a table that has it with `--attributes`";
    let message = if schema.fields.contains(category) {
        format!("{category} holds numbers, not categories; {hint}")
    } else {
        format!("{} has no column {category}; {hint}", request.data.display())
    };
    Err(StudyError::Value { key: "--by".to_owned(), message })
}

fn facts(chosen: &Chosen, named: Option<&Definition>) -> FeatureFacts {
    let feature = &chosen.features[0];
    FeatureFacts {
        name: named.map(|definition| definition.name.clone()),
        expression: feature.expression().trim().to_owned(),
        canonical: feature.canonical().to_owned(),
        meaning: named.map(|definition| definition.meaning.clone()).unwrap_or_default(),
        look_back: feature.look_back().to_string(),
    }
}

impl Request {
    /// The files and folders that are read.
    pub fn reads(&self) -> Reads {
        let optional = [&self.file, &self.facts, &self.attributes].into_iter().flatten();
        Reads::of(optional.chain([&self.data]))
    }

    fn load(&self, category: &str, categories: Vec<String>) -> Load {
        let attributes = self.attributes.as_deref().map(|path| (path, category));
        Load::adjusted(&self.data, categories, attributes)
            .with_change(self.change.as_deref())
            .with_columns(&self.columns)
    }
}
