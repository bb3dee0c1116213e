//! The expressions of a study, resolved against the columns that its data have.

use backstaff_feature::{Catalog, Feature, Schema};

use super::{results::FeatureFacts, study::Study};
use crate::{
    StudyError,
    config::{Asked, Chosen, Role, Selection, choose, per_share},
    stored::panel::{MEMBER, PanelHandle},
};
use backstaff_words::nearest;

/// The expressions of a study, resolved against a panel.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    /// All columns of the study with their roles, those of features first.
    pub(crate) all: Vec<(Role, Feature)>,
    /// The entries of libraries that need columns which the data lack: the name and the reason.
    pub(crate) left_out: Vec<(String, String)>,
    /// The known flaws of libraries that features come from: the library and its flaws.
    pub(crate) known_flaws: Vec<(String, Vec<String>)>,
    /// Facts about each feature that models see, for the report.
    pub(crate) facts: Vec<FeatureFacts>,
}

impl Resolved {
    /// The features that models see.
    pub(crate) fn features(&self) -> Vec<Feature> {
        let seen = self.all.iter().filter(|(role, _)| *role == Role::Feature);
        seen.map(|(_, feature)| feature.clone()).collect()
    }
}

impl Study {
    /// Resolve all expressions of the study against a panel.
    ///
    /// # Errors
    ///
    /// If an expression or a category names a column that the data lack, or models that learn have no features.
    pub(crate) fn resolve(&self, panel: &PanelHandle) -> Result<Resolved, StudyError> {
        let selection = Selection::new(&self.config)?;
        let known_flaws = selection.known_flaws(&self.config);
        let Selection { catalog, libraries, named } = selection;
        let schema = panel.schema();
        let libraries = libraries.iter().map(String::as_str).collect::<Vec<_>>();
        let named = named.iter().map(String::as_str).collect::<Vec<_>>();
        let chosen = choose(&catalog, &libraries, &named, &schema)?;
        if !chosen.left_out.is_empty() {
            chosen.check_some_left()?;
        }
        let Chosen { features, left_out, .. } = chosen;
        self.check_categories(panel)?;
        let learns = self.config.models.values().any(crate::config::ModelSpec::learns);
        if features.is_empty() && learns {
            let message = "no features: name a library, a file or define some".to_owned();
            return Err(StudyError::Value { key: "features".to_owned(), message });
        }
        let facts = features.iter().map(|feature| facts(feature, &catalog)).collect();
        let mut all = features.into_iter().map(|feature| (Role::Feature, feature)).collect::<Vec<_>>();
        for asked in self.config.expressions() {
            all.extend(self.resolve_one(&asked, &catalog, &schema)?);
        }
        let looked_at = all.iter().filter(|(role, _)| matches!(role, Role::Feature | Role::Score(_)));
        per_share::check(&self.config.data.facts, &schema, looked_at.map(|(_, feature)| feature))?;
        Ok(Resolved { all, left_out, known_flaws, facts })
    }

    /// Resolve one expression; the universe gives two columns if the study has dates of entry.
    fn resolve_one(
        &self,
        asked: &Asked<'_>,
        catalog: &Catalog,
        schema: &Schema,
    ) -> Result<Vec<(Role, Feature)>, StudyError> {
        let Asked { role, text, .. } = asked;
        let name = role.column();
        if *role == Role::Universe {
            // The user's own text is resolved by itself first, so that an error shows it and nothing else.
            let unmasked = catalog.resolve_universe(&Role::Unmasked.column(), text, schema)?;
            if self.config.universe.member_from.is_none() {
                return Ok(vec![(Role::Universe, catalog.resolve_universe(&name, text, schema)?)]);
            }
            let masked = format!("({text}) & (${MEMBER} > 0)");
            let masked = catalog.resolve_universe(&name, &masked, schema)?;
            return Ok(vec![(Role::Universe, masked), (Role::Unmasked, unmasked)]);
        }
        let catalog = catalog.clone().with(&name, text)?;
        Ok(catalog.resolve(&[&name], schema)?.into_iter().map(|feature| (role.clone(), feature)).collect())
    }

    /// Check that the data have the categories which the strategy names.
    fn check_categories(&self, panel: &PanelHandle) -> Result<(), StudyError> {
        for (key, name) in self.config.portfolio.strategy.categories() {
            if panel.categories().contains(name) {
                continue;
            }
            let hint = match nearest(name, panel.categories().iter().map(String::as_str)) {
                Some(near) => format!("did you mean {near:?}?"),
                None => "data.attributes.categories lists those that a table gives".to_owned(),
            };
            let message = format!("the data have no category {name:?}; {hint}");
            return Err(StudyError::Value { key, message });
        }
        Ok(())
    }
}

fn facts(feature: &Feature, catalog: &Catalog) -> FeatureFacts {
    let definition = catalog.definition(feature.name());
    FeatureFacts {
        name: feature.name().to_owned(),
        library: definition.map(|definition| definition.origin.clone()).unwrap_or_default(),
        expression: feature.expression().to_owned(),
        look_back: feature.look_back().to_string(),
        meaning: definition.map(|definition| definition.meaning.clone()).unwrap_or_default(),
    }
}
