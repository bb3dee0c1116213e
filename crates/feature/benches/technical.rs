//! The whole library of technical indicators, cold, on a panel of the size of the bundled one.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use backstaff_feature::{Catalog, Plan, Schema};
use backstaff_panel::{
    Encoding,
    testing::{MarketSpec, market},
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn technical(criterion: &mut Criterion) {
    let spec = MarketSpec {
        n_instruments: 490,
        n_sessions: 1728,
        mortal: 0.05,
        encoding: Encoding::F32,
        ..MarketSpec::default()
    };
    let panel = market(spec);
    let catalog = Catalog::new().with_library("technical").expect("it comes with the crate");
    let features = catalog.resolve(&["technical"], &Schema::of(&panel)).expect("the market has all columns");
    println!("{}", Plan::new(&features).explain());
    // The rows by session are an index of the panel, not part of the features.
    panel.axis().by_session();

    let mut group = criterion.benchmark_group("technical");
    group.sample_size(10);
    group.throughput(Throughput::Elements((panel.axis().n_rows() * features.len()) as u64));
    for threads in [1, 2] {
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
        group.bench_function(format!("490x1728 on {threads} threads"), |bencher| {
            pool.install(|| bencher.iter(|| Plan::new(&features).compute(&panel, Encoding::F32, &())));
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("one feature");
    group.sample_size(10);
    group.throughput(Throughput::Elements(panel.axis().n_rows() as u64));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("threads can be started");
    for feature in &features {
        let plan = Plan::new(std::slice::from_ref(feature));
        group.bench_function(feature.name(), |bencher| {
            pool.install(|| bencher.iter(|| plan.compute(&panel, Encoding::F32, &())));
        });
    }
    group.finish();
}

criterion_group!(benches, technical);
criterion_main!(benches);
