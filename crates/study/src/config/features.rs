//! What the models see: libraries, files and definitions of the study, resolved against the columns that the data have.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use backstaff_feature::{Available, Catalog, Feature, FeatureError, LabelExpression, Schema};
use backstaff_words::count;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Config, operators};
use crate::StudyError;

/// The features that models see.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Features {
    /// Libraries of features that ship with the program; `backstaff features list` names them.
    #[serde(default)]
    pub libraries: Vec<String>,
    /// Feature files of your own.
    #[serde(default)]
    pub files: Vec<PathBuf>,
    /// Features defined here: a name and an expression each.
    #[serde(default)]
    pub define: BTreeMap<String, String>,
    /// The features that the models see; all of the above if absent.
    #[serde(default)]
    pub select: Option<Vec<String>>,
    /// A file or folder that `backstaff precompute` wrote for this study; it is used where it holds what would be
    /// computed.
    #[serde(default)]
    pub precomputed: Option<PathBuf>,
}

/// Everything that expressions may name: libraries that ship, files of the user's own, definitions, in this order.
pub(crate) fn catalog<'a>(
    libraries: &[String],
    files: impl IntoIterator<Item = &'a Path>,
    definitions: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> Result<Catalog, StudyError> {
    let mut catalog = operators::catalog();
    for name in libraries {
        catalog = catalog.with_library(name)?;
    }
    for path in files {
        catalog = with_file(catalog, path)?;
    }
    for (name, expression) in definitions {
        catalog = catalog.with(name, expression)?;
    }
    Ok(catalog)
}

/// The catalog of a study, and what of it the models see.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    /// Everything that expressions may name.
    pub catalog: Catalog,
    /// Libraries and files that are taken as far as the data allow.
    pub libraries: Vec<String>,
    /// Features that are asked for one by one.
    pub named: Vec<String>,
}

impl Selection {
    /// Read the study's libraries and files.
    pub(crate) fn new(config: &Config) -> Result<Self, StudyError> {
        let features = &config.features;
        let files = features.files.iter().map(|file| config.folder.join(file)).collect::<Vec<_>>();
        let catalog = catalog(&features.libraries, files.iter().map(PathBuf::as_path), &features.define)?;
        let mut libraries = features.libraries.clone();
        libraries.extend(files.iter().map(|path| path.display().to_string()));
        let mut named = features.define.keys().cloned().collect::<Vec<_>>();
        if let Some(select) = &features.select {
            libraries.clear();
            named.clone_from(select);
        }
        Ok(Self { catalog, libraries, named })
    }

    /// The libraries and files that features come from and that list what is known to be wrong with them.
    pub(crate) fn known_flaws(&self, config: &Config) -> Vec<(String, Vec<String>)> {
        let files = config.features.files.iter().map(|file| config.folder.join(file).display().to_string());
        let all = config.features.libraries.iter().cloned().chain(files);
        let flaws = all.filter_map(|name| {
            let library = self.catalog.library(&name)?;
            (!library.known_flaws.is_empty()).then(|| (name, library.known_flaws.clone()))
        });
        flaws.collect()
    }

    /// The published facts that any expression of the study names, without `$$`: of a large database only these are read.
    pub(crate) fn facts(&self, config: &Config) -> Result<BTreeSet<String>, StudyError> {
        let (mut catalog, mut names) = (self.catalog.clone(), self.named.clone());
        names.extend(self.libraries.iter().cloned());
        for asked in config.expressions() {
            let name = asked.role.column();
            catalog = catalog.with(&name, &asked.text)?;
            names.push(name);
        }
        Ok(catalog.mentioned(&names.iter().map(String::as_str).collect::<Vec<_>>())?.facts)
    }
}

/// The features that were chosen, and the library entries that the data don't allow, with the reason.
#[derive(Debug)]
pub(crate) struct Chosen {
    /// What the models see.
    pub features: Vec<Feature>,
    /// What may look ahead: the targets of the libraries, where they are wanted.
    pub targets: Vec<LabelExpression>,
    /// Entries that the data lack columns for, and the reason.
    pub left_out: Vec<(String, String)>,
}

impl Chosen {
    /// Check that there is a feature: a result without any says nothing, and looks like one that does.
    ///
    /// # Errors
    ///
    /// If there is none; it names the first of those that the data don't allow.
    pub(crate) fn check_some_left(&self) -> Result<(), StudyError> {
        if !self.features.is_empty() {
            return Ok(());
        }
        let why = self.left_out.iter().take(3).map(|(name, reason)| format!("{name}: {reason}"));
        let why = why.collect::<Vec<_>>().join("; ");
        let message = if why.is_empty() {
            "there is none; name a library, a file or single features".to_owned()
        } else {
            format!(
                "none of {} can be computed from these data ({why})",
                count(self.left_out.len(), "feature")
            )
        };
        Err(StudyError::Value { key: "features".to_owned(), message })
    }

    /// The names of the features, and behind them those of the targets.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.features.iter().map(Feature::name).chain(self.targets.iter().map(LabelExpression::name))
    }
}

/// Names asked for one by one have to work; of a library, what the data allow is taken and the rest is told.
pub(crate) fn choose(
    catalog: &Catalog,
    libraries: &[&str],
    named: &[&str],
    schema: &Schema,
) -> Result<Chosen, FeatureError> {
    let Available { mut features, left_out } = catalog.resolve_available(libraries, schema)?;
    if let Some((_, error)) = left_out.iter().find(|(_, error)| !error.lacks_column()) {
        return Err(error.clone());
    }
    let left_out = left_out.iter().map(|(name, error)| (name.clone(), reason(error))).collect();
    for feature in catalog.resolve(named, schema)? {
        if features.iter().all(|known| known.name() != feature.name()) {
            features.push(feature);
        }
    }
    Ok(Chosen { features, targets: Vec::new(), left_out })
}

impl Chosen {
    /// Add the targets of a library: of these, too, what the data allow.
    pub(crate) fn with_targets(
        mut self,
        catalog: &Catalog,
        library: &str,
        schema: &Schema,
    ) -> Result<Self, FeatureError> {
        for (name, target) in catalog.resolve_targets(library, schema) {
            match target {
                Ok(target) => self.targets.push(target),
                Err(error) if error.lacks_column() => self.left_out.push((name, reason(&error))),
                Err(error) => return Err(error),
            }
        }
        Ok(self)
    }
}

fn reason(error: &FeatureError) -> String {
    match error {
        FeatureError::Expression(error) => error.message().to_owned(),
        other => other.to_string(),
    }
}

/// Add a user's file of features to a catalog.
fn with_file(catalog: Catalog, path: &Path) -> Result<Catalog, StudyError> {
    let text =
        fs::read_to_string(path).map_err(|source| StudyError::Read { path: path.to_owned(), source })?;
    Ok(catalog.with_file_text(&path.display().to_string(), &text)?)
}
