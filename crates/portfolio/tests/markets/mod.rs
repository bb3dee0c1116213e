//! Markets, signals and rules for the tests of whole backtests.

#![allow(dead_code, reason = "each test file uses its part")]

use std::sync::Arc;

use backstaff_panel::{
    Axis, Column, Panel, Signal, Universe,
    testing::{MarketSpec, market, noise, weekdays},
};
use backstaff_portfolio::{
    Backtest, Book, Costs, Decision, EqualWeight, Exchange, Execution, Exposure, GroupCap, Guide, Leavers,
    Market, Order, OrderType, Protected, Protection, QuantileLongShort, Quantity, Rates, Rebalance, Risk,
    ScoreRule, Strategy, TargetWeights, Terms, Timeline, TopN, TopkDropout, View, VolumeCap, VolumeOf,
    Weights, backtest,
};
use proptest::prelude::*;

/// A score for each row from the instrument's name and session alone, a tenth of them missing.
pub(crate) fn scores(panel: &Panel, seed: u64) -> Signal {
    Signal::new("noise", by_row(panel, seed, |x| if x < 0.1 { f64::NAN } else { x - 0.55 }))
}

/// A score for each row, none missing and no two equal within a session.
pub(crate) fn distinct_scores(panel: &Panel, seed: u64) -> Vec<f64> {
    by_row(panel, seed, |x| x - 0.5)
}

/// A universe that instruments enter and leave in blocks of five sessions.
pub(crate) fn members(panel: &Panel, seed: u64) -> Universe {
    let axis = panel.axis();
    let flags = (0..axis.n_rows()).map(|row| {
        let i = number(axis.instruments()[axis.instrument_of(row)].name());
        noise(&[seed ^ 7, i, axis.position_of(row) as u64 / 5]) < 0.9
    });
    Universe::new(flags.collect())
}

pub(crate) fn everything(panel: &Panel) -> Universe {
    Universe::new(vec![true; panel.axis().n_rows()])
}

fn number(name: &str) -> u64 {
    name[1..].parse().unwrap()
}

fn by_row(panel: &Panel, seed: u64, of: impl Fn(f64) -> f64) -> Vec<f64> {
    let axis = panel.axis();
    (0..axis.n_rows())
        .map(|row| {
            let i = number(axis.instruments()[axis.instrument_of(row)].name());
            of(noise(&[seed, i, axis.position_of(row) as u64]))
        })
        .collect()
}

/// A name, the position of the first session, opens and closes; NaN is a halt.
pub(crate) type Life<'a> = (&'a str, usize, &'a [f64], &'a [f64]);

/// A panel of these lives.
pub(crate) fn panel(n_sessions: usize, lives: &[Life<'_>]) -> Panel {
    let ranges =
        lives.iter().map(|&(name, start, opens, _)| (name.into(), start..start + opens.len())).collect();
    let mut panel = Panel::new(Arc::new(Axis::new(weekdays(n_sessions), ranges)));
    let opens = lives.iter().flat_map(|life| life.2).copied().collect();
    let closes = lives.iter().flat_map(|life| life.3).copied().collect();
    panel.insert("open", Column::F64(opens)).unwrap();
    panel.insert("close", Column::F64(closes)).unwrap();
    panel
}

#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub spec: MarketSpec,
    pub exchange: Exchange,
    pub terms: Terms,
    pub strategy: u8,
}

pub(crate) const N_STRATEGIES: u8 = 11;

/// The one that places orders of all kinds; those after it are protected by stops.
const ANYTHING: u8 = 8;

impl Case {
    /// Whether orders of earlier sessions may be waiting in the market.
    pub(crate) fn has_waiting_orders(&self) -> bool {
        self.strategy >= ANYTHING
    }

    pub(crate) fn panel(&self) -> Panel {
        market(self.spec)
    }

    pub(crate) fn strategy(&self, panel: &Panel) -> Box<dyn Strategy> {
        match self.strategy {
            0 => Box::new(TopkDropout::new(3, 1).unwrap()),
            1 => Box::new(TopkDropout::new(4, 2).unwrap().hold_sessions(3).book(Book::Outgrowing)),
            2 => Box::new(QuantileLongShort::new(0.3, 1.0, 0.7, 0.01).unwrap()),
            3 => Box::new(EqualWeight::new(0.02).unwrap()),
            4 => Box::new(TargetWeights::new(1.0, 0.0).unwrap()),
            9 | 10 => {
                let inner: Box<dyn Strategy> = match self.strategy {
                    9 => Box::new(TopkDropout::new(3, 1).unwrap()),
                    _ => Box::new(QuantileLongShort::new(0.3, 1.0, 0.7, 0.01).unwrap()),
                };
                let (stop, take_profit) = (Some(0.02), Some(0.03));
                let protection =
                    Protection { stop, take_profit, trailing_stop: Some(0.025), max_holding: Some(6) };
                Box::new(Protected::new(inner, protection).unwrap())
            }
            ANYTHING => Box::new(Anything { seed: self.spec.seed }),
            number => Box::new(top_n(panel, self.spec.seed, number - 5)),
        }
    }

    pub(crate) fn run(&self, panel: &Panel, terms: &Terms) -> Backtest {
        let market = Market::new(panel).unwrap();
        let signal = scores(panel, self.spec.seed);
        let universe = members(panel, self.spec.seed);
        backtest(&market, &universe, &self.exchange, terms, &signal, &mut *self.strategy(panel)).unwrap()
    }
}

/// Places orders of every type, size and life, and withdraws some: by the session and the instrument's name alone.
#[derive(Debug)]
pub(crate) struct Anything {
    seed: u64,
}

impl Anything {
    fn order(view: &View<'_>, i: usize, of: impl Fn(u64) -> f64) -> Option<Order> {
        let bar = view.bar(i, 0)?;
        let level = bar.close * (0.97 + 0.06 * of(1));
        let order_type = match (6.0 * of(2)) as u8 {
            0 => OrderType::Market,
            1 => OrderType::MarketOnOpen,
            2 => OrderType::MarketOnClose,
            3 => OrderType::Limit(level),
            4 => OrderType::Stop(level),
            _ => OrderType::Stop(bar.low * 0.99),
        };
        let weight = 0.5 * of(3) - 0.1;
        let quantity = match (5.0 * of(4)) as u8 {
            0 => Quantity::Shares(1000.0 * (of(5) - 0.4)),
            1 => Quantity::Weight(weight),
            2 => Quantity::CashShare(of(6)),
            _ => Quantity::Exit,
        };
        let order = Order::new(i, quantity, order_type);
        Some(if of(7) < 0.5 { order.until_cancelled() } else { order })
    }
}

impl Strategy for Anything {
    fn name(&self) -> &'static str {
        "anything"
    }

    fn warm_up(&self) -> usize {
        3
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        let at = |n: u64| noise(&[self.seed ^ 0x5eed, view.position() as u64, n]);
        let instruments = (0..view.n_instruments()).filter(|&i| view.is_member(i));
        let of = |i: usize, n: u64| at((number(view.instrument(i).name()) + 1) * 100 + n);
        let orders = instruments.filter(|&i| of(i, 0) < 0.3);
        let orders = orders.filter_map(|i| Self::order(view, i, |n| of(i, n)));
        let waiting = view.waiting().iter().filter(|waiting| at(9000 + waiting.id.0 % 50) < 0.1);
        let cancel = waiting.map(|waiting| waiting.id).collect();
        Decision { cancel, ..orders.collect::<Vec<_>>().into() }
    }
}

/// The group of each row: one of three that an instrument leaves now and then, or none.
pub(crate) fn groups(panel: &Panel, seed: u64) -> Vec<u32> {
    let axis = panel.axis();
    let of = |row| {
        let i = number(axis.instruments()[axis.instrument_of(row)].name());
        let group = 4.0 * noise(&[seed ^ 0xb, i, axis.position_of(row) as u64 / 20]);
        if group < 3.0 { group as u32 } else { u32::MAX }
    };
    (0..axis.n_rows()).map(of).collect()
}

/// A share of equity for each session that stays for four of them.
pub(crate) fn exposures(panel: &Panel, seed: u64) -> Vec<f64> {
    let of = |position: usize| match noise(&[seed ^ 0xd, position as u64 / 4]) {
        x if x < 0.1 => f64::NAN,
        x => (2.0 * x - 0.4).clamp(0.0, 1.0),
    };
    (0..panel.axis().n_sessions()).map(of).collect()
}

/// The best four by one of three sets of rules, of which the last has all there are.
pub(crate) fn top_n(panel: &Panel, seed: u64, rules: u8) -> TopN {
    let axis = panel.axis();
    let sectors = || Guide::new(axis, groups(panel, seed)).unwrap();
    let risks = |seed| by_row(panel, seed, |x| if x < 0.05 { f64::NAN } else { 0.5 * x });
    let risk = |seed, floor| Risk::new(Guide::new(axis, risks(seed)).unwrap(), floor).unwrap();
    let top = TopN::new(4).unwrap();
    match rules {
        0 => top.keep(7).unwrap(),
        1 => top
            .at_most_per(GroupCap { groups: sectors(), most: 1 })
            .unwrap()
            .weights(Weights::Steps(vec![(1, 3.0), (2, 2.0), (9, 1.0)]), 0.4)
            .unwrap()
            .threshold(0.01)
            .unwrap(),
        _ => top
            .keep(6)
            .unwrap()
            .advantage(0.1)
            .unwrap()
            .at_most_per(GroupCap { groups: sectors(), most: 2 })
            .unwrap()
            .score(ScoreRule { within: Some(sectors()), divided_by: Some(risk(seed ^ 3, 0.05)) })
            .weights(Weights::InverseRisk(risk(seed ^ 5, 0.1)), 0.35)
            .unwrap()
            .exposure(Exposure::new(Timeline::new(axis, exposures(panel, seed)).unwrap(), 0.05).unwrap()),
    }
}

pub(crate) fn any_exchange() -> impl Strategy_<Value = Exchange> {
    (
        prop_oneof![Just(Execution::Open), Just(Execution::Close)],
        (0.0..30.0, 0.0..30.0, prop_oneof![Just(0.0), 0.0..20.0], 0.0..50.0),
        prop_oneof![Just(None), Just(Some(1.0)), Just(Some(100.0))],
        prop_oneof![Just(None), Just(Some(0.001)), Just(Some(0.1))],
        prop_oneof![Just(None), Just(Some(VolumeOf::Session)), Just(Some(VolumeOf::Average))],
        (0.0..0.1, 0.0..1.0, prop_oneof![Just(0.0), 0.0..2.0]),
    )
        .prop_map(|(execution, (bps, slippage_bps, minimum, tax), lot, price_limit, volume_of, last)| {
            let (rate, usual, impact) = last;
            Exchange {
                execution,
                costs: Costs {
                    minimum_commission: minimum,
                    sell_tax_bps: Rates::constant(tax),
                    borrow_bps_annual: 300.0,
                    impact,
                    ..Costs::per_side(bps, slippage_bps)
                },
                lot,
                volume_cap: volume_of.map(|of| VolumeCap { share: 0.02, of }),
                liquidity_sessions: 10,
                price_limit: price_limit.map(Rates::constant),
                cash_rate: Rates::constant(rate),
                recovery: backstaff_portfolio::Recovery { usual, ..Default::default() },
                short_selling: rate < 0.9,
                qlib: None,
            }
        })
}

pub(crate) use proptest::strategy::Strategy as Strategy_;

pub(crate) fn any_case() -> impl Strategy_<Value = Case> {
    (
        (3..15_usize, 12..60_usize, 0.0..0.3, 0.0..1.0, any::<u64>()),
        any_exchange(),
        (1..6_usize, 0..2_usize, any::<bool>(), any::<bool>()),
        0..N_STRATEGIES,
    )
        .prop_map(|((n_instruments, n_sessions, missing, mortal, seed), exchange, terms, strategy)| {
            let spec =
                MarketSpec { n_instruments, n_sessions, missing, mortal, seed, ..MarketSpec::default() };
            let (every, signal_delay, sells, monthly) = terms;
            let terms = Terms {
                initial_cash: 1e6,
                rebalance: if monthly { Rebalance::Monthly } else { Rebalance::EverySessions(every) },
                signal_delay,
                leavers: if sells { Leavers::Sell } else { Leavers::Hold },
                sessions: 2..n_sessions,
            };
            Case { spec, exchange, terms, strategy }
        })
}

/// The bits of everything that happened up to the first `n` days.
pub(crate) fn history(backtest: &Backtest, n: usize) -> Vec<String> {
    let last = backtest.days[n - 1].session;
    let show = |value: &dyn std::fmt::Debug| format!("{value:?}");
    let name = |i: usize| backtest.instruments[i].name();
    let days = backtest.days[..n].iter().map(|day| show(day));
    let fills = backtest.fills.iter().filter(|fill| fill.session <= last);
    let fills = fills.map(|fill| {
        let named = backtest.instruments[fill.instrument].name();
        format!("{named} {:?}", backtest_fill_without_number(fill))
    });
    let shortfalls =
        backtest.shortfalls.iter().filter(|shortfall| shortfall.session <= last).map(|shortfall| {
            format!(
                "{} {} {:?} {:?}",
                name(shortfall.instrument),
                shortfall.side,
                shortfall.asked,
                shortfall.reason
            )
        });
    let positions =
        backtest.positions.iter().filter(|position| (position.day as usize) < n).map(|position| {
            format!("{} {} {:?}", position.day, name(position.instrument as usize), position.shares)
        });
    // The decision at the last close is about what comes after, but made without it.
    let decisions = backtest.decisions.iter().filter(|decided| decided.session <= last).map(|decided| {
        let orders = decided.decision.orders.iter();
        let orders =
            orders.map(|order| format!("{} {:?}", name(order.instrument), Order { instrument: 0, ..*order }));
        format!("{} {:?} {:?}", decided.session, orders.collect::<Vec<_>>(), decided.decision.cancel)
    });
    days.chain(fills).chain(shortfalls).chain(positions).chain(decisions).collect()
}

fn backtest_fill_without_number(fill: &backstaff_portfolio::Fill) -> backstaff_portfolio::Fill {
    backstaff_portfolio::Fill { instrument: 0, ..*fill }
}
