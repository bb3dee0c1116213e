//! Folds: which rows train, validate and test, with the targets that training sees.
//!
//! Targets are ranked, centred or scaled among the rows of their own part of the fold, so that not even the rank of a
//! training row knows a label that ends later.

use std::{num::NonZeroU32, sync::Arc};

use backstaff_learn::{
    fold::{Every, Fold, History, Holdout, Segment, WalkForward},
    label::{Labels, Target},
};
use backstaff_panel::{Axis, Column, Session, Universe};
use backstaff_stage::{Budget, Digest, Draft, KeyHasher, Manifest, Stage, Store, StoreError};
use serde::{Deserialize, Serialize};

use crate::{
    StudyError,
    artifact::{read_column, read_facts, read_rows, write_column, write_rows},
    columns::ColumnHandle,
    config::{self, Config},
    panel_handle::PanelHandle,
    steps::{labels::LabelsHandle, scores::digest_rows},
};

/// Cut the sessions into folds.
#[derive(Clone, Debug)]
pub struct MakeFolds {
    walk: WalkForward,
    target: Target,
}

/// What folds read.
#[derive(Debug)]
pub struct FoldInputs {
    /// The axis.
    pub panel: Arc<PanelHandle>,
    /// Returns and their spans.
    pub labels: Arc<LabelsHandle>,
    /// Who is eligible.
    pub universe: Arc<ColumnHandle>,
}

/// One part of a fold.
#[derive(Clone, Debug)]
pub struct FoldPart {
    /// Its rows, ascending.
    pub rows: Vec<u32>,
    /// Their targets (none for the test).
    pub targets: Vec<f64>,
}

/// What the report and the JSON say of a part of a fold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartFacts {
    /// The first session: YYYY-MM-DD.
    pub from: String,
    /// The last session.
    pub to: String,
    /// Rows used.
    pub rows: usize,
    /// Rows of the universe.
    pub members: usize,
    /// Rows dropped because their label reaches into what comes next.
    pub purged: usize,
    /// Rows dropped because they have no label.
    pub unlabelled: usize,
}

impl PartFacts {
    /// Its first and last session; nothing if it is empty.
    pub fn sessions(&self) -> Option<(Session, Session)> {
        Some((self.from.parse().ok()?, self.to.parse().ok()?))
    }
}

/// What the report and the JSON say of a fold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldFacts {
    /// Its number, from 1.
    pub number: u32,
    /// What models are fitted on.
    pub train: PartFacts,
    /// What early stopping and penalties are chosen on.
    pub validation: PartFacts,
    /// What is predicted.
    pub test: PartFacts,
    /// Digest of the rows and targets that training reads.
    pub samples: Digest,
    /// Digest of the rows of the test.
    pub test_rows: Digest,
}

/// Folds with their targets.
#[derive(Debug)]
pub struct FoldsOutput {
    parts: Vec<[FoldPart; 3]>,
    facts: Vec<FoldFacts>,
}

/// The fewest sessions that an expanding fold trains on: a quarter.
const MIN_TRAINING: NonZeroU32 = NonZeroU32::new(60).expect("60 is not 0");

const PARTS: [&str; 3] = ["train", "validation", "test"];

impl MakeFolds {
    /// What the study's `folds` and `label` sections ask for.
    pub fn new(config: &Config, panel: &PanelHandle) -> Result<Self, StudyError> {
        let config::Folds { test, every, train, validation, embargo } = &config.folds;
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
                    config::TrainSpan::Expanding => History::Expanding { min_sessions: MIN_TRAINING },
                    config::TrainSpan::Years(n) => History::Years(some("train", *n)?),
                    config::TrainSpan::Sessions(n) => History::Sessions(some("train", *n)?),
                },
                validation: match validation {
                    config::Span::Months(n) => Holdout::Months(some("validation", *n)?),
                    config::Span::Sessions(n) => Holdout::Sessions(some("validation", *n)?),
                },
                embargo: *embargo,
            },
            target: match config.label.target {
                config::Target::Raw => Target::Raw,
                config::Target::Excess => Target::Excess,
                config::Target::Rank => Target::Rank,
                config::Target::Zscore => Target::ZScore,
            },
        })
    }

    /// The same walk, ending on a session.
    pub fn until(&self, session: Session) -> Self {
        Self { walk: WalkForward { to: session.min(self.walk.to), ..self.walk.clone() }, ..self.clone() }
    }

    /// The folds over a universe; a function of labels and universe alone.
    pub fn folds_of(&self, universe: &Universe, labels: &Labels) -> Result<Vec<Fold>, StudyError> {
        if universe.n_members() == 0 {
            let message =
                "the universe is empty: no row satisfies universe.expression and universe.member_from";
            return Err(StudyError::Universe(message.to_owned()));
        }
        Ok(self.walk.folds(universe, labels)?)
    }

    fn part(&self, segment: &Segment, labels: &Labels) -> FoldPart {
        let rows = segment.rows().to_vec();
        let targets = labels.target(&rows, self.target);
        FoldPart { rows, targets }
    }

    /// A digest of the rows and targets that training and validation of a fold read.
    pub fn samples_digest(&self, axis: &Axis, labels: &Labels, fold: &Fold) -> Digest {
        digest_samples(axis, &[self.part(fold.train(), labels), self.part(fold.validation(), labels)])
    }
}

/// A boolean column as a universe.
pub fn universe(column: &ColumnHandle) -> Result<Universe, StudyError> {
    let column = column.column()?;
    Ok(members(&column))
}

/// The rows where a boolean column is true.
pub fn members(column: &Column) -> Universe {
    Universe::new((0..column.len()).map(|row| column.get(row) > 0.0).collect())
}

fn facts(segment: &Segment) -> PartFacts {
    let (from, to) = segment.sessions().map(|(a, b)| (a.to_string(), b.to_string())).unwrap_or_default();
    PartFacts {
        from,
        to,
        rows: segment.rows().len(),
        members: segment.n_members(),
        purged: segment.n_purged(),
        unlabelled: segment.n_unlabelled(),
    }
}

fn digest_samples(axis: &Axis, parts: &[FoldPart]) -> Digest {
    let mut key = KeyHasher::new();
    for (name, part) in PARTS.iter().zip(parts) {
        let targets =
            part.targets.iter().flat_map(|target| target.to_bits().to_le_bytes()).collect::<Vec<_>>();
        key.digest(name, &digest_rows(axis, &part.rows)).bytes("targets", &targets);
    }
    Digest::from_bytes(*key.finish().as_bytes())
}

impl Stage for MakeFolds {
    const NAME: &'static str = "folds";
    const VERSION: u32 = 1;
    type Inputs = FoldInputs;
    type Shard = ();
    type Output = FoldsOutput;
    type Error = StudyError;

    fn hash_parameters(&self, key: &mut KeyHasher) {
        let Self { walk: WalkForward { from, to, every, history, validation, embargo }, target } = self;
        key.i64("from", from.number().into()).i64("to", to.number().into());
        key.str("every", &format!("{every:?}")).str("train", &format!("{history:?}"));
        key.str("validation", &format!("{validation:?}")).u64("embargo", u64::from(*embargo));
        key.str("target", &format!("{target:?}"));
    }

    fn hash_inputs(&self, (): &(), inputs: &FoldInputs, key: &mut KeyHasher) {
        let FoldInputs { panel, labels, universe } = inputs;
        key.digest("labels", &labels.digest());
        for (number, segment) in panel.segments().iter().enumerate() {
            key.group(&segment.label, |key| {
                key.digest("axis", panel.axis_digest(number)).digest("universe", &universe.digest(number));
            });
        }
    }

    fn shards(&self, _: &FoldInputs) -> Vec<()> {
        vec![()]
    }

    fn run(&self, (): &(), inputs: &FoldInputs, _: Budget) -> Result<FoldsOutput, StudyError> {
        let mut output = FoldsOutput { parts: Vec::new(), facts: Vec::new() };
        let labels = inputs.labels.labels()?;
        let axis = inputs.panel.axis();
        for fold in self.folds_of(&universe(&inputs.universe)?, labels)? {
            let test = FoldPart { rows: fold.test().rows().to_vec(), targets: Vec::new() };
            let parts = [self.part(fold.train(), labels), self.part(fold.validation(), labels), test];
            output.facts.push(FoldFacts {
                number: fold.number(),
                train: facts(fold.train()),
                validation: facts(fold.validation()),
                test: facts(fold.test()),
                samples: digest_samples(axis, &parts[..2]),
                test_rows: digest_rows(axis, &parts[2].rows),
            });
            output.parts.push(parts);
        }
        Ok(output)
    }

    fn write(&self, output: &FoldsOutput, draft: &mut Draft) -> Result<(), StoreError> {
        for (facts, parts) in output.facts.iter().zip(&output.parts) {
            for (name, part) in PARTS.iter().zip(parts) {
                write_rows(draft, &format!("{name}_{}.rows", facts.number), &part.rows)?;
                write_column(
                    draft,
                    &format!("{name}_{}.targets", facts.number),
                    &Column::F64(part.targets.clone()),
                )?;
            }
        }
        draft.info(serde_json::json!({ "folds": output.facts }));
        Ok(())
    }
}

/// The handle of the folds.
#[derive(Debug)]
pub struct FoldsHandle {
    store: Store,
    manifest: Manifest,
    facts: Vec<FoldFacts>,
}

impl FoldsHandle {
    /// The folds of this artifact.
    pub fn open(store: &Store, manifest: Manifest) -> Result<Self, StudyError> {
        let facts = read_facts(&manifest, "folds")?;
        Ok(Self { store: store.clone(), manifest, facts })
    }

    /// What there is to say of each.
    pub fn facts(&self) -> &[FoldFacts] {
        &self.facts
    }

    fn part(&self, name: &str, number: u32) -> Result<FoldPart, StudyError> {
        Ok(FoldPart {
            rows: read_rows(&self.store, &self.manifest, &format!("{name}_{number}.rows"))?,
            targets: read_column(&self.store, &self.manifest, &format!("{name}_{number}.targets"))?.to_f64(),
        })
    }

    /// What models of a fold are fitted on.
    pub fn train(&self, number: u32) -> Result<FoldPart, StudyError> {
        self.part("train", number)
    }

    /// What early stopping and penalties of a fold are chosen on.
    pub fn validation(&self, number: u32) -> Result<FoldPart, StudyError> {
        self.part("validation", number)
    }

    /// What a fold predicts.
    pub fn test(&self, number: u32) -> Result<FoldPart, StudyError> {
        self.part("test", number)
    }
}
