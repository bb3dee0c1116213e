//! What a study takes from libraries, files and definitions, before the data are known.

use std::collections::BTreeSet;

use backstaff_feature::Catalog;

use crate::{StudyError, choice::with_file, config::Config, operators::catalog};

/// The catalog of a study, and what of it the models see.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Everything that expressions may name.
    pub catalog: Catalog,
    /// Libraries and files that are taken as far as the data allow.
    pub libraries: Vec<String>,
    /// Features that are asked for one by one.
    pub named: Vec<String>,
}

impl Selection {
    /// Read the study's libraries and files.
    pub fn new(config: &Config) -> Result<Self, StudyError> {
        let features = &config.features;
        let mut catalog = catalog();
        for name in &features.libraries {
            catalog = catalog.with_library(name)?;
        }
        let mut libraries = features.libraries.clone();
        for file in &features.files {
            let path = config.folder.join(file);
            catalog = with_file(catalog, &path)?;
            libraries.push(path.display().to_string());
        }
        let mut named = Vec::new();
        for (name, expression) in &features.define {
            catalog = catalog.with(name, expression)?;
            named.push(name.clone());
        }
        if let Some(select) = &features.select {
            libraries.clear();
            named.clone_from(select);
        }
        Ok(Self { catalog, libraries, named })
    }

    /// The libraries and files that features come from and that list what is known to be wrong with them.
    pub fn known_flaws(&self, config: &Config) -> Vec<(String, Vec<String>)> {
        let files = config.features.files.iter().map(|file| config.folder.join(file).display().to_string());
        let all = config.features.libraries.iter().cloned().chain(files);
        let flaws = all.filter_map(|name| {
            let library = self.catalog.library(&name)?;
            (!library.known_flaws.is_empty()).then(|| (name, library.known_flaws.clone()))
        });
        flaws.collect()
    }

    /// The published facts that any text of the study names, without `$$`: of a large database only these are read.
    pub fn facts(&self, config: &Config) -> Result<BTreeSet<String>, StudyError> {
        let selected = self.libraries.iter().chain(&self.named).map(String::as_str).collect::<Vec<_>>();
        let mut facts = self.catalog.mentioned(&selected)?.facts;
        // Expressions stand in many places of a study; each names its facts in the same way.
        let text = serde_json::to_string(config).unwrap_or_default();
        for part in text.split("$$").skip(1) {
            let is_name = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
            let name = part.chars().take_while(is_name).collect::<String>();
            facts.extend((!name.is_empty()).then_some(name));
        }
        Ok(facts)
    }
}
