//! Samples: the targets and weights of a fold's rows.

use std::{collections::BTreeMap, sync::Arc};

use backstaff_learn::{
    fold::FoldSegment,
    label::{self, Known, Labels},
    weight::Decay,
};
use backstaff_panel::{Axis, Categories, Column, Panel};
use backstaff_stage::{Digest, KeyHasher};

use crate::{
    StudyError,
    config::{self, Among, Config, Role},
    steps::scores::digest_rows,
};

/// The recipe for the targets and weights of a study's rows.
#[derive(Clone, Debug)]
pub(super) struct SampleSpec {
    pub(super) target: Vec<Part>,
    pub(super) decay: Option<Decay>,
    pub(super) weigh_validation: bool,
}

/// One part of a target, with its share in the sum.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) share: f64,
    pub(super) target: label::Target,
    pub(super) neutral: Option<String>,
    pub(super) within: Option<String>,
    pub(super) among: Among,
}

/// The columns and categories that targets and weights read beside labels, in memory.
#[derive(Debug, Default)]
pub struct Training {
    columns: BTreeMap<Role, Arc<Column>>,
    categories: BTreeMap<String, Arc<Categories>>,
}

/// The rows of a fold's training, validation or test.
#[derive(Clone, Debug, Default)]
pub struct FoldPart {
    /// The rows of the panel, ascending.
    pub rows: Vec<u32>,
    /// The target of each row; empty for a test.
    pub targets: Vec<f64>,
    /// The weight of each row, above 0; `None` if all rows count the same.
    pub weights: Option<Vec<f64>>,
}

impl Training {
    /// These columns by role, and the categories of a panel.
    pub fn new(columns: impl IntoIterator<Item = (Role, Arc<Column>)>, panel: &Panel) -> Self {
        let categories =
            panel.all_categories().map(|(name, categories)| (name.to_owned(), categories.clone()));
        Self { columns: columns.into_iter().collect(), categories: categories.collect() }
    }
}

impl SampleSpec {
    /// The recipe that the study's `label` and `weights` sections ask for.
    pub(super) fn new(config: &Config) -> Result<Self, StudyError> {
        let weights = config.weights.clone().unwrap_or_default();
        let decay = match (weights.decay, weights.half_life_days) {
            (Some(decay), _) => Some(Decay::exponential(decay)?),
            (None, Some(days)) => Some(Decay::half_life(days)?),
            (None, None) => None,
        };
        let target = config.label.iter().flat_map(|label| label.target.0.iter().map(Part::new)).collect();
        Ok(Self { target, decay, weigh_validation: weights.validation })
    }

    /// The names of the categories that targets read.
    pub(super) fn categories(&self) -> impl Iterator<Item = &str> {
        self.target.iter().flat_map(|part| [&part.neutral, &part.within]).flatten().map(String::as_str)
    }

    pub(super) fn hash(&self, key: &mut KeyHasher) {
        let Self { target, decay, weigh_validation } = self;
        key.list("target", target, |key, part| {
            let Part { share, target, neutral, within, among } = part;
            let label::Target { basis, market, form, clip, limit } = target;
            let named = |name: &Option<String>| name.clone().unwrap_or_default();
            key.f64("share", *share).str("of", basis.name()).str("market", market.name());
            key.str("as", form.name()).str("neutral", &named(neutral)).str("within", &named(within));
            key.f64("clip", clip.unwrap_or(f64::INFINITY)).f64("limit", limit.unwrap_or(f64::INFINITY));
            key.str("among", among.name());
        });
        match decay {
            None => key.str("weights", "equal"),
            Some(Decay::Exponential(decay)) => key.f64("decay", *decay),
            Some(Decay::HalfLifeDays(days)) => key.f64("half_life_days", *days),
        };
        key.bool("weigh_validation", *weigh_validation);
    }

    /// The rows of a training with their targets and weights.
    pub(super) fn train(
        &self,
        segment: &FoldSegment,
        labels: &Labels,
        known: &Training,
    ) -> Result<FoldPart, StudyError> {
        self.part(segment, labels, known, true)
    }

    /// The rows of a validation with their targets, and with weights if the study asks for them.
    pub(super) fn validation(
        &self,
        segment: &FoldSegment,
        labels: &Labels,
        known: &Training,
    ) -> Result<FoldPart, StudyError> {
        self.part(segment, labels, known, self.weigh_validation)
    }

    fn part(
        &self,
        segment: &FoldSegment,
        labels: &Labels,
        known: &Training,
        weigh: bool,
    ) -> Result<FoldPart, StudyError> {
        let (rows, targets) = (segment.rows(), self.targets(segment, labels, known));
        let own = known.columns.get(&Role::Weight);
        if !weigh || (own.is_none() && self.decay.is_none()) {
            return Ok(FoldPart { rows: rows.to_vec(), targets, weights: None });
        }
        let stated = |row: u32| own.map_or(1.0, |column| column.get(row as usize));
        if let Some(&row) = rows.iter().find(|&&row| stated(row) < 0.0) {
            return Err(negative(labels.axis(), row as usize, stated(row)));
        }
        let weighs = |&(row, _): &(u32, f64)| stated(row).is_finite() && stated(row) > 0.0;
        let kept = rows.iter().copied().zip(targets).filter(weighs).collect::<Vec<_>>();
        let axis = labels.axis();
        let day = |&(row, _): &(u32, f64)| axis.calendar().session(axis.position_of(row as usize)).number();
        let decayed = self.decay.map(|decay| decay.weights(&kept.iter().map(day).collect::<Vec<_>>()));
        let weight = |n: usize| stated(kept[n].0) * decayed.as_ref().map_or(1.0, |weights| weights[n]);
        // The product of two positive weights can round to 0 for an old row, and a model takes no such row.
        let places = (0..kept.len()).filter(|&n| weight(n) > 0.0).collect::<Vec<_>>();
        Ok(FoldPart {
            rows: places.iter().map(|&n| kept[n].0).collect(),
            targets: places.iter().map(|&n| kept[n].1).collect(),
            weights: Some(places.iter().map(|&n| weight(n)).collect()),
        })
    }

    /// The target of each of a segment's rows: the sum of the parts, each times its share.
    fn targets(&self, segment: &FoldSegment, labels: &Labels, known: &Training) -> Vec<f64> {
        let rows = segment.rows();
        let mut sum = vec![0.0; rows.len()];
        for (place, part) in self.target.iter().enumerate() {
            let category = |name: &Option<String>| name.as_ref().and_then(|name| known.categories.get(name));
            let (neutral, within) = (category(&part.neutral), category(&part.within));
            let beta = known.columns.get(&Role::Beta(place));
            let known = Known {
                beta: beta.map(|column| &**column),
                neutral: neutral.map(|categories| &**categories),
                within: within.map(|categories| &**categories),
            };
            let targets = match part.among {
                Among::Universe => labels.target(rows, &part.target, &known),
                Among::Present => {
                    let peers = segment.peers(labels);
                    let targets = labels.target(&peers, &part.target, &known);
                    // Both ascend, and every row is among its peers.
                    let mut peers = peers.iter().zip(targets);
                    let own =
                        rows.iter().map(|row| peers.find(|(peer, _)| *peer == row).map(|(_, target)| target));
                    own.map(|target| target.unwrap_or(f64::NAN)).collect()
                }
            };
            sum.iter_mut().zip(targets).for_each(|(sum, target)| *sum += part.share * target);
        }
        sum
    }
}

impl Part {
    fn new(part: &config::TargetPart) -> Self {
        Self {
            share: part.share,
            target: label::Target {
                basis: part.of,
                market: part.market.unwrap_or_default(),
                form: part.form,
                clip: part.clip,
                limit: part.limit,
            },
            neutral: part.neutral.clone(),
            within: part.within.clone(),
            among: part.among,
        }
    }
}

fn negative(axis: &Axis, row: usize, weight: f64) -> StudyError {
    let (instrument, session) =
        (&axis.instruments()[axis.instrument_of(row)], axis.calendar().session(axis.position_of(row)));
    let message = format!("is {weight} for {instrument} on {session}; a weight must be 0 or more");
    StudyError::Value { key: "weights.expression".to_owned(), message }
}

/// The digest of the rows, targets and weights of a training and a validation.
pub(super) fn digest_samples(axis: &Axis, parts: [&FoldPart; 2]) -> Digest {
    let bytes =
        |values: &[f64]| values.iter().flat_map(|value| value.to_bits().to_le_bytes()).collect::<Vec<_>>();
    let mut key = KeyHasher::new();
    for (name, part) in ["train", "validation"].iter().zip(parts) {
        let FoldPart { rows, targets, weights } = part;
        key.digest(name, &digest_rows(axis, rows)).bytes("targets", &bytes(targets));
        if let Some(weights) = weights {
            key.bytes("weights", &bytes(weights));
        }
    }
    key.finish_digest()
}
