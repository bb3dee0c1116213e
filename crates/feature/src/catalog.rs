//! Named expressions, from libraries and from the user.

mod description;

use std::collections::{BTreeMap, BTreeSet};

pub use description::Description;

use crate::{
    Definition, Feature, FeatureError, LabelExpression, Library, Schema, ValueType,
    definition::Entry,
    expression::{Fault, Syntax, parse},
    library,
    operator::Registry,
    resolve::{Purpose, Resolver},
    vocabulary::Vocabulary,
};

/// Named expressions, from libraries and from the user. A name has one meaning: two may define it only in the same words.
#[derive(Clone, Default, Debug)]
pub struct Catalog {
    vocabulary: Vocabulary,
    libraries: BTreeMap<String, Library>,
}

/// Features that data suffice for, and those that they don't.
#[derive(Clone, Default, Debug)]
pub struct Available {
    /// The features that can be computed.
    pub features: Vec<Feature>,
    /// The names of the others, each with the reason.
    pub left_out: Vec<(String, FeatureError)>,
}

/// The origin of a definition that no file holds.
const USER: &str = "the study";

impl Catalog {
    /// An empty catalog over the operators of this crate.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty catalog over these operators.
    pub fn with_operators(registry: Registry) -> Self {
        Self { vocabulary: Vocabulary::new(registry), ..Self::default() }
    }

    /// The operators that expressions may use.
    pub fn registry(&self) -> &Registry {
        self.vocabulary.operators()
    }

    /// The names of the libraries that come with this crate.
    pub fn library_names() -> impl Iterator<Item = &'static str> {
        library::NAMES.iter().map(|(name, _)| *name)
    }

    /// Add a library of this crate. Adding it again changes nothing.
    pub fn with_library(self, name: &str) -> Result<Self, FeatureError> {
        if self.libraries.contains_key(name) {
            return Ok(self);
        }
        let Some((_, text)) = library::NAMES.iter().find(|(known, _)| *known == name) else {
            return Err(FeatureError::unknown_library(name, Self::library_names()));
        };
        self.with_file_text(name, text)
    }

    /// Add the definitions of a file of the form of the libraries; `file` names it in messages and selections.
    pub fn with_file_text(mut self, file: &str, text: &str) -> Result<Self, FeatureError> {
        let content = library::read(file, text)?;
        let mut add = |definitions: Vec<Definition>| {
            let names = definitions.iter().map(|definition| definition.name.clone()).collect::<Vec<_>>();
            definitions.into_iter().try_for_each(|definition| self.vocabulary.add(definition))?;
            Ok::<_, FeatureError>(names)
        };
        add(content.parts)?;
        let (names, targets) = (add(content.features)?, add(content.targets)?);
        let (description, known_flaws) = (content.description, content.known_flaws);
        self.libraries.insert(file.to_owned(), Library { description, names, targets, known_flaws });
        Ok(self)
    }

    /// Add one expression.
    pub fn with(mut self, name: &str, expression: &str) -> Result<Self, FeatureError> {
        self.vocabulary.add(Definition {
            name: name.to_owned(),
            expression: expression.to_owned(),
            meaning: String::new(),
            source: String::new(),
            unit: String::new(),
            rows: None,
            origin: USER.to_owned(),
        })?;
        Ok(self)
    }

    /// A definition by its name.
    pub fn definition(&self, name: &str) -> Option<&Definition> {
        self.entry(name).map(|entry| &entry.definition)
    }

    /// All definitions, in the order of their names.
    pub fn definitions(&self) -> impl Iterator<Item = &Definition> {
        self.vocabulary.entries().map(|entry| &entry.definition)
    }

    /// A library or file that was added, by its name.
    pub fn library(&self, name: &str) -> Option<&Library> {
        self.libraries.get(name)
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        self.vocabulary.entry(name)
    }

    /// The expression of a name that is known.
    fn expression(&self, name: &str) -> &str {
        &self.entry(name).expect("what was resolved has an entry").definition.expression
    }

    fn unknown(&self, name: &str) -> FeatureError {
        let libraries = self.libraries.keys().map(String::as_str);
        FeatureError::unknown_feature(name, self.vocabulary.names().chain(libraries))
    }

    /// The names that a selection stands for, each once, in its order: names of features, of libraries or files (all
    /// that they define, in their order), and patterns such as `mom_*` (in the order of names).
    pub fn select(&self, selection: &[&str]) -> Result<Vec<String>, FeatureError> {
        let mut selected = Vec::<String>::new();
        let mut seen = BTreeSet::new();
        for &item in selection {
            let found: Vec<&str> = if let Some(entry) = self.entry(item) {
                vec![&entry.definition.name]
            } else if let Some(library) = self.libraries.get(item) {
                library.names.iter().map(String::as_str).collect()
            } else {
                let names = self.vocabulary.names();
                names.filter(|name| item.contains('*') && matches_pattern(item, name)).collect()
            };
            if found.is_empty() && !self.libraries.contains_key(item) {
                return Err(self.unknown(item));
            }
            selected
                .extend(found.into_iter().filter(|name| seen.insert(name.to_string())).map(str::to_owned));
        }
        Ok(selected)
    }

    /// The features of a selection (see [`Catalog::select`]), checked against the columns that there are.
    pub fn resolve(&self, selection: &[&str], schema: &Schema) -> Result<Vec<Feature>, FeatureError> {
        let mut resolver = Resolver::new(&self.vocabulary, schema, Purpose::Feature);
        let mut features = Vec::new();
        for name in self.select(selection)? {
            let node = resolver.feature(&name)?;
            features.push(Feature::new(&name, self.expression(&name), resolver.graph().part(node)));
        }
        Ok(features)
    }

    /// The features of a selection that the columns suffice for, and why the others can't be had: for a library on data
    /// that lacks, say, sectors. The caller must say what is left out.
    pub fn resolve_available(&self, selection: &[&str], schema: &Schema) -> Result<Available, FeatureError> {
        let mut available = Available::default();
        for name in self.select(selection)? {
            match self.resolve(&[&name], schema) {
                Ok(found) => available.features.extend(found),
                Err(error) => available.left_out.push((name, error)),
            }
        }
        Ok(available)
    }

    /// A universe: a condition for each row, stored as 1 and 0. A comparison with a missing value is false, so that
    /// what isn't known to be eligible isn't.
    pub fn resolve_universe(
        &self,
        name: &str,
        expression: &str,
        schema: &Schema,
    ) -> Result<Feature, FeatureError> {
        let syntax = parse(expression).map_err(|fault| fault.within(name, expression))?;
        let span = syntax.span;
        let feature = self.resolve_one(name, expression, &syntax, schema, Purpose::Feature)?;
        if feature.value_type() == ValueType::Boolean {
            return Ok(feature);
        }
        let fault = Fault::new(span, "a universe is a condition, not a number");
        Err(fault.help("compare it, as in `$volume > 0`").within(name, expression).into())
    }

    /// An expression that may look ahead, such as `Ref($close, -2) / Ref($close, -1) - 1`. Elsewhere such expressions are
    /// the targets of a file.
    pub fn resolve_label(
        &self,
        name: &str,
        expression: &str,
        schema: &Schema,
    ) -> Result<LabelExpression, FeatureError> {
        let syntax = parse(expression).map_err(|fault| fault.within(name, expression))?;
        self.resolve_one(name, expression, &syntax, schema, Purpose::Label).map(LabelExpression)
    }

    /// The condition of the rows that all entries of a selection count, if they all count the same and not every row.
    pub fn common_rows(&self, selection: &[&str]) -> Result<Option<String>, FeatureError> {
        let names = self.select(selection)?;
        let mut conditions = names.iter().map(|name| self.definition(name)?.rows.clone());
        let first = conditions.next().flatten();
        Ok(first.filter(|first| conditions.all(|other| other.as_ref() == Some(first))))
    }

    /// The catalog with every row counted by the entries that count the rows of this condition: for a panel that has
    /// these rows alone (see [`Catalog::common_rows`]).
    #[must_use]
    pub fn over_rows_alone(mut self, condition: &str) -> Self {
        self.vocabulary.drop_condition(condition);
        self
    }

    /// The targets of a library or file: its entries that may look ahead, by name, or why they can't be had. None if it
    /// is not there.
    pub fn resolve_targets(
        &self,
        library: &str,
        schema: &Schema,
    ) -> Vec<(String, Result<LabelExpression, FeatureError>)> {
        let names = self.libraries.get(library).into_iter().flat_map(|library| &library.targets);
        let target = |name: &String| {
            let mut resolver = Resolver::new(&self.vocabulary, schema, Purpose::Label);
            let node = resolver.feature(name)?;
            Ok(LabelExpression(Feature::new(name, self.expression(name), resolver.graph().part(node))))
        };
        names.map(|name| (name.clone(), target(name))).collect()
    }

    fn resolve_one(
        &self,
        name: &str,
        expression: &str,
        syntax: &Syntax,
        schema: &Schema,
        purpose: Purpose,
    ) -> Result<Feature, FeatureError> {
        let mut resolver = Resolver::new(&self.vocabulary, schema, purpose);
        let node = resolver.expression(name, expression, syntax)?;
        Ok(Feature::new(name, expression, resolver.graph().part(node)))
    }
}

/// Whether a name fits a pattern in which `*` stands for any text.
fn matches_pattern(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts = parts.collect::<Vec<_>>();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests;
