//! Sub-models that predict together.

use backstaff_lightgbm::{Booster, ImportanceBy, Library, Threads};
use serde::{Deserialize, Serialize};

use super::super::{Features, Importance, Model, Stored};
use crate::LearnError;

/// A sub-model: trees on some of the features, and how much they count.
#[derive(Debug)]
pub(super) struct Member {
    /// The places of the features among those of the ensemble.
    pub(super) features: Vec<usize>,
    weight: f64,
    booster: Booster,
}

impl Member {
    pub(super) fn new(features: Vec<usize>, weight: f64, booster: Booster) -> Self {
        Self { features, weight, booster }
    }

    /// The trees.
    pub(super) fn booster(&self) -> &Booster {
        &self.booster
    }

    /// The features that the trees split on: no other can change a prediction.
    pub(super) fn split_on(&self) -> Result<Vec<usize>, LearnError> {
        let splits = self.booster.importance(ImportanceBy::Split)?;
        let split_on = self.features.iter().zip(splits).filter(|&(_, splits)| splits > 0.0);
        Ok(split_on.map(|(&feature, _)| feature).collect())
    }

    /// The predictions of rows of all features.
    pub(super) fn predict(
        &self,
        features: &Features<'_>,
        rows: &[u32],
        threads: Threads,
    ) -> Result<Vec<f64>, LearnError> {
        Ok(self.booster.predict(&features.at(&self.features).matrix(rows)?, threads)?)
    }
}

/// A sub-model as its text holds it.
#[derive(Serialize, Deserialize)]
pub(in super::super) struct StoredMember {
    features: Vec<usize>,
    weight: f64,
    text: String,
}

/// A fitted [`DoubleEnsemble`](super::DoubleEnsemble).
#[derive(Debug)]
pub struct DoubleEnsembleModel {
    features: Vec<String>,
    members: Vec<Member>,
}

impl DoubleEnsembleModel {
    pub(super) fn new(features: Vec<String>, members: Vec<Member>) -> Self {
        Self { features, members }
    }

    pub(in super::super) fn read(
        features: Vec<String>,
        members: Vec<StoredMember>,
    ) -> Result<Self, LearnError> {
        let library = Library::open()?;
        let member = |StoredMember { features: places, weight, text }: StoredMember| {
            let booster = Booster::from_text(library, text)?;
            let fits = booster.n_features() == places.len() && booster.n_outputs() == 1;
            if fits && places.iter().all(|&place| place < features.len()) {
                return Ok(Member::new(places, weight, booster));
            }
            Err(LearnError::NotAModel { message: "a sub-model doesn't fit the features".to_owned() })
        };
        let members = members.into_iter().map(member).collect::<Result<Vec<_>, LearnError>>()?;
        Ok(Self { features, members })
    }

    /// How many sub-models there are.
    pub fn n_members(&self) -> usize {
        self.members.len()
    }
}

impl Model for DoubleEnsembleModel {
    fn features(&self) -> &[String] {
        &self.features
    }

    fn predict(
        &self,
        features: &Features<'_>,
        rows: &[u32],
        threads: Threads,
    ) -> Result<Vec<f64>, LearnError> {
        features.must_be(&self.features)?;
        let mut sums = vec![0.0; rows.len()];
        if rows.is_empty() {
            return Ok(sums);
        }
        for member in &self.members {
            for (sum, value) in sums.iter_mut().zip(member.predict(features, rows, threads)?) {
                *sum += value * member.weight;
            }
        }
        let total = self.members.iter().map(|member| member.weight).sum::<f64>();
        for sum in &mut sums {
            *sum /= total;
        }
        Ok(sums)
    }

    /// The gain of each feature in each sub-model times the sub-model's weight, added up; and all splits.
    fn importance(&self) -> Result<Vec<Importance>, LearnError> {
        let named = |feature: &String| Importance { feature: feature.clone(), gain: 0.0, n_splits: 0 };
        let mut importance = self.features.iter().map(named).collect::<Vec<_>>();
        for member in &self.members {
            let gains = member.booster.importance(ImportanceBy::Gain)?;
            let splits = member.booster.importance(ImportanceBy::Split)?;
            for (&place, (gain, splits)) in member.features.iter().zip(gains.into_iter().zip(splits)) {
                importance[place].gain += gain * member.weight;
                importance[place].n_splits += splits as u64;
            }
        }
        Ok(importance)
    }

    fn to_text(&self) -> String {
        let member = |member: &Member| StoredMember {
            features: member.features.clone(),
            weight: member.weight,
            text: member.booster.text().to_owned(),
        };
        let members = self.members.iter().map(member).collect();
        Stored::DoubleEnsemble { features: self.features.clone(), members }.to_text()
    }
}
