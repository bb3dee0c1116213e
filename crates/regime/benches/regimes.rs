//! Milliseconds of a fit, a filter step, and thousands of refits along histories.
//!
//! A fit makes exactly 100 iterations from a fixed start, so that it compares with another implementation's; histories
//! are fitted anew at every session, or monthly, over 252 sessions.

use std::{collections::BTreeMap, hint::black_box, time::Duration};

use backstaff_panel::{Instrument, Session};
use backstaff_regime::{
    Covariances, Filter, FitOptions, GaussianHmm, Missing, ModelCache, Refit, Schedule, Start, WalkOptions,
    fit, simulate, walk::InstrumentHistory, walk_each,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// States that follow each other slowly, so that a search needs all its iterations.
fn truth(states: usize) -> GaussianHmm {
    let k = states as f64;
    let leave = if states > 1 { 0.04 / (k - 1.0) } else { 0.0 };
    let transition =
        (0..states * states).map(|at| if at % (states + 1) == 0 { 1.0 - leave * (k - 1.0) } else { leave });
    let means = (0..states).map(|state| 0.0005 * (state as f64 - 0.5 * k)).collect();
    let variances = (0..states).map(|state| 1e-4 * (1.0 + state as f64)).collect();
    GaussianHmm::new(vec![1.0 / k; states], transition.collect(), means, Covariances::Diagonal(variances))
        .expect("a valid model")
}

fn exactly(iterations: usize, states: usize) -> FitOptions {
    FitOptions {
        max_iterations: iterations,
        tolerance: 0.0,
        ..FitOptions::new(states).with_starts(vec![Start::VolatilityBins])
    }
}

fn fits(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fit_100_iterations");
    for (observations, states) in [(252, 2), (252, 3), (252, 4), (252, 5), (500, 3), (252, 10)] {
        let (_, bars) = simulate(&truth(states), observations, 5);
        let options = exactly(100, states);
        let made = fit(&bars, &options).expect("a fit").iterations;
        let id = BenchmarkId::from_parameter(format!("{observations}x{states}, {made} made"));
        group.bench_function(id, |bencher| bencher.iter(|| fit(black_box(&bars), &options)));
    }
    group.finish();
}

fn steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("filter_step");
    for states in [3, 10] {
        let (_, bars) = simulate(&truth(states), 1_000, 5);
        group.throughput(Throughput::Elements(1_000));
        group.bench_function(BenchmarkId::from_parameter(states), |bencher| {
            bencher.iter(|| {
                let mut filter = Filter::new(&truth(states));
                for t in 0..1_000 {
                    black_box(filter.step(bars.row(t).expect("no bar is missing")).expect("finite"));
                }
            });
        });
    }
    group.finish();
}

fn histories(
    count: usize,
    sessions: usize,
    schedule: Schedule,
    refit: &Refit,
) -> BTreeMap<Instrument, InstrumentHistory> {
    let one = |number: usize| {
        let (_, observations) = simulate(&truth(3), sessions, number as u64);
        let fit = FitOptions {
            max_iterations: 100,
            tolerance: 1e-7,
            ..FitOptions::new(3).with_starts(Start::first(3))
        };
        let options =
            WalkOptions { schedule, refit: refit.clone(), missing: Missing::Refuse, ..WalkOptions::new(fit) };
        let sessions =
            (0..sessions as i32).map(|t| Session::from_number(18_000 + t / 5 * 7 + t % 5)).collect();
        (Instrument::new(&format!("{number}")), InstrumentHistory { sessions, observations, options })
    };
    (0..count).map(one).collect()
}

fn walks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("six_instruments_1252_sessions");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    let warm = Refit::Warm { fresh: vec![Start::VolatilityBins] };
    for (name, schedule, refit) in [
        ("daily, warm", Schedule::Daily, &warm),
        ("daily, cold", Schedule::Daily, &Refit::Cold),
        ("monthly, cold", Schedule::Monthly, &Refit::Cold),
    ] {
        let histories = histories(6, 1_252, schedule, refit);
        let requested = histories.keys().cloned().collect::<Vec<_>>();
        group.bench_function(name, |bencher| {
            bencher.iter(|| walk_each(black_box(&requested), &histories, &ModelCache::off()));
        });
    }
    let histories = histories(6, 1_252, Schedule::Monthly, &Refit::Cold);
    let requested = histories.keys().cloned().collect::<Vec<_>>();
    let cache = ModelCache::new(1 << 26);
    walk_each(&requested, &histories, &cache);
    group.bench_function("monthly, all cached", |bencher| {
        bencher.iter(|| walk_each(black_box(&requested), &histories, &cache));
    });
    group.finish();
}

criterion_group!(benches, fits, steps, walks);
criterion_main!(benches);
