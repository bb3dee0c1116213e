//! Which segments of which features are computed in one walk, and what each walk goes on from.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use backstaff_feature::{Feature, From, Plan, Resumed, States};
use backstaff_panel::Column;
use backstaff_stage::{Stage, shard_key};

use super::{FeatureSegment, Features, Place, states};
use crate::{
    StudyError,
    panel_handle::PanelHandle,
    segment::{Segment, cut},
};

/// Features that lack the same run of segments and read about equally far back: one walk over the panel.
pub struct Piece {
    features: Vec<usize>,
    segments: Range<usize>,
    /// The position of the panel's calendar at which the walk begins.
    begin: usize,
    /// What the recursions of each feature go on from; `None` at the beginning of history.
    states: Option<Vec<States>>,
}

/// What tells the walks apart: the run of segments, and how far before it a feature reads, in powers of two.
type Walk = (usize, usize, Option<u32>);

/// The walks that compute these segments of features.
pub fn pieces(stage: &Features, panel: &PanelHandle, places: &[Place]) -> Result<Vec<Piece>, StudyError> {
    let mut missing = BTreeMap::<usize, BTreeSet<usize>>::new();
    for &(feature, segment) in places {
        missing.entry(feature).or_default().insert(segment);
    }
    let mut pieces = BTreeMap::<Walk, Piece>::new();
    for (feature, segments) in missing {
        for run in runs(&segments) {
            let start = panel.segments()[run.start].positions.start;
            let carried = carried(stage, panel, (feature, run.start))?;
            // A walk that reads far back is not shared with one that doesn't.
            let reach = carried.as_ref().map(|(sessions, _)| sessions.next_power_of_two().ilog2());
            let (begin, states) = match carried {
                Some((sessions, states)) => (start.saturating_sub(sessions), Some(states)),
                None => (0, None),
            };
            let piece = pieces.entry((run.start, run.end, reach)).or_insert_with(|| Piece {
                features: Vec::new(),
                segments: run,
                begin: start,
                states: states.is_some().then(Vec::new),
            });
            piece.features.push(feature);
            piece.begin = piece.begin.min(begin);
            if let (Some(all), Some(states)) = (&mut piece.states, states) {
                all.push(states);
            }
        }
    }
    Ok(pieces.into_values().collect())
}

/// The runs of neighbours among some numbers.
fn runs(numbers: &BTreeSet<usize>) -> Vec<Range<usize>> {
    let mut runs = Vec::<Range<usize>>::new();
    for &number in numbers {
        match runs.last_mut() {
            Some(run) if run.end == number => run.end += 1,
            _ => runs.push(number..number + 1),
        }
    }
    runs
}

/// How many sessions before a segment a feature reads, and the states that the segment before left; `None` if it has
/// to be computed from the beginning of history.
fn carried(
    stage: &Features,
    panel: &PanelHandle,
    (feature, segment): Place,
) -> Result<Option<(usize, States)>, StudyError> {
    let Some(before) = segment.checked_sub(1) else { return Ok(None) };
    let Some(carry) = stage.features[feature].carry() else { return Ok(None) };
    if carry.recursions == 0 {
        return Ok(Some((carry.sessions, States::default())));
    }
    let key = shard_key(stage, panel, &stage.shard((feature, before), panel));
    let found = panel.store().find(Features::NAME, &key)?;
    let read = |manifest| states::read(panel.store(), &manifest, carry.recursions);
    Ok(found.map(read).transpose()?.map(|states| (carry.sessions, states)))
}

impl Piece {
    /// Compute the segments.
    pub fn compute(
        &self,
        stage: &Features,
        panel: &PanelHandle,
    ) -> Result<Vec<(Place, FeatureSegment)>, StudyError> {
        let features = self.features.iter().map(|&n| stage.features[n].clone()).collect::<Vec<_>>();
        let fields = features.iter().flat_map(Feature::fields).collect::<BTreeSet<_>>();
        let categories = features.iter().flat_map(Feature::categories).collect::<BTreeSet<_>>();
        let segments = self.segments.clone().map(|n| self.within(&panel.segments()[n])).collect::<Vec<_>>();
        let (first, last) = (&segments[0].positions, &segments[segments.len() - 1].positions);
        let part = panel.part(self.begin..self.begin + last.end, fields, categories)?;
        let from = self.states.as_deref().map(|states| From { position: first.start, states });
        let cuts = segments.iter().map(|segment| segment.positions.end).collect::<Vec<_>>();
        let resumed = Plan::new(&features).resume(&part, stage.encoding, &(), from, &cuts)?;
        let Resumed { columns, mut states } = resumed;
        let mut outputs = Vec::with_capacity(columns.len() * segments.len());
        for (n, column) in columns.into_iter().enumerate() {
            let column = Arc::<Column>::new(column);
            for (at, segment) in segments.iter().enumerate() {
                let values = cut(part.axis(), segment, &column);
                let states = std::mem::take(&mut states[at][n]);
                let place = (self.features[n], self.segments.start + at);
                outputs.push((place, FeatureSegment { values, states }));
            }
        }
        Ok(outputs)
    }

    /// A segment in the calendar of the walk.
    fn within(&self, segment: &Segment) -> Segment {
        let Range { start, end } = segment.positions;
        Segment { label: segment.label.clone(), positions: start - self.begin..end - self.begin }
    }
}
