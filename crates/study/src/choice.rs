//! Which features a study or a computation takes from libraries, files and definitions.

use std::{fs, path::Path};

use backstaff_feature::{Available, Catalog, Feature, FeatureError, LabelExpression, Schema};

use crate::StudyError;

/// The features that were chosen, and the library entries that the data don't allow, with the reason.
#[derive(Debug)]
pub struct Chosen {
    pub features: Vec<Feature>,
    /// What may look ahead: the targets of the libraries, where they are wanted.
    pub targets: Vec<LabelExpression>,
    pub left_out: Vec<(String, String)>,
}

impl Chosen {
    /// The names of the features, and behind them those of the targets.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.features.iter().map(Feature::name).chain(self.targets.iter().map(LabelExpression::name))
    }
}

/// Names asked for one by one have to work; of a library, what the data allow is taken and the rest is told.
pub fn choose(
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
    pub fn with_targets(
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
pub fn with_file(catalog: Catalog, path: &Path) -> Result<Catalog, StudyError> {
    let text =
        fs::read_to_string(path).map_err(|source| StudyError::Read { path: path.to_owned(), source })?;
    Ok(catalog.with_file_text(&path.display().to_string(), &text)?)
}
