//! The meaning of the names in an expression.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    Definition, FeatureError,
    definition::{Condition, Entry},
    expression::parse,
    operator::Registry,
};

/// The names that an expression may use: operators, and named expressions. A name has one meaning: two definitions may
/// share it only in the same words.
#[derive(Clone, Default, Debug)]
pub(crate) struct Vocabulary {
    operators: Arc<Registry>,
    entries: BTreeMap<String, Entry>,
}

impl Vocabulary {
    /// The operators, and no named expression yet.
    pub(crate) fn new(operators: Registry) -> Self {
        Self { operators: Arc::new(operators), entries: BTreeMap::new() }
    }

    pub(crate) fn operators(&self) -> &Registry {
        &self.operators
    }

    /// A named expression by its name.
    pub(crate) fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// All named expressions, in the order of their names.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// The names of expressions, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Add a named expression.
    pub(crate) fn add(&mut self, definition: Definition) -> Result<(), FeatureError> {
        let name = definition.name.clone();
        if name.trim().is_empty() {
            return Err(FeatureError::Name { name, reason: "it is empty" });
        }
        if name.chars().any(char::is_control) || name.contains(['$', '*']) {
            return Err(FeatureError::Name {
                name,
                reason: "`$`, `*` and control characters are not allowed",
            });
        }
        if let Some(Entry { definition: first, .. }) = self.entries.get(&name) {
            if first.says_the_same_as(&definition) {
                return Ok(());
            }
            let (first, second) = (first.origin.clone(), definition.origin);
            return Err(FeatureError::Duplicate { name, first, second });
        }
        let syntax =
            parse(&definition.expression).map_err(|fault| fault.within(&name, &definition.expression))?;
        let rows = definition.rows.as_ref().map(|text| Condition::read(&name, text)).transpose()?;
        self.entries.insert(name, Entry { definition, syntax, rows });
        Ok(())
    }

    /// Let the expressions that count the rows of this condition count every row.
    pub(crate) fn drop_condition(&mut self, condition: &str) {
        for entry in self.entries.values_mut() {
            if entry.definition.rows.as_deref() == Some(condition) {
                entry.rows = None;
                entry.definition.rows = None;
            }
        }
    }
}
