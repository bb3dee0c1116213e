//! Going on from a cut of the calendar.
//!
//! A window needs the sessions before the cut that it looks back on. A recursion needs its state, and where a window
//! looks back on its values, the state of so many sessions earlier. So the states of one cut stand at different
//! sessions, node by node, and the first rows of a panel may come before the state of a node: these it leaves missing.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    ops::Range,
};

use backstaff_panel::{Axis, Instrument, Session};

use super::Plan;
use crate::{
    Feature, FeatureError,
    graph::{Recursive, carried},
    operator::{Recursion, Requested},
};

/// The states of a feature's recursions at a cut of the calendar: for each recursion, by instrument.
///
/// An instrument that had no row by then, or has none any more, has no state.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct States(pub Vec<BTreeMap<Instrument, Vec<f64>>>);

/// The cut and the states that a computation goes on from.
#[derive(Clone, Copy, Debug)]
pub struct ResumeFrom<'a> {
    /// The cut, as a position of the panel's calendar: values are right from there on.
    pub position: usize,
    /// The states of each feature at the cut, in the order of the plan.
    pub states: &'a [States],
}

/// The columns of a computation, and the states at the cuts that were asked for.
#[derive(Debug)]
pub struct Resumed<C> {
    /// The columns, one for each feature.
    pub columns: Vec<C>,
    /// For each cut that was asked for, the states of each feature; empty for a feature that can't be carried on.
    pub states: Vec<Vec<States>>,
}

/// The recursions of one feature of a plan.
#[derive(Clone, Debug)]
pub(super) struct OfFeature(Option<Vec<Recursive>>);

impl OfFeature {
    /// How many recursions have a state.
    pub(super) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, Vec::len)
    }

    /// The recursions of a feature whose nodes stand at these places of the plan's graph.
    pub(super) fn new(feature: &Feature, places: &[usize]) -> Self {
        let at = |recursive: Recursive| Recursive { node: places[recursive.node], ..recursive };
        Self(carried(feature.graph()).map(|(recursions, _)| recursions.into_iter().map(at).collect()))
    }
}

/// A place in every instrument's history: so many of its sessions before a cut of the calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
struct Behind {
    cut: usize,
    sessions: usize,
}

impl Behind {
    /// The number of an instrument's rows before the place.
    fn n_rows(self, axis: &Axis, i: usize) -> usize {
        if axis.is_sparse() {
            axis.rows_before(i, self.cut).saturating_sub(self.sessions)
        } else {
            axis.rows_before(i, self.position())
        }
    }

    /// Whether an instrument's life ends before the place.
    fn is_after(self, axis: &Axis, i: usize) -> bool {
        axis.life(i).end < if axis.is_sparse() { self.cut } else { self.position() }
    }

    /// The position of the place, for an instrument that has a row at every session.
    fn position(self) -> usize {
        self.cut.saturating_sub(self.sessions)
    }
}

/// The places at which a recursion of a plan starts, and at which its state is wanted.
#[derive(Clone)]
pub(super) struct Course<'a> {
    /// The first place that it computes.
    start: Behind,
    /// The states that it goes on from, by instrument; `None` at the beginning of history.
    from: Option<&'a BTreeMap<Instrument, Vec<f64>>>,
    /// The places at which its state is wanted, and the node for which.
    wanted: Vec<(Behind, usize)>,
}

/// The state of a node for an instrument at a place.
pub(super) struct Found {
    node: usize,
    place: Behind,
    instrument: usize,
    state: Vec<f64>,
}

/// The course of every recursive node.
pub(super) struct Courses<'a>(BTreeMap<usize, Course<'a>>);

impl<'a> Courses<'a> {
    /// # Errors
    ///
    /// If the states are not those of the plan's features.
    pub(super) fn new(
        plan: &Plan,
        from: Option<ResumeFrom<'a>>,
        cuts: &[usize],
    ) -> Result<Self, FeatureError> {
        let mut courses = BTreeMap::<usize, Course<'a>>::new();
        for (f, OfFeature(recursions)) in plan.recursions.iter().enumerate() {
            let recursions = recursions.as_deref().unwrap_or_default();
            let states = from.and_then(|from| from.states.get(f)).map(|states| states.0.as_slice());
            if from.is_some() && states.map_or(0, <[_]>::len) != recursions.len() {
                return Err(FeatureError::States { feature: plan.names[f].clone() });
            }
            for (n, &Recursive { node, behind }) in recursions.iter().enumerate() {
                let course = Course {
                    start: from
                        .map_or(Behind::default(), |from| Behind { cut: from.position, sessions: behind }),
                    from: states.map(|states| &states[n]),
                    wanted: cuts.iter().map(|&cut| (Behind { cut, sessions: behind }, node)).collect(),
                };
                match courses.entry(node) {
                    Entry::Vacant(entry) => _ = entry.insert(course),
                    Entry::Occupied(mut entry) => entry.get_mut().join(course),
                }
            }
        }
        Ok(Self(courses))
    }

    /// The course of nodes that are computed together: their state is the same, so the earliest serves all.
    pub(super) fn of(&self, nodes: impl Iterator<Item = usize>) -> Course<'a> {
        let courses = nodes.filter_map(|node| self.0.get(&node).cloned());
        let all = courses.reduce(|mut all, course| {
            all.join(course);
            all
        });
        // Nobody goes on from what only features without a state have.
        all.unwrap_or(Course { start: Behind::default(), from: None, wanted: Vec::new() })
    }
}

impl<'a> Course<'a> {
    fn join(&mut self, other: Course<'a>) {
        if other.start.position() < self.start.position() {
            (self.start, self.from) = (other.start, other.from);
        }
        self.wanted.extend(other.wanted);
        self.wanted.sort_unstable();
        self.wanted.dedup();
    }

    /// Compute one instrument, and add the states that are wanted to `found`.
    pub(super) fn run(
        &self,
        recursion: &dyn Recursion,
        axis: &Axis,
        i: usize,
        inputs: &[&[f64]],
        requested: &mut [Requested<'_>],
        found: &mut Vec<Found>,
    ) {
        let sessions = axis.sessions(i);
        let skipped = self.start.n_rows(axis, i);
        for requested in &mut *requested {
            requested.out[..skipped].fill(f64::NAN);
        }
        if self.start.is_after(axis, i) {
            return;
        }
        let kept = self.from.and_then(|states| states.get(&axis.instruments()[i]));
        let mut state = kept.cloned().unwrap_or_else(|| recursion.start());
        let mut done = skipped;
        // An instrument without a row right before the cut has none behind it, or begins there.
        let wanted = self.wanted.iter().filter(|(place, _)| !place.is_after(axis, i));
        let wanted = wanted.map(|&(place, node)| (place.n_rows(axis, i), place, node));
        let mut wanted = wanted.filter(|&(n_rows, ..)| n_rows > 0).collect::<Vec<_>>();
        wanted.sort_unstable();
        for (n_rows, place, node) in wanted {
            let end = n_rows.max(done);
            run_rows(recursion, &mut state, done..end, inputs, sessions, requested);
            done = end;
            found.push(Found { node, place, instrument: i, state: state.clone() });
        }
        run_rows(recursion, &mut state, done..sessions.len(), inputs, sessions, requested);
    }
}

/// Take some rows through a recursion.
fn run_rows(
    recursion: &dyn Recursion,
    state: &mut Vec<f64>,
    rows: Range<usize>,
    inputs: &[&[f64]],
    sessions: &[Session],
    requested: &mut [Requested<'_>],
) {
    if rows.is_empty() {
        return;
    }
    let inputs = inputs.iter().map(|input| &input[rows.clone()]).collect::<Vec<_>>();
    let parts = requested.iter_mut();
    let parts = parts.map(|whole| Requested { member: whole.member, out: &mut whole.out[rows.clone()] });
    recursion.run(state, &inputs, &sessions[rows.clone()], &mut parts.collect::<Vec<_>>());
}

/// Sort the states that were found by cut and feature.
pub(super) fn by_cut(plan: &Plan, axis: &Axis, cuts: &[usize], found: Vec<Found>) -> Vec<Vec<States>> {
    let mut by_place = BTreeMap::<(usize, Behind), BTreeMap<Instrument, Vec<f64>>>::new();
    for Found { node, place, instrument, state } in found {
        let states = by_place.entry((node, place)).or_default();
        states.insert(axis.instruments()[instrument].clone(), state);
    }
    let of_node = |cut: usize, recursive: &Recursive| {
        let place = Behind { cut, sessions: recursive.behind };
        by_place.get(&(recursive.node, place)).cloned().unwrap_or_default()
    };
    let of_feature = |cut: usize, recursions: &OfFeature| {
        States(recursions.0.iter().flatten().map(|recursive| of_node(cut, recursive)).collect())
    };
    cuts.iter()
        .map(|&cut| plan.recursions.iter().map(|recursions| of_feature(cut, recursions)).collect())
        .collect()
}
