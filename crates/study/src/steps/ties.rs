//! Ties: how often scores fail to say whom to hold, so that the order of the instruments chooses.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use backstaff_panel::Axis;
use backstaff_stage::{Budget, Draft, KeyHasher, Manifest, Stage, StoreError};
use serde::{Deserialize, Serialize};

use crate::{
    StudyError,
    config::{ScoreStrategy, StrategySpec},
    steps::scores::Scores,
    stored::{encoding::read_facts, panel::PanelHandle},
};

/// Count the ties of each model's scores.
#[derive(Clone, Copy, Debug)]
pub struct CountTies {
    /// The places that a strategy fills with the best scores.
    pub places: Places,
}

/// The number of places that a strategy fills with the best scores of a session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Places {
    /// So many.
    Fixed(usize),
    /// This share of the instruments with a score.
    Share(f64),
}

/// The inputs of the count.
#[derive(Debug)]
pub struct TieInputs {
    /// The panel with the axis.
    pub panel: Arc<PanelHandle>,
    /// The scores of each model, by the model's name.
    pub scores: Vec<(String, Scores)>,
    /// The tested sessions, as positions in the calendar.
    pub sessions: Range<usize>,
}

/// The ties of one model's scores in the tested sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TieFacts {
    /// The number of sessions in which more instruments have a score than the strategy has places.
    pub sessions: usize,
    /// The number of these sessions in which all scores are equal: the strategy leaves its book as it is.
    pub all_equal: usize,
    /// The number of these sessions in which the last score that is chosen equals the first that is not.
    pub tied: usize,
    /// The number of places in these sessions.
    pub places: usize,
    /// The number of these places that the order of the instruments fills among equal scores.
    pub by_order: usize,
}

impl Places {
    /// The places of a strategy; `None` for one that does not choose by scores.
    pub fn of(strategy: &StrategySpec) -> Option<Self> {
        match strategy {
            StrategySpec::Scores(ScoreStrategy::TopkDropout(spec)) => Some(Self::Fixed(spec.k as usize)),
            StrategySpec::Scores(ScoreStrategy::TopN(top)) => Some(Self::Fixed(top.n as usize)),
            StrategySpec::Scores(ScoreStrategy::QuantileLongShort { quantile, .. }) => {
                Some(Self::Share(*quantile))
            }
            _ => None,
        }
    }

    fn among(self, n: usize) -> usize {
        match self {
            Self::Fixed(places) => places,
            Self::Share(share) => (share * n as f64).floor() as usize,
        }
    }
}

impl TieFacts {
    /// Whether no session tells instruments apart.
    pub fn says_nothing(&self) -> bool {
        self.sessions > 0 && self.all_equal == self.sessions
    }

    /// The share of places that the order of the instruments fills; 0 without any place.
    pub fn share_by_order(&self) -> f64 {
        if self.places == 0 { 0.0 } else { self.by_order as f64 / self.places as f64 }
    }

    fn of(scores: &Scores, axis: &Axis, sessions: &Range<usize>, places: Places) -> Self {
        let mut by_session = vec![Vec::new(); sessions.len()];
        let mut i = 0;
        for (&row, &score) in scores.rows().iter().zip(scores.values()) {
            // Rows ascend, so that the instrument is found on the way.
            while axis.rows(i).end <= row as usize {
                i += 1;
            }
            let position = axis.position_in(i, row as usize);
            if sessions.contains(&position) && score.is_finite() {
                by_session[position - sessions.start].push(score);
            }
        }
        let mut facts = Self::default();
        for scores in &mut by_session {
            let places = places.among(scores.len());
            facts.count(scores, places);
        }
        facts
    }

    /// Count the scores of one session.
    fn count(&mut self, scores: &mut [f64], places: usize) {
        if scores.len() < 2 || places == 0 || scores.len() <= places {
            return;
        }
        scores.sort_unstable_by(|a, b| b.total_cmp(a));
        self.sessions += 1;
        self.places += places;
        let last = scores[places - 1];
        if scores[0] == scores[scores.len() - 1] {
            self.all_equal += 1;
        }
        if last == scores[places] {
            self.tied += 1;
            self.by_order += scores[..places].iter().filter(|score| **score == last).count();
        }
    }
}

impl Stage for CountTies {
    const NAME: &'static str = "ties";
    const VERSION: u32 = 1;
    type Inputs = TieInputs;
    type Shard = ();
    type Output = BTreeMap<String, TieFacts>;
    type Error = StudyError;

    fn hash_parameters(&self, key: &mut KeyHasher) {
        let Self { places } = self;
        match places {
            Places::Fixed(places) => key.u64("places", *places as u64),
            Places::Share(share) => key.f64("share", *share),
        };
    }

    fn hash_inputs(&self, (): &(), inputs: &TieInputs, key: &mut KeyHasher) -> Result<(), StudyError> {
        let TieInputs { panel, scores, sessions } = inputs;
        let name = |position: usize| i64::from(panel.axis().calendar().session(position).number());
        key.i64("first_session", name(sessions.start)).i64("last_session", name(sessions.end - 1));
        key.list("scores", scores, |key, (model, scores)| {
            key.digest(model, &scores.digest(panel.axis()));
        });
        Ok(())
    }

    fn shards(&self, _: &TieInputs) -> Vec<()> {
        vec![()]
    }

    fn run(&self, (): &(), inputs: &TieInputs, _: Budget) -> Result<Self::Output, StudyError> {
        let TieInputs { panel, scores, sessions } = inputs;
        let of = |(model, scores): &(String, Scores)| {
            (model.clone(), TieFacts::of(scores, panel.axis(), sessions, self.places))
        };
        Ok(scores.iter().map(of).collect())
    }

    fn write(&self, output: &Self::Output, draft: &mut Draft) -> Result<(), StoreError> {
        draft.info(serde_json::json!({ "ties": output }));
        Ok(())
    }
}

/// Read the counts from their artifact.
pub fn read_ties(manifest: &Manifest) -> Result<BTreeMap<String, TieFacts>, StudyError> {
    read_facts(manifest, "ties")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(scores: &[f64], places: usize) -> TieFacts {
        let mut facts = TieFacts::default();
        facts.count(&mut scores.to_vec(), places);
        facts
    }

    #[test]
    fn places_that_the_order_fills_are_counted() {
        let facts = counted(&[1.0, 3.0, 2.0, 2.0, 2.0], 3);
        assert_eq!((facts.tied, facts.by_order, facts.places, facts.all_equal), (1, 2, 3, 0));
        assert_eq!(counted(&[1.0, 3.0, 2.0, 2.0], 3).tied, 0, "both of the equal ones are held");
        assert_eq!(counted(&[3.0, 2.0, 1.0], 1).share_by_order(), 0.0);
    }

    #[test]
    fn equal_scores_say_nothing_where_there_is_a_choice() {
        assert!(counted(&[0.5; 4], 2).says_nothing());
        assert!(!counted(&[0.5; 2], 2).says_nothing(), "all are held");
        assert!(!TieFacts::default().says_nothing());
    }
}
