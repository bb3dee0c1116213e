//! Features: every column, cut into segments of the calendar.
//!
//! A segment of a feature is keyed by what it computes and by the digests of the fields it reads in the segments that
//! its look-back reaches. An appended session therefore costs the last month so far of each feature and the look-back
//! before it; recursions go on from the states that the segment before left (`states.rs`), and what is missing is
//! computed in as few walks as its look-backs allow (`piece.rs`).

mod piece;
pub(crate) mod precomputed;
mod states;

use std::{collections::HashMap, sync::Arc};

use backstaff_feature::{Feature, LookBack, States};
use backstaff_panel::{Column, Encoding};
use backstaff_stage::{
    Budget, Draft, KeyHasher, Stage, StoreError,
    runner::local::{JointStage, Sink},
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::piece::pieces;
pub use self::precomputed::Precomputed;
use crate::{
    StudyError,
    stored::{column::VALUES, encoding::write_column, panel::PanelHandle, segment::cut},
};

/// Compute features and store them by segment.
#[derive(Clone, Debug)]
pub struct Features {
    /// The features to compute, each under a name of its own.
    pub features: Vec<Feature>,
    /// The width in which values are stored.
    pub encoding: Encoding,
    /// Files that may hold the values of some features already.
    pub precomputed: Option<Arc<Precomputed>>,
}

/// One segment of one feature: the unit that is stored under a key of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct FeatureShard {
    /// The name of the feature.
    pub feature: String,
    /// The label of the segment, as `2025-04`.
    pub segment: String,
}

impl From<FeatureShard> for String {
    fn from(shard: FeatureShard) -> Self {
        format!("{} {}", shard.feature, shard.segment)
    }
}

impl TryFrom<String> for FeatureShard {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parsed = text.rsplit_once(' ');
        let shard = |(feature, segment): (&str, &str)| Self {
            feature: feature.to_owned(),
            segment: segment.to_owned(),
        };
        parsed.map(shard).ok_or_else(|| format!("{text:?} is no segment of a feature"))
    }
}

/// The values of a feature in a segment, and the states of its recursions at the segment's end. There are none if the
/// feature has no recursions, or such as keep no state.
#[derive(Debug)]
pub struct FeatureSegment {
    values: Column,
    states: States,
}

/// A segment of a feature: the feature's number, and the segment's.
type Place = (usize, usize);

impl Features {
    /// Compute these features, without files of earlier values.
    pub fn new(features: Vec<Feature>, encoding: Encoding) -> Self {
        Self { features, encoding, precomputed: None }
    }

    /// Hand over the segments that precomputed files hold; returns the places that they lack.
    fn take_precomputed(
        &self,
        places: Vec<Place>,
        panel: &PanelHandle,
        put: impl Fn(Place, &FeatureSegment) + Sync,
    ) -> Vec<Place> {
        let Some(precomputed) = self.precomputed.as_ref().filter(|_| self.encoding == Encoding::F32) else {
            return places;
        };
        let take = |&(feature, segment): &Place| {
            let Some(column) = precomputed.column(self.features[feature].name()) else { return true };
            let values = cut(panel.axis(), &panel.segments()[segment], &column);
            put((feature, segment), &FeatureSegment { values, states: States::default() });
            false
        };
        places.into_par_iter().filter(take).collect()
    }

    fn place(&self, shard: &FeatureShard, panel: &PanelHandle) -> Result<Place, StudyError> {
        let feature = self.features.iter().position(|feature| feature.name() == shard.feature);
        let segment = panel.segments().iter().position(|segment| segment.label == shard.segment);
        feature.zip(segment).ok_or_else(|| StudyError::Value {
            key: "shard".to_owned(),
            message: format!("there is no feature {} in {}", shard.feature, shard.segment),
        })
    }

    fn shard(&self, (feature, segment): Place, panel: &PanelHandle) -> FeatureShard {
        FeatureShard {
            feature: self.features[feature].name().to_owned(),
            segment: panel.segments()[segment].label.clone(),
        }
    }

    /// The first position of the calendar whose data a segment of a feature depends on.
    fn depends_from(feature: &Feature, panel: &PanelHandle, segment: usize) -> usize {
        let start = panel.segments()[segment].positions.start;
        match feature.look_back() {
            LookBack::Sessions(n) => panel.axis().back(start, n),
            LookBack::Recursive => 0,
        }
    }
}

impl Stage for Features {
    const NAME: &'static str = "features";
    const VERSION: u32 = 2;
    type Inputs = PanelHandle;
    type Shard = FeatureShard;
    type Output = FeatureSegment;
    type Error = StudyError;

    fn hash_parameters(&self, key: &mut KeyHasher) {
        // Which features are computed together, and in how many walks, is no parameter of any of them.
        // Files are believed only if they hold what would be computed.
        let Self { features: _, encoding, precomputed: _ } = self;
        key.str("encoding", if *encoding == Encoding::F32 { "f32" } else { "f64" });
    }

    fn hash_inputs(
        &self,
        shard: &FeatureShard,
        panel: &PanelHandle,
        key: &mut KeyHasher,
    ) -> Result<(), StudyError> {
        let (feature, segment) = self.place(shard, panel)?;
        let feature = &self.features[feature];
        key.str("expression", feature.canonical());
        let from = Self::depends_from(feature, panel, segment);
        let read = panel.segments()[..=segment].iter().enumerate();
        for (number, _) in read.filter(|(_, read)| read.positions.end > from) {
            let names = feature.fields().into_iter().chain(feature.categories());
            panel.hash_segment(key, number, names, |_| {});
        }
        // What was published long ago still counts, what is published later does not.
        for name in feature.facts() {
            key.list(name, 0..=segment, |key, number| {
                key.digest("", &panel.published_digest(name, number));
            });
        }
        Ok(())
    }

    fn shards(&self, panel: &PanelHandle) -> Vec<FeatureShard> {
        let segments = 0..panel.segments().len();
        let places = (0..self.features.len()).flat_map(|feature| segments.clone().map(move |s| (feature, s)));
        places.map(|place| self.shard(place, panel)).collect()
    }

    fn run(
        &self,
        shard: &FeatureShard,
        panel: &PanelHandle,
        budget: Budget,
    ) -> Result<FeatureSegment, StudyError> {
        let place = self.place(shard, panel)?;
        let mut outputs = Vec::new();
        for piece in pieces(self, panel, &[place])? {
            piece.compute(self, panel, budget, |segments| {
                outputs.extend(segments);
                true
            })?;
        }
        let output = outputs.pop().map(|(_, output)| output);
        output.ok_or_else(|| StudyError::Internal { what: "a shard gave nothing".to_owned() })
    }

    fn write(&self, output: &FeatureSegment, draft: &mut Draft) -> Result<(), StoreError> {
        write_column(draft, VALUES, output.values.clone())?;
        states::write(draft, &output.states)
    }
}

impl JointStage for Features {
    fn run_jointly(
        &self,
        shards: &[FeatureShard],
        panel: &PanelHandle,
        budget: Budget,
        sink: &dyn Sink<FeatureSegment>,
    ) -> Result<(), StudyError> {
        let places = shards.iter().map(|shard| self.place(shard, panel)).collect::<Result<Vec<_>, _>>()?;
        let positions = places.iter().enumerate().map(|(position, place)| (*place, position));
        let positions = positions.collect::<HashMap<_, _>>();
        let put = |place: Place, segment: &FeatureSegment| {
            if let Some(&position) = positions.get(&place) {
                sink.put(position, segment);
            }
        };
        let missing = self.take_precomputed(places.clone(), panel, put);
        for piece in pieces(self, panel, &missing)? {
            if sink.is_closed() {
                break;
            }
            piece.compute(self, panel, budget, |segments| {
                segments.into_par_iter().for_each(|(place, segment)| put(place, &segment));
                !sink.is_closed()
            })?;
        }
        Ok(())
    }
}
