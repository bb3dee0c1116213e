//! What a plan comes to in its session.

use super::{At, Draft};
use crate::{Dropout, Side, ledger::Ledger, qlib::Asked};

impl Ledger<'_> {
    /// What a plan sells and buys.
    ///
    /// DIFFERENCE: Qlib deals the sales in the order of a set, so that the seed of Python's hashes may decide which of them
    /// comes while the cash cannot pay for its least cost yet; here they are dealt in the order of the instruments.
    pub(super) fn choose(&self, plan: &Dropout, at: At, draft: &mut Draft) {
        let rules = &plan.rules;
        let held = self.holdings.keys().copied().collect::<Vec<_>>();
        let limited = |side: Side| if rules.forbid_all_trade_at_limit { None } else { Some(side) };
        let choice = plan.choose(&held, &|i| self.tradable(i, None, at).is_ok());
        let today = self.position + usize::from(at == At::Next);
        let mut n_closed = 0;
        for (&i, holding) in &self.holdings {
            if !choice.sell.contains(&i) {
                continue;
            }
            match self.tradable(i, limited(Side::Sell), at) {
                Err(reason) => draft.left_out.push((i, Side::Sell, holding.shares, reason)),
                Ok(row) if today - holding.since >= rules.hold_thresh => {
                    n_closed += usize::from(self.draft_sale(i, holding.shares, row, at, draft));
                }
                Ok(_) => {}
            }
        }
        let buy = plan.buys(&choice, n_closed, held.len());
        let value = draft.cash * rules.risk_degree / buy.len() as f64;
        for &instrument in buy {
            match self.tradable(instrument, limited(Side::Buy), at) {
                Err(reason) => draft.left_out.push((instrument, Side::Buy, f64::NAN, reason)),
                Ok(row) => {
                    let price = self.offer(row, Side::Buy, 0.0, at).price;
                    let amount = self.whole(value / price, row);
                    draft.purchases.push(Asked { instrument, side: Side::Buy, amount });
                }
            }
        }
    }
}
