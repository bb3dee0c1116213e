//! A strategy on a market, session by session.

use std::ops::Range;

use backstaff_panel::{Instrument, Session, Signal, Universe};

use crate::{
    Day, Decision, DelistedPosition, Exchange, Execution, Fill, Ledger, Market, NextSession, Order,
    PortfolioError, Quantity, Reason, Rebalance, RulesCaveat, Shortfall, StatedAccount,
    ledger::Records,
    qlib::QlibOrder,
    strategy::{Note, Strategy, View},
    wanted::{Wanted, wanted},
};

/// What happens to a position whose instrument leaves the universe: was not eligible in the newest session in which it
/// traded (a halt alone is no reason to leave).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Leavers {
    /// It is sold in the next session, whether or not the strategy decides then.
    #[default]
    Sell,
    /// It stays until the strategy closes it.
    Hold,
}

/// The terms on which a backtest runs: cash, rebalancing, what leaves the universe.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// The cash at the close of the first session.
    pub initial_cash: f64,
    /// In which sessions the strategy decides.
    pub rebalance: Rebalance,
    /// How many sessions older than the decision the signal is: 0 trades a session's signal in the next one, 1 loses
    /// one more session.
    pub signal_delay: usize,
    /// What happens to a position whose instrument leaves the universe.
    pub leavers: Leavers,
    /// The positions in the calendar of the sessions to run over. At the first one's close the account is opened and
    /// the first decision made; the first trade is one session later. It may end with the calendar.
    pub sessions: Range<usize>,
}

impl Terms {
    /// The terms of Qlib's backtest over these trading days, as positions in the calendar: a decision in every session,
    /// by its scores, and nothing sold by itself.
    ///
    /// The account opens at the close before the first of the days, whose scores trade on it; where the calendar has no
    /// session before, at the close of the first day.
    pub fn qlib(initial_cash: f64, days: Range<usize>) -> Self {
        Self {
            initial_cash,
            rebalance: Rebalance::EverySessions(1),
            signal_delay: 0,
            leavers: Leavers::Hold,
            sessions: days.start.saturating_sub(1)..days.end,
        }
    }
}

/// A position at a session's close.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// The day, as its place in [`Backtest::days`].
    pub day: u32,
    /// The instrument, by its number on the axis.
    pub instrument: u32,
    /// The number of shares; negative if short.
    pub shares: f64,
    /// The value of the shares; negative if short.
    pub value: f64,
}

/// A decision of the strategy, and what it asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// The session at whose close the decision was made.
    pub session: Session,
    /// What it asked for in the next session. A plan is not kept: [`Backtest::orders`] says what it came to.
    pub decision: Decision,
}

/// What became of a strategy: the whole ledger.
#[derive(Clone, Debug)]
pub struct Backtest {
    /// The name of the strategy.
    pub strategy: String,
    /// The name of the signal.
    pub signal: String,
    /// The instruments; the other fields name them by their place here.
    pub instruments: Vec<Instrument>,
    /// The account at each session's close; the first one has only the initial cash.
    pub days: Vec<Day>,
    /// All trades, in the order in which they took place.
    pub fills: Vec<Fill>,
    /// All orders that were not filled, or only in part.
    pub shortfalls: Vec<Shortfall>,
    /// The list of orders under Qlib's rules, in the order in which they were executed; empty under others.
    pub orders: Vec<QlibOrder>,
    /// All positions that ended with their instrument's life.
    pub delistings: Vec<DelistedPosition>,
    /// All positions at each close, by session and instrument.
    pub positions: Vec<Position>,
    /// All decisions that asked for something, including the last one, which is not executed.
    pub decisions: Vec<Decided>,
    /// The weights that these decisions asked for, but for the last one, by session and instrument.
    pub wanted: Vec<Wanted>,
    /// What the last decision asks for in the session after the last.
    pub next: NextSession,
    /// The session in which the equity was used up, if it was; the backtest ends there.
    pub ruined: Option<Session>,
    /// What a reader of the result must know about the rules on this data.
    pub caveats: Vec<RulesCaveat>,
    /// Sessions per year of the market's calendar.
    pub sessions_per_year: f64,
    /// The yearly cash rate at each of [`Backtest::days`], as a return since the day before (the first: 0).
    pub cash_returns: Vec<f64>,
    /// What the strategy's rules could not give, and how often.
    pub notes: Vec<Note>,
    /// The equity of each cohort at each of [`Backtest::days`]; empty where the book is one.
    pub cohorts: Vec<Vec<f64>>,
}

/// Run a strategy over a range of sessions.
///
/// After each close the strategy sees the signal and decides; its orders are executed in the next session ([`Ledger`]
/// holds the rule). Everything up to a session has the same bits whatever comes after it.
pub fn backtest(
    market: &Market,
    universe: &Universe,
    exchange: &Exchange,
    terms: &Terms,
    signal: &Signal,
    strategy: &mut dyn Strategy,
) -> Result<Backtest, PortfolioError> {
    run(market, universe, exchange, terms, signal, strategy, None)
}

/// What a strategy asks for after the last session if the account is this one, as its owner states it.
///
/// The strategy goes through all sessions with its simulated account, so that it remembers what it would. At the last
/// close the stated account takes the place of the simulated one, and the strategy decides as at a rebalancing, whatever
/// its schedule says ([`NextSession::is_due`] tells).
///
/// # Errors
///
/// As [`backtest()`].
pub fn next_orders(
    market: &Market,
    universe: &Universe,
    exchange: &Exchange,
    terms: &Terms,
    signal: &Signal,
    strategy: &mut dyn Strategy,
    account: &StatedAccount,
) -> Result<NextSession, PortfolioError> {
    Ok(run(market, universe, exchange, terms, signal, strategy, Some(account))?.next)
}

fn run(
    market: &Market,
    universe: &Universe,
    exchange: &Exchange,
    terms: &Terms,
    signal: &Signal,
    strategy: &mut dyn Strategy,
    stated: Option<&StatedAccount>,
) -> Result<Backtest, PortfolioError> {
    check_shapes(market, universe, terms, signal)?;
    if exchange.qlib.is_none() && exchange.execution == Execution::Open && !market.has_open() {
        return Err(PortfolioError::MissingField { field: "open" });
    }
    let sells_leavers = terms.leavers == Leavers::Sell;
    let Range { start, end } = terms.sessions.clone();
    let mut ledger = Ledger::new(market, exchange, start, terms.initial_cash)?;
    let mut record = Record { days: vec![ledger.today()], ..Record::default() };
    let warm_up = strategy.warm_up();
    strategy.on_start(&View::new(&ledger, signal, universe, terms.signal_delay, sells_leavers, warm_up));
    let (last, ruined, is_due) = loop {
        let is_last = ledger.position() + 1 == end;
        if let Some(account) = stated.filter(|_| is_last) {
            ledger.take_over(account);
        }
        let view = View::new(&ledger, signal, universe, terms.signal_delay, sells_leavers, warm_up);
        let position = ledger.position();
        let ruined = (ledger.equity() <= 0.0).then(|| view.session());
        let mut decision = Decision::nothing();
        let is_due = terms.rebalance.is_due(market, start, position);
        if ruined.is_none() {
            decision = if is_due || (is_last && stated.is_some()) {
                strategy.on_session(&view)
            } else {
                strategy.between(&view)
            };
            sell_leavers(&view, &ledger, &mut decision);
        }
        if !decision.is_nothing() {
            if decision.plan.is_some() && (exchange.qlib.is_none() || sells_leavers) {
                return Err(PortfolioError::PlanWithoutQlib { strategy: strategy.name().to_owned() });
            }
            record.decide(view.session(), &decision);
        }
        if is_last || ruined.is_some() {
            break (decision, ruined, is_due);
        }
        record.wanted.extend(wanted(&ledger, &decision, record.days.len()));
        ledger.submit(decision);
        let Some(day) = ledger.advance() else { break (Decision::nothing(), None, false) };
        record.close(day, &ledger);
    };
    strategy.on_end(&View::new(&ledger, signal, universe, terms.signal_delay, sells_leavers, warm_up));
    let next = NextSession { is_due, ..ledger.preview(&last) };
    let mut caveats = exchange.caveats(market);
    if ledger.met_levels() && !market.has_range() {
        caveats.push(RulesCaveat::NoRange);
    }
    let cash_returns = cash_returns(exchange, &record.days);
    let Records { fills, shortfalls, delistings, orders } = ledger.into_records();
    Ok(Backtest {
        strategy: strategy.name().to_owned(),
        signal: signal.name().to_owned(),
        instruments: market.axis().instruments().to_vec(),
        days: record.days,
        fills,
        shortfalls,
        orders,
        delistings,
        positions: record.positions,
        decisions: record.decisions,
        wanted: record.wanted,
        next,
        ruined,
        caveats,
        sessions_per_year: market.axis().calendar().sessions_per_year(),
        cash_returns,
        notes: strategy.notes(),
        cohorts: Vec::new(),
    })
}

#[derive(Default)]
struct Record {
    days: Vec<Day>,
    positions: Vec<Position>,
    decisions: Vec<Decided>,
    wanted: Vec<Wanted>,
}

impl Record {
    fn decide(&mut self, session: Session, decision: &Decision) {
        self.decisions.push(Decided { session, decision: Decision { plan: None, ..decision.clone() } });
    }

    fn close(&mut self, day: Day, ledger: &Ledger<'_>) {
        let number = self.days.len() as u32;
        self.days.push(day);
        self.positions.extend(ledger.holdings().iter().map(|(&i, holding)| Position {
            day: number,
            instrument: i as u32,
            shares: holding.shares,
            value: holding.value(),
        }));
    }
}

fn check_shapes(
    market: &Market,
    universe: &Universe,
    terms: &Terms,
    signal: &Signal,
) -> Result<(), PortfolioError> {
    let expected = market.axis().n_rows();
    for (what, found) in [("universe", universe.members().len()), ("signal", signal.scores().len())] {
        if found != expected {
            return Err(PortfolioError::Length { what, expected, found });
        }
    }
    let Range { start, end } = terms.sessions;
    let available = market.axis().n_sessions();
    if start >= end || end > available {
        return Err(PortfolioError::Sessions { start, end, available });
    }
    Ok(())
}

/// Put the sale of what left the universe in front of the other orders, and withdraw those that wait for it.
fn sell_leavers(view: &View<'_>, ledger: &Ledger<'_>, decision: &mut Decision) {
    let leavers = ledger.holdings().keys().copied().filter(|&i| view.is_leaving(i));
    let exit = |instrument| Order::market(instrument, Quantity::Exit).because(Reason::LeftUniverse);
    let exits = leavers.map(exit).collect::<Vec<_>>();
    if !exits.is_empty() {
        let n_exits = exits.len();
        decision.orders.retain(|order| exits.iter().all(|exit| exit.instrument != order.instrument));
        decision.orders.splice(0..0, exits);
        let leaves = |i: usize| decision.orders.iter().take(n_exits).any(|exit| exit.instrument == i);
        let waiting = ledger.waiting().iter().filter(|waiting| leaves(waiting.order.instrument));
        decision.cancel.extend(waiting.map(|waiting| waiting.id));
    }
}

/// What cash earned between the days: the rate at the day before, actual/365.
fn cash_returns(exchange: &Exchange, days: &[Day]) -> Vec<f64> {
    let between = days.windows(2).map(|pair| {
        let days = f64::from(pair[1].session.number() - pair[0].session.number());
        exchange.cash_rate.at(pair[0].session) * days / 365.0
    });
    std::iter::once(0.0).chain(between).take(days.len()).collect()
}
