//! Trials: changes of the data or of the computation that no value may depend on.

use std::{collections::BTreeSet, fmt, ops::Range, sync::Arc};

use backstaff_feature::{Feature, Plan, ResumeFrom, States};
use backstaff_panel::{Axis, Categories, Column, Encoding, Instrument, Panel, Session};
use serde::Serialize;

use super::{
    super::{Perturbation, cuts, perturb},
    tally::{Again, Tally},
};
use crate::{StudyError, flow::threads::on_threads};

/// The kind of thing that a value may not depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The data after the value's session.
    Future,
    /// The computation of history at once, or in pieces that go on from stored states.
    Pieces,
    /// The data before the value's window.
    Prefix,
    /// The number of threads.
    Threads,
    /// The place of an instrument among others, and, for a time series, the presence of others.
    Instruments,
}

impl Kind {
    /// All kinds, in the order of the checks.
    pub const ALL: [Self; 5] = [Self::Future, Self::Pieces, Self::Prefix, Self::Threads, Self::Instruments];

    /// Whether a feature promises that its values don't depend on such a thing.
    pub(super) fn applies(self, feature: &Feature) -> bool {
        match self {
            Self::Future | Self::Threads => true,
            Self::Pieces => feature.carry().is_some(),
            Self::Prefix => feature.look_back().sessions().is_some(),
            Self::Instruments => !feature.is_cross_sectional(),
        }
    }

    /// The reason why a feature does not promise it.
    const fn why_not(self) -> &'static str {
        match self {
            Self::Future | Self::Threads => "",
            Self::Pieces => "all history counts, and no state says what of it",
            Self::Prefix => "all history counts; the warm-up tells by how much",
            Self::Instruments => "compares instruments",
        }
    }

    /// The reason why no value of a feature was compared.
    pub(super) fn why_nothing(self, feature: &Feature) -> &'static str {
        if self.applies(feature) { "there is no value to compare" } else { self.why_not() }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Future => "future",
            Self::Pieces => "pieces",
            Self::Prefix => "prefix",
            Self::Threads => "threads",
            Self::Instruments => "instruments",
        })
    }
}

/// One trial: a change that no value may show.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Trial {
    /// Everything after a position of the calendar is changed.
    Future(usize, Perturbation),
    /// History is computed in pieces that begin at these positions, ascending and above 0.
    Pieces(Vec<usize>),
    /// History begins at this position.
    Prefix(usize),
    /// History is computed on this many threads.
    Threads(usize),
    /// The instruments are in reverse order.
    Reversed,
    /// Every other instrument is left out.
    Halved,
}

impl Trial {
    /// All trials of a history of `n_sessions` sessions, with changes and cuts at `n_dates` dates.
    pub(super) fn all(n_sessions: usize, n_dates: usize) -> Vec<Self> {
        let dates = cuts(0..n_sessions, n_dates);
        let future = dates.iter().flat_map(|&last| Perturbation::ALL.map(|how| Self::Future(last, how)));
        // Pieces of a single session are what an append of one session computes.
        let newest = n_sessions - 5..n_sessions;
        let pieces = (0..n_dates).map(|seed| random_cuts(n_sessions, seed)).chain([newest.collect()]);
        let prefixes = dates.iter().map(|&start| Self::Prefix(start));
        let threads = [1, 2, 4].map(Self::Threads);
        future
            .chain(pieces.map(Self::Pieces))
            .chain(prefixes)
            .chain(threads)
            .chain([Self::Reversed, Self::Halved])
            .collect()
    }

    pub(super) const fn kind(&self) -> Kind {
        match self {
            Self::Future(..) => Kind::Future,
            Self::Pieces(_) => Kind::Pieces,
            Self::Prefix(_) => Kind::Prefix,
            Self::Threads(_) => Kind::Threads,
            Self::Reversed | Self::Halved => Kind::Instruments,
        }
    }

    /// The change in words, with its dates.
    pub(super) fn words(&self, axis: &Axis) -> String {
        let date = |&at: &usize| axis.calendar().session(at).to_string();
        match self {
            Self::Future(last, how) => format!("all after {} {how}", date(last)),
            Self::Pieces(cuts) => {
                format!("going on at {}", cuts.iter().map(date).collect::<Vec<_>>().join(", "))
            }
            Self::Prefix(start) => format!("nothing before {}", date(start)),
            Self::Threads(1) => "1 thread".to_owned(),
            Self::Threads(n) => format!("{n} threads"),
            Self::Reversed => "in reverse order".to_owned(),
            Self::Halved => "without every other".to_owned(),
        }
    }

    /// Compute features again under the trial, and compare them with their whole columns.
    pub(super) fn run(
        &self,
        panel: &Panel,
        features: &[Feature],
        whole: &[&Column],
    ) -> Result<Vec<Tally>, StudyError> {
        let plan = Plan::new(features);
        let mut tallies = vec![Tally::default(); features.len()];
        let n_sessions = panel.axis().n_sessions();
        let compute = |panel: &Panel| plan.compute(panel, Encoding::F64, &());
        let mut compare = |again: &Again<'_>, counted: &(dyn Fn(&Feature) -> Range<usize> + Sync)| {
            Tally::add_all(&mut tallies, panel.axis(), whole, again, &|n| counted(&features[n]));
        };
        match self {
            Self::Future(last, how) => {
                let changed = perturb(panel, *last, *how)?;
                compare(&Again::new(changed.axis(), &compute(&changed)?), &|_| 0..last + 1);
            }
            Self::Pieces(cuts) => {
                in_pieces(panel, features, &plan, cuts, &mut |again, new| compare(again, &|_| new.clone()))?;
            }
            Self::Prefix(start) => {
                let part = panel.between(*start..n_sessions);
                let columns = compute(&part)?;
                let again = Again { shift: *start, ..Again::new(part.axis(), &columns) };
                // A value whose window begins before the cut lacks data, and may differ; later ones have all that they
                // read.
                let intact = |feature: &Feature| {
                    let sessions = feature.look_back().sessions().unwrap_or(n_sessions);
                    start.saturating_add(sessions).min(n_sessions)..n_sessions
                };
                compare(&again, &intact);
            }
            Self::Threads(n) => {
                let columns = on_threads(*n, || Ok(compute(panel)?))?;
                compare(&Again::new(panel.axis(), &columns), &|_| 0..n_sessions);
            }
            Self::Reversed | Self::Halved => {
                // Halved keeps the last instrument and every other one before it, so places change as well as
                // neighbours.
                let kept = (0..panel.axis().n_instruments()).rev();
                let step = if *self == Self::Halved { 2 } else { 1 };
                let kept = kept.step_by(step).collect::<Vec<_>>();
                let other = rearranged(panel, &kept)?;
                let columns = compute(&other)?;
                let again = Again { instruments: kept, ..Again::new(other.axis(), &columns) };
                compare(&again, &|_| 0..n_sessions);
            }
        }
        Ok(tallies)
    }
}

/// Compute history in pieces, each of which goes on from the states that the one before left.
fn in_pieces(
    panel: &Panel,
    features: &[Feature],
    plan: &Plan,
    cuts: &[usize],
    compare: &mut dyn FnMut(&Again<'_>, Range<usize>),
) -> Result<(), StudyError> {
    let sessions = features.iter().filter_map(|feature| Some(feature.carry()?.sessions)).max().unwrap_or(0);
    let ends = cuts.iter().copied().chain([panel.axis().n_sessions()]);
    let mut states = None::<Vec<States>>;
    let mut begin = 0;
    for end in ends {
        let first = panel.axis().back(begin, sessions);
        let part = panel.between(first..end);
        let from = states.as_deref().map(|states| ResumeFrom { position: begin - first, states });
        let resumed = plan.resume(&part, Encoding::F64, &(), from, &[end - first])?;
        compare(&Again { shift: first, ..Again::new(part.axis(), &resumed.columns) }, begin..end);
        states = resumed.states.into_iter().next();
        begin = end;
    }
    Ok(())
}

/// A few positions above 0 that look random; equal seeds give equal positions, so that a proof can be repeated.
fn random_cuts(n_sessions: usize, seed: usize) -> Vec<usize> {
    let cuts = (0..4).map(|k| 1 + mixed((seed * 4 + k) as u64) as usize % (n_sessions - 1));
    cuts.collect::<BTreeSet<_>>().into_iter().collect()
}

/// A number that looks random: the mixing step of `SplitMix64`, without its lowest bit.
fn mixed(seed: u64) -> u64 {
    let mut state = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (state ^ (state >> 31)) >> 1
}

/// The panel of these instruments in this order. They get new names, since an axis keeps instruments in the order of
/// names.
fn rearranged(panel: &Panel, order: &[usize]) -> Result<Panel, StudyError> {
    let axis = panel.axis();
    let name = |place: usize| Instrument::new(&format!("{place:012}"));
    let names = (0..order.len()).map(name).collect::<Vec<_>>();
    let mut other = Panel::new(Arc::new(axis.rearranged(order, names)));
    let rows = order.iter().map(|&i| axis.rows(i)).collect::<Vec<_>>();
    for (field, column) in panel.fields() {
        other.insert(field, column.select(&rows))?;
    }
    for (category, column) in panel.all_categories() {
        other.insert_categories(category, Categories::select(column, &rows))?;
    }
    for (fact, facts) in panel.all_facts() {
        let names = order.iter().enumerate();
        let names = names.map(|(place, &i)| (axis.instruments()[i].clone(), name(place)));
        other.insert_facts(fact, facts.renamed(names))?;
    }
    Ok(other)
}

/// The part of a panel that features read, so that the changed copies of a trial stay small.
pub(super) fn narrowed(panel: &Panel, features: &[Feature]) -> Result<Panel, StudyError> {
    let mut part = Panel::new(panel.axis().clone());
    for name in features.iter().flat_map(Feature::fields).collect::<BTreeSet<_>>() {
        if let Some(column) = panel.field(name) {
            part.insert(name, column.clone())?;
        }
    }
    for name in features.iter().flat_map(Feature::categories).collect::<BTreeSet<_>>() {
        if let Some(column) = panel.categories(name) {
            part.insert_categories(name, column.clone())?;
        }
    }
    for name in features.iter().flat_map(Feature::facts).collect::<BTreeSet<_>>() {
        if let Some(facts) = panel.facts(name) {
            part.insert_facts(name, facts.clone())?;
        }
    }
    Ok(part)
}

/// The session at a position of the calendar.
pub(super) fn date(axis: &Axis, position: usize) -> Session {
    axis.calendar().session(position)
}
