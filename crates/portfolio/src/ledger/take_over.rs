//! An account that its owner states, in place of a simulated one.

use std::collections::BTreeMap;

use super::{Holding, Ledger};
use crate::{Day, Decision};

/// What an account holds at a session's close, as its owner states it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatedAccount {
    /// The cash.
    pub cash: f64,
    /// The shares as quoted, by the instrument's number on the axis; negative if short.
    pub shares: BTreeMap<usize, f64>,
}

impl Ledger<'_> {
    /// Replace cash and holdings by those of a stated account, at the newest closing prices up to the current session.
    /// What waits was ordered for the former account and is dropped. Shares of an instrument that never traded until now
    /// have no value and are left out.
    pub(crate) fn take_over(&mut self, account: &StatedAccount) {
        let StatedAccount { cash, shares } = account;
        let holding = |(&i, &quoted): (&usize, &f64)| {
            let row = self.market.newest_traded(i, self.position)?;
            let price = self.market.price_of_close(row);
            let shares = quoted / self.factor(row);
            Some((i, Holding { shares, price, since: self.position }))
        };
        self.holdings = shares.iter().filter(|(_, shares)| **shares != 0.0).filter_map(holding).collect();
        self.cash = *cash;
        self.equity = cash + self.holdings.values().map(Holding::value).sum::<f64>();
        self.booked = self.equity;
        self.waiting.clear();
        self.pending = Decision::nothing();
        let n_positions = self.holdings.len();
        self.today = Day {
            equity: self.equity,
            cash: self.cash,
            n_positions,
            ..Day::empty(self.market.axis().calendar().session(self.position))
        };
    }
}
