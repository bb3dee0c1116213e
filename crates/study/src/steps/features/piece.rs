//! Pieces of the work of computing features: groups of segments that are computed together, in walks over the panel.

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

/// Features that lack the same run of segments and read about equally far back. They are computed in one walk over the
/// panel, or in several if their values do not fit into the memory.
pub(super) struct Piece {
    features: Vec<usize>,
    segments: Range<usize>,
    /// The most sessions before a cut that one of the features reads.
    sessions: usize,
    begin: Begin,
}

/// The past that a walk begins with.
enum Begin {
    /// All of history, from the first session on; the next walk goes on from the states that this one leaves.
    History,
    /// All of history, and so must the next walk: some part of the features keeps no state, such as a window over all
    /// history.
    Always,
    /// The states of each feature at the end of the segment before.
    States(Vec<States>),
}

/// The key of a piece: the first and the last segment of the run, whether its features can go on from a cut, and how
/// far before the run they read, rounded up to a power of two (`None` if they read all history). A walk loads for all
/// its features what the one with the longest look-back needs. With powers of two that is less than twice what any of
/// them needs, and the walks stay few.
type Alike = (usize, usize, bool, Option<u32>);

/// Group the segments that are missing into pieces; each place is in one piece.
///
/// # Errors
///
/// If the states before a run can't be read from the store.
pub(super) fn pieces(
    stage: &Features,
    panel: &PanelHandle,
    places: &[Place],
) -> Result<Vec<Piece>, StudyError> {
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
            // A feature that reads far back would make the others load sessions that they don't need: see `Alike`.
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

/// The runs of consecutive numbers in a set, in order.
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

/// The states with which a feature goes on at a segment; `None` at the beginning of history, or where the segment
/// before is not in the store.
fn carried(
    stage: &Features,
    panel: &PanelHandle,
    (feature, segment): Place,
    carry: &Carry,
) -> Result<Option<States>, StudyError> {
    let Some(before) = segment.checked_sub(1) else { return Ok(None) };
    // Windows keep no state: they are computed anew from the sessions before the cut, which the walk loads.
    if carry.recursions == 0 {
        return Ok(Some(States::default()));
    }
    let key = shard_key(stage, panel, &stage.shard((feature, before), panel))?;
    let found = panel.store().find(Features::NAME, &key)?;
    let read = |manifest| states::read(panel.store(), &manifest, carry.recursions);
    Ok(found.map(read).transpose()?)
}

/// Computed segments of features, each with its place.
type Outputs = Vec<(Place, FeatureSegment)>;

/// One walk over the panel, which computes some features and segments of a piece.
struct Walk {
    features: Range<usize>,
    segments: Range<usize>,
}

impl Piece {
    /// Compute the segments walk by walk, and hand over those of each walk; stop as soon as `take` returns false.
    pub(super) fn compute(
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
            // Where some state is not kept, the next walk begins with history as this one did.
            if matches!(self.begin, Begin::History | Begin::States(_)) {
                states = Some(last);
            }
            if !take(outputs) {
                break;
            }
        }
        Ok(())
    }

    /// Cut a piece into walks whose values fit into the memory, by runs of segments. Where every walk must begin with
    /// history, cut it by groups of features: a walk for later segments would compute all the earlier ones once more.
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
        // A segment is never cut, so each walk has at least one, even if that is more than the memory.
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

    /// Compute one walk: its segments, and the states of its features at the end, with which the next walk goes on.
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
        // From a cut on, values are right if the states there and the sessions that windows look back on are given.
        let begin = if states.is_some() { panel.axis().back(start, self.sessions) } else { 0 };
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
        // The states at the end of each segment are stored with it: an append goes on from there.
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
