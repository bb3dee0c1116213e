//! Facts about folds for the report and the JSON file of measures.

use backstaff_learn::fold::{FoldSegment, LeftOut};
use backstaff_panel::Session;
use backstaff_stage::Digest;
use serde::{Deserialize, Serialize};

/// The sessions and the row counts of a fold's training, validation or test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartFacts {
    /// The first session: YYYY-MM-DD; empty if the part is.
    pub from: String,
    /// The last session: YYYY-MM-DD; empty if the part is.
    pub to: String,
    /// The number of rows that are used.
    pub rows: usize,
    /// The number of rows in the universe.
    pub members: usize,
    /// The number of rows dropped because their label reaches into what comes next.
    pub purged: usize,
    /// The number of rows dropped because they have no label.
    pub unlabelled: usize,
    /// The number of rows dropped because their weight is 0 or missing.
    pub weightless: usize,
}

impl PartFacts {
    /// The facts of a fold's segment, `weightless` of whose rows have no weight.
    pub(super) fn new(segment: &FoldSegment, weightless: usize) -> Self {
        let (from, to) = segment.sessions().map(|(a, b)| (a.to_string(), b.to_string())).unwrap_or_default();
        Self {
            from,
            to,
            rows: segment.rows().len() - weightless,
            members: segment.n_members(),
            purged: segment.n_purged(),
            unlabelled: segment.n_unlabelled(),
            weightless,
        }
    }

    /// The first and the last session; `None` if the part is empty.
    pub fn sessions(&self) -> Option<(Session, Session)> {
        Some((self.from.parse().ok()?, self.to.parse().ok()?))
    }
}

/// The sessions and row counts of a fold, and the digests of its rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldFacts {
    /// The number of the fold, from 1.
    pub number: u32,
    /// The training, on which models are fitted.
    pub train: PartFacts,
    /// The validation, on which early stopping and penalties are chosen.
    pub validation: PartFacts,
    /// The test, whose rows the models predict.
    pub test: PartFacts,
    /// The digest of the rows, targets and weights of training and validation.
    pub samples: Digest,
    /// The digest of the rows of the test.
    pub test_rows: Digest,
}

/// A fold that is left out since it has too few rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeftOutFacts {
    /// The number of the fold, from 1.
    pub number: u32,
    /// The first session of its test: YYYY-MM-DD.
    pub from: String,
    /// The last session of its test: YYYY-MM-DD.
    pub to: String,
    /// The reason for leaving it out, for people.
    pub why: String,
}

impl LeftOutFacts {
    pub(super) fn new(fold: &LeftOut) -> Self {
        let LeftOut { number, test: (from, to), why } = fold;
        Self { number: *number, from: from.to_string(), to: to.to_string(), why: why.to_string() }
    }
}
