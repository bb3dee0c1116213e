//! The data of the benches of regimes: simulated markets, the same on every machine.

use std::collections::BTreeMap;

use backstaff_panel::{Instrument, Session};
use backstaff_regime::{
    Covariances, FitOptions, GaussianHmm, Missing, Observations, Schedule, Start, WalkOptions, simulate,
    walk::InstrumentHistory,
};

/// The most iterations of a fit in the benches, as in the programs that they are compared with; a total gain of 1e-6
/// ends it earlier.
pub(super) const ITERATIONS: usize = 100;
/// The look-back of the benches that use one only.
pub(super) const LOOK_BACK: usize = 252;
const GAIN: f64 = 1e-6;

/// A market whose daily returns have wild, usual and calm stretches.
fn market() -> GaussianHmm {
    let transition = vec![0.95, 0.04, 0.01, 0.02, 0.95, 0.03, 0.005, 0.025, 0.97];
    let means = vec![-0.0015, 0.0002, 0.0009];
    let variances = [0.022_f64, 0.011, 0.006].map(|deviation| deviation * deviation).to_vec();
    GaussianHmm::new(vec![0.2, 0.4, 0.4], transition, means, Covariances::Diagonal(variances))
        .expect("a valid model")
}

/// The first `count` daily returns of the market with this seed.
pub(super) fn returns(count: usize, number: u64) -> Observations {
    simulate(&market(), count, number).1
}

/// The start of a search, for this program and others alike: states from wild to calm around the sample's mean.
pub(super) fn start(observations: &Observations, states: usize) -> GaussianHmm {
    let values = (0..observations.n_rows()).filter_map(|t| observations.row(t)).map(|row| row[0]);
    let n = observations.n_present() as f64;
    let mean = values.clone().sum::<f64>() / n;
    let variance = values.map(|value| (value - mean) * (value - mean)).sum::<f64>() / n;
    let deviation = variance.sqrt();
    let k = states as f64;
    let leave = 0.1 / (k - 1.0).max(1.0);
    let transition = (0..states * states).map(|at| if at % (states + 1) == 0 { 0.9 } else { leave });
    let place = |state: usize| (state as f64 + 0.5) / k - 0.5;
    let means = (0..states).map(|state| mean + place(state) * deviation).collect();
    let variances = (0..states).map(|state| variance * (1.0 - 1.4 * place(state))).collect();
    GaussianHmm::new(vec![1.0 / k; states], transition.collect(), means, Covariances::Diagonal(variances))
        .expect("a valid model")
}

/// The options of a fit that makes exactly this many iterations from a start, unless rounding ends it. The floor under
/// variances is too low to matter, as in the other programs.
pub(super) fn exactly(iterations: usize, start: GaussianHmm) -> FitOptions {
    FitOptions {
        max_iterations: iterations,
        tolerance: 0.0,
        variance_floor: 1e-12,
        ..FitOptions::new(start.n_states()).with_starts(vec![Start::Given(Box::new(start))])
    }
}

/// The histories of `count` instruments, each with a full look-back before its `sessions`; fits have three states and
/// one start.
pub(super) fn histories(
    count: usize,
    sessions: usize,
    schedule: Schedule,
) -> BTreeMap<Instrument, InstrumentHistory> {
    let fit = FitOptions {
        max_iterations: ITERATIONS,
        tolerance: GAIN / LOOK_BACK as f64,
        ..FitOptions::new(3).with_starts(vec![Start::VolatilityBins])
    };
    let rows = LOOK_BACK - 1 + sessions;
    let monday = Session::from_ymd(2019, 1, 7).expect("a date").number();
    let days =
        (0..rows as i32).map(|at| Session::from_number(monday + at / 5 * 7 + at % 5)).collect::<Vec<_>>();
    (0..count)
        .map(|number| {
            let options = WalkOptions {
                schedule,
                look_back: LOOK_BACK,
                missing: Missing::Refuse,
                ..WalkOptions::new(fit.clone())
            };
            let observations = returns(rows, number as u64);
            let instrument = Instrument::new(&format!("asset {number:03}"));
            (instrument, InstrumentHistory { sessions: days.clone(), observations, options })
        })
        .collect()
}
