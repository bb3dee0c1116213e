//! What the report and the JSON say of folds.

use backstaff_learn::fold::{FoldSegment, LeftOut};
use backstaff_panel::Session;
use backstaff_stage::Digest;
use serde::{Deserialize, Serialize};

/// A part of a fold.
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
    /// Rows dropped because their weight is 0 or missing.
    pub weightless: usize,
}

impl PartFacts {
    /// Of a segment, some rows of which have no weight.
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

    /// Its first and last session; nothing if it is empty.
    pub fn sessions(&self) -> Option<(Session, Session)> {
        Some((self.from.parse().ok()?, self.to.parse().ok()?))
    }
}

/// A fold.
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
    /// Digest of the rows, targets and weights that training reads.
    pub samples: Digest,
    /// Digest of the rows of the test.
    pub test_rows: Digest,
}

/// A fold that has too few rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeftOutFacts {
    /// Its number, from 1.
    pub number: u32,
    /// The first session of its test: YYYY-MM-DD.
    pub from: String,
    /// The last one.
    pub to: String,
    /// What it lacks.
    pub why: String,
}

impl LeftOutFacts {
    pub(super) fn new(fold: &LeftOut) -> Self {
        let LeftOut { number, test: (from, to), why } = fold;
        Self { number: *number, from: from.to_string(), to: to.to_string(), why: why.to_string() }
    }
}
