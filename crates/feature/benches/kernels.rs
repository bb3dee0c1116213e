//! Nanoseconds a row of every kernel, on one core, beside a copy of the same rows as a yardstick.
//!
//! ```text
//! cargo bench -p backstaff-feature --bench kernels -- [NAME ...] [--rows 2700x3000] [--whole] [--json]
//! ```
//!
//! The rows are the returns of a synthetic market with 5 % missing (`--whole`: none), an index beside them; kernels get
//! them instrument by instrument, 64-bit in and out. Printed is the median over the instruments and three runs, so that a
//! busy machine disturbs little: nanoseconds a row, and the multiple of a copy of as many bytes as the kernel reads and
//! writes. Names pick kernels by their beginnings (`std`, `quantile/60`).

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::{hint::black_box, time::Instant};

use backstaff_feature::kernel::{Window, cross_section, pair, recursive, rolling};
use backstaff_panel::{Axis, Session, testing};

type Rolling = fn(&[f64], &[Session], Window, &mut [f64]);
type Paired = fn(&[f64], &[f64], &[Session], Window, &mut [f64]);
type Across = fn(&[f64], Option<&[u32]>, &mut cross_section::Scratch, &mut [f64]);

const ROLLING: &[(&str, Rolling, &[usize])] = &[
    ("mean", rolling::mean, &[5, 20, 60, 252]),
    ("sum", rolling::sum, &[20, 252]),
    ("count", rolling::count, &[20]),
    ("variance", rolling::variance, &[20, 252]),
    ("std", rolling::std, &[5, 20, 60, 252]),
    ("skew", rolling::skew, &[20, 60, 252]),
    ("kurt", rolling::kurt, &[20, 60, 252]),
    ("max", rolling::max, &[5, 20, 60, 252]),
    ("min", rolling::min, &[20]),
    ("idx_max", rolling::idx_max, &[5, 20, 60, 252]),
    ("median", rolling::median, &[5, 20, 60, 120, 252]),
    ("quantile", |x, s, w, out| rolling::quantile(x, s, w, 0.8, out), &[5, 20, 60, 120, 252]),
    ("rank", rolling::rank, &[5, 20, 60, 120, 252]),
    ("mad", rolling::mad, &[5, 20, 60, 252]),
    ("slope", rolling::slope, &[5, 20, 60, 252]),
    ("rsquare", rolling::rsquare, &[5, 20, 60, 252]),
    ("resi", rolling::resi, &[5, 20, 60, 252]),
    ("wma", rolling::wma, &[20, 60]),
];

const PAIRED: &[(&str, Paired, &[usize])] = &[
    ("correlation", pair::correlation, &[5, 20, 60, 252]),
    ("covariance", pair::covariance, &[20, 252]),
    ("beta", pair::beta, &[60, 252]),
    ("alpha", pair::alpha, &[60, 252]),
    ("residual_volatility", pair::residual_volatility, &[60, 252]),
];

const ACROSS: &[(&str, Across)] = &[
    ("cs_rank", cross_section::rank),
    ("cs_zscore", cross_section::zscore),
    ("cs_robust_zscore", cross_section::robust_zscore),
    ("cs_median", |x, groups, scratch, out| {
        cross_section::median(x, groups, 1, scratch, of_groups(groups, out));
    }),
    ("cs_mean", |x, groups, scratch, out| cross_section::mean(x, groups, 1, scratch, of_groups(groups, out))),
    ("cs_std", |x, groups, scratch, out| cross_section::std(x, groups, 1, scratch, of_groups(groups, out))),
];

const SECTORS: usize = 11;

/// Where the values of the groups go.
fn of_groups<'a>(groups: Option<&[u32]>, out: &'a mut [f64]) -> &'a mut [f64] {
    &mut out[..groups.map_or(1, |_| SECTORS)]
}

fn main() {
    let options = Options::parse();
    let market = Market::new(options.missing, options.size);
    let mut bench = Bench { out: vec![0.0; market.returns.len()], options, copy: 0.0, market };
    bench.copy = bench.ns(|rows, out| out.copy_from_slice(rows.x));
    bench.print("copy", bench.copy, 2);
    for &(name, kernel, lengths) in ROLLING {
        for &length in lengths {
            let kernel = |rows: Rows, out: &mut [f64]| kernel(rows.x, rows.sessions, window(length), out);
            bench.measure(&format!("{name}/{length}"), 2, kernel);
        }
    }
    for &(name, kernel, lengths) in PAIRED {
        for &length in lengths {
            let kernel =
                |rows: Rows, out: &mut [f64]| kernel(rows.x, rows.y, rows.sessions, window(length), out);
            bench.measure(&format!("{name}/{length}"), 3, kernel);
        }
    }
    bench.measure("ema_adjusted", 2, |rows, out| recursive::ema_adjusted(rows.x, 0.1, out));
    bench.measure("ema_first", 2, |rows, out| recursive::ema_first(rows.x, 0.1, out));
    // Any rows serve as those of a session.
    let sectors = (0..bench.options.size.1 as u32).map(|i| i % SECTORS as u32).collect::<Vec<_>>();
    for &(name, kernel) in ACROSS {
        for (kind, codes) in [("", None), ("_by_sector", Some(&sectors[..]))] {
            let mut scratch = cross_section::Scratch::default();
            bench.measure(&format!("{name}{kind}"), 2, |rows, out| kernel(rows.x, codes, &mut scratch, out));
        }
    }
}

fn window(length: usize) -> Window {
    Window::new(length, length.div_ceil(4).max(1)).expect("a valid window")
}

/// What was asked for on the command line.
struct Options {
    names: Vec<String>,
    size: (usize, usize),
    missing: f64,
    json: bool,
}

impl Options {
    fn parse() -> Self {
        let mut options = Self { names: Vec::new(), size: (2700, 3000), missing: 0.05, json: false };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--whole" => options.missing = 0.0,
                "--json" => options.json = true,
                "--rows" => {
                    let size = arguments.next().unwrap_or_default();
                    let size = size.split_once('x').map(|(n, t)| (n.parse(), t.parse()));
                    let Some((Ok(n), Ok(t))) = size else { panic!("--rows takes INSTRUMENTSxSESSIONS") };
                    options.size = (n, t);
                }
                // Cargo's own.
                "--bench" => {}
                name => options.names.push(name.to_owned()),
            }
        }
        options
    }
}

struct Bench {
    options: Options,
    market: Market,
    out: Vec<f64>,
    /// Nanoseconds a row of a copy.
    copy: f64,
}

impl Bench {
    /// `n_columns` are read or written.
    fn measure(&mut self, name: &str, n_columns: u32, kernel: impl FnMut(Rows, &mut [f64])) {
        let names = &self.options.names;
        if names.is_empty() || names.iter().any(|wanted| name.starts_with(wanted.as_str())) {
            let ns = self.ns(kernel);
            self.print(name, ns, n_columns);
        }
    }

    /// Nanoseconds a row: the median over instruments and three runs, after one to warm up.
    fn ns(&mut self, mut kernel: impl FnMut(Rows, &mut [f64])) -> f64 {
        let mut ns = Vec::new();
        for run in 0..4 {
            for i in 0..self.market.axis.n_instruments() {
                let out = &mut self.out[self.market.axis.rows(i)];
                let started = Instant::now();
                kernel(self.market.rows(i), out);
                black_box(&mut *out);
                let seconds = started.elapsed().as_secs_f64();
                ns.extend((run > 0).then_some(seconds * 1e9 / out.len() as f64));
            }
        }
        ns.sort_by(f64::total_cmp);
        ns[ns.len() / 2]
    }

    fn print(&self, name: &str, ns: f64, n_columns: u32) {
        let copies = ns / (self.copy * f64::from(n_columns) / 2.0);
        if self.options.json {
            println!("{{\"kernel\":\"{name}\",\"ns_per_row\":{ns:.3},\"copies\":{copies:.2}}}");
        } else {
            println!("{name:<28}{ns:>8.2} ns a row {copies:>8.1} copies");
        }
    }
}

/// The returns of every instrument, and an index's returns beside them.
struct Market {
    axis: std::sync::Arc<Axis>,
    returns: Vec<f64>,
    index: Vec<f64>,
}

impl Market {
    fn new(missing: f64, (n_instruments, n_sessions): (usize, usize)) -> Self {
        let mortal = 0.0;
        let spec = testing::MarketSpec {
            n_instruments,
            n_sessions,
            missing,
            mortal,
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
        Self { axis, returns, index }
    }

    fn rows(&self, i: usize) -> Rows<'_> {
        let rows = self.axis.rows(i);
        Rows { x: &self.returns[rows.clone()], y: &self.index[rows], sessions: self.axis.sessions(i) }
    }
}

/// One instrument's rows.
#[derive(Clone, Copy)]
struct Rows<'a> {
    x: &'a [f64],
    y: &'a [f64],
    sessions: &'a [Session],
}
