//! What is fitted on one range of sessions and applied to all.

use std::{fmt::Debug, ops::RangeInclusive, sync::Arc};

use backstaff_panel::Column;
use rayon::prelude::*;

use super::{Processor, Table, real::Real};
use crate::LearnError;

/// A formula with two numbers that are fitted for each column.
pub(super) trait Formula: Send + Sync + Debug {
    const CLASS: &'static str;
    /// Whether a column of four bytes stays one where its results fit, also beside columns of eight.
    const NARROWS: bool;

    /// The two numbers of a column's values, rounded as the values are.
    fn fit<T: Real>(&self, values: &[T]) -> [T; 2];

    /// What becomes of a value.
    fn value<T: Real>(&self, value: T, fitted: [T; 2]) -> T;
}

/// A formula for a group of columns, with what was fitted.
#[derive(Clone, Debug)]
pub(super) struct Fitted<F> {
    formula: F,
    group: Option<String>,
    columns: Option<Vec<FittedColumn>>,
}

/// The numbers that were fitted for one column.
#[derive(Clone, Debug)]
struct FittedColumn {
    group: Arc<str>,
    name: Arc<str>,
    numbers: Numbers,
}

/// Two numbers of a column, in the width that its values were read in.
#[derive(Clone, Copy, Debug)]
enum Numbers {
    F32([f32; 2]),
    F64([f64; 2]),
}

impl<F: Formula> Fitted<F> {
    pub(super) fn new(formula: F, group: Option<String>) -> Self {
        Self { formula, group, columns: None }
    }

    /// What one column becomes. Eight bytes win over four, on whichever side they are.
    fn change(&self, numbers: Numbers, column: &mut Arc<Column>) {
        let formula = &self.formula;
        match (numbers, &**column) {
            (Numbers::F32(fitted), Column::F32(_)) => {
                if let Column::F32(values) = Arc::make_mut(column) {
                    values
                        .par_iter_mut()
                        .for_each(|value| *value = formula.value(*value, fitted).canonical());
                }
            }
            (_, Column::F64(_)) => {
                let fitted = numbers.wide();
                if let Column::F64(values) = Arc::make_mut(column) {
                    values
                        .par_iter_mut()
                        .for_each(|value| *value = formula.value(*value, fitted).canonical());
                }
            }
            (Numbers::F64(fitted), Column::F32(values)) => {
                let wide =
                    values.iter().map(|value| formula.value(f64::from(*value), fitted).canonical()).collect();
                let wide = Column::F64(wide);
                *column = Arc::new(if F::NARROWS { wide.narrowed() } else { wide });
            }
        }
    }
}

impl Numbers {
    fn wide(self) -> [f64; 2] {
        match self {
            Self::F32(numbers) => numbers.map(f64::from),
            Self::F64(numbers) => numbers,
        }
    }
}

impl<F: Formula + Clone + 'static> Processor for Fitted<F> {
    fn class(&self) -> &'static str {
        F::CLASS
    }

    fn needs_fit(&self) -> bool {
        true
    }

    fn fit(&mut self, table: &Table, sessions: RangeInclusive<u32>) -> Result<(), LearnError> {
        let places = table.places(self.group.as_deref())?;
        let rows = table.rows_within(sessions);
        // DIFFERENCE: Qlib fits on nothing, too, and makes every value missing.
        if rows.is_empty() {
            return Err(LearnError::NoRowsToFit { class: F::CLASS });
        }
        let is_wide = table.is_wide(&places);
        let fitted = places.par_iter().map(|&place| {
            let column = &table.columns()[place];
            let numbers = match &*column.values {
                Column::F32(values) if is_wide => {
                    let values = values[rows.clone()].iter().copied().map(f64::from).collect::<Vec<_>>();
                    Numbers::F64(self.formula.fit(&values))
                }
                Column::F32(values) => Numbers::F32(self.formula.fit(&values[rows.clone()])),
                Column::F64(values) => Numbers::F64(self.formula.fit(&values[rows.clone()])),
            };
            FittedColumn { group: Arc::clone(&column.group), name: Arc::clone(&column.name), numbers }
        });
        self.columns = Some(fitted.collect());
        Ok(())
    }

    fn apply(&self, table: Table) -> Result<Table, LearnError> {
        let fitted = self.columns.as_ref().ok_or(LearnError::NotFitted { class: F::CLASS })?;
        let mut placed = Vec::with_capacity(fitted.len());
        for FittedColumn { group, name, numbers } in fitted {
            let is_it = |column: &super::TableColumn| column.name == *name && column.group == *group;
            let place = table.columns().iter().position(is_it);
            placed.push((place.ok_or_else(|| LearnError::NoColumn { name: name.to_string() })?, *numbers));
        }
        placed.sort_unstable_by_key(|&(place, _)| place);
        let (places, numbers) = placed.into_iter().unzip::<_, _, Vec<_>, Vec<_>>();
        // DIFFERENCE: pandas 3 refuses to put wide results into narrow columns; pandas 2 widens them, as is done here.
        // Numpy puts all columns of the group into one array, whose width is that of the widest.
        let is_wide = F::NARROWS && table.is_wide(&places);
        Ok(table.change(&places, |position, column| {
            let numbers = numbers[position];
            self.change(if is_wide { Numbers::F64(numbers.wide()) } else { numbers }, column);
        }))
    }
}
