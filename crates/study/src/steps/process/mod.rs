//! Processors: what becomes of features and targets between their computing and a model.
//!
//! What is fitted sees a table of the fold's training rows, and no other: validation and test are tables of their own,
//! which pass through what was fitted.

mod compact;
mod table;

use std::{fmt, sync::Arc};

use backstaff_learn::process::{Processor, Table};
use backstaff_panel::{Axis, Column, Session};
use backstaff_stage::KeyHasher;

pub use self::compact::Compact;
use self::{compact::compact, table::PartTable};
use crate::{
    StudyError,
    config::{FitSpan, ProcessorSpec, Processors},
    steps::folds::{FoldFacts, FoldPart},
};

/// The columns of features by name.
pub type Named = [(String, Arc<Column>)];

/// The processors of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    steps: Vec<Step>,
}

/// One processor of a study.
#[derive(Clone, Debug, PartialEq)]
struct Step {
    /// Whether only rows pass that are learned from.
    is_learn: bool,
    /// Its key in the study.
    key: String,
    spec: ProcessorSpec,
    span: FitSpan,
}

/// The processors for all rows, fitted on the training of a fold.
pub struct FittedProcess {
    steps: Vec<Box<dyn Processor>>,
}

impl fmt::Debug for FittedProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.steps.iter().map(|step| step.class())).finish()
    }
}

/// The rows of a fold's training and validation, processed.
#[derive(Debug)]
pub struct ProcessedFold {
    /// The columns, on an axis of their own.
    pub columns: Compact,
    /// The training, its rows on that axis.
    pub train: FoldPart,
    /// The validation, its rows on that axis.
    pub validation: FoldPart,
}

impl Process {
    /// The processors of a study; `None` if it has none.
    ///
    /// # Errors
    ///
    /// If a date is none.
    pub fn new(processors: &Processors) -> Result<Option<Self>, StudyError> {
        let step = |(is_learn, key, spec): (bool, String, &ProcessorSpec)| match spec.fit_span() {
            Ok(span) => Ok(Step { is_learn, key, spec: spec.clone(), span }),
            Err((at, message)) => Err(StudyError::Value { key: format!("{key}{at}"), message }),
        };
        let steps = processors.all().map(step).collect::<Result<Vec<_>, StudyError>>()?;
        Ok((!steps.is_empty()).then_some(Self { steps }))
    }

    /// Enter all that shapes them into a key.
    pub fn hash_into(&self, key: &mut KeyHasher) {
        key.list("processors", &self.steps, |key, Step { is_learn, key: _, spec, span: (from, to) }| {
            let day = |session: &Option<Session>| session.map_or(i64::MIN, |session| session.number().into());
            key.bool("learn", *is_learn).str("processor", &spec.processor(*is_learn).1);
            key.i64("fit_from", day(from)).i64("fit_to", day(to));
        });
    }

    /// Check that no processor is to be fitted outside the training of a fold.
    ///
    /// # Errors
    ///
    /// If one is, with the fold and its training.
    pub fn check(&self, folds: &[FoldFacts]) -> Result<(), StudyError> {
        for step in &self.steps {
            for fold in folds {
                let Some((first, last)) = fold.train.sessions() else { continue };
                let (from, to) = step.span;
                let within = |session: Session| first <= session && session <= last;
                let outside = [(".fit_from", from), (".fit_to", to)];
                let outside = outside
                    .into_iter()
                    .find_map(|(at, session)| Some((at, session.filter(|&s| !within(s))?)));
                if let Some((at, session)) = outside {
                    let message = format!(
                        "is {session}, outside the training of fold {}, {first} to {last}: nothing is fitted on other rows; \
                         leave it out, and each fold is fitted on its own training",
                        fold.number
                    );
                    return Err(StudyError::Value { key: format!("{}{at}", step.key), message });
                }
            }
        }
        Ok(())
    }

    /// Fit on a training, and process it together with a validation.
    ///
    /// # Errors
    ///
    /// If no row is left to fit on.
    pub fn learn(
        &self,
        axis: &Axis,
        features: &Named,
        train: &FoldPart,
        validation: &FoldPart,
    ) -> Result<ProcessedFold, StudyError> {
        let mut processors =
            self.steps.iter().map(|step| step.spec.processor(step.is_learn).0).collect::<Vec<_>>();
        let mut tables = Vec::new();
        for (n, part) in [train, validation].into_iter().enumerate() {
            let made = PartTable::new(axis, features, &part.rows)?;
            let PartTable { mut table, keys, order } = made;
            let mut targets = Some(&part.targets);
            for (step, processor) in self.steps.iter().zip(&mut processors) {
                if step.is_learn
                    && let Some(targets) = targets.take()
                {
                    table = table::with_target(table, &keys, &order, targets)?;
                }
                if n == 0 && processor.needs_fit() {
                    processor.fit(&table, positions(axis, step.span))?;
                }
                table = processor.apply(table)?;
            }
            if let Some(targets) = targets {
                table = table::with_target(table, &keys, &order, targets)?;
            }
            tables.push(PartTable { table, keys, order });
        }
        let parts = [train, validation];
        let kept = tables.iter().map(PartTable::kept).collect::<Vec<_>>();
        let rows = kept.iter().zip(parts).map(|(kept, part)| kept.iter().map(|&n| part.rows[n as usize]));
        let rows = rows.map(Iterator::collect).collect::<Vec<Vec<u32>>>();
        let (columns, numbers, targets) = compact(axis, features, tables, &rows);
        let mut made = parts.iter().zip(kept).zip(numbers.into_iter().zip(targets)).map(
            |((part, kept), (rows, targets))| {
                let weights = part.weights.as_ref();
                let weights = weights.map(|weights| kept.iter().map(|&n| weights[n as usize]).collect());
                table::ascending(&rows, &targets, weights)
            },
        );
        let mut next = || made.next().unwrap_or_default();
        let (train, validation) = (next(), next());
        Ok(ProcessedFold { columns, train, validation })
    }

    /// Fit those for all rows on a training, which is asked for only if one of them is fitted.
    ///
    /// # Errors
    ///
    /// If the training can't be read, or no row is left to fit on.
    pub fn fit(
        &self,
        axis: &Axis,
        features: &Named,
        train: impl FnOnce() -> Result<FoldPart, StudyError>,
    ) -> Result<FittedProcess, StudyError> {
        let steps = self.steps.iter().filter(|step| !step.is_learn).collect::<Vec<_>>();
        let mut processors = steps.iter().map(|step| step.spec.processor(false).0).collect::<Vec<_>>();
        let Some(last) = processors.iter().rposition(|processor| processor.needs_fit()) else {
            return Ok(FittedProcess { steps: processors });
        };
        let mut table = PartTable::new(axis, features, &train()?.rows)?.table;
        for (n, (step, processor)) in steps.iter().zip(&mut processors).enumerate().take(last + 1) {
            if processor.needs_fit() {
                processor.fit(&table, positions(axis, step.span))?;
            }
            if n < last {
                table = processor.apply(table)?;
            }
        }
        Ok(FittedProcess { steps: processors })
    }
}

impl FittedProcess {
    /// The features of these rows, which ascend and are all of their sessions, processed: their columns, and which of the
    /// rows they are of.
    ///
    /// # Errors
    ///
    /// If the features are not those of the training.
    pub fn apply(
        &self,
        axis: &Axis,
        features: &Named,
        rows: &[u32],
    ) -> Result<(Compact, Vec<u32>), StudyError> {
        let PartTable { mut table, keys, order } = PartTable::new(axis, features, rows)?;
        for processor in &self.steps {
            table = processor.apply(table)?;
        }
        let part = PartTable { table, keys, order };
        let mut kept = part.kept();
        let of_rows = kept.iter().map(|&n| rows[n as usize]).collect::<Vec<_>>();
        let (columns, _, _) = compact(axis, features, vec![part], &[of_rows]);
        kept.sort_unstable();
        Ok((columns, kept))
    }
}

/// The positions in the calendar of the dates that are fitted on.
fn positions(axis: &Axis, (from, to): FitSpan) -> std::ops::RangeInclusive<u32> {
    let sessions = axis.calendar().sessions();
    let from = from.map_or(0, |from| sessions.partition_point(|session| *session < from));
    let to = to.map_or(sessions.len(), |to| sessions.partition_point(|session| *session <= to));
    from as u32..=to.saturating_sub(1).max(from) as u32
}

/// A table of columns of one group.
fn table_of(
    keys: &[(u32, u32)],
    columns: Vec<backstaff_learn::process::TableColumn>,
) -> Result<Table, StudyError> {
    let sessions = keys.iter().map(|(session, _)| *session).collect::<Vec<_>>();
    let instruments = keys.iter().map(|(_, instrument)| *instrument).collect::<Vec<_>>();
    Ok(Table::new(sessions, instruments, columns)?)
}
