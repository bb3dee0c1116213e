//! Folds: the rows of each training, validation and test, with the targets that training sees.
//!
//! Targets are ranked, centred or scaled among the rows of their own part of the fold, so that not even the rank of a
//! training row knows a label that ends later.

mod facts;
mod samples;
#[cfg(test)]
mod samples_tests;

use std::{num::NonZeroU32, sync::Arc};

use backstaff_learn::{
    fold::{Every, Fold, FoldHistory, Folds, Holdout, MinRows, WalkForward},
    label::Labels,
};
use backstaff_panel::{Axis, Column, Session, Universe};
use backstaff_stage::{Budget, Digest, Draft, KeyHasher, Manifest, Stage, Store, StoreError};
use rayon::prelude::*;

use crate::{
    StudyError,
    config::{self, Config, Role},
    steps::{labels::LabelsHandle, scores::digest_rows},
    stored::{
        column::ColumnHandle,
        encoding::{MakeTable, column_table, read_column, read_facts, read_rows, rows_table, write_tables},
        panel::PanelHandle,
    },
};
use backstaff_words::nearest;

pub use facts::{FoldFacts, LeftOutFacts, PartFacts};
pub use samples::{FoldPart, Training};
use samples::{SampleSpec, digest_samples};

/// Cut the sessions into folds, and make the targets and weights of their rows.
#[derive(Clone, Debug)]
pub struct MakeFolds {
    walk: WalkForward,
    samples: SampleSpec,
}

/// The inputs of the folds.
#[derive(Debug)]
pub struct FoldInputs {
    /// The panel with the axis and the categories that targets name.
    pub panel: Arc<PanelHandle>,
    /// The labels: returns over the horizon, and the sessions that each spans.
    pub labels: Arc<LabelsHandle>,
    /// The universe: 1 where an instrument is eligible.
    pub universe: Arc<ColumnHandle>,
    /// The columns of betas and weights that targets and weights of training name, by role.
    pub training: Vec<(Role, Arc<ColumnHandle>)>,
}

/// The folds with their rows, targets and weights.
#[derive(Debug)]
pub struct FoldsOutput {
    parts: Vec<[FoldPart; 3]>,
    facts: Vec<FoldFacts>,
    left_out: Vec<LeftOutFacts>,
}

/// The fewest sessions that an expanding fold trains on: about a quarter of a year.
const MIN_TRAINING: NonZeroU32 = NonZeroU32::new(60).expect("60 is not 0");

const PARTS: [&str; 3] = ["train", "validation", "test"];

impl MakeFolds {
    /// The folds that the study's `folds`, `label` and `weights` sections ask for.
    ///
    /// # Errors
    ///
    /// If a date or a number is wrong, or a target names a category that the data lack.
    pub fn new(config: &Config, panel: &PanelHandle) -> Result<Self, StudyError> {
        let missing = || StudyError::Internal { what: "a study without folds was cut into folds".to_owned() };
        let folds = config.folds.as_ref().ok_or_else(missing)?;
        let config::Folds { test, every, train, validation, embargo, min_rows } = folds;
        let date = |key: &str, text: &str| {
            let invalid = |error: backstaff_panel::ParseSessionError| StudyError::Value {
                key: key.to_owned(),
                message: error.to_string(),
            };
            text.parse::<Session>().map_err(invalid)
        };
        let some = |key: &str, n: u32| {
            let zero =
                || StudyError::Value { key: format!("folds.{key}"), message: "must be 1 or more".to_owned() };
            NonZeroU32::new(n).ok_or_else(zero)
        };
        let samples = SampleSpec::new(config)?;
        if let Some(name) = samples.categories().find(|name| !panel.categories().contains(*name)) {
            return Err(unknown_category(name, panel));
        }
        let last = panel.axis().calendar().sessions().last().copied();
        let to = match &test.to {
            Some(text) => date("folds.test.to", text)?,
            None => last.unwrap_or(Session::from_number(0)),
        };
        Ok(Self {
            walk: WalkForward {
                from: date("folds.test.from", &test.from)?,
                to,
                every: match every {
                    config::Every::Year => Every::Year,
                    config::Every::Quarter => Every::Quarter,
                    config::Every::Sessions(n) => Every::Sessions(some("every", *n)?),
                },
                history: match train {
                    config::TrainSpan::Expanding => FoldHistory::Expanding { min_sessions: MIN_TRAINING },
                    config::TrainSpan::Years(n) => FoldHistory::Years(some("train", *n)?),
                    config::TrainSpan::Sessions(n) => FoldHistory::Sessions(some("train", *n)?),
                },
                validation: match validation {
                    config::Validation::None => Holdout::None,
                    config::Validation::Months(n) => Holdout::Months(some("validation", *n)?),
                    config::Validation::Sessions(n) => Holdout::Sessions(some("validation", *n)?),
                },
                embargo: *embargo,
                min_rows: MinRows { train: min_rows.train, test: min_rows.test },
            },
            samples,
        })
    }

    /// The same folds up to a session at the latest, with no least number of rows in the last test.
    pub fn until(&self, session: Session) -> Self {
        let min_rows = MinRows { test: 0, ..self.walk.min_rows };
        let to = session.min(self.walk.to);
        Self { walk: WalkForward { to, min_rows, ..self.walk.clone() }, ..self.clone() }
    }

    /// The folds over a universe: a function of labels and universe alone.
    ///
    /// # Errors
    ///
    /// If the universe has no row, or no fold can be cut.
    pub fn folds_of(&self, universe: &Universe, labels: &Labels) -> Result<Folds, StudyError> {
        if universe.n_members() == 0 {
            let message =
                "the universe is empty: no row satisfies universe.expression and universe.member_from";
            return Err(StudyError::Universe(message.to_owned()));
        }
        Ok(self.walk.folds(universe, labels)?)
    }

    /// The digest of the rows, targets and weights of a fold's training and validation.
    pub fn samples_digest(
        &self,
        axis: &Axis,
        labels: &Labels,
        fold: &Fold,
        training: &Training,
    ) -> Result<Digest, StudyError> {
        let train = self.samples.train(fold.train(), labels, training)?;
        let validation = self.samples.validation(fold.validation(), labels, training)?;
        Ok(digest_samples(axis, [&train, &validation]))
    }
}

fn unknown_category(name: &str, panel: &PanelHandle) -> StudyError {
    let hint = match nearest(name, panel.categories().iter().map(String::as_str)) {
        Some(nearest) => format!("did you mean {nearest}?"),
        None => "data.attributes.categories names those that a table gives".to_owned(),
    };
    let message = format!("there is no category {name:?} in the data; {hint}");
    StudyError::Value { key: "label.target".to_owned(), message }
}

/// The universe that a stored column of 1 and 0 describes.
pub fn universe(column: &ColumnHandle) -> Result<Universe, StudyError> {
    let column = column.column()?;
    Ok(members(&column))
}

/// The universe of the rows where a column is above 0.
pub fn members(column: &Column) -> Universe {
    Universe::new((0..column.len()).into_par_iter().map(|row| column.get(row) > 0.0).collect())
}

impl Stage for MakeFolds {
    const NAME: &'static str = "folds";
    const VERSION: u32 = 2;
    type Inputs = FoldInputs;
    type Shard = ();
    type Output = FoldsOutput;
    type Error = StudyError;

    fn hash_parameters(&self, key: &mut KeyHasher) {
        let Self { walk, samples } = self;
        let WalkForward { from, to, every, history, validation, embargo, min_rows } = walk;
        let MinRows { train, test } = min_rows;
        key.i64("from", from.number().into()).i64("to", to.number().into());
        match every {
            Every::Year => key.str("every", "year"),
            Every::Quarter => key.str("every", "quarter"),
            Every::Sessions(n) => key.u64("every_sessions", n.get().into()),
        };
        match history {
            FoldHistory::Expanding { min_sessions } => key.u64("train_at_least", min_sessions.get().into()),
            FoldHistory::Years(n) => key.u64("train_years", n.get().into()),
            FoldHistory::Months(n) => key.u64("train_months", n.get().into()),
            FoldHistory::Sessions(n) => key.u64("train_sessions", n.get().into()),
        };
        match validation {
            Holdout::None => key.str("validation", "none"),
            Holdout::Months(n) => key.u64("validation_months", n.get().into()),
            Holdout::Sessions(n) => key.u64("validation_sessions", n.get().into()),
        };
        key.u64("embargo", u64::from(*embargo));
        key.u64("min_rows_train", *train as u64).u64("min_rows_test", *test as u64);
        samples.hash(key);
    }

    fn hash_inputs(&self, (): &(), inputs: &FoldInputs, key: &mut KeyHasher) -> Result<(), StudyError> {
        let FoldInputs { panel, labels, universe, training } = inputs;
        key.digest("labels", &labels.digest());
        for number in 0..panel.segments().len() {
            panel.hash_segment(key, number, self.samples.categories(), |key| {
                key.digest("universe", &universe.digest(number));
                for (_, column) in training {
                    key.digest(column.name(), &column.digest(number));
                }
            });
        }
        Ok(())
    }

    fn shards(&self, _: &FoldInputs) -> Vec<()> {
        vec![()]
    }

    fn run(&self, (): &(), inputs: &FoldInputs, _: Budget) -> Result<FoldsOutput, StudyError> {
        let labels = inputs.labels.labels()?;
        let axis = inputs.panel.axis();
        let columns = inputs.training.iter().map(|(of, handle)| Ok((of.clone(), handle.column()?)));
        let columns = columns.collect::<Result<Vec<_>, StudyError>>()?;
        let training = Training::new(columns, &inputs.panel.panel([], self.samples.categories())?);
        let Folds { folds, left_out } = self.folds_of(&universe(&inputs.universe)?, labels)?;
        let left_out = left_out.iter().map(LeftOutFacts::new).collect();
        let of_fold = |fold: &Fold| {
            let train = self.samples.train(fold.train(), labels, &training)?;
            let validation = self.samples.validation(fold.validation(), labels, &training)?;
            let test = FoldPart { rows: fold.test().rows().to_vec(), ..FoldPart::default() };
            let weightless = |part: &FoldPart, rows: &[u32]| rows.len() - part.rows.len();
            let facts = FoldFacts {
                number: fold.number(),
                train: PartFacts::new(fold.train(), weightless(&train, fold.train().rows())),
                validation: PartFacts::new(
                    fold.validation(),
                    weightless(&validation, fold.validation().rows()),
                ),
                test: PartFacts::new(fold.test(), 0),
                samples: digest_samples(axis, [&train, &validation]),
                test_rows: digest_rows(axis, &test.rows),
            };
            Ok(([train, validation, test], facts))
        };
        let made = folds.par_iter().map(of_fold).collect::<Result<Vec<_>, StudyError>>()?;
        let (parts, facts) = made.into_iter().unzip();
        Ok(FoldsOutput { parts, facts, left_out })
    }

    fn write(&self, output: &FoldsOutput, draft: &mut Draft) -> Result<(), StoreError> {
        let mut tables = Vec::<(String, MakeTable<'_>)>::new();
        for (facts, parts) in output.facts.iter().zip(&output.parts) {
            for (name, part) in PARTS.iter().zip(parts) {
                let named = |what: &str| format!("{name}_{}.{what}", facts.number);
                tables.push((named("rows"), Box::new(|| rows_table(part.rows.clone()))));
                let column = |values: &'_ Vec<f64>| column_table(Column::F64(values.clone()));
                tables.push((named("targets"), Box::new(move || column(&part.targets))));
                if let Some(weights) = &part.weights {
                    tables.push((named("weights"), Box::new(move || column(weights))));
                }
            }
        }
        write_tables(draft, tables)?;
        draft.info(serde_json::json!({ "folds": output.facts, "left_out": output.left_out }));
        Ok(())
    }
}

/// The handle of the folds: their facts, and their rows when needed.
#[derive(Debug)]
pub struct FoldsHandle {
    store: Store,
    manifest: Manifest,
    facts: Vec<FoldFacts>,
    left_out: Vec<LeftOutFacts>,
}

impl FoldsHandle {
    /// Open the folds of this artifact; only their facts are read.
    pub fn open(store: &Store, manifest: Manifest) -> Result<Self, StudyError> {
        let facts = read_facts(&manifest, "folds")?;
        let left_out = read_facts(&manifest, "left_out")?;
        Ok(Self { store: store.clone(), manifest, facts, left_out })
    }

    /// The facts of each fold, in order.
    pub fn facts(&self) -> &[FoldFacts] {
        &self.facts
    }

    /// The folds that are left out since they have too few rows.
    pub fn left_out(&self) -> &[LeftOutFacts] {
        &self.left_out
    }

    fn part(&self, name: &str, number: u32) -> Result<FoldPart, StudyError> {
        let part = |what: &str| format!("{name}_{number}.{what}");
        let read = |what: &str| -> Result<Vec<f64>, StudyError> {
            Ok(read_column(&self.store, &self.manifest, &part(what))?.to_f64())
        };
        let is_weighted = self.manifest.part(&part("weights")).is_some();
        Ok(FoldPart {
            rows: read_rows(&self.store, &self.manifest, &part("rows"))?,
            targets: read("targets")?,
            weights: is_weighted.then(|| read("weights")).transpose()?,
        })
    }

    /// Read the rows of a fold's training, with targets and weights.
    pub fn train(&self, number: u32) -> Result<FoldPart, StudyError> {
        self.part("train", number)
    }

    /// Read the rows of a fold's validation, with targets and weights.
    pub fn validation(&self, number: u32) -> Result<FoldPart, StudyError> {
        self.part("validation", number)
    }

    /// Read the rows of a fold's test, which have no targets.
    pub fn test(&self, number: u32) -> Result<FoldPart, StudyError> {
        self.part("test", number)
    }
}
