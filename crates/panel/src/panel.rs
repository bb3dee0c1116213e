//! Columns over one axis.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use rayon::prelude::*;

use crate::{Axis, Categories, Column, Facts, Frequency, Instrument, Session, axis::kept_ranges};

/// The field that says whether an instrument traded: 1 or 0, never missing.
pub const TRADED: &str = "traded";

/// Why a column can't enter a panel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum PanelError {
    /// A column of another length belongs to another axis.
    #[error("column {name} has {found} rows where the panel has {expected}")]
    Length { name: String, expected: usize, found: usize },

    /// An infinite price or volume is a fault of the source.
    #[error("column {name} is infinite in row {row}")]
    Infinite { name: String, row: usize },

    /// The end of a fact's name says how long its periods are.
    #[error("the facts {name} are {frequency}, so their name must end with {}", .frequency.suffix())]
    FactName { name: String, frequency: Frequency },

    /// An infinite published value is a fault of the source.
    #[error("a value of the fact {name} of {about}, known on {known}, is infinite")]
    InfiniteFact { name: String, about: String, known: Session },
}

/// Market data over sessions and instruments; NaN is missing, and nothing is infinite.
///
/// Columns are shared, not copied, when a panel is cloned.
#[derive(Clone, Debug)]
pub struct Panel {
    axis: Arc<Axis>,
    fields: BTreeMap<String, Arc<Column>>,
    categories: BTreeMap<String, Arc<Categories>>,
    facts: BTreeMap<String, Arc<Facts>>,
}

impl Panel {
    /// A panel of these rows, without columns.
    pub fn new(axis: Arc<Axis>) -> Self {
        Self { axis, fields: BTreeMap::new(), categories: BTreeMap::new(), facts: BTreeMap::new() }
    }

    /// The axis: which rows the panel has.
    pub fn axis(&self) -> &Arc<Axis> {
        &self.axis
    }

    /// Add a field, or replace the one of this name.
    pub fn insert(&mut self, name: &str, column: impl Into<Arc<Column>>) -> Result<(), PanelError> {
        let column = column.into();
        self.check_length(name, column.len())?;
        let infinite = match &*column {
            Column::F32(values) => first(values, f32::is_infinite),
            Column::F64(values) => first(values, f64::is_infinite),
        };
        if let Some(row) = infinite {
            return Err(PanelError::Infinite { name: name.to_owned(), row });
        }
        self.fields.insert(name.to_owned(), column);
        Ok(())
    }

    /// Add categories, or replace those of this name.
    pub fn insert_categories(
        &mut self,
        name: &str,
        column: impl Into<Arc<Categories>>,
    ) -> Result<(), PanelError> {
        let column = column.into();
        self.check_length(name, column.codes().len())?;
        self.categories.insert(name.to_owned(), column);
        Ok(())
    }

    /// Add facts, or replace those of this name, which ends with `_q`, `_a` or `_d` as their periods are
    /// quarters, years or days.
    pub fn insert_facts(&mut self, name: &str, facts: impl Into<Arc<Facts>>) -> Result<(), PanelError> {
        let facts = facts.into();
        let frequency = facts.frequency();
        if Frequency::of_name(name) != Some(frequency) {
            return Err(PanelError::FactName { name: name.to_owned(), frequency });
        }
        for (instrument, facts) in facts.all() {
            if let Some(fact) = facts.iter().find(|fact| fact.value.is_infinite()) {
                let about = instrument.map_or("the market", Instrument::name).to_owned();
                return Err(PanelError::InfiniteFact { name: name.to_owned(), about, known: fact.known });
            }
        }
        self.facts.insert(name.to_owned(), facts);
        Ok(())
    }

    fn check_length(&self, name: &str, found: usize) -> Result<(), PanelError> {
        let expected = self.axis.n_rows();
        if found == expected {
            Ok(())
        } else {
            Err(PanelError::Length { name: name.to_owned(), expected, found })
        }
    }

    /// A field by its name (without the `$` of expressions).
    pub fn field(&self, name: &str) -> Option<&Arc<Column>> {
        self.fields.get(name)
    }

    /// The categories of this name.
    pub fn categories(&self, name: &str) -> Option<&Arc<Categories>> {
        self.categories.get(name)
    }

    /// The fields, in the order of their names.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Arc<Column>)> {
        self.fields.iter().map(|(name, column)| (name.as_str(), column))
    }

    /// The category columns, in the order of their names.
    pub fn all_categories(&self) -> impl Iterator<Item = (&str, &Arc<Categories>)> {
        self.categories.iter().map(|(name, column)| (name.as_str(), column))
    }

    /// Published values by their name (without the `$$` of expressions).
    pub fn facts(&self, name: &str) -> Option<&Arc<Facts>> {
        self.facts.get(name)
    }

    /// The published values, in the order of their names.
    pub fn all_facts(&self) -> impl Iterator<Item = (&str, &Arc<Facts>)> {
        self.facts.iter().map(|(name, facts)| (name.as_str(), facts))
    }

    /// Some of the rows, as if there were no others; published values stay. A column that nobody else holds keeps its
    /// memory, and so costs none.
    ///
    /// # Panics
    ///
    /// If `kept` is not as long as the panel.
    pub fn select(self, kept: &[bool]) -> Self {
        let axis = Arc::new(self.axis.select(kept));
        let ranges = kept_ranges(kept);
        let fields = self.fields.into_par_iter();
        let fields = fields.map(|(name, column)| {
            let selected = match Arc::try_unwrap(column) {
                Ok(own) => own.into_selected(&ranges),
                Err(shared) => shared.select(&ranges),
            };
            (name, Arc::new(selected))
        });
        let categories = self.categories.into_par_iter();
        let categories = categories.map(|(name, column)| {
            let selected = match Arc::try_unwrap(column) {
                Ok(own) => own.into_selected(&ranges),
                Err(shared) => shared.select(&ranges),
            };
            (name, Arc::new(selected))
        });
        Self { axis, fields: fields.collect(), categories: categories.collect(), facts: self.facts }
    }

    /// The panel of the sessions at these positions of the calendar: what was known if nothing later had happened.
    ///
    /// What was published before the first of them is still known.
    pub fn between(&self, positions: Range<usize>) -> Self {
        let (axis, kept) = self.axis.between(positions);
        let fields =
            self.fields.iter().map(|(name, column)| (name.clone(), Arc::new(column.select(&kept)))).collect();
        let categories = self
            .categories
            .iter()
            .map(|(name, column)| (name.clone(), Arc::new(column.select(&kept))))
            .collect();
        let facts = match axis.calendar().sessions().last() {
            Some(&last) => {
                self.facts.iter().map(|(name, facts)| (name.clone(), Arc::new(facts.until(last)))).collect()
            }
            None => BTreeMap::new(),
        };
        Self { axis: Arc::new(axis), fields, categories, facts }
    }
}

/// The place of the first value of a kind. Mostly there is none, so whole blocks are searched without a branch.
fn first<T: Copy + Sync>(values: &[T], is: impl Fn(T) -> bool + Sync) -> Option<usize> {
    const BLOCK: usize = 4_096;
    let blocks = values.par_chunks(BLOCK);
    let block = blocks.position_first(|block| block.iter().fold(false, |any, &value| any | is(value)))?;
    let within = values[block * BLOCK..].iter().position(|&value| is(value))?;
    Some(block * BLOCK + within)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Calendar, Fact, Period};

    fn panel() -> Panel {
        let calendar = Calendar::new((0..4).map(Session::from_number).collect());
        let axis = Axis::new(calendar, vec![("A".into(), 0..4), ("B".into(), 2..4)]);
        let mut panel = Panel::new(Arc::new(axis));
        panel.insert("close", Column::F64(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])).unwrap();
        panel
    }

    #[test]
    fn cuts_sessions() {
        let cut = panel().between(1..3);
        assert_eq!(cut.field("close").unwrap().to_f64(), vec![2.0, 3.0, 5.0]);
    }

    #[test]
    fn forgets_what_was_published_later() {
        let mut panel = panel();
        let fact =
            |day| Fact { known: Session::from_number(day), period: Period::from_number(8_000), value: 1.0 };
        let name = Instrument::new("B");
        let facts = Facts::new(Frequency::Quarterly, [-9, 2, 3].map(|day| (name.clone(), fact(day))));
        panel.insert_facts("eps_q", facts).unwrap();
        assert_eq!(panel.between(1..3).facts("eps_q").unwrap().of(&name).len(), 2);
    }

    #[test]
    fn refuses_facts_under_a_name_of_another_frequency() {
        let facts = Facts::new(Frequency::Annual, []);
        let error = panel().insert_facts("eps_q", facts).unwrap_err();
        assert_eq!(error.to_string(), "the facts eps_q are annual, so their name must end with _a");
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let mut panel = panel();
        assert!(matches!(panel.insert("x", Column::F64(vec![0.0])), Err(PanelError::Length { .. })));
        let infinite = Column::F64(vec![0.0, f64::INFINITY, 0.0, 0.0, 0.0, 0.0]);
        assert!(matches!(panel.insert("x", infinite), Err(PanelError::Infinite { row: 1, .. })));
    }
}
