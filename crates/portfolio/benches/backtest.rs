//! Backtests of 500 instruments over three years, of a national market over thirteen, and of orders that wait.

#![allow(missing_docs, clippy::expect_used, reason = "criterion's macro makes the items; a bench may fail")]

use backstaff_panel::{
    Signal, Universe,
    testing::{MarketSpec, market},
};
use backstaff_portfolio::{
    Costs, Decision, EqualWeight, Exchange, GroupCap, Guide, Leavers, Market, Order, OrderType, Quantity,
    Rebalance, Risk, Strategy, Terms, TopN, TopkDropout, View, Weights, backtest, backtest_cohorts,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// The best 50 of 2,500 with a band, caps and inverse volatility, every month, in three cohorts.
fn market_wide(criterion: &mut Criterion) {
    let n_sessions = 3300;
    let panel = market(MarketSpec { n_instruments: 2500, n_sessions, ..MarketSpec::default() });
    let axis = panel.axis();
    let close = panel.field("close").expect("the generator makes closes").to_f64();
    let scores =
        (0..close.len()).map(|row| if row == 0 { f64::NAN } else { 1.0 - close[row] / close[row - 1] });
    let signal = Signal::new("reversal", scores.collect());
    let universe = Universe::new(vec![true; close.len()]);
    let market = Market::new(&panel).expect("the generator makes prices");
    let sectors = (0..close.len()).map(|row| (axis.instrument_of(row) % 20) as u32).collect::<Vec<_>>();
    let volatility = (0..close.len()).map(|row| 0.1 + (row % 7) as f64 / 10.0).collect();
    let guide = |values| Guide::new(axis, values).expect("one value a row");
    let risk = Risk::new(guide(volatility), 0.1).expect("valid");
    let groups = Guide::new(axis, sectors).expect("one value a row");
    let top = TopN::new(50).and_then(|top| top.keep(120)).expect("valid");
    let top = top.at_most_per(GroupCap { groups, most: 7 }).expect("valid");
    let top = top.weights(Weights::InverseRisk(risk), 0.05).expect("valid");
    let costs = Costs { impact: 0.7, ..Costs::per_side(1.5, 5.0) };
    let exchange = Exchange { costs, ..Exchange::default() };
    let terms = Terms {
        initial_cash: 1e9,
        rebalance: Rebalance::EverySessions(21),
        signal_delay: 0,
        leavers: Leavers::Sell,
        sessions: 0..n_sessions,
    };
    let mut group = criterion.benchmark_group("top_n");
    group.sample_size(10);
    for cohorts in [1, 3] {
        group.bench_function(format!("{cohorts}_cohorts/2500x3300"), |bencher| {
            bencher.iter(|| {
                let strategy = || -> Result<Box<dyn Strategy>, _> { Ok(Box::new(top.clone())) };
                let shape = (cohorts, 21);
                backtest_cohorts(&market, &universe, &exchange, &terms, shape, &signal, strategy)
            });
        });
    }
}

fn backtests(criterion: &mut Criterion) {
    let spec = MarketSpec { n_instruments: 500, n_sessions: 756, ..MarketSpec::default() };
    let panel = market(spec);
    let close = panel.field("close").expect("the generator makes closes").to_f64();
    // Yesterday's fall is as good an opinion as any, and differs between all instruments.
    let scores =
        (0..close.len()).map(|row| if row == 0 { f64::NAN } else { 1.0 - close[row] / close[row - 1] });
    let signal = Signal::new("reversal", scores.collect());
    let universe = Universe::new(vec![true; close.len()]);
    let market = Market::new(&panel).expect("the generator makes prices");
    let exchange = Exchange { costs: Costs::per_side(5.0, 5.0), ..Exchange::default() };
    let terms = |rebalance| Terms {
        initial_cash: 1e6,
        rebalance,
        signal_delay: 0,
        leavers: Leavers::Sell,
        sessions: 0..756,
    };
    let mut bench = |name: &str, rebalance, mut strategy: Box<dyn Strategy>| {
        let terms = terms(rebalance);
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| backtest(&market, &universe, &exchange, &terms, &signal, &mut *strategy));
        });
    };
    let topk = TopkDropout::new(50, 5).expect("valid");
    bench("topk_dropout/500x756", Rebalance::EverySessions(1), Box::new(topk));
    let equal = EqualWeight::new(0.0).expect("valid");
    bench("equal_weight_monthly/500x756", Rebalance::Monthly, Box::new(equal));
    bench("equal_weight_daily/500x756", Rebalance::EverySessions(1), Box::new(equal));
}

/// A strategy that decides about every instrument at every close: it buys a pull-back at a limit and protects what it holds
/// with a stop that waits. Elements are bars.
#[derive(Debug)]
struct PullBack;

impl Strategy for PullBack {
    fn name(&self) -> &'static str {
        "pull_back"
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        let n = view.n_instruments();
        let weight = Quantity::Weight(1.0 / n as f64);
        let mut orders = Vec::new();
        for i in 0..n {
            let (Some(bar), Some(before)) = (view.bar(i, 0), view.bar(i, 1)) else { continue };
            if view.holding(i).is_none() && bar.close > before.close {
                orders.push(Order::new(i, weight, OrderType::Limit(bar.close * 0.99)));
                let stop = OrderType::Stop(bar.close * 0.95);
                orders.push(Order::new(i, Quantity::Exit, stop).until_cancelled());
            }
        }
        orders.into()
    }
}

fn events(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("events");
    group.sample_size(10);
    for (n_instruments, n_sessions) in [(6, 5000), (50, 2500), (500, 756)] {
        let panel = market(MarketSpec { n_instruments, n_sessions, ..MarketSpec::default() });
        let n_rows = panel.axis().n_rows();
        let (universe, signal) =
            (Universe::new(vec![true; n_rows]), Signal::new("none", vec![f64::NAN; n_rows]));
        let market = Market::new(&panel).expect("the generator makes prices");
        let exchange = Exchange { costs: Costs::per_side(1.0, 2.0), ..Exchange::default() };
        let terms = Terms {
            initial_cash: 1e6,
            rebalance: Rebalance::EverySessions(1),
            signal_delay: 0,
            leavers: Leavers::Sell,
            sessions: 0..n_sessions,
        };
        group.throughput(Throughput::Elements(n_rows as u64));
        group.bench_function(format!("pull_back/{n_instruments}x{n_sessions}"), |bencher| {
            bencher.iter(|| backtest(&market, &universe, &exchange, &terms, &signal, &mut PullBack));
        });
    }
}

criterion_group!(benches, backtests, events, market_wide);
criterion_main!(benches);
