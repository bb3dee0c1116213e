//! Qlib's top-k with dropout.

use std::sync::Arc;

use super::{Strategy, View};
use crate::{
    Counting, Decision, Dropout, DropoutRules, MethodBuy, MethodSell, PortfolioError, error::positive,
};

/// The strategy `TopkDropoutStrategy` of Microsoft Qlib, for an exchange with Qlib's rules.
///
/// At each close it ranks the instruments that have a score in that session; what is sold and bought follows in the next
/// one, where the strategy of Qlib sees what can be traded, and at what price:
///
/// 1. `today` = the first `n_drop + topk − |held|` candidates that are not held;
/// 2. `sell` = those of `held` among the last `n_drop` of `held ∪ today`, if they can be traded and were held over
///    `hold_thresh` closes; the whole position;
/// 3. `buy` = the first `|sell| + topk − |held|` of `today`; each gets `risk_degree / |buy|` of the cash that the sales
///    leave, in units of the exchange. What cannot be traded is left out, its money stays in cash.
///
/// - Signal: an instrument without a score in the session itself is no candidate, and stands last among what is held; a
///   session without any score leaves the book as it is.
/// - Ties: the order of the instruments. DIFFERENCE: Qlib's sort is not stable.
/// - Look-ahead: none in the scores; halts, limits and deal prices are those of the session of the trade.
/// - Source: Microsoft Qlib 0.9.7, `qlib.contrib.strategy.signal_strategy`.
///
/// ```
/// use backstaff_portfolio::{Counting, QlibTopkDropout};
///
/// let strategy = QlibTopkDropout::new(50, 5)?.counting(Counting::Strict).hold_thresh(2);
/// # Ok::<(), backstaff_portfolio::PortfolioError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QlibTopkDropout {
    rules: DropoutRules,
}

impl QlibTopkDropout {
    /// Hold `topk`, replace `n_drop` of them in a session; the rest as Qlib has it where nothing is set, but that the
    /// book is capped.
    pub fn new(topk: usize, n_drop: usize) -> Result<Self, PortfolioError> {
        positive("topk", topk as f64)?;
        let rules = DropoutRules {
            topk,
            n_drop,
            method_sell: MethodSell::Bottom,
            method_buy: MethodBuy::Top,
            hold_thresh: 1,
            only_tradable: false,
            forbid_all_trade_at_limit: true,
            risk_degree: 0.95,
            counting: Counting::Capped,
            seed: 0,
        };
        Ok(Self { rules })
    }

    /// A strategy of these rules.
    pub fn of(rules: DropoutRules) -> Result<Self, PortfolioError> {
        positive("topk", rules.topk as f64)?;
        Self { rules }.risk_degree(rules.risk_degree)
    }

    /// Which positions are sold.
    pub fn method_sell(mut self, method: MethodSell) -> Self {
        self.rules.method_sell = method;
        self
    }

    /// Which candidates are bought.
    pub fn method_buy(mut self, method: MethodBuy) -> Self {
        self.rules.method_buy = method;
        self
    }

    /// Sell nothing that was held over fewer closes than this.
    pub fn hold_thresh(mut self, closes: usize) -> Self {
        self.rules.hold_thresh = closes;
        self
    }

    /// Pass over what cannot be traded in the session, in favour of the next ones.
    pub fn only_tradable(mut self) -> Self {
        self.rules.only_tradable = true;
        self
    }

    /// Let a limit stop its own side only: what has reached the upper limit may be sold.
    pub fn trade_at_limit(mut self) -> Self {
        self.rules.forbid_all_trade_at_limit = false;
        self
    }

    /// Spend this share of the cash, above 0 and at most 1.
    pub fn risk_degree(mut self, risk_degree: f64) -> Result<Self, PortfolioError> {
        if !(risk_degree > 0.0 && risk_degree <= 1.0) {
            let expected = "above 0 and at most 1";
            return Err(PortfolioError::Parameter { parameter: "risk_degree", value: risk_degree, expected });
        }
        self.rules.risk_degree = risk_degree;
        Ok(self)
    }

    /// How instruments are counted: capped, or as in Qlib to the letter.
    pub fn counting(mut self, counting: Counting) -> Self {
        self.rules.counting = counting;
        self
    }

    /// The seed of the random methods.
    pub fn seed(mut self, seed: u64) -> Self {
        self.rules.seed = seed;
        self
    }
}

impl Strategy for QlibTopkDropout {
    fn name(&self) -> &'static str {
        "qlib_topk_dropout"
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        let DropoutRules { topk, n_drop, only_tradable, counting, .. } = self.rules;
        let n_held = view.held().count();
        let counts_from_the_end = counting == Counting::Strict && n_held > topk + n_drop;
        let reach = if only_tradable || counts_from_the_end { usize::MAX } else { topk + n_drop + n_held };
        let ranking = view.best_of_session(reach).into_iter().map(|(i, _)| i as u32).collect::<Vec<_>>();
        if ranking.is_empty() {
            return Decision::nothing();
        }
        let plan = Dropout { rules: self.rules, ranking, draw: view.position() as u64 };
        Decision { plan: Some(Arc::new(plan)), ..Decision::nothing() }
    }
}
