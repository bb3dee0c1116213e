//! Positions from flat to flat.

use std::collections::BTreeMap;

use backstaff_panel::Session;

use crate::Reason;

/// Shares closer to zero than this part of a trade are rounding.
const DUST: f64 = 1e-9;

/// A change of the position in one instrument: a trade, or a delisting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change<I> {
    /// The session of the change.
    pub session: Session,
    /// The instrument, as the caller names it.
    pub instrument: I,
    /// The shares that came; negative if they went.
    pub shares: f64,
    /// The value of these shares, slippage included; not below zero.
    pub money: f64,
    /// Commission and tax.
    pub fees: f64,
    /// The part of the money that is slippage.
    pub slippage: f64,
    /// The money that came after all costs; negative if it went.
    pub cash: f64,
    /// Why the change took place.
    pub reason: Reason,
}

/// A position of a whole account in one instrument, from its first trade to its last.
#[derive(Clone, Debug, PartialEq)]
pub struct RoundTrip<I> {
    /// The instrument.
    pub instrument: I,
    /// Whether the position is long.
    pub is_long: bool,
    /// The session of the first trade.
    pub entry: Session,
    /// The session of the last trade; `None` while the position is open.
    pub exit: Option<Session>,
    /// The most shares that were held.
    pub most: f64,
    /// The shares and the money of the trades that opened it or added to it.
    pub opened: (f64, f64),
    /// Those of the trades that closed it or took from it, and of a delisting.
    pub closed: (f64, f64),
    /// Commission and tax.
    pub fees: f64,
    /// Slippage, which the money contains.
    pub slippage: f64,
    /// What the trades paid and brought after all costs, in the order of the trades; above 0 if it came.
    pub cash: f64,
    /// The reason of the last trade.
    pub reason: Reason,
    /// The shares now; negative if short.
    shares: f64,
}

/// The positions of an account while its trades pass, each from flat to flat.
///
/// A position is one instrument's in the whole account: cohorts that hold the same one share it. A trade that turns a long
/// position short (or back) closes the one and opens the other, its fees in proportion.
#[derive(Clone, Debug)]
pub struct RoundTrips<I> {
    /// The positions that are open.
    pub open: BTreeMap<I, RoundTrip<I>>,
    /// Those that were closed, in the order of their last trades.
    pub closed: Vec<RoundTrip<I>>,
}

impl<I> Default for RoundTrips<I> {
    fn default() -> Self {
        Self { open: BTreeMap::new(), closed: Vec::new() }
    }
}

impl<I: Copy + Ord> RoundTrips<I> {
    /// Take note of the next change.
    pub fn take(&mut self, change: Change<I>) {
        let mut rest = Some(change);
        while let Some(change) = rest.take() {
            let held = self.open.remove(&change.instrument);
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
                self.closed.push(trip);
            } else {
                self.open.insert(change.instrument, trip);
            }
        }
    }
}

impl<I: Copy> Change<I> {
    /// The part that closes this many shares, and the rest.
    fn split(&self, closes: f64) -> (Self, Self) {
        let part = closes / self.shares.abs();
        let of = |part: f64| Self {
            shares: self.shares * part,
            money: self.money * part,
            fees: self.fees * part,
            slippage: self.slippage * part,
            cash: self.cash * part,
            ..*self
        };
        (of(part), of(1.0 - part))
    }
}

impl<I: Copy> RoundTrip<I> {
    fn begin(change: &Change<I>) -> Self {
        Self {
            instrument: change.instrument,
            is_long: change.shares > 0.0,
            entry: change.session,
            exit: None,
            most: 0.0,
            opened: (0.0, 0.0),
            closed: (0.0, 0.0),
            fees: 0.0,
            slippage: 0.0,
            cash: 0.0,
            reason: change.reason,
            shares: 0.0,
        }
    }

    fn take(&mut self, change: &Change<I>) {
        let (shares, money) =
            if self.is_long == (change.shares > 0.0) { &mut self.opened } else { &mut self.closed };
        *shares += change.shares.abs();
        *money += change.money;
        self.fees += change.fees;
        self.slippage += change.slippage;
        self.cash += change.cash;
        self.shares += change.shares;
        self.most = self.most.max(self.shares.abs());
        self.reason = change.reason;
    }
}
