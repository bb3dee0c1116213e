//! Orders of every type through single sessions, by hand.

#![allow(clippy::unwrap_used, reason = "what a test can't have is its failure")]

mod markets;

use backstaff_panel::{Column, Panel};
use backstaff_portfolio::{
    Costs, Decision, Exchange, Execution, Ledger, Market, Order, OrderId,
    OrderType::{self, Limit, MarketOnClose, MarketOnOpen, Stop},
    Quantity::{self, CashShare, Exit, Shares, Weight},
    Rates, Unfilled, VolumeCap, VolumeOf,
};
use markets::panel;

const N: f64 = f64::NAN;

/// One instrument whose sessions are open, high, low, close.
fn bars(sessions: &[[f64; 4]]) -> Panel {
    let of = |at: usize| sessions.iter().map(|session| session[at]).collect::<Vec<_>>();
    let mut panel = panel(sessions.len(), &[("A", 0, &of(0), &of(3))]);
    panel.insert("high", Column::F64(of(1))).unwrap();
    panel.insert("low", Column::F64(of(2))).unwrap();
    panel
}

const FLAT: [f64; 4] = [100.0; 4];

fn order(quantity: Quantity, order_type: OrderType) -> Order {
    Order::new(0, quantity, order_type)
}

/// What became of orders: session, signed shares and price of each fill; session and reason of each shortfall.
#[derive(Debug, PartialEq, Default)]
struct Tape {
    fills: Vec<(usize, f64, f64)>,
    missed: Vec<(usize, Unfilled)>,
    waiting: usize,
}

/// Hand in each session's decision at its close and walk to the end, from 10,000 of cash.
fn walk_under(exchange: &Exchange, panel: &Panel, decisions: Vec<Decision>) -> Tape {
    let market = Market::new(panel).unwrap();
    let mut ledger = Ledger::new(&market, exchange, 0, 10_000.0).unwrap();
    let mut decisions = decisions.into_iter();
    loop {
        ledger.submit(decisions.next().unwrap_or(Decision::nothing()));
        if ledger.advance().is_none() {
            break;
        }
    }
    let position = |session| panel.axis().calendar().position(session).unwrap();
    let signed = |side| if side == backstaff_portfolio::Side::Buy { 1.0 } else { -1.0 };
    let fills = ledger.fills().iter();
    Tape {
        fills: fills.map(|f| (position(f.session), signed(f.side) * f.shares, f.price)).collect(),
        missed: ledger.shortfalls().iter().map(|s| (position(s.session), s.reason)).collect(),
        waiting: ledger.waiting().len(),
    }
}

fn walk(sessions: &[[f64; 4]], decisions: Vec<Vec<Order>>) -> Tape {
    let decisions = decisions.into_iter().map(Decision::from).collect();
    walk_under(&Exchange::default(), &bars(sessions), decisions)
}

/// A hundred shares bought in session 1 at 100, the given orders handed in at its close, the given session after it.
fn holding(next: [f64; 4], orders: Vec<Order>) -> Tape {
    walk(&[FLAT, FLAT, next], vec![vec![Order::market(0, Shares(100.0))], orders])
}

#[test]
fn the_open_and_the_close_can_be_asked_for_under_either_rule() {
    let session = [90.0, 110.0, 80.0, 105.0];
    for execution in [Execution::Open, Execution::Close] {
        let exchange = Exchange { execution, ..Exchange::default() };
        let orders = vec![order(Shares(1.0), MarketOnClose), order(Shares(1.0), MarketOnOpen)];
        let tape = walk_under(&exchange, &bars(&[FLAT, session]), vec![orders.into()]);
        assert_eq!(tape.fills, [(1, 1.0, 90.0), (1, 1.0, 105.0)]);
    }
}

#[test]
fn orders_of_one_moment_close_a_position_once() {
    let sold = |orders| holding(FLAT, orders).fills[1..].to_vec();
    assert_eq!(sold(vec![Order::market(0, Exit), Order::market(0, Exit)]), [(2, -100.0, 100.0)]);
    assert_eq!(sold(vec![Order::market(0, Exit), Order::market(0, Weight(0.2))]), [(2, -100.0, 100.0)]);
    let shares_first = vec![Order::market(0, Shares(-30.0)), Order::market(0, Exit)];
    assert_eq!(sold(shares_first), [(2, -30.0, 100.0), (2, -70.0, 100.0)]);

    let short = vec![Order::market(0, Shares(-50.0))];
    let covers = vec![Order::market(0, Exit), Order::market(0, Weight(0.0))];
    assert_eq!(walk(&[FLAT, FLAT, FLAT], vec![short, covers]).fills[1..], [(2, 50.0, 100.0)]);
}

#[test]
fn a_limit_buys_at_the_limit_or_at_a_lower_open_and_not_when_touched() {
    let buy = |session| walk(&[FLAT, session], vec![vec![order(Shares(10.0), Limit(95.0))]]);
    assert_eq!(buy([100.0, 101.0, 94.0, 99.0]).fills, [(1, 10.0, 95.0)]);
    assert_eq!(buy([93.0, 101.0, 92.0, 99.0]).fills, [(1, 10.0, 93.0)]);
    let touched = buy([100.0, 101.0, 95.0, 99.0]);
    assert_eq!((touched.fills.len(), touched.missed), (0, vec![(1, Unfilled::NotReached)]));
}

#[test]
fn a_limit_sells_at_the_limit_or_at_a_higher_open() {
    let sell = |session| holding(session, vec![order(Exit, Limit(105.0))]).fills[1..].to_vec();
    assert_eq!(sell([100.0, 106.0, 99.0, 100.0]), [(2, -100.0, 105.0)]);
    assert_eq!(sell([107.0, 108.0, 99.0, 100.0]), [(2, -100.0, 107.0)]);
    assert_eq!(sell([100.0, 105.0, 99.0, 100.0]), []);
}

#[test]
fn a_stop_sells_at_the_stop_or_at_a_gap_below_it() {
    let sell = |session| holding(session, vec![order(Exit, Stop(95.0))]).fills[1..].to_vec();
    assert_eq!(sell([100.0, 101.0, 95.0, 99.0]), [(2, -100.0, 95.0)]);
    assert_eq!(sell([90.0, 101.0, 89.0, 99.0]), [(2, -100.0, 90.0)]);
    assert_eq!(sell([100.0, 101.0, 95.5, 99.0]), []);
}

#[test]
fn a_stop_covers_a_short_at_the_stop_or_at_a_gap_above_it() {
    let short = vec![Order::market(0, Shares(-50.0))];
    let cover = |session| {
        walk(&[FLAT, FLAT, session], vec![short.clone(), vec![order(Exit, Stop(105.0))]]).fills[1..].to_vec()
    };
    assert_eq!(cover([100.0, 106.0, 99.0, 100.0]), [(2, 50.0, 105.0)]);
    assert_eq!(cover([111.0, 112.0, 99.0, 100.0]), [(2, 50.0, 111.0)]);
}

#[test]
fn of_a_stop_and_a_target_in_one_session_the_stop_counts() {
    let bracket = vec![order(Exit, Limit(105.0)), order(Exit, Stop(95.0))];
    let tape = holding([100.0, 110.0, 90.0, 100.0], bracket);
    assert_eq!(tape.fills[1..], [(2, -100.0, 95.0)]);
    assert_eq!(tape.missed, [(2, Unfilled::NothingToClose)]);
}

#[test]
fn what_is_bought_within_a_session_may_be_stopped_out_in_it_but_not_sold_at_its_target() {
    let orders = vec![
        order(Shares(10.0), Limit(95.0)),
        order(Exit, Stop(90.0)).until_cancelled(),
        order(Exit, Limit(105.0)).until_cancelled(),
    ];
    let through = walk(&[FLAT, [100.0, 110.0, 89.0, 100.0]], vec![orders.clone()]);
    assert_eq!(through.fills, [(1, 10.0, 95.0), (1, -10.0, 90.0)]);
    let target = walk(&[FLAT, [100.0, 110.0, 92.0, 100.0]], vec![orders]);
    assert_eq!((target.fills, target.waiting), (vec![(1, 10.0, 95.0)], 2));
}

#[test]
fn what_a_stop_has_opened_is_not_closed_at_a_price_from_before() {
    let breakout = |protection| {
        let orders = vec![order(Shares(10.0), Stop(105.0)), order(Exit, Stop(protection)).until_cancelled()];
        walk(&[FLAT, [100.0, 106.0, 99.0, 104.0]], vec![orders]).fills
    };
    assert_eq!(breakout(103.0), [(1, 10.0, 105.0), (1, -10.0, 103.0)]);
    assert_eq!(breakout(98.0), [(1, 10.0, 105.0)]);
}

#[test]
fn an_order_waits_until_it_is_filled_or_cancelled() {
    let buy = order(Shares(10.0), Limit(95.0)).until_cancelled();
    let low = [100.0, 100.0, 90.0, 100.0];
    let filled = walk(&[FLAT, FLAT, FLAT, low, low], vec![vec![buy]]);
    assert_eq!(filled, Tape { fills: vec![(3, 10.0, 95.0)], ..Tape::default() });
    let withdrawn = Decision { cancel: vec![OrderId(0), OrderId(7)], ..Decision::nothing() };
    let decisions = vec![vec![buy].into(), Decision::nothing(), withdrawn];
    let cancelled = walk_under(&Exchange::default(), &bars(&[FLAT, FLAT, FLAT, low, low]), decisions);
    assert_eq!(cancelled, Tape { missed: vec![(3, Unfilled::Cancelled)], ..Tape::default() });
    assert_eq!(walk(&[FLAT, FLAT], vec![vec![buy]]).waiting, 1);
}

#[test]
fn a_stop_cut_by_the_volume_sells_the_rest_at_the_market() {
    let mut panel = bars(&[FLAT, FLAT, [94.0, 96.0, 90.0, 92.0], [80.0; 4], [70.0; 4]]);
    panel.insert("volume", Column::F64(vec![1000.0, 1000.0, 60.0, 30.0, 1000.0])).unwrap();
    let volume_cap = Some(VolumeCap { share: 1.0, of: VolumeOf::Session });
    let exchange = Exchange { volume_cap, ..Exchange::default() };
    let orders = vec![
        vec![Order::market(0, Shares(100.0))].into(),
        vec![order(Exit, Stop(95.0)).until_cancelled()].into(),
    ];
    let tape = walk_under(&exchange, &panel, orders);
    assert_eq!(tape.fills[1..], [(2, -60.0, 94.0), (3, -30.0, 80.0), (4, -10.0, 70.0)]);
    assert_eq!(tape.missed, [(2, Unfilled::VolumeCap), (3, Unfilled::VolumeCap)]);
}

#[test]
fn orders_of_one_session_share_the_volume() {
    let mut panel = bars(&[FLAT, FLAT]);
    panel.insert("volume", Column::F64(vec![10.0; 2])).unwrap();
    let volume_cap = Some(VolumeCap { share: 1.0, of: VolumeOf::Session });
    let exchange = Exchange { volume_cap, ..Exchange::default() };
    let orders = vec![Order::market(0, Shares(7.0)), order(Shares(7.0), MarketOnClose)];
    let tape = walk_under(&exchange, &panel, vec![orders.into()]);
    assert_eq!(tape.fills.iter().map(|fill| fill.1).collect::<Vec<_>>(), [7.0, 3.0]);
    assert_eq!(tape.missed, [(1, Unfilled::VolumeCap)]);
}

#[test]
fn slippage_moves_a_stop_but_never_a_limit_beyond_its_price() {
    let exchange = Exchange { costs: Costs::per_side(0.0, 100.0), ..Exchange::default() };
    let buy = |order_type, session| {
        let tape =
            walk_under(&exchange, &bars(&[FLAT, session]), vec![vec![order(Shares(1.0), order_type)].into()]);
        tape.fills[0].2
    };
    assert_eq!(buy(Limit(95.0), [100.0, 100.0, 90.0, 95.0]), 95.0);
    assert_eq!(buy(Limit(95.0), [94.9, 95.0, 90.0, 95.0]), 95.0);
    assert_eq!(buy(Limit(95.0), [50.0, 95.0, 50.0, 95.0]), 50.5);
    assert_eq!(buy(Stop(102.0), [100.0, 103.0, 90.0, 95.0]), 102.0 * 1.01);
}

#[test]
fn trading_halt_keeps_a_waiting_order_and_ends_one_of_the_session() {
    let halt = [N; 4];
    let buy = order(Shares(10.0), Limit(95.0));
    let tape = walk(&[FLAT, halt, [94.0; 4]], vec![vec![buy, buy.until_cancelled()]]);
    assert_eq!((tape.fills, tape.missed), (vec![(2, 10.0, 94.0)], vec![(1, Unfilled::Halted)]));
    let market =
        walk(&[FLAT, halt, [94.0; 4]], vec![vec![Order::market(0, CashShare(0.5)).until_cancelled()]]);
    assert_eq!(market.missed, [(1, Unfilled::Halted)]);
    assert_eq!(market.fills.len(), 1);
}

#[test]
fn delisting_ends_a_waiting_order() {
    let mut panel = panel(4, &[("A", 0, &[100.0; 2], &[100.0; 2]), ("B", 0, &[1.0; 4], &[1.0; 4])]);
    panel.insert("low", Column::F64(vec![100.0, 100.0, 1.0, 1.0, 1.0, 1.0])).unwrap();
    let orders = vec![order(Shares(1.0), Limit(95.0)).until_cancelled()];
    let tape = walk_under(&Exchange::default(), &panel, vec![orders.into()]);
    assert_eq!(tape, Tape { missed: vec![(2, Unfilled::Delisted)], ..Tape::default() });
}

#[test]
fn a_protective_stop_ends_with_its_position() {
    let stop = order(Exit, Stop(50.0)).until_cancelled();
    let decisions = vec![vec![Order::market(0, Shares(1.0)), stop], vec![], vec![Order::market(0, Exit)]];
    let tape = walk(&[FLAT; 5], decisions);
    assert_eq!(tape.missed, [(3, Unfilled::NothingToClose)]);
    assert_eq!(tape.waiting, 0);
}

#[test]
fn price_limits_hold_at_stops_too() {
    let exchange = Exchange { price_limit: Some(Rates::constant(0.1)), ..Exchange::default() };
    let orders =
        |stop| vec![vec![Order::market(0, Shares(10.0))].into(), vec![order(Exit, Stop(stop))].into()];
    let next = [95.0, 95.0, 80.0, 80.0];
    let sold = walk_under(&exchange, &bars(&[FLAT, FLAT, next]), orders(92.0));
    assert_eq!(sold.fills[1], (2, -10.0, 92.0));
    let stuck = walk_under(&exchange, &bars(&[FLAT, FLAT, next]), orders(89.0));
    assert_eq!(stuck.missed, [(2, Unfilled::LimitDown)]);
}

#[test]
fn short_selling_is_the_exchanges_to_allow() {
    let exchange = Exchange { short_selling: false, ..Exchange::default() };
    let orders = vec![
        vec![Order::market(0, Weight(-0.5))].into(),
        vec![Order::market(0, Shares(5.0))].into(),
        vec![Order::market(0, Shares(-8.0))].into(),
    ];
    let tape = walk_under(&exchange, &bars(&[FLAT; 4]), orders);
    assert_eq!(tape.fills, [(2, 5.0, 100.0), (3, -5.0, 100.0)]);
    assert_eq!(tape.missed, [(1, Unfilled::ShortSelling), (3, Unfilled::ShortSelling)]);
}

#[test]
fn a_level_that_is_no_price_is_told() {
    let orders = vec![order(Shares(1.0), Limit(N)), order(Exit, Stop(-1.0)).until_cancelled()];
    assert_eq!(walk(&[FLAT, FLAT], vec![orders]).missed, [(1, Unfilled::NoLevel); 2]);
}

#[test]
fn without_highs_and_lows_the_open_and_close_are_the_range() {
    let panel = panel(2, &[("A", 0, &[100.0, 100.0], &[100.0, 90.0])]);
    let orders = vec![order(Shares(1.0), Limit(95.0)), order(Shares(1.0), Limit(89.0))];
    let tape = walk_under(&Exchange::default(), &panel, vec![orders.into()]);
    assert_eq!((tape.fills, tape.missed), (vec![(1, 1.0, 95.0)], vec![(1, Unfilled::NotReached)]));
}
