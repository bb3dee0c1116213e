//! Looking at features without data: what the libraries hold, what an entry means, how an operator is called.

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

/// The libraries there are.
#[derive(Clone, Debug, Serialize)]
pub struct Libraries {
    /// In the order of their names; a file of the user's own comes last.
    pub libraries: Vec<LibrarySummary>,
}

/// A library in a line.
#[derive(Clone, Debug, Serialize)]
pub struct LibrarySummary {
    /// Its name, or the path of a file.
    pub name: String,
    /// How many features it defines.
    pub features: usize,
    /// What it holds.
    pub description: String,
}

/// A library and its entries.
#[derive(Clone, Debug, Serialize)]
pub struct LibraryEntries {
    /// Its name, or the path of a file.
    pub name: String,
    /// What it holds.
    pub description: String,
    /// What is known to be wrong with it, if it repeats somebody else's definitions.
    pub known_flaws: Vec<String>,
    /// Its features, in its order.
    pub features: Vec<FeatureFacts>,
}

/// What can be said about a feature.
#[derive(Clone, Debug, Serialize)]
pub struct FeatureFacts {
    /// Its name.
    pub name: String,
    /// The library or file that defines it.
    pub library: String,
    /// What it means on a market.
    pub meaning: String,
    /// Its expression, as written.
    pub formula: String,
    /// The expression with names of features replaced by what they stand for, unless that is too long to read.
    pub expanded: Option<String>,
    /// The condition of the rows that its windows count; without one, all.
    pub rows: Option<String>,
    /// How many earlier sessions a value depends on; none where it depends on all of them.
    pub look_back: Option<usize>,
    /// The same in words.
    pub look_back_text: String,
    /// The fields that it reads, through the features that it uses too.
    pub fields: Vec<String>,
    /// The category columns that it reads.
    pub categories: Vec<String>,
    /// The published facts that it reads.
    pub facts: Vec<String>,
    /// The features that it uses by name.
    pub uses_features: Vec<String>,
    /// The operators that it calls itself.
    pub uses_operators: Vec<String>,
    /// Whether a value depends on the other instruments of the session.
    pub cross_sectional: bool,
    /// The type of its values: number, or condition, which is stored as 1 and 0.
    pub output: String,
    /// The unit of its values.
    pub unit: String,
    /// Where the definition comes from.
    pub source: String,
    /// Everything that it computes, with every parameter and the versions of the operators; equal texts, equal values.
    pub canonical: String,
}

/// What can be said about an operator.
#[derive(Clone, Debug, Serialize)]
pub struct OperatorFacts {
    /// How it is called, with its namespace.
    pub name: String,
    /// How it is written, with the defaults of its parameters.
    pub usage: String,
    /// What it means on a market.
    pub meaning: String,
    /// Its formula.
    pub formula: String,
    /// What happens where values are missing.
    pub missing: String,
    /// Where its values depart from Qlib's, TA-Lib's or those of pandas; empty if they do not.
    pub differences: String,
    /// Whose definition it follows.
    pub source: String,
    /// The names of its outputs, if one has to be chosen.
    pub outputs: Vec<String>,
    /// Raised whenever the same arguments could give other values.
    pub version: u32,
    /// Complete expressions.
    pub examples: Vec<String>,
}

/// What a name stands for.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Shown {
    /// One feature, or one of each library that defines the name.
    Features {
        /// In the order of the libraries' names.
        features: Vec<FeatureFacts>,
    },
    /// A library or a file.
    Library(LibraryEntries),
    /// An operator.
    Operator(OperatorFacts),
}

/// Where to look beside the libraries that ship.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// A file of the user's own.
    pub file: Option<PathBuf>,
    /// Libraries whose features the file uses by name.
    pub libraries: Vec<String>,
}

/// A library, and the catalog that it is looked at in.
struct Loaded {
    name: String,
    catalog: Catalog,
}

/// The libraries that ship, and a file of the user's own.
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

/// The entries of one library, or of the user's file.
pub fn entries(library: &str, sources: &Sources) -> Result<LibraryEntries, StudyError> {
    let all = sources.all()?;
    let unknown = || FeatureError::unknown_library(library, all.iter().map(|loaded| loaded.name.as_str()));
    all.iter().find(|loaded| loaded.name == library).ok_or_else(unknown)?.entries()
}

/// What a name stands for: `library/entry`, an entry, a library, a file, or an operator.
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
    /// Each library in a catalog of its own, so that names mean what they mean there.
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
