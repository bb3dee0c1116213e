//! Suspects: columns and scores that foresee a coming return better than any known signal, and columns that tell no rows
//! apart.
//!
//! No check of the code can see a value that the data file itself had too early. This one judges a column by its rank
//! IC with the next return and with the label's own: an IC that no known signal has is not skill.

use std::{num::NonZeroU32, sync::Arc};

use backstaff_feature::LookBack;
use backstaff_learn::{
    evaluate::{Outcome, Suspicion, SuspicionKind, next_return, suspicious},
    label::{Execution, ExecutionPrices, Horizon, Labels, Recoveries},
};
use backstaff_panel::{Column, Panel, TRADED, Universe};
use backstaff_stage::{Budget, Draft, KeyHasher, Manifest, Stage, StoreError};
use serde::{Deserialize, Serialize};

use crate::{
    StudyError,
    steps::{
        check::{ColumnCheck, check},
        folds::universe,
        labels::LabelsHandle,
        scores::Scores,
    },
    stored::{column::ColumnHandle, encoding::read_facts, panel::PanelHandle},
    words,
};

/// The horizons, in sessions, that columns are looked at with where a study has no label: a week and a month.
const HORIZONS: [u32; 2] = [5, 21];

/// Look for columns that know the future.
#[derive(Clone, Copy, Debug)]
pub struct FindSuspects;

/// The inputs of the search.
#[derive(Debug)]
pub struct SuspectInputs {
    /// The panel with the axis and prices.
    pub panel: Arc<PanelHandle>,
    /// The features that models see, each with its look-back.
    pub features: Vec<(Arc<ColumnHandle>, LookBack)>,
    /// The scores of each model, by the model's name; empty where the features are these scores.
    pub scores: Vec<(String, Scores)>,
    /// The universe: 1 where an instrument is eligible.
    pub universe: Arc<ColumnHandle>,
    /// The labels; `None` for a study without any.
    pub labels: Option<Arc<LabelsHandle>>,
    /// The price of the next session at which orders are filled.
    pub execution: Execution,
}

/// A column that foresees a coming return beyond belief.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    /// The name of the feature; `scores of NAME` for a model's scores, both names for the difference of two features.
    pub column: String,
    /// The return that it foresees, in words.
    pub foresees: String,
    /// What it foresees, or where: `everywhere`, `market`, `last_sessions`, `some_cells` or `difference`.
    pub kind: SuspectKind,
    /// The mean rank IC with that return, or the rank correlation with the market's; 1 for cells that hold the return.
    pub correlation: f64,
    /// The t of the correlation; `None` if the correlation is the same in every session.
    pub t: Option<f64>,
    /// The number of sessions that the correlation is from.
    pub n_sessions: usize,
    /// Whether the column foresees the whole market rather than which instruments do better.
    pub of_market: bool,
    /// The share of cells that hold the return, of those that were looked at; absent where another thing is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
}

/// What a suspect foresees, or where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspectKind {
    /// Which instruments do better, in all sessions.
    Everywhere,
    /// How the whole market does.
    Market,
    /// Which instruments do better, in the last sessions.
    LastSessions,
    /// The return itself, in some cells.
    SomeCells,
    /// Which instruments do better, by the difference of two columns.
    Difference,
}

/// The findings about the features.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The columns that foresee a coming return beyond belief, the worst first.
    pub suspects: Vec<Suspect>,
    /// The counts of the check of each feature.
    pub checks: Vec<ColumnCheck>,
}

impl From<Suspicion> for Suspect {
    fn from(from: Suspicion) -> Self {
        Self {
            column: from.column,
            foresees: from.outcome,
            kind: match from.kind {
                SuspicionKind::CrossSection => SuspectKind::Everywhere,
                SuspicionKind::Market => SuspectKind::Market,
                SuspicionKind::Recent => SuspectKind::LastSessions,
                SuspicionKind::Copies => SuspectKind::SomeCells,
                SuspicionKind::Difference => SuspectKind::Difference,
            },
            correlation: from.correlation,
            t: from.t.is_finite().then_some(from.t),
            n_sessions: from.n_sessions,
            of_market: from.kind == SuspicionKind::Market,
            share: from.share,
        }
    }
}

impl Suspect {
    /// What was measured, after the name of the column: `rank IC 0.420 with ... over 250 sessions`.
    pub fn measured(&self) -> String {
        let Self { foresees, kind, n_sessions, share, .. } = self;
        let correlation = words::number(self.correlation, 3);
        let sessions = words::count(*n_sessions, "session");
        match kind {
            SuspectKind::Everywhere | SuspectKind::Difference => {
                format!("rank IC {correlation} with {foresees} over {sessions}")
            }
            SuspectKind::Market => {
                format!("correlation {correlation} with the market's part of {foresees} over {sessions}")
            }
            SuspectKind::LastSessions => {
                format!("rank IC {correlation} with {foresees} over the last {sessions}")
            }
            SuspectKind::SomeCells => format!(
                "{} of its cells are a fixed multiple of {foresees}",
                words::percent(share.unwrap_or(f64::NAN), 1)
            ),
        }
    }
}

impl Stage for FindSuspects {
    const NAME: &'static str = "suspects";
    const VERSION: u32 = 3;
    type Inputs = SuspectInputs;
    type Shard = ();
    type Output = Found;
    type Error = StudyError;

    fn hash_parameters(&self, key: &mut KeyHasher) {
        let Self = self;
        key.list("horizons", HORIZONS, |key, horizon| {
            key.u64("", horizon.into());
        });
    }

    fn hash_inputs(&self, (): &(), inputs: &SuspectInputs, key: &mut KeyHasher) -> Result<(), StudyError> {
        let SuspectInputs { panel, features, scores, universe, labels, execution } = inputs;
        let fields = fields(*execution);
        let fields = fields.iter().copied().filter(|name| panel.fields().contains(*name)).collect::<Vec<_>>();
        for number in 0..panel.segments().len() {
            panel.hash_segment(key, number, fields.iter().copied(), |key| {
                key.digest("universe", &universe.digest(number));
                for (feature, _) in features {
                    key.digest(feature.name(), &feature.digest(number));
                }
            });
        }
        key.list("look_back", features, |key, (feature, look_back)| {
            key.str(feature.name(), &look_back.to_string());
        });
        key.list("scores", scores, |key, (model, scores)| {
            key.digest(model, &scores.digest(panel.axis()));
        });
        if let Some(labels) = labels {
            key.digest("labels", &labels.digest()).u64("horizon", labels.stage().horizon().get().into());
        }
        key.str("execution", execution.field());
        Ok(())
    }

    fn shards(&self, _: &SuspectInputs) -> Vec<()> {
        vec![()]
    }

    fn run(&self, (): &(), inputs: &SuspectInputs, _: Budget) -> Result<Found, StudyError> {
        let fields = fields(inputs.execution);
        let has = |name: &&str| inputs.panel.fields().contains(*name);
        let panel = inputs.panel.panel(fields.iter().copied().filter(has), [])?;
        let columns = inputs.features.iter().map(|(feature, _)| Ok((feature.name(), feature.column()?)));
        let columns = columns.collect::<Result<Vec<_>, StudyError>>()?;
        let columns = columns.iter().map(|(name, column)| (*name, &**column)).collect::<Vec<_>>();
        let look_backs = inputs.features.iter().map(|(_, look_back)| *look_back);
        let checked =
            columns.iter().zip(look_backs).map(|(&(name, column), look_back)| (name, look_back, column));
        let checks = check(panel.axis(), &checked.collect::<Vec<_>>());
        let n_rows = panel.axis().n_rows();
        let scores = inputs.scores.iter();
        let scores =
            scores.map(|(model, scores)| (format!("scores of {model}"), Column::F64(scores.on(n_rows))));
        let scores = scores.collect::<Vec<_>>();
        let mut all = columns;
        all.extend(scores.iter().map(|(name, column)| (name.as_str(), column)));
        let outcomes = inputs.outcomes(&panel)?;
        Ok(Found { checks, suspects: suspects_among(&all, &panel, &universe(&inputs.universe)?, outcomes)? })
    }

    fn write(&self, found: &Found, draft: &mut Draft) -> Result<(), StoreError> {
        draft.info(serde_json::json!({ "found": found }));
        Ok(())
    }
}

/// The fields that the search reads, as far as the data have them.
fn fields(execution: Execution) -> Vec<&'static str> {
    let mut fields = vec!["close", TRADED];
    if !fields.contains(&execution.field()) {
        fields.push(execution.field());
    }
    fields
}

impl SuspectInputs {
    /// The coming returns that columns are looked at with beside that of the next session: the label's own, or those of
    /// a week and a month.
    fn outcomes(&self, panel: &Panel) -> Result<Vec<Outcome>, StudyError> {
        if let Some(labels) = &self.labels {
            let horizon = labels.stage().horizon();
            return Ok(vec![of_label(labels.labels()?, horizon)]);
        }
        if panel.field(self.execution.field()).is_none() {
            return Ok(Vec::new());
        }
        let prices = ExecutionPrices::new(panel, self.execution)?;
        let horizons = HORIZONS.into_iter().filter_map(NonZeroU32::new);
        Ok(horizons
            .map(|horizon| {
                let labels = Labels::forward_return(&prices, horizon, &Recoveries::default());
                Outcome {
                    name: format!(
                        "the return of the {} that follow",
                        words::count(horizon.get() as usize, "session")
                    ),
                    values: labels.values().to_vec(),
                    horizon,
                }
            })
            .collect())
    }
}

/// A label as the outcome that columns are looked at with.
pub fn of_label(labels: &Labels, horizon: Horizon) -> Outcome {
    let name = format!("the label's own return ({})", words::count(horizon.get() as usize, "session"));
    Outcome { name, values: labels.values().to_vec(), horizon }
}

/// The columns that foresee a panel's next return, or another outcome, beyond belief, the worst first. The panel must
/// hold closes and the field that tells where instruments trade.
pub fn suspects_among(
    columns: &[(&str, &Column)],
    panel: &Panel,
    universe: &Universe,
    more: Vec<Outcome>,
) -> Result<Vec<Suspect>, StudyError> {
    let next = Outcome {
        name: "the next session's return".to_owned(),
        values: next_return(panel)?,
        horizon: Horizon::MIN,
    };
    let outcomes = std::iter::once(next).chain(more).collect::<Vec<_>>();
    let found = suspicious(columns, panel.axis(), universe, &outcomes)?;
    Ok(found.into_iter().map(Suspect::from).collect())
}

/// Read the findings from their artifact.
pub fn read_found(manifest: &Manifest) -> Result<Found, StudyError> {
    read_facts(manifest, "found")
}
