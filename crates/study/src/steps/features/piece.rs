//! Which segments of which features are computed in one walk, and what each walk goes on from.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use backstaff_feature::{Carry, Feature, Plan, ResumeFrom, Resumed, States};
use backstaff_panel::{Column, Encoding};
use backstaff_stage::{Budget, Stage, shard_key};

use super::{FeatureSegment, Features, Place, states};
use crate::{
    StudyError,
    stored::{
        panel::PanelHandle,
        segment::{self, Segment, cut},
    },
};

/// Features that lack the same run of segments and read about equally far back: one walk over the panel, or several
/// if memory asks for it.
pub struct Piece {
    features: Vec<usize>,
    segments: Range<usize>,
    /// How many sessions before a cut the features read.
    sessions: usize,
    begin: Begin,
}

/// What a walk begins with.
enum Begin {
    /// The beginning of history; later walks can go on from it.
    History,
    /// The beginning of history, and so must every other walk: something in the features keeps no state.
    Always,
    /// The states of each feature at the first segment.
    States(Vec<States>),
}

/// What tells the pieces apart: the run of segments, whether it can be cut, and how far before it a feature reads, in
/// powers of two.
type Alike = (usize, usize, bool, Option<u32>);

/// The walks that compute these segments of features.
pub fn pieces(stage: &Features, panel: &PanelHandle, places: &[Place]) -> Result<Vec<Piece>, StudyError> {
    let mut missing = BTreeMap::<usize, BTreeSet<usize>>::new();
    for &(feature, segment) in places {
        missing.entry(feature).or_default().insert(segment);
    }
    let mut pieces = BTreeMap::<Alike, Piece>::new();
    for (feature, segments) in missing {
        let carry = stage.features[feature].carry();
        for run in runs(&segments) {
            let states = match &carry {
                Some(carry) => carried(stage, panel, (feature, run.start), carry)?,
                None => None,
            };
            let sessions = carry.as_ref().map_or(0, |carry| carry.sessions);
            // Where a walk starts is not shared between features that read far back and others that don't.
            let reach = states.as_ref().map(|_| sessions.next_power_of_two().ilog2());
            let piece = pieces.entry((run.start, run.end, carry.is_some(), reach)).or_insert_with(|| Piece {
                features: Vec::new(),
                segments: run,
                sessions: 0,
                begin: match (&carry, &states) {
                    (None, _) => Begin::Always,
                    (_, None) => Begin::History,
                    (_, Some(_)) => Begin::States(Vec::new()),
                },
            });
            piece.features.push(feature);
            piece.sessions = piece.sessions.max(sessions);
            if let (Begin::States(all), Some(states)) = (&mut piece.begin, states) {
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

/// The states that a feature goes on from at a segment; `None` at the beginning of history, or where the segment before
/// is not there.
fn carried(
    stage: &Features,
    panel: &PanelHandle,
    (feature, segment): Place,
    carry: &Carry,
) -> Result<Option<States>, StudyError> {
    let Some(before) = segment.checked_sub(1) else { return Ok(None) };
    if carry.recursions == 0 {
        return Ok(Some(States::default()));
    }
    let key = shard_key(stage, panel, &stage.shard((feature, before), panel))?;
    let found = panel.store().find(Features::NAME, &key)?;
    let read = |manifest| states::read(panel.store(), &manifest, carry.recursions);
    Ok(found.map(read).transpose()?)
}

/// Segments of features that were computed.
type Outputs = Vec<(Place, FeatureSegment)>;

/// A walk over the panel: which features and segments of a piece.
struct Walk {
    features: Range<usize>,
    segments: Range<usize>,
}

impl Piece {
    /// Compute the segments, and hand them on walk by walk, until `take` says no.
    pub fn compute(
        self,
        stage: &Features,
        panel: &PanelHandle,
        budget: Budget,
        mut take: impl FnMut(Outputs) -> bool,
    ) -> Result<(), StudyError> {
        let walks = self.walks(stage, panel, budget.memory);
        let mut states = match &self.begin {
            Begin::States(states) => Some(states.clone()),
            Begin::History | Begin::Always => None,
        };
        for walk in walks {
            let (outputs, last) = self.walk(&walk, states.as_deref(), stage, panel)?;
            if matches!(self.begin, Begin::History | Begin::States(_)) {
                states = Some(last);
            }
            if !take(outputs) {
                break;
            }
        }
        Ok(())
    }

    /// The walks: in runs of segments whose values fit into the memory; if each must begin with all history, in groups
    /// of features instead.
    fn walks(&self, stage: &Features, panel: &PanelHandle, memory: usize) -> Vec<Walk> {
        let width = if stage.encoding == Encoding::F32 { 4 } else { 8 };
        let rows = |segments: Range<usize>| -> usize {
            let rows = |n: usize| {
                segment::rows(panel.axis(), &panel.segments()[n]).iter().map(Range::len).sum::<usize>()
            };
            segments.map(rows).sum()
        };
        let n_features = self.features.len();
        if matches!(self.begin, Begin::Always) {
            let each = (width * rows(0..self.segments.end)).max(1);
            let fit = (memory / each).clamp(1, n_features);
            let starts = (0..n_features).step_by(fit);
            let group = |start: usize| Walk {
                features: start..(start + fit).min(n_features),
                segments: self.segments.clone(),
            };
            return starts.map(group).collect();
        }
        let mut walks = Vec::<Walk>::new();
        let mut bytes = usize::MAX;
        for segment in self.segments.clone() {
            let own = width * n_features * rows(segment..segment + 1);
            match walks.last_mut() {
                Some(walk) if bytes.saturating_add(own) <= memory => {
                    walk.segments.end = segment + 1;
                    bytes += own;
                }
                _ => {
                    walks.push(Walk { features: 0..n_features, segments: segment..segment + 1 });
                    bytes = own;
                }
            }
        }
        walks
    }

    /// One walk: the segments, and the states at its end.
    fn walk(
        &self,
        walk: &Walk,
        states: Option<&[States]>,
        stage: &Features,
        panel: &PanelHandle,
    ) -> Result<(Outputs, Vec<States>), StudyError> {
        let numbers = &self.features[walk.features.clone()];
        let features = numbers.iter().map(|&n| stage.features[n].clone()).collect::<Vec<_>>();
        let fields = features.iter().flat_map(Feature::fields).collect::<BTreeSet<_>>();
        let categories = features.iter().flat_map(Feature::categories).collect::<BTreeSet<_>>();
        let segments = &panel.segments()[walk.segments.clone()];
        let start = segments[0].positions.start;
        let begin = if states.is_some() { start.saturating_sub(self.sessions) } else { 0 };
        let within = |segment: &Segment| {
            let Range { start, end } = segment.positions;
            Segment { label: segment.label.clone(), positions: start - begin..end - begin }
        };
        let segments = segments.iter().map(within).collect::<Vec<_>>();
        let cuts = segments.iter().map(|segment| segment.positions.end).collect::<Vec<_>>();
        let published = features.iter().flat_map(Feature::facts).collect::<BTreeSet<_>>();
        let part = panel.part(begin..begin + cuts[cuts.len() - 1], fields, categories, published)?;
        let from = states.map(|states| ResumeFrom { position: start - begin, states });
        let resumed = Plan::new(&features).resume(&part, stage.encoding, &(), from, &cuts)?;
        let Resumed { columns, mut states } = resumed;
        let last = states.last().cloned().unwrap_or_default();
        let mut outputs = Vec::with_capacity(columns.len() * segments.len());
        for (n, column) in columns.into_iter().enumerate() {
            let column = Arc::<Column>::new(column);
            for (at, segment) in segments.iter().enumerate() {
                let values = cut(part.axis(), segment, &column);
                let states = std::mem::take(&mut states[at][n]);
                outputs.push(((numbers[n], walk.segments.start + at), FeatureSegment { values, states }));
            }
        }
        Ok((outputs, last))
    }
}
