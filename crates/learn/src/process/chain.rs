//! Processors one after the other.

use std::ops::RangeInclusive;

use super::{Processor, Table};
use crate::LearnError;

/// What the rows for learning are made from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LearnFrom {
    /// From those for inference: Qlib's `append`.
    #[default]
    Inference,
    /// From what the shared processors made: Qlib's `independent`.
    Shared,
}

/// A processor with the sessions that it is fitted on.
#[derive(Debug)]
pub struct Step {
    /// What is done.
    pub processor: Box<dyn Processor>,
    /// The first and the last session that it is fitted on; one that needs no fit passes over them.
    pub fitted_on: RangeInclusive<u32>,
}

/// All processors of a study, in the order of Qlib's `DataHandlerLP`.
#[derive(Debug)]
pub struct Chain {
    shared: Vec<Step>,
    inference: Vec<Step>,
    learning: Vec<Step>,
    learn_from: LearnFrom,
}

/// What a [`Chain`] makes of a table.
#[derive(Clone, Debug)]
pub struct Processed {
    /// The rows that are predicted for.
    pub inference: Table,
    /// The rows that are learned from.
    pub learning: Table,
}

impl Chain {
    /// Shared processors first, then those for inference; those for learning follow as `learn_from` says.
    ///
    /// # Errors
    ///
    /// If a processor that is not for inference is shared or among those for inference.
    pub fn new(
        shared: Vec<Step>,
        inference: Vec<Step>,
        learning: Vec<Step>,
        learn_from: LearnFrom,
    ) -> Result<Self, LearnError> {
        match shared.iter().chain(&inference).find(|step| !step.processor.is_for_inference()) {
            Some(step) => Err(LearnError::NotForInference { class: step.processor.class() }),
            None => Ok(Self { shared, inference, learning, learn_from }),
        }
    }

    /// Fit each processor on what the one before it made, and process the table.
    ///
    /// - Memory: both results share the columns that are equal.
    /// - Determinism: the same bytes for any number of threads.
    ///
    /// # Errors
    ///
    /// If a processor's columns are missing, or no row lies in the sessions that it is fitted on.
    pub fn fit(&mut self, table: Table) -> Result<Processed, LearnError> {
        let shared = fit(&mut self.shared, table)?;
        match self.learn_from {
            LearnFrom::Inference => {
                let inference = fit(&mut self.inference, shared)?;
                let learning = fit(&mut self.learning, inference.clone())?;
                Ok(Processed { inference, learning })
            }
            LearnFrom::Shared => {
                let inference = fit(&mut self.inference, shared.clone())?;
                Ok(Processed { inference, learning: fit(&mut self.learning, shared)? })
            }
        }
    }

    /// Rows to predict for, processed with what was fitted before.
    ///
    /// # Errors
    ///
    /// If a processor was never fitted, or misses its columns.
    pub fn apply(&self, table: Table) -> Result<Table, LearnError> {
        let steps = self.shared.iter().chain(&self.inference);
        steps.into_iter().try_fold(table, |table, step| step.processor.apply(table))
    }
}

fn fit(steps: &mut [Step], table: Table) -> Result<Table, LearnError> {
    steps.iter_mut().try_fold(table, |table, step| {
        if step.processor.needs_fit() {
            step.processor.fit(&table, step.fitted_on.clone())?;
        }
        step.processor.apply(table)
    })
}
