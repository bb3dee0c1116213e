//! Positions from flat to flat.

use std::collections::BTreeMap;

use backstaff_panel::Session;
use backstaff_portfolio::Side;

use crate::steps::backtest::BacktestResult;

/// Shares closer to zero than this part of a trade are rounding.
const DUST: f64 = 1e-9;

/// A position of the whole account in one instrument, from its first trade to its last.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RoundTrip<'a> {
    pub(super) instrument: &'a str,
    pub(super) is_long: bool,
    pub(super) entry: Session,
    /// `None` while it is open.
    pub(super) exit: Option<Session>,
    /// The sessions from the first trade to the last, or to the last close.
    pub(super) sessions: usize,
    /// The most shares that were held.
    pub(super) most: f64,
    /// The shares and the money of the trades that opened it or added to it.
    pub(super) opened: (f64, f64),
    /// Those of the trades that closed it or took from it, and of a delisting.
    pub(super) closed: (f64, f64),
    /// Commission and tax.
    pub(super) fees: f64,
    pub(super) slippage: f64,
    /// The value at the last close, if it is open.
    pub(super) value: f64,
    /// The reason of the last trade.
    pub(super) reason: &'a str,
    /// The shares now; negative if short.
    shares: f64,
}

/// A change of a position.
struct Change<'a> {
    session: Session,
    instrument: &'a str,
    /// Signed.
    shares: f64,
    money: f64,
    fees: f64,
    slippage: f64,
    reason: &'a str,
}

impl RoundTrip<'_> {
    /// What it paid and brought after commission, tax and slippage, its value at the last close included.
    pub(super) fn result(&self) -> f64 {
        let traded = self.closed.1 - self.opened.1;
        if self.is_long { traded + self.value - self.fees } else { self.value - traded - self.fees }
    }
}

/// The positions of a portfolio from flat to flat, by their first trade; those that are open come last.
///
/// As the program's measures count them: a trade that turns a long position short (or back) closes the one and opens the
/// other, its fees in proportion.
pub(super) fn round_trips(backtest: &BacktestResult) -> Vec<RoundTrip<'_>> {
    let sessions = backtest.sessions();
    let place = |session: Session| sessions.partition_point(|&known| known < session);
    let mut open = BTreeMap::<&str, RoundTrip<'_>>::new();
    let mut done = Vec::new();
    for change in changes(backtest) {
        let mut rest = Some(change);
        while let Some(change) = rest.take() {
            let held = open.remove(change.instrument);
            let mut trip = held.unwrap_or_else(|| RoundTrip::begin(&change));
            let after = trip.shares + change.shares;
            let is_flat = after.abs() <= DUST * change.shares.abs().max(trip.shares.abs());
            if trip.shares * after < 0.0 && !is_flat {
                let (closing, opening) = change.split(trip.shares.abs());
                trip.take(&closing);
                rest = Some(opening);
            } else {
                trip.take(&change);
            }
            if is_flat || rest.is_some() {
                trip.exit = Some(change.session);
                trip.sessions = place(change.session) - place(trip.entry);
                done.push(trip);
            } else {
                open.insert(change.instrument, trip);
            }
        }
    }
    done.sort_by(|a, b| (a.entry, a.instrument).cmp(&(b.entry, b.instrument)));
    let last = sessions.last().copied();
    for mut trip in open.into_values() {
        let held = backtest.positions.iter().rev().take_while(|held| Some(held.session) == last);
        let held = held.filter(|held| held.instrument == trip.instrument);
        trip.value = held.map(|held| held.value).sum();
        trip.sessions = sessions.len() - 1 - place(trip.entry);
        trip.reason = "open";
        done.push(trip);
    }
    done
}

/// All changes of positions in order: what a delisting closed comes first in its session.
fn changes(backtest: &BacktestResult) -> impl Iterator<Item = Change<'_>> {
    backtest.trades.iter().map(|trade| Change {
        session: trade.session,
        instrument: &trade.instrument,
        shares: if trade.side == Side::Buy { trade.shares } else { -trade.shares },
        money: trade.value,
        fees: trade.commission + trade.tax,
        slippage: trade.slippage,
        reason: trade.reason.name(),
    })
}

impl Change<'_> {
    /// The part that closes this many shares, and the rest.
    fn split(&self, closes: f64) -> (Self, Self) {
        let part = closes / self.shares.abs();
        let of = |part: f64| Self {
            shares: self.shares * part,
            money: self.money * part,
            fees: self.fees * part,
            slippage: self.slippage * part,
            ..*self
        };
        (of(part), of(1.0 - part))
    }
}

impl<'a> RoundTrip<'a> {
    fn begin(change: &Change<'a>) -> Self {
        Self {
            instrument: change.instrument,
            is_long: change.shares > 0.0,
            entry: change.session,
            exit: None,
            sessions: 0,
            most: 0.0,
            opened: (0.0, 0.0),
            closed: (0.0, 0.0),
            fees: 0.0,
            slippage: 0.0,
            value: 0.0,
            reason: change.reason,
            shares: 0.0,
        }
    }

    fn take(&mut self, change: &Change<'a>) {
        let (shares, money) =
            if self.is_long == (change.shares > 0.0) { &mut self.opened } else { &mut self.closed };
        *shares += change.shares.abs();
        *money += change.money;
        self.fees += change.fees;
        self.slippage += change.slippage;
        self.shares += change.shares;
        self.most = self.most.max(self.shares.abs());
        self.reason = change.reason;
    }
}
