//! Top-k with dropout against an independent account of Qlib's rules, step by step.

#![allow(clippy::unwrap_used, reason = "what a test can't have is its failure")]

mod markets;

use std::collections::BTreeMap;

use backstaff_panel::{
    Panel, Signal,
    testing::{MarketSpec, market},
};
use backstaff_portfolio::{Book, Costs, Exchange, Leavers, Market, Rebalance, Terms, TopkDropout, backtest};
use markets::{everything, scores};
use proptest::prelude::*;

struct Rules {
    k: usize,
    n_drop: usize,
    hold_thresh: usize,
    risk_degree: f64,
    cost: f64,
    min_cost: f64,
}

/// Qlib's account: the equity at each close. A score that is missing is never bought, and a delisted
/// position is closed: our two differences.
fn account(panel: &Panel, signal: &Signal, rules: &Rules, initial_cash: f64) -> Vec<f64> {
    let axis = panel.axis();
    let price = |field: &str, i: usize, t: usize| {
        axis.row(i, t).map_or(f64::NAN, |row| panel.field(field).unwrap().get(row))
    };
    let mut cash = initial_cash;
    // Instrument: amount, price, sessions held.
    let mut book = BTreeMap::<usize, (f64, f64, usize)>::new();
    let mut equity = vec![cash];
    for t in 1..axis.n_sessions() {
        let score = |i: usize| axis.row(i, t - 1).map_or(f64::NAN, |row| signal.scores()[row]);
        let (sell, buy) =
            plan(axis.n_instruments(), &score, &book.keys().copied().collect::<Vec<_>>(), rules);
        // Qlib keeps what is delisted for ever; we close it, which the plan could not know.
        let gone = book.keys().copied().filter(|&i| axis.life(i).end <= t).collect::<Vec<_>>();
        for i in gone {
            let (amount, price, _) = book.remove(&i).unwrap();
            cash += amount * price;
        }
        let cost = |value: f64| (value * rules.cost).max(rules.min_cost);
        for i in sell {
            let Some(&(amount, _, count)) = book.get(&i) else { continue };
            let deal = price("open", i, t);
            if deal.is_nan() || count < rules.hold_thresh {
                continue;
            }
            cash += amount * deal - cost(amount * deal);
            book.remove(&i);
        }
        let mut value = cash * rules.risk_degree / buy.len() as f64;
        let tradable = buy.iter().filter(|&&i| !price("open", i, t).is_nan()).count() as f64;
        if tradable * (value + cost(value)) > cash {
            // DIFFERENCE: Qlib cuts the last purchase, we cut all of them alike.
            value = (cash / tradable - cost(value)).max(0.0);
        }
        for i in buy {
            let deal = price("open", i, t);
            if deal.is_nan() || value == 0.0 {
                continue;
            }
            cash -= value + cost(value);
            book.insert(i, (value / deal, deal, 0));
        }
        for (&i, held) in &mut book {
            let close = price("close", i, t);
            if !close.is_nan() {
                held.1 = close;
            }
            held.2 += 1;
        }
        equity.push(cash + book.values().map(|held| held.0 * held.1).sum::<f64>());
    }
    equity
}

/// Steps 1 to 4: what to sell and what to buy.
fn plan(n: usize, score: &dyn Fn(usize) -> f64, held: &[usize], rules: &Rules) -> (Vec<usize>, Vec<usize>) {
    if (0..n).all(|i| score(i).is_nan()) {
        return (Vec::new(), Vec::new());
    }
    let sorted = |mut list: Vec<usize>| {
        list.sort_by(|&a, &b| match (score(a).is_nan(), score(b).is_nan()) {
            (false, false) => score(b).partial_cmp(&score(a)).unwrap().then(a.cmp(&b)),
            (a_missing, b_missing) => a_missing.cmp(&b_missing).then(a.cmp(&b)),
        });
        list
    };
    let last = sorted(held.to_vec());
    let candidates = sorted((0..n).filter(|i| !held.contains(i) && !score(*i).is_nan()).collect());
    let room = (rules.n_drop + rules.k).saturating_sub(last.len());
    let today = candidates.into_iter().take(room).collect::<Vec<_>>();
    let comb = sorted(last.iter().chain(&today).copied().collect());
    let bottom = &comb[comb.len() - rules.n_drop.min(comb.len())..];
    let sell = last.iter().copied().filter(|i| bottom.contains(i)).collect::<Vec<_>>();
    let n_buy = (sell.len() + rules.k).saturating_sub(last.len());
    let buy = today.into_iter().take(n_buy).collect();
    (sell, buy)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn agrees_with_qlib(
        n_instruments in 5..25_usize, missing in 0.0..0.2, mortal in 0.0..0.6, seed: u64,
        k in 1..6_usize, drop in 0.0..1.0, hold_thresh in 1..4_usize, min_cost in 0.0..10.0,
    ) {
        let spec = MarketSpec { n_instruments, n_sessions: 60, missing, mortal, seed, ..MarketSpec::default() };
        let panel = market(spec);
        let n_drop = (drop * (k + 1) as f64) as usize;
        let rules = Rules { k, n_drop, hold_thresh, risk_degree: 0.95, cost: 0.0015, min_cost };
        let signal = scores(&panel, seed);
        let expected = account(&panel, &signal, &rules, 1e6);
        let costs = Costs { minimum_commission: min_cost, ..Costs::per_side(15.0, 0.0) };
        let terms = Terms {
            initial_cash: 1e6,
            rebalance: Rebalance::EverySessions(1),
            signal_delay: 0,
            leavers: Leavers::Hold,
            sessions: 0..panel.axis().n_sessions(),
        };
        let mut strategy =
            TopkDropout::new(k, n_drop).unwrap().hold_sessions(hold_thresh).risk_degree(0.95).unwrap().book(Book::Outgrowing);
        let exchange = Exchange { costs, ..Exchange::default() };
        let market = Market::new(&panel).unwrap();
        let result =
            backtest(&market, &everything(&panel), &exchange, &terms, &signal, &mut strategy).unwrap();
        for (day, expected) in result.days.iter().zip(&expected) {
            prop_assert!((day.equity / expected - 1.0).abs() < 1e-10, "{}: {} {expected}", day.session, day.equity);
        }
        prop_assert_eq!(result.days.len(), expected.len());
    }
}
