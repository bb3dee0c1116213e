//! Suspects: columns that foresee the next return better than any known signal, and columns that tell no rows apart.
//!
//! No check of the code can see a value that the data file itself had too early. This one judges a column by its rank
//! IC with the next return: an IC that no known signal has is not skill.

use std::sync::Arc;

use backstaff_feature::LookBack;
use backstaff_learn::evaluate::{Suspicion, SuspicionKind, next_return, suspicious};
use backstaff_panel::{Column, Panel, TRADED, Universe};
use backstaff_stage::{Budget, Draft, KeyHasher, Manifest, Stage, StoreError};
use serde::{Deserialize, Serialize};

use crate::{
    StudyError,
    steps::{
        check::{ColumnCheck, check},
        folds::universe,
    },
    stored::{column::ColumnHandle, encoding::read_facts, panel::PanelHandle},
};

/// The number of sessions to look at, about and at most, evenly spaced: a leak shows in far fewer.
const SESSIONS: usize = 250;

/// Look for columns that know the future.
#[derive(Clone, Copy, Debug)]
pub struct FindSuspects;

/// The inputs of the search.
#[derive(Debug)]
pub struct SuspectInputs {
    /// The panel with the axis and closing prices.
    pub panel: Arc<PanelHandle>,
    /// The features that models see, each with its look-back.
    pub features: Vec<(Arc<ColumnHandle>, LookBack)>,
    /// The universe: 1 where an instrument is eligible.
    pub universe: Arc<ColumnHandle>,
}

/// A column that foresees the next return beyond belief.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    /// The name of the feature.
    pub column: String,
    /// The mean rank IC with the return to the next trade, or the rank correlation with the market's next return.
    pub correlation: f64,
    /// The t of the correlation; `None` if the correlation is the same in every session.
    pub t: Option<f64>,
    /// The number of sessions that the correlation is from.
    pub n_sessions: usize,
    /// Whether the column foresees the whole market rather than which instruments do better.
    pub of_market: bool,
}

/// The findings about the features.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The columns that foresee the next return beyond belief, the worst first.
    pub suspects: Vec<Suspect>,
    /// The counts of the check of each column.
    pub checks: Vec<ColumnCheck>,
}

impl From<Suspicion> for Suspect {
    fn from(from: Suspicion) -> Self {
        Self {
            column: from.column,
            correlation: from.correlation,
            t: from.t.is_finite().then_some(from.t),
            n_sessions: from.n_sessions,
            of_market: from.kind == SuspicionKind::Market,
        }
    }
}

impl Stage for FindSuspects {
    const NAME: &'static str = "suspects";
    const VERSION: u32 = 2;
    type Inputs = SuspectInputs;
    type Shard = ();
    type Output = Found;
    type Error = StudyError;

    fn hash_parameters(&self, key: &mut KeyHasher) {
        let Self = self;
        key.u64("sessions", SESSIONS as u64);
    }

    fn hash_inputs(&self, (): &(), inputs: &SuspectInputs, key: &mut KeyHasher) -> Result<(), StudyError> {
        let SuspectInputs { panel, features, universe } = inputs;
        for number in 0..panel.segments().len() {
            panel.hash_segment(key, number, ["close", TRADED], |key| {
                key.digest("universe", &universe.digest(number));
                for (feature, _) in features {
                    key.digest(feature.name(), &feature.digest(number));
                }
            });
        }
        key.list("look_back", features, |key, (feature, look_back)| {
            key.str(feature.name(), &look_back.to_string());
        });
        Ok(())
    }

    fn shards(&self, _: &SuspectInputs) -> Vec<()> {
        vec![()]
    }

    fn run(&self, (): &(), inputs: &SuspectInputs, _: Budget) -> Result<Found, StudyError> {
        let panel = inputs.panel.panel(["close", TRADED], [])?;
        let columns = inputs.features.iter().map(|(feature, _)| Ok((feature.name(), feature.column()?)));
        let columns = columns.collect::<Result<Vec<_>, StudyError>>()?;
        let columns = columns.iter().map(|(name, column)| (*name, &**column)).collect::<Vec<_>>();
        let look_backs = inputs.features.iter().map(|(_, look_back)| *look_back);
        let checked =
            columns.iter().zip(look_backs).map(|(&(name, column), look_back)| (name, look_back, column));
        Ok(Found {
            checks: check(panel.axis(), &checked.collect::<Vec<_>>()),
            suspects: suspects_among(&columns, &panel, &universe(&inputs.universe)?)?,
        })
    }

    fn write(&self, found: &Found, draft: &mut Draft) -> Result<(), StoreError> {
        draft.info(serde_json::json!({ "found": found }));
        Ok(())
    }
}

/// The columns that foresee a panel's next return beyond belief, the worst first. The panel must hold closes and the
/// field that tells where instruments trade.
pub fn suspects_among(
    columns: &[(&str, &Column)],
    panel: &Panel,
    universe: &Universe,
) -> Result<Vec<Suspect>, StudyError> {
    let outcome = next_return(panel)?;
    let axis = panel.axis();
    let step = axis.n_sessions().div_ceil(SESSIONS).max(1);
    let mut members = universe.members().to_vec();
    for i in 0..axis.n_instruments() {
        for (row, position) in axis.rows(i).zip(axis.positions(i)) {
            members[row] &= position.is_multiple_of(step);
        }
    }
    let found = suspicious(columns, axis, &Universe::new(members), &outcome)?;
    Ok(found.into_iter().map(Suspect::from).collect())
}

/// Read the findings from their artifact.
pub fn read_found(manifest: &Manifest) -> Result<Found, StudyError> {
    read_facts(manifest, "found")
}
