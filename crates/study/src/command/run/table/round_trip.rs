//! Positions from flat to flat, with what they are worth at the end.

use backstaff_panel::Session;
use backstaff_portfolio::{Change, RoundTrip, RoundTrips, Side};

use crate::{steps::backtest::BacktestResult, stored::ledger::Trade};

/// A position of a portfolio over its test.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Held<'a> {
    pub(super) trip: RoundTrip<&'a str>,
    /// The sessions from the first trade to the last, or to the last close.
    pub(super) sessions: usize,
    /// The value at the last close, if it is open.
    pub(super) value: f64,
}

impl Held<'_> {
    /// What it paid and brought after commission, tax and slippage, its value at the last close included.
    pub(super) fn result(&self) -> f64 {
        let Self { trip, value, .. } = self;
        let traded = trip.closed.1 - trip.opened.1;
        if trip.is_long { traded + value - trip.fees } else { value - traded - trip.fees }
    }

    /// The reason of the last trade; `open` if it was not closed.
    pub(super) fn reason(&self) -> &'static str {
        if self.trip.exit.is_some() { self.trip.reason.name() } else { "open" }
    }
}

/// The positions of a portfolio from flat to flat, by their first trade; those that are open come last.
pub(super) fn round_trips(backtest: &BacktestResult) -> Vec<Held<'_>> {
    let sessions = backtest.sessions();
    let place = |session: Session| sessions.partition_point(|&known| known < session);
    let mut trips = RoundTrips::default();
    backtest.trades.iter().for_each(|trade| trips.take(change(trade)));
    let closed = trips.closed.into_iter().map(|trip| {
        let exit = trip.exit.unwrap_or(trip.entry);
        Held { sessions: place(exit) - place(trip.entry), value: 0.0, trip }
    });
    let mut all = closed.collect::<Vec<_>>();
    all.sort_by(|a, b| (a.trip.entry, a.trip.instrument).cmp(&(b.trip.entry, b.trip.instrument)));
    let last = sessions.last().copied();
    all.extend(trips.open.into_values().map(|trip| {
        let held = backtest.positions.iter().rev().take_while(|held| Some(held.session) == last);
        let held = held.filter(|held| held.instrument == trip.instrument);
        let value = held.map(|held| held.value).sum();
        Held { sessions: sessions.len() - 1 - place(trip.entry), value, trip }
    }));
    all
}

/// A trade as the change of a position; what a delisting closed comes first in its session.
fn change(trade: &Trade) -> Change<&str> {
    let sign = if trade.side == Side::Buy { 1.0 } else { -1.0 };
    let fees = trade.commission + trade.tax;
    Change {
        session: trade.session,
        instrument: &trade.instrument,
        shares: sign * trade.shares,
        money: trade.value,
        fees,
        slippage: trade.slippage,
        cash: -sign * trade.value - fees,
        reason: trade.reason,
    }
}
