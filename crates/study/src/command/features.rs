//! Descriptions of features without data: the contents of libraries, the meaning of an entry, the usage of an operator.

mod words;

use std::{collections::BTreeSet, path::PathBuf};

use backstaff_feature::{
    Catalog, Description, Feature, FeatureError, Library,
    operator::{Operator, Registry, usage},
};
use serde::Serialize;

use crate::{
    StudyError,
    config::{catalog, operators},
};

/// The libraries that there are.
#[derive(Clone, Debug, Serialize)]
pub struct Libraries {
    /// The built-in libraries in the order of their names, then a file of the user's own.
    pub libraries: Vec<LibrarySummary>,
}

/// A library in one line.
#[derive(Clone, Debug, Serialize)]
pub struct LibrarySummary {
    /// The name of the library, or the path of the file.
    pub name: String,
    /// The number of features that it defines.
    pub features: usize,
    /// The description of its contents.
    pub description: String,
}

/// A library with its entries.
#[derive(Clone, Debug, Serialize)]
pub struct LibraryEntries {
    /// The name of the library, or the path of the file.
    pub name: String,
    /// The description of its contents.
    pub description: String,
    /// The known flaws of a library that repeats somebody else's definitions.
    pub known_flaws: Vec<String>,
    /// The features of the library, in its order.
    pub features: Vec<FeatureFacts>,
}

/// The description of a feature.
#[derive(Clone, Debug, Serialize)]
pub struct FeatureFacts {
    /// The name of the feature.
    pub name: String,
    /// The library or file that defines the feature.
    pub library: String,
    /// The meaning of the feature on a market.
    pub meaning: String,
    /// The expression, as written.
    pub formula: String,
    /// The expression with names of features replaced by their expressions; `None` if that is too long to read.
    pub expanded: Option<String>,
    /// The condition of the rows that its windows count; `None` if they count all rows.
    pub rows: Option<String>,
    /// The number of earlier sessions that a value depends on; `None` if it depends on all of them.
    pub look_back: Option<usize>,
    /// The look-back in words, as `20 sessions`.
    pub look_back_text: String,
    /// The fields that the feature reads, also through features that it uses.
    pub fields: Vec<String>,
    /// The category columns that the feature reads.
    pub categories: Vec<String>,
    /// The published quantities that the feature reads.
    pub facts: Vec<String>,
    /// The features that the expression uses by name.
    pub uses_features: Vec<String>,
    /// The operators that the expression calls itself.
    pub uses_operators: Vec<String>,
    /// Whether a value depends on the other instruments of the session.
    pub cross_sectional: bool,
    /// The type of the values: a number, or a condition, which is stored as 1 and 0.
    pub output: String,
    /// The unit of the values.
    pub unit: String,
    /// The source of the definition: a paper or a program.
    pub source: String,
    /// The computation with every parameter and the versions of the operators: equal texts give equal values.
    pub canonical: String,
}

/// The description of an operator.
#[derive(Clone, Debug, Serialize)]
pub struct OperatorFacts {
    /// The name that expressions call it by, with its namespace.
    pub name: String,
    /// The usage with the defaults of the parameters.
    pub usage: String,
    /// The meaning of the operator on a market.
    pub meaning: String,
    /// The formula of the operator.
    pub formula: String,
    /// The effect of missing values.
    pub missing: String,
    /// The differences to Qlib, TA-Lib or pandas; empty if there are none.
    pub differences: String,
    /// The source whose definition it follows.
    pub source: String,
    /// The names of its outputs, if an expression has to choose one; empty otherwise.
    pub outputs: Vec<String>,
    /// The version, raised whenever the same arguments could give other values.
    pub version: u32,
    /// Complete expressions that use the operator.
    pub examples: Vec<String>,
}

/// The meaning of a name.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Shown {
    /// A feature, or one of each library that defines the name.
    Features {
        /// The features, in the order of the libraries' names.
        features: Vec<FeatureFacts>,
    },
    /// A library or a file of the user.
    Library(LibraryEntries),
    /// An operator of the expression language.
    Operator(OperatorFacts),
}

/// The sources of features beside the built-in libraries.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// A library file of the user.
    pub file: Option<PathBuf>,
    /// Built-in libraries whose features the file uses by name.
    pub libraries: Vec<String>,
}

/// A library, and the catalog in which its names are resolved.
struct Loaded {
    name: String,
    catalog: Catalog,
}

/// List the built-in libraries and the user's file.
pub fn libraries(sources: &Sources) -> Result<Libraries, StudyError> {
    let summary = |loaded: &Loaded| {
        let library = loaded.library();
        LibrarySummary {
            name: loaded.name.clone(),
            features: library.names.len(),
            description: library.description,
        }
    };
    Ok(Libraries { libraries: sources.all()?.iter().map(summary).collect() })
}

/// List the entries of a library or of the user's file.
///
/// # Errors
///
/// If there is no such library, or a definition is wrong.
pub fn entries(library: &str, sources: &Sources) -> Result<LibraryEntries, StudyError> {
    let all = sources.all()?;
    let unknown = || FeatureError::unknown_library(library, all.iter().map(|loaded| loaded.name.as_str()));
    all.iter().find(|loaded| loaded.name == library).ok_or_else(unknown)?.entries()
}

/// Describe what a name means: `library/entry`, an entry, a library, a file, or an operator.
///
/// # Errors
///
/// If nothing has this name, or a definition is wrong.
pub fn show(name: &str, sources: &Sources) -> Result<Shown, StudyError> {
    let all = sources.all()?;
    if let Some(loaded) = all.iter().find(|loaded| loaded.name == name) {
        return Ok(Shown::Library(loaded.entries()?));
    }
    if let Some((library, entry)) = name.rsplit_once('/')
        && let Some(loaded) = all.iter().find(|loaded| loaded.name == library)
    {
        return Ok(Shown::Features { features: vec![loaded.feature(entry)?] });
    }
    let holders = all.iter().filter(|loaded| loaded.library().names.iter().any(|known| known == name));
    let features = holders.map(|loaded| loaded.feature(name)).collect::<Result<Vec<_>, _>>()?;
    if !features.is_empty() {
        return Ok(Shown::Features { features });
    }
    let registry = operators::registry();
    match registry.get(name) {
        Some(operator) => Ok(Shown::Operator(OperatorFacts::of(&**operator))),
        None => Err(unknown(name, &all, &registry).into()),
    }
}

impl Sources {
    /// Load each library into a catalog of its own, so that a name has the meaning that it has there.
    fn all(&self) -> Result<Vec<Loaded>, StudyError> {
        let mut all = Vec::new();
        for name in Catalog::library_names() {
            all.push(Loaded { name: name.to_owned(), catalog: operators::catalog().with_library(name)? });
        }
        if let Some(path) = &self.file {
            let catalog = catalog(&self.libraries, [path.as_path()], [])?;
            all.push(Loaded { name: path.display().to_string(), catalog });
        }
        Ok(all)
    }
}

fn unknown(name: &str, all: &[Loaded], registry: &Registry) -> FeatureError {
    let mut known = registry.names().collect::<Vec<&str>>();
    for loaded in all {
        known.push(&loaded.name);
        known.extend(loaded.catalog.definitions().map(|definition| definition.name.as_str()));
    }
    FeatureError::unknown_name(name, known)
}

impl Loaded {
    fn library(&self) -> Library {
        self.catalog.library(&self.name).cloned().unwrap_or_default()
    }

    fn entries(&self) -> Result<LibraryEntries, StudyError> {
        let Library { description, known_flaws, .. } = self.library();
        let features = self.catalog.resolve(&[&self.name], &self.catalog.mentioned(&[&self.name])?)?;
        let facts = |feature: &Feature| Ok(FeatureFacts::of(feature, self.catalog.describe(feature.name())?));
        Ok(LibraryEntries {
            name: self.name.clone(),
            description,
            known_flaws,
            features: features.iter().map(facts).collect::<Result<_, FeatureError>>()?,
        })
    }

    fn feature(&self, name: &str) -> Result<FeatureFacts, StudyError> {
        let description = self.catalog.describe(name)?;
        let features = self.catalog.resolve(&[name], &self.catalog.mentioned(&[name])?)?;
        let feature = features.first().ok_or_else(|| StudyError::Internal {
            what: format!("the feature {name} was described and not resolved"),
        })?;
        Ok(FeatureFacts::of(feature, description))
    }
}

impl FeatureFacts {
    fn of(feature: &Feature, description: Description) -> Self {
        let Description { definition, expanded, features, operators } = description;
        let owned = |names: BTreeSet<&str>| names.into_iter().map(str::to_owned).collect();
        Self {
            name: definition.name,
            library: definition.origin,
            meaning: definition.meaning,
            formula: definition.expression,
            expanded,
            rows: definition.rows,
            look_back: feature.look_back().sessions(),
            look_back_text: feature.look_back().to_string(),
            fields: owned(feature.fields()),
            categories: owned(feature.categories()),
            facts: owned(feature.facts()),
            uses_features: features,
            uses_operators: operators,
            cross_sectional: feature.is_cross_sectional(),
            output: feature.value_type().to_string().trim_start_matches("a ").to_owned(),
            unit: definition.unit,
            source: definition.source,
            canonical: feature.canonical().to_owned(),
        }
    }
}

impl OperatorFacts {
    fn of(operator: &dyn Operator) -> Self {
        let documentation = operator.documentation();
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Self {
            name: documentation.name.to_owned(),
            usage: usage(operator),
            meaning: documentation.meaning.to_owned(),
            formula: documentation.formula.to_owned(),
            missing: documentation.missing.to_owned(),
            differences: documentation.differences.to_owned(),
            source: documentation.source.to_owned(),
            outputs: owned(operator.signature().outputs),
            version: documentation.version,
            examples: owned(documentation.samples),
        }
    }
}
