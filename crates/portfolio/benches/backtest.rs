//! A backtest of 500 instruments over three years.

#![allow(missing_docs, clippy::expect_used, reason = "criterion's macro makes the items; a bench may fail")]

use backstaff_panel::{
    Signal, Universe,
    testing::{MarketSpec, market},
};
use backstaff_portfolio::{
    Costs, EqualWeight, Exchange, Leavers, Market, Rebalance, Strategy, Terms, TopkDropout, backtest,
};
use criterion::{Criterion, criterion_group, criterion_main};

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

criterion_group!(benches, backtests);
criterion_main!(benches);
