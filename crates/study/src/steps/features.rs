//! Features: every column, cut into calendar years.
//!
//! A year of a feature is keyed by what it computes and by the digests of the fields it reads in the years that its
//! look-back reaches. An appended session therefore costs the last year of each feature and the look-back before it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use backstaff_feature::{Feature, LookBack, Plan};
use backstaff_panel::{Column, Encoding};
use backstaff_stage::{
    Budget, Draft, KeyHasher, Stage, StoreError,
    runner::local::{JointStage, Sink},
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{StudyError, artifact::write_column, panel_handle::PanelHandle, segment};

/// The part of an artifact that holds the values.
pub const VALUES: &str = "values.arrow";

/// Compute features.
#[derive(Clone, Debug)]
pub struct Features {
    /// Which.
    pub features: Vec<Feature>,
    /// How they are stored.
    pub encoding: Encoding,
}

/// One year of one feature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct FeatureShard {
    /// The feature's name.
    pub feature: String,
    /// The calendar year.
    pub year: i16,
}

impl From<FeatureShard> for String {
    fn from(shard: FeatureShard) -> Self {
        format!("{} {}", shard.feature, shard.year)
    }
}

impl TryFrom<String> for FeatureShard {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parsed = text
            .rsplit_once(' ')
            .and_then(|(feature, year)| Some(Self { feature: feature.to_owned(), year: year.parse().ok()? }));
        parsed.ok_or_else(|| format!("{text:?} is no year of a feature"))
    }
}

impl Features {
    /// The number of a shard's feature and of its segment.
    fn place(&self, shard: &FeatureShard, panel: &PanelHandle) -> Result<(usize, usize), StudyError> {
        let feature = self.features.iter().position(|feature| feature.name() == shard.feature);
        let segment = panel.segments().iter().position(|segment| segment.year == shard.year);
        feature.zip(segment).ok_or_else(|| StudyError::Value {
            key: "shard".to_owned(),
            message: format!("there is no feature {} in {}", shard.feature, shard.year),
        })
    }

    /// The position from which a segment of a feature reads.
    fn reads_from(feature: &Feature, panel: &PanelHandle, segment: usize) -> usize {
        let start = panel.segments()[segment].positions.start;
        match feature.look_back() {
            LookBack::Sessions(n) => start.saturating_sub(n),
            LookBack::Recursive => 0,
        }
    }

    /// The features of shards that lack the same years, and these years: each such group is one plan.
    fn groups(places: &[(usize, usize)]) -> Vec<(BTreeSet<usize>, Vec<usize>)> {
        let mut years = BTreeMap::<usize, BTreeSet<usize>>::new();
        for &(feature, segment) in places {
            years.entry(feature).or_default().insert(segment);
        }
        let mut groups = Vec::<(BTreeSet<usize>, Vec<usize>)>::new();
        for (feature, years) in years {
            match groups.iter_mut().find(|(known, _)| *known == years) {
                Some((_, features)) => features.push(feature),
                None => groups.push((years, vec![feature])),
            }
        }
        groups
    }

    /// For each feature of a group, the values of these years.
    fn compute_group(
        &self,
        group: &[usize],
        years: &BTreeSet<usize>,
        panel: &PanelHandle,
    ) -> Result<Vec<Vec<Column>>, StudyError> {
        let features = group.iter().map(|&feature| self.features[feature].clone()).collect::<Vec<_>>();
        let (Some(&first), Some(&last)) = (years.first(), years.last()) else { return Ok(Vec::new()) };
        let from = features.iter().map(|feature| Self::reads_from(feature, panel, first)).min().unwrap_or(0);
        let to = panel.segments()[last].positions.end;
        let fields = features.iter().flat_map(Feature::fields).collect::<BTreeSet<_>>();
        let categories = features.iter().flat_map(Feature::categories).collect::<BTreeSet<_>>();
        let whole = panel.panel(fields, categories)?;
        let part = if from == 0 && to == panel.axis().n_sessions() { whole } else { whole.between(from..to) };
        let columns = Plan::new(&features).compute(&part, self.encoding, &())?;
        let segments = segment::segments(part.axis().calendar());
        let cut = |column: &Arc<Column>| {
            let wanted = years.iter().map(|&year| panel.segments()[year].year);
            let segments = wanted.filter_map(|year| segments.iter().find(|segment| segment.year == year));
            segments.map(|segment| segment::cut(part.axis(), segment, column)).collect()
        };
        Ok(columns.into_iter().map(|column| cut(&Arc::new(column))).collect())
    }
}

impl Stage for Features {
    const NAME: &'static str = "features";
    const VERSION: u32 = 1;
    type Inputs = PanelHandle;
    type Shard = FeatureShard;
    type Output = Column;
    type Error = StudyError;

    fn hash_parameters(&self, key: &mut KeyHasher) {
        // Which features are computed together is no parameter of any of them.
        let Self { features: _, encoding } = self;
        key.str("encoding", if *encoding == Encoding::F32 { "f32" } else { "f64" });
    }

    fn hash_inputs(&self, shard: &FeatureShard, panel: &PanelHandle, key: &mut KeyHasher) {
        let Ok((feature, segment)) = self.place(shard, panel) else { return };
        let feature = &self.features[feature];
        key.str("expression", feature.canonical());
        let from = Self::reads_from(feature, panel, segment);
        let read = panel.segments().iter().enumerate();
        let read = read.filter(|(number, read)| read.positions.end > from && *number <= segment);
        let read = read.map(|(number, _)| number).collect::<Vec<_>>();
        for &number in &read {
            let year = panel.segments()[number].year;
            key.group(&year.to_string(), |key| {
                key.digest("axis", panel.axis_digest(number));
                for name in feature.fields().into_iter().chain(feature.categories()) {
                    key.digest(name, &panel.digest(name, number));
                }
            });
        }
    }

    fn shards(&self, panel: &PanelHandle) -> Vec<FeatureShard> {
        let years = || panel.segments().iter().map(|segment| segment.year);
        let shard = |feature: &Feature, year| FeatureShard { feature: feature.name().to_owned(), year };
        self.features.iter().flat_map(|feature| years().map(move |year| shard(feature, year))).collect()
    }

    fn run(&self, shard: &FeatureShard, panel: &PanelHandle, _: Budget) -> Result<Column, StudyError> {
        let (feature, segment) = self.place(shard, panel)?;
        let mut columns = self.compute_group(&[feature], &BTreeSet::from([segment]), panel)?;
        let column = columns.pop().and_then(|mut years| years.pop());
        column.ok_or_else(|| StudyError::Internal { what: "a shard gave nothing".to_owned() })
    }

    fn write(&self, column: &Column, draft: &mut Draft) -> Result<(), StoreError> {
        write_column(draft, VALUES, column)
    }
}

impl JointStage for Features {
    fn run_jointly(
        &self,
        shards: &[FeatureShard],
        panel: &PanelHandle,
        _: Budget,
        sink: &dyn Sink<Column>,
    ) -> Result<(), StudyError> {
        let places = shards.iter().map(|shard| self.place(shard, panel)).collect::<Result<Vec<_>, _>>()?;
        for (years, group) in Self::groups(&places) {
            if sink.is_closed() {
                break;
            }
            let computed = self.compute_group(&group, &years, panel)?;
            let outputs = group.iter().zip(&computed).flat_map(|(&feature, columns)| {
                years.iter().zip(columns).map(move |(&segment, column)| ((feature, segment), column))
            });
            outputs.collect::<Vec<_>>().into_par_iter().for_each(|(place, column)| {
                if let Some(position) = places.iter().position(|known| *known == place) {
                    sink.put(position, column);
                }
            });
        }
        Ok(())
    }
}
