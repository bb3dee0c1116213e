//! The warm-up: how much a feature depends on the start of history.
//!
//! A window forgets: once it is full, earlier data don't matter, which the checks of dropped beginnings show. A
//! recursion remembers all history, most of it ever less, some of it for ever. How much is measured: the feature is
//! computed from several later starts, and compared with itself over all history.

use std::collections::BTreeSet;

use backstaff_feature::{Feature, LookBack, Plan};
use backstaff_panel::{Axis, Column, Encoding, Panel};
use rayon::prelude::*;
use serde::Serialize;

use crate::StudyError;

/// The number of later starts from which a feature is computed.
const N_STARTS: usize = 8;
/// The sessions after the start at which differences are shown: the first, a month, a quarter, half a year, one and two
/// years.
pub(super) const LAGS: [usize; 6] = [0, 21, 63, 126, 252, 504];
/// The relative difference below which two values count as equal.
pub(super) const SMALL: f64 = 1e-6;
/// The share of values that must count as equal before a feature is settled.
pub(super) const SHARE: f64 = 0.99;

/// The dependence of a feature on the start of history.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WarmUp {
    /// The name of the feature.
    pub feature: String,
    /// The part of history that its values depend on.
    #[serde(flatten)]
    pub history: History,
}

/// The part of history that a value depends on.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "history", rename_all = "snake_case")]
pub enum History {
    /// A window of earlier sessions: a start of history before it does not matter at all.
    Window {
        /// The number of sessions after the start from which on values are exact.
        exact_after: usize,
    },
    /// All of history; the effect of a later start was measured.
    All {
        /// The number of later starts.
        starts: usize,
        /// The differences after some numbers of sessions from the start.
        after: Vec<AtLag>,
        /// The number of sessions after the start from which on 99 % of the values differ by less than 1e-6; `None` if
        /// that is never so in the sessions that were measured.
        settled_after: Option<usize>,
        /// The most sessions after a start that were measured.
        measured: usize,
    },
}

/// Values some sessions after the start of history, compared with those from all history.
///
/// A difference is relative: divided by the median absolute value that the feature has for the instrument over all its
/// sessions, zeros left out. That is meaningful for a feature that crosses zero as well, and with a single instrument.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AtLag {
    /// The number of sessions after the start; 0 is the first session of the history.
    pub sessions: usize,
    /// The number of values that both have.
    pub values: usize,
    /// The number of values that are missing, or infinite, in one of the two only.
    pub missing: usize,
    /// The median difference.
    pub median: Option<f64>,
    /// The largest difference.
    pub largest: Option<f64>,
}

/// The differences that later starts make at one number of sessions after the start.
#[derive(Clone, Debug, Default)]
struct Differences {
    /// The finite differences; kept only for the numbers of sessions that are shown.
    kept: Vec<f64>,
    /// The number of values that both have.
    values: usize,
    /// The number of values that only one has.
    missing: usize,
    /// The number of differences that count as none.
    small: usize,
}

/// Measure the warm-up of each feature, given its whole column.
pub(super) fn measure(
    panel: &Panel,
    features: &[Feature],
    whole: &[Column],
) -> Result<Vec<WarmUp>, StudyError> {
    let remembers = |feature: &Feature| feature.look_back() == LookBack::Recursive;
    let chosen = (0..features.len()).filter(|&n| remembers(&features[n])).collect::<Vec<_>>();
    let mut histories = measure_all(panel, features, whole, &chosen)?.into_iter();
    let mut history = |feature: &Feature| match feature.look_back() {
        LookBack::Sessions(exact_after) => Some(History::Window { exact_after }),
        LookBack::Recursive => histories.next(),
    };
    let named = features.iter().filter_map(|feature| Some((feature.name().to_owned(), history(feature)?)));
    Ok(named.map(|(feature, history)| WarmUp { feature, history }).collect())
}

fn measure_all(
    panel: &Panel,
    features: &[Feature],
    whole: &[Column],
    chosen: &[usize],
) -> Result<Vec<History>, StudyError> {
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let (axis, n_sessions) = (panel.axis(), panel.axis().n_sessions());
    let starts = (1..=N_STARTS).map(|k| n_sessions * k / (N_STARTS + 1)).filter(|&start| start > 0);
    let starts = starts.collect::<BTreeSet<_>>();
    let plan = Plan::new(&chosen.iter().map(|&n| features[n].clone()).collect::<Vec<_>>());
    let scales = chosen.par_iter().map(|&n| scales(axis, &whole[n])).collect::<Vec<_>>();
    let mut by_feature = vec![vec![Differences::default(); n_sessions]; chosen.len()];
    for &start in &starts {
        let part = panel.between(start..n_sessions);
        let columns = plan.compute(&part, Encoding::F64, &())?;
        by_feature.par_iter_mut().enumerate().for_each(|(at, lags)| {
            let whole = (axis.as_ref(), &whole[chosen[at]]);
            compare(whole, (part.axis(), &columns[at]), start, &scales[at], lags);
        });
    }
    Ok(by_feature.into_par_iter().map(|lags| History::of(starts.len(), lags)).collect())
}

/// The median absolute value of each instrument; zeros and values that are not finite are left out, and 1 stands for
/// none.
fn scales(axis: &Axis, column: &Column) -> Vec<f64> {
    let of = |i: usize| {
        let values = axis.rows(i).map(|row| column.get(row).abs());
        median(&values.filter(|value| value.is_finite() && *value > 0.0).collect::<Vec<_>>())
    };
    (0..axis.n_instruments()).map(|i| of(i).unwrap_or(1.0)).collect()
}

/// Add the differences that a start makes, for the instruments that have a history before it.
fn compare(
    (axis, whole): (&Axis, &Column),
    (part, column): (&Axis, &Column),
    start: usize,
    scales: &[f64],
    lags: &mut [Differences],
) {
    for i in (0..axis.n_instruments()).filter(|&i| axis.life(i).start < start) {
        let Some(own) = part.find(axis.instruments()[i].name()) else { continue };
        for (row, lag) in part.rows(own).zip(part.positions(own)) {
            let Some(with_all) = axis.row(i, start + lag) else { continue };
            lags[lag].add(whole.get(with_all), column.get(row), scales[i], LAGS.contains(&lag));
        }
    }
}

impl Differences {
    fn add(&mut self, whole: f64, started: f64, scale: f64, is_told: bool) {
        let difference = match (whole.is_nan(), started.is_nan()) {
            (true, true) => return,
            _ if whole.to_bits() == started.to_bits() => 0.0,
            _ => (whole - started).abs() / scale,
        };
        if !difference.is_finite() {
            self.missing += 1;
            return;
        }
        self.values += 1;
        self.small += usize::from(difference < SMALL);
        if is_told {
            self.kept.push(difference);
        }
    }

    const fn total(&self) -> usize {
        self.values + self.missing
    }

    fn is_settled(&self) -> bool {
        self.small as f64 >= SHARE * self.total() as f64
    }
}

impl History {
    fn of(starts: usize, lags: Vec<Differences>) -> Self {
        let last = lags.iter().rposition(|lag| lag.total() > 0);
        let unsettled = lags.iter().rposition(|lag| !lag.is_settled());
        let settled_after = match (unsettled, last) {
            (_, None) => None,
            (None, Some(_)) => Some(0),
            (Some(unsettled), Some(last)) => (unsettled < last).then_some(unsettled + 1),
        };
        let told = |(sessions, lag): (usize, Differences)| AtLag {
            sessions,
            values: lag.values,
            missing: lag.missing,
            median: median(&lag.kept),
            largest: lag.kept.iter().copied().reduce(f64::max),
        };
        let after = lags.into_iter().enumerate().filter(|(lag, _)| LAGS.contains(lag)).map(told).collect();
        Self::All { starts, after, settled_after, measured: last.unwrap_or(0) }
    }
}

/// The median of some numbers; `None` without any.
fn median(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| backstaff_statistics::median(values))
}
