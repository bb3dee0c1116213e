//! Hold the best k, replace a few at a time.

use super::{Strategy, View, view::more_attractive};
use crate::{Decision, Order, PortfolioError, Quantity, error::positive};

/// Whether the book may hold more than `k` positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Book {
    /// Never: a position that can't be sold is not replaced until it is sold.
    #[default]
    Capped,
    /// As in Qlib: the replacement is bought even if the sale failed or the position is not old enough to be sold; the
    /// book shrinks again later.
    Outgrowing,
}

/// The `k` most attractive instruments, of which at most `n_drop` are replaced at a time.
///
/// With `held` the positions and `candidates` all other scored instruments, both most attractive first:
///
/// 1. `incoming` = the first `n_drop + k − |held|` of `candidates`;
/// 2. `sales` = those of `held` among the last `n_drop` of `held ∪ incoming`;
/// 3. `purchases` = the first `|sales| + k − |held|` of `incoming`;
/// 4. sales close the whole position; each purchase gets `risk_degree / |purchases|` of the cash that is there after
///    the sales.
///
/// - Signal: a session without any score leaves the book as it is; an instrument without a score is never bought.
/// - Ties: missing scores last, then the order of the instruments. A session in which more than `k` instruments have a
///   score and all are equal leaves the book as it is, since nothing but that order would choose.
/// - A purchase that can't be executed is not replaced by the next candidate: its cash waits for the next session.
/// - Source: Microsoft Qlib 0.9.7, `TopkDropoutStrategy` with `method_sell="bottom"`, `method_buy="top"`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TopkDropout {
    k: usize,
    n_drop: usize,
    hold_sessions: usize,
    risk_degree: f64,
    book: Book,
}

impl TopkDropout {
    /// Hold `k`, replace at most `n_drop` of them at a time; all cash is used, positions may be sold after one session.
    pub fn new(k: usize, n_drop: usize) -> Result<Self, PortfolioError> {
        positive("k", k as f64)?;
        if n_drop > k {
            let expected = "at most k";
            return Err(PortfolioError::Parameter { parameter: "n_drop", value: n_drop as f64, expected });
        }
        Ok(Self { k, n_drop, hold_sessions: 1, risk_degree: 1.0, book: Book::Capped })
    }

    /// Sell nothing that was held for fewer sessions than this.
    pub fn hold_sessions(self, hold_sessions: usize) -> Self {
        Self { hold_sessions, ..self }
    }

    /// Use this share of the cash (above 0, at most 1) for purchases; Qlib's default is 0.95.
    pub fn risk_degree(self, risk_degree: f64) -> Result<Self, PortfolioError> {
        if !(risk_degree > 0.0 && risk_degree <= 1.0) {
            let expected = "above 0 and at most 1";
            return Err(PortfolioError::Parameter { parameter: "risk_degree", value: risk_degree, expected });
        }
        Ok(Self { risk_degree, ..self })
    }

    /// Whether the book may hold more than `k` positions.
    pub fn book(self, book: Book) -> Self {
        Self { book, ..self }
    }
}

impl Strategy for TopkDropout {
    fn name(&self) -> &'static str {
        "topk_dropout"
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        let held = view.held().collect::<Vec<_>>();
        let ranking = view.best(self.n_drop + self.k + held.len());
        let ends = (ranking.first(), ranking.last());
        let may_be_equal = matches!(ends, (Some(first), Some(last)) if first.1 == last.1);
        if ranking.is_empty() || (may_be_equal && view.is_undecided(self.k)) {
            return Decision::nothing();
        }
        let is_held = |i: usize| held.iter().any(|&(h, _)| h == i);
        let n_incoming = (self.n_drop + self.k).saturating_sub(held.len());
        let incoming = ranking.into_iter().filter(|&(i, _)| !is_held(i)).take(n_incoming).collect::<Vec<_>>();

        let scored = held.iter().map(|&(i, _)| (i, view.score(i).unwrap_or(f64::NEG_INFINITY)));
        let mut together = scored.chain(incoming.iter().copied()).collect::<Vec<_>>();
        together.sort_unstable_by(more_attractive);
        let last = &together[together.len().saturating_sub(self.n_drop)..];
        let is_last = |i: usize| last.iter().any(|&(l, _)| l == i);
        let is_old = |since: usize| view.position() + 1 - since >= self.hold_sessions;
        let (old, young): (Vec<_>, Vec<_>) =
            held.iter().filter(|(i, _)| is_last(*i)).partition(|(_, holding)| is_old(holding.since));
        let replaced = match self.book {
            Book::Capped => old.len(),
            Book::Outgrowing => old.len() + young.len(),
        };
        let n_purchases = (replaced + self.k).saturating_sub(held.len()).min(incoming.len());
        let share = self.risk_degree / n_purchases as f64;
        let sales = old.iter().map(|&&(instrument, _)| Order::market(instrument, Quantity::Exit));
        let purchases = incoming[..n_purchases]
            .iter()
            .map(|&(instrument, _)| Order::market(instrument, Quantity::CashShare(share)));
        let max_positions = if self.book == Book::Capped { self.k } else { usize::MAX };
        Decision { max_positions, ..sales.chain(purchases).collect::<Vec<_>>().into() }
    }
}
