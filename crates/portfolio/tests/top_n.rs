//! Top-n portfolios: caps, weights, exposure, cohorts, impact; by hand and for any market.

#![allow(clippy::unwrap_used, reason = "what a test can't have is its failure")]

mod markets;

use std::collections::BTreeMap;

use backstaff_panel::{Panel, Signal};
use backstaff_portfolio::{
    Backtest, Costs, Exchange, Exposure, GroupCap, Guide, Leavers, Market, Quantity, Rebalance, Risk,
    Strategy, Terms, Timeline, TopN, Unfilled, VolumeCap, VolumeOf, Weights, backtest, backtest_cohorts,
};
use markets::{any_case, everything, exposures, groups, history, members, panel, scores, top_n};
use proptest::prelude::*;

const FLAT: [f64; 6] = [10.0; 6];

/// Four instruments at a price of 10 for six sessions.
fn flat() -> Panel {
    let names = ["A", "B", "C", "D"];
    panel(6, &names.map(|name| (name, 0, FLAT.as_slice(), FLAT.as_slice())))
}

/// One score an instrument in each session, from the first instrument to the last.
fn signal(by_session: [[f64; 4]; 6]) -> Signal {
    let scores = (0..4).flat_map(|i| by_session.map(|scores| scores[i]));
    Signal::new("given", scores.collect())
}

fn run(panel: &Panel, exchange: &Exchange, every: usize, signal: &Signal, mut strategy: TopN) -> Backtest {
    let terms = Terms {
        initial_cash: 1000.0,
        rebalance: Rebalance::EverySessions(every),
        signal_delay: 0,
        leavers: Leavers::Sell,
        sessions: 0..6,
    };
    backtest(&Market::new(panel).unwrap(), &everything(panel), exchange, &terms, signal, &mut strategy)
        .unwrap()
}

/// The values held at the close of a day, by instrument.
fn book(backtest: &Backtest, day: u32) -> BTreeMap<String, f64> {
    let held = backtest.positions.iter().filter(|position| position.day == day);
    let name = |i: u32| backtest.instruments[i as usize].to_string();
    held.map(|position| (name(position.instrument), position.value.round())).collect()
}

fn held(pairs: &[(&str, f64)]) -> BTreeMap<String, f64> {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value)).collect()
}

const RISING: [f64; 4] = [4.0, 3.0, 2.0, 1.0];
const TURNED: [f64; 4] = [1.0, 4.0, 3.0, 2.0];

#[test]
fn a_position_is_kept_within_the_band() {
    let falls = signal([RISING, TURNED, TURNED, [3.0, 4.0, 2.5, 1.0], TURNED, TURNED]);
    let keep_3 = TopN::new(2).unwrap().keep(3).unwrap();
    let result = run(&flat(), &Exchange::default(), 1, &falls, keep_3);
    assert_eq!(book(&result, 1), held(&[("A", 500.0), ("B", 500.0)]));
    // A is fourth of four now: sold for C, at the open after.
    assert_eq!(book(&result, 2), held(&[("B", 500.0), ("C", 500.0)]));
    // A is second again, C third and within the band: it stays.
    assert_eq!(book(&result, 4), held(&[("B", 500.0), ("C", 500.0)]));
    let anew = run(&flat(), &Exchange::default(), 1, &falls, TopN::new(2).unwrap());
    assert_eq!(book(&anew, 4), held(&[("A", 500.0), ("B", 500.0)]));
    assert!(TopN::new(2).unwrap().keep(1).is_err());
}

#[test]
fn weights_follow_place_rank_score_and_risk_and_stay_below_their_cap() {
    let panel = flat();
    let always = signal([RISING; 6]);
    let values = |weights: Weights, most: f64| {
        let top = TopN::new(3).unwrap().weights(weights, most).unwrap();
        book(&run(&panel, &Exchange::default(), 9, &always, top), 1).into_values().collect::<Vec<_>>()
    };
    assert_eq!(values(Weights::Rank, 1.0), [500.0, 333.0, 167.0]);
    assert_eq!(values(Weights::Score, 1.0), [444.0, 333.0, 222.0]);
    assert_eq!(values(Weights::Steps(vec![(1, 3.0), (2, 1.0)]), 1.0), [600.0, 200.0, 200.0]);
    assert_eq!(values(Weights::Steps(vec![(1, 3.0), (2, 1.0)]), 0.4), [400.0, 300.0, 300.0]);
    let risk = [0.1, 0.4, f64::NAN, 0.01].into_iter().flat_map(|risk| [risk; 6]).collect();
    let risk = Risk::new(Guide::new(panel.axis(), risk).unwrap(), 0.2).unwrap();
    let top = TopN::new(3).unwrap().weights(Weights::InverseRisk(risk), 1.0).unwrap();
    let result = run(&panel, &Exchange::default(), 9, &always, top);
    // Floors of 0.2 for A and D, none for C.
    assert_eq!(book(&result, 1), held(&[("A", 400.0), ("B", 200.0), ("D", 400.0)]));
    assert_eq!((result.notes.len(), result.notes[0].count), (1, 1));
    for bad in [vec![], vec![(0, 1.0)], vec![(2, 1.0), (1, 1.0)], vec![(1, f64::NAN)]] {
        assert!(TopN::new(3).unwrap().weights(Weights::Steps(bad), 1.0).is_err());
    }
}

#[test]
fn full_groups_leave_places_empty_and_are_counted() {
    let panel = flat();
    let groups = [0_u32, 0, 0, 1].into_iter().flat_map(|group| [group; 6]).collect();
    let cap = GroupCap { groups: Guide::new(panel.axis(), groups).unwrap(), most: 1 };
    let top = TopN::new(3).unwrap().at_most_per(cap).unwrap();
    let result = run(&panel, &Exchange::default(), 2, &signal([RISING; 6]), top);
    assert_eq!(book(&result, 1), held(&[("A", 500.0), ("D", 500.0)]));
    assert_eq!(
        (result.notes[0].what, result.notes[0].count),
        ("decisions held fewer than n because groups were full", 3)
    );
}

#[test]
fn the_exposure_of_a_session_is_traded_in_the_next_one() {
    let panel = flat();
    let shares = vec![f64::NAN, 1.0, 0.5, 0.45, 0.0, 0.8];
    let exposure = || Exposure::new(Timeline::new(panel.axis(), shares.clone()).unwrap(), 0.1).unwrap();
    let top = TopN::new(2).unwrap().exposure(exposure());
    let result = run(&panel, &Exchange::default(), 99, &signal([RISING; 6]), top);
    let invested = result.days.iter().map(|day| day.long.round()).collect::<Vec<_>>();
    // The first decision knows no exposure; a change by 0.05 is too small.
    assert_eq!(invested, [0.0, 1000.0, 1000.0, 500.0, 500.0, 0.0]);
    assert_eq!(result.next.weights_after.values().sum::<f64>(), 0.8);
    assert_eq!(result.notes[0].count, 1);
}

#[test]
fn what_cannot_be_sold_keeps_its_place() {
    let halted = [10.0, 10.0, f64::NAN, f64::NAN, 10.0, 10.0];
    let mut lives = ["A", "B", "C", "D"].map(|name| (name, 0, FLAT.as_slice(), FLAT.as_slice()));
    lives[0] = ("A", 0, &halted, &halted);
    let panel = panel(6, &lives);
    let scores =
        signal([RISING, RISING, [f64::NAN, 1.0, 4.0, 3.0], [f64::NAN, 1.0, 4.0, 3.0], TURNED, TURNED]);
    let result = run(&panel, &Exchange::default(), 1, &scores, TopN::new(2).unwrap());
    // One place is left: C. When A trades again it is the last of four and goes.
    assert_eq!(book(&result, 3), held(&[("A", 500.0), ("C", 500.0)]));
    assert_eq!(book(&result, 5), held(&[("B", 500.0), ("C", 500.0)]));
    assert!(result.shortfalls.is_empty());
}

#[test]
fn impact_and_the_average_volume_need_a_past() {
    let mut panel = flat();
    panel.insert("volume", backstaff_panel::Column::F64(vec![100.0; 24])).unwrap();
    let impact = Exchange { costs: Costs { impact: 1.0, ..Costs::FREE }, ..Exchange::default() };
    let of = VolumeOf::Average;
    let capped = Exchange { volume_cap: Some(VolumeCap { share: 0.1, of }), ..Exchange::default() };
    for exchange in [impact, capped] {
        let result = run(&panel, &exchange, 1, &signal([RISING; 6]), TopN::new(1).unwrap());
        // Six closes make five returns; the calendar ends before there are any six.
        assert!(result.fills.is_empty());
        assert!(result.shortfalls.iter().all(|missed| missed.reason == Unfilled::UnknownLiquidity));
    }
}

#[test]
fn impact_is_the_volatility_times_the_root_of_the_share_of_the_volume() {
    let closes = [100.0, 110.0, 99.0, 108.9, 98.01, 107.811, 100.0, 100.0];
    let mut panel = panel(8, &[("A", 0, &closes, &closes)]);
    let volume = vec![1000.0; 8];
    panel.insert("volume", backstaff_panel::Column::F64(volume.clone())).unwrap();
    let market = Market::new(&panel).unwrap();
    let liquidity = market.liquidity(0, 6, 20).unwrap();
    let returns = [0.1, -0.1, 0.1, -0.1, 0.1_f64];
    let mean = returns.iter().sum::<f64>() / 5.0;
    let sd = (returns.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / 4.0).sqrt();
    let value = closes[..6].iter().sum::<f64>() / 6.0 * 1000.0;
    assert!((liquidity.volatility - sd).abs() < 1e-12 && (liquidity.value - value).abs() < 1e-9);
    let exchange =
        Exchange { costs: Costs { impact: 0.8, ..Costs::per_side(0.0, 10.0) }, ..Exchange::default() };
    let mut strategy = TopN::new(1).unwrap();
    let terms = Terms {
        initial_cash: 1000.0,
        rebalance: Rebalance::EverySessions(9),
        signal_delay: 0,
        leavers: Leavers::Sell,
        sessions: 5..8,
    };
    let signal = Signal::new("one", vec![1.0; 8]);
    let result = backtest(&market, &everything(&panel), &exchange, &terms, &signal, &mut strategy).unwrap();
    let expected = 100.0 * (1.001 + 0.8 * sd * (1000.0 / value).sqrt());
    assert!((result.fills[0].price - expected).abs() < 1e-9, "{} {expected}", result.fills[0].price);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Of the orders of every decision, and of the book where everything could be traded.
    #[test]
    fn caps_and_weights_are_never_exceeded(case in any_case()) {
        let panel = case.panel();
        let mut strategy = top_n(&panel, case.spec.seed, 2);
        let market = Market::new(&panel).unwrap();
        let signal = scores(&panel, case.spec.seed);
        let universe = members(&panel, case.spec.seed);
        let terms = Terms { rebalance: Rebalance::EverySessions(1), signal_delay: 0, ..case.terms.clone() };
        let result = backtest(&market, &universe, &case.exchange, &terms, &signal, &mut strategy).unwrap();
        let groups = groups(&panel, case.spec.seed);
        let calendar = panel.axis().calendar();
        let exposures = Timeline::new(panel.axis(), exposures(&panel, case.spec.seed));
        prop_assert!(exposures.is_ok());
        for decided in &result.decisions {
            let position = calendar.position(decided.session).unwrap();
            let day = result.days.iter().position(|day| day.session == decided.session).unwrap();
            let opened = |i: usize| !result.positions.iter()
                .any(|held| held.day as usize == day && held.instrument as usize == i);
            let mut count = BTreeMap::<u32, usize>::new();
            let mut sum = 0.0;
            for order in &decided.decision.orders {
                let Quantity::Weight(weight) = order.quantity else { continue };
                sum += weight;
                // A position that was left alone has no order; what is opened must fit all the same.
                prop_assert!(!opened(order.instrument) || weight <= 0.35);
                let row = panel.axis().row(order.instrument, position).unwrap();
                *count.entry(groups[row]).or_default() += 1;
            }
            prop_assert!(sum <= 1.0 + 1e-9);
            if decided.decision.max_positions == 4 {
                prop_assert!(count.values().all(|&count| count <= 2), "{:?}", count);
            }
        }
    }

    #[test]
    fn cohorts_sum_to_the_whole(case in any_case(), n in 1..4_usize, more in 0..5_usize) {
        let panel = case.panel();
        let market = Market::new(&panel).unwrap();
        let (signal, universe) = (scores(&panel, case.spec.seed), members(&panel, case.spec.seed));
        let every = n + more;
        let make = || -> Result<Box<dyn Strategy>, _> { Ok(case.strategy(&panel)) };
        let whole = backtest_cohorts(&market, &universe, &case.exchange, &case.terms, (n, every), &signal, make).unwrap();
        let mut parts = Vec::new();
        for cohort in 0..n {
            let terms = Terms {
                initial_cash: case.terms.initial_cash / n as f64,
                rebalance: Rebalance::Staggered { every, offset: cohort * every / n },
                ..case.terms.clone()
            };
            let mut strategy = case.strategy(&panel);
            parts.push(backtest(&market, &universe, &case.exchange, &terms, &signal, &mut *strategy).unwrap());
        }
        if n == 1 {
            prop_assert_eq!(history(&whole, whole.days.len()), history(&parts[0], parts[0].days.len()));
            return Ok(());
        }
        prop_assert_eq!(whole.cohorts.len(), n);
        prop_assert_eq!(whole.fills.len(), parts.iter().map(|part| part.fills.len()).sum::<usize>());
        for (t, day) in whole.days.iter().enumerate() {
            let equity = parts.iter().map(|part| part.days[t.min(part.days.len() - 1)].equity).sum::<f64>();
            prop_assert!((day.equity - equity).abs() <= 1e-9 * equity.abs().max(1.0));
            let cohorts = whole.cohorts.iter().map(|cohort| cohort[t]).sum::<f64>();
            prop_assert!((day.equity - cohorts).abs() <= 1e-9 * equity.abs().max(1.0));
            let held = whole.positions.iter().filter(|held| held.day as usize == t);
            let value = held.map(|held| held.value).sum::<f64>();
            prop_assert!((day.cash + value - day.equity).abs() <= 1e-6 * equity.abs().max(1.0) + 1e-6);
        }
        for pair in whole.fills.windows(2) {
            prop_assert!(pair[0].session <= pair[1].session);
        }
    }
}

#[test]
fn cohorts_take_turns() {
    let panel = flat();
    let market = Market::new(&panel).unwrap();
    let terms = Terms {
        initial_cash: 900.0,
        rebalance: Rebalance::EverySessions(1),
        signal_delay: 0,
        leavers: Leavers::Sell,
        sessions: 0..6,
    };
    // From the second session on B is the best.
    let signal = signal([RISING, TURNED, TURNED, TURNED, TURNED, TURNED]);
    let make = || -> Result<Box<dyn Strategy>, _> { Ok(Box::new(TopN::new(1)?)) };
    let run = |shape| {
        backtest_cohorts(&market, &everything(&panel), &Exchange::default(), &terms, shape, &signal, make)
    };
    let result = run((3, 3)).unwrap();
    assert_eq!(book(&result, 1), held(&[("A", 900.0)]));
    assert_eq!(book(&result, 2), held(&[("A", 600.0), ("B", 300.0)]));
    assert_eq!(book(&result, 3), held(&[("A", 300.0), ("B", 600.0)]));
    assert_eq!(book(&result, 4), held(&[("B", 900.0)]));
    assert!(run((4, 3)).is_err() && run((0, 3)).is_err());
}
