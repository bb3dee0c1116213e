//! The operators that expressions may use.

use std::{collections::BTreeMap, fmt, sync::Arc};

use super::{
    Operator, cross_section, elementwise, indicator, neutralize, other, pair, point_in_time, recursive,
    rolling, rows, talib,
};
use crate::FeatureError;

/// The operators that expressions may use, by name.
#[derive(Clone)]
pub struct Registry {
    operators: BTreeMap<&'static str, Arc<dyn Operator>>,
    /// The families of the handbook, in its order, and the names of their members.
    families: Vec<(&'static str, Vec<&'static str>)>,
}

/// The family of operators that come from elsewhere.
const OTHERS: &str = "Others";

impl Registry {
    /// The operators of this crate.
    pub fn standard() -> Self {
        let families = [
            ("Of the same session", elementwise::operators()),
            ("Windows", rolling::operators()),
            ("Windows over two series", pair::operators()),
            ("Recursions", recursive::operators()),
            ("Across the session", cross_section::operators()),
            ("Across the session", neutralize::operators()),
            ("Other instruments", other::operators()),
            ("Published facts", point_in_time::operators()),
            ("Some rows only", vec![Arc::new(rows::Rows) as Arc<dyn Operator>]),
            ("Indicators in the conventions of pandas", indicator::operators()),
            ("Indicators with TA-Lib's names and numbers", talib::operators()),
        ];
        let mut standard = Self { operators: BTreeMap::new(), families: Vec::new() };
        for (family, operators) in families {
            for operator in operators {
                standard.insert(family, operator);
            }
        }
        standard
    }

    /// Add an operator to a family; the one that had its name before.
    fn insert(&mut self, family: &'static str, operator: Arc<dyn Operator>) -> Option<Arc<dyn Operator>> {
        let name = operator.documentation().name;
        match self.families.iter_mut().find(|(known, _)| *known == family) {
            Some((_, members)) => members.push(name),
            None => self.families.push((family, vec![name])),
        }
        self.operators.insert(name, operator)
    }

    /// These operators and one of somebody else's.
    pub fn with(mut self, operator: Arc<dyn Operator>) -> Result<Self, FeatureError> {
        let name = operator.documentation().name;
        if self.insert(OTHERS, operator).is_some() {
            return Err(FeatureError::DuplicateOperator { name: name.to_owned() });
        }
        Ok(self)
    }

    /// An operator by its name.
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Operator>> {
        self.operators.get(name)
    }

    /// All operators, in the order of their names.
    pub fn all(&self) -> impl Iterator<Item = &Arc<dyn Operator>> {
        self.operators.values()
    }

    /// The families of the handbook, in its order, with their members in the order of their names.
    pub fn families(&self) -> Vec<(&'static str, Vec<&Arc<dyn Operator>>)> {
        let members = |names: &[&'static str]| {
            let mut names = names.to_vec();
            names.sort_unstable();
            names.iter().map(|name| &self.operators[name]).collect()
        };
        self.families.iter().map(|(family, names)| (*family, members(names))).collect()
    }

    /// The names of the operators, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.operators.keys().copied()
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::standard()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.operators.keys()).finish()
    }
}
