//! What the ledger does in each event of a market's life, by hand.

#![allow(clippy::unwrap_used, reason = "what a test can't have is its failure")]

mod markets;

use backstaff_panel::{
    Column, Panel, Signal, Universe,
    testing::{MarketSpec, market},
};
use backstaff_portfolio::{
    Backtest, BuyAndHold, Costs, Day, Decision, EqualWeight, Exchange, Leavers, Ledger, Market, Order,
    PortfolioError, QuantileLongShort, Quantity, Rates, Rebalance, Recovery, RulesCaveat, Strategy,
    TargetWeights, Terms, TopkDropout, Unfilled, View, VolumeCap, VolumeOf, backtest,
};
use markets::{everything, panel, scores};

const N: f64 = f64::NAN;

fn terms(n_sessions: usize) -> Terms {
    Terms {
        initial_cash: 1000.0,
        rebalance: Rebalance::EverySessions(1),
        signal_delay: 0,
        leavers: Leavers::Sell,
        sessions: 0..n_sessions,
    }
}

fn no_signal(panel: &Panel) -> Signal {
    Signal::new("none", vec![N; panel.axis().n_rows()])
}

fn run(
    panel: &Panel,
    exchange: &Exchange,
    terms: &Terms,
    signal: &Signal,
    strategy: &mut dyn Strategy,
) -> Backtest {
    backtest(&Market::new(panel).unwrap(), &everything(panel), exchange, terms, signal, strategy).unwrap()
}

fn hold_a(panel: &Panel, exchange: &Exchange) -> Backtest {
    let terms = terms(panel.axis().n_sessions());
    run(panel, exchange, &terms, &no_signal(panel), &mut BuyAndHold::new("A".into()))
}

fn equity(backtest: &Backtest) -> Vec<f64> {
    backtest.days.iter().map(|day| day.equity).collect()
}

fn reasons(backtest: &Backtest) -> Vec<Unfilled> {
    backtest.shortfalls.iter().map(|missed| missed.reason).collect()
}

fn ordered(
    panel: &Panel,
    exchange: &Exchange,
    orders: &[(usize, Quantity)],
) -> (Day, Vec<Unfilled>, Vec<f64>) {
    let market = Market::new(panel).unwrap();
    let mut ledger = Ledger::new(&market, exchange, 0, 1000.0).unwrap();
    let orders = orders.iter().map(|&(instrument, quantity)| Order::market(instrument, quantity));
    ledger.submit(orders.collect::<Vec<_>>().into());
    let day = ledger.advance().unwrap();
    let reasons = ledger.shortfalls().iter().map(|missed| missed.reason).collect();
    (day, reasons, ledger.fills().iter().map(|fill| fill.shares).collect())
}

#[test]
fn buys_at_the_open_after_the_signal() {
    let panel = panel(4, &[("A", 0, &[1.0, 20.0, 30.0, 40.0], &[10.0, 25.0, 35.0, 50.0])]);
    let result = hold_a(&panel, &Exchange::default());
    // 1000 buys 50 shares at 20.
    assert_eq!(equity(&result), vec![1000.0, 1250.0, 1750.0, 2500.0]);
    assert_eq!(result.fills.len(), 1);
}

#[test]
fn or_at_the_close_after_it() {
    let panel = panel(3, &[("A", 0, &[1.0, 20.0, 30.0], &[10.0, 25.0, 35.0])]);
    let exchange = Exchange { execution: backstaff_portfolio::Execution::Close, ..Exchange::default() };
    assert_eq!(equity(&hold_a(&panel, &exchange)), vec![1000.0, 1000.0, 1400.0]);
}

#[test]
fn delisting_pays_the_last_traded_close_or_what_is_stated() {
    // A trades for three sessions, then a halt, then it is gone.
    let panel =
        panel(6, &[("A", 0, &[10.0, 10.0, 10.0, N], &[10.0, 10.0, 20.0, N]), ("B", 0, &[1.0; 6], &[1.0; 6])]);
    let result = hold_a(&panel, &Exchange::default());
    assert_eq!(equity(&result), vec![1000.0, 1000.0, 2000.0, 2000.0, 2000.0, 2000.0]);
    assert_eq!(result.delistings.len(), 1);
    assert_eq!(result.delistings[0].session, panel.axis().calendar().session(4));
    assert_eq!(result.days[4].cash, 2000.0);
    let recovery = Recovery { stated: [("A".into(), 0.25)].into(), ..Recovery::default() };
    let result = hold_a(&panel, &Exchange { recovery, ..Exchange::default() });
    assert_eq!(equity(&result)[4], 500.0);
    assert_eq!(result.days[4].delisting_loss, 1500.0);
}

#[test]
fn the_end_of_the_panel_is_no_delisting() {
    let panel = panel(3, &[("A", 0, &[10.0; 3], &[10.0; 3])]);
    let result = hold_a(&panel, &Exchange::default());
    assert!(result.delistings.is_empty());
    assert_eq!(result.days[2].n_positions, 1);
}

#[test]
fn late_listing_is_bought_when_it_is_there() {
    let panel = panel(4, &[("A", 1, &[5.0, 10.0, 10.0], &[5.0, 10.0, 20.0]), ("B", 0, &[1.0; 4], &[1.0; 4])]);
    let result = hold_a(&panel, &Exchange::default());
    assert_eq!(equity(&result), vec![1000.0, 1000.0, 1000.0, 2000.0]);
    let (_, reasons, _) = ordered(
        &markets::panel(3, &[("A", 2, &[5.0], &[5.0]), ("B", 0, &[1.0; 3], &[1.0; 3])]),
        &Exchange::default(),
        &[(0, Quantity::Weight(1.0))],
    );
    assert_eq!(reasons, vec![Unfilled::NoRow]);
}

#[test]
fn trading_halt_refuses_orders_and_keeps_the_last_close() {
    let panel = panel(5, &[("A", 0, &[10.0, N, 10.0, N, 10.0], &[10.0, N, 12.0, N, 9.0])]);
    let result = hold_a(&panel, &Exchange::default());
    assert_eq!(equity(&result), vec![1000.0, 1000.0, 1200.0, 1200.0, 900.0]);
    assert_eq!(reasons(&result), vec![Unfilled::Halted]);
}

#[test]
fn a_missing_open_beside_a_close_fills_no_order_for_the_open_and_is_told() {
    // Vendors lack the opens of early years; the close is known and values what is held.
    let panel = panel(5, &[("A", 0, &[10.0, N, 20.0, N, 10.0], &[10.0, 15.0, 20.0, 30.0, 10.0])]);
    let result = hold_a(&panel, &Exchange::default());
    assert_eq!(equity(&result), vec![1000.0, 1000.0, 1000.0, 1500.0, 500.0]);
    assert_eq!(result.fills.iter().map(|fill| fill.price).collect::<Vec<_>>(), [20.0]);
    assert_eq!(reasons(&result), vec![Unfilled::Halted]);
    let exchange = Exchange { execution: backstaff_portfolio::Execution::Close, ..Exchange::default() };
    assert_eq!(equity(&hold_a(&panel, &exchange))[3], 2000.0);
}

#[test]
fn a_price_without_a_trade_is_no_price() {
    let mut panel = panel(3, &[("A", 0, &[10.0; 3], &[10.0, 10.0, 99.0])]);
    panel.insert("traded", Column::F64(vec![1.0, 1.0, 0.0])).unwrap();
    assert_eq!(equity(&hold_a(&panel, &Exchange::default())), vec![1000.0; 3]);
}

#[test]
fn price_limits_block_one_side() {
    let panel = panel(2, &[("A", 0, &[10.0, 11.0], &[10.0, 11.0]), ("B", 0, &[10.0, 9.0], &[10.0, 9.0])]);
    let exchange = Exchange { price_limit: Some(Rates::constant(0.095)), ..Exchange::default() };
    let shares = Quantity::Shares;
    let orders = [(0, shares(1.0)), (1, shares(1.0)), (0, shares(-1.0)), (1, shares(-1.0))];
    let (_, reasons, fills) = ordered(&panel, &exchange, &orders);
    assert_eq!(reasons, vec![Unfilled::LimitUp, Unfilled::LimitDown]);
    assert_eq!(fills, vec![1.0, 1.0]);
}

#[test]
fn volume_cap_cuts_an_order() {
    let mut panel = panel(2, &[("A", 0, &[10.0; 2], &[10.0; 2]), ("B", 0, &[10.0; 2], &[10.0; 2])]);
    panel.insert("volume", Column::F64(vec![9.0, 100.0, 9.0, N])).unwrap();
    let exchange = Exchange {
        volume_cap: Some(VolumeCap { share: 0.05, of: VolumeOf::Session }),
        ..Exchange::default()
    };
    let (_, reasons, fills) =
        ordered(&panel, &exchange, &[(0, Quantity::Weight(0.5)), (1, Quantity::Weight(0.5))]);
    assert_eq!(fills, vec![5.0]);
    assert_eq!(reasons, vec![Unfilled::VolumeCap, Unfilled::VolumeCap]);
}

#[test]
fn lots_round_down_and_may_leave_nothing() {
    let panel = panel(2, &[("A", 0, &[30.0; 2], &[30.0; 2]), ("B", 0, &[60.0; 2], &[60.0; 2])]);
    let exchange = Exchange { lot: Some(10.0), ..Exchange::default() };
    let (day, reasons, fills) =
        ordered(&panel, &exchange, &[(0, Quantity::Weight(0.5)), (1, Quantity::Weight(0.5))]);
    assert_eq!(fills, vec![10.0]);
    assert_eq!(reasons, vec![Unfilled::LotRounding]);
    assert_eq!(day.cash, 700.0);
}

#[test]
fn lots_are_counted_in_shares_as_quoted() {
    // One adjusted share of 30 stands for a quarter of a share quoted at 120: 40 adjusted are 10 quoted.
    let mut panel = panel(2, &[("A", 0, &[30.0; 2], &[30.0; 2])]);
    let exchange = Exchange { lot: Some(5.0), ..Exchange::default() };
    assert_eq!(exchange.caveats(&Market::new(&panel).unwrap()), vec![RulesCaveat::LotsOfAdjustedShares]);
    panel.insert("raw_close", Column::F64(vec![120.0; 2])).unwrap();
    assert!(exchange.caveats(&Market::new(&panel).unwrap()).is_empty());
    let (_, _, fills) = ordered(&panel, &exchange, &[(0, Quantity::Weight(1.0))]);
    assert_eq!(fills, vec![20.0]);
}

#[test]
fn a_shortage_of_cash_cuts_what_was_asked_in_shares() {
    let panel = panel(2, &[("A", 0, &[10.0; 2], &[10.0; 2])]);
    let exchange = Exchange { costs: Costs::per_side(100.0, 0.0), ..Exchange::default() };
    let (day, reasons, fills) = ordered(&panel, &exchange, &[(0, Quantity::Shares(200.0))]);
    assert!((fills[0] - 100.0 / 1.01).abs() < 1e-12);
    assert!(day.cash.abs() < 1e-9);
    assert_eq!(reasons, vec![Unfilled::InsufficientCash]);
}

#[test]
fn weights_share_what_remains_after_costs() {
    let panel = panel(2, &[("A", 0, &[10.0; 2], &[10.0; 2]), ("B", 0, &[5.0; 2], &[5.0; 2])]);
    let exchange = Exchange { costs: Costs::per_side(50.0, 50.0), ..Exchange::default() };
    let (day, reasons, fills) =
        ordered(&panel, &exchange, &[(0, Quantity::Weight(0.5)), (1, Quantity::Weight(0.5))]);
    assert!(reasons.is_empty(), "{reasons:?}");
    assert!((fills[1] / fills[0] - 2.0).abs() < 1e-12);
    assert!(day.cash >= 0.0 && day.cash < 0.1, "{}", day.cash);
}

#[test]
fn a_failed_sale_is_the_reason_why_a_purchase_is_cut() {
    let panel = panel(3, &[("A", 0, &[10.0, 10.0, N], &[10.0, 10.0, N]), ("B", 0, &[5.0; 3], &[5.0; 3])]);
    let market = Market::new(&panel).unwrap();
    let exchange = Exchange::default();
    let mut ledger = Ledger::new(&market, &exchange, 0, 1000.0).unwrap();
    ledger.submit(vec![Order::market(0, Quantity::Weight(0.75))].into());
    ledger.advance().unwrap();
    let exit = Order::market(0, Quantity::Exit);
    ledger.submit(vec![exit, Order::market(1, Quantity::Weight(1.0))].into());
    assert_eq!(ledger.advance().unwrap().n_unfilled, 2);
    let missed = ledger.shortfalls();
    assert_eq!((missed[0].reason, missed[1].reason), (Unfilled::Halted, Unfilled::InsufficientCash));
    assert_eq!((missed[1].asked, missed[1].filled), (200.0, 50.0));
    assert!(ledger.advance().is_none());
}

#[test]
fn the_book_never_outgrows_k() {
    // A can't be sold in session 2, so its replacement is not bought.
    let prices: &[f64] = &[1.0; 4];
    let panel = panel(4, &[("A", 0, &[1.0, 1.0, N, 1.0], &[1.0, 1.0, N, 1.0]), ("B", 0, prices, prices)]);
    let signal = Signal::new("given", vec![2.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
    let mut strategy = TopkDropout::new(1, 1).unwrap();
    let result = run(&panel, &Exchange::default(), &terms(4), &signal, &mut strategy);
    assert_eq!(reasons(&result), vec![Unfilled::Halted, Unfilled::BookFull]);
    assert_eq!(result.days.iter().map(|day| day.n_positions).collect::<Vec<_>>(), vec![0, 1, 1, 1]);
    assert_eq!(result.positions.last().unwrap().instrument, 1);
}

#[test]
fn a_signal_without_opinion_trades_nothing() {
    let panel = market(MarketSpec { n_sessions: 30, ..MarketSpec::default() });
    let strategies: [Box<dyn Strategy>; 3] = [
        Box::new(TopkDropout::new(3, 1).unwrap()),
        Box::new(QuantileLongShort::new(0.2, 1.0, 1.0, 0.0).unwrap()),
        Box::new(TargetWeights::new(1.0, 0.0).unwrap()),
    ];
    for mut strategy in strategies {
        let result = run(&panel, &Exchange::default(), &terms(30), &no_signal(&panel), &mut *strategy);
        assert!(result.fills.is_empty() && result.shortfalls.is_empty() && result.decisions.is_empty());
        assert_eq!(equity(&result), vec![1000.0; 30]);
    }
}

#[test]
fn cash_earns_by_calendar_days() {
    // 2010-01-04 is a Monday: four days of one, then a weekend of three.
    let panel = panel(6, &[("A", 0, &[1.0; 6], &[1.0; 6])]);
    let change = panel.axis().calendar().session(4);
    let exchange =
        Exchange { cash_rate: Rates::dated(0.365, vec![(change, 0.73)]).unwrap(), ..Exchange::default() };
    let mut idle = TopkDropout::new(1, 1).unwrap();
    let result = run(&panel, &exchange, &terms(6), &no_signal(&panel), &mut idle);
    let expected = 1000.0 * 1.001_f64.powi(4) * 1.006;
    assert!((result.days[5].equity - expected).abs() < 1e-9);
    assert!((result.cash_returns[5] - 0.006).abs() < 1e-15);
}

#[test]
fn short_positions_earn_when_prices_fall_and_pay_for_the_loan() {
    let panel =
        panel(3, &[("A", 0, &[10.0, 10.0, 8.0], &[10.0, 10.0, 8.0]), ("B", 0, &[10.0; 3], &[10.0; 3])]);
    let signal = Signal::new("given", vec![1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
    let costs = Costs { borrow_bps_annual: 365.0, ..Costs::FREE };
    let exchange = Exchange { costs, ..Exchange::default() };
    let mut strategy = QuantileLongShort::new(0.5, 1.0, 1.0, 0.0).unwrap();
    let result = run(&panel, &exchange, &terms(3), &signal, &mut strategy);
    let day = result.days[1];
    assert_eq!((day.long, day.short, day.cash, day.equity), (1000.0, 1000.0, 1000.0, 1000.0));
    assert_eq!((day.gross_exposure(), day.net_exposure()), (2.0, 0.0));
    assert!((result.days[2].borrow - 0.1).abs() < 1e-12);
    assert!((result.days[2].equity - 1199.9).abs() < 1e-9);
}

#[test]
fn ruin_ends_the_backtest() {
    let panel = panel(
        4,
        &[("A", 0, &[10.0, 10.0, 50.0, 50.0], &[10.0, 10.0, 50.0, 50.0]), ("B", 0, &[10.0; 4], &[10.0; 4])],
    );
    let signal = Signal::new("given", vec![1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0]);
    let mut strategy = QuantileLongShort::new(0.5, 1.0, 1.0, 0.0).unwrap();
    let result = run(&panel, &Exchange::default(), &terms(4), &signal, &mut strategy);
    assert_eq!(result.ruined, Some(panel.axis().calendar().session(2)));
    assert_eq!(result.days.len(), 3);
    assert!(result.days[2].equity < 0.0);
}

#[test]
fn what_leaves_the_universe_is_sold_or_held() {
    let panel = panel(5, &[("A", 0, &[10.0; 5], &[10.0; 5]), ("B", 0, &[10.0; 5], &[10.0; 5])]);
    let universe = Universe::new(vec![true, true, false, false, false, true, true, true, true, true]);
    let market = Market::new(&panel).unwrap();
    let count = |leavers| {
        let terms = Terms { leavers, rebalance: Rebalance::EverySessions(100), ..terms(5) };
        let mut strategy = EqualWeight::new(0.0).unwrap();
        let exchange = Exchange::default();
        let result =
            backtest(&market, &universe, &exchange, &terms, &no_signal(&panel), &mut strategy).unwrap();
        result.days.iter().map(|day| day.n_positions).collect::<Vec<_>>()
    };
    assert_eq!(count(Leavers::Sell), vec![0, 2, 2, 1, 1]);
    assert_eq!(count(Leavers::Hold), vec![0, 2, 2, 2, 2]);
}

#[test]
fn a_halt_is_no_reason_to_leave_the_universe() {
    let prices: &[f64] = &[10.0, 10.0, N, 10.0, 10.0];
    let panel = panel(5, &[("A", 0, prices, prices)]);
    let universe = Universe::new(prices.iter().map(|price| !price.is_nan()).collect());
    let market = Market::new(&panel).unwrap();
    let mut strategy = EqualWeight::new(0.0).unwrap();
    let exchange = Exchange::default();
    let result =
        backtest(&market, &universe, &exchange, &terms(5), &no_signal(&panel), &mut strategy).unwrap();
    assert_eq!(result.fills.len(), 1);
    assert!(result.shortfalls.is_empty());
}

#[test]
fn one_session_of_delay_is_yesterdays_signal() {
    let panel = market(MarketSpec { n_sessions: 60, mortal: 0.0, ..MarketSpec::default() });
    let signal = scores(&panel, 3);
    let shifted = panel.axis().instruments().iter().enumerate().flat_map(|(i, _)| {
        let rows = panel.axis().rows(i);
        std::iter::once(N).chain(signal.scores()[rows.start..rows.end - 1].to_vec())
    });
    let shifted = Signal::new("noise", shifted.collect());
    let strategy = || TopkDropout::new(5, 2).unwrap();
    let delayed = Terms { signal_delay: 1, ..terms(60) };
    let exchange = Exchange::default();
    let a = run(&panel, &exchange, &delayed, &signal, &mut strategy());
    let b = run(&panel, &exchange, &terms(60), &shifted, &mut strategy());
    assert_eq!(a.days, b.days);
    let prompt = run(&panel, &exchange, &terms(60), &signal, &mut strategy());
    assert_ne!(a.days, prompt.days);
}

#[test]
fn higher_costs_never_pay() {
    let panel = market(MarketSpec { n_sessions: 200, ..MarketSpec::default() });
    let costs = Costs { sell_tax_bps: Rates::constant(10.0), ..Costs::per_side(5.0, 5.0) };
    let final_equities = [0.0, 1.0, 2.0, 5.0].map(|factor| {
        let exchange = Exchange { costs: costs.scaled(factor), ..Exchange::default() };
        let mut strategy = TopkDropout::new(5, 1).unwrap();
        equity(&run(&panel, &exchange, &terms(200), &scores(&panel, 5), &mut strategy))
    });
    for pair in final_equities.windows(2) {
        assert!(pair[0].iter().zip(&pair[1]).all(|(less, more)| more <= less));
        assert!(pair[1][199] < pair[0][199]);
    }
}

#[test]
fn monthly_means_the_first_session_of_the_month() {
    let panel = market(MarketSpec { n_sessions: 70, missing: 0.0, mortal: 0.0, ..MarketSpec::default() });
    let monthly = Terms { rebalance: Rebalance::Monthly, ..terms(70) };
    let mut strategy = EqualWeight::new(0.0).unwrap();
    let result = run(&panel, &Exchange::default(), &monthly, &no_signal(&panel), &mut strategy);
    let decided = result.decisions.iter().map(|decided| decided.session.to_string()).collect::<Vec<_>>();
    assert_eq!(decided, vec!["2010-01-04", "2010-02-01", "2010-03-01", "2010-04-01"]);
}

#[test]
fn the_next_orders_come_in_shares_at_the_newest_close() {
    let panel = panel(2, &[("A", 0, &[10.0; 2], &[10.0, 20.0]), ("B", 0, &[5.0; 2], &[5.0; 2])]);
    let signal = Signal::new("given", vec![2.0, 1.0, 1.0, 2.0]);
    let mut strategy = TopkDropout::new(1, 1).unwrap();
    let result = run(&panel, &Exchange::default(), &terms(2), &signal, &mut strategy);
    let orders = result.next.orders.iter().map(|order| (order.instrument.name(), order.side, order.shares));
    let (sell, buy) = (backstaff_portfolio::Side::Sell, backstaff_portfolio::Side::Buy);
    assert_eq!(orders.collect::<Vec<_>>(), vec![("A", sell, 100.0), ("B", buy, 400.0)]);
    assert_eq!(result.next.weights_after[&"B".into()], 1.0);
    assert_eq!(result.next.weights_before[&"A".into()], 1.0);
    assert_eq!(result.days[1].equity, 2000.0);
}

#[test]
fn a_strategy_of_ones_own_sees_the_past() {
    struct AfterARise {
        sessions: usize,
        ended: bool,
    }
    impl Strategy for AfterARise {
        fn name(&self) -> &'static str {
            "after_a_rise"
        }

        fn on_session(&mut self, view: &View<'_>) -> Decision {
            self.sessions += 1;
            let rose = view.close(0, 0) > view.close(0, 1);
            vec![Order::market(0, Quantity::Weight(f64::from(u8::from(rose))))].into()
        }

        fn on_end(&mut self, _view: &View<'_>) {
            self.ended = true;
        }
    }
    let panel = panel(4, &[("A", 0, &[1.0, 1.0, 2.0, 2.0], &[1.0, 2.0, 2.0, 2.0])]);
    let mut strategy = AfterARise { sessions: 0, ended: false };
    let result = run(&panel, &Exchange::default(), &terms(4), &no_signal(&panel), &mut strategy);
    assert_eq!((strategy.sessions, strategy.ended), (4, true));
    assert_eq!(result.days.iter().map(|day| day.n_positions).collect::<Vec<_>>(), vec![0, 1, 1, 0]);
}

#[test]
fn bad_input_is_an_error() {
    let panel = panel(3, &[("A", 0, &[1.0; 3], &[1.0; 3])]);
    let market = Market::new(&panel).unwrap();
    let attempt = |exchange: Exchange, terms: Terms, n: usize| {
        let (signal, universe) = (Signal::new("x", vec![N; n]), Universe::new(vec![true; 3]));
        let mut strategy = TopkDropout::new(1, 1).unwrap();
        backtest(&market, &universe, &exchange, &terms, &signal, &mut strategy).err()
    };
    let fine = Exchange::default();
    assert_eq!(attempt(fine.clone(), terms(3), 3), None);
    assert!(matches!(
        attempt(fine.clone(), terms(3), 2),
        Some(PortfolioError::Length { what: "signal", .. })
    ));
    assert!(matches!(attempt(fine.clone(), terms(4), 3), Some(PortfolioError::Sessions { .. })));
    assert!(matches!(attempt(fine.clone(), terms(0), 3), Some(PortfolioError::Sessions { .. })));
    let poor = Terms { initial_cash: 0.0, ..terms(3) };
    assert!(matches!(attempt(fine.clone(), poor, 3), Some(PortfolioError::Parameter { .. })));
    let odd = Exchange { lot: Some(0.0), ..fine };
    assert!(matches!(attempt(odd, terms(3), 3), Some(PortfolioError::Parameter { parameter: "lot", .. })));
    assert!(TopkDropout::new(0, 0).is_err() && TopkDropout::new(3, 4).is_err());
    assert!(QuantileLongShort::new(0.6, 1.0, 1.0, 0.0).is_err());
    assert!(TargetWeights::new(0.0, 0.0).is_err() && EqualWeight::new(-1.0).is_err());
    let missing = Market::new(&Panel::new(panel.axis().clone())).err();
    assert_eq!(missing, Some(PortfolioError::MissingField { field: "close" }));
}
