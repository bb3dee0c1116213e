//! Stops, targets and longest holding times: the ledger's orders beside a plain loop over one instrument, and by hand.

#![allow(clippy::unwrap_used, reason = "what a test can't have is its failure")]

mod markets;

use backstaff_panel::{Column, Panel, Signal, testing::noise};
use backstaff_portfolio::{
    Backtest, Decision, Exchange, Execution, Leavers, Market, Order, Protected, Protection, Quantity, Reason,
    Rebalance, Side, Strategy, Terms, Unfilled, View, VolumeCap, VolumeOf, backtest,
};
use markets::{everything, panel};
use proptest::prelude::*;

const N: f64 = f64::NAN;
const HALT: [f64; 4] = [N; 4];
const FLAT: [f64; 4] = [100.0; 4];

/// One instrument whose sessions are open, high, low, close.
fn bars(sessions: &[[f64; 4]]) -> Panel {
    let of = |at: usize| sessions.iter().map(|session| session[at]).collect::<Vec<_>>();
    let mut panel = panel(sessions.len(), &[("A", 0, &of(0), &of(3))]);
    panel.insert("high", Column::F64(of(1))).unwrap();
    panel.insert("low", Column::F64(of(2))).unwrap();
    panel
}

/// Holds a share of equity, bought anew at each decision at which nothing is held.
struct Hold(f64);

impl Strategy for Hold {
    fn name(&self) -> &'static str {
        "hold"
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        match view.holding(0) {
            Some(_) => Decision::nothing(),
            None => vec![Order::market(0, Quantity::Weight(self.0))].into(),
        }
    }
}

fn run_with(
    sessions: &[[f64; 4]],
    exchange: &Exchange,
    every: usize,
    strategy: Box<dyn Strategy>,
    protection: Protection,
) -> Backtest {
    let panel = bars(sessions);
    let market = Market::new(&panel).unwrap();
    let terms = Terms {
        initial_cash: 1e6,
        rebalance: Rebalance::EverySessions(every),
        signal_delay: 0,
        leavers: Leavers::Hold,
        sessions: 0..sessions.len(),
    };
    let signal = Signal::new("none", vec![N; sessions.len()]);
    let mut strategy = Protected::new(strategy, protection).unwrap();
    backtest(&market, &everything(&panel), exchange, &terms, &signal, &mut strategy).unwrap()
}

/// Session, side, price and reason of each trade.
type Tape = Vec<(usize, Side, f64, Reason)>;

fn tape(backtest: &Backtest) -> Tape {
    let position = |session| backtest.days.iter().position(|day| day.session == session).unwrap();
    let fills = backtest.fills.iter();
    fills.map(|fill| (position(fill.session), fill.side, fill.price, fill.reason)).collect()
}

/// Long half of the equity, with free trading at the open.
fn long(sessions: &[[f64; 4]], every: usize, protection: Protection) -> Tape {
    tape(&run_with(sessions, &Exchange::default(), every, Box::new(Hold(0.5)), protection))
}

const STOP: Protection =
    Protection { stop: Some(0.05), take_profit: None, trailing_stop: None, max_holding: None };
const BOTH: Protection =
    Protection { stop: Some(0.05), take_profit: Some(0.1), trailing_stop: None, max_holding: None };
const TRAIL: Protection =
    Protection { stop: None, take_profit: None, trailing_stop: Some(0.1), max_holding: None };
const BOUGHT: (usize, Side, f64, Reason) = (1, Side::Buy, 100.0, Reason::Rebalance);

#[test]
fn a_stop_sells_at_its_price_and_behind_a_gap_at_the_open() {
    let through = [100.0, 101.0, 94.0, 99.0];
    assert_eq!(long(&[FLAT, FLAT, through], 99, STOP), [BOUGHT, (2, Side::Sell, 95.0, Reason::Stop)]);
    let gap = [90.0, 92.0, 89.0, 91.0];
    assert_eq!(long(&[FLAT, FLAT, gap], 99, STOP), [BOUGHT, (2, Side::Sell, 90.0, Reason::Stop)]);
    let above = [100.0, 101.0, 95.01, 99.0];
    assert_eq!(long(&[FLAT, FLAT, above], 99, STOP), [BOUGHT]);
    let halted = [FLAT, FLAT, HALT, HALT, gap];
    assert_eq!(long(&halted, 99, STOP), [BOUGHT, (4, Side::Sell, 90.0, Reason::Stop)]);
}

#[test]
fn of_stop_and_target_in_one_bar_the_stop_counts() {
    let both = [100.0, 120.0, 90.0, 110.0];
    assert_eq!(long(&[FLAT, FLAT, both], 99, BOTH), [BOUGHT, (2, Side::Sell, 95.0, Reason::Stop)]);
    let up = [100.0, 112.0, 99.0, 111.0];
    let level = 100.0 * (1.0 + 0.1);
    assert_eq!(long(&[FLAT, FLAT, up], 99, BOTH), [BOUGHT, (2, Side::Sell, level, Reason::TakeProfit)]);
    let gap = [115.0, 116.0, 114.0, 115.0];
    assert_eq!(long(&[FLAT, FLAT, gap], 99, BOTH), [BOUGHT, (2, Side::Sell, 115.0, Reason::TakeProfit)]);
}

#[test]
fn a_stop_is_there_in_the_session_of_the_purchase() {
    let falls = [100.0, 100.0, 80.0, 85.0];
    assert_eq!(long(&[FLAT, falls, FLAT], 99, STOP), [BOUGHT, (1, Side::Sell, 95.0, Reason::Stop)]);
    // From the next session on the level hangs on the price that was paid, no longer on the close before.
    let tape = long(&[FLAT, [110.0; 4], [104.0; 4], [104.0, 104.0, 104.0, 104.0]], 99, STOP);
    let level = 104.0;
    assert_eq!(tape[1], (2, Side::Sell, level, Reason::Stop), "104 lies below 110 · 0.95 = 104.5: a gap");
}

#[test]
fn a_trailing_stop_follows_closes_and_never_goes_back() {
    let path = [FLAT, FLAT, [120.0; 4], [115.0; 4], [115.0, 115.0, 107.0, 110.0]];
    let level = 120.0 * (1.0 - 0.1);
    assert_eq!(long(&path, 99, TRAIL), [BOUGHT, (4, Side::Sell, level, Reason::TrailingStop)]);
}

#[test]
fn what_was_stopped_comes_back_with_the_next_decision_after_its_session() {
    let falls = [100.0, 100.0, 90.0, 100.0];
    let path = [FLAT, FLAT, falls, FLAT, FLAT, FLAT];
    let daily = long(&path, 1, STOP);
    assert_eq!(daily[1..], [(2, Side::Sell, 95.0, Reason::Stop), (4, Side::Buy, 100.0, Reason::Rebalance)]);
    let every_third = long(&path, 3, STOP);
    assert_eq!(every_third[2].0, 4, "decided at the close of session 3");
    let every_second = long(&path, 2, STOP);
    assert_eq!(every_second[2].0, 5, "the decision of session 2, in which it was stopped, does not buy it");
}

#[test]
fn a_longest_holding_counts_sessions_after_the_purchase() {
    let holding = |most| Protection { max_holding: Some(most), ..Protection::default() };
    let path = [FLAT; 9];
    for most in 1..4 {
        let sold = long(&path, 99, holding(most))[1];
        assert_eq!(sold, (1 + most, Side::Sell, 100.0, Reason::MaxHolding));
    }
    let mut halted = path;
    halted[3] = HALT;
    assert_eq!(long(&halted, 99, holding(2))[1].0, 4, "nothing trades in session 3");
}

#[test]
fn orders_that_were_not_needed_are_no_shortfalls_and_those_that_were_are() {
    let path = [FLAT, FLAT, [103.0; 4], [104.0; 4], [90.0, 90.0, 85.0, 88.0], FLAT];
    let protection = Protection { trailing_stop: Some(0.2), ..BOTH };
    let free = run_with(&path, &Exchange::default(), 99, Box::new(Hold(0.5)), protection);
    assert_eq!(free.shortfalls, []);
    let cap =
        Exchange { volume_cap: Some(VolumeCap { share: 0.5, of: VolumeOf::Session }), ..Exchange::default() };
    let mut panel = bars(&path);
    panel.insert("volume", Column::F64(vec![1e5, 1e5, 1e5, 1e5, 2e3, 1e5])).unwrap();
    let market = Market::new(&panel).unwrap();
    let terms = Terms {
        initial_cash: 1e6,
        rebalance: Rebalance::EverySessions(1),
        signal_delay: 0,
        leavers: Leavers::Hold,
        sessions: 0..path.len(),
    };
    let mut strategy = Protected::new(Box::new(Hold(0.5)), protection).unwrap();
    let signal = Signal::new("none", vec![N; path.len()]);
    let capped = backtest(&market, &everything(&panel), &cap, &terms, &signal, &mut strategy).unwrap();
    let reasons = capped.shortfalls.iter().map(|missed| missed.reason).collect::<Vec<_>>();
    assert_eq!(reasons, [Unfilled::VolumeCap]);
    let sold = capped.fills.iter().filter(|fill| fill.side == Side::Sell);
    let sold = sold.map(|fill| (fill.shares, fill.price, fill.reason)).collect::<Vec<_>>();
    assert_eq!(sold, [(1e3, 90.0, Reason::Stop), (4e3, 100.0, Reason::Stop)], "the rest at the next open");
}

/// Random bars: gaps, long shadows, halts.
fn nasty(seed: u64, n: usize) -> Vec<[f64; 4]> {
    let mut close = 100.0_f64;
    (0..n as u64)
        .map(|t| {
            let of = |what: u64| noise(&[seed, t, what]);
            if of(0) < 0.1 {
                return HALT;
            }
            let gap = if of(1) < 0.2 { 0.3 * (of(2) - 0.5) } else { 0.02 * (of(2) - 0.5) };
            let open = (close * (1.0 + gap)).max(1.0);
            close = (open * (1.0 + 0.12 * (of(3) - 0.5))).max(1.0);
            let high = open.max(close) * (1.0 + if of(4) < 0.3 { 0.1 * of(5) } else { 0.0 });
            let low = open.min(close) * (1.0 - if of(6) < 0.3 { 0.1 * of(7) } else { 0.0 });
            [open, high, low, close]
        })
        .collect()
}

/// What protects the position of the twin in the next session.
#[derive(Clone, Copy)]
struct Levels {
    stop: Option<(f64, Reason)>,
    target: Option<f64>,
}

fn levels(rules: Protection, side: f64, price: f64, best: f64) -> Levels {
    let fixed = rules.stop.map(|share| price * (1.0 + -share * side));
    let trailing = rules.trailing_stop.map(|share| best * (1.0 + -share * side));
    let stop = match (fixed, trailing) {
        (Some(fixed), Some(trailing)) if (trailing - fixed) * side > 0.0 => {
            Some((trailing, Reason::TrailingStop))
        }
        (Some(fixed), _) => Some((fixed, Reason::Stop)),
        (None, trailing) => trailing.map(|trailing| (trailing, Reason::TrailingStop)),
    };
    Levels { stop, target: rules.take_profit.map(|share| price * (1.0 + share * side)).filter(|&t| t > 0.0) }
}

/// The trades of [`Hold`] with protection, by a plain loop that knows no orders.
fn twin(bars: &[[f64; 4]], side: f64, every: usize, rules: Protection, at: Execution) -> Tape {
    let (entry_side, exit_side) = if side > 0.0 { (Side::Buy, Side::Sell) } else { (Side::Sell, Side::Buy) };
    let mut tape = Tape::new();
    // Since when, price paid, best close.
    let mut position: Option<(usize, f64, f64)> = None;
    let (mut wants_entry, mut wants_exit) = (true, false);
    let mut in_force = levels(rules, side, bars[0][3], bars[0][3]);
    for (t, &[open, high, low, close]) in bars.iter().enumerate().skip(1) {
        let trades = !open.is_nan();
        let mut closed_by_protection = false;
        for moment in [Execution::Open, Execution::Close] {
            let price = if moment == Execution::Open { open } else { close };
            if trades && moment == at && wants_exit && position.is_some() {
                tape.push((t, exit_side, price, Reason::MaxHolding));
                (position, closed_by_protection) = (None, true);
            } else if trades && moment == at && wants_entry {
                tape.push((t, entry_side, price, Reason::Rebalance));
                position = Some((t, price, price));
            }
            let Some((since, paid, _)) = position else { continue };
            if moment == Execution::Close || !trades {
                continue;
            }
            // What was bought at this open can't have had a price from before.
            let first = if since == t { paid } else { open };
            let is_below = |price: f64, level: f64| (price - level) * side <= 0.0;
            let (adverse, favourable) = if side > 0.0 { (low, high) } else { (high, low) };
            let worse = |a: f64, b: f64| if side > 0.0 { a.min(b) } else { a.max(b) };
            let exit = match in_force {
                Levels { stop: Some((level, reason)), .. } if is_below(adverse, level) => {
                    Some((worse(first, level), reason))
                }
                Levels { target: Some(level), .. } if (open - level) * side >= 0.0 => {
                    Some((open, Reason::TakeProfit))
                }
                Levels { target: Some(level), .. } if (favourable - level) * side > 0.0 => {
                    Some((level, Reason::TakeProfit))
                }
                _ => None,
            };
            if let Some((price, reason)) = exit {
                tape.push((t, exit_side, price, reason));
                (position, closed_by_protection) = (None, true);
            }
        }
        if let Some((_, _, best)) = &mut position
            && trades
            && (close - *best) * side > 0.0
        {
            *best = close;
        }
        wants_entry = position.is_none() && t % every == 0 && !closed_by_protection;
        wants_exit =
            position.is_some_and(|(since, ..)| rules.max_holding.is_some_and(|most| t + 1 - since >= most));
        match position {
            Some((_, paid, best)) => in_force = levels(rules, side, paid, best),
            None if trades => in_force = levels(rules, side, close, close),
            // Without a price there is nothing to measure from until the purchase is known.
            None => in_force = Levels { stop: None, target: None },
        }
    }
    tape
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn the_ledger_trades_as_the_plain_loop(
        seed in any::<u64>(),
        every in 1..8_usize,
        is_short in any::<bool>(),
        at_close in any::<bool>(),
        stop in prop::option::of(0.01..0.2_f64),
        take_profit in prop::option::of(0.01..0.3_f64),
        trailing_stop in prop::option::of(0.01..0.2_f64),
        max_holding in prop::option::of(1..9_usize),
    ) {
        let mut bars = nasty(seed, 60);
        bars[0] = FLAT;
        let rules = Protection { stop, take_profit, trailing_stop, max_holding };
        let side = if is_short { -1.0 } else { 1.0 };
        let execution = if at_close { Execution::Close } else { Execution::Open };
        let exchange = Exchange { execution, ..Exchange::default() };
        // A share so small that no loss of a short position uses up the account.
        let ledger = run_with(&bars, &exchange, every, Box::new(Hold(0.01 * side)), rules);
        let expected = twin(&bars, side, every, rules, execution);
        prop_assert_eq!(tape(&ledger), expected);
        prop_assert!(ledger.shortfalls.iter().all(|missed| missed.reason == Unfilled::Halted));
    }
}
