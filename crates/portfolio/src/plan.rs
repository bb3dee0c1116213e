//! A choice that the exchange makes in the session of the trade.

use std::collections::BTreeSet;

/// Which of the held positions a [`Dropout`] sells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MethodSell {
    /// Those that stand last among what is held and what would be bought.
    #[default]
    Bottom,
    /// Any of those that can be traded.
    ///
    /// DIFFERENCE: Qlib draws from `NumPy`'s global state; here the draw hangs on the seed, the session and the
    /// instrument alone.
    Random,
}

/// Which of the candidates a [`Dropout`] buys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MethodBuy {
    /// The best that are not held.
    #[default]
    Top,
    /// Any of the best `topk` that are not held. DIFFERENCE: drawn as for [`MethodSell::Random`].
    Random,
}

/// How a [`Dropout`] counts when more than `topk` are held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counting {
    /// The book never outgrows `topk`: nothing is bought in place of what could not be sold, and a negative number of
    /// instruments is none.
    #[default]
    Capped,
    /// As in Qlib, to the letter: what is planned to be sold is replaced even where it stays, a negative number drops
    /// instruments from the end of a list, the last 0 are all of a list, and with `only_tradable` the first one always
    /// counts.
    Strict,
}

/// The rules of a [`Dropout`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DropoutRules {
    /// How many positions the book has.
    pub topk: usize,
    /// How many of them are replaced in a session.
    pub n_drop: usize,
    /// What is sold.
    pub method_sell: MethodSell,
    /// What is bought.
    pub method_buy: MethodBuy,
    /// Nothing is sold that was held over fewer closes than this.
    pub hold_thresh: usize,
    /// Whether instruments that cannot be traded in the session are passed over for the next ones.
    pub only_tradable: bool,
    /// Whether a limit of either side stops sales and purchases alike.
    pub forbid_all_trade_at_limit: bool,
    /// The share of the cash that is spent.
    pub risk_degree: f64,
    /// How instruments are counted.
    pub counting: Counting,
    /// The seed of the random methods.
    pub seed: u64,
}

/// Hold the best, replace a few: decided by scores at a close, chosen in the next session, whose halts, limits and
/// prices Qlib's strategy sees.
#[derive(Clone, Debug, PartialEq)]
pub struct Dropout {
    /// The rules of the choice.
    pub rules: DropoutRules,
    /// The instruments that have a score, best first; at least those that the choice can reach.
    pub ranking: Vec<u32>,
    /// What tells the session apart in a draw.
    pub draw: u64,
}

/// What a [`Dropout`] wants to sell and might buy.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice {
    pub(crate) sell: Vec<usize>,
    /// The candidates, best first.
    pub(crate) today: Vec<usize>,
}

impl Dropout {
    /// What to sell and what might be bought, where these are held (in ascending order) and these can be traded.
    pub(crate) fn choose(&self, held: &[usize], is_tradable: &dyn Fn(usize) -> bool) -> Choice {
        let DropoutRules { topk, n_drop, .. } = self.rules;
        let is_held = |i: &usize| held.binary_search(i).is_ok();
        let n_candidates = (n_drop + topk).cast_signed() - held.len().cast_signed();
        let ranked = || self.ranking.iter().map(|&i| i as usize);
        let today = match self.rules.method_buy {
            MethodBuy::Top => self.first(ranked().filter(|i| !is_held(i)), n_candidates, is_tradable),
            MethodBuy::Random => {
                let best = self.first(ranked(), topk.cast_signed(), is_tradable);
                self.drawn(best.into_iter().filter(|i| !is_held(i)).collect(), n_candidates)
            }
        };
        // Missing scores last, then the order of the instruments.
        // DIFFERENCE: Qlib takes what is held from a set, so that the seed of Python's hashes may decide.
        let together = |also: &[usize]| {
            let wanted = held.iter().chain(also).copied().collect::<BTreeSet<_>>();
            let mut list = ranked().filter(|i| wanted.contains(i)).collect::<Vec<_>>();
            let missing = held.iter().copied().filter(|i| !list.contains(i)).collect::<Vec<_>>();
            list.extend(missing);
            list
        };
        let last = together(&[]);
        let sell = match self.rules.method_sell {
            MethodSell::Bottom => {
                let bottom = self.last(&together(&today), n_drop, is_tradable);
                last.into_iter().filter(|i| bottom.contains(i)).collect()
            }
            MethodSell::Random => {
                let can = |i: &usize| !self.rules.only_tradable || is_tradable(*i);
                self.drawn(last.into_iter().filter(can).collect(), n_drop.cast_signed())
            }
        };
        Choice { sell, today }
    }

    /// The candidates to buy where so many of the planned sales close a position and so many are held.
    pub(crate) fn buys<'a>(&self, choice: &'a Choice, n_closed: usize, n_held: usize) -> &'a [usize] {
        let n_sold = match self.rules.counting {
            Counting::Capped => n_closed,
            Counting::Strict => choice.sell.len(),
        };
        let n = (n_sold + self.rules.topk).cast_signed() - n_held.cast_signed();
        &choice.today[..self.end(choice.today.len(), n)]
    }

    /// Where the first `n` of a list end.
    fn end(&self, length: usize, n: isize) -> usize {
        match self.rules.counting {
            Counting::Strict if n < 0 => length.saturating_sub(n.unsigned_abs()),
            _ => length.min(n.max(0).unsigned_abs()),
        }
    }

    fn first(
        &self,
        list: impl Iterator<Item = usize>,
        n: isize,
        is_tradable: &dyn Fn(usize) -> bool,
    ) -> Vec<usize> {
        if self.rules.only_tradable {
            return list.filter(|&i| is_tradable(i)).take(self.at_least_one(n)).collect();
        }
        if n >= 0 {
            return list.take(n.unsigned_abs()).collect();
        }
        let mut list = list.collect::<Vec<_>>();
        list.truncate(self.end(list.len(), n));
        list
    }

    fn last(&self, list: &[usize], n: usize, is_tradable: &dyn Fn(usize) -> bool) -> Vec<usize> {
        if self.rules.only_tradable {
            let from_the_end = list.iter().rev().copied().filter(|&i| is_tradable(i));
            return from_the_end.take(self.at_least_one(n.cast_signed())).collect();
        }
        if n == 0 && self.rules.counting == Counting::Strict {
            return list.to_vec();
        }
        list[list.len().saturating_sub(n)..].to_vec()
    }

    fn at_least_one(&self, n: isize) -> usize {
        let least = isize::from(self.rules.counting == Counting::Strict);
        n.max(least).unsigned_abs()
    }

    /// `n` of these without replacement; all of them if there are not as many.
    fn drawn(&self, mut list: Vec<usize>, n: isize) -> Vec<usize> {
        let DropoutRules { seed, counting, .. } = self.rules;
        let n = match counting {
            Counting::Strict if n < 0 => list.len(),
            _ => n.max(0).unsigned_abs(),
        };
        if n < list.len() {
            list.sort_unstable_by_key(|&i| mixed(mixed(seed ^ mixed(self.draw)) ^ i as u64));
            list.truncate(n);
        }
        list
    }
}

/// A number that looks random: the finalizer of `SplitMix64` (Steele, Lea, Flood 2014).
fn mixed(state: u64) -> u64 {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: DropoutRules = DropoutRules {
        topk: 3,
        n_drop: 1,
        method_sell: MethodSell::Bottom,
        method_buy: MethodBuy::Top,
        hold_thresh: 1,
        only_tradable: false,
        forbid_all_trade_at_limit: true,
        risk_degree: 0.95,
        counting: Counting::Capped,
        seed: 0,
    };

    fn dropout(rules: DropoutRules) -> Dropout {
        Dropout { rules, ranking: (0..10).collect(), draw: 0 }
    }

    fn everything(_: usize) -> bool {
        true
    }

    #[test]
    fn missing_scores_stand_last_in_the_order_of_the_instruments() {
        let choice = dropout(RULES).choose(&[1, 11, 12], &everything);
        assert_eq!(choice, Choice { sell: vec![12], today: vec![0] });
        let two = dropout(DropoutRules { n_drop: 2, ..RULES }).choose(&[1, 11, 12], &everything);
        assert_eq!(two.sell, [11, 12]);
    }

    #[test]
    fn strict_counting_drops_from_the_end_and_takes_all_for_none() {
        let held = [0, 1, 2, 3, 4, 5];
        let strict = dropout(DropoutRules { counting: Counting::Strict, ..RULES });
        // 1 + 3 − 6 candidates: all but the last two of four.
        let choice = strict.choose(&held, &everything);
        assert_eq!(choice.today, [6, 7]);
        assert_eq!(strict.buys(&choice, 0, 6), [0_usize; 0]);
        assert_eq!(dropout(RULES).choose(&held, &everything).today, [0_usize; 0]);
        let none = dropout(DropoutRules { n_drop: 0, counting: Counting::Strict, ..RULES });
        assert_eq!(none.choose(&[0, 1, 2], &everything).sell, [0, 1, 2]);
        assert_eq!(
            dropout(DropoutRules { n_drop: 0, ..RULES }).choose(&[0, 1, 2], &everything).sell,
            [0_usize; 0]
        );
    }

    #[test]
    fn what_cannot_be_traded_is_passed_over() {
        let rules = DropoutRules { only_tradable: true, ..RULES };
        let choice = dropout(rules).choose(&[4, 5, 6], &|i| i != 0 && i != 6);
        assert_eq!(choice, Choice { sell: vec![5], today: vec![1] });
    }

    #[test]
    fn a_draw_hangs_on_seed_and_session_alone() {
        let rules = DropoutRules { method_sell: MethodSell::Random, n_drop: 2, ..RULES };
        let sell = |seed, draw| {
            let rules = DropoutRules { seed, ..rules };
            Dropout { draw, ..dropout(rules) }.choose(&[4, 5, 6], &everything).sell
        };
        assert_eq!(sell(1, 1), sell(1, 1));
        let draws = (0..40).map(|draw| sell(1, draw)).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(draws.len(), 6);
        let buy = DropoutRules { method_buy: MethodBuy::Random, topk: 4, n_drop: 4, ..RULES };
        let today = dropout(buy).choose(&[0, 5, 6, 7], &everything).today;
        assert_eq!(today, [1, 2, 3]);
    }
}
