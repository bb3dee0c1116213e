//! The costs of a computation: the time that went into each part.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::{Plan, Progress};
use crate::{
    graph::NodeKind,
    operator::{Bound, Work, is_pair},
};

/// Processor seconds, over all threads, by what they went into; 0 if nobody gave a clock ([`Progress::clock`]).
///
/// What several features share counts once: for the targets if no feature needs it, or else by what it reads.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Costs {
    /// Parts that only expressions need which may look ahead.
    pub targets: f64,
    /// Finding what was published about an instrument by a session.
    pub merge: f64,
    /// Parts that are computed from published values.
    pub financial: f64,
    /// Series of the whole market, and parts that are computed from them.
    pub market: f64,
    /// Regressions and correlations of two series.
    pub beta: f64,
    /// Everything else: from prices, volumes and categories.
    pub technical: f64,
}

impl Costs {
    /// The share of each part in the whole, with its name.
    pub fn shares(&self) -> [(&'static str, f64); 6] {
        let Self { targets, merge, financial, market, beta, technical } = *self;
        let all = (targets + merge + financial + market + beta + technical).max(f64::MIN_POSITIVE);
        let named = [
            ("technical", technical),
            ("beta", beta),
            ("merge", merge),
            ("financial", financial),
            ("macro", market),
            ("targets", targets),
        ];
        named.map(|(name, seconds)| (name, seconds / all))
    }
}

/// Adds up the time that goes into each node, over all threads.
pub(super) struct Meter<'a> {
    progress: &'a dyn Progress,
    nanoseconds: Vec<AtomicU64>,
}

/// Books the time since it was last read on a node.
pub(super) struct Stopwatch<'a> {
    meter: &'a Meter<'a>,
    last: Duration,
}

impl<'a> Meter<'a> {
    pub(super) fn new(progress: &'a dyn Progress, n_nodes: usize) -> Self {
        Self { progress, nanoseconds: (0..n_nodes).map(|_| AtomicU64::new(0)).collect() }
    }

    pub(super) fn start(&self) -> Stopwatch<'_> {
        Stopwatch { meter: self, last: self.progress.clock() }
    }

    pub(super) fn costs(&self, plan: &Plan) -> Costs {
        let for_features = plan.needed_by_features();
        let reads = Reads::of(plan);
        let mut costs = Costs::default();
        for (n, nanoseconds) in self.nanoseconds.iter().enumerate() {
            let seconds = nanoseconds.load(Ordering::Relaxed) as f64 / 1e9;
            *match &plan.graph.nodes()[n].kind {
                _ if !for_features[n] => &mut costs.targets,
                NodeKind::Call(bound) if reads[n] == Reads::Instrument && is_join(bound) => &mut costs.merge,
                _ if reads[n] == Reads::Instrument => &mut costs.financial,
                _ if reads[n] == Reads::Market => &mut costs.market,
                NodeKind::Call(bound) if is_pair(bound) => &mut costs.beta,
                _ => &mut costs.technical,
            } += seconds;
        }
        costs
    }
}

impl Stopwatch<'_> {
    pub(super) fn lap(&mut self, node: usize) {
        let now = self.meter.progress.clock();
        let nanoseconds = now.saturating_sub(self.last).as_nanos() as u64;
        self.meter.nanoseconds[node].fetch_add(nanoseconds, Ordering::Relaxed);
        self.last = now;
    }
}

/// The kind of published values that a node depends on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reads {
    Nothing,
    Market,
    Instrument,
}

impl Reads {
    fn of(plan: &Plan) -> Vec<Self> {
        let mut reads = Vec::<Self>::with_capacity(plan.graph.nodes().len());
        for node in plan.graph.nodes() {
            let own = match &node.kind {
                NodeKind::Call(bound) => match &bound.work {
                    Work::Facts { names, .. } if names.iter().all(|name| name.ends_with("_d")) => {
                        Self::Market
                    }
                    Work::Facts { .. } => Self::Instrument,
                    _ => Self::Nothing,
                },
                _ => Self::Nothing,
            };
            reads.push(node.inputs.iter().map(|&input| reads[input]).fold(own, Self::max));
        }
        reads
    }
}

fn is_join(bound: &Bound) -> bool {
    matches!(bound.work, Work::Facts { .. })
}

impl Plan {
    /// Whether each node is part of a feature.
    fn needed_by_features(&self) -> Vec<bool> {
        let nodes = self.graph.nodes();
        let mut needed = vec![false; nodes.len()];
        self.outputs[..self.n_features].iter().for_each(|&output| needed[output] = true);
        for n in (0..nodes.len()).rev() {
            if needed[n] {
                nodes[n].inputs.iter().for_each(|&input| needed[input] = true);
            }
        }
        needed
    }
}
