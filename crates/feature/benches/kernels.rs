//! Nanoseconds a row of every kernel, on one core, beside a copy of the same rows as a yardstick.
//!
//! The rows are those of a synthetic market with 5 % missing, 490 instruments of at most 1,728 sessions; `elements per
//! second` counts rows. `whole` kernels see the same market without a missing value.

use std::{hint::black_box, time::Duration};

use backstaff_feature::kernel::{Window, cross_section, pair, recursive, rolling};
use backstaff_panel::{Axis, Session, testing};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// The closes and returns of every instrument, and an index's returns beside them.
struct Market {
    axis: std::sync::Arc<Axis>,
    close: Vec<f64>,
    returns: Vec<f64>,
    index: Vec<f64>,
}

impl Market {
    fn new(missing: f64) -> Self {
        let spec = testing::MarketSpec {
            n_instruments: 490,
            n_sessions: 1_728,
            missing,
            mortal: 0.0,
            ..testing::MarketSpec::default()
        };
        let panel = testing::market(spec);
        let axis = panel.axis().clone();
        let close = panel.field("close").map(|column| column.to_f64()).expect("the market has closes");
        let mut returns = vec![f64::NAN; close.len()];
        let mut index = Vec::with_capacity(close.len());
        for i in 0..axis.n_instruments() {
            let rows = axis.rows(i);
            for row in rows.clone().skip(1) {
                returns[row] = close[row] / close[row - 1] - 1.0;
            }
            for (row, position) in rows.zip(axis.life(i)) {
                index.push(returns[position] * 0.7 + returns[row] * 0.3);
            }
        }
        Self { axis, close, returns, index }
    }

    /// One pass over all instruments.
    fn each(
        &self,
        x: &[f64],
        out: &mut [f64],
        mut kernel: impl FnMut(&[f64], &[f64], &[Session], &mut [f64]),
    ) {
        for i in 0..self.axis.n_instruments() {
            let rows = self.axis.rows(i);
            kernel(&x[rows.clone()], &self.index[rows.clone()], self.axis.sessions(i), &mut out[rows]);
        }
        black_box(out);
    }
}

fn window(length: usize) -> Window {
    Window::new(length, length.div_ceil(4).max(1)).expect("a valid window")
}

type Rolling = fn(&[f64], &[Session], Window, &mut [f64]);
type Paired = fn(&[f64], &[f64], &[Session], Window, &mut [f64]);

const ROLLING: [(&str, Rolling, &[usize]); 18] = [
    ("mean", rolling::mean, &[5, 20, 252]),
    ("sum", rolling::sum, &[20]),
    ("count", rolling::count, &[20]),
    ("variance", rolling::variance, &[20]),
    ("std", rolling::std, &[5, 20, 60, 252]),
    ("skew", rolling::skew, &[60]),
    ("kurt", rolling::kurt, &[60]),
    ("max", rolling::max, &[20, 252]),
    ("idx_max", rolling::idx_max, &[20, 60]),
    ("median", rolling::median, &[20, 60, 252]),
    ("quantile", |x, s, w, out| rolling::quantile(x, s, w, 0.8, out), &[20, 60, 252]),
    ("rank", rolling::rank, &[20, 60, 252]),
    ("mad", rolling::mad, &[20, 60]),
    ("slope", rolling::slope, &[20, 60]),
    ("rsquare", rolling::rsquare, &[20, 60]),
    ("resi", rolling::resi, &[20, 60]),
    ("wma", rolling::wma, &[20, 60]),
    ("min", rolling::min, &[20]),
];

const PAIRED: [(&str, Paired, &[usize]); 5] = [
    ("beta", pair::beta, &[60, 252]),
    ("correlation", pair::correlation, &[20, 60]),
    ("covariance", pair::covariance, &[20]),
    ("alpha", pair::alpha, &[252]),
    ("residual_volatility", pair::residual_volatility, &[252]),
];

fn kernels(criterion: &mut Criterion) {
    for (label, market) in [("490x1728", Market::new(0.05)), ("whole/490x1728", Market::new(0.0))] {
        let mut out = vec![0.0; market.close.len()];
        let mut group = criterion.benchmark_group(label);
        group.throughput(Throughput::Elements(out.len() as u64));
        group
            .sample_size(10)
            .warm_up_time(Duration::from_millis(100))
            .measurement_time(Duration::from_millis(300));
        group.bench_function("copy", |bencher| {
            bencher.iter(|| market.each(&market.returns, &mut out, |x, _, _, out| out.copy_from_slice(x)));
        });
        for (name, kernel, lengths) in ROLLING {
            for &length in lengths {
                group.bench_function(format!("rolling_{name}/{length}"), |bencher| {
                    bencher.iter(|| {
                        market.each(&market.returns, &mut out, |x, _, sessions, out| {
                            kernel(x, sessions, window(length), out);
                        });
                    });
                });
            }
        }
        for (name, kernel, lengths) in PAIRED {
            for &length in lengths {
                group.bench_function(format!("rolling_{name}/{length}"), |bencher| {
                    bencher.iter(|| {
                        market.each(&market.returns, &mut out, |x, y, sessions, out| {
                            kernel(x, y, sessions, window(length), out);
                        });
                    });
                });
            }
        }
        group.bench_function("ema_adjusted", |bencher| {
            bencher.iter(|| {
                market.each(&market.close, &mut out, |x, _, _, out| recursive::ema_adjusted(x, 0.1, out));
            });
        });
        group.bench_function("ema_first", |bencher| {
            bencher.iter(|| {
                market.each(&market.close, &mut out, |x, _, _, out| {
                    recursive::ema_first(x, 0.1, out);
                });
            });
        });
        cross_sections(&market, &mut group, &mut out);
    }
}

type Group<'a> = criterion::BenchmarkGroup<'a, criterion::measurement::WallTime>;
type Across = fn(&[f64], Option<&[u32]>, &mut cross_section::Scratch, &mut [f64]);

fn cross_sections(market: &Market, group: &mut Group, out: &mut [f64]) {
    const ACROSS: [(&str, Across); 4] = [
        ("rank", cross_section::rank),
        ("zscore", cross_section::zscore),
        ("robust_zscore", cross_section::robust_zscore),
        ("median", cross_section::median),
    ];
    let n = market.axis.n_instruments();
    let sectors = (0..n as u32).map(|i| i % 11).collect::<Vec<_>>();
    // Any rows serve as sessions: these hold the returns of one instrument.
    for (name, kernel) in ACROSS {
        for (kind, codes) in [("", None), ("_by_sector", Some(&sectors[..]))] {
            let mut scratch = cross_section::Scratch::default();
            group.bench_function(format!("cross_section_{name}{kind}"), |bencher| {
                bencher.iter(|| {
                    for (values, out) in market.returns.chunks_exact(n).zip(out.chunks_exact_mut(n)) {
                        kernel(values, codes, &mut scratch, out);
                    }
                    black_box(&mut *out);
                });
            });
        }
    }
}

criterion_group!(benches, kernels);
criterion_main!(benches);
