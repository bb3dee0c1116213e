//! The operators that expressions may use.

use std::{collections::BTreeMap, fmt, sync::Arc};

use super::{
    Operator, cross_section, elementwise, indicator, other, pair, point_in_time, recursive, rolling, rows,
    talib,
};
use crate::FeatureError;

/// The operators that expressions may use, by name.
#[derive(Clone)]
pub struct Registry(BTreeMap<&'static str, Arc<dyn Operator>>);

impl Registry {
    /// The operators of this crate.
    pub fn standard() -> Self {
        let families = [
            elementwise::operators(),
            rolling::operators(),
            pair::operators(),
            recursive::operators(),
            cross_section::operators(),
            indicator::operators(),
            talib::operators(),
            other::operators(),
            point_in_time::operators(),
            vec![Arc::new(rows::Rows) as Arc<dyn Operator>],
        ];
        let all = families.into_iter().flatten();
        Self(all.map(|operator| (operator.documentation().name, operator)).collect())
    }

    /// These operators and one of somebody else's.
    pub fn with(mut self, operator: Arc<dyn Operator>) -> Result<Self, FeatureError> {
        let name = operator.documentation().name;
        if self.0.insert(name, operator).is_some() {
            return Err(FeatureError::DuplicateOperator { name: name.to_owned() });
        }
        Ok(self)
    }

    /// An operator by its name.
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Operator>> {
        self.0.get(name)
    }

    /// All operators, in the order of their names.
    pub fn all(&self) -> impl Iterator<Item = &Arc<dyn Operator>> {
        self.0.values()
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::standard()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
