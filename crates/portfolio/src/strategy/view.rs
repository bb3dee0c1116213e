//! What a strategy may see.

use backstaff_panel::{Instrument, Session, Signal, Universe};

use super::{Guide, Timeline};
use crate::{Bar, Day, Fill, Holding, Ledger, Shortfall, Waiting};

/// The world at a session's close: prices up to it, the signal, who is eligible, what is held.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    ledger: &'a Ledger<'a>,
    signal: &'a Signal,
    universe: &'a Universe,
    /// How many sessions old the signal is.
    signal_delay: usize,
    /// Whether positions outside the universe are closed by the backtest.
    sells_leavers: bool,
    /// How many closing prices an instrument needs before it is eligible.
    warm_up: usize,
}

impl<'a> View<'a> {
    pub(crate) fn new(
        ledger: &'a Ledger<'a>,
        signal: &'a Signal,
        universe: &'a Universe,
        signal_delay: usize,
        sells_leavers: bool,
        warm_up: usize,
    ) -> Self {
        Self { ledger, signal, universe, signal_delay, sells_leavers, warm_up }
    }

    /// The session at whose close the decision is made.
    pub fn session(&self) -> Session {
        self.ledger.today().session
    }

    /// The position of the session in the calendar.
    pub fn position(&self) -> usize {
        self.ledger.position()
    }

    /// How many instruments the market has, listed or not.
    pub fn n_instruments(&self) -> usize {
        self.ledger.market().axis().n_instruments()
    }

    /// An instrument, by its number.
    pub fn instrument(&self, i: usize) -> &'a Instrument {
        &self.ledger.market().axis().instruments()[i]
    }

    /// The number of an instrument, by its name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.ledger.market().axis().find(name)
    }

    /// Whether an instrument is eligible in this session: in the universe, and warmed up.
    pub fn is_member(&self, i: usize) -> bool {
        let row = self.ledger.market().axis().newest_row(i, self.position());
        row.is_some_and(|row| self.universe.contains(row)) && self.is_warm(i)
    }

    /// Whether an instrument has had the closing prices that the strategy asks for ([`Strategy::warm_up`]).
    ///
    /// [`Strategy::warm_up`]: super::Strategy::warm_up
    pub fn is_warm(&self, i: usize) -> bool {
        self.warm_up == 0 || self.n_closes(i) >= self.warm_up
    }

    /// Whether a position is being closed because the instrument left the universe: in the newest session in which it
    /// traded it was not eligible. A halt alone is no reason to leave.
    pub(crate) fn is_leaving(&self, i: usize) -> bool {
        let newest = self.ledger.market().newest_traded(i, self.position());
        self.sells_leavers && newest.is_some_and(|row| !self.universe.contains(row))
    }

    /// The score of an instrument, if it is eligible and has one.
    pub fn score(&self, i: usize) -> Option<f64> {
        let known = self.position().checked_sub(self.signal_delay)?;
        let row = self.ledger.market().axis().newest_row(i, known)?;
        let score = self.signal.scores()[row];
        (score.is_finite() && self.is_member(i)).then_some(score)
    }

    /// The value of an instrument as of the session of the signal, if it was listed then.
    pub fn guide<T: Copy>(&self, guide: &Guide<T>, i: usize) -> Option<T> {
        let known = self.position().checked_sub(self.signal_delay)?;
        Some(guide.at(self.ledger.market().axis().newest_row(i, known)?))
    }

    /// The value of the market as of the session of the signal, if it had one by then.
    pub fn timeline(&self, timeline: &Timeline) -> Option<f64> {
        timeline.at(self.position().checked_sub(self.signal_delay)?)
    }

    /// The closing price of an instrument `lag` sessions ago (0: this session), if it traded then.
    pub fn close(&self, i: usize, lag: usize) -> Option<f64> {
        self.ledger.market().close(i, self.position().checked_sub(lag)?)
    }

    /// The prices of an instrument `lag` sessions ago (0: this session), if it traded then.
    pub fn bar(&self, i: usize, lag: usize) -> Option<Bar> {
        self.ledger.market().bar(i, self.position().checked_sub(lag)?)
    }

    /// How many closing prices an instrument has had so far, this session's included: whether a look-back of its own is
    /// full.
    pub fn n_closes(&self, i: usize) -> usize {
        self.ledger.market().n_closes(i, self.position())
    }

    /// The account at this close, and what happened to it since the one before.
    pub fn day(&self) -> Day {
        self.ledger.today()
    }

    /// The trades of this session, in order.
    pub fn fills(&self) -> &[Fill] {
        let fills = self.ledger.fills();
        &fills[fills.len() - self.day().n_fills..]
    }

    /// The orders that this session did not fill, or only in part.
    pub fn shortfalls(&self) -> &[Shortfall] {
        let shortfalls = self.ledger.shortfalls();
        &shortfalls[shortfalls.len() - self.day().n_unfilled..]
    }

    /// The orders that are still open, oldest first.
    pub fn waiting(&self) -> &[Waiting] {
        self.ledger.waiting()
    }

    /// The value of cash and positions together.
    pub fn equity(&self) -> f64 {
        self.ledger.equity()
    }

    /// The cash of the account.
    pub fn cash(&self) -> f64 {
        self.ledger.cash()
    }

    /// The positions to decide about, by the instruments' numbers: without those that are being closed because the
    /// instrument left the universe.
    pub fn held(&self) -> impl Iterator<Item = (usize, Holding)> + '_ {
        let holdings = self.ledger.holdings().iter().map(|(&i, &holding)| (i, holding));
        holdings.filter(|&(i, _)| !self.is_leaving(i))
    }

    /// The position in an instrument, if there is one.
    pub fn holding(&self, i: usize) -> Option<Holding> {
        self.ledger.holdings().get(&i).copied()
    }

    /// The share of equity that an instrument has.
    pub fn weight(&self, i: usize) -> f64 {
        self.holding(i).map_or(0.0, |holding| holding.value() / self.equity())
    }

    /// The eligible instruments with a score, most attractive first; equal scores in the order of the instruments.
    pub fn ranking(&self) -> Vec<(usize, f64)> {
        let mut ranking = self.scored();
        ranking.sort_unstable_by(more_attractive);
        ranking
    }

    /// The first `n` of [`View::ranking`], without the effort of ordering the others.
    pub fn best(&self, n: usize) -> Vec<(usize, f64)> {
        let mut scored = self.scored();
        if n < scored.len() {
            scored.select_nth_unstable_by(n, more_attractive);
            scored.truncate(n);
        }
        scored.sort_unstable_by(more_attractive);
        scored
    }

    /// As [`View::ranking`], of the instruments that have a row in the session of the signal itself: the first `n` and
    /// whatever is held.
    pub(super) fn best_of_session(&self, n: usize) -> Vec<(usize, f64)> {
        let market = self.ledger.market();
        let Some(known) = self.position().checked_sub(self.signal_delay) else { return Vec::new() };
        let mut scored = self.scored();
        if market.axis().is_sparse() {
            scored.retain(|&(i, _)| market.axis().row(i, known).is_some());
        }
        if n < scored.len() {
            scored.select_nth_unstable_by(n, more_attractive);
            let held = scored.split_off(n).into_iter().filter(|(i, _)| self.holding(*i).is_some());
            scored.extend(held.collect::<Vec<_>>());
        }
        scored.sort_unstable_by(more_attractive);
        scored
    }

    /// Whether the scores say nothing about whom to choose: more than `places` instruments have one, and all are equal.
    /// Whatever is held then is the choice of the order of the instruments.
    pub fn is_undecided(&self, places: usize) -> bool {
        let scored = self.scored();
        scored.len() > places && scored.windows(2).all(|pair| pair[0].1 == pair[1].1)
    }

    /// The eligible instruments with a score, in the order of the instruments of the market.
    pub(super) fn scored(&self) -> Vec<(usize, f64)> {
        let market = self.ledger.market();
        let Some(known) = self.position().checked_sub(self.signal_delay) else { return Vec::new() };
        if market.axis().is_sparse() {
            // Scores stay known over sessions that the instrument's own calendar lacks.
            return (0..self.n_instruments()).filter_map(|i| Some((i, self.score(i)?))).collect();
        }
        let rows = market.axis().by_session().rows(known).iter().map(|&row| row as usize);
        let scores = rows.map(|row| (market.instrument(row), self.signal.scores()[row]));
        scores.filter(|&(i, score)| score.is_finite() && self.is_member(i)).collect()
    }
}

/// The order of a ranking: by score, equal ones in the order of the instruments.
pub(super) fn more_attractive(a: &(usize, f64), b: &(usize, f64)) -> std::cmp::Ordering {
    b.1.partial_cmp(&a.1).unwrap_or(std::cmp::Ordering::Equal).then(a.0.cmp(&b.0))
}
