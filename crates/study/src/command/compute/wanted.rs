//! What a computation computes: parsed before the data are read, chosen when their columns are known.

use std::path::Path;

use backstaff_feature::{Catalog, FeatureError, Schema};

use crate::{
    StudyError,
    config::{Chosen, catalog, choose},
};

/// The rows that a computation takes of its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// All rows, and features only.
    All,
    /// The rows that every requested feature counts, if that is a part of all rows; and the libraries' targets beside
    /// features.
    Counted,
}

/// The features, libraries and the file of a computation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// Single features: the name and the expression of each.
    pub features: &'a [(String, String)],
    /// The names of built-in libraries.
    pub libraries: &'a [String],
    /// A library file of the user.
    pub file: Option<&'a Path>,
}

/// What is computed, with all expressions parsed.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    named: Vec<&'a str>,
    libraries: Vec<String>,
    catalog: Catalog,
    /// The catalog over the counted rows alone.
    alone: Catalog,
    mentioned: Schema,
    rows: Option<String>,
    taken: Taken,
}

impl<'a> Wanted<'a> {
    /// Parse all expressions. With a store, values are those of all rows, of which the counted ones are taken.
    ///
    /// # Errors
    ///
    /// If an expression is wrong, or a library or file can't be read.
    pub(super) fn parse(self, taken: Taken, is_stored: bool) -> Result<Asked<'a>, StudyError> {
        let definitions = self.features.iter().map(|(name, text)| (name, text));
        let mut catalog = catalog(self.libraries, self.file, definitions)?;
        let file = self.file.map(|path| path.display().to_string());
        let libraries = self.libraries.iter().cloned().chain(file).collect::<Vec<_>>();
        let named = self.features.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        let all = libraries.iter().map(String::as_str).chain(named.iter().copied()).collect::<Vec<_>>();
        let mentioned = mentioned(&catalog, &all)?;
        let rows = catalog.common_rows(&all)?.filter(|_| taken == Taken::Counted);
        // A panel of the counted rows alone gives the same values sooner. A store keeps the values of all rows.
        let alone =
            rows.as_deref().map_or_else(|| catalog.clone(), |rows| catalog.clone().over_rows_alone(rows));
        if !is_stored {
            catalog = alone.clone();
        }
        Ok(Asked { named, libraries, catalog, alone, mentioned, rows, taken })
    }
}

impl Asked<'_> {
    /// The columns that are mentioned anywhere.
    pub(super) fn mentioned(&self) -> &Schema {
        &self.mentioned
    }

    /// The condition of the rows to take, as if there were no others; `None` for all rows.
    pub(super) fn rows(&self) -> Option<&str> {
        self.rows.as_deref()
    }

    /// What can be computed from data with these columns.
    ///
    /// # Errors
    ///
    /// If a single feature names a column that the data don't have.
    pub(super) fn choose(&self, schema: &Schema) -> Result<Chosen, FeatureError> {
        let libraries = self.libraries.iter().map(String::as_str).collect::<Vec<_>>();
        let chosen = choose(&self.catalog, &libraries, &self.named, schema)?;
        let mut libraries = libraries.iter().filter(|_| self.taken == Taken::Counted);
        libraries.try_fold(chosen, |chosen, library| chosen.with_targets(&self.alone, library, schema))
    }
}

/// The columns that the named features and libraries mention together.
fn mentioned(catalog: &Catalog, all: &[&str]) -> Result<Schema, StudyError> {
    let targets = all.iter().filter_map(|name| catalog.library(name)).flat_map(|library| &library.targets);
    let all = all.iter().copied().chain(targets.map(String::as_str)).collect::<Vec<_>>();
    Ok(catalog.mentioned(&all)?)
}
